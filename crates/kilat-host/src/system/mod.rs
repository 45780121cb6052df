//! What the kernel tells of the machine in `/proc` and `/sys`, parsed. One file per thing.
//!
//! Every text here is a stranger's: what does not have the known shape is absent, never zero.

pub(crate) mod cgroup;
pub(crate) mod clock;
pub(crate) mod cpu;
pub(crate) mod disks;
pub(crate) mod memory;
pub(crate) mod network;
pub(crate) mod process;
pub(crate) mod sensors;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Longest text read of the kernel: `/proc/stat` of a machine with a thousand processors has some 300 KB.
const MAX_TEXT_BYTES: u64 = 1 << 20;

/// Reads one of the kernel's files whole; none where there is none.
pub(crate) fn read(path: &Path) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(MAX_TEXT_BYTES).read_to_end(&mut text).ok()?;
    Some(text)
}

/// The same as text; bytes that are none are replaced.
pub(crate) fn read_text(path: &Path) -> Option<String> {
    read(path).map(|text| String::from_utf8_lossy(&text).into_owned())
}

/// A file that holds one number.
pub(crate) fn read_number<T: std::str::FromStr>(path: &Path) -> Option<T> {
    read_text(path)?.trim().parse().ok()
}

/// How much of `whole` is `part`, in percent with one digit; none of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| rounded((part as f64 / whole as f64 * 100.0).clamp(0.0, 100.0)))
}

/// With one digit behind the point: more is noise.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A counter's growth a second; none when it was set back, or no time passed.
pub(crate) fn rate(before: u64, after: u64, passed: Duration) -> Option<f64> {
    let grown = after.checked_sub(before)?;
    (passed > Duration::ZERO).then(|| (grown as f64 / passed.as_secs_f64()).round())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_share_is_between_0_and_100_or_unknown(part: u64, whole: u64) {
            match percent(part, whole) {
                None => prop_assert_eq!(whole, 0),
                Some(share) => prop_assert!((0.0..=100.0).contains(&share), "{share}"),
            }
        }

        #[test]
        fn a_rate_is_never_negative(before: u64, after: u64, ms in 0..100_000_u64) {
            let rate = rate(before, after, Duration::from_millis(ms));
            prop_assert!(rate.is_none_or(|rate| rate >= 0.0 && rate.is_finite()));
            prop_assert_eq!(rate.is_none(), after < before || ms == 0);
        }

        #[test]
        fn no_text_makes_a_parser_panic(text in proptest::collection::vec(any::<u8>(), 0..400)) {
            let lossy = String::from_utf8_lossy(&text).into_owned();
            cpu::parse(&lossy);
            cpu::parse_load(&lossy);
            memory::parse(&lossy);
            cgroup::paths(&lossy);
            network::parse(&lossy);
            disks::parse_io(&lossy);
            kilat_core::parse_mounts(&text);
            process::parse(&lossy);
        }
    }
}
