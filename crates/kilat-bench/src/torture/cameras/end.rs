//! The end of the wedding: every cable is in, each card is put in once more, everything may come to rest; then it is
//! judged.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Instant;

use kilat_testkit::{Folders, NEVER, Server, pause};
use serde_json::Value;

use super::card::{Cards, Slot};
use super::chaos::{Chaos, Running};
use super::judge::{Evidence, Listed};
use super::senders::Tries;
use super::taken::Taken;
use super::{Held, Ordeal, Share, Tally};
use crate::Outcome;

/// Photos of one page.
const PAGE: usize = 200;
/// Between two looks whether all has come to rest.
const LOOK: std::time::Duration = std::time::Duration::from_millis(50);
/// What is wrong is told of the first ones.
const MOST_TOLD: usize = 20;

/// What is left when everybody has gone home.
pub(super) struct Scene<'a> {
    pub(super) folders: &'a Folders,
    pub(super) cameras: &'a [Held; 2],
    pub(super) third: &'a Held,
    pub(super) share: Share,
    pub(super) taken: Taken,
    pub(super) chaos: Chaos,
    pub(super) tries: Tries,
    pub(super) cards: Cards,
    /// By how many seconds the second body's clock is behind.
    pub(super) behind: i64,
}

/// Waits and judges.
pub(super) fn end(ordeal: &Ordeal<'_>, running: Running<'_>, scene: Scene<'_>) -> Outcome<Tally> {
    let Scene { folders, cameras, third, share, taken, chaos, tries, cards, behind } = scene;
    let began = Instant::now();
    let mut unrest = Vec::new();
    if share.by_card > 0 {
        for held in [third, &cameras[0]] {
            let name = format!("Card of {}", held.body);
            let Some(card) = Slot::new(&running).put_in(held) else { return Err("a card cannot be put in".into()) };
            let is_read = |row: &Value| {
                let says = row["message"].as_str().unwrap_or_default();
                row["name"] == name.as_str() && row["state"] == "ready" && says.ends_with("every frame on it is held")
            };
            if !wait(cameras, || rows(&running).iter().any(is_read)) {
                unrest.push(name.clone());
            }
            Slot::new(&running).pull(&card);
        }
    }
    let count = taken.oracle.count();
    let is_all = |row: &&Value| row["kind"] == "tethered" && row["missing"] == 0 && row["stored"] == row["shot"];
    let by_cable = || rows(&running).iter().filter(is_all).count() == cameras.len();
    if !wait(cameras, by_cable) {
        unrest.push("the cameras on the cable".to_owned());
    }
    let is_safe = |now: &Value| now["counts"]["held"] == count && now["counts"]["safe"] == count;
    if !wait(cameras, || is_safe(&running.get("/api/now"))) {
        unrest.push("the copies".to_owned());
    }
    let took = began.elapsed();
    let accounts = rows(&running);
    let server = running.into_server();
    let listed = listed(&server);
    if !unrest.is_empty() {
        (ordeal.say)(&format!("never came to rest: {unrest:?}\n{:#}\n{}", server.get("/api/cameras"), folders.log()));
    }
    if !server.stop().success() {
        return Err("the last server did not stop well".into());
    }
    let mut by_gphoto2 = BTreeSet::new();
    for held in cameras {
        held.camera.set_rate(None);
        by_gphoto2.extend(held.read_by_gphoto2(&folders.path().join(format!("judge-{}", held.body)))?);
    }
    let stock = by_gphoto2.len();
    let wrong_clock = (behind != 0).then_some("b");
    let mut left = left_in(&folders.data.join("intake"))?;
    let is_owing = |row: &&Value| row["cutOff"] != 0 || row["lost"] != 0;
    let owing = accounts.iter().filter(is_owing);
    left.extend(
        owing.map(|row| format!("{} has files that are cut off, or lost: {}", row["name"], row["safeToFormat"])),
    );
    let evidence = Evidence { taken: &taken, out: &folders.out, listed, by_gphoto2, left, wrong_clock };
    let found = evidence.judge()?;
    let pulled = folders.log().matches(r#""end":"Pulled""#).count();
    let mut tally = Tally::of("cameras on the cable, senders by FTP and a card at once: everything pulled and killed");
    let (put_in, by_wifi) = (cards.put_in.load(Ordering::Relaxed), cards.by_wifi.load(Ordering::Relaxed));
    tally.times = chaos.count() + tries.cuts() + put_in;
    tally.owed = count;
    tally.add(&found.verdict);
    (ordeal.say)(&format!(
        "{} frames: {} by each of 2 cables, {} by each of 3 senders, {} onto a card, {by_wifi} of these by FTP too\n\
         {}; cards pulled {put_in} times, {pulled} of them while they were read\n{}\n\
         at rest {:.1} s after the last; {} photos came by several ways; gphoto2 reads {stock} files from the cameras",
        2 * share.by_cable + 3 * share.by_ftp + share.by_card,
        share.by_cable,
        share.by_ftp,
        share.by_card,
        chaos.summary(),
        tries.summary(),
        took.as_secs_f64(),
        evidence.by_several_ways(),
    ));
    if !found.verdict.is_good() || !found.others.is_empty() {
        let told: Vec<&String> = found.others.iter().take(MOST_TOLD).collect();
        (ordeal.say)(&format!("{:#?}\n{told:#?}\n{}", found.verdict, folders.log()));
    }
    if !found.others.is_empty() || !unrest.is_empty() {
        return Err(format!("{} things are wrong with cameras", found.others.len() + unrest.len()).into());
    }
    if tally.is_good() {
        let blind = evidence.blind_spots(&folders.path().join("aside"))?;
        if !blind.is_empty() {
            return Err(format!("THE JUDGES ARE BLIND, they do not see {}", blind.join(", ")).into());
        }
        (ordeal.say)(
            "The judges see a file that is missing, a flipped bit, a double, a wrong order, a missing receipt.",
        );
    }
    Ok(tally)
}

fn rows(running: &Running<'_>) -> Vec<Value> {
    running.get("/api/cameras")["cameras"].as_array().cloned().unwrap_or_default()
}

/// Waits for this with every cable in; whether it came.
fn wait(cameras: &[Held; 2], is_so: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < NEVER {
        for held in cameras {
            held.camera.plug().expect("the port is its own");
        }
        if is_so() {
            return true;
        }
        pause(LOOK);
    }
    false
}

/// All photos, newest first.
fn listed(server: &Server) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut path = format!("/api/photos?limit={PAGE}");
    loop {
        let page = server.get(&path);
        for photo in page["photos"].as_array().into_iter().flatten() {
            let detail = server.get(&format!("/api/photos/{}", photo["id"].as_str().unwrap_or_default()));
            let receipts = detail["receipts"].as_array().into_iter().flatten();
            let ways = receipts.filter_map(|receipt| receipt["way"].as_str()).map(str::to_owned).collect();
            listed.push(Listed { hash: detail["hash"].as_str().unwrap_or_default().to_owned(), ways });
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/api/photos?limit={PAGE}&before={next}"),
            None => return listed,
        }
    }
}

/// Parts of files, and what is called cut off although its whole came.
fn left_in(intake: &Path) -> Outcome<Vec<String>> {
    let mut left = Vec::new();
    let mut folders = vec![intake.to_owned()];
    while let Some(folder) = folders.pop() {
        let is_for_parts = folder.ends_with("cut off") || folder.ends_with(".kilat-parts");
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if is_for_parts {
                left.push(format!("left in the intake: {}", entry.path().strip_prefix(intake)?.display()));
            }
        }
    }
    Ok(left)
}
