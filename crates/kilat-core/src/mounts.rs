//! What is mounted where, as Linux lists it in `/proc/self/mountinfo`. Parsing only: nothing is read here.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Mounts read: a machine full of containers has thousands.
const MAX_MOUNTS: usize = 4_096;

/// A device's number.
pub type DeviceNumber = (u32, u32);

/// Something mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where.
    pub point: PathBuf,
    /// Its device; of major number 0 where no single device is behind it.
    pub number: DeviceNumber,
    /// What kind of file system it is.
    pub file_system: String,
    /// For example `/dev/sda1`; other things that are no devices too.
    pub source: PathBuf,
}

impl Mount {
    /// Whether a local device holds it: the only mounts that are looked at though Kilat does not use them.
    #[must_use]
    pub fn is_local_disk(&self) -> bool {
        self.source.starts_with("/dev") && self.file_system != "squashfs" && self.file_system != "devtmpfs"
    }

    /// Its device's name, for example `sda1`.
    #[must_use]
    pub fn device(&self) -> Option<String> {
        let name = self.source.strip_prefix("/dev").ok()?;
        (!name.as_os_str().is_empty()).then(|| name.to_string_lossy().into_owned())
    }
}

/// Empty for what is not `mountinfo`.
pub fn parse_mounts(text: &[u8]) -> Vec<Mount> {
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
#[must_use]
pub fn holder<'a>(mounts: &'a [Mount], path: &Path) -> Option<&'a Mount> {
    let above = mounts.iter().enumerate().filter(|(_, mount)| path.starts_with(&mount.point));
    above.max_by_key(|(place, mount)| (mount.point.as_os_str().as_bytes().len(), *place)).map(|(_, mount)| mount)
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
}
