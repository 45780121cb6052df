//! Looks at the machine each second, keeps a row a minute, and says once when a threshold is crossed.
//!
//! An alarm ends only when its value is clearly below its limit again, so that one that wavers is one notice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    Alarm, AlarmKind, Board, Clock, Disk, Fact, Gauge, Machine, Millis, Notice, NoticeKind, Priority, Stop, Stretch,
    Thresholds,
};
use kilat_journal::{Journal, JournalError};
use tokio::time::MissedTickBehavior;

use crate::probe::{Probe, Use};

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(1);
/// Looks that make a row, and over which the alarms' means are taken: a minute.
const LOOKS_A_ROW: u32 = 60;
/// How far below its limit, in percent, a value must be for its alarm to end.
const SLACK: f64 = 5.0;

/// What to measure.
#[derive(Debug, Clone)]
pub struct MachineConfig {
    /// Folders that Kilat uses beside those of destinations.
    pub uses: Vec<Use>,
}

/// Measures until it is asked to stop.
///
/// # Errors
/// When the journal cannot take a row or a notice.
pub async fn measure(
    config: MachineConfig,
    board: Board,
    journal: Journal,
    clock: Arc<dyn Clock>,
    stop: Stop,
) -> Result<(), JournalError> {
    let mut probe = Probe::default();
    let mut alarms = Alarms::default();
    let mut row = Stretch::new(clock.now());
    let mut looks = 0;
    let mut uses = uses(&config, &journal).await?;
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            _ = tick.tick() => {}
        }
        let (commits, ask_clock, places) = (journal.commit_times(), Arc::clone(&clock), uses.clone());
        // Reading is short, but a disk may be slow to answer: never on a thread that serves others.
        let looked = tokio::task::spawn_blocking(move || {
            let seen = probe.look(&places, commits, ask_clock.as_ref());
            (probe, seen)
        });
        let (mut machine, sample) = match looked.await {
            Ok((back, seen)) => {
                probe = back;
                seen
            }
            Err(error) => {
                tracing::error!(%error, "cannot measure the machine; the next look starts anew");
                probe = Probe::default();
                continue;
            }
        };
        row.note(&sample.values);
        looks += 1;
        let mut changed = Vec::new();
        if looks == LOOKS_A_ROW {
            let settings = journal.settings().await?;
            changed = alarms.look(&row, &machine, settings.thresholds);
            let silent = !settings.notifications_enabled;
            changed.iter_mut().for_each(|notice| notice.silent = silent);
        }
        machine.alarms = alarms.now();
        board.set_machine(Arc::new(machine), sample);
        if looks == LOOKS_A_ROW {
            let full = std::mem::replace(&mut row, Stretch::new(clock.now()));
            looks = 0;
            tokio::select! {
                () = stop.asked() => return Ok(()),
                kept = keep(&journal, full, changed) => kept?,
            }
            uses = self::uses(&config, &journal).await?;
        }
    }
}

async fn keep(journal: &Journal, row: Stretch, notices: Vec<Notice>) -> Result<(), JournalError> {
    journal.keep_sample(row).await?;
    if !notices.is_empty() {
        journal.append_patiently(notices.into_iter().map(|notice| Fact::NoticeRaised { notice }).collect()).await?;
    }
    Ok(())
}

async fn uses(config: &MachineConfig, journal: &Journal) -> Result<Vec<Use>, JournalError> {
    let mut uses = config.uses.clone();
    for (id, folder) in &journal.copy_folders().await? {
        uses.push(Use { folder: folder.clone(), what: format!("destination {id}") });
    }
    Ok(uses)
}

/// What is wrong now; one of each kind and disk.
#[derive(Debug, Default)]
struct Alarms(BTreeMap<(AlarmKind, Option<String>), Alarm>);

impl Alarms {
    fn now(&self) -> Vec<Alarm> {
        self.0.values().cloned().collect()
    }

    /// Notices for what began or ended in the minute of `row`.
    fn look(&mut self, row: &Stretch, machine: &Machine, limits: Thresholds) -> Vec<Notice> {
        let mean = |gauge| row.spans.get(&gauge).map(|span| span.avg);
        let own = machine.disks.iter().filter(|disk| !disk.used_for.is_empty());
        let mut seen = vec![
            ((AlarmKind::Cpu, None), mean(Gauge::Cpu), limits.cpu),
            ((AlarmKind::Memory, None), mean(Gauge::Memory), limits.memory),
        ];
        seen.extend(
            own.map(|disk: &Disk| ((AlarmKind::Storage, Some(disk.mount.clone())), disk.usage, limits.storage)),
        );
        // A disk that is gone is no longer full.
        self.0.retain(|key, _| seen.iter().any(|(seen, ..)| seen == key));
        let mut notices = Vec::new();
        for (key, value, limit) in seen {
            notices.extend(self.look_at(key, value, limit, machine.at));
        }
        notices
    }

    fn look_at(
        &mut self,
        key: (AlarmKind, Option<String>),
        value: Option<f64>,
        limit: u8,
        at: Millis,
    ) -> Option<Notice> {
        // At 100 nothing is ever beyond.
        let (is_off, limit) = (limit >= 100, f64::from(limit));
        if let Some(alarm) = self.0.get_mut(&key) {
            alarm.value = value;
            alarm.limit = limit;
            let ended = is_off || value.is_some_and(|value| value < limit - SLACK);
            return ended.then(|| self.0.remove(&key).map(|alarm| ended_notice(&alarm))).flatten();
        }
        let value = value.filter(|value| !is_off && *value >= limit)?;
        let (kind, place) = key.clone();
        let message = message(kind, place.as_deref(), value, limit);
        let alarm = Alarm { kind, place, since: at, value: Some(value), limit, message };
        let notice = began_notice(&alarm);
        self.0.insert(key, alarm);
        Some(notice)
    }
}

fn message(kind: AlarmKind, place: Option<&str>, value: f64, limit: f64) -> String {
    let remedy = match kind {
        AlarmKind::Cpu => "The processors were busy for a minute. Close other programs; uploads may be slower.",
        AlarmKind::Memory => "Memory was short for a minute. Close other programs before the system ends one.",
        AlarmKind::Storage | AlarmKind::Filling => "Free some room there, or name another disk.",
    };
    let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
    format!("{place}{value:.0} % in use, beyond {limit:.0} %. {remedy}")
}

const fn noun(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::Cpu => "Processors",
        AlarmKind::Memory => "Memory",
        AlarmKind::Storage | AlarmKind::Filling => "Disk",
    }
}

fn began_notice(alarm: &Alarm) -> Notice {
    let priority = if alarm.kind == AlarmKind::Cpu { Priority::Medium } else { Priority::High };
    notice(alarm, "began", format!("{} nearly used up", noun(alarm.kind)), alarm.message.clone(), priority)
}

fn ended_notice(alarm: &Alarm) -> Notice {
    let now = match alarm.value {
        Some(value) => format!("{value:.0} % in use now, the limit is {:.0} %.", alarm.limit),
        None => "Nobody asks for it any more.".to_owned(),
    };
    let place = alarm.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    notice(alarm, "ended", format!("{} well again", noun(alarm.kind)), format!("{place}{now}"), Priority::Low)
}

fn notice(alarm: &Alarm, step: &str, title: String, message: String, priority: Priority) -> Notice {
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
    Notice { id, kind, title, message, priority, data, event: None, at: alarm.since, silent: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(alarms: &mut Alarms, cpu: Option<f64>, disk: Option<f64>) -> Vec<String> {
        let mut row = Stretch::new(Millis(1));
        row.note(&cpu.map(|cpu| (Gauge::Cpu, cpu)).into_iter().collect());
        let own =
            Disk { mount: "/".to_owned(), usage: disk, used_for: vec!["data folder".to_owned()], ..Disk::default() };
        let other = Disk { mount: "/boot".to_owned(), usage: Some(100.0), ..Disk::default() };
        let machine = Machine { at: Millis(7), disks: vec![own, other], ..Machine::default() };
        alarms.look(&row, &machine, Thresholds::default()).into_iter().map(|notice| notice.id).collect()
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
    fn a_limit_of_100_is_never_crossed_and_ends_what_was_on() {
        let mut alarms = Alarms::default();
        let key = || (AlarmKind::Cpu, None);
        assert!(alarms.look_at(key(), Some(100.0), 100, Millis(1)).is_none());
        assert!(alarms.look_at(key(), Some(99.0), 90, Millis(2)).is_some());
        assert!(alarms.look_at(key(), Some(99.0), 100, Millis(3)).is_some_and(|notice| notice.id.ends_with("ended")));
    }
}
