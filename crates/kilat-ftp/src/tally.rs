//! What each camera sent, in a line that a photographer can read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kilat_core::{CameraId, sent_text};

use crate::Sender;

/// Cameras that are counted: more than a journal knows.
const MOST_CAMERAS: usize = 512;
/// Names that are remembered of what is cut off, of one camera.
const MOST_CUT: usize = 1_000;

/// Counts since the server began.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<CameraId, Count>>);

#[derive(Debug, Default)]
struct Count {
    name: String,
    files: u64,
    last: Duration,
    cut: BTreeSet<String>,
    is_news: bool,
}

impl Tally {
    /// A file is here, whole.
    pub(crate) fn filed(&self, sender: &Sender, file: &str, now: Duration) {
        self.change(sender, |count| {
            count.files += 1;
            count.last = now;
            count.cut.remove(file);
        });
    }

    /// A file was cut off.
    pub(crate) fn cut(&self, sender: &Sender, file: &str) {
        self.change(sender, |count| {
            if count.cut.len() < MOST_CUT {
                count.cut.insert(file.to_owned());
            }
        });
    }

    /// A line of each camera that something happened to since it was asked last.
    pub(crate) fn news(&self, now: Duration) -> Vec<String> {
        let mut counts = self.lock();
        let news = |count: &mut Count| std::mem::take(&mut count.is_news).then(|| line(count, now));
        counts.values_mut().filter_map(news).collect()
    }

    fn change(&self, sender: &Sender, change: impl FnOnce(&mut Count)) {
        let mut counts = self.lock();
        if counts.len() >= MOST_CAMERAS && !counts.contains_key(&sender.camera) {
            return;
        }
        let count = counts.entry(sender.camera.clone()).or_default();
        count.name.clone_from(&sender.name);
        count.is_news = true;
        change(count);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<CameraId, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(count: &Count, now: Duration) -> String {
    let last = (count.files > 0).then(|| now.saturating_sub(count.last));
    format!("{}: {}", count.name, sent_text(count.files, last, count.cut.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photographer_reads_what_came_and_what_is_missing() {
        let sender = Sender { camera: "z9".parse().expect("an id"), name: "Z9 of Budi".to_owned() };
        let (tally, at) = (Tally::default(), Duration::from_secs);
        tally.cut(&sender, "DSC_1.JPG");
        assert_eq!(tally.news(at(1)), ["Z9 of Budi: 0 files, 1 cut off and waiting for its re-send"]);
        for number in 2..=413 {
            tally.filed(&sender, &format!("DSC_{number}.JPG"), at(7));
        }
        assert_eq!(tally.news(at(10)), ["Z9 of Budi: 412 files, last 3 s ago, 1 cut off and waiting for its re-send"]);
        assert_eq!(tally.news(at(11)), Vec::<String>::new(), "nothing happened");
        tally.filed(&sender, "DSC_1.JPG", at(600));
        assert_eq!(tally.news(at(900)), ["Z9 of Budi: 413 files, last 5 min ago"]);
    }
}
