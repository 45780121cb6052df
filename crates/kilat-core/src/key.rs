//! Names in storage: a checked relative path that every destination can hold and every person can read.
//!
//! Camera and folder names are hostile: they may hold separators, control characters, device names
//! of other systems or bytes that are no UTF-8. What reaches storage has passed here; the original
//! name is kept as data beside it.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Longest segment, in bytes: ext4, APFS and NTFS hold 255; the rest is room for ` (2)` and `.part`.
const MAX_SEGMENT_BYTES: usize = 180;
/// Longest key, in bytes: below S3's 1,024.
const MAX_KEY_BYTES: usize = 900;

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing, or an empty segment.
    #[error("the key {0:?} has an empty part")]
    Empty(String),
    /// A segment that is not as [`safe_segment`] would write it.
    #[error("the key {0:?} has a part that storage cannot hold")]
    Unsafe(String),
    /// Too long for S3.
    #[error("the key is longer than {MAX_KEY_BYTES} bytes")]
    TooLong,
}

/// A path inside a destination: `/`-separated safe segments, relative, in NFC.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Joins names of any origin, each made safe.
    #[must_use]
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let segments: Vec<String> = names.into_iter().map(safe_segment).collect();
        Self(segments.join("/"))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands below it under `name`; none for a name that no key has.
    #[must_use]
    pub fn below(&self, name: &str) -> Option<Self> {
        format!("{}/{name}", self.0).try_into().ok()
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

    /// The same place under another last name: `DSC_0001.JPG` as the 2nd becomes `DSC_0001 (2).JPG`.
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        let (dir, name) = match self.0.rsplit_once('/') {
            Some((dir, name)) => (Some(dir), name),
            None => (None, self.0.as_str()),
        };
        let name = match name.rsplit_once('.') {
            Some((stem, ext)) if !stem.is_empty() => format!("{stem} ({n}).{ext}"),
            _ => format!("{name} ({n})"),
        };
        Self(dir.map_or_else(|| name.clone(), |dir| format!("{dir}/{name}")))
    }

    /// The form under which two keys are the same file on a system that folds case.
    #[must_use]
    pub fn folded(&self) -> String {
        fold_name(&self.0)
    }
}

impl TryFrom<String> for ObjectKey {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        if text.len() > MAX_KEY_BYTES {
            return Err(KeyError::TooLong);
        }
        if text.split('/').any(str::is_empty) {
            return Err(KeyError::Empty(text));
        }
        if text.split('/').any(|segment| safe_segment(segment) != segment) {
            return Err(KeyError::Unsafe(text));
        }
        Ok(Self(text))
    }
}

impl From<ObjectKey> for String {
    fn from(key: ObjectKey) -> String {
        key.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// NFC and lower case: two names that fold alike are one file on macOS and Windows.
#[must_use]
pub fn fold_name(name: &str) -> String {
    // What cameras write; an account folds tens of thousands.
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// One path segment from a name of any origin: NFC, without separators, control and format
/// characters, characters and names that Windows refuses, or a leading dot; never empty.
#[must_use]
pub fn safe_segment(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for c in name.nfc() {
        let c = match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{fffd}' => '_',
            c if c.is_control() || is_invisible(c) => '_',
            c => c,
        };
        safe.push(c);
    }
    let trimmed = trim_end(safe.trim_start());
    let mut safe = trimmed.strip_prefix('.').map_or_else(|| trimmed.to_owned(), |rest| format!("_{rest}"));
    if safe.is_empty() {
        safe.push('_');
    }
    // Cut first: what is left may be a device's name; and again, for the mark before that.
    let mut safe = shorten(safe);
    if is_device_name(&safe) {
        safe.insert(0, '_');
    }
    shorten(safe)
}

/// Dots and spaces of every kind, in whatever order: Windows drops them, people do not see them.
fn trim_end(name: &str) -> &str {
    name.trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// Characters that show nothing and turn text around: they hide what a file is called.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn is_device_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

/// Cuts a long name in the middle so that its extension stays.
fn shorten(name: String) -> String {
    if name.len() <= MAX_SEGMENT_BYTES {
        return name;
    }
    let ext = name.rsplit_once('.').map(|(_, ext)| ext).filter(|ext| ext.len() <= 16);
    let ext = ext.map(|ext| format!(".{ext}")).unwrap_or_default();
    let mut end = MAX_SEGMENT_BYTES - ext.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ext}", trim_end(&name[..end]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_name_becomes_a_segment_that_stays_as_it_is(name in any::<String>()) {
            let once = safe_segment(&name);
            prop_assert_eq!(&safe_segment(&once), &once);
            prop_assert!(!once.contains(['/', '\\', '\0', '\n']));
            prop_assert!(once != ".." && once != "." && !once.is_empty());
            prop_assert!(once.len() <= MAX_SEGMENT_BYTES + 1);
        }

        #[test]
        fn a_key_of_any_names_is_a_key(names in proptest::collection::vec(any::<String>(), 1..4)) {
            let key = ObjectKey::from_names(names.iter().map(String::as_str));
            prop_assert_eq!(ObjectKey::try_from(String::from(key.clone())), Ok(key));
        }
    }

    /// Found by fuzzing: each became a key that could not be read back.
    #[test]
    fn what_is_hidden_behind_the_end_of_a_name_goes_with_it() {
        let cut_to_a_device = format!("CON{}x", " ".repeat(300));
        for (name, safe) in [("@_ \u{a0}.", "@_"), ("a\u{2003}. .", "a"), (&cut_to_a_device, "_CON")] {
            assert_eq!(safe_segment(name), safe);
            let key = ObjectKey::from_names([name]);
            assert_eq!(ObjectKey::try_from(String::from(key.clone())), Ok(key));
        }
    }

    #[test]
    fn a_name_cannot_leave_its_folder() {
        assert_eq!(ObjectKey::from_names(["..", "../x", "a\nb<i>.jpg"]).as_str(), "_/_._x/a_b_i_.jpg");
        assert!(ObjectKey::try_from("../x".to_owned()).is_err());
        assert!(ObjectKey::try_from("/x".to_owned()).is_err());
    }

    #[test]
    fn a_second_file_of_one_name_is_numbered_before_its_extension() {
        let key = ObjectKey::from_names(["Event", "DSC_0001.JPG"]);
        assert_eq!(key.numbered(2).as_str(), "Event/DSC_0001 (2).JPG");
    }
}
