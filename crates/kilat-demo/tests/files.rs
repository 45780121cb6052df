//! What the virtual camera writes is what a camera would write.

use std::io::Write;
use std::path::Path;

use kilat_core::PhotoKind;
use kilat_demo::{Body, Darkroom, Frame, jpeg, mov, raw, xmp};
use kilat_media::metadata;
use kilat_media::preview::{self, Limits};
use kilat_media::structure::{Completeness, completeness};

fn frame(number: u64, size_bytes: Option<usize>) -> Frame {
    let taken = jiff::civil::date(2026, 11, 21).at(16, 4, 5, 250_000_000);
    Frame { body: Body::A, number, taken, orientation: 6, size_bytes }
}

fn shape(bytes: &[u8], name: &str) -> Completeness {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    let path = Path::new(name);
    completeness(&file, bytes.len() as u64, PhotoKind::of_path(path).expect("a photo"), path).expect("read")
}

fn files(size_bytes: Option<usize>) -> [(&'static str, Vec<u8>); 4] {
    let darkroom = Darkroom::with(1, 1).expect("pictures");
    let frame = frame(3, size_bytes);
    [
        ("a.JPG", jpeg(&darkroom, &frame)),
        ("a.NEF", raw(&darkroom, &frame)),
        ("a.xmp", xmp(&frame)),
        ("a.MOV", mov(&frame)),
    ]
}

#[test]
fn every_file_is_whole_at_any_length_and_cut_off_at_its_half() {
    for size in [None, Some(9_000_000)] {
        for (name, bytes) in files(size) {
            assert_eq!(shape(&bytes, name), Completeness::Whole, "{name} of {}", bytes.len());
            let half = shape(&bytes[..bytes.len() / 2], name);
            assert!(matches!(half, Completeness::CutOff(_)), "the half of {name} is {half:?}");
        }
    }
}

#[test]
fn a_frame_tells_its_camera_and_its_time() {
    for (name, bytes) in files(Some(2_000_000)).into_iter().take(2) {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&bytes).expect("written");
        let about = metadata::read(&file, bytes.len() as u64);
        assert_eq!(about.serial.as_deref(), Some("3004711"), "{name}");
        assert_eq!(about.model.as_deref(), Some("NIKON Z 9"), "{name}");
        let taken = about.taken.expect("a time");
        assert_eq!(
            (taken.civil.to_string().as_str(), taken.offset_minutes),
            ("2026-11-21T16:04:05.25", Some(420)),
            "{name}"
        );
        assert_eq!(about.orientation, Some(6), "{name}");
    }
}

#[test]
fn jpeg_and_raw_show_a_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files(Some(2_000_000)).into_iter().take(2) {
        let photo = folder.path().join(name);
        std::fs::write(&photo, bytes).expect("written");
        preview::make(&photo, 1, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn two_frames_never_have_one_content() {
    let darkroom = Darkroom::with(1, 1).expect("pictures");
    assert_ne!(jpeg(&darkroom, &frame(1, None)), jpeg(&darkroom, &frame(2, None)));
}
