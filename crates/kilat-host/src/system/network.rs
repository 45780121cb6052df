//! Network interfaces: `/proc/net/dev`, and in `/sys` which of them are real.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use kilat_core::Interface;

use super::rate;

/// Interfaces told apart: a machine full of containers has hundreds that say nothing.
const MAX_INTERFACES: usize = 64;
/// The interface that leads nowhere.
const LOOPBACK: &str = "lo";

/// Counted since the machine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counters {
    received_bytes: u64,
    sent_bytes: u64,
    errors: u64,
    dropped: u64,
}

/// By interface; empty for what is not `/proc/net/dev`.
pub(crate) fn parse(text: &str) -> BTreeMap<String, Counters> {
    text.lines().filter_map(interface).take(MAX_INTERFACES).collect()
}

/// Eight numbers received, eight sent; bytes, packets, errors, dropped are the first of each.
fn interface(line: &str) -> Option<(String, Counters)> {
    let (name, numbers) = line.rsplit_once(':')?;
    let mut all = [0_u64; 16];
    let mut words = numbers.split_ascii_whitespace();
    for number in &mut all {
        *number = words.next()?.parse().ok()?;
    }
    let counters = Counters {
        received_bytes: all[0],
        sent_bytes: all[8],
        errors: all[2].saturating_add(all[10]),
        dropped: all[3].saturating_add(all[11]),
    };
    Some((name.trim().to_owned(), counters))
}

/// What happened between two looks. An interface that never carried anything is left out.
pub(crate) fn between(
    before: Option<&BTreeMap<String, Counters>>,
    after: &BTreeMap<String, Counters>,
    passed: Duration,
    is_real: impl Fn(&str) -> bool,
) -> Vec<Interface> {
    let used = after.iter().filter(|(_, now)| now.received_bytes > 0 || now.sent_bytes > 0);
    let mut interfaces: Vec<Interface> = used
        .map(|(name, now)| {
            let before = before.and_then(|before| before.get(name));
            let rate_of = |of: fn(&Counters) -> u64| before.and_then(|before| rate(of(before), of(now), passed));
            Interface {
                name: name.clone(),
                is_outward: is_real(name),
                received_bytes_per_second: rate_of(|counters| counters.received_bytes),
                sent_bytes_per_second: rate_of(|counters| counters.sent_bytes),
                errors: now.errors,
                dropped: now.dropped,
            }
        })
        .collect();
    // A container has none with hardware: then all that lead anywhere are its ways out.
    if !interfaces.iter().any(|interface| interface.is_outward) {
        interfaces.iter_mut().for_each(|interface| interface.is_outward = interface.name != LOOPBACK);
    }
    interfaces.sort_by_key(|interface| (!interface.is_outward, interface.name.clone()));
    interfaces
}

/// Whether hardware stands behind it: bridges and tunnels carry what another one carries, too.
pub(crate) fn is_real(sys: &Path, name: &str) -> bool {
    // A name holds no slash, and one of dots only is none.
    name.chars().any(|c| c != '.') && !name.contains('/') && sys.join("class/net").join(name).join("device").exists()
}

#[cfg(test)]
mod tests {
    use kilat_core::Machine;

    use super::*;

    fn outward(interfaces: &[Interface], of: fn(&Interface) -> Option<f64>) -> Option<f64> {
        Machine { network: interfaces.to_vec(), ..Machine::default() }.outward(of)
    }

    const DEV: &str =
        "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 5000 50    0    7    0     0          0         0  5000 50    0    0    0     0       0          0
  ifb0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0:10000 40    2    1    0     0          0         0  2000   26    3    0    0     0       0          0
docker0: 700 40    0    0    0     0          0         0  300   26    0    0    0     0       0          0
";

    #[test]
    fn rates_are_what_was_carried_and_only_real_interfaces_are_summed() {
        let before = parse(DEV);
        let after = parse(&DEV.replace("eth0:10000", "eth0:30000").replace("2000   26    3", "2500   26    4"));
        let seen = between(Some(&before), &after, Duration::from_secs(10), |name| name == "eth0");
        let names: Vec<_> = seen.iter().map(|interface| (interface.name.as_str(), interface.is_outward)).collect();
        assert_eq!(names, [("eth0", true), ("docker0", false), ("lo", false)]);
        assert_eq!((seen[0].received_bytes_per_second, seen[0].sent_bytes_per_second), (Some(2_000.0), Some(50.0)));
        assert_eq!((seen[0].errors, seen[0].dropped, seen[2].dropped), (6, 1, 7));
        assert_eq!(outward(&seen, |interface| interface.received_bytes_per_second), Some(2_000.0));
    }

    #[test]
    fn the_first_look_knows_no_rate_and_a_container_sums_what_it_has() {
        let seen = between(None, &parse(DEV), Duration::from_secs(10), |_| false);
        assert_eq!(outward(&seen, |interface| interface.sent_bytes_per_second), None);
        assert!(seen.iter().all(|interface| interface.is_outward == (interface.name != "lo")));
        assert_eq!(outward(&[], |interface| interface.sent_bytes_per_second), None);
    }

    #[test]
    fn a_name_is_only_looked_up_where_names_are() {
        let sys = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(sys.path().join("class/net/eth0/device")).unwrap();
        std::fs::create_dir_all(sys.path().join("class/device")).unwrap();
        assert!(is_real(sys.path(), "eth0"));
        assert!(!is_real(sys.path(), "..") && !is_real(sys.path(), "../net/eth0") && !is_real(sys.path(), "lo"));
    }
}
