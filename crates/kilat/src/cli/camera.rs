//! `kilat camera`: cameras and cards.

use kilat_remote::percent_encoded;
use kilat_wire::Done;

use super::call::{Server, no_server};
use super::out;
use crate::config::Config;
use crate::fail::Fail;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum CameraCommand {
    /// Read what is on a card and not held yet
    Import {
        /// The card's name, or its id
        card: String,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(config: &Config, command: &CameraCommand) -> Result<(), Fail> {
    let data = &config.data.value;
    let server = Server::find(data)?.ok_or_else(|| no_server(data))?;
    let CameraCommand::Import { card, json } = command;
    let answer: Done =
        server.post(&format!("/api/admin/cameras/{}/import", percent_encoded(card, false)), &serde_json::json!({}))?;
    if *json {
        return out::json(&answer);
    }
    out::line(&out::safe(&format!("{card} is being read; how it ends is told as a notification (kilat notify log)")))
}
