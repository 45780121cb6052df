//! Cards that are in, which of them are being read, and what is told of that.

use std::collections::BTreeMap;

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
    to_go_on: BTreeMap<CameraId, Wanted>,
}

#[derive(Debug)]
struct Slot {
    card: Card,
    work: Work,
}

#[derive(Debug)]
enum Work {
    None,
    /// It is listed; what was asked for meanwhile.
    Looking(Option<Wanted>),
    Reading(Stop),
}

/// What somebody wants of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wanted {
    /// What is of the event's shoot.
    Event,
    /// What is of earlier shoots too.
    All,
}

impl Wanted {
    /// As a note keeps it.
    fn word(self) -> &'static str {
        match self {
            Self::Event => "begun",
            Self::All => "begun-all",
        }
    }

    pub(super) fn of_word(word: &str) -> Self {
        if word == Self::All.word() { Self::All } else { Self::Event }
    }
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
    pub(super) fn new(import: CardImport, to_go_on: BTreeMap<CameraId, Wanted>) -> Self {
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
        let slot = Slot { card: card.clone(), work: Work::Looking(None) };
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
            Work::None | Work::Looking(_) => format!("taken out of {}", card.root.display()),
        };
        let gone = CameraFact::Changed { camera: card.id, state: CameraState::Gone, message: Some(message) };
        Next { facts: vec![gone], ..Next::default() }
    }

    /// Somebody wants it read. A card that is away or being read changes nothing.
    pub(super) fn asked(&mut self, id: &CameraId, wanted: Wanted) -> Next {
        let Some(slot) = self.there.get_mut(id) else { return Next::default() };
        match &mut slot.work {
            Work::Reading(_) => Next::default(),
            Work::Looking(before) => {
                *before = (*before).max(Some(wanted));
                Next::default()
            }
            Work::None => {
                slot.work = Work::Looking(Some(wanted));
                Next { begin: Some(Begin::Look(slot.card.clone())), ..Next::default() }
            }
        }
    }

    /// It was looked at: offered, or read.
    pub(super) fn looked(&mut self, id: &CameraId, came: Result<Plan, PlanError>, stop: &Stop) -> Next {
        let Some(slot) = self.there.get_mut(id) else { return Next::default() };
        if matches!(slot.work, Work::Reading(_)) {
            return Next::default();
        }
        let asked = if let Work::Looking(asked) = slot.work { asked } else { None };
        let wanted = asked.max(self.to_go_on.get(id).copied());
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
        let is_auto = self.import == CardImport::Auto && plan.tally.left > 0;
        let Some(wanted) = wanted.or(is_auto.then_some(Wanted::Event)) else {
            let tally = plan.tally;
            let message = self.offer(&tally);
            let offered = CameraFact::Offered { camera: id.clone(), tally };
            let slot = &self.there[id];
            let mut facts = vec![ready(&slot.card, &message)];
            if self.import != CardImport::Off {
                facts.insert(0, offered);
            }
            return Next { facts, ..Next::default() };
        };
        let plan = if wanted == Wanted::All { plan.with_older() } else { plan };
        let tally = plan.tally.clone();
        let reading = stop.child();
        slot.work = Work::Reading(reading.clone());
        let began = CameraFact::ImportBegan { camera: id.clone(), tally: tally.clone() };
        let facts = vec![began, ready(&slot.card, &format!("reading it: {}", tally.words()))];
        let notes = vec![Note::new(format!("{NOTES}{id}"), wanted.word())];
        self.to_go_on.insert(id.clone(), wanted);
        Next { facts, notes, begin: Some(Begin::Read(slot.card.clone(), plan, reading)) }
    }

    fn offer(&self, tally: &CardTally) -> String {
        let words = tally.words();
        match self.import {
            CardImport::Ask if tally.left > 0 => format!("{words}; import them: kilat camera import"),
            CardImport::Ask | CardImport::Auto if tally.older > 0 => {
                format!("{words}; import those too: kilat camera import --older")
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        Card {
            id: "card-1".parse().expect("an id"),
            name: "NIKON".to_owned(),
            root: "/media/NIKON".into(),
            device: (8, 17),
        }
    }

    fn tally(left: u64) -> CardTally {
        CardTally { frames: 9, held: 9 - left, left, ..CardTally::default() }
    }

    fn words(next: &Next) -> Vec<String> {
        let word = |fact: &CameraFact| match fact {
            CameraFact::Changed { state, message, .. } => {
                let word = if state.is_ready() { "ready" } else { "gone" };
                format!("{word}: {}", message.as_deref().unwrap_or_default())
            }
            CameraFact::Offered { tally, .. } => format!("offered {}", tally.left),
            CameraFact::ImportBegan { .. } => "began".to_owned(),
            CameraFact::ImportEnded { end, .. } => format!("ended {end:?}"),
            CameraFact::Added { .. } => "added".to_owned(),
            CameraFact::Removed { .. }
            | CameraFact::Listed { .. }
            | CameraFact::Unlisted { .. }
            | CameraFact::ImportAsked { .. }
            | CameraFact::ClockSeen { .. } => format!("{fact:?}"),
        };
        next.facts.iter().map(word).collect()
    }

    fn looked(cards: &mut Cards, left: u64) -> Next {
        cards.looked(&card().id, Ok(Plan::of(tally(left))), &Stop::new())
    }

    fn is_reading(next: &Next) -> bool {
        matches!(next.begin, Some(Begin::Read(..)))
    }

    fn is_looking(next: &Next) -> bool {
        matches!(next.begin, Some(Begin::Look(_)))
    }

    #[test]
    fn a_card_is_offered_and_read_once_when_it_is_asked_for() {
        let mut cards = Cards::new(CardImport::Ask, BTreeMap::new());
        let next = cards.put_in(card());
        assert!(is_looking(&next) && words(&next)[0] == "added");
        let next = looked(&mut cards, 4);
        assert_eq!((words(&next)[0].as_str(), is_reading(&next)), ("offered 4", false));
        assert!(is_looking(&cards.asked(&card().id, Wanted::Event)));
        assert!(cards.asked(&card().id, Wanted::Event).begin.is_none(), "it is looked at already");
        let next = looked(&mut cards, 4);
        assert!(is_reading(&next) && words(&next)[0] == "began");
        assert!(cards.asked(&card().id, Wanted::Event).begin.is_none(), "it is being read already");
        let stranger = "card-2".parse().expect("an id");
        assert!(cards.asked(&stranger, Wanted::Event).begin.is_none());
    }

    #[test]
    fn the_settings_say_whether_a_card_is_read_offered_or_left() {
        for (import, expected, reads) in [
            (CardImport::Ask, "offered 4", false),
            (CardImport::Auto, "began", true),
            (CardImport::Off, "ready: ", false),
        ] {
            let mut cards = Cards::new(import, BTreeMap::new());
            cards.put_in(card());
            let next = looked(&mut cards, 4);
            assert!(words(&next)[0].starts_with(expected) && is_reading(&next) == reads, "{import:?}");
        }
        let mut cards = Cards::new(CardImport::Auto, BTreeMap::new());
        cards.put_in(card());
        assert!(!is_reading(&looked(&mut cards, 0)), "all of it is held");
    }

    #[test]
    fn one_that_is_pulled_in_the_middle_goes_on_when_it_is_back_also_after_a_restart() {
        let mut cards = Cards::new(CardImport::Ask, BTreeMap::new());
        cards.put_in(card());
        cards.asked(&card().id, Wanted::Event);
        let next = looked(&mut cards, 4);
        assert_eq!(next.notes, [Note::new("card-import:card-1", "begun")]);
        let Some(Begin::Read(_, _, reading)) = next.begin else { panic!("it is not read") };
        let next = cards.take_out(&card());
        assert!(reading.is_asked() && words(&next)[0].starts_with("gone: pulled out"));
        let stopped = Imported { tally: tally(3), end: ImportEnd::Stopped };
        let next = cards.ended(&card(), stopped, &Stop::new());
        assert_eq!((words(&next), next.notes), (vec!["ended Pulled".to_owned()], Vec::new()), "its note stays");
        cards.put_in(card());
        assert!(is_reading(&looked(&mut cards, 3)));
        let mut restarted = Cards::new(CardImport::Ask, BTreeMap::from([(card().id, Wanted::Event)]));
        restarted.put_in(card());
        assert!(is_reading(&looked(&mut restarted, 3)));
        let done = Imported { tally: tally(0), end: ImportEnd::Done };
        let next = restarted.ended(&card(), done, &Stop::new());
        assert_eq!(next.notes, [Note { name: "card-import:card-1".to_owned(), value: None }]);
        restarted.take_out(&card());
        restarted.put_in(card());
        assert!(!is_reading(&looked(&mut restarted, 1)), "a new frame is offered, as ever");
    }

    #[test]
    fn the_end_of_kilat_leaves_the_rest_to_its_next_start() {
        let mut cards = Cards::new(CardImport::Auto, BTreeMap::new());
        cards.put_in(card());
        looked(&mut cards, 4);
        let (stop, stopped) = (Stop::new(), Imported { tally: tally(3), end: ImportEnd::Stopped });
        stop.ask();
        let next = cards.ended(&card(), stopped, &stop);
        assert_eq!((words(&next)[0].as_str(), next.notes), ("ended Stopped", Vec::new()));
    }

    #[test]
    fn what_is_of_earlier_shoots_is_read_when_it_is_asked_for_and_goes_on_as_that() {
        let older = CardTally { frames: 9, held: 4, left: 2, older: 3, ..CardTally::default() };
        let plan = || Ok(Plan::of(older.clone()));
        let mut cards = Cards::new(CardImport::Auto, BTreeMap::new());
        cards.put_in(card());
        let Some(Begin::Read(_, read, _)) = cards.looked(&card().id, plan(), &Stop::new()).begin else {
            panic!("it is not read")
        };
        assert_eq!((read.tally.left, read.tally.older), (2, 3), "by itself, only what is of the event");
        let mut cards = Cards::new(CardImport::Ask, BTreeMap::new());
        cards.put_in(card());
        cards.asked(&card().id, Wanted::All);
        cards.asked(&card().id, Wanted::Event);
        let next = cards.looked(&card().id, plan(), &Stop::new());
        assert_eq!(next.notes[0].value.as_deref(), Some("begun-all"));
        let Some(Begin::Read(_, read, _)) = next.begin else { panic!("it is not read") };
        assert_eq!((read.tally.left, read.tally.older), (5, 0));
        assert_eq!((Wanted::of_word("begun-all"), Wanted::of_word("begun")), (Wanted::All, Wanted::Event));
    }

    #[test]
    fn a_card_that_cannot_be_listed_says_so() {
        let mut cards = Cards::new(CardImport::Ask, BTreeMap::new());
        cards.put_in(card());
        let broken = Err(PlanError::Card(std::io::Error::from_raw_os_error(5)));
        let next = cards.looked(&card().id, broken, &Stop::new());
        assert!(words(&next)[0].contains("cannot be listed"), "{:?}", words(&next));
    }
}
