//! What of a card is held: the same name, length and time as a file that this card handed in before. No byte is read.
//!
//! A card does not say in which zone its times are. When the machine's zone changed since, all of them moved by the
//! same quarters of an hour, and the card is still known. A name that two files of a card share in length and second
//! is only held when both were handed in.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kilat_core::{EventId, PhotoKind, fold_name, safe_segment};
use kilat_journal::{HandedIn, HandedInAs};

use super::list::CardFile;

/// Zones differ by quarters of an hour.
const ZONE_STEP_S: i64 = 900;
/// From the first zone to the last one, and an hour of summer at either end.
const MAX_SHIFT_S: i64 = 28 * 3_600;

/// A card against what is held of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Not held: JPEG first, then RAW, then films; the newest first.
    pub unknown: Vec<CardFile>,
    /// Held, as a photo or on its way to be one, and of which event.
    pub held: Vec<(CardFile, EventId)>,
    /// Handed in before, and cut off on the card itself.
    pub cut_off: Vec<CardFile>,
}

/// What one name and length was handed in as.
#[derive(Debug, Default)]
struct Known<'a> {
    /// The times of each, and as what.
    times: Vec<(i64, &'a HandedIn)>,
}

/// Compares a listing with what this card handed in before.
#[must_use]
pub fn compare(files: Vec<CardFile>, before: &[HandedIn]) -> Compared {
    let mut known: BTreeMap<(String, u64), Known<'_>> = BTreeMap::new();
    for handed in before {
        let entry = known.entry((held_name(&handed.path), handed.stamp.size_bytes)).or_default();
        entry.times.push((handed.stamp.mtime_ns.div_euclid(1_000_000_000), handed));
    }
    let shift = shift(&files, &known);
    let mut groups: BTreeMap<(String, u64, i64), Vec<CardFile>> = BTreeMap::new();
    for file in files {
        let at = file.written_s().saturating_add(shift);
        groups.entry((card_name(&file), file.size_bytes, at)).or_default().push(file);
    }
    let mut compared = Compared::default();
    for ((name, size, at), files) in groups {
        let same = known.get(&(name, size)).map_or(&[][..], |known| &known.times);
        let same: Vec<&HandedIn> = same.iter().filter(|(time, _)| *time == at).map(|(_, it)| *it).collect();
        // The same photo handed in twice is one.
        let contents: BTreeSet<String> = same.iter().map(|it| content(it)).collect();
        let Some(one) = same.first().filter(|_| contents.len() >= files.len()) else {
            compared.unknown.extend(files);
            continue;
        };
        // Of several with one name, length and second, none is told apart: it takes all of them to be whole.
        if same.iter().any(|it| it.became != HandedInAs::CutOff) {
            compared.held.extend(files.into_iter().map(|file| (file, one.event.clone())));
        } else {
            compared.cut_off.extend(files);
        }
    }
    compared.unknown.sort_by(|a, b| {
        let order = |file: &CardFile| (rank(file.kind), Reverse(file.written_s()));
        order(a).cmp(&order(b)).then_with(|| a.path.cmp(&b.path))
    });
    compared
}

fn content(handed: &HandedIn) -> String {
    match &handed.became {
        HandedInAs::Photo(photo) => photo.to_string(),
        HandedInAs::Waiting | HandedInAs::CutOff => handed.path.to_string_lossy().into_owned(),
    }
}

/// By how much the card's times moved since: what makes most of them known, nothing where that is as good.
fn shift(files: &[CardFile], known: &BTreeMap<(String, u64), Known<'_>>) -> i64 {
    let mut votes: BTreeMap<i64, u32> = BTreeMap::new();
    for file in files {
        let Some(known) = known.get(&(card_name(file), file.size_bytes)) else { continue };
        for (held, _) in &known.times {
            let moved = held.saturating_sub(file.written_s());
            if moved % ZONE_STEP_S == 0 && moved.abs() <= MAX_SHIFT_S {
                *votes.entry(moved).or_default() += 1;
            }
        }
    }
    let best = votes.iter().max_by_key(|(moved, votes)| (**votes, Reverse(moved.abs())));
    best.map_or(0, |(moved, _)| *moved)
}

fn card_name(file: &CardFile) -> String {
    bare(&fold_name(&safe_segment(&file.name())))
}

fn held_name(path: &Path) -> String {
    bare(&fold_name(&path.file_name().unwrap_or_default().to_string_lossy()))
}

/// Without the number that a second file of a name has: `dsc_0001 (2).jpg` is `dsc_0001.jpg`. What a camera named so
/// itself loses it on both sides.
fn bare(name: &str) -> String {
    let (stem, ext) = name.rsplit_once('.').unwrap_or((name, ""));
    let numbered = stem.strip_suffix(')').and_then(|stem| stem.rsplit_once(" ("));
    let stem = match numbered {
        Some((stem, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => stem,
        _ => stem,
    };
    format!("{stem}.{ext}")
}

/// Who waits for photos waits for JPEG.
fn rank(kind: PhotoKind) -> u8 {
    match kind {
        PhotoKind::Jpeg | PhotoKind::Heic => 0,
        PhotoKind::Sidecar => 1,
        PhotoKind::Raw => 2,
        PhotoKind::Video => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use kilat_core::FileStamp;

    use super::*;

    const NOON: u64 = 1_700_000_000;

    fn on_card(path: &str, size_bytes: u64, written_s: u64) -> CardFile {
        let kind = PhotoKind::of_path(Path::new(path)).expect("a photo");
        CardFile { path: path.into(), size_bytes, written: UNIX_EPOCH + Duration::from_secs(written_s), kind }
    }

    fn held(name: &str, size_bytes: u64, written_s: u64, photo: &str) -> HandedIn {
        HandedIn {
            path: Path::new("card-1/card/2026-11-25").join(name),
            stamp: FileStamp {
                size_bytes,
                mtime_ns: i64::try_from(written_s).expect("a time") * 1_000_000_000,
                ino: 7,
            },
            event: "ayu-bima".parse().expect("an id"),
            became: HandedInAs::Photo(photo.parse().expect("an id")),
        }
    }

    fn unknown(compared: &Compared) -> Vec<String> {
        compared.unknown.iter().map(CardFile::name).collect()
    }

    #[test]
    fn only_what_is_not_held_is_left_the_newest_jpeg_first() {
        let files = vec![
            on_card("DCIM/100/DSC_0001.JPG", 10, NOON),
            on_card("DCIM/100/DSC_0002.JPG", 10, NOON + 2),
            on_card("DCIM/100/DSC_0002.NEF", 90, NOON + 2),
            on_card("DCIM/100/DSC_0003.JPG", 10, NOON + 4),
            on_card("DCIM/100/C0001.MP4", 900, NOON + 9),
        ];
        let compared = compare(files.clone(), &[held("dsc_0001.jpg", 10, NOON, "p1")]);
        assert_eq!(unknown(&compared), ["DSC_0003.JPG", "DSC_0002.JPG", "DSC_0002.NEF", "C0001.MP4"]);
        assert_eq!(compared.held.len(), 1);
        assert_eq!(unknown(&compare(files, &[])).len(), 5);
    }

    #[test]
    fn a_name_that_came_round_another_length_or_another_time_is_not_held() {
        let before = [held("DSC_0001.JPG", 10, NOON, "p1")];
        for file in [
            on_card("DCIM/100/DSC_0001.JPG", 11, NOON),
            on_card("DCIM/100/DSC_0001.JPG", 10, NOON + 2),
            on_card("DCIM/100/DSC_0002.JPG", 10, NOON),
        ] {
            assert_eq!(compare(vec![file.clone()], &before).unknown, [file]);
        }
    }

    #[test]
    fn a_number_that_kilat_gave_is_no_other_name_and_two_of_a_name_need_both() {
        let files = || vec![on_card("DCIM/100/DSC_0001.JPG", 10, NOON), on_card("DCIM/101/DSC_0001.JPG", 10, NOON)];
        let (first, second) = (held("DSC_0001.JPG", 10, NOON, "p1"), held("DSC_0001 (2).JPG", 10, NOON, "p2"));
        assert_eq!(compare(files(), &[first.clone(), second]).held.len(), 2);
        assert_eq!(compare(files(), std::slice::from_ref(&first)).unknown.len(), 2, "one of them is not held");
        let again = HandedIn { path: "card-1/card/x/DSC_0001 (2).JPG".into(), ..first.clone() };
        assert_eq!(compare(files(), &[first, again]).unknown.len(), 2, "the same photo twice is one");
    }

    #[test]
    fn a_machine_that_moved_to_another_zone_still_knows_the_card() {
        let before: Vec<HandedIn> =
            (0..20).map(|n| held(&format!("DSC_{n:04}.JPG"), 10 + n, NOON + 2 * n, &format!("p{n}"))).collect();
        let files = |moved: u64| -> Vec<CardFile> {
            (0..21).map(|n| on_card(&format!("DCIM/100/DSC_{n:04}.JPG"), 10 + n, NOON + 2 * n + moved)).collect()
        };
        assert_eq!(unknown(&compare(files(0), &before)), ["DSC_0020.JPG"]);
        assert_eq!(unknown(&compare(files(7 * 3_600), &before)), ["DSC_0020.JPG"]);
        assert_eq!(compare(files(3_601), &before).unknown.len(), 21, "that is no zone");
        // One file that differs by an hour while the others do not is another photo.
        let mut mixed = files(0);
        mixed[3].written += Duration::from_secs(3_600);
        assert_eq!(unknown(&compare(mixed, &before)), ["DSC_0003.JPG", "DSC_0020.JPG"]);
    }

    #[test]
    fn what_is_cut_off_on_the_card_is_not_read_each_time() {
        let cut = HandedIn { became: HandedInAs::CutOff, ..held("DSC_0001.JPG", 10, NOON, "p1") };
        let compared = compare(vec![on_card("DCIM/100/DSC_0001.JPG", 10, NOON)], &[cut]);
        assert_eq!((compared.cut_off.len(), compared.unknown.len()), (1, 0));
    }
}
