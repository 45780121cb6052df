//! The judges: what stands at the destination, in which order and with which receipts the server lists it, what stock
//! `gphoto2` reads from the cameras. They know the frames from those who shot them. Each is shown a planted fault.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kilat_testkit::Verdict;

use super::taken::{Shot, Taken, files};
use crate::Outcome;

/// What a file's own time and the moment of the shutter may differ by: files tell hundredths of a second.
const NEAR_MS: i64 = 30;
/// How well a wrong clock is measured: by the quickest way of a photo, and news of less than two seconds is none.
const CLOCK_NEAR_MS: i64 = 5_000;

/// A photo as the server lists it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) hash: String,
    /// By which ways it came.
    pub(super) ways: BTreeSet<String>,
}

/// Everything that is judged.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    pub(super) taken: &'a Taken,
    pub(super) out: &'a Path,
    /// Newest first.
    pub(super) listed: Vec<Listed>,
    /// What `gphoto2` reads from the cameras on the cable.
    pub(super) by_gphoto2: BTreeSet<String>,
    /// Files that stand in the intake and are nobody's photo.
    pub(super) left: Vec<String>,
    /// Whose clock is wrong.
    pub(super) wrong_clock: Option<&'static str>,
}

/// What is wrong.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// At the destination.
    pub(super) verdict: Verdict,
    /// In words.
    pub(super) others: Vec<String>,
}

impl Findings {
    fn is_good(&self) -> bool {
        self.verdict.is_good() && self.others.is_empty()
    }
}

impl Evidence<'_> {
    /// Looks at all of it.
    pub(super) fn judge(&self) -> Outcome<Findings> {
        let verdict = self.taken.oracle.judge(self.out)?;
        let mut others = self.left.clone();
        others.extend(self.unlisted());
        others.extend(self.out_of_order());
        others.extend(self.without_receipts());
        let stored: BTreeSet<String> = files(self.out)?.into_iter().map(|(_, hash)| hash).collect();
        let unseen = self.by_gphoto2.difference(&stored).count();
        if unseen > 0 {
            others.push(format!("gphoto2 reads {unseen} files that do not stand at the destination"));
        }
        let on_cables = |shot: &Shot| ["a", "b"].contains(&shot.body);
        let unread = |(hash, shot): &(&String, &Shot)| on_cables(shot) && !self.by_gphoto2.contains(*hash);
        let unread = self.taken.shots.iter().filter(unread).count();
        if unread > 0 {
            others.push(format!("gphoto2 does not read {unread} files that the cameras shot"));
        }
        Ok(Findings { verdict, others })
    }

    fn shot(&self, listed: &Listed) -> Option<&Shot> {
        self.taken.shots.get(&listed.hash)
    }

    fn unlisted(&self) -> Vec<String> {
        let listed: BTreeSet<&String> = self.listed.iter().map(|listed| &listed.hash).collect();
        let mut wrong = Vec::new();
        let twice = self.listed.len() - listed.len();
        if twice > 0 {
            wrong.push(format!("{twice} photos are listed twice"));
        }
        let foreign = listed.iter().filter(|hash| !self.taken.shots.contains_key(**hash)).count();
        if foreign > 0 {
            wrong.push(format!("{foreign} photos are listed that nobody shot"));
        }
        let missing = self.taken.shots.keys().filter(|hash| !listed.contains(hash)).count();
        if missing > 0 {
            wrong.push(format!("{missing} photos are not listed"));
        }
        wrong
    }

    /// Photos that stand before one that was taken later. Within a body their numbers tell; between two bodies the
    /// moments of the shutter, where these do not overlap.
    fn out_of_order(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut last: BTreeMap<&str, u64> = BTreeMap::new();
        // By when the earliest of those was taken that stand before: of bodies with right and with wrong clocks.
        let mut taken_by = [i64::MAX; 2];
        for shot in self.listed.iter().filter_map(|listed| self.shot(listed)) {
            let is_wrong_clock = self.wrong_clock == Some(shot.body);
            let near = |other: usize| NEAR_MS + if usize::from(is_wrong_clock) == other { 0 } else { CLOCK_NEAR_MS };
            let is_later = |other: usize| shot.between.0 > taken_by[other].saturating_add(near(other));
            let before = last.insert(shot.body, shot.number);
            if before.is_some_and(|before| before < shot.number) || is_later(0) || is_later(1) {
                let of = before.map_or_else(String::new, |before| format!(", behind frame {before} of it"));
                wrong.push(format!("frame {} of {} is out of order{of}", shot.number, shot.body));
            }
            let earliest = &mut taken_by[usize::from(is_wrong_clock)];
            *earliest = (*earliest).min(shot.between.1);
        }
        wrong
    }

    fn without_receipts(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (listed, shot) in self.listed.iter().filter_map(|listed| Some((listed, self.shot(listed)?))) {
            for way in shot.ways.iter().map(|way| way.word()).filter(|way| !listed.ways.contains(*way)) {
                let ways = &listed.ways;
                wrong.push(format!("frame {} of {} has no receipt by {way}, only by {ways:?}", shot.number, shot.body));
            }
        }
        wrong
    }

    /// Photos that came by more than one way.
    pub(super) fn by_several_ways(&self) -> usize {
        self.listed.iter().filter(|listed| listed.ways.len() > 1).count()
    }

    /// Plants one fault after the other, and takes it away again; those that no judge saw.
    pub(super) fn blind_spots(mut self, aside: &Path) -> Outcome<Vec<&'static str>> {
        let stored = files(self.out)?;
        let of_a_cable = |(_, hash): &&(std::path::PathBuf, String)| self.by_gphoto2.contains(hash);
        let (victim, _) = stored.iter().find(of_a_cable).ok_or("no file of a camera stands at the destination")?;
        let mut blind = Vec::new();

        fs::rename(victim, aside)?;
        let seen = self.judge()?;
        if seen.verdict.missing.len() != 1 || seen.others.len() != 1 {
            blind.push("a file that is missing");
        }
        let bytes = fs::read(aside)?;
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        fs::write(victim, flipped)?;
        let seen = self.judge()?.verdict;
        if (seen.missing.len(), seen.foreign.len()) != (1, 1) {
            blind.push("a flipped bit");
        }
        fs::write(victim, &bytes)?;
        let double = victim.with_file_name("double.JPG");
        fs::write(&double, &bytes)?;
        if self.judge()?.verdict.twice.len() != 1 {
            blind.push("a file that stands there twice");
        }
        fs::remove_file(&double)?;
        if !self.judge()?.is_good() {
            blind.push("that all is well again");
        }

        // Two neighbours of one body change places; then the oldest is called the newest.
        let number = |listed: &Listed| self.shot(listed).map(|shot| (shot.body, shot.number));
        let are_of_one =
            |two: &[Listed]| number(&two[0]).zip(number(&two[1])).is_some_and(|(a, b)| a.0 == b.0 && a.1 != b.1);
        let swapped = self.listed.windows(2).position(are_of_one);
        if let Some(at) = swapped {
            self.listed.swap(at, at + 1);
            if self.out_of_order().is_empty() {
                blind.push("two neighbours of one body in the wrong order");
            }
            self.listed.swap(at, at + 1);
        }
        self.listed.rotate_right(1);
        if self.out_of_order().is_empty() {
            blind.push("the oldest photo in front");
        }
        self.listed.rotate_left(1);
        let owing = |listed: &Listed| self.shot(listed).is_some_and(|shot| !shot.ways.is_empty());
        if let Some(at) = self.listed.iter().position(owing) {
            self.listed[at].ways.clear();
            if self.without_receipts().is_empty() {
                blind.push("a missing receipt");
            }
        }
        self.listed.pop();
        if self.unlisted().is_empty() {
            blind.push("a photo that is not listed");
        }
        Ok(blind)
    }
}
