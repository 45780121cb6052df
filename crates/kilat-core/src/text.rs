//! Numbers in sentences that people read.

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
}
