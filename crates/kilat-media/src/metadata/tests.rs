use jiff::civil::date;

use super::*;
use crate::samples;
use crate::tiff::Order;

fn of(bytes: &[u8]) -> Metadata {
    read(&samples::file(bytes), bytes.len() as u64)
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn nine_past_seven(nanos: i32, offset_minutes: Option<i16>) -> Option<TakenAt> {
    Some(TakenAt { civil: date(2024, 5, 6).at(7, 8, 9, nanos), offset_minutes })
}

#[test]
fn a_jpeg_tells_its_camera_and_moment() {
    let expected = Metadata {
        make: text("NIKON CORPORATION"),
        model: text("NIKON Z 9"),
        serial: text("3001234"),
        taken: nine_past_seven(250_000_000, Some(120)),
        orientation: Some(6),
        pixels: Some((64, 48)),
    };
    assert_eq!(of(&samples::jpeg(64, 48)), expected);
    // Fuji's RAW says the same in the JPEG that it holds.
    assert_eq!(of(&samples::raf()), Metadata { pixels: Some((6240, 4160)), ..expected.clone() });
    assert_eq!(of(&samples::heic()), Metadata { pixels: Some((4032, 3024)), ..expected });
}

#[test]
fn a_raw_tells_the_serial_that_its_maker_note_hides() {
    let expected = Metadata {
        make: text("NIKON CORPORATION"),
        model: text("NIKON Z 6"),
        serial: text("6001234"),
        taken: nine_past_seven(0, None),
        orientation: Some(8),
        pixels: Some((6048, 4024)),
    };
    assert_eq!(of(&samples::nef(samples::picture(64, 48))), expected);
    let expected = Metadata {
        make: text("Canon"),
        model: text("Canon EOS R5"),
        serial: text("0042021000"),
        taken: nine_past_seven(0, Some(-210)),
        orientation: Some(8),
        pixels: Some((8192, 5464)),
    };
    assert_eq!(of(&samples::cr3(&samples::picture(64, 48))), expected);
}

#[test]
fn a_panasonic_raw_tells_its_sensor_and_camera() {
    let metadata = of(&samples::rw2());
    assert_eq!((metadata.model, metadata.pixels), (text("DC-S5"), Some((6000, 4000))));
}

#[test]
fn a_film_claims_an_offset_only_where_it_names_one() {
    let film = of(&samples::mp4());
    assert_eq!((film.taken, film.pixels), (nine_past_seven(0, None), Some((3840, 2160))));
    let film = of(&samples::mov_with_keys());
    assert_eq!(film.taken, nine_past_seven(0, Some(120)));
    assert_eq!((film.make, film.model), (text("Apple"), text("iPhone 15 Pro")));
}

#[test]
fn a_clock_that_was_never_set_is_no_date() {
    for never in ["0000:00:00 00:00:00", "    :  :     :  :  ", "2024:13:01 00:00:00", "2024:05:06", ""] {
        assert_eq!(exif::date_time(never, "00"), None, "{never:?}");
    }
    assert_eq!(exif::offset_minutes("   :  "), None);
    assert_eq!(exif::offset_minutes("+99:00"), None);
}

#[test]
fn names_in_a_file_cannot_disturb_a_screen_or_a_log() {
    let name = "  \u{1b}[31mNIKON\r\nZ 9 and much more than any maker ever wrote into its files, for sure  ";
    let tiff = samples::tiff(Order::Little, 42, vec![vec![(0x0110, samples::Value::Text(name))]]);
    let model = of(&tiff).model.unwrap();
    assert!(model.chars().count() <= MAX_TEXT_CHARS && !model.contains(char::is_control), "{model:?}");
    assert!(model.starts_with("[31mNIKONZ 9"), "{model:?}");
}

#[test]
fn another_reader_of_exif_agrees() {
    for (name, bytes) in samples::all() {
        if !["jpg", "nef", "heic"].iter().any(|end| name.ends_with(end)) {
            continue;
        }
        let Ok(theirs) = ::exif::Reader::new().read_from_container(&mut std::io::Cursor::new(bytes)) else { continue };
        let ours = of(bytes);
        let field = |tag| theirs.get_field(tag, ::exif::In::PRIMARY).map(|field| field.display_value().to_string());
        let unquoted = |tag| field(tag).map(|text| text.trim_matches('"').to_owned());
        assert_eq!(ours.make, unquoted(::exif::Tag::Make), "{name}");
        assert_eq!(ours.model, unquoted(::exif::Tag::Model), "{name}");
        let taken = field(::exif::Tag::DateTimeOriginal);
        assert_eq!(ours.taken.map(|taken| taken.civil.strftime("%F %T").to_string()), taken, "{name}");
    }
}
