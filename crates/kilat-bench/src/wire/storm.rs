//! A reconnect storm: after a restart all viewers come at once, and each wants to know what is the case.

use std::time::Duration;

use kilat_testkit::Folders;

use super::audience::{Arrival, Arrived, Audience};
use super::dialect::Subscribe;
use super::peer::{Running, Stand};
use super::viewer::Habit;
use crate::report::Met;
use crate::{Outcome, Row};

/// All must be current again in this time.
const MOST: Duration = Duration::from_secs(30);
/// When waiting for them ends without a result.
const LIMIT: Duration = Duration::from_secs(120);
/// Connecting at once before the restart: that is no storm.
const GENTLY: usize = 128;

/// Kills Kilat under so many viewers, starts it again, and has all of them come at once.
///
/// # Errors
/// When it does not start, or does not take all of them.
pub fn storm(stand: &Stand, viewers: usize) -> Outcome<Vec<Row>> {
    let folders = Folders::below(&stand.setup.folder)?;
    let before = Running::kilat(stand, &folders, Subscribe::Status)?;
    let (crowd, _) = gather(&before, viewers, GENTLY)?;
    drop(before);
    // Each of them sees a connection that broke; what they held is free for the next one.
    drop(crowd);
    let server = Running::kilat(stand, &folders, Subscribe::Status)?;
    let (_crowd, arrived) = gather(&server, viewers, viewers)?;
    let row = |what: &str, kilat: String, target| Row {
        what: format!("{viewers} viewers at once after a restart: {what}"),
        kilat,
        rival: "–".to_owned(),
        ratio: None,
        target,
    };
    let seconds = arrived.after.as_secs_f64();
    Ok(vec![
        row(
            "all subscribed and told the state after",
            format!("{seconds:.2} s"),
            Some((format!("≤ {} s", MOST.as_secs()), Met::of(arrived.after <= MOST))),
        ),
        row("accepted a second", format!("{:.0}", viewers as f64 / seconds), None),
        row("connections refused or broken, and made again", arrived.retries.to_string(), None),
    ])
}

fn gather(server: &Running, viewers: usize, at_once: usize) -> Outcome<(Audience, Arrived)> {
    let mut audience = Audience::open(server.viewers, server.feed, server.dialect.clone(), viewers)?;
    let arrived = audience.gather(&Arrival { viewers, at_once, habit: Habit::Reads, limit: LIMIT })?;
    Ok((audience, arrived))
}
