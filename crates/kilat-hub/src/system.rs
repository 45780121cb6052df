//! How the server is, for people: well, or degraded and by what.
//!
//! Degraded for as long as `/api/health` is: a source is offline or a destination takes no copies. Other
//! problems are counted and have a list of their own.

use std::collections::BTreeMap;

use kilat_core::Machine;
use kilat_wire::{MachineSummary, Now, SystemStatus};
use serde_json::json;

/// Faults in the message; of more it says how many.
const MAX_WORDS: usize = 3;

/// The state that goes with what the page shows.
pub(crate) fn system_status(now: &Now, machine: Option<&Machine>, viewers: usize) -> SystemStatus {
    let machine = machine.map(machine_summary).unwrap_or_default();
    let data = BTreeMap::from([
        ("machine".to_owned(), json!(machine)),
        ("viewers".to_owned(), viewers.into()),
        ("problems".to_owned(), now.problems.len().into()),
        ("startedAt".to_owned(), now.started_at.clone().into()),
        ("version".to_owned(), now.version.clone().into()),
    ]);
    let (status, message) = match words(faults(now)) {
        None => ("ok", "Kilat is running".to_owned()),
        Some(words) => ("degraded", words),
    };
    SystemStatus { status: status.to_owned(), message, data }
}

/// The few numbers that a dashboard shows of the machine.
#[must_use]
pub fn machine_summary(machine: &Machine) -> MachineSummary {
    MachineSummary {
        measured_at: Some(machine.at.to_rfc3339()),
        cpu: machine.cpu.usage,
        memory: machine.memory.as_ref().map(|memory| memory.usage),
        storage: machine.fullest().and_then(|disk| disk.usage),
        load: machine.cpu.load.map(|[one, ..]| one),
        hours_until_full: machine.hours_until_full(),
        temperature: machine.hottest(),
        received_bytes_per_second: machine.outward(|interface| interface.received_bytes_per_second),
        sent_bytes_per_second: machine.outward(|interface| interface.sent_bytes_per_second),
        commit_ms: machine.commits.map(|commits| commits.p99_ms),
        alerts: machine.alarms.iter().map(|alarm| alarm.message.clone()).collect(),
    }
}

/// One for each place that is away.
fn faults(now: &Now) -> Vec<String> {
    let sources = now.sources.iter().filter(|source| !source.online);
    let sources = sources.map(|source| fault("hot folder", &source.path, source.reason.as_deref()));
    let destinations = now.destinations.iter().filter(|destination| !destination.up);
    let destinations =
        destinations.map(|destination| fault("destination", &destination.path, destination.reason.as_deref()));
    sources.chain(destinations).collect()
}

fn fault(kind: &str, path: &str, reason: Option<&str>) -> String {
    format!("{kind} {path}: {}", reason.unwrap_or("it is away"))
}

fn words(mut faults: Vec<String>) -> Option<String> {
    if faults.is_empty() {
        return None;
    }
    let more = faults.len().saturating_sub(MAX_WORDS);
    faults.truncate(MAX_WORDS);
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    Some(faults.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_faults_are_named_and_many_are_counted() {
        let faults =
            |count: usize| words((0..count).map(|n| fault("hot folder", &format!("/{n}"), Some("gone"))).collect());
        assert_eq!(faults(0), None);
        assert_eq!(faults(2).as_deref(), Some("hot folder /0: gone; hot folder /1: gone"));
        assert!(faults(40).is_some_and(|words| words.ends_with("hot folder /2: gone; and 37 more")));
    }
}
