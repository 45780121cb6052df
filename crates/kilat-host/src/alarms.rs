//! What is wrong with the machine: one alarm for each kind and disk, one notice when it begins and one when it ends.
//!
//! An alarm ends only when its value is clearly well again, so that one that wavers is one notice. Alarms outlive a
//! restart: they are found again in the notices that told of them.

use std::collections::{BTreeMap, BTreeSet};

use kilat_core::{Alarm, AlarmKind, Disk, Gauge, Machine, Millis, Notice, NoticeKind, Priority, Stretch, Thresholds};

/// How far below its limit, in percent, a value must be for its alarm to end.
const SLACK: f64 = 5.0;
/// A disk that is full sooner, at the rate of ten minutes, is worth a word: time to fetch another one.
const FILLING_HOURS: f64 = 2.0;
/// From here on it is well again.
const FILLING_WELL_HOURS: f64 = 3.0;
/// Before that no disk's rate is known, so that none says nothing.
const RATES_KNOWN_SECONDS: u64 = 180;
/// Notices that wait for the journal: both of each alarm of 32 disks, and of the rest.
pub(crate) const MAX_NOTICES: usize = 132;

type Key = (AlarmKind, Option<String>);

/// What is wrong now; one of each kind and disk.
#[derive(Debug, Default)]
pub(crate) struct Alarms(BTreeMap<Key, Alarm>);

/// A value beside its limit.
struct Seen {
    key: Key,
    value: Option<f64>,
    limit: f64,
    is_beyond: bool,
    /// Clearly, so that an alarm ends.
    is_well: bool,
    /// Well as soon as somebody changed the limit.
    is_within: bool,
}

impl Alarms {
    /// Those that began and did not end, by their notices; the newest first.
    pub(crate) fn still_on<'a>(newest: impl IntoIterator<Item = &'a Notice>) -> Self {
        let (mut told, mut alarms) = (BTreeSet::new(), BTreeMap::new());
        for notice in newest {
            let Some(kind) = notice.data.get("alarm").and_then(|name| named(name)) else { continue };
            let key = (kind, notice.data.get("path").cloned());
            let limit = notice.data.get("limit").and_then(|limit| limit.parse().ok());
            let is_on = notice.data.get("step").is_some_and(|step| step == "began");
            if let (true, true, Some(limit)) = (told.insert(key.clone()), is_on, limit) {
                let (since, message) = (notice.at, notice.message.clone());
                let alarm = Alarm { kind, place: key.1.clone(), since, value: None, limit, message };
                alarms.insert(key, alarm);
            }
        }
        Self(alarms)
    }

    pub(crate) fn now(&self) -> Vec<Alarm> {
        self.0.values().cloned().collect()
    }

    /// Notices for what began or ended. Without a whole minute only what needs no mean of it is looked at.
    pub(crate) fn look(&mut self, minute: Option<&Stretch>, machine: &Machine, limits: Thresholds) -> Vec<Notice> {
        let mean = |kind, gauge| match minute {
            Some(row) => row.spans.get(&gauge).map(|span| span.avg),
            // That of the minute before, as far as it is known.
            None => self.0.get(&(kind, None)).and_then(|alarm| alarm.value),
        };
        let (cpu, memory) = (mean(AlarmKind::Cpu, Gauge::Cpu), mean(AlarmKind::Memory, Gauge::Memory));
        let mut seen = vec![
            share((AlarmKind::Cpu, None), cpu, limits.cpu),
            share((AlarmKind::Memory, None), memory, limits.memory),
        ];
        for disk in machine.disks.iter().filter(|disk| !disk.used_for.is_empty()) {
            let place = Some(disk.mount.clone());
            seen.push(share((AlarmKind::Storage, place), disk.usage, limits.storage));
            seen.push(filling(disk, limits.storage, machine.process.uptime_seconds));
        }
        let mut notices = self.gone(&seen);
        notices.extend(seen.into_iter().filter_map(|seen| self.look_at(seen, machine.at)));
        notices
    }

    /// A disk that is used no more is no longer full.
    fn gone(&mut self, seen: &[Seen]) -> Vec<Notice> {
        let is_gone = |key: &Key| !seen.iter().any(|seen| seen.key == *key);
        let gone = self.0.extract_if(.., |key, _| is_gone(key));
        gone.map(|(_, alarm)| ended_notice(&Alarm { value: None, ..alarm })).collect()
    }

    fn look_at(&mut self, seen: Seen, at: Millis) -> Option<Notice> {
        let Seen { key, value, limit, is_beyond, is_well, is_within } = seen;
        if let Some(alarm) = self.0.get_mut(&key) {
            // Slack is against wavering: a limit that somebody raised ends at once what is within it.
            let has_ended = if alarm.limit == limit { is_well } else { is_within };
            alarm.value = value;
            alarm.limit = limit;
            return has_ended.then(|| self.0.remove(&key).map(|alarm| ended_notice(&alarm))).flatten();
        }
        let value = value.filter(|_| is_beyond)?;
        let (kind, place) = key.clone();
        let message = message(kind, place.as_deref(), value, limit);
        let alarm = Alarm { kind, place, since: at, value: Some(value), limit, message };
        let notice = began_notice(&alarm);
        self.0.insert(key, alarm);
        Some(notice)
    }
}

fn named(name: &str) -> Option<AlarmKind> {
    let all = [AlarmKind::Cpu, AlarmKind::Memory, AlarmKind::Storage, AlarmKind::Filling];
    all.into_iter().find(|kind| kind.as_str() == name)
}

/// Percent that should not be reached; at 100 nothing ever is beyond.
fn share(key: Key, value: Option<f64>, percent: u8) -> Seen {
    let (is_off, limit) = (percent >= 100, f64::from(percent));
    Seen {
        key,
        value,
        limit,
        is_beyond: !is_off && value.is_some_and(|value| value >= limit),
        is_well: is_off || value.is_some_and(|value| value < limit - SLACK),
        is_within: is_off || value.is_some_and(|value| value < limit),
    }
}

/// Hours that should be left; told for as long as the storage's share is.
fn filling(disk: &Disk, percent: u8, uptime_seconds: u64) -> Seen {
    let (is_off, hours) = (percent >= 100, disk.hours_until_full);
    let is_still = hours.is_none() && disk.usage.is_some() && uptime_seconds >= RATES_KNOWN_SECONDS;
    let is_well = is_off || is_still || hours.is_some_and(|hours| hours > FILLING_WELL_HOURS);
    Seen {
        key: (AlarmKind::Filling, Some(disk.mount.clone())),
        value: hours,
        limit: FILLING_HOURS,
        is_beyond: !is_off && hours.is_some_and(|hours| hours <= FILLING_HOURS),
        is_well,
        is_within: is_well,
    }
}

fn message(kind: AlarmKind, place: Option<&str>, value: f64, limit: f64) -> String {
    let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
    let share = format!("{place}{value:.0} % in use, beyond {limit:.0} %.");
    match kind {
        AlarmKind::Cpu => {
            format!("{share} The processors were busy for a minute. Close other programs; uploads may be slower.")
        }
        AlarmKind::Memory => {
            format!("{share} Memory was short for a minute. Close other programs before the system ends one.")
        }
        AlarmKind::Storage => format!("{share} Free some room there, or name another disk."),
        AlarmKind::Filling => format!(
            "{place}full in {:.0} minutes at the rate of the last ten. Free some room there, or name another disk.",
            value * 60.0
        ),
    }
}

fn began_notice(alarm: &Alarm) -> Notice {
    let (title, priority) = match alarm.kind {
        AlarmKind::Cpu => ("Processors nearly used up", Priority::Medium),
        AlarmKind::Memory => ("Memory nearly used up", Priority::High),
        AlarmKind::Storage => ("Disk nearly used up", Priority::High),
        AlarmKind::Filling => ("Disk full soon", Priority::High),
    };
    notice(alarm, "began", title, alarm.message.clone(), priority)
}

fn ended_notice(alarm: &Alarm) -> Notice {
    let (title, now) = match (alarm.kind, alarm.value) {
        (AlarmKind::Cpu, value) => ("Processors well again", share_now(value, alarm.limit)),
        (AlarmKind::Memory, value) => ("Memory well again", share_now(value, alarm.limit)),
        (AlarmKind::Storage, value) => ("Disk well again", share_now(value, alarm.limit)),
        (AlarmKind::Filling, Some(hours)) => ("Disk fills slower", format!("Full in {hours:.0} hours at this rate.")),
        (AlarmKind::Filling, None) => ("Disk fills no more", "It does not fill any more.".to_owned()),
    };
    let place = alarm.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    notice(alarm, "ended", title, format!("{place}{now}"), Priority::Low)
}

fn share_now(value: Option<f64>, limit: f64) -> String {
    match value {
        Some(value) => format!("{value:.0} % in use now, the limit is {limit:.0} %."),
        None => "Nobody asks for it any more.".to_owned(),
    }
}

fn notice(alarm: &Alarm, step: &str, title: &str, message: String, priority: Priority) -> Notice {
    let kind = match alarm.kind {
        AlarmKind::Cpu | AlarmKind::Memory => NoticeKind::System,
        AlarmKind::Storage | AlarmKind::Filling => NoticeKind::StorageWarning,
    };
    let place = alarm.place.as_deref().unwrap_or_default();
    let mut data = BTreeMap::from([
        ("alarm".to_owned(), alarm.kind.as_str().to_owned()),
        ("step".to_owned(), step.to_owned()),
        ("limit".to_owned(), alarm.limit.to_string()),
    ]);
    data.extend(alarm.value.map(|value| ("value".to_owned(), value.to_string())));
    data.extend(alarm.place.clone().map(|place| ("path".to_owned(), place)));
    let id = format!("machine-{}-{place}-{}-{step}", alarm.kind.as_str(), alarm.since.0);
    let title = title.to_owned();
    Notice { id, kind, title, message, priority, data, event: None, at: alarm.since, silent: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(disk: Option<f64>, hours: Option<f64>) -> Machine {
        let used_for = vec!["data folder".to_owned()];
        let own = Disk { mount: "/".to_owned(), usage: disk, used_for, hours_until_full: hours, ..Disk::default() };
        let other = Disk { mount: "/boot".to_owned(), usage: Some(100.0), ..Disk::default() };
        let mut machine = Machine { at: Millis(7), disks: vec![own, other], ..Machine::default() };
        machine.process.uptime_seconds = RATES_KNOWN_SECONDS;
        machine
    }

    fn ids(notices: Vec<Notice>) -> Vec<String> {
        notices.into_iter().map(|notice| notice.id).collect()
    }

    fn minute(alarms: &mut Alarms, cpu: Option<f64>, disk: Option<f64>) -> Vec<String> {
        let mut row = Stretch::new(Millis(1));
        row.note(&cpu.map(|cpu| (Gauge::Cpu, cpu)).into_iter().collect());
        ids(alarms.look(Some(&row), &machine(disk, None), Thresholds::default()))
    }

    #[test]
    fn an_alarm_that_wavers_about_its_limit_is_one_notice_and_ends_clearly_below() {
        let mut alarms = Alarms::default();
        assert_eq!(minute(&mut alarms, Some(89.9), None), [""; 0]);
        assert_eq!(minute(&mut alarms, Some(90.0), None), ["machine-cpu--7-began"]);
        for wavering in [89.0, 91.0, 85.0] {
            assert_eq!(minute(&mut alarms, Some(wavering), None), [""; 0]);
        }
        assert_eq!(minute(&mut alarms, Some(84.9), None), ["machine-cpu--7-ended"]);
        assert_eq!(alarms.now(), []);
    }

    #[test]
    fn what_cannot_be_measured_neither_begins_nor_ends_an_alarm() {
        let mut alarms = Alarms::default();
        assert_eq!(minute(&mut alarms, None, None), [""; 0]);
        assert_eq!(minute(&mut alarms, None, Some(95.0)), ["machine-storage-/-7-began"]);
        assert_eq!(minute(&mut alarms, None, None), [""; 0]);
        assert_eq!(alarms.now().len(), 1);
        assert_eq!(alarms.now()[0].value, None);
    }

    #[test]
    fn a_limit_that_is_raised_ends_at_once_what_is_within_it_and_100_ends_everything() {
        let mut alarms = Alarms::default();
        let full = machine(Some(88.0), Some(1.0));
        let mut look = |storage| ids(alarms.look(None, &full, Thresholds { storage, ..Thresholds::default() }));
        assert_eq!(look(80), ["machine-storage-/-7-began", "machine-filling-/-7-began"]);
        assert_eq!(look(80), [""; 0]);
        assert_eq!(look(90), ["machine-storage-/-7-ended"]);
        assert_eq!(look(1), ["machine-storage-/-7-began"]);
        assert_eq!(look(100), ["machine-storage-/-7-ended", "machine-filling-/-7-ended"]);
        assert_eq!(look(100), [""; 0]);
    }

    #[test]
    fn a_disk_that_fills_within_two_hours_is_told_until_it_fills_slower_or_no_more() {
        let mut alarms = Alarms::default();
        let mut look = |hours, uptime_seconds| {
            let mut machine = machine(Some(40.0), hours);
            machine.process.uptime_seconds = uptime_seconds;
            ids(alarms.look(None, &machine, Thresholds::default()))
        };
        assert_eq!(look(Some(2.1), 600), [""; 0]);
        assert_eq!(look(Some(2.0), 600), ["machine-filling-/-7-began"]);
        assert_eq!(look(Some(2.9), 600), [""; 0]);
        assert_eq!(look(None, 10), [""; 0], "nothing is known so soon after a start");
        assert_eq!(look(None, 600), ["machine-filling-/-7-ended"]);
    }

    #[test]
    fn a_disk_that_is_used_no_more_ends_its_alarm() {
        let mut alarms = Alarms::default();
        assert_eq!(minute(&mut alarms, None, Some(95.0)), ["machine-storage-/-7-began"]);
        let bare = Machine { at: Millis(9), ..Machine::default() };
        let ended = alarms.look(None, &bare, Thresholds::default());
        assert!(ended[0].message.contains("Nobody asks for it"), "{ended:?}");
        assert_eq!(alarms.now(), []);
    }

    #[test]
    fn an_alarm_that_is_on_is_found_again_in_its_notice_and_not_told_twice() {
        let mut alarms = Alarms::default();
        let mut row = Stretch::new(Millis(1));
        row.note(&BTreeMap::from([(Gauge::Cpu, 95.0)]));
        let began = alarms.look(Some(&row), &machine(Some(95.0), None), Thresholds::default());
        row = Stretch::new(Millis(2));
        row.note(&BTreeMap::from([(Gauge::Cpu, 5.0)]));
        let ended = alarms.look(Some(&row), &machine(Some(95.0), None), Thresholds::default());
        let mut after = Alarms::still_on(ended.iter().chain(&began));
        assert_eq!(after.now().iter().map(|alarm| alarm.kind).collect::<Vec<_>>(), [AlarmKind::Storage]);
        assert_eq!(ids(after.look(Some(&row), &machine(Some(95.0), None), Thresholds::default())), [""; 0]);
        let lower = after.look(None, &machine(Some(20.0), None), Thresholds::default());
        assert_eq!(ids(lower), ["machine-storage-/-7-ended"]);
    }
}
