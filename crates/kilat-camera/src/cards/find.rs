//! Which mounts are cards: those that a camera's folders stand on, on a disk that can be taken out or where desktops
//! mount what was put in. Never one that Kilat writes to.
//!
//! Works on roots that are passed in. Blocks on the file systems that it looks at: a reader that hangs hangs it too.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kilat_core::{CameraId, DeviceNumber, Mount, parse_mounts};

use super::identity;
use crate::names::{camera_id, clean};

/// Where desktops mount what is put in.
const DESKTOP: [&str; 3] = ["media", "run/media", "mnt"];
/// Folders that cameras make: photos, and films of Sony and of AVCHD.
const PHOTOS: &str = "DCIM";
const FILMS: [&str; 3] = ["M4ROOT", "PRIVATE/M4ROOT", "PRIVATE/AVCHD"];
/// File systems of other machines: looking at them may take for ever, and no card is on one.
const REMOTE: [&str; 9] = ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.rclone", "fuse.davfs"];
/// Cards at once: readers have a few slots each.
const MAX_CARDS: usize = 16;

/// A mounted card, or a camera that shows itself as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The same for the same card, in whatever reader, until it is formatted.
    pub id: CameraId,
    /// As people call it.
    pub name: String,
    /// Where it is mounted.
    pub root: PathBuf,
    /// What tells this mount from the next one of the same card.
    pub device: DeviceNumber,
}

/// Where the system says what it says.
#[derive(Debug, Clone)]
pub struct Places {
    /// `/proc/self/mountinfo`.
    pub mounts: PathBuf,
    /// `/sys`.
    pub sys: PathBuf,
    /// `/dev`.
    pub dev: PathBuf,
    /// `/`, which holds the folders of desktops.
    pub root: PathBuf,
}

impl Places {
    /// The real ones.
    #[must_use]
    pub fn real() -> Self {
        let [mounts, sys, dev, root] = ["/proc/self/mountinfo", "/sys", "/dev", "/"].map(PathBuf::from);
        Self { mounts, sys, dev, root }
    }
}

/// The cards that are there; never one that holds, or is held by, one of `not`: destinations, hot folders, Kilat's own.
///
/// # Errors
/// When the mounts cannot be listed.
pub fn find(places: &Places, not: &[PathBuf]) -> std::io::Result<Vec<Card>> {
    let mounts = parse_mounts(&std::fs::read(&places.mounts)?);
    let mut cards: Vec<Card> = Vec::new();
    for (at, mount) in mounts.iter().enumerate() {
        let is_hidden = mounts[at + 1..].iter().any(|later| later.point == mount.point);
        let is_used = not.iter().any(|path| path.starts_with(&mount.point) || mount.point.starts_with(path));
        let is_twice = cards.iter().any(|card| card.device == mount.number && mount.number.0 != 0);
        if is_hidden || is_used || is_twice || !may_be_card(mount, places) || !has_frames(&mount.point) {
            continue;
        }
        if cards.len() >= MAX_CARDS {
            tracing::warn!(most = MAX_CARDS, "more cards are mounted than are looked at");
            break;
        }
        let mut card = card(mount, places);
        if cards.iter().any(|known| known.id == card.id) {
            // Two cards that nobody told apart: by where they are.
            card.id = camera_id(&[card.id.as_str(), &mount.point.to_string_lossy()], "card");
        }
        cards.push(card);
    }
    Ok(cards)
}

/// Whether a card is still mounted where it was, and its disk is there.
#[must_use]
pub fn is_there(places: &Places, card: &Card) -> bool {
    let Ok(text) = std::fs::read(&places.mounts) else { return false };
    let mounts = parse_mounts(&text);
    let top = mounts.iter().rfind(|mount| mount.point == card.root);
    top.is_some_and(|mount| mount.number == card.device && is_attached(mount, places))
}

/// A card that was pulled without a word leaves its mount; the system has forgotten its disk.
fn is_attached(mount: &Mount, places: &Places) -> bool {
    mount.number.0 == 0 || !places.sys.join("dev/block").exists() || block(mount, places).exists()
}

fn may_be_card(mount: &Mount, places: &Places) -> bool {
    let is_remote = REMOTE.contains(&mount.file_system.as_str());
    let is_desktop = DESKTOP.iter().any(|folder| mount.point.starts_with(places.root.join(folder)));
    !is_remote
        && is_attached(mount, places)
        && mount.point != places.root
        && (is_desktop || is_removable(mount, places))
}

fn block(mount: &Mount, places: &Places) -> PathBuf {
    places.sys.join(format!("dev/block/{}:{}", mount.number.0, mount.number.1))
}

/// Whether its disk can be taken out, by the system's own word, hangs on USB or is in a slot for cards.
fn is_removable(mount: &Mount, places: &Places) -> bool {
    if !mount.is_local_disk() {
        return false;
    }
    let Ok(disk) = block(mount, places).canonicalize() else { return false };
    let says_so = |folder: &Path| std::fs::read(folder.join("removable")).is_ok_and(|word| word.starts_with(b"1"));
    let is_named = |part: &std::ffi::OsStr| part.as_bytes().starts_with(b"usb") || part.as_bytes().starts_with(b"mmc");
    says_so(&disk) || disk.parent().is_some_and(says_so) || disk.iter().any(is_named)
}

fn has_frames(root: &Path) -> bool {
    let is_folder = |name: &str| root.join(name).symlink_metadata().is_ok_and(|meta| meta.is_dir());
    is_folder(PHOTOS) || FILMS.iter().any(|name| is_folder(name))
}

fn card(mount: &Mount, places: &Places) -> Card {
    let identity = identity::of(mount, places);
    let folder = mount.point.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // A label that a factory or a system gave tells less than who made the folders.
    let label = identity.label.clone().or_else(|| clean(&folder)).filter(|label| !is_nobodys(label));
    let name = match (label, identity.maker) {
        (Some(label), _) => label,
        (None, Some(maker)) => format!("{maker} card"),
        (None, None) => "Card".to_owned(),
    };
    let id = camera_id(&["card", &identity.key], "card");
    Card { id, name, root: mount.point.clone(), device: mount.number }
}

fn is_nobodys(label: &str) -> bool {
    let is_number = label.len() >= 8 && label.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_number || ["NO NAME", "UNTITLED", "DISK", "VOLUME", "CARD", "USB DISK"].contains(&label.to_uppercase().as_str())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A machine that is made up: its mounts are folders of it.
    struct Machine {
        root: tempfile::TempDir,
        mounts: String,
    }

    impl Machine {
        fn new() -> Self {
            let machine = Self { root: tempfile::tempdir().expect("a folder"), mounts: String::new() };
            for folder in ["sys/dev/block", "dev/disk/by-uuid", "dev/disk/by-label"] {
                fs::create_dir_all(machine.path(folder)).expect("a folder");
            }
            machine.finish()
        }

        fn path(&self, path: &str) -> PathBuf {
            self.root.path().join(path)
        }

        fn finish(self) -> Self {
            fs::write(self.path("mountinfo"), &self.mounts).expect("mounts");
            self
        }

        /// A disk, mounted.
        fn mounts(mut self, point: &str, number: &str, (file_system, source): (&str, &str)) -> Self {
            let at = self.path(point);
            fs::create_dir_all(&at).expect("a folder");
            let point = at.display();
            self.mounts.push_str(&format!("1 2 {number} / {point} rw - {file_system} {source} rw\n"));
            self.finish()
        }

        /// On this number hangs a disk.
        fn has_disk(self, number: &str, at: &str, removable: &str) -> Self {
            let disk = self.path("sys/devices").join(at);
            fs::create_dir_all(&disk).expect("a disk");
            fs::write(disk.parent().expect("a disk").join("removable"), removable).expect("a word");
            symlink(disk, self.path("sys/dev/block").join(number)).expect("a link");
            self
        }

        fn holds(self, folder: &str) -> Self {
            fs::create_dir_all(self.path(folder)).expect("a folder");
            self
        }

        fn places(&self) -> Places {
            Places {
                mounts: self.path("mountinfo"),
                sys: self.path("sys"),
                dev: self.path("dev"),
                root: self.root.path().to_owned(),
            }
        }

        fn cards(&self, not: &[&str]) -> Vec<String> {
            let not: Vec<PathBuf> = not.iter().map(|path| self.path(path)).collect();
            let cards = find(&self.places(), &not).expect("mounts");
            let root = |card: &Card| card.root.strip_prefix(self.root.path()).expect("inside").display().to_string();
            cards.iter().map(|card| format!("{} at {}", card.name, root(card))).collect()
        }
    }

    #[test]
    fn a_card_is_what_a_camera_s_folders_stand_on_where_cards_are() {
        let machine = Machine::new()
            .mounts("media/budi/NIKON", "8:17", ("exfat", "/dev/sdb1"))
            .has_disk("8:17", "usb1/1-2/block/sdb/sdb1", "1")
            .holds("media/budi/NIKON/DCIM/100NCZ_9")
            .mounts("media/budi/stick", "8:33", ("vfat", "/dev/sdc1"))
            .has_disk("8:33", "usb1/1-3/block/sdc/sdc1", "1")
            .mounts("srv/photos", "8:1", ("ext4", "/dev/sda1"))
            .has_disk("8:1", "pci0/block/sda/sda1", "0")
            .holds("srv/photos/DCIM")
            .mounts("slot", "179:1", ("exfat", "/dev/mmcblk0p1"))
            .has_disk("179:1", "pci0/mmc_host/mmc0/block/mmcblk0/mmcblk0p1", "0")
            .holds("slot/PRIVATE/M4ROOT")
            .mounts("mnt/nas", "0:50", ("nfs4", "nas:/x"))
            .holds("mnt/nas/DCIM");
        assert_eq!(machine.cards(&[]), ["NIKON at media/budi/NIKON", "slot at slot"]);
    }

    #[test]
    fn what_kilat_writes_to_or_watches_is_never_a_card() {
        let machine = Machine::new()
            .mounts("media/ssd", "8:17", ("exfat", "/dev/sdb1"))
            .has_disk("8:17", "usb1/1-2/block/sdb/sdb1", "1")
            .holds("media/ssd/DCIM/100CANON");
        assert_eq!(machine.cards(&[]), ["ssd at media/ssd"]);
        for used in ["media/ssd", "media/ssd/photos", "media"] {
            assert!(machine.cards(&[used]).is_empty(), "{used}");
        }
        assert_eq!(machine.cards(&["media/ssd2"]).len(), 1, "a name that only begins alike");
    }

    #[test]
    fn a_card_that_was_pulled_leaves_its_mount_and_is_not_there() {
        let machine = Machine::new()
            .mounts("media/NIKON", "8:17", ("exfat", "/dev/sdb1"))
            .has_disk("8:17", "usb1/1-2/block/sdb/sdb1", "1")
            .holds("media/NIKON/DCIM");
        assert_eq!(machine.cards(&[]).len(), 1);
        fs::remove_file(machine.path("sys/dev/block/8:17")).expect("pulled");
        assert!(machine.cards(&[]).is_empty());
    }

    #[test]
    fn a_card_is_the_same_by_its_serial_number_wherever_it_is_mounted() {
        let at = |point: &str, uuid: Option<&str>| {
            let machine =
                Machine::new().mounts(point, "8:17", ("exfat", "/dev/sdb1")).has_disk("8:17", "sdb/sdb1", "1");
            if let Some(uuid) = uuid {
                fs::write(machine.path("dev/sdb1"), "").expect("a device");
                symlink("../../sdb1", machine.path("dev/disk/by-uuid").join(uuid)).expect("a link");
            }
            let machine = machine.holds(&format!("{point}/DCIM/100MSDCF"));
            let card = find(&machine.places(), &[]).expect("mounts").remove(0);
            (card.id.to_string(), card.name)
        };
        assert_eq!(at("media/a", Some("3A1F-22C0")).0, "card-3a1f-22c0");
        assert_eq!(at("media/b", Some("3A1F-22C0")).0, "card-3a1f-22c0");
        assert_ne!(at("media/b", Some("3A1F-22C1")).0, "card-3a1f-22c0");
        assert_eq!(at("media/UNTITLED", Some("3A1F-22C0")).1, "Sony card");
        // Without a serial number: by its label and what stands on it.
        assert!(at("media/NIKON", None).0.starts_with("card-nikon-"), "{}", at("media/NIKON", None).0);
    }

    #[test]
    fn one_that_is_mounted_twice_is_one_and_a_hidden_one_is_none() {
        let machine = Machine::new()
            .mounts("media/a", "8:17", ("exfat", "/dev/sdb1"))
            .holds("media/a/DCIM")
            .has_disk("8:17", "usb1/1-2/block/sdb/sdb1", "1")
            .mounts("media/b", "8:17", ("exfat", "/dev/sdb1"))
            .holds("media/b/DCIM");
        assert_eq!(machine.cards(&[]), ["a at media/a"]);
        let machine = machine.mounts("media/a", "0:70", ("tmpfs", "none"));
        assert_eq!(machine.cards(&[]), ["b at media/b", "a at media/a"]);
    }
}
