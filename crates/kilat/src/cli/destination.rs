//! `kilat destination …`: through the running server when there is one, else in the data folder.
//!
//! Secrets come from the environment, a prompt or standard input, never from an argument, which everyone on the
//! machine could read.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::Path;

use clap::{Subcommand, ValueEnum};
use kilat_core::{Destination, DestinationHealth, DestinationId, DestinationKind, Millis};
use kilat_places::{Field, Presence, environment_name};
use kilat_wire::{CreateDestination, DestinationRow, DestinationTested, Done};

use super::call::Server;
use super::{ask, out};
use crate::app::{offline, stores};
use crate::config::{Config, environment_secret};
use crate::fail::Fail;

/// What is copied there, as people type it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// Every photo, as soon as it is filed
    Upload,
    /// Whole events, by backup runs
    Backup,
}

#[derive(Debug, Subcommand)]
pub(super) enum DestinationCommand {
    /// Add a place that copies go to; its secrets are asked for, or taken from `KILAT_SECRET_NAME_…`
    Add {
        /// Letters, digits, '-' and '_'
        name: String,
        /// A folder, or s3://bucket/prefix?endpoint=…&region=…, sftp://user@host:port/path, webdavs://host/path, gdrive://root/path
        url: String,
        /// What is copied there
        #[arg(long, value_enum, default_value = "upload")]
        kind: Kind,
        /// It stands in another building
        #[arg(long)]
        off_site: bool,
        /// Add it also when it does not answer now
        #[arg(long)]
        no_test: bool,
    },
    /// All destinations in use
    List {
        /// One JSON object a line instead of text
        #[arg(long)]
        json: bool,
    },
    /// Ask one to answer and to be written
    Test {
        /// Its name
        name: String,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Copy nothing there any more; what stands there stays
    Remove {
        /// Its name
        name: String,
    },
    /// Give up all sealed secrets after their key was lost, so that others can be given
    ForgetSecrets,
}

pub(super) fn run(config: &Config, command: DestinationCommand) -> Result<(), Fail> {
    if let DestinationCommand::ForgetSecrets = command {
        return forget(&config.data.value);
    }
    let desk = Desk::open(config)?;
    match command {
        DestinationCommand::Add { name, url, kind, off_site, no_test } => {
            let kind = match kind {
                Kind::Upload => DestinationKind::Upload,
                Kind::Backup => DestinationKind::Backup,
            };
            let secrets = secrets(&name, &url)?;
            let request = CreateDestination { name, url: whole(&url), kind, off_site, secrets, untested: no_test };
            out::line(&row(&desk.add(request)?))
        }
        DestinationCommand::List { json } => {
            for destination in desk.list()? {
                if json { out::json(&destination)? } else { out::line(&row(&destination))? }
            }
            Ok(())
        }
        DestinationCommand::Test { name, json } => {
            let tested = desk.test(&name)?;
            if json {
                return out::json(&tested);
            }
            let room = tested.free_bytes.map_or_else(|| "not told".to_owned(), kilat_core::size_text);
            out::line(&format!("{}\tanswered in {} ms\tfree: {room}", tested.id, tested.took_ms))?;
            for capability in &tested.capabilities {
                let found = match capability.found {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "not tried",
                };
                out::line(&format!("  {}\t{found}", capability.name))?;
            }
            Ok(())
        }
        DestinationCommand::Remove { name } => {
            desk.remove(&name)?;
            out::note(&format!("nothing is copied to {name} any more; what stands there stays"));
            Ok(())
        }
        DestinationCommand::ForgetSecrets => Ok(()),
    }
}

/// Says of each what to give again, and how.
fn forget(data: &Path) -> Result<(), Fail> {
    for (about, what) in offline::forget_secrets(data)? {
        let how = match about.split_once(':') {
            Some(("destination", name)) => match name.parse::<DestinationId>() {
                Ok(id) => format!(
                    "set {}, or: kilat destination remove {name}, then kilat destination add {name} with its address",
                    environment_name(&id, "…")
                ),
                Err(_) => "nothing to do".to_owned(),
            },
            Some(("target", name)) => format!("kilat notify remove {name}, then kilat notify add {name} as before"),
            _ => "sign the devices up again".to_owned(),
        };
        out::line(&format!("{what}\tforgotten\t{how}"))?;
    }
    out::note("the next start makes a new key");
    Ok(())
}

/// A folder is meant from here on, not from the server's working folder.
fn whole(url: &str) -> String {
    match stores::address(url) {
        Ok(address) => address.display().to_string(),
        // Refused where it is added, with the reason.
        Err(_) => url.to_owned(),
    }
}

fn row(destination: &DestinationRow) -> String {
    let words = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let kind = words(serde_json::json!(destination.kind));
    let medium = words(serde_json::json!(destination.medium));
    let place = if destination.off_site { "off-site" } else { "here" };
    let state = match &destination.reason {
        Some(reason) => format!("down since {}: {}", destination.since, out::safe(reason)),
        None => "up".to_owned(),
    };
    format!("{}\t{kind}\t{medium}\t{place}\t{}\t{state}", destination.id, out::safe(&destination.url))
}

/// What a destination of this address needs: from the environment, else asked for in a terminal, else
/// `name=value` lines of standard input.
pub(super) fn secrets(name: &str, url: &str) -> Result<BTreeMap<String, String>, Fail> {
    let mut found = BTreeMap::new();
    let (Ok(root), Ok(id)) = (stores::address(url), name.parse::<DestinationId>()) else {
        // Refused where it is added, with the reason.
        return Ok(found);
    };
    let health = DestinationHealth::Up { since: Millis(0) };
    let fields = stores::fields(Destination::new(id.clone(), root, health).medium());
    for field in &fields {
        if let Some(value) = environment_secret(&environment_name(&id, field.name)) {
            found.insert(field.name.to_owned(), value.as_str().to_owned());
        }
    }
    let is_missing = |found: &BTreeMap<String, String>| {
        fields.iter().any(|field| field.presence == Presence::Required && !found.contains_key(field.name))
    };
    if fields.is_empty() || (!found.is_empty() && !is_missing(&found)) {
        return Ok(found);
    }
    if io::stdin().is_terminal() {
        for field in &fields {
            if !found.contains_key(field.name) {
                let value = ask::hidden(&question(field))?;
                if !value.is_empty() {
                    found.insert(field.name.to_owned(), value);
                }
            }
        }
    } else {
        for line in ask::lines()? {
            let Some((name, value)) = line.split_once('=') else {
                return Err(Fail::setting("a line of standard input is no secret", "write each as name=value"));
            };
            found.insert(name.trim().to_owned(), value.to_owned());
        }
    }
    Ok(found)
}

fn question(field: &Field) -> String {
    let leave = match field.presence {
        Presence::Required => "",
        Presence::Optional => "; empty for none",
    };
    format!("{} ({}{leave}): ", field.name, field.says)
}

/// Where destinations are kept: the running server, or the data folder alone. Both answer alike.
enum Desk {
    Online(Server),
    Offline(offline::Desk),
}

impl Desk {
    fn open(config: &Config) -> Result<Self, Fail> {
        match Server::find(&config.data.value)? {
            Some(server) => Ok(Self::Online(server)),
            None => offline::Desk::open(&config.data.value).map(Self::Offline),
        }
    }

    fn list(&self) -> Result<Vec<DestinationRow>, Fail> {
        match self {
            Self::Online(server) => server.get("/api/admin/destinations"),
            Self::Offline(desk) => desk.list(),
        }
    }

    fn add(&self, request: CreateDestination) -> Result<DestinationRow, Fail> {
        match self {
            Self::Online(server) => server.post_patiently("/api/admin/destinations", &request),
            Self::Offline(desk) => desk.add(request),
        }
    }

    fn test(&self, name: &str) -> Result<DestinationTested, Fail> {
        match self {
            Self::Online(server) => {
                server.post_patiently(&format!("/api/admin/destinations/{}/test", part(name)), &serde_json::json!({}))
            }
            Self::Offline(desk) => desk.test(name),
        }
    }

    fn remove(&self, name: &str) -> Result<(), Fail> {
        match self {
            Self::Online(server) => {
                server.delete::<Done>(&format!("/api/admin/destinations/{}", part(name))).map(|_| ())
            }
            Self::Offline(desk) => desk.remove(name),
        }
    }
}

/// Names are letters and digits; anything else is nobody's, and no part of a path.
fn part(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
}
