use std::io::Write;

use proptest::prelude::*;
use tempfile::NamedTempFile;
use zune_core::bytestream::ZCursor;
use zune_jpeg::JpegDecoder;

use super::*;
use crate::samples;

fn shown(bytes: &[u8], orientation: u8) -> Result<Preview, PreviewError> {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    make(file.path(), orientation, &Limits::default())
}

/// Whether the pixel in a corner of the preview is red, as the left half of every sample is.
fn is_red(preview: &Preview, right: bool, bottom: bool) -> bool {
    let mut decoder = JpegDecoder::new(ZCursor::new(preview.jpeg.as_slice()));
    let rgb = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    assert_eq!((u32::from(info.width), u32::from(info.height)), (preview.width, preview.height));
    let x = if right { preview.width as usize - 3 } else { 2 };
    let y = if bottom { preview.height as usize - 3 } else { 2 };
    let at = (y * preview.width as usize + x) * 3;
    rgb[at] > rgb[at + 2]
}

#[test]
fn a_large_photo_becomes_a_small_one_with_its_proportions() {
    let preview = shown(&samples::jpeg(2100, 1400), 1).unwrap();
    assert_eq!((preview.width, preview.height), (2048, 1366));
    assert!(is_red(&preview, false, false) && !is_red(&preview, true, false));
}

#[test]
fn every_orientation_stands_upright() {
    // Which corners show the photo's red left half: top left, top right, bottom left.
    let corners = [
        (1, [true, false, true]),
        (2, [false, true, false]),
        (3, [false, true, false]),
        (4, [true, false, true]),
        (5, [true, true, false]),
        (6, [true, true, false]),
        (7, [false, false, true]),
        (8, [false, false, true]),
    ];
    for (orientation, expected) in corners {
        let preview = shown(&samples::picture(64, 48), orientation).unwrap();
        let size = if orientation < 5 { (64, 48) } else { (48, 64) };
        assert_eq!((preview.width, preview.height), size, "orientation {orientation}");
        let found =
            [(false, false), (true, false), (false, true)].map(|(right, bottom)| is_red(&preview, right, bottom));
        assert_eq!(found, expected, "orientation {orientation}");
    }
}

#[test]
fn mirrored_orientations_are_not_only_turned() {
    // Red left half, and a white bar along the top of both halves.
    let mut rgb = vec![0; 64 * 48 * 3];
    for (index, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        pixel.copy_from_slice(match (index / 64 < 16, index % 64 < 32) {
            (true, _) => &[255; 3],
            (false, true) => &[230, 0, 0],
            (false, false) => &[0, 0, 230],
        });
    }
    let mut jpeg = Vec::new();
    jpeg_encoder::Encoder::new(&mut jpeg, 95).encode(&rgb, 64, 48, jpeg_encoder::ColorType::Rgb).unwrap();
    // Where the bar is after turning: its middle, and the middle of the red half's end.
    let bars = [
        (1, (32, 4)),
        (2, (32, 4)),
        (3, (32, 44)),
        (4, (32, 44)),
        (5, (4, 32)),
        (6, (44, 32)),
        (7, (44, 32)),
        (8, (4, 32)),
    ];
    for (orientation, (x, y)) in bars {
        let preview = shown(&jpeg, orientation).unwrap();
        let pixels = JpegDecoder::new(ZCursor::new(preview.jpeg.as_slice())).decode().unwrap();
        let at = (y * preview.width as usize + x) * 3;
        assert!(pixels[at..at + 3].iter().all(|colour| *colour > 200), "orientation {orientation}");
    }
}

#[test]
fn nothing_that_a_camera_wrote_about_the_photo_leaves_with_it() {
    let preview = shown(&samples::jpeg(64, 48), 1).unwrap();
    for secret in [b"Exif".as_slice(), b"3001234", b"NIKON", b"2024"] {
        assert!(!preview.jpeg.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn a_raw_shows_the_jpeg_that_the_camera_put_inside() {
    let inside = samples::picture(1620, 1080);
    for raw in [samples::nef(inside.clone()), samples::cr3(&inside)] {
        let preview = shown(&raw, 8).unwrap();
        assert_eq!((preview.width, preview.height), (1080, 1620));
    }
    for raw in [samples::raf(), samples::rw2(), samples::heic()] {
        let preview = shown(&raw, 1).unwrap();
        assert_eq!((preview.width, preview.height), (64, 48));
    }
}

#[test]
fn the_cameras_own_preview_spares_decoding_the_photo() {
    let preview = shown(&samples::jpeg_with_preview((2100, 1400), (1620, 1080)), 1).unwrap();
    assert_eq!((preview.width, preview.height), (1620, 1080));
    // Framed in black to other proportions: not the photo.
    let preview = shown(&samples::jpeg_with_preview((2100, 1400), (1620, 1215)), 1).unwrap();
    assert_eq!((preview.width, preview.height), (2048, 1366));
}

#[test]
fn a_thumbnail_is_better_than_nothing() {
    let mut jpeg = samples::jpeg(64, 48);
    // Not a kind of JPEG that exists.
    let frame = jpeg.windows(4).rposition(|window| window == [0xff, 0xc0, 0, 17]).unwrap();
    jpeg[frame + 4] = 77;
    let preview = shown(&jpeg, 1).unwrap();
    assert_eq!((preview.width, preview.height), (16, 8));
}

#[test]
fn what_has_no_picture_says_so() {
    for bytes in [samples::mp4(), samples::xmp(), b"some format of the year 2040".to_vec(), Vec::new()] {
        assert!(matches!(shown(&bytes, 1), Err(PreviewError::NoPreview)));
    }
}

#[test]
fn a_picture_beyond_the_limits_is_not_decoded() {
    let mut file = NamedTempFile::new().unwrap();
    let mut jpeg = samples::picture(64, 48);
    let frame = jpeg.windows(4).position(|window| window == [0xff, 0xc0, 0, 17]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    file.write_all(&jpeg).unwrap();
    let error = make(file.path(), 1, &Limits::default()).unwrap_err();
    assert!(matches!(error, PreviewError::TooLarge { .. }), "{error:?}");
}

#[test]
fn every_limit_holds() {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(&samples::picture(64, 48)).unwrap();
    for limits in [
        Limits { max_pixels: 3000, ..Limits::default() },
        Limits { max_source_bytes: 100, ..Limits::default() },
        Limits { max_memory_bytes: 9000, ..Limits::default() },
    ] {
        let error = make(file.path(), 1, &limits).unwrap_err();
        assert!(matches!(error, PreviewError::TooLarge { .. }), "{error:?}");
    }
    let limits = Limits { max_side: 32, ..Limits::default() };
    assert_eq!(make(file.path(), 1, &limits).unwrap().width, 32);
}

proptest! {
    #[test]
    fn no_damage_lists_a_picture_outside_the_file(
        format in 0..12_usize,
        hits in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..20),
    ) {
        let (_, mut bytes) = samples::all()[format].clone();
        for (at, byte) in hits {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let len = bytes.len() as u64;
        let file = samples::file(&bytes);
        for picture in embedded::pictures(&mut Source::new(&file, len), 2048).unwrap_or_default() {
            prop_assert!(picture.end() <= len && picture.len > 0);
        }
    }
}
