//! How reading each card goes, followed in the journal: what a command or a page that asked for it waits for.
//!
//! In memory and from this process's start on, one entry for each card that the journal knows: what a kill cut off begins
//! anew here too. How far it is meanwhile stands on the board.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kilat_core::{CameraFact, CameraId, CameraState, CardTally, Fact, ImportEnd, Millis, Offset, Recorded, Stop};
use kilat_journal::{Journal, JournalError};
use tokio::sync::watch;

/// Before a journal that could not be read is read again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How reading a card goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It is in, and this is on it.
    Offered(CardTally),
    /// It is being looked at.
    Asked,
    /// It is being read.
    Goes(CardTally),
    /// It ended.
    Ended(ImportEnd, Option<CardTally>),
}

/// Of all cards.
#[derive(Debug)]
pub(crate) struct Imports {
    cards: Mutex<BTreeMap<CameraId, (Reading, Millis)>>,
    heard: watch::Sender<Offset>,
}

impl Imports {
    /// Everything up to here is not looked at.
    pub(crate) fn new(after: Offset) -> Self {
        Self { cards: Mutex::default(), heard: watch::Sender::new(after) }
    }

    /// How it goes with this card, and since when; none when nothing was asked of it.
    pub(crate) fn of(&self, card: &CameraId) -> Option<(Reading, Millis)> {
        self.lock().get(card).cloned()
    }

    /// Waits until everything up to here is known.
    pub(crate) async fn hear(&self, until: Offset) {
        // The sender lives as long as this.
        drop(self.heard.subscribe().wait_for(|heard| *heard >= until).await);
    }

    /// Follows the journal until asked to stop.
    pub(crate) async fn follow(&self, journal: &Journal, stop: &Stop) {
        loop {
            let mut tail = journal.tail(*self.heard.borrow());
            let ended = loop {
                let batch = tokio::select! {
                    () = stop.asked() => return,
                    batch = tail.next() => batch,
                };
                match batch {
                    Ok(batch) => self.absorb(&batch),
                    Err(error) => break error,
                }
            };
            if matches!(ended, JournalError::Closed) {
                return;
            }
            tracing::warn!(error = %ended, "how reading cards goes cannot be followed");
            tokio::select! {
                () = stop.asked() => return,
                () = tokio::time::sleep(ASK_AGAIN) => {}
            }
        }
    }

    fn absorb(&self, records: &[Recorded]) {
        let mut cards = self.lock();
        for Recorded { at, fact, .. } in records {
            if let Fact::Camera(fact) = fact {
                follow(&mut cards, fact, *at);
            }
        }
        drop(cards);
        if let Some(last) = records.last() {
            self.heard.send_replace(last.offset);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<CameraId, (Reading, Millis)>> {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn follow(cards: &mut BTreeMap<CameraId, (Reading, Millis)>, fact: &CameraFact, at: Millis) {
    let (card, now) = match fact {
        CameraFact::ImportAsked { camera, .. } => match cards.get(camera) {
            Some((Reading::Goes(_), _)) => return,
            Some((Reading::Offered(_) | Reading::Asked | Reading::Ended(..), _)) | None => (camera, Reading::Asked),
        },
        CameraFact::ImportBegan { camera, tally } => (camera, Reading::Goes(tally.clone())),
        CameraFact::ImportEnded { camera, end, tally } => (camera, Reading::Ended(end.clone(), Some(tally.clone()))),
        // Its end is told for itself once it was read; before that, this is it.
        CameraFact::Changed { camera, state, message } if matches!(cards.get(camera), Some((Reading::Asked, _))) => {
            let end = match state {
                CameraState::Ready => return,
                CameraState::Gone => ImportEnd::Pulled,
                CameraState::Unseen
                | CameraState::Asleep
                | CameraState::Held { .. }
                | CameraState::Wedged
                | CameraState::Unsupported => {
                    ImportEnd::Refused { reason: message.clone().unwrap_or_else(|| "it cannot be read".to_owned()) }
                }
            };
            (camera, Reading::Ended(end, None))
        }
        CameraFact::Offered { camera, tally } => (camera, Reading::Offered(tally.clone())),
        CameraFact::Changed { camera, state: CameraState::Gone, .. } => {
            if matches!(cards.get(camera), Some((Reading::Offered(_), _))) {
                cards.remove(camera);
            }
            return;
        }
        CameraFact::Removed { camera } => {
            cards.remove(camera);
            return;
        }
        CameraFact::Added { .. }
        | CameraFact::Changed { .. }
        | CameraFact::Listed { .. }
        | CameraFact::Unlisted { .. }
        | CameraFact::ClockSeen { .. } => return,
    };
    cards.insert(card.clone(), (now, at));
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Millis = Millis(1_795_000_000_000);

    fn after(facts: &[CameraFact]) -> Option<Reading> {
        let mut cards = BTreeMap::new();
        for fact in facts {
            follow(&mut cards, fact, AT);
        }
        cards.get(&card()).map(|(reading, _)| reading.clone())
    }

    fn card() -> CameraId {
        "card-1".parse().expect("an id")
    }

    fn changed(state: CameraState) -> CameraFact {
        CameraFact::Changed { camera: card(), state, message: Some("why".to_owned()) }
    }

    #[test]
    fn an_import_is_asked_for_goes_and_ends_and_asking_again_is_no_new_one() {
        let tally = CardTally { frames: 4, left: 4, ..CardTally::default() };
        let asked = CameraFact::ImportAsked { camera: card(), older: false };
        let began = CameraFact::ImportBegan { camera: card(), tally: tally.clone() };
        let ended = CameraFact::ImportEnded { camera: card(), end: ImportEnd::Done, tally: tally.clone() };
        let goes = Some(Reading::Goes(tally.clone()));
        assert_eq!(after(&[changed(CameraState::Ready)]), None);
        assert_eq!(after(&[asked.clone(), changed(CameraState::Ready)]), Some(Reading::Asked));
        assert_eq!(after(&[asked.clone(), began.clone(), asked.clone(), changed(CameraState::Gone)]), goes);
        let all = [asked.clone(), began, ended];
        assert_eq!(after(&all), Some(Reading::Ended(ImportEnd::Done, Some(tally))));
        assert_eq!(after(&[all.as_slice(), std::slice::from_ref(&asked)].concat()), Some(Reading::Asked));
    }

    #[test]
    fn what_a_card_offers_is_known_while_it_is_in() {
        let tally = CardTally { frames: 4, left: 4, ..CardTally::default() };
        let offered = CameraFact::Offered { camera: card(), tally: tally.clone() };
        let asked = CameraFact::ImportAsked { camera: card(), older: false };
        assert_eq!(after(&[offered.clone(), changed(CameraState::Ready)]), Some(Reading::Offered(tally)));
        assert_eq!(after(&[offered.clone(), changed(CameraState::Gone)]), None);
        assert_eq!(after(&[offered, asked]), Some(Reading::Asked));
    }

    #[test]
    fn one_that_is_pulled_or_broken_before_it_is_read_has_ended() {
        let asked = CameraFact::ImportAsked { camera: card(), older: false };
        let pulled = after(&[asked.clone(), changed(CameraState::Gone)]);
        assert_eq!(pulled, Some(Reading::Ended(ImportEnd::Pulled, None)));
        let broken = after(&[asked, changed(CameraState::Unsupported)]);
        assert_eq!(broken, Some(Reading::Ended(ImportEnd::Refused { reason: "why".to_owned() }, None)));
    }
}
