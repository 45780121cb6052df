//! The data folder without a server: what `kilat event`, `status`, `token` and `user` need.

mod accounts;
mod desk;
mod notices;
mod seal;

use std::path::Path;
use std::sync::Arc;

use kilat_core::{BackupId, Board, Clock, Event, EventStatus, Fact, IdSource, NewEvent, SafetyRule, SystemClock};
use kilat_hub::{About, Hub, HubConfig};
use kilat_wire::{BackupList, BackupRun, CreateEvent, EventRow, Now, SafetyView};
use tokio::runtime::Runtime;

use super::setup::journal_fail;
pub(crate) use accounts::Accounts;
pub(crate) use desk::Desk;
pub(crate) use notices::Notices;
pub(crate) use seal::forget_secrets;

use crate::data::DataFolder;
use crate::fail::{Code, Fail};

/// The journal of a data folder that no server holds.
pub(crate) struct Journal {
    _held: DataFolder,
    runtime: Runtime,
    journal: kilat_journal::Journal,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
}

impl Journal {
    /// Holds the data folder and opens its journal.
    pub(crate) fn open(data: &Path) -> Result<Self, Fail> {
        let held = DataFolder::hold(data)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
            Fail::new(Code::Journal, format!("cannot start: {error}"), "is this machine out of memory?")
        })?;
        let path = DataFolder::journal(held.path());
        let journal =
            kilat_journal::Journal::open(&path, Arc::clone(&clock), Arc::clone(&ids)).map_err(|e| journal_fail(&e))?;
        Ok(Self { _held: held, runtime, journal, clock, ids })
    }

    pub(crate) fn events(&self) -> Result<Vec<EventRow>, Fail> {
        Ok(self.all()?.iter().map(row).collect())
    }

    pub(crate) fn create_event(&self, request: &CreateEvent) -> Result<EventRow, Fail> {
        let event = NewEvent { name: request.name.clone(), date: request.date.clone() }
            .plan(&self.all()?, &self.ids, self.clock.now())
            .map_err(|error| Fail::setting(error.to_string(), error.remedy()))?;
        let mut facts = vec![Fact::EventCreated { event: event.clone() }];
        if request.use_now {
            facts.push(Fact::EventUsed { event: event.id.clone() });
        }
        self.append(facts)?;
        self.find(event.id.as_str())
    }

    pub(crate) fn change_event(&self, id: &str, verb: &str) -> Result<EventRow, Fail> {
        let event = self.all()?.into_iter().find(|event| event.id.as_str() == id);
        let Some(event) = event else {
            return Err(Fail::new(
                Code::UnknownEvent,
                format!("there is no event {id:?}"),
                "kilat event list names them all",
            ));
        };
        if verb == "use" && event.status == EventStatus::Closed {
            let what = format!("{} is closed and takes no new photos", event.name);
            return Err(Fail::new(Code::Refused, what, "create a new event"));
        }
        let event = event.id;
        self.append(vec![if verb == "use" { Fact::EventUsed { event } } else { Fact::EventClosed { event } }])?;
        self.find(id)
    }

    /// What the page would show.
    pub(crate) fn now(&self) -> Result<Now, Fail> {
        self.runtime.block_on(self.hub().now()).map_err(|error| journal_fail(&error))
    }

    /// All backup runs.
    pub(crate) fn backups(&self) -> Result<BackupList, Fail> {
        self.runtime.block_on(self.hub().backups()).map_err(|error| journal_fail(&error))
    }

    /// One backup run with all that it gave up.
    pub(crate) fn backup(&self, id: &BackupId) -> Result<Option<BackupRun>, Fail> {
        self.runtime.block_on(self.hub().backup(id)).map_err(|error| journal_fail(&error))
    }

    /// How safe an event is.
    pub(crate) fn safety(&self, id_or_name: &str, rule: SafetyRule) -> Result<SafetyView, Fail> {
        let all = self.all()?;
        let by_id = all.iter().find(|event| event.id.as_str() == id_or_name);
        let Some(event) = by_id.or_else(|| all.iter().find(|event| event.name == id_or_name)) else {
            let what = format!("there is no event {id_or_name:?}");
            return Err(Fail::new(Code::UnknownEvent, what, "kilat event list names them all"));
        };
        self.runtime.block_on(self.hub().safety(event, rule)).map_err(|error| journal_fail(&error))
    }

    fn hub(&self) -> Hub {
        let board = Board::new();
        let about =
            About { version: env!("CARGO_PKG_VERSION").to_owned(), started_at: self.clock.now(), is_demo: false };
        let config = HubConfig { due_kinds: Vec::new(), about };
        let readers = (board.reader(), board.reader());
        Hub::new(self.journal.clone(), readers, Arc::clone(&self.clock), config).0
    }

    fn all(&self) -> Result<Vec<Event>, Fail> {
        self.runtime.block_on(self.journal.events()).map_err(|error| journal_fail(&error))
    }

    fn append(&self, facts: Vec<Fact>) -> Result<(), Fail> {
        self.runtime.block_on(self.journal.append(facts)).map(|_| ()).map_err(|error| journal_fail(&error))
    }

    fn find(&self, id: &str) -> Result<EventRow, Fail> {
        let found = self.all()?.iter().find(|event| event.id.as_str() == id).map(row);
        found.ok_or_else(|| {
            Fail::new(Code::UnknownEvent, format!("there is no event {id:?}"), "kilat event list names them all")
        })
    }
}

fn row(event: &Event) -> EventRow {
    EventRow { id: event.id.to_string(), name: event.name.clone(), date: event.date.to_string(), status: event.status }
}
