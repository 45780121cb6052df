//! What is to be fetched from one camera, and in which order: what was just shot before what its list named, pictures
//! before RAW before films; of shots the oldest first, of the list the newest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kilat_core::{Frame, PhotoKind};

use crate::lines::FrameLine;

/// Frames that wait: a full card, many times. More are found by the next list.
const MOST: usize = 50_000;
/// How often a frame is asked for in one session.
const TRIES: u32 = 3;

/// How a frame came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum From {
    Shot,
    List,
}

type Place = (From, u8, Reverse<i64>, u64);

/// The frames that wait.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: BTreeMap<Place, FrameLine>,
    /// What waits or was fetched in this session.
    known: BTreeSet<Frame>,
    tries: BTreeMap<Frame, u32>,
    next: u64,
}

impl Queue {
    /// Puts a frame in, unless it waits or came already; whether it was put in.
    pub(crate) fn add(&mut self, frame: FrameLine, from: From) -> bool {
        if self.waiting.len() >= MOST || !self.known.insert(frame.frame()) {
            return false;
        }
        self.put(frame, from);
        true
    }

    fn put(&mut self, frame: FrameLine, from: From) {
        let newest = match from {
            From::Shot => Reverse(0),
            From::List => Reverse(frame.written_s.unwrap_or(0)),
        };
        self.next += 1;
        self.waiting.insert((from, rank(&frame.name), newest, self.next), frame);
    }

    /// The next one.
    pub(crate) fn take(&mut self) -> Option<FrameLine> {
        self.waiting.pop_first().map(|(_, frame)| frame)
    }

    /// It did not come: it waits behind the others, or is given up in this session; whether it waits.
    pub(crate) fn again(&mut self, frame: FrameLine) -> bool {
        let tries = self.tries.entry(frame.frame()).or_insert(0);
        *tries += 1;
        if *tries >= TRIES {
            return false;
        }
        self.put(frame, From::List);
        true
    }

    /// It was not the camera's fault: it waits as before.
    pub(crate) fn later(&mut self, frame: FrameLine) {
        self.put(frame, From::List);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether a frame waits or came already.
    pub(crate) fn knows(&self, frame: &Frame) -> bool {
        self.known.contains(frame)
    }
}

fn rank(name: &str) -> u8 {
    match PhotoKind::of_path(Path::new(name)) {
        Some(PhotoKind::Jpeg | PhotoKind::Heic) => 0,
        Some(PhotoKind::Sidecar) => 1,
        Some(PhotoKind::Raw) => 2,
        Some(PhotoKind::Video) | None => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, written_s: i64) -> FrameLine {
        FrameLine { folder: "/".to_owned(), name: name.to_owned(), size_bytes: 1, written_s: Some(written_s) }
    }

    fn names(queue: &mut Queue) -> Vec<String> {
        std::iter::from_fn(|| queue.take()).map(|frame| frame.name).collect()
    }

    #[test]
    fn what_was_shot_comes_before_the_list_and_pictures_before_raw() {
        let mut queue = Queue::default();
        for (name, at, from) in [
            ("1.JPG", 1, From::List),
            ("2.JPG", 2, From::List),
            ("2.NEF", 2, From::List),
            ("3.NEF", 3, From::Shot),
            ("3.JPG", 3, From::Shot),
            ("4.JPG", 4, From::Shot),
        ] {
            assert!(queue.add(line(name, at), from));
        }
        assert_eq!(names(&mut queue), ["3.JPG", "4.JPG", "3.NEF", "2.JPG", "1.JPG", "2.NEF"]);
    }

    #[test]
    fn a_frame_is_fetched_once_and_one_that_never_comes_is_given_up() {
        let mut queue = Queue::default();
        assert!(queue.add(line("1.JPG", 1), From::Shot));
        assert!(!queue.add(line("1.JPG", 1), From::List), "the list names it too");
        let frame = queue.take().expect("it waits");
        assert!(queue.again(frame.clone()));
        assert!(queue.again(frame.clone()));
        assert!(!queue.again(frame.clone()), "three tries");
        assert!(!queue.add(frame, From::List));
    }
}
