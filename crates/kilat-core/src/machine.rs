//! What was measured of the machine: readings, their history, and what is wrong with it right now.
//!
//! What could not be measured is absent: never zero, never a guess. Shares are percent, 0 to 100.
//! Measuring is deliberately absent: that is `kilat-host`'s.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Millis;

/// Samples kept in memory: ten minutes of one a second.
pub const MAX_RECENT_SAMPLES: usize = 600;

/// Everything that was measured, as it was last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Machine {
    /// When the oldest part of it was measured.
    pub at: Millis,
    /// The processors.
    pub cpu: Cpu,
    /// Memory; none where the system does not tell.
    pub memory: Option<Memory>,
    /// Disks, those that Kilat uses first.
    pub disks: Vec<Disk>,
    /// Network interfaces.
    pub network: Vec<Interface>,
    /// Sensors.
    pub temperatures: Vec<Temperature>,
    /// This process.
    pub process: Process,
    /// How long the journal's commits took in the last minute; none when there were none.
    pub commits: Option<CommitTimes>,
    /// The clock.
    pub clock: ClockState,
    /// What is wrong now, by name.
    pub alarms: Vec<Alarm>,
}

impl Machine {
    /// The fullest of the disks that Kilat uses.
    #[must_use]
    pub fn fullest(&self) -> Option<&Disk> {
        let own = self.disks.iter().filter(|disk| !disk.used_for.is_empty());
        own.max_by(|a, b| a.usage.unwrap_or(-1.0).total_cmp(&b.usage.unwrap_or(-1.0)))
    }

    /// The sooner of the times after which a disk that Kilat uses will be full.
    #[must_use]
    pub fn hours_until_full(&self) -> Option<f64> {
        self.disks.iter().filter(|disk| !disk.used_for.is_empty()).filter_map(|d| d.hours_until_full).reduce(f64::min)
    }

    /// The sum over what leads out of the machine; none where a part of it is not known.
    #[must_use]
    pub fn outward(&self, of: fn(&Interface) -> Option<f64>) -> Option<f64> {
        let mut outward = self.network.iter().filter(|interface| interface.is_outward).peekable();
        outward.peek()?;
        outward.map(of).sum()
    }

    /// The hottest sensor.
    #[must_use]
    pub fn hottest(&self) -> Option<f64> {
        self.temperatures.iter().map(|sensor| sensor.celsius).reduce(f64::max)
    }
}

/// Processors.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Cpu {
    /// Percent of all of them together that was busy.
    pub usage: Option<f64>,
    /// The same of each.
    pub per_core: Vec<f64>,
    /// How many there are.
    pub cores: Option<u32>,
    /// Tasks that ran or waited, means of 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
}

/// Memory of the machine, or of the container where that has less.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// Percent that is in use and cannot be freed at once.
    pub usage: f64,
    /// Bytes that are.
    pub used_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Whether `totalBytes` is a container's limit.
    pub is_limited: bool,
    /// Bytes on swap.
    pub swap_used_bytes: Option<u64>,
    /// Bytes of swap in all; 0 where there is none.
    pub swap_total_bytes: Option<u64>,
}

/// A disk, or another file system.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Disk {
    /// Where it is mounted, as far as that is text.
    pub mount: String,
    /// Its device, for example `sda1`.
    pub device: Option<String>,
    /// Its kind, for example `ext4`.
    pub file_system: Option<String>,
    /// What Kilat uses it for, for example `data folder`; empty when it does not.
    pub used_for: Vec<String>,
    /// Percent that is in use, of what this program may use. None while it does not answer.
    pub usage: Option<f64>,
    /// Bytes in use.
    pub used_bytes: Option<u64>,
    /// Bytes that this program may still write.
    pub free_bytes: Option<u64>,
    /// Bytes in all.
    pub total_bytes: Option<u64>,
    /// Bytes read a second.
    pub read_bytes_per_second: Option<f64>,
    /// Bytes written a second.
    pub written_bytes_per_second: Option<f64>,
    /// Percent of the time that it had something to do.
    pub busy: Option<f64>,
    /// Hours until it is full, if it goes on as in the last ten minutes; none when it does not fill, or too
    /// little is known.
    pub hours_until_full: Option<f64>,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Whether it is a way out of the machine: its traffic counts in sums.
    pub is_outward: bool,
    /// Bytes received a second.
    pub received_bytes_per_second: Option<f64>,
    /// Bytes sent a second.
    pub sent_bytes_per_second: Option<f64>,
    /// Packets with errors since the machine started.
    pub errors: u64,
    /// Packets dropped since then.
    pub dropped: u64,
}

/// A sensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Temperature {
    /// What it calls itself.
    pub name: String,
    /// Degrees.
    pub celsius: f64,
}

/// This process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// Percent of one processor; several threads may make it more than 100.
    pub cpu: Option<f64>,
    /// Bytes of memory that it holds.
    pub memory_bytes: Option<u64>,
    /// Threads.
    pub threads: Option<u32>,
    /// Open files and connections.
    pub open_files: Option<u64>,
    /// As many as it may open.
    pub open_files_limit: Option<u64>,
    /// Seconds since it started.
    pub uptime_seconds: u64,
}

/// How long commits of the journal took, each with its fsync.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommitTimes {
    /// How many there were.
    pub commits: u64,
    /// Half of them took no longer, in milliseconds, within 20 percent.
    pub p50_ms: f64,
    /// 99 of 100 took no longer, in the same way.
    pub p99_ms: f64,
    /// The longest, exactly.
    pub max_ms: f64,
}

/// Whether the wall clock can be believed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClockState {
    /// Whether the system says that something keeps it right (NTP, a time server); none where it does not tell.
    pub is_synchronized: Option<bool>,
    /// By how much it may be wrong, as the system estimates; none while it is not kept right.
    pub error_ms: Option<f64>,
    /// How often it was seen to jump against the time that passed, since Kilat started.
    pub jumps: u64,
    /// By how much it jumped last; a computer that slept jumps forward.
    pub last_jump_ms: Option<i64>,
}

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// The processors are busy.
    Cpu,
    /// Memory is short.
    Memory,
    /// A disk is fuller than it should be.
    Storage,
    /// A disk will be full soon.
    Filling,
}

impl AlarmKind {
    /// Its name, as on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Storage => "storage",
            Self::Filling => "filling",
        }
    }
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// About what.
    pub kind: AlarmKind,
    /// Which disk.
    pub place: Option<String>,
    /// Since when.
    pub since: Millis,
    /// How it is now, in the limit's unit; none while it cannot be measured.
    pub value: Option<f64>,
    /// What it should not be beyond: percent, or hours of a disk that fills.
    pub limit: f64,
    /// What happened and what to do, in words for a person.
    pub message: String,
}

/// What is kept of the machine's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Gauge {
    /// Percent of the processors.
    Cpu,
    /// Percent of the memory.
    Memory,
    /// Percent of the fullest disk that Kilat uses.
    Storage,
    /// Tasks that ran or waited.
    Load,
    /// Bytes received a second.
    NetworkIn,
    /// Bytes sent a second.
    NetworkOut,
    /// Bytes read a second from the disks that Kilat uses.
    DiskRead,
    /// Bytes written a second to them.
    DiskWritten,
    /// Degrees of the hottest sensor.
    Temperature,
    /// Milliseconds of the journal's commits, the 99th of 100.
    Commit,
    /// Percent of one processor that Kilat took.
    ProcessCpu,
    /// Bytes that Kilat held.
    ProcessMemory,
}

/// What was measured at one moment; what was not is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// When, by the wall clock.
    pub at: Millis,
    /// The values.
    pub values: BTreeMap<Gauge, f64>,
}

/// Several values of one gauge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Span {
    /// The least.
    pub min: f64,
    /// Their mean.
    pub avg: f64,
    /// The greatest.
    pub max: f64,
    /// How many they are.
    pub count: u32,
}

impl Span {
    /// Of one value.
    #[must_use]
    pub const fn of(value: f64) -> Self {
        Self { min: value, avg: value, max: value, count: 1 }
    }

    /// Of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let count = self.count.saturating_add(other.count);
        let sum = self.avg * f64::from(self.count) + other.avg * f64::from(other.count);
        let (min, max) = (self.min.min(other.min), self.max.max(other.max));
        Self { min, avg: (sum / f64::from(count.max(1))).clamp(min, max), max, count }
    }
}

/// What was measured in one piece of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// When it began, by the wall clock.
    pub at: Millis,
    /// What is known of it.
    pub spans: BTreeMap<Gauge, Span>,
}

impl Stretch {
    /// One that begins now and knows nothing.
    #[must_use]
    pub const fn new(at: Millis) -> Self {
        Self { at, spans: BTreeMap::new() }
    }

    /// Adds what is known of another piece.
    pub fn add(&mut self, spans: &BTreeMap<Gauge, Span>) {
        for (gauge, span) in spans {
            self.spans.entry(*gauge).and_modify(|known| *known = known.with(*span)).or_insert(*span);
        }
    }

    /// Adds a sample.
    pub fn note(&mut self, values: &BTreeMap<Gauge, f64>) {
        for (gauge, value) in values {
            let span = Span::of(*value);
            self.spans.entry(*gauge).and_modify(|known| *known = known.with(span)).or_insert(span);
        }
    }
}

/// The machine's part of the board: what was measured last, what of it was told, and ten minutes of samples.
#[derive(Debug, Default)]
pub(crate) struct Panel {
    pub(crate) latest: Option<Arc<Machine>>,
    pub(crate) told: Option<Arc<Machine>>,
    pub(crate) samples: VecDeque<Sample>,
}

impl Panel {
    pub(crate) fn note(&mut self, sample: Sample) {
        if self.samples.len() >= MAX_RECENT_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_mean_lies_between_the_least_and_the_greatest_whatever_is_joined(
            values in proptest::collection::vec(0.0..1e12_f64, 1..50), split in 0..50_usize,
        ) {
            let all = values.iter().copied().map(Span::of).reduce(Span::with).unwrap();
            let (left, right) = values.split_at(split.min(values.len()));
            let sides = [left, right].into_iter().filter_map(|v| v.iter().copied().map(Span::of).reduce(Span::with));
            let joined = sides.reduce(Span::with).unwrap();
            prop_assert!(all.min <= all.avg && all.avg <= all.max);
            prop_assert_eq!((all.min, all.max, all.count), (joined.min, joined.max, joined.count));
            prop_assert!((all.avg - joined.avg).abs() <= 1e-6 * all.max.max(1.0));
        }
    }

    #[test]
    fn ten_minutes_are_kept_and_not_one_sample_more() {
        let mut panel = Panel::default();
        for second in 0..2_000 {
            panel.note(Sample { at: Millis(second * 1_000), values: BTreeMap::new() });
        }
        assert_eq!(panel.samples.len(), MAX_RECENT_SAMPLES);
        assert_eq!(panel.samples.back().map(|sample| sample.at), Some(Millis(1_999_000)));
    }

    #[test]
    fn the_fullest_disk_is_one_that_kilat_uses() {
        let disk = |mount: &str, usage, used_for: &[&str]| Disk {
            mount: mount.to_owned(),
            usage,
            used_for: used_for.iter().map(|&what| what.to_owned()).collect(),
            hours_until_full: usage.map(|usage| 100.0 - usage),
            ..Disk::default()
        };
        let disks = vec![
            disk("/", Some(40.0), &["data folder"]),
            disk("/mnt", None, &["destination"]),
            disk("/boot", Some(99.0), &[]),
            disk("/ssd", Some(70.0), &["destination"]),
        ];
        let machine = Machine { disks, ..Machine::default() };
        assert_eq!(machine.fullest().map(|disk| disk.mount.as_str()), Some("/ssd"));
        assert_eq!(machine.hours_until_full(), Some(30.0));
    }
}
