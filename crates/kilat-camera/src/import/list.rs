//! What is on a card: files that Kilat files, by their names and stamps alone. No link is followed, nothing is opened
//! but folders, and no time of access is written.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kilat_core::{PhotoKind, safe_segment};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

/// Where cameras put photos and films.
const BEGIN: [&str; 4] = ["DCIM", "M4ROOT", "PRIVATE", "AVCHD"];
/// Folders in folders: cameras make three.
const MAX_DEPTH: usize = 8;
/// Files of one card: six times what a card of 512 GB holds of JPEG.
const MAX_FILES: usize = 60_000;
/// Folders of one card: cameras number 900 at most.
const MAX_FOLDERS: usize = 4_096;
/// Names kept of what is wrong.
const MAX_NAMED: usize = 200;

/// A file on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFile {
    /// Below the card's root, as it is on the card.
    pub path: PathBuf,
    /// Its length.
    pub size_bytes: u64,
    /// When it was written, by the camera's clock and the system's idea of its zone.
    pub written: SystemTime,
    /// What it is.
    pub kind: PhotoKind,
}

impl CardFile {
    /// Its path for people; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn shown(&self) -> String {
        self.path.iter().map(|level| safe_segment(&level.to_string_lossy())).collect::<Vec<_>>().join("/")
    }

    /// Its name as the camera gave it.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// When it was written, in whole seconds: what cards keep.
    #[must_use]
    pub fn written_s(&self) -> i64 {
        match self.written.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
        }
    }
}

/// What a card holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Files that Kilat files.
    pub files: Vec<CardFile>,
    /// Those without a byte, and folders that cannot be listed, for people.
    pub faulty: Vec<String>,
    /// Whether there is more than is listed.
    pub is_cut: bool,
}

/// Lists a card. Blocks on it.
///
/// # Errors
/// When the card cannot be listed at all: it was pulled.
pub fn list(root: &Path) -> io::Result<Listing> {
    let root = open_folder(CWD, root.as_os_str())?;
    let mut listing = Listing::default();
    let mut to_do: Vec<PathBuf> = BEGIN.iter().rev().map(PathBuf::from).collect();
    let mut folders = 0;
    let mut is_any = false;
    while let Some(path) = to_do.pop() {
        if folders >= MAX_FOLDERS {
            listing.is_cut = true;
            break;
        }
        folders += 1;
        match folder(root.as_fd(), &path, &mut listing, &mut to_do) {
            Ok(()) => is_any = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.iter().count() == 1 => {}
            Err(error) if is_gone(&error) => return Err(error),
            Err(error) if listing.faulty.len() < MAX_NAMED => {
                listing.faulty.push(format!("{} ({error})", safe_segment(&path.to_string_lossy())));
            }
            Err(_) => {}
        }
    }
    if is_any { Ok(listing) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Whether the card itself is away.
pub(super) fn is_gone(error: &io::Error) -> bool {
    // ENXIO, ENODEV, ENOMEDIUM.
    matches!(error.raw_os_error(), Some(6 | 19 | 123))
}

fn folder(root: BorrowedFd<'_>, path: &Path, listing: &mut Listing, to_do: &mut Vec<PathBuf>) -> io::Result<()> {
    let fd = open_below(root, path, OFlags::RDONLY | OFlags::DIRECTORY)?;
    for entry in Dir::read_from(&fd)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name.as_bytes().starts_with(b".") {
            continue;
        }
        let stat = match statat(&fd, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // A camera in mass storage mode deletes.
            Err(Errno::NOENT) => continue,
            Err(error) => return Err(error.into()),
        };
        let path = path.join(name);
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if path.iter().count() < MAX_DEPTH => to_do.push(path),
            FileType::Directory => listing.is_cut = true,
            FileType::RegularFile => {
                let Some(kind) = PhotoKind::of_path(&path).filter(|_| !name.as_bytes().starts_with(b"~")) else {
                    continue;
                };
                if listing.files.len() >= MAX_FILES {
                    listing.is_cut = true;
                    return Ok(());
                }
                let size_bytes = u64::try_from(stat.st_size).unwrap_or(0);
                let file = CardFile { path, size_bytes, written: time(stat.st_mtime, stat.st_mtime_nsec), kind };
                if size_bytes > 0 {
                    listing.files.push(file);
                } else if listing.faulty.len() < MAX_NAMED {
                    listing.faulty.push(format!("{} (it is empty)", file.shown()));
                }
            }
            FileType::Symlink
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => {}
        }
    }
    Ok(())
}

fn time(seconds: i64, nanos: impl TryInto<u32>) -> SystemTime {
    let nanos = nanos.try_into().unwrap_or(0);
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let second = if seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
    second.and_then(|second| second.checked_add(Duration::from_nanos(nanos.into()))).unwrap_or(UNIX_EPOCH)
}

/// A folder, by a path that is trusted.
pub(super) fn open_folder(at: BorrowedFd<'_>, path: &OsStr) -> io::Result<OwnedFd> {
    open_one(at, path, OFlags::RDONLY | OFlags::DIRECTORY)
}

/// What stands at `path` below `root`: each level is opened by itself, so that no link leads out of the card.
pub(super) fn open_below(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let levels: Vec<&OsStr> = path.iter().collect();
    let Some((last, above)) = levels.split_last() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let mut at: Option<OwnedFd> = None;
    for level in above {
        let from = at.as_ref().map_or(root, AsFd::as_fd);
        at = Some(open_one(from, level, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW)?);
    }
    open_one(at.as_ref().map_or(root, AsFd::as_fd), last, flags | OFlags::NOFOLLOW)
}

fn open_one(at: BorrowedFd<'_>, name: &OsStr, flags: OFlags) -> io::Result<OwnedFd> {
    // A device or pipe of that name must not hold the reader.
    let flags = flags | OFlags::CLOEXEC | OFlags::NONBLOCK;
    match openat(at, name, flags | OFlags::NOATIME, Mode::empty()) {
        // Only the owner may read without a trace.
        Err(Errno::PERM) => Ok(openat(at, name, flags, Mode::empty())?),
        opened => Ok(opened?),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    fn card(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let card = tempfile::tempdir().expect("a folder");
        for (path, bytes) in files {
            let path = card.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, bytes).expect("written");
        }
        card
    }

    fn names(listing: &Listing) -> Vec<String> {
        let mut names: Vec<String> = listing.files.iter().map(CardFile::shown).collect();
        names.sort();
        names
    }

    #[test]
    fn photos_films_and_sidecars_are_listed_and_nothing_else() {
        let card = card(&[
            ("DCIM/100NCZ_9/DSC_0001.JPG", b"x"),
            ("DCIM/100NCZ_9/DSC_0001.NEF", b"x"),
            ("DCIM/100NCZ_9/DSC_0001.xmp", b"x"),
            ("DCIM/100NCZ_9/._DSC_0001.JPG", b"x"),
            ("DCIM/100NCZ_9/DSC_0002.JPG", b""),
            ("DCIM/.Trashes/DSC_0003.JPG", b"x"),
            ("PRIVATE/M4ROOT/CLIP/C0001.MP4", b"x"),
            ("NIKON001.DSC", b"x"),
            ("holiday.jpg", b"x"),
        ]);
        let listing = list(card.path()).expect("a card");
        let expected = ["100NCZ_9/DSC_0001.JPG", "100NCZ_9/DSC_0001.NEF", "100NCZ_9/DSC_0001.xmp"]
            .map(|name| format!("DCIM/{name}"));
        assert_eq!(names(&listing), [&expected[..], &["PRIVATE/M4ROOT/CLIP/C0001.MP4".to_owned()]].concat());
        assert_eq!(
            (listing.faulty, listing.is_cut),
            (vec!["DCIM/100NCZ_9/DSC_0002.JPG (it is empty)".to_owned()], false)
        );
    }

    #[test]
    fn links_lead_nowhere_and_a_card_without_its_folders_is_away() {
        let outside = card(&[("secret.jpg", b"x")]);
        let card = card(&[("DCIM/100/A.JPG", b"x")]);
        symlink(outside.path(), card.path().join("DCIM/101")).expect("a link");
        symlink(outside.path().join("secret.jpg"), card.path().join("DCIM/100/B.JPG")).expect("a link");
        symlink(outside.path(), card.path().join("PRIVATE")).expect("a link");
        assert_eq!(names(&list(card.path()).expect("a card")), ["DCIM/100/A.JPG"]);
        assert!(list(outside.path()).is_err(), "an empty mount point is no empty card");
        assert!(list(Path::new("/nowhere")).is_err());
    }

    #[test]
    fn a_card_that_was_made_to_hurt_is_listed_in_part_and_says_so() {
        let deep = format!("DCIM/{}A.JPG", "x/".repeat(20));
        let hostile = "DCIM/100/\u{202e}<b>\n.JPG";
        let listing = list(card(&[(&deep, b"x"), (hostile, b"x")]).path()).expect("a card");
        assert!(listing.is_cut);
        assert_eq!(listing.files.len(), 1);
        assert!(!listing.files[0].shown().contains(['\n', '<']), "{}", listing.files[0].shown());
    }

    #[test]
    fn listing_leaves_no_time_of_access() {
        let card = card(&[("DCIM/100/A.JPG", b"x")]);
        let folder = card.path().join("DCIM/100");
        // An access time before the last change is what the system would renew.
        let times = rustix::fs::Timestamps {
            last_access: rustix::fs::Timespec { tv_sec: 1, tv_nsec: 0 },
            last_modification: rustix::fs::Timespec { tv_sec: 2, tv_nsec: 0 },
        };
        rustix::fs::utimensat(CWD, &folder, &times, AtFlags::empty()).expect("times");
        list(card.path()).expect("a card");
        assert_eq!(fs::metadata(&folder).expect("a folder").atime(), 1);
    }
}
