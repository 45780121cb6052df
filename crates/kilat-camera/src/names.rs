//! Names that devices give themselves, made fit for people and for ids. Whoever made the device chose them: they may
//! hold anything.

use kilat_core::CameraId;

/// Longest name shown, in characters: the longest real one has 30.
const MAX_NAME_CHARS: usize = 48;
/// Longest id that is made here; with what tells two of one name apart it stays below the 64 that ids may have.
const MAX_SLUG_BYTES: usize = 44;

/// A name without what moves a cursor, turns text around or hides; none when nothing is left.
pub(crate) fn clean(name: &str) -> Option<String> {
    let kept =
        name.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control() && !is_unseen(*c));
    let text: String = kept.take(4 * MAX_NAME_CHARS).collect();
    let words = text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let short: String = words.chars().take(MAX_NAME_CHARS).collect();
    let short = short.trim_end();
    (!short.is_empty()).then(|| short.to_owned())
}

/// Marks of direction, joiners, fillers and private characters.
fn is_unseen(c: char) -> bool {
    matches!(u32::from(c), 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xe000..=0xf8ff
        | 0xfe00..=0xfe0f | 0xfeff | 0xfff0..=0xffff | 0xe_0000..)
}

/// Lower-case letters, digits and single dashes out of several names.
pub(crate) fn slug(parts: &[&str]) -> String {
    let mut slug = String::new();
    for c in parts.join("-").chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(MAX_SLUG_BYTES);
    slug.trim_end_matches('-').to_owned()
}

/// The slug as an id; `fallback` and a number that follows from the names stand in where no letter is left.
pub(crate) fn camera_id(parts: &[&str], fallback: &str) -> CameraId {
    let whole = parts.join("-");
    let mut text = slug(parts);
    let is_lossy = whole.chars().filter(|c| c.is_alphanumeric()).count() > text.chars().filter(|c| *c != '-').count();
    if is_lossy {
        text = format!("{}-{:08x}", if text.is_empty() { fallback } else { text.as_str() }, fingerprint(&whole));
    }
    if text.is_empty() {
        fallback.clone_into(&mut text);
    }
    #[expect(clippy::expect_used, reason = "a slug and a fallback are letters, digits and dashes, below the limit")]
    text.parse().expect("a slug is an id")
}

/// FNV-1a: the same on every machine and in every version, unlike the standard library's.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_devices_are_shown_without_what_hides_in_them() {
        assert_eq!(clean("  NIKON \t Z 9\n").as_deref(), Some("NIKON Z 9"));
        assert_eq!(clean("\u{202e}9 Z\u{1b}[31m\u{0}").as_deref(), Some("9 Z[31m"));
        assert_eq!(clean(" \u{200b}\u{feff} "), None);
        assert_eq!(clean(&"x".repeat(10_000)).map(|name| name.len()), Some(MAX_NAME_CHARS));
    }

    #[test]
    fn ids_are_stable_and_names_without_latin_letters_have_one_too() {
        let id = |parts: &[&str]| camera_id(parts, "camera").to_string();
        assert_eq!(id(&["NIKON Z 9", "3012345"]), "nikon-z-9-3012345");
        assert_eq!(id(&["Canon EOS R5", "at 1-2.3"]), "canon-eos-r5-at-1-2-3");
        assert_eq!(id(&["カメラ"]), "camera-07441f13");
        assert_ne!(id(&["カメラ 1"]), id(&["カメラ 2"]));
        assert_eq!(id(&[""]), "camera");
        // Two long serial numbers that only differ at their ends.
        let long = |end: &str| id(&["CANON EOS-1D X Mark III", &format!("{}{end}", "7".repeat(40))]);
        assert_ne!(long("1"), long("2"));
        assert!(long("1").len() <= 64);
    }
}
