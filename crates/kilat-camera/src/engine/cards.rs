//! Cards that are in, which of them are being read, and what is told of that.

use std::collections::{BTreeMap, BTreeSet};

use kilat_core::{CameraFact, CameraId, CameraKind, CameraState, CardTally, Fact, ImportEnd, KnownCamera, Stop};
use kilat_journal::Note;

use crate::cards::Card;
use crate::import::{Imported, Plan, PlanError};

/// Begins the notes of imports that are to go on when the card is back.
pub(super) const NOTES: &str = "card-import:";

/// What happens with a card that holds what is not held yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardImport {
    /// It is offered.
    Ask,
    /// It is read.
    Auto,
    /// Nothing; it can still be asked for.
    Off,
}

/// The cards that are in.
#[derive(Debug)]
pub(super) struct Cards {
    import: CardImport,
    there: BTreeMap<CameraId, Slot>,
    /// Those whose import goes on once they are back.
    to_go_on: BTreeSet<CameraId>,
}

#[derive(Debug)]
struct Slot {
    card: Card,
    work: Work,
}

#[derive(Debug)]
enum Work {
    None,
    /// It is listed; whether it was asked for meanwhile.
    Looking {
        is_wanted: bool,
    },
    Reading(Stop),
}

/// What is to be recorded, and to be begun.
#[derive(Debug, Default)]
pub(super) struct Next {
    pub(super) facts: Vec<CameraFact>,
    pub(super) notes: Vec<Note>,
    pub(super) begin: Option<Begin>,
}

/// Work with a card that takes a while.
#[derive(Debug)]
pub(super) enum Begin {
    Look(Card),
    Read(Card, Plan, Stop),
}

impl Next {
    pub(super) fn facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts).into_iter().map(Fact::Camera).collect()
    }
}

impl Cards {
    pub(super) fn new(import: CardImport, to_go_on: BTreeSet<CameraId>) -> Self {
        Self { import, there: BTreeMap::new(), to_go_on }
    }

    /// A card was put in: it is looked at.
    pub(super) fn put_in(&mut self, card: Card) -> Next {
        let known = KnownCamera {
            id: card.id.clone(),
            name: card.name.clone(),
            kind: CameraKind::Card,
            body: None,
            place: Some(card.root.display().to_string()),
            login: None,
        };
        let facts = vec![CameraFact::Added { camera: known }, ready(&card, "it is being looked at")];
        let slot = Slot { card: card.clone(), work: Work::Looking { is_wanted: false } };
        self.there.insert(card.id.clone(), slot);
        Next { facts, begin: Some(Begin::Look(card)), ..Next::default() }
    }

    /// It was taken out; what is being read of it ends.
    pub(super) fn take_out(&mut self, card: &Card) -> Next {
        let Some(Slot { card, work }) = self.there.remove(&card.id) else { return Next::default() };
        let message = match work {
            Work::Reading(stop) => {
                stop.ask();
                format!("pulled out of {} in the middle", card.root.display())
            }
            Work::None | Work::Looking { .. } => format!("taken out of {}", card.root.display()),
        };
        let gone = CameraFact::Changed { camera: card.id, state: CameraState::Gone, message: Some(message) };
        Next { facts: vec![gone], ..Next::default() }
    }

    /// Somebody wants it read. A card that is away or being read changes nothing.
    pub(super) fn asked(&mut self, id: &CameraId) -> Next {
        let Some(slot) = self.there.get_mut(id) else { return Next::default() };
        match &mut slot.work {
            Work::Reading(_) => Next::default(),
            Work::Looking { is_wanted } => {
                *is_wanted = true;
                Next::default()
            }
            Work::None => {
                slot.work = Work::Looking { is_wanted: true };
                Next { begin: Some(Begin::Look(slot.card.clone())), ..Next::default() }
            }
        }
    }

    /// It was looked at: offered, or read.
    pub(super) fn looked(&mut self, id: &CameraId, came: Result<Plan, PlanError>, stop: &Stop) -> Next {
        let Some(slot) = self.there.get_mut(id) else { return Next::default() };
        let is_wanted = matches!(slot.work, Work::Looking { is_wanted: true }) || self.to_go_on.contains(id);
        slot.work = Work::None;
        let plan = match came {
            Ok(plan) => plan,
            Err(error) => {
                let message = Some(format!("{error}; is it damaged? Try another reader"));
                let state = CameraState::Unsupported;
                let facts = vec![CameraFact::Changed { camera: id.clone(), state, message }];
                return Next { facts, ..Next::default() };
            }
        };
        let tally = plan.tally.clone();
        let is_auto = self.import == CardImport::Auto && tally.left > 0;
        if !is_wanted && !is_auto {
            let message = self.offer(&tally);
            let offered = CameraFact::Offered { camera: id.clone(), tally };
            let slot = &self.there[id];
            let mut facts = vec![ready(&slot.card, &message)];
            if self.import != CardImport::Off {
                facts.insert(0, offered);
            }
            return Next { facts, ..Next::default() };
        }
        let reading = stop.child();
        slot.work = Work::Reading(reading.clone());
        let began = CameraFact::ImportBegan { camera: id.clone(), tally: tally.clone() };
        let facts = vec![began, ready(&slot.card, &format!("reading it: {}", tally.words()))];
        let notes = vec![Note::new(format!("{NOTES}{id}"), "begun")];
        self.to_go_on.insert(id.clone());
        Next { facts, notes, begin: Some(Begin::Read(slot.card.clone(), plan, reading)) }
    }

    fn offer(&self, tally: &CardTally) -> String {
        let words = tally.words();
        match self.import {
            CardImport::Ask if tally.left > 0 => format!("{words}; import them: kilat camera import"),
            CardImport::Ask | CardImport::Auto | CardImport::Off => words,
        }
    }

    /// Reading it ended. Kilat's own end leaves it to the next start, a pulled card to when it is back.
    pub(super) fn ended(&mut self, card: &Card, came: Imported, stop: &Stop) -> Next {
        let id = &card.id;
        let Imported { tally, end } = came;
        let slot = self.there.get_mut(id).filter(|slot| slot.card == *card);
        let end = if slot.is_none() && end == ImportEnd::Stopped { ImportEnd::Pulled } else { end };
        let goes_on = end == ImportEnd::Pulled || (end == ImportEnd::Stopped && stop.is_asked());
        let mut next = Next::default();
        if !goes_on {
            self.to_go_on.remove(id);
            next.notes = vec![Note { name: format!("{NOTES}{id}"), value: None }];
        }
        next.facts = vec![CameraFact::ImportEnded { camera: id.clone(), end: end.clone(), tally: tally.clone() }];
        if let Some(slot) = slot {
            slot.work = Work::None;
            let message = match &end {
                ImportEnd::Done => tally.words(),
                ImportEnd::Pulled => format!("it cannot be read any more; {}", tally.words()),
                ImportEnd::Stopped => format!("stopped; {}", tally.words()),
                ImportEnd::Refused { reason } => format!("{reason}; {}", tally.words()),
            };
            next.facts.push(ready(&slot.card, &message));
        }
        next
    }
}

fn ready(card: &Card, message: &str) -> CameraFact {
    CameraFact::Changed { camera: card.id.clone(), state: CameraState::Ready, message: Some(message.to_owned()) }
}
