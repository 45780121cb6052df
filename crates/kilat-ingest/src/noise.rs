//! Which names are photos and which are the noise of other programs.
//!
//! By name alone; whether the content is whole is asked later. A name that is not understood is
//! noise here, so the list of photo kinds in `kilat_core` decides.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kilat_core::PhotoKind;

/// Folders that network storage, desktops and Kilat itself make beside photos.
const NOISE_FOLDERS: [&str; 7] =
    ["@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found", "__macosx", "@recycle"];

/// The kind of a photo's file name; none for noise: hidden and temporary files, AppleDouble
/// halves, and everything that is no photo.
pub(crate) fn kind_of(path: &Path) -> Option<PhotoKind> {
    let name = path.file_name()?;
    if is_hidden(name) || name.as_bytes().starts_with(b"~") {
        return None;
    }
    PhotoKind::of_path(path)
}

/// Whether a folder of this name is never entered.
pub(crate) fn is_noise_folder(name: &OsStr) -> bool {
    is_hidden(name) || name.to_str().is_some_and(|name| NOISE_FOLDERS.contains(&name.to_lowercase().as_str()))
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_and_hidden_names_are_no_photos() {
        for name in
            ["._DSC_1.JPG", ".DSC_1.JPG.Ab3xYz", "DSC_1.JPG.part", "DSC_1.jpg.tmp", "~DSC_1.JPG", "a.txt", "JPG"]
        {
            assert_eq!(kind_of(Path::new(name)), None, "{name}");
        }
        for name in ["DSC_1.JPG", "a b.CR3", "x.part.jpg", "img.HEIC", "clip.MOV", "DSC_1.xmp"] {
            assert!(kind_of(Path::new(name)).is_some(), "{name}");
        }
    }

    #[test]
    fn folders_of_storage_boxes_are_not_entered() {
        for name in ["@eaDir", "#recycle", "$RECYCLE.BIN", ".Trashes", "lost+found", ".kilat-parts"] {
            assert!(is_noise_folder(OsStr::new(name)), "{name}");
        }
        assert!(!is_noise_folder(OsStr::new("100NCZ_9")));
    }
}
