//! The few EXIF fields that Kilat shows, out of a TIFF's directories.

use jiff::civil::DateTime;
use kilat_core::TakenAt;

use super::{Metadata, maker, tidy};
use crate::source::{Read, Source};
use crate::tiff::{Directory, Tiff, tag};

/// Reads the main directory and the EXIF directory that it links.
pub(super) fn read(source: &mut Source<'_>, tiff: &Tiff) -> Read<Metadata> {
    let walk = tiff.walk(source)?;
    let mut fields = Fields { source, tiff, directories: &walk.directories };
    let make = fields.text(tag::MAKE)?;
    let serial = fields.serial(make.as_deref())?;
    Ok(Metadata {
        model: fields.text(tag::MODEL)?,
        taken: fields.taken()?,
        orientation: fields.orientation()?,
        pixels: fields.pixels()?,
        make,
        serial,
    })
}

struct Fields<'a, 'f> {
    source: &'a mut Source<'f>,
    tiff: &'a Tiff,
    directories: &'a [Directory],
}

impl Fields<'_, '_> {
    fn text(&mut self, tag: u16) -> Read<Option<String>> {
        let Some(entry) = self.directories.iter().find_map(|directory| directory.get(tag)) else { return Ok(None) };
        Ok(self.tiff.text(self.source, entry)?.as_deref().and_then(tidy))
    }

    fn number(&mut self, directory: &Directory, tag: u16) -> Read<Option<u32>> {
        match directory.get(tag) {
            Some(entry) => self.tiff.number(self.source, entry),
            None => Ok(None),
        }
    }

    /// The first directory is the photo's; those of thumbnails may say otherwise.
    fn orientation(&mut self) -> Read<Option<u8>> {
        let Some(main) = self.directories.first() else { return Ok(None) };
        let number = self.number(main, tag::ORIENTATION)?;
        Ok(number.and_then(|number| u8::try_from(number).ok()).filter(|number| (1..=8).contains(number)))
    }

    /// The largest picture that any directory names.
    fn pixels(&mut self) -> Read<Option<(u32, u32)>> {
        let mut largest = self.panasonic_pixels()?;
        for (width, height) in [(tag::WIDTH, tag::HEIGHT), (tag::EXIF_WIDTH, tag::EXIF_HEIGHT)] {
            for directory in self.directories {
                if let (Some(w), Some(h)) = (self.number(directory, width)?, self.number(directory, height)?) {
                    largest = largest.max(Some((u64::from(w) * u64::from(h), (w, h))));
                }
            }
        }
        Ok(largest.filter(|(area, _)| *area > 0).map(|(_, pixels)| pixels))
    }

    /// Panasonic names the borders of the picture on its sensor.
    fn panasonic_pixels(&mut self) -> Read<Option<(u64, (u32, u32))>> {
        let Some(main) = self.directories.first().filter(|_| self.tiff.is_panasonic) else { return Ok(None) };
        let mut borders = [0; 4];
        let tags = [tag::PANASONIC_LEFT, tag::PANASONIC_RIGHT, tag::PANASONIC_TOP, tag::PANASONIC_BOTTOM];
        for (border, tag) in borders.iter_mut().zip(tags) {
            *border = self.number(main, tag)?.unwrap_or(0);
        }
        let [left, right, top, bottom] = borders;
        let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
        Ok(Some((u64::from(width) * u64::from(height), (width, height))))
    }

    fn taken(&mut self) -> Read<Option<TakenAt>> {
        let Some(text) = self.text(tag::TAKEN)? else { return Ok(None) };
        let sub_seconds = self.text(tag::TAKEN_SUB_SECONDS)?;
        let offset = self.text(tag::TAKEN_OFFSET)?;
        let Some(civil) = date_time(&text, sub_seconds.as_deref().unwrap_or_default()) else { return Ok(None) };
        Ok(Some(TakenAt { civil, offset_minutes: offset.as_deref().and_then(offset_minutes) }))
    }

    fn serial(&mut self, make: Option<&str>) -> Read<Option<String>> {
        for tag in [tag::BODY_SERIAL, tag::DNG_SERIAL] {
            if let Some(serial) = self.text(tag)? {
                return Ok(Some(serial));
            }
        }
        let note = self.directories.iter().find_map(|directory| directory.get(tag::MAKER_NOTE));
        match (note, make) {
            (Some(note), Some(make)) => maker::serial(self.source, self.tiff, note.value, make),
            (Some(_), None) | (None, _) => Ok(None),
        }
    }
}

/// `2024:05:06 07:08:09` and the digits after the second's point. A camera whose clock was never
/// set writes zeros or blanks, which are no date.
pub(super) fn date_time(text: &str, sub_seconds: &str) -> Option<DateTime> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let [year, month, day] = parts(date, [':', '-', '/'])?;
    let [hour, minute, second] = parts(time, [':', ':', ':'])?;
    let digits: String = sub_seconds.chars().take_while(char::is_ascii_digit).take(9).collect();
    let nanos = format!("{digits:0<9}").parse::<i32>().ok()?;
    let small = |number: i16| i8::try_from(number).ok();
    DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, nanos).ok()
}

fn parts(text: &str, marks: [char; 3]) -> Option<[i16; 3]> {
    let mut parts = text.splitn(3, marks).map(|part| part.trim().parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

/// `+02:00`, `-0330` or `Z`.
pub(super) fn offset_minutes(text: &str) -> Option<i16> {
    let text = text.trim();
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 {
        return None;
    }
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
    // Time zones reach from -12:00 to +14:00.
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 60 + minutes))
}
