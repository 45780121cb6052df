//! Destinations on a data folder without a server.

use std::path::Path;
use std::sync::Arc;

use kilat_objects::{RateLimit, Shares};
use kilat_places::{DeskError, Places};
use kilat_server::{destination_row, destination_tested, new_destination};
use kilat_wire::{CreateDestination, DestinationRow, DestinationTested};

use super::super::destinations;
use super::super::setup::journal_fail;
use super::Journal;
use crate::fail::{Code, Fail};

/// The destinations of a data folder that no server holds.
pub(crate) struct Desk {
    journal: Journal,
    places: Places,
}

impl Desk {
    /// Holds the data folder and reads its journal.
    pub(crate) fn open(data: &Path) -> Result<Self, Fail> {
        let journal = Journal::open(data)?;
        let shares = Shares { limit: Arc::new(RateLimit::new(None)), named: Arc::default() };
        let opening = destinations::open(&journal.journal, &journal.ids, &journal.clock, data, shares);
        let places = journal.runtime.block_on(opening)?;
        Ok(Self { journal, places })
    }

    pub(crate) fn list(&self) -> Result<Vec<DestinationRow>, Fail> {
        let all = self.journal.runtime.block_on(self.journal.journal.destinations());
        Ok(all.map_err(|error| journal_fail(&error))?.iter().map(destination_row).collect())
    }

    pub(crate) fn add(&self, request: CreateDestination) -> Result<DestinationRow, Fail> {
        let adding = self.places.add(new_destination(request), self.journal.clock.now());
        Ok(destination_row(&self.journal.runtime.block_on(adding).map_err(refused)?))
    }

    pub(crate) fn test(&self, name: &str) -> Result<DestinationTested, Fail> {
        let tested = self.journal.runtime.block_on(self.places.test(name)).map_err(refused)?;
        Ok(destination_tested(name, &tested))
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), Fail> {
        self.journal.runtime.block_on(self.places.remove(name)).map_err(refused)?;
        Ok(())
    }
}

fn refused(error: DeskError) -> Fail {
    match error {
        DeskError::Journal(error) => journal_fail(&error),
        other @ (DeskError::Name(_)
        | DeskError::Address(_)
        | DeskError::Taken(..)
        | DeskError::OfSettings(_)
        | DeskError::Unknown(_)
        | DeskError::Unusable { .. }
        | DeskError::Store(_)
        | DeskError::Seal(_)) => Fail::new(Code::Refused, other.to_string(), other.remedy()),
    }
}
