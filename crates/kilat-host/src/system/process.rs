//! This process: memory, threads, open files.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use kilat_core::Process;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::{read_text, rounded};

/// Memory and threads by `/proc/self/status`.
pub(crate) fn parse(text: &str) -> (Option<u64>, Option<u32>) {
    let of = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let memory = of("VmRSS").and_then(|text| text.strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024));
    (memory, of("Threads").and_then(|text| text.parse().ok()))
}

/// What it is now. `before` is its processor time at the last look, and how long ago that was.
pub(crate) fn process(before: Option<(Duration, Duration)>, uptime: Duration) -> Process {
    let own = Path::new("/proc/self");
    let (memory_bytes, threads) = read_text(&own.join("status")).map(|text| parse(&text)).unwrap_or_default();
    Process {
        cpu: before.and_then(|(before, passed)| share(cpu_time().checked_sub(before)?, passed)),
        memory_bytes,
        threads,
        open_files: open_files(&own.join("fd")),
        open_files_limit: getrlimit(Resource::Nofile).current,
        uptime_seconds: uptime.as_secs(),
    }
}

fn share(used: Duration, passed: Duration) -> Option<f64> {
    (passed > Duration::ZERO).then(|| rounded(used.as_secs_f64() / passed.as_secs_f64() * 100.0))
}

/// Processor time of all its threads so far.
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn open_files(folder: &Path) -> Option<u64> {
    // Since Linux 6.2 the folder's size is their number: no list of twenty thousand to read.
    match fs::metadata(folder).ok()?.size() {
        0 => Some((fs::read_dir(folder).ok()?.count() as u64).saturating_sub(1)),
        number => Some(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_threads_are_read_and_nonsense_is_unknown() {
        assert_eq!(parse("Name:\tkilat\nVmRSS:\t   51234 kB\nThreads:\t9\n"), (Some(51_234 << 10), Some(9)));
        assert_eq!(parse("VmRSS: many kB\nThreads: -1\n"), (None, None));
    }

    #[test]
    fn an_opened_file_is_counted() {
        let before = process(None, Duration::ZERO).open_files.unwrap();
        let held: Vec<_> = (0..50).map(|_| tempfile::tempfile().unwrap()).collect();
        // Other tests open and close files of their own meanwhile.
        let after = process(None, Duration::ZERO).open_files.unwrap();
        assert!(after + 20 >= before + held.len() as u64, "{before} then {after}");
    }

    #[test]
    fn a_second_of_two_threads_in_a_second_is_200_percent() {
        assert_eq!(share(Duration::from_secs(2), Duration::from_secs(1)), Some(200.0));
        assert_eq!(share(Duration::from_secs(2), Duration::ZERO), None);
    }
}
