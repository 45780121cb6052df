//! `kilat notify …`: through the running server when there is one, else in the data folder.
//!
//! Secrets come from the environment, a prompt or standard input, never from an argument, which everyone on the
//! machine could read.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use clap::{Args, Subcommand};
use kilat_core::{Lang, NoticeKind, Priority};
use kilat_notify::environment_name;
use kilat_remote::percent_encoded;
use kilat_wire::{
    AckAnswer, CreateTarget, Done, NewTargetAnswer, NoticeList, Notification, PushDeviceRow, TargetKind, TargetRow,
    TargetTested, TellingView,
};
use serde::Serialize;
use serde::de::{DeserializeOwned, value::StrDeserializer};

use super::call::Server;
use super::{ask, out};
use crate::app::offline;
use crate::config::{Config, environment_secret};
use crate::fail::Fail;

/// Devices are named so, beside targets.
const DEVICE: &str = "push-";

#[derive(Debug, Subcommand)]
pub(super) enum NotifyCommand {
    /// Add somebody who is told beyond the browser; secrets are asked for, or taken from `KILAT_SECRET_NAME_…`
    Add(Box<AddFlags>),
    /// All targets and signed-up devices, with how it goes
    List {
        /// One JSON object a line instead of text
        #[arg(long)]
        json: bool,
    },
    /// Send a test message now
    Test {
        /// A target, or a device as the list names it
        name: String,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Tell a target or a device nothing more
    Remove {
        /// Its name
        name: String,
    },
    /// Notifications, newest first
    Log {
        /// Only those whose cause lasts and that nobody has seen
        #[arg(long)]
        open: bool,
        /// One JSON object a line instead of text
        #[arg(long)]
        json: bool,
    },
    /// Somebody has seen a notification: every screen shows it, and it is told no more
    Ack {
        /// Its id
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// All that stand open
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddFlags {
    /// Lower-case letters, digits and '-'
    name: String,
    /// Where to; {secret} stands for a part that nobody may read; a Telegram bot needs none
    url: Option<String>,
    /// webhook, ntfy, telegram, http or heartbeat
    #[arg(long, value_parser = word::<TargetKind>)]
    kind: TargetKind,
    /// The chat, of a Telegram bot
    #[arg(long)]
    chat: Option<String>,
    /// What is sent to an http target: {title}, {message}, {priority}, {id}, {state} are replaced
    #[arg(long)]
    body: Option<String>,
    /// The type of that body
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// How often a heartbeat calls
    #[arg(long, value_name = "SECONDS")]
    every: Option<u64>,
    /// low, medium, high or critical, and what is louder
    #[arg(long, value_name = "PRIORITY", value_parser = word::<Priority>)]
    at_least: Option<Priority>,
    /// Only notifications of this type; may be given several times
    #[arg(long = "type", value_name = "TYPE", value_parser = word::<NoticeKind>)]
    types: Vec<NoticeKind>,
    /// en or id
    #[arg(long, default_value = "en", value_parser = word::<Lang>)]
    lang: Lang,
    /// Not again what nobody has seen
    #[arg(long)]
    no_escalations: bool,
    /// Not that a cause ended
    #[arg(long)]
    no_ends: bool,
    /// Add it also when it does not take a test message now
    #[arg(long)]
    no_test: bool,
}

/// A word as the wire writes it.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    T::deserialize(StrDeserializer::<serde::de::value::Error>::new(text)).map_err(|error| error.to_string())
}

pub(super) fn run(config: &Config, command: NotifyCommand) -> Result<(), Fail> {
    let desk = Desk::open(config)?;
    match command {
        NotifyCommand::Add(flags) => {
            let request = request(*flags)?;
            let answer = desk.add(request)?;
            if let Some(key) = &answer.signing_key {
                out::note("the signing key of the webhook; it is not told again:");
                out::line(key)?;
            }
            out::note(&row(&answer.row));
            Ok(())
        }
        NotifyCommand::List { json } => {
            let (targets, devices) = desk.list()?;
            for target in targets {
                if json { out::json(&target)? } else { out::line(&row(&target))? }
            }
            for device in devices {
                if json { out::json(&device)? } else { out::line(&device_row(&device))? }
            }
            Ok(())
        }
        NotifyCommand::Test { name, json } => {
            let tested = desk.test(&name)?;
            if json {
                return out::json(&tested);
            }
            out::line(&format!("{}\ttook it in {} ms", tested.name, tested.took_ms))
        }
        NotifyCommand::Remove { name } => {
            desk.remove(&name)?;
            out::note(&format!("{name} is told nothing more"));
            Ok(())
        }
        NotifyCommand::Log { open, json } => {
            let mut before = None;
            loop {
                let page = desk.log(open, before)?;
                for notice in page.notifications {
                    if json { out::json(&notice)? } else { out::line(&notice_row(&notice))? }
                }
                // Of those that are over, the newest are enough.
                before = page.next.filter(|_| open);
                if before.is_none() {
                    return Ok(());
                }
            }
        }
        NotifyCommand::Ack { id, .. } => {
            let answer = desk.acknowledge(id.as_deref())?;
            out::note(&format!("{} acknowledged", kilat_core::count_text(answer.acknowledged, "notification")));
            Ok(())
        }
    }
}

fn request(flags: AddFlags) -> Result<CreateTarget, Fail> {
    let secrets = secrets(&flags)?;
    Ok(CreateTarget {
        name: flags.name,
        kind: flags.kind,
        url: flags.url,
        chat: flags.chat,
        body: flags.body,
        content_type: flags.content_type,
        every_seconds: flags.every,
        at_least: flags.at_least,
        types: flags.types,
        lang: flags.lang,
        escalations: Some(!flags.no_escalations),
        ends: Some(!flags.no_ends),
        secrets,
        untested: flags.no_test,
    })
}

/// What a target of this kind may need: from the environment, else asked for in a terminal, else `name=value` lines
/// of standard input.
fn secrets(flags: &AddFlags) -> Result<BTreeMap<String, String>, Fail> {
    let fields = fields(flags);
    let mut found = BTreeMap::new();
    for field in &fields {
        if let Some(value) = environment_secret(&environment_name(&flags.name, field)) {
            found.insert((*field).to_owned(), value.as_str().to_owned());
        }
    }
    if fields.len() == found.len() {
        return Ok(found);
    }
    if io::stdin().is_terminal() {
        for field in fields {
            if !found.contains_key(field) {
                let value = ask::hidden(&format!("{field} (empty for none): "))?;
                if !value.is_empty() {
                    found.insert(field.to_owned(), value);
                }
            }
        }
        return Ok(found);
    }
    for line in ask::lines()? {
        let Some((name, value)) = line.split_once('=') else {
            return Err(Fail::setting("a line of standard input is no secret", "write each as name=value"));
        };
        found.insert(name.trim().to_owned(), value.to_owned());
    }
    Ok(found)
}

/// The names of its secrets; those that it cannot do without are refused where it is added.
fn fields(flags: &AddFlags) -> Vec<&'static str> {
    let untested = CreateTarget {
        name: flags.name.clone(),
        kind: flags.kind,
        url: flags.url.clone(),
        chat: flags.chat.clone(),
        body: None,
        content_type: None,
        every_seconds: None,
        at_least: None,
        types: Vec::new(),
        lang: flags.lang,
        escalations: None,
        ends: None,
        secrets: BTreeMap::new(),
        untested: true,
    };
    match kilat_server::new_target(untested) {
        Ok((target, _, _)) => target.kind.secrets().into_iter().map(|field| field.name).collect(),
        // Refused where it is added, with the reason.
        Err(_) => Vec::new(),
    }
}

fn said(value: impl Serialize) -> String {
    serde_json::json!(value).as_str().unwrap_or_default().to_owned()
}

fn row(target: &TargetRow) -> String {
    let place = target.url.as_deref().or(target.chat.as_deref()).unwrap_or_default();
    let (kind, at_least) = (said(target.kind), said(target.at_least));
    format!("{}\t{kind}\t{at_least}\t{}\t{}", target.name, out::safe(place), telling(&target.telling))
}

fn device_row(device: &PushDeviceRow) -> String {
    let (by, at_least) = (out::safe(&device.by), said(device.at_least));
    format!(
        "{DEVICE}{}\tpush of {by}\t{at_least}\t{}\t{}",
        device.id,
        out::safe(&device.service),
        telling(&device.telling)
    )
}

fn telling(view: &TellingView) -> String {
    match (&view.error, &view.remedy) {
        (Some(error), remedy) => {
            let remedy = remedy.as_deref().unwrap_or_default();
            format!("failing ({} attempts): {}; {}", view.attempts, out::safe(error), out::safe(remedy))
        }
        (None, _) => said(view.state),
    }
}

fn notice_row(notice: &Notification) -> String {
    let (state, priority) = (said(notice.state), said(notice.priority));
    let (title, message) = (out::safe(&notice.title), out::safe(&notice.message));
    format!("{}\t{state}\t{priority}\t{title}: {message}\t{}", notice.timestamp, out::safe(&notice.id))
}

/// Where targets and notifications are kept: the running server, or the data folder alone. Both answer alike.
enum Desk {
    Online(Server),
    Offline(offline::Notices),
}

impl Desk {
    fn open(config: &Config) -> Result<Self, Fail> {
        match Server::find(&config.data.value)? {
            Some(server) => Ok(Self::Online(server)),
            None => offline::Notices::open(&config.data.value, config.notifications.targets.value.clone())
                .map(Self::Offline),
        }
    }

    fn list(&self) -> Result<(Vec<TargetRow>, Vec<PushDeviceRow>), Fail> {
        match self {
            Self::Online(server) => Ok((server.get("/api/admin/notify")?, server.get("/api/push/devices")?)),
            // Devices are told by the server only.
            Self::Offline(desk) => Ok((desk.targets()?, Vec::new())),
        }
    }

    fn add(&self, request: CreateTarget) -> Result<NewTargetAnswer, Fail> {
        match self {
            Self::Online(server) => server.post_patiently("/api/admin/notify", &request),
            Self::Offline(desk) => desk.add(request),
        }
    }

    fn test(&self, name: &str) -> Result<TargetTested, Fail> {
        match self {
            Self::Online(server) => server.post_patiently(&format!("{}/test", path(name)), &serde_json::json!({})),
            Self::Offline(desk) => desk.test(name),
        }
    }

    fn remove(&self, name: &str) -> Result<(), Fail> {
        match self {
            Self::Online(server) => server.delete::<Done>(&path(name)).map(|_| ()),
            Self::Offline(desk) => desk.remove(name),
        }
    }

    /// A page of notifications: the newest, or those before.
    fn log(&self, is_open: bool, before: Option<u64>) -> Result<NoticeList, Fail> {
        match self {
            Self::Online(server) => {
                let state = if is_open { "open" } else { "all" };
                let before = before.map_or(String::new(), |before| format!("&before={before}"));
                server.get(&format!("/api/notifications?state={state}{before}"))
            }
            Self::Offline(desk) => desk.list(is_open, before, Lang::En),
        }
    }

    fn acknowledge(&self, id: Option<&str>) -> Result<AckAnswer, Fail> {
        match (self, id) {
            (Self::Online(server), Some(id)) => {
                let path = format!("/api/notifications/{}/ack", percent_encoded(id, false));
                server.post(&path, &serde_json::json!({}))
            }
            (Self::Online(server), None) => server.post("/api/notifications/ack", &serde_json::json!({})),
            (Self::Offline(desk), id) => desk.acknowledge(id),
        }
    }
}

/// The call about a target or a device.
fn path(name: &str) -> String {
    match name.strip_prefix(DEVICE) {
        Some(id) => format!("/api/push/devices/{}", percent_encoded(id, false)),
        None => format!("/api/admin/notify/{}", percent_encoded(name, false)),
    }
}
