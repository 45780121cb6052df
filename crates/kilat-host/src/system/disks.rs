//! What each device does (`/proc/diskstats`).

use std::collections::BTreeMap;
use std::time::Duration;

use kilat_core::DeviceNumber;

use super::{percent, rate};

/// Devices read.
const MAX_DEVICES: usize = 1_024;
/// What `/proc/diskstats` counts in, whatever the device's own sectors are.
const SECTOR_BYTES: u64 = 512;

/// What a device did since the machine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Io {
    read_bytes: u64,
    written_bytes: u64,
    busy_ms: u64,
}

/// What a device did between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct IoRate {
    pub(crate) read: Option<f64>,
    pub(crate) written: Option<f64>,
    pub(crate) busy: Option<f64>,
}

/// By name and by number; empty for what is not `diskstats`.
pub(crate) fn parse_io(text: &str) -> BTreeMap<DeviceNumber, (String, Io)> {
    text.lines().filter_map(device).take(MAX_DEVICES).collect()
}

/// `major minor name reads merged sectors ms writes merged sectors ms in-flight ms-busy …`
fn device(line: &str) -> Option<(DeviceNumber, (String, Io))> {
    let fields: Vec<&str> = line.split_ascii_whitespace().take(13).collect();
    let [major, minor, name, _, _, read, _, _, _, written, _, _, busy] = fields[..] else { return None };
    let bytes = |sectors: &str| sectors.parse::<u64>().ok()?.checked_mul(SECTOR_BYTES);
    let io = Io { read_bytes: bytes(read)?, written_bytes: bytes(written)?, busy_ms: busy.parse().ok()? };
    Some(((major.parse().ok()?, minor.parse().ok()?), (name.to_owned(), io)))
}

/// The share of time is of the device as one that does one thing at a time, as `iostat` counts.
pub(crate) fn io_between(before: Io, after: Io, passed: Duration) -> IoRate {
    let passed_ms = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
    IoRate {
        read: rate(before.read_bytes, after.read_bytes, passed),
        written: rate(before.written_bytes, after.written_bytes, passed),
        busy: after.busy_ms.checked_sub(before.busy_ms).and_then(|busy| percent(busy, passed_ms)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_did_is_told_by_number() {
        let line = " 254       0 vda 3855630 161858 2000 5378067 5074448 1372244 4000 1952728 0 7000 7714109 679074";
        let before = parse_io(line)[&(254, 0)].clone();
        let after = parse_io(&line.replace(" 2000 ", " 4000 ").replace(" 7000 ", " 8500 "))[&(254, 0)].clone();
        assert_eq!(before.0, "vda");
        let seen = io_between(before.1, after.1, Duration::from_secs(2));
        assert_eq!(seen, IoRate { read: Some(512_000.0), written: Some(0.0), busy: Some(75.0) });
        assert_eq!(io_between(after.1, before.1, Duration::from_secs(2)).read, None, "a device that came anew");
        assert_eq!(parse_io("1 2 three\n 8 0 sda a b c d e f g h i j\n"), BTreeMap::new());
    }
}
