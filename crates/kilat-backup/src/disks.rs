//! The physical disks behind a mounted file system: partitions, LVM, md, dm-crypt, loops and btrfs are looked through.
//!
//! What cannot be told is an error in words; nothing is guessed. A disk is known by its serial number, so that it stays
//! the same at another port and after a restart; where it has none, by the port it is at, so that two that were there
//! one after the other count as one.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use kilat_core::{DeviceNumber, Mount};

/// Devices on devices: a partition of a volume of a crypt of an array.
const MAX_DEPTH: u32 = 8;
/// Devices of one file system that are looked at.
const MAX_DEVICES: usize = 64;
/// Longest name of a disk.
const MAX_NAME: usize = 80;
/// Where a serial number stands, below the disk's folder.
const SERIALS: [&str; 5] = ["device/serial", "device/wwid", "wwid", "device/cid", "serial"];
/// The same in what udev knows of it.
const KNOWN: [&str; 2] = ["E:ID_SERIAL=", "E:ID_PART_TABLE_UUID="];

/// Where the system tells about devices; folders of a test's own in tests.
#[derive(Debug, Clone)]
pub(crate) struct System {
    pub(crate) sys: PathBuf,
    pub(crate) udev: PathBuf,
}

impl Default for System {
    fn default() -> Self {
        Self { sys: "/sys".into(), udev: "/run/udev/data".into() }
    }
}

impl System {
    /// The disks under what is mounted, or why they cannot be told. `mounted_at` tells what a file is on.
    pub(crate) fn disks(
        &self,
        mount: &Mount,
        mounted_at: &dyn Fn(&Path) -> Option<Mount>,
    ) -> Result<BTreeSet<String>, String> {
        let mut found = BTreeSet::new();
        self.under(mount, mounted_at, MAX_DEPTH, &mut found)?;
        Ok(found)
    }

    fn under(
        &self,
        mount: &Mount,
        mounted_at: &dyn Fn(&Path) -> Option<Mount>,
        depth: u32,
        found: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        let unknown = || format!("{} {}", mount.file_system, mount.source.display());
        let mut devices = vec![self.device(self.number(mount).ok_or_else(unknown)?).ok_or_else(unknown)?];
        if mount.file_system == "btrfs" {
            devices = self.btrfs(&devices[0]).ok_or_else(unknown)?;
        }
        devices.iter().try_for_each(|device| self.through(device, mounted_at, depth, found))
    }

    /// Of file systems that have several devices, or none of their own, the one that was mounted.
    fn number(&self, mount: &Mount) -> Option<DeviceNumber> {
        if mount.number.0 != 0 {
            return Some(mount.number);
        }
        let name = mount.source.strip_prefix("/dev").ok()?;
        // `mapper/…` and `disk/by-…` are links, plain names stand in the list of block devices.
        let in_list = self.sys.join("class/block").join(name).join("dev");
        if let Some(number) = text(&in_list).as_deref().and_then(parse_number) {
            return Some(number);
        }
        let meta = fs::metadata(&mount.source).ok()?;
        Some((rustix::fs::major(meta.rdev()), rustix::fs::minor(meta.rdev()))).filter(|(major, _)| *major != 0)
    }

    fn device(&self, (major, minor): DeviceNumber) -> Option<PathBuf> {
        fs::canonicalize(self.sys.join("dev/block").join(format!("{major}:{minor}"))).ok()
    }

    /// All devices of the btrfs that this one belongs to.
    fn btrfs(&self, device: &Path) -> Option<Vec<PathBuf>> {
        let name = device.file_name()?;
        let systems = fs::read_dir(self.sys.join("fs/btrfs")).ok()?.flatten();
        let own = systems.map(|system| system.path().join("devices")).find(|devices| devices.join(name).exists())?;
        fs::read_dir(own).ok()?.take(MAX_DEVICES).map(|device| fs::canonicalize(device.ok()?.path()).ok()).collect()
    }

    /// From a device down to the disks that it is made of.
    fn through(
        &self,
        device: &Path,
        mounted_at: &dyn Fn(&Path) -> Option<Mount>,
        depth: u32,
        found: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        let unknown = || format!("what {} is made of", name_of(device));
        let depth = depth.checked_sub(1).ok_or_else(unknown)?;
        if device.join("partition").exists() {
            return self.through(device.parent().ok_or_else(unknown)?, mounted_at, depth, found);
        }
        if let Some(file) = text(&device.join("loop/backing_file")) {
            let mount = mounted_at(Path::new(&file)).ok_or_else(unknown)?;
            return self.under(&mount, mounted_at, depth, found);
        }
        let slaves: Vec<PathBuf> = match fs::read_dir(device.join("slaves")) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).take(MAX_DEVICES).collect(),
            Err(_) => Vec::new(),
        };
        if slaves.is_empty() {
            // Without parts it is the disk, unless parts are what it is for.
            let is_made = ["dm", "md"].iter().any(|kind| device.join(kind).exists());
            if is_made {
                return Err(unknown());
            }
            found.insert(self.disk(device));
            return Ok(());
        }
        slaves.iter().try_for_each(|slave| {
            let slave = fs::canonicalize(slave).map_err(|_gone| unknown())?;
            self.through(&slave, mounted_at, depth, found)
        })
    }

    /// What a disk is known by.
    fn disk(&self, device: &Path) -> String {
        let own = || SERIALS.iter().find_map(|name| text(&device.join(name)));
        // A disk at USB: the serial number is its enclosure's.
        let outer = || {
            let usb = device.ancestors().take_while(|outer| outer.starts_with(&self.sys));
            usb.filter(|outer| outer.join("idVendor").exists()).find_map(|outer| text(&outer.join("serial")))
        };
        let known = || {
            let number = text(&device.join("dev"))?;
            let data = fs::read_to_string(self.udev.join(format!("b{number}"))).ok()?;
            KNOWN.iter().find_map(|key| data.lines().find_map(|line| line.strip_prefix(key)).and_then(clean))
        };
        let port = || {
            let devices = fs::canonicalize(self.sys.join("devices")).unwrap_or_else(|_| self.sys.join("devices"));
            let path = device.strip_prefix(devices).unwrap_or(device);
            clean(&path.to_string_lossy()).unwrap_or_else(|| name_of(device))
        };
        own().or_else(outer).or_else(known).unwrap_or_else(port)
    }
}

fn name_of(device: &Path) -> String {
    device.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn parse_number(text: &str) -> Option<DeviceNumber> {
    let (major, minor) = text.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn text(file: &Path) -> Option<String> {
    clean(&String::from_utf8_lossy(&fs::read(file).ok()?))
}

/// One word of plain signs; the end of what is too long tells more than its beginning.
fn clean(text: &str) -> Option<String> {
    let plain = |sign: char| if sign.is_ascii_alphanumeric() || "-_.:/".contains(sign) { sign } else { '_' };
    let word: String = text.split_whitespace().collect::<Vec<_>>().join("_").chars().map(plain).collect();
    let word = word.trim_matches('_');
    let from = word.len().saturating_sub(MAX_NAME);
    (!word.is_empty()).then(|| word[from..].to_owned())
}

#[cfg(test)]
mod tests;
