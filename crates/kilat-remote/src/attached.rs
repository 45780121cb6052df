//! The mark of a place that is reached over a network: made on first use, looked at now and then, never replaced.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kilat_core::MarkId;
use kilat_objects::{DAMAGED_MARK, Known, StoreError, mark_text, parse_mark};

/// A look costs a call, and people do not change a bucket between two photos.
const LOOK_AFTER: Duration = Duration::from_secs(10);

/// A place's mark as the place keeps it.
pub(crate) trait Marked {
    /// Its bytes, at most as many as a mark has; none when there is no mark.
    fn read_mark(&self) -> Result<Option<Vec<u8>>, StoreError>;
    /// Writes it where none is.
    fn write_mark(&self, text: &str) -> Result<(), StoreError>;
}

/// What is known of a place, and when it was looked at.
#[derive(Debug)]
pub(crate) struct Attached {
    place: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    known: Known,
    seen: Option<Instant>,
}

impl Attached {
    pub(crate) fn new(place: PathBuf, known: Known) -> Self {
        Self { place, state: Mutex::new(State { known, seen: None }) }
    }

    /// Makes sure that this is the place we know; marks it on first use.
    pub(crate) fn attach(&self, place: &dyn Marked) -> Result<MarkId, StoreError> {
        let known = self.state().known.clone();
        if let Known::Nothing { fresh } = &known
            && place.read_mark()?.is_none()
        {
            place.write_mark(&mark_text(fresh))?;
        }
        let found = self.look(place, &known)?;
        *self.state() = State { known: Known::Place(found.clone()), seen: Some(Instant::now()) };
        Ok(found)
    }

    /// Makes sure that it still is, unless that was seen just now.
    pub(crate) fn check(&self, place: &dyn Marked) -> Result<(), StoreError> {
        let known = {
            let state = self.state();
            if state.seen.is_some_and(|seen| seen.elapsed() < LOOK_AFTER) {
                return Ok(());
            }
            state.known.clone()
        };
        self.look(place, &known)?;
        self.state().seen = Some(Instant::now());
        Ok(())
    }

    /// Forgets that it was seen, after an error.
    pub(crate) fn doubt(&self) {
        self.state().seen = None;
    }

    fn look(&self, place: &dyn Marked, known: &Known) -> Result<MarkId, StoreError> {
        let Some(text) = place.read_mark()? else {
            return Err(self.gone("its mark .kilat-destination.json is missing"));
        };
        let found = parse_mark(&text).map_err(|_why| self.gone(DAMAGED_MARK))?;
        match known {
            Known::Place(known) if *known != found => Err(self.gone("another place is there")),
            Known::Place(_) | Known::Nothing { .. } => Ok(found),
        }
    }

    fn gone(&self, why: &'static str) -> StoreError {
        StoreError::Gone { place: self.place.clone(), why }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
