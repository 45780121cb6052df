//! Looks at the machine each second, keeps a row a minute, and says once when a threshold is crossed.

use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Board, Class, Classify, Clock, Fact, Machine, Offset, Settings, Stop, Stretch};
use kilat_journal::{Journal, JournalError, NoticeFilter};
use tokio::time::MissedTickBehavior;

use crate::alarms::{Alarms, MAX_NOTICES};
use crate::probe::{Probe, Use};
use crate::space::hushed;

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(1);
/// Looks that make a row, over which the alarms' means are taken, and after which viewers are told: a minute.
const LOOKS_A_ROW: u32 = 60;
/// Open notices read at the start: more than there are alarms.
const NOTICES_READ: usize = 100;

/// What to measure.
#[derive(Debug, Clone)]
pub struct MachineConfig {
    /// Folders that Kilat uses beside those of destinations.
    pub uses: Vec<Use>,
}

/// Measures until it is asked to stop; the minute under way is kept.
///
/// # Errors
/// When the journal is lost. While it takes nothing, a full disk for example, the machine is still measured.
pub async fn measure(
    config: MachineConfig,
    board: Board,
    journal: Journal,
    clock: Arc<dyn Clock>,
    stop: Stop,
) -> Result<(), JournalError> {
    let mut probe = Probe::default();
    let mut uses = config.uses.clone();
    let mut row = Stretch::new(clock.now());
    let mut looks = 0;
    let mut is_told = false;
    let mut desk = Desk::open(journal.clone()).await?;
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.asked() => break,
            _ = tick.tick() => {}
        }
        if looks == 0 {
            uses =
                kept(self::uses(&config, &journal).await, "the destinations' folders are not known")?.unwrap_or(uses);
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
        let is_full = looks == LOOKS_A_ROW;
        let is_news = desk.look(is_full.then_some(&row), &machine).await?;
        machine.alarms = desk.alarms.now();
        let machine = Arc::new(machine);
        board.set_machine(Arc::clone(&machine), sample);
        // Rarely: each time wakes whoever follows the board. The first look knows no shares yet.
        if is_full || is_news || (!is_told && machine.cpu.usage.is_some()) {
            board.tell_machine(machine);
            is_told = true;
        }
        if is_full {
            let full = std::mem::replace(&mut row, Stretch::new(clock.now()));
            looks = 0;
            kept(journal.keep_sample(full).await, "a minute of the machine's past is lost")?;
        }
    }
    if looks > 0 {
        kept(journal.keep_sample(row).await, "the last minute of the machine's past is lost")?;
    }
    Ok(())
}

/// Alarms with the settings that they go by, and what the journal has not taken yet.
struct Desk {
    journal: Journal,
    alarms: Alarms,
    settings: Settings,
    /// The journal's end when the settings were read.
    read_at: Offset,
    /// At most [`MAX_NOTICES`].
    waiting: Vec<Fact>,
}

impl Desk {
    async fn open(journal: Journal) -> Result<Self, JournalError> {
        let read_at = journal.head();
        let settings = journal.settings().await?;
        let open = journal.notices(NoticeFilter::Open, None, NOTICES_READ).await?;
        let alarms = Alarms::still_on(open.iter().map(|(_, standing)| standing));
        Ok(Self { journal, alarms, settings, read_at, waiting: Vec::new() })
    }

    /// Looks at a whole minute, or at once when the settings changed; true when an alarm began or ended.
    async fn look(&mut self, minute: Option<&Stretch>, machine: &Machine) -> Result<bool, JournalError> {
        let limits = self.settings.thresholds;
        let head = self.journal.head();
        if head != self.read_at
            && let Some(settings) = kept(self.journal.settings().await, "the thresholds stay as they were")?
        {
            (self.settings, self.read_at) = (settings, head);
        }
        if minute.is_none() && self.settings.thresholds == limits {
            return Ok(false);
        }
        let facts = self.alarms.look(minute, machine, self.settings.thresholds);
        let is_news = !facts.is_empty();
        let silent = !self.settings.notifications_enabled;
        self.waiting.extend(facts.into_iter().map(|fact| hushed(fact, silent)));
        let beyond = self.waiting.len().saturating_sub(MAX_NOTICES);
        self.waiting.drain(..beyond);
        if !self.waiting.is_empty()
            && kept(self.journal.append(self.waiting.clone()).await, "notices about the machine wait")?.is_some()
        {
            self.waiting.clear();
        }
        Ok(is_news)
    }
}

/// What the journal cannot do now is said and let be: measuring goes on. Only its loss is an error.
fn kept<T>(result: Result<T, JournalError>, consequence: &str) -> Result<Option<T>, JournalError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.class() == Class::GiveUp => Err(error),
        Err(error) => {
            tracing::warn!(%error, "{consequence}");
            Ok(None)
        }
    }
}

async fn uses(config: &MachineConfig, journal: &Journal) -> Result<Vec<Use>, JournalError> {
    let mut uses = config.uses.clone();
    for (id, folder) in &journal.copy_folders().await? {
        uses.push(Use { folder: folder.clone(), what: format!("destination {id}") });
    }
    Ok(uses)
}
