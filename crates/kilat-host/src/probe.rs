//! One look at the machine: the kernel's counters joined with those of the look before.
//!
//! Blocks, for a fraction of a millisecond; only disks of this machine are asked for their room, since a
//! network mount may hang. What cannot be measured is absent.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kilat_core::{
    Clock, CommitTimes, DeviceNumber, Disk, Gauge, Interface, Machine, Mount, Sample, Temperature, holder, parse_mounts,
};

use crate::system::disks::Io;
use crate::system::{cgroup, clock, cpu, disks, memory, network, percent, process, read, read_text, rounded, sensors};

/// Looks between two at what changes slowly: room, temperatures, the kernel's clock.
const SLOW_LOOKS: u64 = 10;
/// Room remembered of each disk: ten minutes.
const MAX_ROOM_LOOKS: usize = 60;
/// Shortest past that says how fast a disk fills.
const MIN_PAST: Duration = Duration::from_secs(120);
/// Disks told: those that Kilat uses come first.
const MAX_DISKS: usize = 32;

/// A folder that Kilat uses, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The folder.
    pub folder: PathBuf,
    /// For example `data folder`.
    pub what: String,
}

/// Bytes in use at a moment of the time that passes.
type Past = VecDeque<(Duration, u64)>;

/// What the looks before left behind.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    looks: u64,
    started: Option<Duration>,
    last: Option<Duration>,
    cpu: Option<cpu::CpuTicks>,
    network: Option<BTreeMap<String, network::Counters>>,
    io: BTreeMap<DeviceNumber, (String, Io)>,
    process_time: Duration,
    limit: Option<cgroup::Limit>,
    sensors: Vec<sensors::Sensor>,
    temperatures: Vec<Temperature>,
    kernel: Option<clock::KernelClock>,
    jumps: clock::Jumps,
    mounts: Vec<Mount>,
    room: BTreeMap<PathBuf, Past>,
    known: BTreeMap<PathBuf, Room>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    used_bytes: u64,
    free_bytes: u64,
    total_bytes: u64,
}

impl Probe {
    /// Looks at everything; every tenth look also at what changes slowly.
    pub(crate) fn look(&mut self, uses: &[Use], commits: Option<CommitTimes>, clock: &dyn Clock) -> (Machine, Sample) {
        let (at, now) = (clock.now(), clock.monotonic());
        let passed = self.last.replace(now).map_or(Duration::ZERO, |last| now.saturating_sub(last));
        let uptime = now.saturating_sub(*self.started.get_or_insert(now));
        self.jumps.look(clock);
        if self.looks.is_multiple_of(SLOW_LOOKS) {
            self.look_slowly(uses, now);
        }
        self.looks += 1;

        let ticks = proc_text("stat").and_then(|text| cpu::parse(&text));
        let load = proc_text("loadavg").and_then(|text| cpu::parse_load(&text));
        let cpu = ticks.as_ref().map(|ticks| cpu::between(self.cpu.as_ref(), ticks, load)).unwrap_or_default();
        self.cpu = ticks;
        let container = self.limit.as_ref().and_then(cgroup::Limit::usage);
        let memory =
            proc_text("meminfo").and_then(|text| memory::parse(&text)).and_then(|info| memory::memory(info, container));
        let counters = proc_text("net/dev").map(|text| network::parse(&text)).unwrap_or_default();
        let is_real = |name: &str| network::is_real(Path::new("/sys"), name);
        let network = network::between(self.network.as_ref(), &counters, passed, is_real);
        self.network = Some(counters);
        let io = proc_text("diskstats").map(|text| disks::parse_io(&text)).unwrap_or_default();
        let disks = self.disks(uses, &io, passed, now);
        self.io = io;
        let time = process::cpu_time();
        let before = (passed > Duration::ZERO).then_some((self.process_time, passed));
        let process = process::process(before, uptime);
        self.process_time = time;

        let clock = self.jumps.state(self.kernel);
        let temperatures = self.temperatures.clone();
        let machine =
            Machine { at, cpu, memory, disks, network, temperatures, process, commits, clock, alarms: Vec::new() };
        let sample = Sample { at, values: values(&machine) };
        (machine, sample)
    }

    fn look_slowly(&mut self, uses: &[Use], now: Duration) {
        self.kernel = clock::kernel_clock();
        let own = read_text(Path::new("/proc/self/cgroup")).unwrap_or_default();
        self.limit = cgroup::find(Path::new("/sys/fs/cgroup"), &own);
        self.sensors = sensors::find(Path::new("/sys"));
        self.temperatures = sensors::read(&self.sensors);
        self.mounts = read(Path::new("/proc/self/mountinfo")).map(|text| parse_mounts(&text)).unwrap_or_default();
        self.known.clear();
        let own = uses.iter().filter_map(|used| holder(&self.mounts, &used.folder));
        let local = self.mounts.iter().filter(|mount| mount.is_local_disk());
        for mount in own.chain(local) {
            if self.known.len() >= MAX_DISKS {
                break;
            }
            if self.known.contains_key(&mount.point) {
                continue;
            }
            if let Some(room) = is_asked(mount).then(|| room(&mount.point)).flatten() {
                self.known.insert(mount.point.clone(), room);
                note(self.room.entry(mount.point.clone()).or_default(), now, room.used_bytes);
            }
        }
        self.room.retain(|point, _| self.known.contains_key(point));
    }

    fn disks(
        &self,
        uses: &[Use],
        io: &BTreeMap<DeviceNumber, (String, Io)>,
        passed: Duration,
        now: Duration,
    ) -> Vec<Disk> {
        let mut by_mount: BTreeMap<&Path, (&Mount, Vec<String>)> = BTreeMap::new();
        for mount in self.mounts.iter().filter(|mount| mount.is_local_disk()) {
            by_mount.insert(&mount.point, (mount, Vec::new()));
        }
        for used in uses {
            let Some(mount) = holder(&self.mounts, &used.folder) else { continue };
            let (_, what) = by_mount.entry(&mount.point).or_insert((mount, Vec::new()));
            if !what.contains(&used.what) {
                what.push(used.what.clone());
            }
        }
        let disk = |(mount, used_for): (&Mount, Vec<String>)| {
            let room = self.known.get(&mount.point);
            let rates = self.io.get(&mount.number).zip(io.get(&mount.number));
            let rates = rates.map(|((_, before), (_, after))| disks::io_between(*before, *after, passed));
            let fills = room.zip(self.room.get(&mount.point));
            Disk {
                mount: mount.point.to_string_lossy().into_owned(),
                device: mount.device(),
                file_system: Some(mount.file_system.clone()),
                used_for,
                usage: room.and_then(|room| percent(room.used_bytes, room.used_bytes.saturating_add(room.free_bytes))),
                used_bytes: room.map(|room| room.used_bytes),
                free_bytes: room.map(|room| room.free_bytes),
                total_bytes: room.map(|room| room.total_bytes),
                read_bytes_per_second: rates.as_ref().and_then(|rates| rates.read),
                written_bytes_per_second: rates.as_ref().and_then(|rates| rates.written),
                busy: rates.as_ref().and_then(|rates| rates.busy),
                hours_until_full: fills.and_then(|(room, past)| hours_until_full(past, now, room.free_bytes)),
            }
        };
        let mut disks: Vec<Disk> = by_mount.into_values().map(disk).collect();
        disks.sort_by_key(|disk| disk.used_for.is_empty());
        disks.truncate(MAX_DISKS);
        disks
    }
}

fn proc_text(name: &str) -> Option<String> {
    read_text(&Path::new("/proc").join(name))
}

/// Disks of this machine, and a container's root: neither hangs.
fn is_asked(mount: &Mount) -> bool {
    mount.is_local_disk() || mount.file_system == "overlay" || mount.file_system == "tmpfs"
}

fn room(point: &Path) -> Option<Room> {
    let stat = rustix::fs::statvfs(point).ok()?;
    let bytes = |blocks: u64| blocks.checked_mul(stat.f_frsize);
    let total_bytes = bytes(stat.f_blocks).filter(|total| *total > 0)?;
    Some(Room {
        used_bytes: bytes(stat.f_blocks.saturating_sub(stat.f_bfree))?,
        free_bytes: bytes(stat.f_bavail)?,
        total_bytes,
    })
}

fn note(past: &mut Past, now: Duration, used_bytes: u64) {
    if past.len() >= MAX_ROOM_LOOKS {
        past.pop_front();
    }
    past.push_back((now, used_bytes));
}

/// If it goes on as it did; none when it does not fill, or too little is known.
fn hours_until_full(past: &Past, now: Duration, free_bytes: u64) -> Option<f64> {
    let ((since, before), (_, used)) = (past.front()?, past.back()?);
    let passed = now.checked_sub(*since).filter(|passed| *passed >= MIN_PAST)?;
    let grown = used.checked_sub(*before).filter(|grown| *grown > 0)?;
    Some(rounded(free_bytes as f64 / (grown as f64 / passed.as_secs_f64()) / 3_600.0))
}

fn values(machine: &Machine) -> BTreeMap<Gauge, f64> {
    let own = |of: fn(&Disk) -> Option<f64>| {
        let known = machine.disks.iter().filter(|disk| !disk.used_for.is_empty()).filter_map(of);
        known.reduce(|sum, rate| sum + rate)
    };
    let outward = |of: fn(&Interface) -> Option<f64>| machine.outward(of);
    let values = [
        (Gauge::Cpu, machine.cpu.usage),
        (Gauge::Memory, machine.memory.as_ref().map(|memory| memory.usage)),
        (Gauge::Storage, machine.fullest().and_then(|disk| disk.usage)),
        (Gauge::Load, machine.cpu.load.map(|[one, ..]| one)),
        (Gauge::NetworkIn, outward(|interface| interface.received_bytes_per_second)),
        (Gauge::NetworkOut, outward(|interface| interface.sent_bytes_per_second)),
        (Gauge::DiskRead, own(|disk| disk.read_bytes_per_second)),
        (Gauge::DiskWritten, own(|disk| disk.written_bytes_per_second)),
        (Gauge::Temperature, machine.hottest()),
        (Gauge::Commit, machine.commits.map(|commits| commits.p99_ms)),
        (Gauge::ProcessCpu, machine.process.cpu),
        (Gauge::ProcessMemory, machine.process.memory_bytes.map(|bytes| bytes as f64)),
    ];
    values.into_iter().filter_map(|(gauge, value)| Some((gauge, value?))).collect()
}

#[cfg(test)]
mod tests {
    use kilat_core::ManualClock;

    use super::*;

    #[test]
    fn a_disk_that_fills_steadily_is_full_when_the_room_is_gone() {
        let mut past = Past::new();
        for look in 0..100_u64 {
            note(&mut past, Duration::from_secs(look * 10), look * 1_000);
        }
        assert_eq!(past.len(), MAX_ROOM_LOOKS);
        assert_eq!(hours_until_full(&past, Duration::from_secs(990), 100 * 3_600), Some(1.0));
    }

    #[test]
    fn a_disk_that_empties_or_is_hardly_known_has_no_hour() {
        let past =
            |looks: &[(u64, u64)]| looks.iter().map(|(at, used)| (Duration::from_secs(*at), *used)).collect::<Past>();
        let full = |past: &Past, now| hours_until_full(past, Duration::from_secs(now), 1_000);
        assert_eq!(full(&Past::new(), 600), None);
        assert_eq!(full(&past(&[(0, 1), (10, 100)]), 10), None);
        assert_eq!(full(&past(&[(0, 100), (600, 100)]), 600), None);
        assert_eq!(full(&past(&[(0, 100), (600, 50)]), 600), None);
    }

    #[test]
    fn the_first_look_knows_no_rates_and_the_second_no_share_beyond_its_range() {
        let clock = ManualClock::at_ms(1_795_000_000_000);
        let folder = tempfile::tempdir().unwrap();
        let uses = [Use { folder: folder.path().to_owned(), what: "data folder".to_owned() }];
        let mut probe = Probe::default();
        let (first, _) = probe.look(&uses, None, &clock);
        assert_eq!((first.cpu.usage, first.process.cpu), (None, None));
        assert!(first.network.iter().all(|interface| interface.received_bytes_per_second.is_none()));
        assert_eq!(first.disks.first().map(|disk| disk.used_for.clone()), Some(vec!["data folder".to_owned()]));
        clock.advance(Duration::from_secs(1));
        let (second, sample) = probe.look(&uses, None, &clock);
        assert!(second.cpu.usage.is_none_or(|usage| (0.0..=100.0).contains(&usage)));
        assert_eq!(sample.values.get(&Gauge::Commit), None);
        assert!(second.process.cpu.is_some());
    }

    #[test]
    fn what_a_look_costs_is_printed_and_is_not_ten_times_what_is_allowed() {
        let clock = ManualClock::at_ms(1_795_000_000_000);
        let (mut probe, looks) = (Probe::default(), 100_u32);
        let before = process::cpu_time();
        for _ in 0..looks {
            clock.advance(Duration::from_secs(1));
            probe.look(&[], None, &clock);
        }
        let each = (process::cpu_time() - before) / looks;
        println!("one look: {each:?} of processor time");
        // A release build alone is held to 1 ms, a thousandth of the second between two; here is no optimisation, and
        // the other tests' threads count.
        assert!(each < Duration::from_millis(10), "{each:?}");
    }
}
