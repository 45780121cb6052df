//! What is mounted where, as the system lists it.
//!
//! A folder belongs to the mount with the longest point above it; of two on one point, to the later one.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Where Linux lists what this process sees mounted.
const LIST: &str = "/proc/self/mountinfo";

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mounted {
    /// Where.
    pub point: PathBuf,
    /// Number of its device, `major:minor`; major 0 where no device is behind it.
    pub device: String,
    /// Kind of file system.
    pub kind: String,
    /// What was mounted: a device, a server's folder.
    pub source: PathBuf,
}

/// What the folder at `path`, or the nearest one above it that exists, is on; none where the system does not say.
///
/// # Errors
/// When the folder or the list cannot be read.
pub fn mounted_at(path: &Path) -> io::Result<Option<Mounted>> {
    let mut path = path;
    let real = loop {
        match (fs::canonicalize(path), path.parent()) {
            (Err(error), Some(above)) if error.kind() == io::ErrorKind::NotFound => path = above,
            (real, _) => break real?,
        }
    };
    match fs::read(LIST) {
        Ok(list) => Ok(find(&list, &real)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn find(list: &[u8], path: &Path) -> Option<Mounted> {
    let lines = list.split(|byte| *byte == b'\n').filter_map(parse);
    // The last of equals, as `max_by_key` answers.
    lines.filter(|mounted| path.starts_with(&mounted.point)).max_by_key(|mounted| mounted.point.components().count())
}

/// `36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw`
fn parse(line: &[u8]) -> Option<Mounted> {
    let mut fields = line.split(|byte| *byte == b' ');
    let device = String::from_utf8(fields.nth(2)?.to_vec()).ok()?;
    let point = PathBuf::from(plain(fields.nth(1)?));
    let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
    let kind = String::from_utf8(fields.next()?.to_vec()).ok()?;
    Some(Mounted { point, device, kind, source: PathBuf::from(plain(fields.next()?)) })
}

/// A field as it was before blanks and the like became `\040`.
fn plain(field: &[u8]) -> OsString {
    let mut text = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..3).filter(|_| *first == b'\\');
        let byte = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        text.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[3..] } else { after };
    }
    OsString::from_vec(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = b"\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
40 27 8:1 / /media/one rw shared:3 - ext4 /dev/sda1 rw\n\
41 27 8:17 / /media/one/two rw - exfat /dev/sdb1 rw\n\
42 27 0:50 / /media/My\\040disk rw - cifs //nas/photos rw\n\
43 40 8:33 / /media/one rw - xfs /dev/sdc1 rw\n";

    fn on(path: &str) -> String {
        find(LIST, Path::new(path)).map(|mounted| mounted.device).unwrap_or_default()
    }

    #[test]
    fn a_folder_is_on_the_nearest_mount_above_it_and_on_the_later_of_two() {
        assert_eq!(on("/srv/photos"), "254:0");
        assert_eq!(on("/media/one/photos"), "8:33");
        assert_eq!(on("/media/one/two/photos"), "8:17");
        assert_eq!(on("/media/one-more"), "254:0");
        let share = find(LIST, Path::new("/media/My disk/a")).expect("listed");
        assert_eq!((share.kind.as_str(), share.source.as_path()), ("cifs", Path::new("//nas/photos")));
    }

    #[test]
    fn the_systems_own_list_is_understood() {
        let home = tempfile::tempdir().expect("a folder");
        let mounted = mounted_at(&home.path().join("not/there/yet")).expect("read").expect("listed");
        assert!(home.path().canonicalize().expect("real").starts_with(&mounted.point), "{mounted:?}");
    }
}
