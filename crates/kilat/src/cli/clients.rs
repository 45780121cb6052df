//! `kilat clients`: who is connected and how far behind; a trace of one connection.

use kilat_wire::{ClientList, ClientTrace, ClientView};

use super::call::{Server, no_server};
use super::out;
use crate::config::Config;
use crate::fail::Fail;

#[derive(Debug, clap::Args)]
pub(super) struct ClientsFlags {
    /// One JSON object a line instead of text
    #[arg(long)]
    json: bool,
    /// What this connection said and heard lately; lines are noted from the first look on
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
}

pub(super) fn run(config: &Config, flags: &ClientsFlags) -> Result<(), Fail> {
    let data = &config.data.value;
    let server = Server::find(data)?.ok_or_else(|| no_server(data))?;
    if let Some(id) = &flags.trace {
        let trace: ClientTrace = server.get(&format!("/api/admin/clients/{}/trace", plain(id)))?;
        if flags.json {
            return out::json(&trace);
        }
        if trace.lines.is_empty() {
            out::note("nothing was said since noting began: run this again in a moment");
        }
        return trace.lines.iter().try_for_each(|line| out::line(&out::safe(line)));
    }
    let list: ClientList = server.get("/api/admin/clients")?;
    for client in &list.clients {
        if flags.json { out::json(client)? } else { out::line(&row(client))? }
    }
    out::note(&format!("{} connected, {} subscriptions", list.viewers, list.subscriptions));
    Ok(())
}

/// What a path may hold; anything else is an id that nobody has.
fn plain(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

fn row(client: &ClientView) -> String {
    let channels: Vec<&str> = client.channels.iter().map(|channel| channel.as_str()).collect();
    let lag = match client.blocked_seconds {
        Some(seconds) => format!("takes nothing for {seconds} s, {} waiting, {} behind", client.queued, client.behind),
        None if client.behind > 0 => format!("{} behind, {} waiting", client.behind, client.queued),
        None => "up to date".to_owned(),
    };
    let line = format!(
        "{}\t{} ({})\t{}\t{}\t{}\theard {} s ago\t{lag}",
        client.client_id,
        client.who,
        client.role,
        client.address,
        client.transport,
        if channels.is_empty() { "–".to_owned() } else { channels.join(",") },
        client.last_heard_seconds,
    );
    out::safe(&line.replace('\t', "  "))
}
