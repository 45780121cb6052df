//! An event of thousands of files that is backed up a second time, with nothing changed.

use std::time::Duration;

use serde_json::json;

use super::kilat::Subject;
use super::rivals::Rivals;
use super::{row, shown, sync};
use crate::report::Met;
use crate::stage::Stage;
use crate::{Outcome, Row, Setup};

const FILES: usize = 10_000;
const FILES_QUICK: usize = 300;
const SIZES: std::ops::Range<usize> = 20_000..40_000;
/// What is asked.
const MOST: Duration = Duration::from_secs(2);

/// Measures.
///
/// # Errors
/// When a run fails, or a tool cannot be run.
pub fn many(setup: &Setup, say: &dyn Fn(&str)) -> Outcome<Vec<Row>> {
    let work = tempfile::Builder::new().prefix("kilat-bench-").tempdir_in(&setup.folder)?;
    let count = if setup.is_quick { FILES_QUICK } else { FILES };
    let stage = Stage::fill(&work.path().join("stage"), SIZES, |files, _| files >= count)?;
    let subject = Subject::start(setup, &stage)?;
    subject.add(&json!({ "name": "shelf", "url": subject.folder("shelf"), "kind": "backup" }))?;
    let (first, second) = (subject.backup("shelf")?, subject.backup("shelf")?);
    let rivals = Rivals { stage: &stage, work: work.path() };
    let (repository, copies) = (work.path().join("repository"), work.path().join("copies"));
    rivals.init(&repository)?;
    rivals.restic_again(&repository)?;
    sync()?;
    let restic = rivals.restic_again(&repository)?;
    rivals.rclone_disk(&copies)?;
    sync()?;
    let rclone = rivals.rclone_disk(&copies)?;
    say(&format!(
        "{count} files, second run: Kilat {} (first {}); restic {}; rclone {}",
        shown(second),
        shown(first),
        shown(restic),
        shown(rclone)
    ));
    let what = format!("{count} files, nothing changed: wall");
    let seconds = second.wall.as_secs_f64();
    let mut against_restic = row(what.clone(), seconds, (restic.wall.as_secs_f64(), "`restic backup`"), None);
    against_restic.target = Some((format!("< {} s", MOST.as_secs()), Met::of(second.wall < MOST)));
    Ok(vec![
        against_restic,
        row(what, seconds, (rclone.wall.as_secs_f64(), "`rclone copy`"), None),
        subject.memory(&format!("{count} files"))?,
    ])
}
