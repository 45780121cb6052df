//! `kilat event …`: through the running server when there is one, else in the data folder.

use clap::Subcommand;
use kilat_wire::{CreateEvent, EventRow};
use serde::Serialize;
use serde_json::json;

use super::call::{Server, no_server};
use super::out;
use crate::app::offline;
use crate::config::Config;
use crate::data::DataFolder;
use crate::fail::{Code, Fail};

#[derive(Debug, Subcommand)]
pub(crate) enum EventCommand {
    /// Make an event; new photos go on belonging to the one in use
    Create {
        /// As the studio calls it
        name: String,
        /// Its day, YYYY-MM-DD; today by default
        #[arg(long, value_name = "D")]
        date: Option<String>,
        /// Let new photos belong to it from now on
        #[arg(long = "use")]
        use_now: bool,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// All events
    List {
        /// One JSON object a line instead of text
        #[arg(long)]
        json: bool,
    },
    /// Let new photos belong to this event from now on
    Use {
        /// Its id or name
        id: String,
    },
    /// End an event: it takes no new photos
    Close {
        /// Its id or name
        id: String,
    },
}

pub(super) fn run(config: &Config, command: EventCommand) -> Result<(), Fail> {
    let store = match command {
        EventCommand::Create { .. } => Store::open(config)?,
        EventCommand::List { .. } | EventCommand::Use { .. } | EventCommand::Close { .. } => Store::existing(config)?,
    };
    match command {
        EventCommand::Create { name, date, use_now, json } => {
            let event = store.create(&CreateEvent { name, date, use_now })?;
            if json { out::json(&event) } else { out::line(&row(&event)) }
        }
        EventCommand::List { json } => {
            for event in store.list()? {
                if json { out::json(&event)? } else { out::line(&row(&event))? }
            }
            Ok(())
        }
        EventCommand::Use { id } => out::line(&row(&store.change(&id, "use")?)),
        EventCommand::Close { id } => out::line(&row(&store.change(&id, "close")?)),
    }
}

fn row(event: &EventRow) -> String {
    let status = json!(event.status);
    format!("{}\t{}\t{}\t{}", event.id, event.date, status.as_str().unwrap_or(""), out::safe(&event.name))
}

/// Where events are kept: both ways answer alike.
enum Store {
    Online(Server),
    Offline(offline::Journal),
}

impl Store {
    fn open(config: &Config) -> Result<Self, Fail> {
        match Server::find(&config.data.value)? {
            Some(server) => Ok(Self::Online(server)),
            None => offline::Journal::open(&config.data.value).map(Self::Offline),
        }
    }

    /// The same, where looking at a folder that is none must not make it one.
    fn existing(config: &Config) -> Result<Self, Fail> {
        let data = &config.data.value;
        if DataFolder::journal(data).exists() { Self::open(config) } else { Err(no_server(data)) }
    }

    fn list(&self) -> Result<Vec<EventRow>, Fail> {
        match self {
            Self::Online(server) => server.get("/api/admin/events"),
            Self::Offline(journal) => journal.events(),
        }
    }

    fn create(&self, request: &CreateEvent) -> Result<EventRow, Fail> {
        match self {
            Self::Online(server) => server.post("/api/admin/events", request),
            Self::Offline(journal) => journal.create_event(request),
        }
    }

    fn change(&self, id_or_name: &str, verb: &'static str) -> Result<EventRow, Fail> {
        #[derive(Serialize)]
        struct Nothing {}
        let events = self.list()?;
        let found = events.iter().find(|e| e.id == id_or_name).or_else(|| events.iter().find(|e| e.name == id_or_name));
        let Some(event) = found else {
            return Err(Fail::new(
                Code::UnknownEvent,
                format!("there is no event {id_or_name:?}"),
                "kilat event list names them all",
            ));
        };
        match self {
            Self::Online(server) => server.post(&format!("/api/admin/events/{}/{verb}", event.id), &Nothing {}),
            Self::Offline(journal) => journal.change_event(&event.id, verb),
        }
    }
}
