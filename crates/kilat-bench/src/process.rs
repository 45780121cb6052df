//! What a process costs, as the kernel counts it: processor time and memory.

use std::fs;
use std::io;
use std::time::Duration;

/// The kernel's clock ticks a second in /proc: part of its interface to programs, whatever it was built with.
const TICKS: u64 = 100;

/// Processor time of a process, of its children that ended, and of those that run.
pub(crate) fn cpu(pid: i32) -> io::Result<Duration> {
    let mut ticks = stat(pid)?.ticks;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(child) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        match stat(child) {
            Ok(stat) if stat.parent == pid => ticks += stat.ticks,
            // Another's, or ended meanwhile: then the parent has its time.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(ticks_to_time(ticks))
}

/// Processor time of our own children that have ended.
pub(crate) fn cpu_of_ended_children() -> io::Result<Duration> {
    let text = fs::read_to_string("/proc/self/stat")?;
    parse(&text).map(|stat| ticks_to_time(stat.children)).ok_or_else(|| io::Error::other("/proc/self/stat is strange"))
}

/// Bytes in memory now, and at most so far.
pub(crate) fn memory(pid: i32) -> io::Result<(u64, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1_024)
    };
    field("VmRSS:").zip(field("VmHWM:")).ok_or_else(|| io::Error::other("/proc tells no memory"))
}

struct Stat {
    parent: i32,
    /// Its own and those of its children that ended.
    ticks: u64,
    children: u64,
}

fn stat(pid: i32) -> io::Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse(&text).ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat is strange")))
}

/// Fields 4 (parent), 14 to 17 (times) of `stat`, counted behind the name, which may hold anything.
fn parse(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    let children = number(16)? + number(17)?;
    Some(Stat { parent: fields.get(1)?.parse().ok()?, ticks: number(14)? + number(15)? + children, children })
}

fn ticks_to_time(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1_000 / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_bracket_does_not_shift_the_fields() {
        let stat = parse("7 (a) b) S 3 7 7 0 -1 0 0 0 0 0 11 22 33 44 20 0 1 0").expect("readable");
        assert_eq!((stat.parent, stat.ticks, stat.children), (3, 110, 77));
    }

    #[test]
    fn our_own_process_has_memory() {
        let (now, most) = memory(std::process::id() as i32).expect("Linux");
        assert!(now > 0 && most >= now);
    }
}
