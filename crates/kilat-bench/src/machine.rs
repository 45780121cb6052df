//! One line that says on what was measured, in general terms.

use std::fs;
use std::path::Path;

/// Cores, memory, kernel and the file system below `folder`.
#[must_use]
pub fn machine(folder: &Path) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let memory = read("/proc/meminfo");
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    let gigabytes = memory.and_then(|kib| kib.parse::<u64>().ok()).map_or(0, |kib| kib / 1_000_000);
    let version = kernel.trim().split(['-', '+']).next().unwrap_or_default().to_owned();
    format!("{cores} cores, {gigabytes} GB of memory, Linux {version}, {}", file_system(folder))
}

/// Type and kind of device of the mount that holds `folder`.
fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = read("/proc/self/mounts");
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let held = fields.filter(|fields| fields.len() > 2 && folder.starts_with(fields[1]));
    let Some(mount) = held.max_by_key(|fields| fields[1].len()) else { return "an unknown file system".to_owned() };
    let device = match mount[0] {
        name if name.starts_with("/dev/vd") => "a virtio disk",
        name if name.starts_with("/dev/nvme") => "NVMe",
        name if name.starts_with("/dev/loop") => "a loop device",
        name if name.starts_with("/dev/") => "a disk",
        _ => "no disk",
    };
    format!("{} on {device}", mount[2])
}

fn read(path: &str) -> String {
    // A machine that does not tell is described by what it tells.
    fs::read_to_string(path).unwrap_or_default()
}
