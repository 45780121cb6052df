//! Folder names for a photo: `<event>/<date>/<camera>`, as a person would file it.
//!
//! The names are made safe by the journal, which makes the key; here they only need to be told
//! apart by a person.

use std::fs::Metadata as FileMetadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use kilat_core::{Camera, Event, Millis, PhotoKind, today};
use kilat_media::metadata::{self, Metadata};

use crate::hot_folder::open_photo;

/// Where files without a camera's name go.
const NO_CAMERA: &str = "Other";
/// Digits of a serial number that tell two bodies of one model apart.
const SERIAL_DIGITS: usize = 4;
/// Photos that a sidecar may belong to, by how likely they stand beside it.
const BESIDE_SIDECAR: [&str; 14] =
    ["NEF", "nef", "CR3", "cr3", "ARW", "arw", "RAF", "raf", "CR2", "cr2", "DNG", "dng", "JPG", "jpg"];

/// The event's folder.
pub(super) fn event_folder(event: &Event) -> String {
    format!("{} {}", event.date, event.name)
}

/// The folders below it: the day it was taken by the camera's clock, else the day the file was written; the camera.
pub(crate) fn folders(about: &Metadata, file: &FileMetadata) -> Vec<String> {
    let written = Millis(file.mtime().saturating_mul(1_000));
    let date = about.taken.map_or_else(|| today(written), |taken| taken.civil.date());
    vec![date.to_string(), about.camera().as_ref().map_or_else(|| NO_CAMERA.to_owned(), camera_folder)]
}

/// `NIKON Z 9 4711`: the model, with the maker where the model does not name it, and the serial's end.
fn camera_folder(camera: &Camera) -> String {
    let maker = camera.make.split_whitespace().next().unwrap_or_default();
    let model = if camera.model.to_lowercase().contains(&maker.to_lowercase()) {
        camera.model.clone()
    } else {
        format!("{maker} {}", camera.model)
    };
    let Some(serial) = camera.serial.as_deref().filter(|serial| !serial.is_empty()) else { return model };
    let skip = serial.chars().count().saturating_sub(SERIAL_DIGITS);
    format!("{model} {}", serial.chars().skip(skip).collect::<String>())
}

/// What the photo beside a sidecar tells, so that both go into one folder.
pub(crate) fn beside(path: &Path, kind: PhotoKind, about: Metadata) -> Metadata {
    let is_sidecar = match kind {
        PhotoKind::Sidecar => true,
        PhotoKind::Jpeg | PhotoKind::Heic | PhotoKind::Raw | PhotoKind::Video => false,
    };
    if !is_sidecar || about.camera().is_some() {
        return about;
    }
    // Both "DSC_1.xmp" and "DSC_1.NEF.xmp" are in use.
    let stem = path.with_extension("");
    let named = BESIDE_SIDECAR.iter().map(|ext| path.with_extension(ext)).chain([stem]);
    for photo in named {
        let Ok(file) = open_photo(&photo) else { continue };
        let Ok(meta) = file.metadata() else { continue };
        let told = metadata::read(&file, meta.len());
        if told.camera().is_some() {
            return Metadata { orientation: None, pixels: None, ..told };
        }
    }
    about
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(make: &str, model: &str, serial: Option<&str>) -> String {
        camera_folder(&Camera { make: make.to_owned(), model: model.to_owned(), serial: serial.map(str::to_owned) })
    }

    #[test]
    fn a_camera_folder_names_the_body_as_people_do() {
        assert_eq!(camera("NIKON CORPORATION", "NIKON Z 9", Some("3004711")), "NIKON Z 9 4711");
        assert_eq!(camera("SONY", "ILCE-7M4", None), "SONY ILCE-7M4");
        assert_eq!(camera("Canon", "Canon EOS R5", Some("")), "Canon EOS R5");
    }
}
