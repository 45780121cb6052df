//! Paths that stand in manifests: relative, below the folder that the manifest describes, whoever wrote it.

use std::fmt;

use kilat_core::ObjectKey;

/// Longest path, in bytes: what Linux takes.
const MAX_PATH_BYTES: usize = 4_095;
/// Longest segment, in bytes: what file systems take.
const MAX_SEGMENT_BYTES: usize = 255;

/// Why a text is no path of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is not below the folder.
    #[error("it leads out of the folder")]
    Outside,
    /// Nothing, or an empty segment.
    #[error("a part of it is empty")]
    Empty,
    /// Longer than any file system takes.
    #[error("it is too long")]
    TooLong,
    /// Control characters.
    #[error("it has control characters")]
    Control,
}

/// A path below a folder: `/`-separated, none of its segments empty, `.` or `..`, no control characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Box<str>);

impl RelPath {
    /// The path of an object below a folder; none when it is not below it.
    #[must_use]
    pub fn of_key(folder: &ObjectKey, key: &ObjectKey) -> Option<Self> {
        let rest = key.as_str().strip_prefix(folder.as_str())?.strip_prefix('/')?;
        rest.parse().ok()
    }

    /// The object's key; none where no storage could hold the name.
    #[must_use]
    pub fn key_below(&self, folder: &ObjectKey) -> Option<ObjectKey> {
        folder.below(&self.0)
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments, outermost first.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The last segment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl std::str::FromStr for RelPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong);
        }
        if text.starts_with('/') || text.split('/').any(|segment| segment == "." || segment == "..") {
            return Err(PathError::Outside);
        }
        if text.split('/').any(str::is_empty) {
            return Err(PathError::Empty);
        }
        if text.split('/').any(|segment| segment.len() > MAX_SEGMENT_BYTES) {
            return Err(PathError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PathError::Control);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_its_folder() {
        for (text, why) in [
            ("../x", PathError::Outside),
            ("a/../../x", PathError::Outside),
            ("/etc/passwd", PathError::Outside),
            ("a/./b", PathError::Outside),
            ("", PathError::Empty),
            ("a//b", PathError::Empty),
            ("a/", PathError::Empty),
            ("a\0b", PathError::Control),
            ("a\u{1b}[2J", PathError::Control),
        ] {
            assert_eq!(text.parse::<RelPath>(), Err(why), "{text:?}");
        }
        assert_eq!("a/".repeat(3_000).parse::<RelPath>(), Err(PathError::TooLong));
        assert_eq!("a".repeat(256).parse::<RelPath>(), Err(PathError::TooLong));
        assert!("2026-11-21/NIKON Z 9/..DSC <é>.JPG".parse::<RelPath>().is_ok());
    }

    #[test]
    fn a_key_is_the_same_place_as_its_path_below_the_folder() {
        let folder = ObjectKey::from_names(["2026-11-21 Ayu & Bima"]);
        let key = ObjectKey::from_names(["2026-11-21 Ayu & Bima", "Z 9", "DSC_0001.JPG"]);
        let path = RelPath::of_key(&folder, &key).expect("below");
        assert_eq!(path.as_str(), "Z 9/DSC_0001.JPG");
        assert_eq!(path.key_below(&folder), Some(key));
        assert_eq!(RelPath::of_key(&folder, &ObjectKey::from_names(["2026-11-21 Ayu & Bima 2", "x"])), None);
    }
}
