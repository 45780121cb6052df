use proptest::prelude::*;

use super::*;
use crate::samples;

fn judge(name: &str, bytes: &[u8]) -> Completeness {
    judge_first(name, &samples::file(bytes), bytes.len())
}

fn judge_first(name: &str, file: &File, len: usize) -> Completeness {
    let path = Path::new(name);
    completeness(file, len as u64, PhotoKind::of_path(path).unwrap(), path).unwrap()
}

#[test]
fn a_camera_file_of_every_format_is_whole() {
    for (name, bytes) in samples::all() {
        assert_eq!(judge(name, bytes), Whole, "{name}");
    }
}

#[test]
fn no_beginning_of_a_file_passes_for_a_whole_file() {
    for (name, bytes) in samples::all() {
        let file = samples::file(bytes);
        for len in 0..bytes.len() {
            let answer = judge_first(name, &file, len);
            // What a short Panasonic RAW lacks, its directory does not tell.
            let is_panasonic = name.ends_with("rw2") && answer == Unknown;
            // A picture whose separate large preview is missing altogether is a whole picture.
            let is_main_picture = *name == "b.jpg" && answer == Whole && bytes[..len].ends_with(&[0xff, 0xd9]);
            assert!(
                matches!(answer, CutOff(_)) || is_panasonic || is_main_picture,
                "{len} of {} bytes of {name} are {answer:?}",
                bytes.len()
            );
        }
    }
}

#[test]
fn space_that_was_reserved_but_not_filled_is_missing() {
    let large = [
        ("a.jpg", samples::jpeg(900, 700)),
        ("e.nef", samples::nef(samples::picture(900, 700))),
        ("f.heic", [samples::heic(), samples::boxed(b"mdat", &samples::sensor(70_000))].concat()),
        ("j.mp4", samples::mp4()),
    ];
    for (name, bytes) in large {
        for share in [1, 3] {
            let mut reserved = bytes.clone();
            reserved[bytes.len() * share / 4..].fill(0);
            if name == "f.heic" || name == "a.jpg" || share == 1 {
                assert!(matches!(judge(name, &reserved), CutOff(_)), "{share} quarters of {name}");
            }
        }
    }
    assert!(matches!(judge("a.nef", &[0; 40_000]), CutOff(_)));
    assert!(matches!(judge("a.jpg", &[0; 40]), CutOff(_)));
}

#[test]
fn padding_and_trailers_behind_a_whole_file_are_fine() {
    let jpeg = samples::jpeg(64, 48);
    assert_eq!(judge("a.jpg", &[jpeg.as_slice(), &[0; 4096]].concat()), Whole);
    assert_eq!(judge("a.jpg", &[jpeg.as_slice(), b"a phone's trailer SEFT"].concat()), Whole);
    assert_eq!(judge("a.mp4", &[samples::mp4().as_slice(), &[0; 4096]].concat()), Whole);
}

#[test]
fn stray_bytes_between_the_headers_are_skipped_as_decoders_do() {
    let mut jpeg = samples::jpeg(64, 48);
    let tables = jpeg.windows(2).rposition(|pair| pair == [0xff, 0xdb]).unwrap();
    jpeg.splice(tables..tables, *b"\0\0\x01\0\xff\0\xff");
    assert_eq!(judge("a.jpg", &jpeg), Whole);
}

#[test]
fn a_phones_photo_with_a_film_behind_it_is_stored() {
    let with_film = [samples::jpeg(64, 48), samples::sensor(100_000)].concat();
    assert!(matches!(judge("a.jpg", &with_film), CutOff(_)));
    let with_film = [with_film.as_slice(), b"SEFT"].concat();
    assert_eq!(judge("a.jpg", &with_film), Unknown);
}

#[test]
fn the_content_counts_and_not_the_name() {
    let jpeg = samples::jpeg(64, 48);
    assert_eq!(judge("a.nef", &jpeg), Whole);
    assert!(matches!(judge("a.nef", &jpeg[..jpeg.len() - 9]), CutOff(_)));
}

#[test]
fn what_nobody_knows_is_not_called_damaged() {
    assert_eq!(judge("a.nef", b"some format of the year 2040"), Unknown);
    assert_eq!(judge("a.xmp", b"not xml"), Unknown);
}

#[test]
fn an_edited_photo_that_lost_its_large_preview_is_whole() {
    let both = samples::jpeg_with_preview((64, 48), (32, 24));
    let end = both.windows(4).position(|window| window == [0xff, 0xd9, 0xff, 0xd8]).unwrap() + 2;
    assert_eq!(judge("a.jpg", &both[..end]), Whole);
}

#[test]
fn a_film_that_ends_in_silence_is_whole() {
    let kind = samples::boxed(b"ftyp", b"mp42\0\0\0\0");
    let index = samples::boxed(b"moov", &samples::boxed(b"free", b""));
    assert_eq!(judge("a.mp4", &[kind, index, samples::boxed(b"mdat", &[0; 50_000])].concat()), Whole);
}

#[test]
fn directories_that_link_in_a_circle_end() {
    let mut bytes = samples::nef(samples::picture(64, 48));
    let count = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let link = 10 + count * 12;
    bytes[link..link + 4].copy_from_slice(&8_u32.to_le_bytes());
    assert_eq!(judge("a.nef", &bytes), Whole);
}

#[test]
fn a_file_that_shrank_is_an_error_and_not_a_verdict() {
    let file = samples::file(b"\xff\xd8\xff\xe0");
    let error = completeness(&file, 5000, PhotoKind::Jpeg, Path::new("a.jpg")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

proptest! {
    #[test]
    fn no_bytes_stop_the_server(bytes in proptest::collection::vec(any::<u8>(), 0..2000), format in 0..12_usize) {
        let (name, sample) = &samples::all()[format];
        judge(name, &bytes);
        // The same behind a valid signature.
        let head = sample.len().min(16);
        judge(name, &[&sample[..head], bytes.as_slice()].concat());
    }

    #[test]
    fn no_damage_stops_the_server(format in 0..12_usize, hits in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..20)) {
        let (name, mut bytes) = samples::all()[format].clone();
        for (at, byte) in hits {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        judge(name, &bytes);
        let file = samples::file(&bytes);
        let told = crate::metadata::read(&file, bytes.len() as u64);
        prop_assert!(told.model.is_none_or(|model| model.chars().count() <= 64));
    }
}
