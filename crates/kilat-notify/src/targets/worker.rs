//! One target's follower: its place in the log is its queue, so a target that is away for days costs nothing
//! but its place. The place is noted after a call was taken: a crash between tells twice, never not at all.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kilat_core::{Clock, Fact, Millis, Notice, Offset, Priority, Said, Stop};
use kilat_journal::{Journal, JournalError, Note};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::send::{Trouble, Verdict};
use super::telling::Telling;

/// How long to wait after each failed attempt; after the last, every hour, until the entry is [`MAX_ATTEMPTS`]
/// attempts old: three days.
pub const DELAYS: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(1_800),
    Duration::from_secs(3_600),
];
/// Attempts at one telling: those of [`DELAYS`], and 71 hours.
const MAX_ATTEMPTS: u32 = 78;
/// What waited this long behind others gets one attempt.
const TOO_OLD: Duration = Duration::from_secs(3 * 86_400);
/// Failures in a row after which everybody else is told that this target hears nothing: half a minute.
const FAILURES_TO_TELL: u32 = 3;
/// Facts that may pass without a note when they told nothing.
const NOTE_EVERY: u64 = 512;

/// How it goes with a target, as the journal keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetState {
    /// Everything up to here was told, or not meant for it.
    pub place: u64,
    /// Failed attempts at what comes next.
    pub attempts: u32,
    /// When it took something last.
    #[serde(default)]
    pub last_success_at: Option<Millis>,
    /// When it failed last.
    #[serde(default)]
    pub last_error_at: Option<Millis>,
    /// What was wrong then; none once it took something.
    #[serde(default)]
    pub error: Option<String>,
    /// What to do about it.
    #[serde(default)]
    pub remedy: Option<String>,
    /// Tellings that it took.
    #[serde(default)]
    pub told: u64,
    /// Tellings that were given up.
    #[serde(default)]
    pub given_up: u64,
}

impl TargetState {
    pub(crate) fn taken(&mut self, at: Millis) {
        *self = Self {
            attempts: 0,
            last_success_at: Some(at),
            error: None,
            remedy: None,
            told: self.told + 1,
            ..self.clone()
        };
    }

    pub(crate) fn failed(&mut self, trouble: &Trouble, at: Millis) {
        self.attempts += 1;
        self.last_error_at = Some(at);
        self.error = Some(trouble.what.clone());
        self.remedy = Some(trouble.remedy.clone());
    }
}

/// A follower and what is known of it.
#[derive(Debug)]
pub(crate) struct Follower {
    /// Its name; that of its note too.
    pub(crate) name: String,
    pub(crate) state: Mutex<TargetState>,
    /// Asks for an attempt now.
    pub(crate) kick: Notify,
    /// Whether it was forgotten: what its task does last must not bring its note back.
    is_forgotten: tokio::sync::Mutex<bool>,
    /// Whether others are told when it fails; of a device that was signed up, its owner sees it there.
    is_missed: bool,
}

impl Follower {
    /// As the journal knows it; a new one begins with what comes.
    pub(crate) async fn open(name: &str, is_missed: bool, journal: &Journal) -> Result<Self, JournalError> {
        let noted = journal.notes(&note_name(name)).await?.into_iter().find(|(rest, _)| rest.is_empty());
        let state = match noted.map(|(_, value)| serde_json::from_str::<TargetState>(&value)) {
            Some(Ok(state)) => TargetState { place: state.place.min(journal.head().0), ..state },
            Some(Err(error)) => {
                tracing::warn!(%error, target_name = name, "the place of a target cannot be read; it begins anew");
                TargetState { place: journal.head().0, ..TargetState::default() }
            }
            None => {
                let state = TargetState { place: journal.head().0, ..TargetState::default() };
                journal.append_noting_patiently(Vec::new(), vec![note(name, &state)]).await?;
                state
            }
        };
        Ok(Self {
            name: name.to_owned(),
            state: Mutex::new(state),
            kick: Notify::new(),
            is_forgotten: tokio::sync::Mutex::new(false),
            is_missed,
        })
    }

    pub(crate) fn state(&self) -> TargetState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut TargetState)) -> TargetState {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        state.clone()
    }

    /// Kept with what follows from it for everybody else.
    async fn keep(&self, journal: &Journal, state: &TargetState, told: Option<Fact>) -> Result<(), JournalError> {
        let is_forgotten = self.is_forgotten.lock().await;
        if *is_forgotten {
            return Ok(());
        }
        let facts = Vec::from_iter(told);
        journal.append_noting_patiently(facts, vec![note(&self.name, state)]).await.map(|_| ())
    }

    /// Nobody is told any more: its state goes with the note that named it, and what was told of its failures is over.
    pub(crate) async fn forget(&self, named: String, journal: &Journal) -> Result<(), JournalError> {
        let mut is_forgotten = self.is_forgotten.lock().await;
        let notes = vec![Note::forgotten(named), Note::forgotten(note_name(&self.name))];
        let over = vec![Fact::notice_resolved(alarm_key(&self.name))];
        journal.append_noting_patiently(over, notes).await?;
        *is_forgotten = true;
        Ok(())
    }

    /// Keeps its state: fails as long as the journal cannot be written.
    pub(crate) async fn note(&self, journal: &Journal) -> Result<(), JournalError> {
        self.keep(journal, &self.state(), None).await
    }

    /// It took something: what was told of its failures is over.
    pub(crate) async fn taken(&self, journal: &Journal, now: Millis) -> Result<(), JournalError> {
        let had_failed = self.state().error.is_some();
        let state = self.change(|state| state.taken(now));
        let over = (had_failed && self.is_missed).then(|| Fact::notice_resolved(alarm_key(&self.name)));
        self.keep(journal, &state, over).await
    }

    /// It failed; others are told once that is no hiccup.
    pub(crate) async fn failed(
        &self,
        trouble: &Trouble,
        journal: &Journal,
        now: Millis,
    ) -> Result<TargetState, JournalError> {
        let state = self.change(|state| state.failed(trouble, now));
        let name = &self.name;
        tracing::warn!(target_name = name, attempts = state.attempts, error = trouble.what, "a target was not told");
        let alarm = match state.attempts == FAILURES_TO_TELL && self.is_missed {
            true => Some(alarm(name, trouble, journal, now).await?),
            false => None,
        };
        self.keep(journal, &state, alarm).await?;
        Ok(state)
    }
}

/// Key of the notice that a target hears nothing; the target itself is not told of it.
pub(crate) fn alarm_key(name: &str) -> String {
    format!("target:{name}")
}

async fn alarm(name: &str, trouble: &Trouble, journal: &Journal, now: Millis) -> Result<Fact, JournalError> {
    let notice = Notice::new(format!("target-{name}-{}", now.0), Said::TargetFails, Priority::High, now)
        .about(alarm_key(name))
        .with("target", name)
        .with("reason", &trouble.what)
        .with("remedy", &trouble.remedy);
    let silent = !journal.settings().await?.notifications_enabled;
    Ok(Fact::NoticeRaised { notice: Notice { silent, ..notice } })
}

fn note_name(name: &str) -> String {
    format!("target:{name}")
}

fn note(name: &str, state: &TargetState) -> Note {
    // Plain data with text keys: serialising it cannot fail.
    Note::new(note_name(name), serde_json::to_string(state).unwrap_or_default())
}

/// What to do when nobody is there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnGone {
    /// Try again: an operator named it, and may mend it.
    TryAgain,
    /// End.
    End,
}

/// Why a follower ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was asked to.
    Asked,
    /// Nobody is there any more.
    Gone,
}

/// Follows the log until it is asked to stop. `tell` makes one attempt; none means that it is not meant for it.
///
/// # Errors
/// When the journal can be neither read nor written.
pub(crate) async fn follow<F>(
    follower: Arc<Follower>,
    journal: Journal,
    clock: Arc<dyn Clock>,
    stop: Stop,
    on_gone: OnGone,
    mut tell: impl FnMut(Telling) -> Option<F>,
) -> Result<Ended, JournalError>
where
    F: Future<Output = Verdict>,
{
    let mut noted = follower.state().place;
    let mut tail = journal.tail(Offset(noted));
    loop {
        let batch = tokio::select! {
            () = stop.asked() => return Ok(Ended::Asked),
            batch = tail.next() => batch?,
        };
        for recorded in batch.iter() {
            let offset = recorded.offset.0;
            let telling = Telling::of(recorded, journal.epoch());
            while let Some(attempt) = telling.clone().and_then(&mut tell) {
                let verdict = tokio::select! {
                    // What was asked by then may be told again after the next start.
                    () = stop.asked() => return Ok(Ended::Asked),
                    verdict = attempt => verdict,
                };
                let now = clock.now();
                let trouble = match verdict {
                    Verdict::Taken => {
                        // With its place, so that a crash after this tells it no more.
                        follower.change(|state| state.place = offset);
                        follower.taken(&journal, now).await?;
                        noted = offset;
                        break;
                    }
                    Verdict::Gone if on_gone == OnGone::End => return Ok(Ended::Gone),
                    Verdict::Gone => Trouble::operator(
                        "it answered 410: nobody is there any more".to_owned(),
                        "take the target out of the settings, or give its new address".to_owned(),
                    ),
                    Verdict::Failed(trouble) => trouble,
                };
                let state = follower.failed(&trouble, &journal, now).await?;
                let is_stale =
                    now.0.saturating_sub(recorded.at.0) > i64::try_from(TOO_OLD.as_millis()).unwrap_or(i64::MAX);
                if state.attempts >= MAX_ATTEMPTS || is_stale {
                    let past = |state: &mut TargetState| {
                        (state.place, state.attempts, state.given_up) = (offset, 0, state.given_up + 1);
                    };
                    follower.keep(&journal, &follower.change(past), None).await?;
                    noted = offset;
                    break;
                }
                let delay = trouble.after.unwrap_or_else(|| delay(state.attempts));
                tokio::select! {
                    () = stop.asked() => return Ok(Ended::Asked),
                    () = tokio::time::sleep(delay) => {}
                    () = follower.kick.notified() => {}
                }
            }
            let state = follower.change(|state| state.place = offset);
            if offset - noted >= NOTE_EVERY {
                follower.keep(&journal, &state, None).await?;
                noted = offset;
            }
        }
    }
}

fn delay(attempts: u32) -> Duration {
    let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    DELAYS[at.min(DELAYS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_go_on_for_three_days_and_then_end() {
        let total: Duration = (1..MAX_ATTEMPTS).map(delay).sum();
        assert!((Duration::from_secs(71 * 3_600)..Duration::from_secs(73 * 3_600)).contains(&total), "{total:?}");
    }
}
