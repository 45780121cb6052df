//! What is wrong with the machine: one alarm for each kind and disk, and one notice, which is resolved when it ends.
//!
//! An alarm ends only when its value is clearly well again, so that one that wavers is one notice. Alarms outlive a
//! restart: they are found again in the notices that stand open.

use std::collections::BTreeMap;

use kilat_core::{
    Alarm, AlarmKind, Disk, Fact, Gauge, Lang, Machine, Millis, Notice, NoticeStanding, Priority, Said, Stretch,
    Thresholds,
};

use crate::space::LOW_BYTES;

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
    /// The notices of room by bytes tell of it, more urgently.
    is_told_elsewhere: bool,
}

impl Alarms {
    /// Those that are on, by their notices that stand open.
    pub(crate) fn still_on<'a>(open: impl IntoIterator<Item = &'a NoticeStanding>) -> Self {
        let alarms = open.into_iter().filter_map(|standing| {
            let data = &standing.notice.data;
            let kind = data.get("alarm").and_then(|name| named(name))?;
            let place = data.get("path").cloned();
            let limit = data.get("limit")?.parse().ok()?;
            let message = standing.text(Lang::En).message;
            let alarm = Alarm { kind, place: place.clone(), since: standing.notice.at, value: None, limit, message };
            Some(((kind, place), alarm))
        });
        Self(alarms.collect())
    }

    pub(crate) fn now(&self) -> Vec<Alarm> {
        self.0.values().cloned().collect()
    }

    /// What follows from what began or ended. Without a whole minute only what needs no mean of it is looked at.
    pub(crate) fn look(&mut self, minute: Option<&Stretch>, machine: &Machine, limits: Thresholds) -> Vec<Fact> {
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
            let share = share((AlarmKind::Storage, place), disk.usage, limits.storage);
            let is_told_elsewhere = disk.free_bytes.is_some_and(|free| free < LOW_BYTES);
            seen.push(Seen { is_told_elsewhere, ..share });
            seen.push(filling(disk, limits.storage, machine.process.uptime_seconds));
        }
        let mut facts = self.gone(&seen);
        facts.extend(seen.into_iter().filter_map(|seen| self.look_at(seen, machine.at)));
        facts
    }

    /// A disk that is used no more is no longer full.
    fn gone(&mut self, seen: &[Seen]) -> Vec<Fact> {
        let is_gone = |key: &Key| !seen.iter().any(|seen| seen.key == *key);
        let gone = self.0.extract_if(.., |key, _| is_gone(key));
        gone.map(|(_, alarm)| ended(&alarm)).collect()
    }

    fn look_at(&mut self, seen: Seen, at: Millis) -> Option<Fact> {
        let Seen { key, value, limit, is_beyond, is_well, is_within, is_told_elsewhere } = seen;
        if let Some(alarm) = self.0.get_mut(&key) {
            // Slack is against wavering: a limit that somebody raised ends at once what is within it.
            let has_ended = if alarm.limit == limit { is_well } else { is_within };
            alarm.value = value;
            alarm.limit = limit;
            return has_ended.then(|| self.0.remove(&key).map(|alarm| ended(&alarm))).flatten();
        }
        let value = value.filter(|_| is_beyond)?;
        let (kind, place) = key.clone();
        let alarm = Alarm { kind, place, since: at, value: Some(value), limit, message: String::new() };
        let notice = notice(&alarm);
        let message = NoticeStanding::new(notice.clone()).text(Lang::En).message;
        self.0.insert(key, Alarm { message, ..alarm });
        (!is_told_elsewhere).then_some(Fact::NoticeRaised { notice })
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
        is_told_elsewhere: false,
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
        is_told_elsewhere: disk.free_bytes.is_some_and(|free| free < LOW_BYTES),
    }
}

/// What its notice is about, while it lasts.
fn key_of(kind: AlarmKind, place: Option<&str>) -> String {
    format!("machine:{}:{}", kind.as_str(), place.unwrap_or_default())
}

fn notice(alarm: &Alarm) -> Notice {
    let (said, priority) = match alarm.kind {
        AlarmKind::Cpu => (Said::CpuHigh, Priority::Medium),
        AlarmKind::Memory => (Said::MemoryHigh, Priority::High),
        AlarmKind::Storage => (Said::DiskHigh, Priority::High),
        AlarmKind::Filling => (Said::DiskFilling, Priority::High),
    };
    let (kind, place) = (alarm.kind.as_str(), alarm.place.as_deref());
    let id = format!("machine-{kind}-{}-{}", place.unwrap_or_default(), alarm.since.0);
    let value = alarm.value.unwrap_or_default();
    let notice = Notice::new(id, said, priority, alarm.since)
        .about(key_of(alarm.kind, place))
        .with("alarm", kind)
        .with("limit", alarm.limit.to_string())
        .with("value", format!("{value:.0}"))
        .with("minutes", format!("{:.0}", value * 60.0));
    match place {
        Some(place) => notice.with("path", place).with("place", place),
        None => notice,
    }
}

fn ended(alarm: &Alarm) -> Fact {
    Fact::notice_resolved(key_of(alarm.kind, alarm.place.as_deref()))
}

#[cfg(test)]
mod tests {
    use kilat_core::NoticeChange;

    use super::*;

    fn machine(disk: Option<f64>, hours: Option<f64>) -> Machine {
        let used_for = vec!["data folder".to_owned()];
        let own = Disk { mount: "/".to_owned(), usage: disk, used_for, hours_until_full: hours, ..Disk::default() };
        let other = Disk { mount: "/boot".to_owned(), usage: Some(100.0), ..Disk::default() };
        let mut machine = Machine { at: Millis(7), disks: vec![own, other], ..Machine::default() };
        machine.process.uptime_seconds = RATES_KNOWN_SECONDS;
        machine
    }

    fn ids(facts: Vec<Fact>) -> Vec<String> {
        facts.iter().map(id).collect()
    }

    fn id(fact: &Fact) -> String {
        if let Fact::NoticeRaised { notice } = fact {
            return format!("{}-began", notice.id);
        }
        let Fact::Notice { change: NoticeChange::Resolved { key, .. }, .. } = fact else { panic!("{fact:?}") };
        format!("{}-7-ended", key.replace(':', "-"))
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
        assert_eq!(ids(ended), ["machine-storage-/-7-ended"]);
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
        assert_eq!(ids(ended), ["machine-cpu--7-ended"]);
        let open = began.into_iter().filter_map(|fact| {
            let Fact::NoticeRaised { notice } = fact else { return None };
            (notice.said == Some(Said::DiskHigh)).then(|| NoticeStanding::new(notice))
        });
        let mut after = Alarms::still_on(&open.collect::<Vec<_>>());
        assert_eq!(after.now().iter().map(|alarm| alarm.kind).collect::<Vec<_>>(), [AlarmKind::Storage]);
        assert_eq!(ids(after.look(Some(&row), &machine(Some(95.0), None), Thresholds::default())), [""; 0]);
        let lower = after.look(None, &machine(Some(20.0), None), Thresholds::default());
        assert_eq!(ids(lower), ["machine-storage-/-7-ended"]);
    }

    #[test]
    fn a_disk_whose_room_is_told_of_by_bytes_is_an_alarm_and_no_second_notice() {
        let mut alarms = Alarms::default();
        let mut full = machine(Some(99.0), None);
        full.disks[0].free_bytes = Some(LOW_BYTES - 1);
        assert_eq!(ids(alarms.look(None, &full, Thresholds::default())), [""; 0]);
        assert_eq!(alarms.now().len(), 1);
    }
}
