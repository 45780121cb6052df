//! The table of files that wait for their name: who has which, and what became of those that waited before.
//!
//! In memory; the truth is the pairs on the disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kilat_core::{Millis, Via};
use tokio::sync::watch;

use super::part::Resting;
use super::wait::{Note, Waiting};

/// What is remembered of files that wait no more, for renames that come late.
const MOST_REMEMBERED: usize = 1_000;

/// A file that waits, or did; the later one is the newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaitId(u64);

/// What became of a file that nobody renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Became {
    Filed,
    CutOff,
    /// Nothing that a rename could still find.
    Nothing,
}

/// A pair on the disk.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) stem: String,
    pub(super) note: Note,
}

/// What [`Waits::claim`] finds.
pub(super) enum Found {
    Waits(Box<(String, Note, Option<Resting>)>),
    Became(Became, Note),
    Nothing,
}

#[derive(Debug)]
enum State {
    /// With what was hashed of it, where this process received it.
    Waits(Option<Resting>),
    /// Somebody has it.
    Taken,
    Became(Became),
}

#[derive(Debug)]
struct Row {
    entry: Entry,
    state: State,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Waits {
    rows: Mutex<(u64, BTreeMap<WaitId, Row>)>,
    changed: watch::Sender<()>,
    /// Those of an earlier process.
    earlier: Vec<(WaitId, Note)>,
}

impl Waits {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let mut waits = Self { rows: Mutex::default(), changed: watch::Sender::new(()), earlier: Vec::new() };
        for entry in entries {
            let note = entry.note.clone();
            let id = waits.add(entry, None);
            waits.earlier.push((id, note));
        }
        waits
    }

    /// Those that waited when this process began.
    pub(super) fn earlier(&self) -> &[(WaitId, Note)] {
        &self.earlier
    }

    pub(super) fn add(&self, entry: Entry, rest: Option<Resting>) -> WaitId {
        let mut rows = self.lock();
        rows.0 += 1;
        let id = WaitId(rows.0);
        rows.1.insert(id, Row { entry, state: State::Waits(rest) });
        id
    }

    /// It waits again.
    pub(super) fn rests(&self, id: WaitId, rest: Option<Resting>) {
        self.change(id, |row| row.state = State::Waits(rest));
    }

    /// Something else is noted of it.
    pub(super) fn called(&self, id: WaitId, note: Note) {
        self.change(id, |row| row.entry.note = note);
    }

    pub(super) fn ended(&self, id: WaitId, became: Became) {
        self.change(id, |row| row.state = State::Became(became));
        let mut rows = self.lock();
        let is_over = |row: &Row| matches!(row.state, State::Became(_));
        if became == Became::Nothing {
            rows.1.remove(&id);
        }
        while rows.1.values().filter(|row| is_over(row)).count() > MOST_REMEMBERED
            && let Some(oldest) = rows.1.iter().find(|(_, row)| is_over(row)).map(|(id, _)| *id)
        {
            rows.1.remove(&oldest);
        }
    }

    /// What became of files of this name is news no more: another one comes.
    pub(super) fn forget(&self, via: &Via, called: &str) {
        let is_old = |row: &Row| row.entry.note.via == *via && row.entry.note.called == called;
        self.lock().1.retain(|_, row| !(matches!(row.state, State::Became(_)) && is_old(row)));
    }

    pub(super) fn newest(&self, via: &Via, called: &str) -> Option<Waiting> {
        let rows = self.lock();
        let is_it = |row: &Row| row.entry.note.via == *via && row.entry.note.called == called;
        rows.1.iter().rev().find(|(_, row)| is_it(row)).map(|(id, row)| told(*id, row))
    }

    pub(super) fn one(&self, id: WaitId) -> Option<Waiting> {
        self.lock().1.get(&id).map(|row| told(id, row))
    }

    pub(super) fn called_so(&self, id: WaitId) -> Option<String> {
        self.lock().1.get(&id).map(|row| row.entry.note.called.clone())
    }

    pub(super) fn oldest_beyond(&self, via: &Via, most: usize) -> Option<WaitId> {
        let rows = self.lock();
        let waits = |row: &Row| row.entry.note.via == *via && matches!(row.state, State::Waits(_));
        let mut waiting = rows.1.iter().filter(|(_, row)| waits(row)).map(|(id, _)| *id);
        let oldest = waiting.next();
        oldest.filter(|_| waiting.count() >= most)
    }

    /// Takes one; whoever has it just now is waited for.
    pub(super) async fn claim(&self, id: WaitId) -> Found {
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            {
                let mut rows = self.lock();
                let Some(row) = rows.1.get_mut(&id) else { return Found::Nothing };
                match &mut row.state {
                    State::Waits(rest) => {
                        let found = (row.entry.stem.clone(), row.entry.note.clone(), rest.take());
                        row.state = State::Taken;
                        return Found::Waits(Box::new(found));
                    }
                    State::Became(became) => return Found::Became(*became, row.entry.note.clone()),
                    State::Taken => {}
                }
            }
            if changed.changed().await.is_err() {
                return Found::Nothing;
            }
        }
    }

    fn change(&self, id: WaitId, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.lock().1.get_mut(&id) {
            change(row);
        }
        self.changed.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<WaitId, Row>)> {
        // A table that a panic left behind is still a table.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(id: WaitId, row: &Row) -> Waiting {
    let note = &row.entry.note;
    let is_waiting = !matches!(row.state, State::Became(_));
    let at: Millis = note.at;
    Waiting { id, size_bytes: note.size_bytes, at, is_waiting }
}
