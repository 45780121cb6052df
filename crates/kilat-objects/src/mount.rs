//! What a folder is on.

use std::path::Path;
use std::{fs, io};

use kilat_core::{Mount, holder, parse_mounts};

/// Where Linux lists what this process sees mounted.
const LIST: &str = "/proc/self/mountinfo";

/// What the folder at `path`, or the nearest one above it that exists, is on; none where the system does not say.
///
/// # Errors
/// When the folder or the list cannot be read.
pub fn mounted_at(path: &Path) -> io::Result<Option<Mount>> {
    let mut path = path;
    let real = loop {
        match (fs::canonicalize(path), path.parent()) {
            (Err(error), Some(above)) if error.kind() == io::ErrorKind::NotFound => path = above,
            (real, _) => break real?,
        }
    };
    match fs::read(LIST) {
        Ok(list) => Ok(holder(&parse_mounts(&list), &real).cloned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_is_on_what_the_one_above_it_is_on() {
        let home = tempfile::tempdir().expect("a folder");
        let mount = mounted_at(&home.path().join("not/there/yet")).expect("read").expect("listed");
        assert!(home.path().canonicalize().expect("real").starts_with(&mount.point), "{mount:?}");
        assert_eq!(mounted_at(home.path()).expect("read"), Some(mount));
    }
}
