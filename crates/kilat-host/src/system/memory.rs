//! Memory: `/proc/meminfo`, and a container's limit where that is less.

use kilat_core::Memory;

use super::cgroup::Usage;
use super::percent;

/// What the machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryInfo {
    total_bytes: u64,
    available_bytes: u64,
    swap: Option<(u64, u64)>,
}

/// None for what is not `/proc/meminfo`.
pub(crate) fn parse(text: &str) -> Option<MemoryInfo> {
    let of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let (kib, unit) = line.trim().split_once(' ')?;
        if unit == "kB" { kib.parse::<u64>().ok()?.checked_mul(1_024) } else { None }
    };
    let total_bytes = of("MemTotal").filter(|total| *total > 0)?;
    // Kernels before 3.14 do not tell what is available: what is free or can be dropped comes near.
    let available =
        of("MemAvailable").or_else(|| of("MemFree")?.checked_add(of("Buffers")?)?.checked_add(of("Cached")?));
    let swap = of("SwapTotal").and_then(|total| Some((total.checked_sub(of("SwapFree")?)?, total)));
    Some(MemoryInfo { total_bytes, available_bytes: available?.min(total_bytes), swap })
}

/// The container's where it has less than the machine, else the machine's.
pub(crate) fn memory(info: MemoryInfo, container: Option<Usage>) -> Option<Memory> {
    let container = container.filter(|container| container.limit_bytes < info.total_bytes);
    let (used_bytes, total_bytes) = match container {
        Some(container) => (container.used_bytes.min(container.limit_bytes), container.limit_bytes),
        None => (info.total_bytes - info.available_bytes, info.total_bytes),
    };
    Some(Memory {
        usage: percent(used_bytes, total_bytes)?,
        used_bytes,
        total_bytes,
        is_limited: container.is_some(),
        swap_used_bytes: info.swap.map(|(used, _)| used),
        swap_total_bytes: info.swap.map(|(_, total)| total),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str = "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:   12000 kB\n\
                           Buffers:          10 kB\nCached:          500 kB\nSwapTotal:      2000 kB\nSwapFree:       1500 kB\n";

    #[test]
    fn what_can_be_dropped_is_not_in_use() {
        let memory = memory(parse(MEMINFO).unwrap(), None).unwrap();
        assert_eq!((memory.usage, memory.used_bytes, memory.total_bytes), (25.0, 4_000 << 10, 16_000 << 10));
        assert_eq!((memory.swap_used_bytes, memory.swap_total_bytes), (Some(500 << 10), Some(2_000 << 10)));
        assert!(!memory.is_limited);
    }

    #[test]
    fn an_old_kernel_tells_what_is_available_in_parts() {
        let info = parse(&MEMINFO.replace("MemAvailable", "Other")).unwrap();
        assert_eq!(info.available_bytes, 1_510 << 10);
    }

    #[test]
    fn the_smaller_of_the_container_and_the_machine_counts() {
        let info = parse(MEMINFO).unwrap();
        let small = memory(info, Some(Usage { used_bytes: 3 << 20, limit_bytes: 4 << 20 })).unwrap();
        assert_eq!((small.usage, small.total_bytes, small.is_limited), (75.0, 4 << 20, true));
        let none = memory(info, Some(Usage { used_bytes: 3 << 20, limit_bytes: u64::MAX >> 1 })).unwrap();
        assert_eq!((none.usage, none.is_limited), (25.0, false));
    }

    #[test]
    fn what_is_no_such_file_is_unknown() {
        for text in ["", "MemTotal: 0 kB", "MemTotal: 5 MB", "MemTotal: 16000 kB", "MemTotal:\nMemAvailable: 3 kB"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
