//! When is a file finished? A state machine of signs, looks and time; it never touches the disk.
//!
//! Invariant: a file is ready after its writer closed or renamed it and its structure is whole, or,
//! where no such event comes, when its structure is whole and two looks a second apart are equal;
//! never because it was created. A file that is cut off is waited for and reported once.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::FileStamp;
use kilat_media::structure::Completeness;

/// Two sizes a second apart: tethering apps extend the file before filling it.
const STABLE: Duration = Duration::from_secs(1);
/// The same for formats without an end that can be checked, where no event will ever come.
const STABLE_UNKNOWN: Duration = Duration::from_secs(2);
/// The same where the writer's close should have come: it may still hold the file open.
const STABLE_UNCLOSED: Duration = Duration::from_secs(10);
/// A cut-off or empty file is reported when nothing happened to it for so long.
const QUIET: Duration = Duration::from_secs(10);
/// A file that was last written so long ago needs no second look.
const OLD: Duration = Duration::from_secs(10);
/// How soon a file that may still grow is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Files under watch: some 400 bytes each. More are left to the next listing of the folder.
pub(crate) const MAX_TRACKED: usize = 10_000;

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It was created; its writer will close it.
    Created,
    /// A listing showed it; whether an event will come is not known.
    Found,
    /// Its writer closed it, or it was renamed into place.
    Finished,
}

/// What a look at a file showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Its state.
    pub(crate) stamp: FileStamp,
    /// How long ago it was modified, by the wall clock; none when that lies in the future.
    pub(crate) age: Option<Duration>,
    /// Its structure.
    pub(crate) shape: Completeness,
}

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is finished.
    Ready,
    /// Look again later.
    Wait,
    /// It has been cut off for a while: say so, once.
    CutOff(&'static str),
    /// It stays empty: noise.
    Empty,
}

#[derive(Debug)]
struct Tracked {
    is_finished: bool,
    was_created: bool,
    stamp: Option<FileStamp>,
    since: Duration,
    next: Duration,
}

/// The files that are not finished yet.
#[derive(Debug, Default)]
pub(crate) struct Settle {
    files: HashMap<Arc<Path>, Tracked>,
    agenda: BTreeSet<(Duration, Arc<Path>)>,
}

impl Settle {
    /// Takes a sign. False when there is no room: the path is left to the next listing.
    pub(crate) fn sign(&mut self, path: &Path, sign: Sign, now: Duration) -> bool {
        if let Some((path, mut tracked)) = self.files.remove_entry(path) {
            self.agenda.remove(&(tracked.next, Arc::clone(&path)));
            match sign {
                Sign::Finished => {
                    tracked.is_finished = true;
                    tracked.next = now;
                }
                // The name was freed and taken again: what was known of it is void.
                Sign::Created => tracked = Tracked::new(Sign::Created, now),
                Sign::Found => {}
            }
            self.insert(path, tracked);
            return true;
        }
        if self.files.len() >= MAX_TRACKED {
            return false;
        }
        self.insert(path.into(), Tracked::new(sign, now));
        true
    }

    /// The file is no longer there, or no photo.
    pub(crate) fn forget(&mut self, path: &Path) {
        if let Some((path, tracked)) = self.files.remove_entry(path) {
            self.agenda.remove(&(tracked.next, path));
        }
    }

    /// Forgets a folder that is no longer there, with all that is below it.
    pub(crate) fn forget_below(&mut self, folder: &Path) {
        let gone: Vec<PathBuf> =
            self.files.keys().filter(|path| path.starts_with(folder)).map(|path| path.to_path_buf()).collect();
        for path in gone {
            self.forget(&path);
        }
    }

    /// The next path that must be looked at, when its time has come.
    pub(crate) fn due(&self, now: Duration) -> Option<Arc<Path>> {
        self.agenda.first().filter(|(at, _)| *at <= now).map(|(_, path)| Arc::clone(path))
    }

    /// When the next look is due.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// Looks at `path` are put off: it, or the place that must be asked about it, cannot answer now.
    pub(crate) fn postpone(&mut self, path: &Path, until: Duration) {
        if let Some((path, mut tracked)) = self.files.remove_entry(path) {
            self.agenda.remove(&(tracked.next, Arc::clone(&path)));
            tracked.next = until;
            self.insert(path, tracked);
        }
    }

    /// Takes what a look showed. Every answer but [`Verdict::Wait`] ends the watch over the file.
    pub(crate) fn looked(&mut self, path: &Path, look: &Look, now: Duration) -> Verdict {
        let Some((path, mut tracked)) = self.files.remove_entry(path) else { return Verdict::Wait };
        self.agenda.remove(&(tracked.next, Arc::clone(&path)));
        if tracked.stamp.is_none_or(|stamp| stamp != look.stamp) {
            tracked.stamp = Some(look.stamp);
            tracked.since = now;
        }
        let verdict = tracked.judge(look, now);
        if verdict == Verdict::Wait {
            tracked.next = now + LOOK_AGAIN;
            self.insert(path, tracked);
        }
        verdict
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    fn insert(&mut self, path: Arc<Path>, tracked: Tracked) {
        self.agenda.insert((tracked.next, Arc::clone(&path)));
        self.files.insert(path, tracked);
    }
}

impl Tracked {
    fn new(sign: Sign, now: Duration) -> Self {
        let next = match sign {
            Sign::Created => now + STABLE,
            Sign::Found | Sign::Finished => now,
        };
        let (is_finished, was_created) = (sign == Sign::Finished, sign == Sign::Created);
        Self { is_finished, was_created, stamp: None, since: now, next }
    }

    fn judge(&self, look: &Look, now: Duration) -> Verdict {
        let watched = now.saturating_sub(self.since);
        let is_old = look.age.is_some_and(|age| age >= OLD);
        let unknown = if self.was_created { STABLE_UNCLOSED } else { STABLE_UNKNOWN };
        match look.shape {
            Completeness::CutOff(_) if look.stamp.size_bytes == 0 => {
                if watched >= QUIET {
                    Verdict::Empty
                } else {
                    Verdict::Wait
                }
            }
            Completeness::CutOff(what) => {
                if watched >= QUIET {
                    Verdict::CutOff(what)
                } else {
                    Verdict::Wait
                }
            }
            Completeness::Whole if self.is_finished || is_old || watched >= STABLE => Verdict::Ready,
            Completeness::Unknown if self.is_finished || watched >= unknown => Verdict::Ready,
            Completeness::Unknown if is_old && !self.was_created => Verdict::Ready,
            Completeness::Whole | Completeness::Unknown => Verdict::Wait,
        }
    }
}

#[cfg(test)]
mod tests;
