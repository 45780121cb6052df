//! `kilat config show`: the settings in force and where each comes from.

use clap::Subcommand;
use serde_json::json;

use super::out;
use crate::config::Config;
use crate::fail::Fail;

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// The settings in force
    Show {
        /// And where each comes from
        #[arg(long)]
        origin: bool,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(config: &Config, command: &ConfigCommand) -> Result<(), Fail> {
    let ConfigCommand::Show { origin, json } = command;
    let rows = config.rows();
    if *json {
        let object: serde_json::Map<_, _> = rows
            .into_iter()
            .map(|(name, value, from)| {
                (name.to_owned(), if *origin { json!({ "value": value, "origin": from }) } else { json!(value) })
            })
            .collect();
        return out::json(&object);
    }
    for (name, value, from) in rows {
        let from = if *origin { format!("   # {from}") } else { String::new() };
        out::line(&format!("{name} = {value}{from}"))?;
    }
    Ok(())
}
