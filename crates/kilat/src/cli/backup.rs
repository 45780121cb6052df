//! `kilat backup …`: asks the running server for backups, and says how they go.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;
use kilat_core::RunKind;
use kilat_wire::{
    BackupAnswer, BackupListAnswer, BackupPhase, BackupRun, BackupsStarted, EventRow, SafetyAnswer, SafetyView,
    StartBackup,
};
use serde::Serialize;

use super::call::{Server, no_server};
use super::out;
use super::restore::{self, RestoreFlags};
use super::wait::{self, Watched};
use crate::app::offline;
use crate::config::Config;
use crate::data::DataFolder;
use crate::fail::{Code, Fail};

#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// Bring an event to backup destinations: copy what is not there yet, and prove it
    Start {
        /// The event's id or name
        event: String,
        /// A destination's name; may be given several times; every backup destination by default
        #[arg(long, value_name = "NAME")]
        to: Vec<String>,
        /// Stay until the end, with its outcome as exit status; Ctrl-C leaves the backup going
        #[arg(long)]
        wait: bool,
        /// One JSON object a run
        #[arg(long)]
        json: bool,
    },
    /// All runs, or one with what it gave up
    Status {
        /// A run's id
        id: Option<String>,
        /// One JSON object a run
        #[arg(long)]
        json: bool,
    },
    /// Stop a run for now
    Pause {
        /// Its id
        id: String,
    },
    /// Let a run go on
    Resume {
        /// Its id
        id: String,
    },
    /// End a run; whole copies stay
    Cancel {
        /// Its id
        id: String,
    },
    /// Go on with what has no copy yet
    Retry {
        /// Its id
        id: String,
        /// Stay until the end, with its outcome as exit status
        #[arg(long)]
        wait: bool,
    },
    /// Read back every copy of an event at a destination
    Verify {
        /// The event's id or name
        event: String,
        /// A destination's name; may be given several times; every backup destination by default
        #[arg(long, value_name = "NAME")]
        to: Vec<String>,
        /// Do not stay until the end
        #[arg(long)]
        no_wait: bool,
        /// One JSON object a run
        #[arg(long)]
        json: bool,
    },
    /// Bring an event back; the same as kilat restore
    Restore(RestoreFlags),
    /// Whether an event has enough copies that the card may be formatted
    Safety {
        /// The event's id or name
        event: String,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(config: &Config, command: BackupCommand) -> Result<(), Fail> {
    let data = &config.data.value;
    let server = match (Server::find(data)?, &command) {
        (Some(server), _) => server,
        (None, BackupCommand::Status { id, json }) => return offline_status(data, id.as_deref(), *json),
        (None, BackupCommand::Restore(flags)) => return restore::run(config, flags),
        (None, BackupCommand::Safety { event, json }) => {
            let journal = existing(data)?;
            return show_safety(&journal.safety(event, config.backup.rule())?, *json);
        }
        (None, _) => return Err(no_server(data)),
    };
    match command {
        BackupCommand::Restore(flags) => restore::run(config, &flags),
        BackupCommand::Start { event, to, wait, json } => {
            start(server, &event, to, RunKind::Copy, Watched { is_waited_for: wait, is_json: json })
        }
        BackupCommand::Verify { event, to, no_wait, json } => {
            start(server, &event, to, RunKind::Verify, Watched { is_waited_for: !no_wait, is_json: json })
        }
        BackupCommand::Status { id: None, json } => list(&server, json),
        BackupCommand::Status { id: Some(id), json } => show(&find(&server, &id)?, json),
        BackupCommand::Pause { id } => change(&server, &id, "pause"),
        BackupCommand::Resume { id } => change(&server, &id, "resume"),
        BackupCommand::Cancel { id } => change(&server, &id, "cancel"),
        BackupCommand::Retry { id, wait: false } => change(&server, &id, "retry"),
        BackupCommand::Retry { id, wait: true } => {
            let answer: BackupAnswer = server.post(&format!("/api/admin/backups/{id}/retry"), &Nothing {})?;
            wait::until_ended(Arc::new(server), vec![answer.data], Watched { is_waited_for: true, is_json: false })
        }
        BackupCommand::Safety { event, json } => safety(&server, &event, json),
    }
}

#[derive(Serialize)]
struct Nothing {}

/// The journal of a folder that is one: looking must not make it one.
fn existing(data: &Path) -> Result<offline::Journal, Fail> {
    if DataFolder::journal(data).exists() { offline::Journal::open(data) } else { Err(no_server(data)) }
}

fn offline_status(data: &Path, id: Option<&str>, json: bool) -> Result<(), Fail> {
    let journal = existing(data)?;
    out::note("kilat: no server is running; this is what the data folder says");
    let Some(id) = id else { return show_all(&journal.backups()?.all_backups, json) };
    let known = id.parse().ok().map(|id| journal.backup(&id)).transpose()?.flatten();
    show(&known.ok_or_else(|| unknown(id))?, json)
}

fn start(server: Server, event: &str, to: Vec<String>, kind: RunKind, watched: Watched) -> Result<(), Fail> {
    let event = find_event(&server, event)?;
    let destinations = if to.is_empty() { None } else { Some(to) };
    let request = StartBackup { destinations, kind: Some(kind) };
    let started: BackupsStarted = server.post(&format!("/api/admin/events/{}/backup", event.id), &request)?;
    if !watched.is_waited_for {
        for run in &started.runs {
            show_row(run, watched.is_json)?;
        }
        return Ok(());
    }
    wait::until_ended(Arc::new(server), started.runs, watched)
}

/// An event by its id, else by its name.
pub(super) fn find_event(server: &Server, id_or_name: &str) -> Result<EventRow, Fail> {
    let events: Vec<EventRow> = server.get("/api/admin/events")?;
    let by_id = events.iter().find(|event| event.id == id_or_name);
    let found = by_id.or_else(|| events.iter().find(|event| event.name == id_or_name));
    found.cloned().ok_or_else(|| {
        let what = format!("there is no event {id_or_name:?}");
        Fail::new(Code::UnknownEvent, what, "kilat event list names them all")
    })
}

/// A run of any event.
fn find(server: &Server, id: &str) -> Result<BackupRun, Fail> {
    let all: BackupListAnswer = server.get("/api/admin/backup/status")?;
    let known = all.data.all_backups.iter().find(|run| run.backup_id == id);
    wait::fetch(server, known.ok_or_else(|| unknown(id))?)
}

fn unknown(id: &str) -> Fail {
    Fail::new(Code::Refused, format!("there is no backup {id:?}"), "kilat backup status lists those on record")
}

fn list(server: &Server, json: bool) -> Result<(), Fail> {
    let all: BackupListAnswer = server.get("/api/admin/backup/status")?;
    show_all(&all.data.all_backups, json)
}

fn show_all(runs: &[BackupRun], json: bool) -> Result<(), Fail> {
    for run in runs {
        show_row(run, json)?;
    }
    if runs.is_empty() {
        out::note("kilat: no backup was made yet; begin one: kilat backup start EVENT");
    }
    Ok(())
}

fn change(server: &Server, id: &str, verb: &str) -> Result<(), Fail> {
    let answer: BackupAnswer = server.post(&format!("/api/admin/backups/{id}/{verb}"), &Nothing {})?;
    out::note(&format!("kilat: {}", out::safe(&answer.message)));
    show_row(&answer.data, false)
}

pub(super) fn show_row(run: &BackupRun, json: bool) -> Result<(), Fail> {
    if json { out::json(run) } else { out::line(&out::safe(&wait::describe(run))) }
}

/// One run with all there is to say about it.
pub(super) fn show(run: &BackupRun, json: bool) -> Result<(), Fail> {
    show_row(run, json)?;
    if json {
        return Ok(());
    }
    let said = [run.reason.as_deref(), run.error.as_deref(), run.remedy.as_deref()];
    for text in said.into_iter().flatten() {
        out::line(&out::safe(&format!("  {text}")))?;
    }
    for failure in &run.failures {
        out::line(&out::safe(&format!("  FAILED  {}", failure.message)))?;
    }
    let listed = run.failures.len() as u64;
    if run.failed_uploads > listed && listed > 0 {
        out::line(&format!("  and {} more", run.failed_uploads - listed))?;
    }
    Ok(())
}

fn safety(server: &Server, event: &str, json: bool) -> Result<(), Fail> {
    let event = find_event(server, event)?;
    let answer: SafetyAnswer = server.get(&format!("/api/admin/events/{}/safety", event.id))?;
    show_safety(&answer.data, json)
}

fn show_safety(safety: &SafetyView, json: bool) -> Result<(), Fail> {
    if json {
        out::json(safety)?;
    } else {
        for line in describe_safety(safety) {
            out::line(&out::safe(&line))?;
        }
    }
    if safety.safe_to_format {
        return Ok(());
    }
    let remedy = format!("kilat backup start {} brings the event to every backup destination", safety.event_id);
    Err(Fail::new(Code::Backup, format!("{} does not meet the studio's rule yet", safety.event_name), remedy))
}

fn describe_safety(safety: &SafetyView) -> Vec<String> {
    let mut lines = vec![safety.verdict.clone()];
    for row in &safety.tally {
        let (copies, media, off_site) = (row.copies, row.media, row.off_site);
        lines.push(format!(
            "{:>7} photos  {copies} copies on {media} kinds of media, {off_site} in another building",
            row.photos
        ));
    }
    for place in &safety.places {
        let medium = format!("{:?}", place.medium).to_lowercase();
        let off_site = if place.off_site { ", in another building" } else { "" };
        lines.push(format!("{:>7} photos  at {} ({medium}, {}{off_site})", place.photos, place.id, place.volume));
    }
    for missing in &safety.missing {
        let at = if missing.copies_at.is_empty() { "nowhere".to_owned() } else { missing.copies_at.join(", ") };
        lines.push(format!("missing       {}: copies at {at}", missing.name));
    }
    let named = safety.missing.len() as u64;
    let all = safety.photos - safety.safe_photos;
    if all > named {
        lines.push(format!("              and {} more", all - named));
    }
    lines
}

/// The lines that `kilat status` adds about the event in use; none while it has no photo.
pub(super) fn safety_line(server: &Server, event: &str) -> Result<Option<String>, Fail> {
    let answer: SafetyAnswer = server.get(&format!("/api/admin/events/{event}/safety"))?;
    Ok((answer.data.photos > 0).then(|| format!("safety        {}", answer.data.verdict)))
}

/// Whether a person looks at the progress.
pub(super) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether a run is over.
pub(super) fn is_over(run: &BackupRun) -> bool {
    match run.phase {
        BackupPhase::Completed | BackupPhase::Failed | BackupPhase::Cancelled => true,
        BackupPhase::Queued
        | BackupPhase::Listing
        | BackupPhase::Copying
        | BackupPhase::Verifying
        | BackupPhase::Sealing
        | BackupPhase::Paused
        | BackupPhase::Waiting => false,
    }
}
