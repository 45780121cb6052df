//! `kilat ceremony`: while one is on, copies over the network leave the line to others.

use kilat_wire::{CeremonyAnswer, SetCeremony};

use super::call::{Server, no_server};
use super::out;
use crate::config::Config;
use crate::fail::Fail;

const PATH: &str = "/api/admin/ceremony";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum CeremonyCommand {
    /// Begin one, or change when it ends
    On {
        /// How long it lasts; it ends by itself
        #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=720))]
        minutes: u64,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// End it now
    Off {
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Whether one is on, and what copies may take
    Status {
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(config: &Config, command: &CeremonyCommand) -> Result<(), Fail> {
    let data = &config.data.value;
    let server = Server::find(data)?.ok_or_else(|| no_server(data))?;
    let (answer, json): (CeremonyAnswer, bool) = match *command {
        CeremonyCommand::On { minutes, json } => (server.post(PATH, &SetCeremony { minutes })?, json),
        CeremonyCommand::Off { json } => (server.post(PATH, &SetCeremony { minutes: 0 })?, json),
        CeremonyCommand::Status { json } => (server.get(PATH)?, json),
    };
    if json { out::json(&answer) } else { out::line(&out::safe(&describe(&answer))) }
}

fn describe(answer: &CeremonyAnswer) -> String {
    let limit = answer.limit_bytes_per_second.map_or("as much as goes".to_owned(), |limit| {
        // Lines are sold in megabits.
        format!("at most {} Mbit/s together", limit as f64 * 8.0 / 1e6)
    });
    match &answer.until {
        Some(until) => format!("ceremony until {until}: copies over the network take {limit}"),
        None => format!("no ceremony: copies over the network take {limit}"),
    }
}
