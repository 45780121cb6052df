//! Which card it is: by the serial number that formatting gave its file system, else by its label, its size and the
//! first folder that a camera made.

use std::fs;
use std::path::Path;

use kilat_core::Mount;

use super::find::Places;
use crate::names::clean;

/// Folders of `DCIM` looked through for the first one.
const MAX_FOLDERS: usize = 1_000;
/// How cameras of each maker name the folders that they make: behind three digits.
const MAKERS: [(&str, &str); 16] = [
    ("NC", "Nikon"),
    ("ND", "Nikon"),
    ("NZ", "Nikon"),
    ("NIKON", "Nikon"),
    ("CANON", "Canon"),
    ("EOS", "Canon"),
    ("MSDCF", "Sony"),
    ("_FUJI", "Fujifilm"),
    ("FUJI", "Fujifilm"),
    ("_PANA", "Panasonic"),
    ("OLYMP", "Olympus"),
    ("OMSYS", "OM System"),
    ("LEICA", "Leica"),
    ("RICOH", "Ricoh"),
    ("PENTX", "Pentax"),
    ("GOPRO", "GoPro"),
];

/// What tells a card from others.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    /// The same for the same card.
    pub(super) key: String,
    /// As it was named when it was formatted.
    pub(super) label: Option<String>,
    /// Whose camera made its first folder.
    pub(super) maker: Option<&'static str>,
}

pub(super) fn of(mount: &Mount, places: &Places) -> Identity {
    let named = |folder: &str| {
        let device = mount.device().map(|name| places.dev.join(name))?;
        link_to(&places.dev.join("disk").join(folder), &device)
    };
    let label = named("by-label").as_deref().map(unescaped).and_then(|label| clean(&label));
    let first = first_folder(&mount.point);
    let maker = first.as_deref().and_then(maker);
    let key = named("by-uuid").unwrap_or_else(|| {
        let folder = mount.point.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = label.clone().or(folder).unwrap_or_default();
        let size = rustix::fs::statvfs(&mount.point).map_or(0, |stat| stat.f_blocks.saturating_mul(stat.f_frsize));
        format!("{name} {size:x} {}", first.as_deref().unwrap_or("empty"))
    });
    Identity { key, label, maker }
}

/// The link in this folder that leads to the device.
fn link_to(folder: &Path, device: &Path) -> Option<String> {
    let device = device.canonicalize().ok()?;
    let mut links = fs::read_dir(folder).ok()?.flatten();
    let link = links.find(|link| link.path().canonicalize().is_ok_and(|target| target == device))?;
    Some(link.file_name().to_string_lossy().into_owned())
}

/// udev writes a space as `\x20`.
fn unescaped(label: &str) -> String {
    let mut parts = label.split("\\x");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(u8::is_ascii);
        match byte {
            Some(byte) => {
                text.push(char::from(byte));
                text.push_str(&part[2..]);
            }
            None => {
                text.push_str("\\x");
                text.push_str(part);
            }
        }
    }
    text
}

/// The first folder of `DCIM` by name.
fn first_folder(root: &Path) -> Option<String> {
    let entries = fs::read_dir(root.join("DCIM")).ok()?.flatten().take(MAX_FOLDERS);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).filter(|name| !name.starts_with('.')).min()
}

/// `100NCZ_9` was made by a Nikon.
fn maker(folder: &str) -> Option<&'static str> {
    let behind = folder.get(3..)?.to_ascii_uppercase();
    let is_numbered = folder.bytes().take(3).all(|byte| byte.is_ascii_digit());
    MAKERS.iter().find(|(begin, _)| is_numbered && behind.starts_with(begin)).map(|(_, maker)| *maker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_say_whose_camera_made_them() {
        let made = ["100NCZ_9", "101CANON", "100EOS5D", "102MSDCF", "100_FUJI", "holiday", "1ö0NIKON"].map(maker);
        assert_eq!(made, [Some("Nikon"), Some("Canon"), Some("Canon"), Some("Sony"), Some("Fujifilm"), None, None]);
    }

    #[test]
    fn labels_are_read_as_they_were_given() {
        assert_eq!(unescaped(r"NIKON\x20Z\x209"), "NIKON Z 9");
        assert_eq!(unescaped(r"\xzz\x"), r"\xzz\x");
        assert_eq!(unescaped(r"\xff"), r"\xff");
    }
}
