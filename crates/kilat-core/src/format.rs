//! Whether a camera's card may be formatted, and why not.
//!
//! Only a card's own list can say yes, and only while the card is in touch: what was shot since the list, nobody knows.
//! Where there is no list the answer is no, or that nobody can tell.

use crate::account::{AccountRow, Names, ShotBy};
use crate::count_text;

/// Names in a sentence.
const IN_WORDS: usize = 3;

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatVerdict {
    /// Everything on it has enough copies.
    Safe,
    /// Something on it would be lost, or not be safe.
    NotYet,
    /// Nobody can tell.
    Unknown,
}

/// What speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatWhy {
    /// Files that Kilat does not hold.
    NotHeld(Names),
    /// Files of earlier shoots that Kilat does not hold.
    Older(Names),
    /// Files that came cut off.
    CutOff(Names),
    /// Files without enough copies.
    NotSafe(Names),
    /// It is not in touch: what was shot since is on it alone.
    NotSeen,
    /// There is no list of what it holds.
    NoList,
    /// By its list it holds nothing.
    Empty,
}

/// Whether the card of this row may be formatted; `is_in_touch` when its camera answers now.
#[must_use]
pub fn may_format(row: &AccountRow, is_in_touch: bool) -> (FormatVerdict, Vec<FormatWhy>) {
    let (not_held, not_safe) = match &row.on_card {
        Some(card) => (&card.not_held, &card.not_safe),
        None => (&row.missing, &row.not_safe),
    };
    let mut why = Vec::new();
    if not_held.count > 0 {
        why.push(FormatWhy::NotHeld(not_held.clone()));
    }
    if let Some(card) = row.on_card.as_ref().filter(|card| card.older.count > 0) {
        why.push(FormatWhy::Older(card.older.clone()));
    }
    if !row.cut_off.is_empty() {
        why.push(FormatWhy::CutOff(Names { named: row.cut_off.clone(), count: row.cut_off.len() as u64 }));
    }
    if not_safe.count > 0 {
        why.push(FormatWhy::NotSafe(not_safe.clone()));
    }
    let files = row.on_card.as_ref().map(|card| card.files);
    if files.is_some_and(|files| files > 0) && !is_in_touch {
        why.push(FormatWhy::NotSeen);
    }
    if !why.is_empty() {
        return (FormatVerdict::NotYet, why);
    }
    match files {
        None => (FormatVerdict::Unknown, vec![FormatWhy::NoList]),
        Some(0) => (FormatVerdict::Unknown, vec![FormatWhy::Empty]),
        Some(_) => (FormatVerdict::Safe, Vec::new()),
    }
}

/// The same in words.
#[must_use]
pub fn format_words(row: &AccountRow, verdict: FormatVerdict, why: &[FormatWhy]) -> String {
    let told: Vec<String> = why.iter().map(|why| words(row, why)).collect();
    match verdict {
        FormatVerdict::Safe => {
            let files = row.on_card.as_ref().map_or(0, |card| card.files);
            format!("safe to format: all {} on it are held and have enough copies", count_text(files, "file"))
        }
        FormatVerdict::NotYet => format!("do not format: {}", told.join("; ")),
        FormatVerdict::Unknown => told.join("; "),
    }
}

fn words(row: &AccountRow, why: &FormatWhy) -> String {
    let are = |count: u64| if count == 1 { "is" } else { "are" };
    match why {
        FormatWhy::NotHeld(names) if row.shot_by == ShotBy::Numbers => {
            let (count, are) = (count_text(names.count, "frame"), are(names.count));
            format!("by the numbers {count} {are} not held: {}", listed(names))
        }
        FormatWhy::NotHeld(names) => {
            let (count, are) = (count_text(names.count, "frame"), are(names.count));
            format!("{count} of this card {are} not held: {}", listed(names))
        }
        FormatWhy::Older(names) => {
            let (count, are) = (count_text(names.count, "frame"), are(names.count));
            format!("{count} of earlier shoots {are} on this card alone: {}", listed(names))
        }
        FormatWhy::CutOff(names) => format!("{} came cut off: {}", count_text(names.count, "file"), listed(names)),
        FormatWhy::NotSafe(names) => {
            let have = if names.count == 1 { "has" } else { "have" };
            format!("{} {have} too few copies", count_text(names.count, "photo"))
        }
        FormatWhy::NotSeen => "it is not connected: what was shot since is on this card alone".to_owned(),
        FormatWhy::NoList => {
            "nobody can tell what its card holds: connect the camera, or put the card into a reader".to_owned()
        }
        FormatWhy::Empty => "its card holds no photo".to_owned(),
    }
}

fn listed(names: &Names) -> String {
    let more = if names.count > IN_WORDS as u64 { ", …" } else { "" };
    format!("{}{more}", names.named.iter().take(IN_WORDS).cloned().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Evidence, HeldPhoto, KnownBody, ListedFrame, account};
    use crate::{CameraKind, Millis, PhotoKind};

    /// The row of a camera with a card of so many frames, of which so many are held and so many of these safe.
    fn row(kind: CameraKind, listed: i64, held: i64, safe: i64) -> AccountRow {
        let name = |n: i64| format!("DSC_{n:04}.NEF");
        let photo = |n: i64| HeldPhoto {
            no: n,
            name: name(n),
            folded: name(n).to_lowercase(),
            size_bytes: 1,
            kind: PhotoKind::Raw,
            body: None,
            serial: Some("1".to_owned()),
            taken_s: Some(n),
            order_ms: n,
            filed_at: Millis(n),
            copies: u64::from(n <= safe),
            is_elsewhere: false,
        };
        let frame = |n: i64| ListedFrame {
            camera: 0,
            path: name(n),
            folded: name(n).to_lowercase(),
            size_bytes: 1,
            written_s: Some(n),
            is_older: false,
            is_gone: false,
        };
        let evidence = Evidence {
            cameras: vec![KnownBody { kind, serial: Some("1".to_owned()), cut_off: Vec::new() }],
            photos: (1..=held).map(photo).collect(),
            frames: (1..=listed).map(frame).collect(),
            ..Evidence::default()
        };
        account(&evidence, |_| true).rows.remove(0)
    }

    fn told(row: &AccountRow, is_in_touch: bool) -> (FormatVerdict, String) {
        let (verdict, why) = may_format(row, is_in_touch);
        (verdict, format_words(row, verdict, &why))
    }

    #[test]
    fn a_card_may_be_formatted_once_all_on_it_is_safe_and_it_is_still_in_touch() {
        let all = row(CameraKind::Tethered, 4, 4, 4);
        let (verdict, words) = told(&all, true);
        assert_eq!(
            (verdict, words.as_str()),
            (FormatVerdict::Safe, "safe to format: all 4 files on it are held and have enough copies")
        );
        let (verdict, words) = told(&all, false);
        assert_eq!(verdict, FormatVerdict::NotYet, "{words}");
    }

    #[test]
    fn what_speaks_against_it_is_named() {
        let (verdict, words) = told(&row(CameraKind::Tethered, 6, 2, 1), true);
        assert_eq!(verdict, FormatVerdict::NotYet);
        assert_eq!(
            words,
            "do not format: 4 frames of this card are not held: DSC_0003.NEF, DSC_0004.NEF, DSC_0005.NEF, …; 1 photo has too few copies"
        );
    }

    #[test]
    fn what_an_earlier_shoot_left_on_the_card_is_no_part_of_the_event_and_speaks_against_formatting() {
        let mut row = row(CameraKind::Tethered, 2, 2, 2);
        let older = Names { named: vec!["DSC_9001.NEF".to_owned()], count: 1 };
        row.on_card.as_mut().expect("a card").older = older;
        let (verdict, words) = told(&row, true);
        assert_eq!(verdict, FormatVerdict::NotYet);
        assert_eq!(words, "do not format: 1 frame of earlier shoots is on this card alone: DSC_9001.NEF");
    }

    #[test]
    fn without_a_list_nobody_says_yes() {
        let (verdict, words) = told(&row(CameraKind::Tethered, 0, 3, 3), true);
        assert_eq!(verdict, FormatVerdict::Unknown, "{words}");
        let (verdict, _) = told(&row(CameraKind::Tethered, 0, 3, 2), true);
        assert_eq!(verdict, FormatVerdict::NotYet);
    }
}
