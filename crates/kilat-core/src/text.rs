//! Numbers in sentences that people read.

use std::time::Duration;

/// A size in the unit that fits it, of a thousand each, as disks are sold: `999 B`, `6.7 MB`, `77 GB`.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    // 999.5 would be written as 1000.
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1_000.0;
        unit += 1;
    }
    // 9.95 would be written as 10.0.
    let digits = usize::from(unit > 0 && size < 9.95);
    format!("{size:.digits$} {}", UNITS[unit])
}

/// `1 photo`, `2 photos`.
#[must_use]
pub fn count_text(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// `3 s`, `5 min`, `2 h`, `4 d`: how long ago something was.
#[must_use]
pub fn ago_text(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// What came from a sender: `412 files, last 3 s ago, 1 cut off and waiting for its re-send`.
#[must_use]
pub fn sent_text(files: u64, last: Option<Duration>, cut_off: u64) -> String {
    let last = last.map_or_else(String::new, |last| format!(", last {} ago", ago_text(last)));
    let cut_off = match cut_off {
        0 => String::new(),
        1 => ", 1 cut off and waiting for its re-send".to_owned(),
        more => format!(", {more} cut off and waiting for their re-send"),
    };
    format!("{}{last}{cut_off}", count_text(files, "file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_say_them() {
        let said = [0, 999, 1_000, 9_949, 9_950, 999_499, 999_500, 6_700_000, 76_543_210_987, u64::MAX].map(size_text);
        let expected =
            ["0 B", "999 B", "1.0 kB", "9.9 kB", "10 kB", "999 kB", "1.0 MB", "6.7 MB", "77 GB", "18446744 TB"];
        assert_eq!(said, expected);
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2].map(|count| count_text(count, "photo")), ["0 photos", "1 photo", "2 photos"]);
    }

    #[test]
    fn what_came_is_told_as_a_photographer_asks() {
        let last = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(sent_text(412, last(3), 1), "412 files, last 3 s ago, 1 cut off and waiting for its re-send");
        assert_eq!(sent_text(0, None, 2), "0 files, 2 cut off and waiting for their re-send");
        assert_eq!(sent_text(1, last(200_000), 0), "1 file, last 2 d ago");
        assert_eq!([119, 120, 7_200].map(|s| ago_text(Duration::from_secs(s))), ["119 s", "2 min", "2 h"]);
    }
}
