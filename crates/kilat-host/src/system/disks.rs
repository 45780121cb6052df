//! Disks: what is mounted where (`/proc/self/mountinfo`), and what each device does (`/proc/diskstats`).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{percent, rate};

/// Mounts read: a machine full of containers has thousands.
const MAX_MOUNTS: usize = 4_096;
/// Devices read.
const MAX_DEVICES: usize = 1_024;
/// What `/proc/diskstats` counts in, whatever the device's own sectors are.
const SECTOR_BYTES: u64 = 512;

/// A device's number.
pub(crate) type DeviceNumber = (u32, u32);

/// Something mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) point: PathBuf,
    pub(crate) number: DeviceNumber,
    pub(crate) file_system: String,
    /// For example `/dev/sda1`; other things that are no devices too.
    pub(crate) source: PathBuf,
}

impl Mount {
    /// Whether a local device holds it: the only mounts that are looked at though Kilat does not use them.
    pub(crate) fn is_local_disk(&self) -> bool {
        self.source.starts_with("/dev") && self.file_system != "squashfs" && self.file_system != "devtmpfs"
    }

    /// Its device's name, for example `sda1`.
    pub(crate) fn device(&self) -> Option<String> {
        let name = self.source.strip_prefix("/dev").ok()?;
        (!name.as_os_str().is_empty()).then(|| name.to_string_lossy().into_owned())
    }
}

/// Empty for what is not `mountinfo`.
pub(crate) fn parse_mounts(text: &[u8]) -> Vec<Mount> {
    text.split(|byte| *byte == b'\n').filter_map(mount).take(MAX_MOUNTS).collect()
}

/// `id parent major:minor root point options [tags…] - type source options`
fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ').skip(2);
    let number = std::str::from_utf8(fields.next()?).ok()?;
    let (major, minor) = number.split_once(':')?;
    let point = path(fields.nth(1)?);
    let mut rest = fields.skip_while(|field| *field != b"-").skip(1);
    let file_system = String::from_utf8_lossy(rest.next()?).into_owned();
    let source = path(rest.next()?);
    Some(Mount { point, number: (major.parse().ok()?, minor.parse().ok()?), file_system, source })
}

/// Spaces, tabs, line ends and backslashes stand as `\ooo`.
fn path(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((byte, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| *byte == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(meant) => {
                bytes.push(meant);
                rest = &after[3..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

/// The mount that holds a path, told from the names alone: a mount that hangs is not touched. Of several at
/// one place the last hides the others.
pub(crate) fn holder<'a>(mounts: &'a [Mount], path: &Path) -> Option<&'a Mount> {
    let above = mounts.iter().enumerate().filter(|(_, mount)| path.starts_with(&mount.point));
    above.max_by_key(|(place, mount)| (mount.point.as_os_str().as_bytes().len(), *place)).map(|(_, mount)| mount)
}

/// What a device did since the machine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Io {
    read_bytes: u64,
    written_bytes: u64,
    busy_ms: u64,
}

/// What a device did between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct IoRate {
    pub(crate) read: Option<f64>,
    pub(crate) written: Option<f64>,
    pub(crate) busy: Option<f64>,
}

/// By name and by number; empty for what is not `diskstats`.
pub(crate) fn parse_io(text: &str) -> BTreeMap<DeviceNumber, (String, Io)> {
    text.lines().filter_map(device).take(MAX_DEVICES).collect()
}

/// `major minor name reads merged sectors ms writes merged sectors ms in-flight ms-busy …`
fn device(line: &str) -> Option<(DeviceNumber, (String, Io))> {
    let fields: Vec<&str> = line.split_ascii_whitespace().take(13).collect();
    let [major, minor, name, _, _, read, _, _, _, written, _, _, busy] = fields[..] else { return None };
    let bytes = |sectors: &str| sectors.parse::<u64>().ok()?.checked_mul(SECTOR_BYTES);
    let io = Io { read_bytes: bytes(read)?, written_bytes: bytes(written)?, busy_ms: busy.parse().ok()? };
    Some(((major.parse().ok()?, minor.parse().ok()?), (name.to_owned(), io)))
}

/// The share of time is of the device as one that does one thing at a time, as `iostat` counts.
pub(crate) fn io_between(before: Io, after: Io, passed: Duration) -> IoRate {
    let passed_ms = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
    IoRate {
        read: rate(before.read_bytes, after.read_bytes, passed),
        written: rate(before.written_bytes, after.written_bytes, passed),
        busy: after.busy_ms.checked_sub(before.busy_ms).and_then(|busy| percent(busy, passed_ms)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
        27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n\
        40 27 8:17 / /media/Foto\\040A\\012<b>\\134 rw - exfat /dev/sdb1 rw\n\
        41 27 0:50 / /mnt/nas rw - nfs4 nas:/photos rw,hard\n\
        42 27 8:33 / /mnt/nas rw - ext4 /dev/sdc1 rw\n\
        nonsense\n43 27 x:y / /z rw - ext4 /dev/z rw\n44 27 8:1 / /half rw\n";

    #[test]
    fn mounts_are_read_with_their_hostile_names() {
        let mounts = parse_mounts(MOUNTS.as_bytes());
        assert_eq!(mounts.len(), 5, "{mounts:?}");
        assert_eq!(mounts[2].point, Path::new("/media/Foto A\n<b>\\"));
        assert_eq!((mounts[2].number, mounts[2].device().as_deref()), ((8, 17), Some("sdb1")));
        assert_eq!((mounts[1].is_local_disk(), mounts[3].is_local_disk(), mounts[3].device()), (true, false, None));
        let bytes = b"1 2 3:4 / /\xff\xfe\\999 rw - ext4 /dev/x rw";
        assert_eq!(parse_mounts(bytes)[0].point.as_os_str().as_bytes(), b"/\xff\xfe\\999");
    }

    #[test]
    fn the_deepest_and_last_mount_holds_a_path() {
        let mounts = parse_mounts(MOUNTS.as_bytes());
        let point = |path: &str| holder(&mounts, Path::new(path)).map(|mount| mount.source.clone());
        assert_eq!(point("/srv/tether"), Some("/dev/vda".into()));
        assert_eq!(point("/mnt/nas/wedding"), Some("/dev/sdc1".into()), "it hides the share below");
        assert_eq!(point("/mnt/nas2"), Some("/dev/vda".into()), "a name that only begins alike");
        assert_eq!(holder(&[], Path::new("/")), None);
    }

    #[test]
    fn what_a_device_did_is_told_by_number() {
        let line = " 254       0 vda 3855630 161858 2000 5378067 5074448 1372244 4000 1952728 0 7000 7714109 679074";
        let before = parse_io(line)[&(254, 0)].clone();
        let after = parse_io(&line.replace(" 2000 ", " 4000 ").replace(" 7000 ", " 8500 "))[&(254, 0)].clone();
        assert_eq!(before.0, "vda");
        let seen = io_between(before.1, after.1, Duration::from_secs(2));
        assert_eq!(seen, IoRate { read: Some(512_000.0), written: Some(0.0), busy: Some(75.0) });
        assert_eq!(io_between(after.1, before.1, Duration::from_secs(2)).read, None, "a device that came anew");
        assert_eq!(parse_io("1 2 three\n 8 0 sda a b c d e f g h i j\n"), BTreeMap::new());
    }
}
