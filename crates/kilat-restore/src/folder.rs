//! Where a restore may write to: never among the files that Kilat itself lives by.
//!
//! A folder is judged by where it really is, so a link into one that is kept free is refused like the folder itself.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use kilat_core::{EventId, ObjectKey};
use rustix::fs::{Access, access};

/// The folder that restores go to when nobody names one, beside the folders of events.
pub(crate) const RESTORED: &str = "restored";
/// Folders of one event and day.
const MAX_NUMBERED: u32 = 999;

/// Why a folder is not written to.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// It must say where it is from the root on.
    #[error("{} does not begin at the root", .0.display())]
    NotAbsolute(PathBuf),
    /// It leads up.
    #[error("{} leads upwards", .0.display())]
    Dots(PathBuf),
    /// It has bytes that are no text.
    #[error("{} is no text", .0.display())]
    NotText(PathBuf),
    /// Something else stands there.
    #[error("{} is no folder", .0.display())]
    NotAFolder(PathBuf),
    /// The system refuses.
    #[error("{} cannot be used: {source}", path.display())]
    System {
        /// Which.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Files there would be taken for something else, or harm Kilat.
    #[error("{} lies in {what} {}", folder.display(), kept.display())]
    Inside {
        /// Which.
        folder: PathBuf,
        /// What is kept free of restored files.
        what: &'static str,
        /// Where that is.
        kept: PathBuf,
    },
    /// Every numbered folder is there.
    #[error("{} and its numbered names are all there", .0.display())]
    Taken(PathBuf),
}

impl FolderFault {
    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotAbsolute(_) | Self::Dots(_) | Self::NotText(_) => {
                "write the whole path, for example /srv/back; or leave it out"
            }
            Self::NotAFolder(_) | Self::Taken(_) => "choose another folder, or leave it out",
            Self::System { .. } => "make it writable for Kilat's user, choose another folder, or leave it out",
            Self::Inside { .. } => "choose a folder outside of it, or leave it out",
        }
    }
}

/// A folder that is kept free of restored files.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// What it is, in words.
    pub(crate) what: &'static str,
    /// Where.
    pub(crate) folder: PathBuf,
    /// Whether the folders for restores may lie in it.
    pub(crate) has_restored: HasRestored,
}

/// Whether the folders for restores may lie in a kept one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HasRestored {
    /// They may.
    Yes,
    /// Nothing may: what arrives there is taken for a new photo.
    No,
}

/// The folder as it really is; the events' folders `below` it will be written.
///
/// # Errors
/// Why it may not be written to.
pub(crate) fn checked(asked: &Path, below: &[ObjectKey], kept: &[Kept]) -> Result<PathBuf, FolderFault> {
    if !asked.is_absolute() {
        return Err(FolderFault::NotAbsolute(asked.to_owned()));
    }
    if asked.components().any(|part| part == Component::ParentDir) {
        return Err(FolderFault::Dots(asked.to_owned()));
    }
    let (around, missing) = nearest(asked)?;
    // By its parts: nothing missing would leave a slash at its end.
    let folder: PathBuf = around.join(missing).components().collect();
    if folder.to_str().is_none() {
        return Err(FolderFault::NotText(folder));
    }
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_missing| path.to_owned());
    let free = kept.iter().filter(|kept| kept.has_restored == HasRestored::Yes);
    let free: Vec<PathBuf> = free.map(|kept| real(&kept.folder.join(RESTORED))).collect();
    for Kept { what, folder: place, has_restored } in kept {
        let place = real(place);
        let is_free = |path: &Path| *has_restored == HasRestored::Yes && free.iter().any(|free| path.starts_with(free));
        let is_in = |path: &Path| path.starts_with(&place) && !is_free(path);
        let written = below.iter().map(|key| folder.join(key.as_str()));
        if is_in(&folder) || written.into_iter().any(|path| is_in(&path) || place.starts_with(&path)) {
            return Err(FolderFault::Inside { folder, what, kept: place });
        }
    }
    let may = access(&around, Access::WRITE_OK | Access::EXEC_OK);
    may.map_err(|error| FolderFault::System { path: around, source: error.into() })?;
    Ok(folder)
}

/// A folder of this event and day that is not there yet.
pub(crate) fn fresh(base: &Path, event: &EventId, day: &str) -> Result<PathBuf, FolderFault> {
    let first = base.join(format!("{event}-{day}"));
    for n in 1..=MAX_NUMBERED {
        let folder = if n == 1 { first.clone() } else { base.join(format!("{event}-{day}-{n}")) };
        match fs::symlink_metadata(&folder) {
            Ok(_there) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(folder),
            Err(source) => return Err(FolderFault::System { path: folder, source }),
        }
    }
    Err(FolderFault::Taken(first))
}

/// Whether what is written to one of them takes room from the other.
pub(crate) fn is_one_disk(one: &Path, other: &Path) -> bool {
    let device = |path: &Path| nearest(path).ok().and_then(|(around, _)| Some(fs::metadata(around).ok()?.dev()));
    device(one).is_none_or(|found| device(other) == Some(found))
}

/// The folder that is there, without links, and what is missing below it.
fn nearest(path: &Path) -> Result<(PathBuf, PathBuf), FolderFault> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FolderFault::System { path, source }
    };
    for around in path.ancestors() {
        match fs::symlink_metadata(around) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
            Err(error) => return Err(failed(around)(error)),
            Ok(_there) => {
                let real = fs::canonicalize(around).map_err(failed(around))?;
                if !real.is_dir() {
                    return Err(FolderFault::NotAFolder(around.to_owned()));
                }
                let missing = path.strip_prefix(around).unwrap_or(Path::new("")).to_owned();
                return Ok((real, missing));
            }
        }
    }
    Err(failed(path)(io::ErrorKind::NotFound.into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A data folder with a hot folder and a destination beside it.
    struct House(tempfile::TempDir);

    impl House {
        fn new() -> Self {
            let house = Self(tempfile::tempdir().expect("a folder"));
            for name in ["data/photos", "hot", "free"] {
                fs::create_dir_all(house.at(name)).expect("made");
            }
            house
        }

        fn at(&self, name: &str) -> PathBuf {
            fs::canonicalize(self.0.path()).expect("there").join(name)
        }

        fn check(&self, folder: &Path) -> Result<PathBuf, FolderFault> {
            let kept = |what, name: &str, has_restored| Kept { what, folder: self.at(name), has_restored };
            let kept = [
                kept("the hot folder", "hot", HasRestored::No),
                kept("the data folder", "data", HasRestored::Yes),
                kept("the destination", "data/photos", HasRestored::Yes),
            ];
            checked(folder, &[ObjectKey::from_names(["event"])], &kept)
        }
    }

    #[test]
    fn a_free_folder_may_be_written_to_whether_it_is_there_or_not() {
        let house = House::new();
        fs::create_dir_all(house.at("free/there")).expect("made");
        for name in
            ["free", "free/there", "free/not/yet", "data/restored/a", "data/photos/restored/a", "data/photos/restored"]
        {
            let told = house.check(&house.at(name)).expect(name);
            assert_eq!(told.as_os_str(), house.at(name).as_os_str());
        }
        symlink(house.at("free"), house.at("link")).expect("linked");
        assert_eq!(house.check(&house.at("link/in")).expect("free"), house.at("free/in"), "told as it really is");
    }

    #[test]
    fn nothing_is_written_where_kilat_lives_whichever_way_leads_there() {
        let house = House::new();
        symlink(house.at("data"), house.at("link")).expect("linked");
        symlink(house.at("hot"), house.at("data/restored")).expect("linked");
        let within = ["data", "data/x", "data/photos", "data/photos/x/y", "hot", "hot/restored", "link/x"];
        for name in within.into_iter().chain(["data/restored/x"]) {
            let refused = house.check(&house.at(name));
            assert!(matches!(refused, Err(FolderFault::Inside { .. })), "{name}: {refused:?}");
        }
        assert!(matches!(house.check(&house.at("free/../data")), Err(FolderFault::Dots(_))));
        assert!(matches!(house.check(Path::new("free")), Err(FolderFault::NotAbsolute(_))));
        fs::write(house.at("file"), b"mine").expect("written");
        for name in ["file", "file/x"] {
            assert!(matches!(house.check(&house.at(name)), Err(FolderFault::NotAFolder(_))), "{name}");
        }
        symlink(house.at("nowhere"), house.at("dangling")).expect("linked");
        assert!(matches!(house.check(&house.at("dangling/x")), Err(FolderFault::System { .. })));
    }

    #[test]
    fn the_events_folder_never_falls_together_with_one_that_is_kept_free() {
        let house = House::new();
        fs::create_dir_all(house.at("other/event/hot")).expect("made");
        let kept =
            [Kept { what: "the hot folder", folder: house.at("other/event/hot"), has_restored: HasRestored::No }];
        let below = [ObjectKey::from_names(["event"])];
        assert!(matches!(checked(&house.at("other"), &below, &kept), Err(FolderFault::Inside { .. })));
        let below = [ObjectKey::from_names(["another"])];
        assert_eq!(checked(&house.at("other"), &below, &kept).expect("free"), house.at("other"));
    }

    #[test]
    fn a_new_folder_is_numbered_beside_those_of_the_day() {
        let house = House::new();
        let event: EventId = "wedding".parse().expect("an id");
        let name = |n: &str| house.at("free").join(format!("wedding-2026-11-21{n}"));
        assert_eq!(fresh(&house.at("free"), &event, "2026-11-21").expect("free"), name(""));
        fs::create_dir(name("")).expect("made");
        symlink("nowhere", name("-2")).expect("linked");
        assert_eq!(fresh(&house.at("free"), &event, "2026-11-21").expect("free"), name("-3"));
    }
}
