//! `kilat link`: a sign-in link and its QR code, for a phone on the same network.

use kilat_core::Role;
use kilat_wire::{CreateLink, LinkAnswer};
use serde_json::json;

use super::call::{Server, no_server};
use super::{out, qr};
use crate::app::public_base;
use crate::config::Config;
use crate::fail::Fail;

#[derive(Debug, clap::Args)]
pub(super) struct LinkFlags {
    /// What it lets people do: viewer, operator, agent, admin
    #[arg(long, value_name = "ROLE", default_value = "viewer")]
    role: Role,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(config: &Config, flags: &LinkFlags) -> Result<(), Fail> {
    let data = &config.data.value;
    let Some(server) = Server::find(data)? else { return Err(no_server(data)) };
    let link: LinkAnswer = server.post("/api/links", &CreateLink { role: flags.role })?;
    let url = format!("{}{}", public_base(config, &server.ready), link.path);
    let minutes = link.valid_ms / 60_000;
    if flags.json {
        return out::json(&json!({ "url": url, "role": link.role, "uses": link.uses, "validMs": link.valid_ms }));
    }
    out::line(&url)?;
    out::text(&qr::draw(&url))?;
    out::note(&format!("  signs in as {}, {} times, within {minutes} minutes", link.role, link.uses));
    Ok(())
}
