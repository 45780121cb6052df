//! `kilat restore`: an event or a photo comes back from a destination, a folder or an address.
//!
//! Runs by itself, with or without a server and a data folder. Killed, it goes on when it is called again.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kilat_core::size_text;
use kilat_mhl::{Damage, Outcome, Progress, RelPath, RestoreError, Target, restore};
use serde::Serialize;
use zeroize::Zeroizing;

use super::backup::is_watched;
use super::{destination, out};
use crate::app::restoring::{self, Copies, Record};
use crate::app::stores;
use crate::config::Config;
use crate::fail::{Code, Exit, Fail};

/// How often the line on a terminal is written again.
const DRAW: Duration = Duration::from_millis(200);
/// How often a plain line is written.
const PLAIN: Duration = Duration::from_secs(10);
/// Files that are named one by one.
const MAX_NAMED: usize = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreFlags {
    /// The event: id, name, or the name of its folder; may be left out for a folder that holds one
    event: Option<String>,
    /// A destination's name, a folder, or a URL (its secrets: `KILAT_SECRET_FROM_…`, a prompt, standard input)
    #[arg(long, value_name = "NAME|PATH|URL")]
    from: String,
    /// The folder to restore to; what stands there stays
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Only this photo: its name, or its path in the event's folder
    #[arg(long, value_name = "NAME")]
    photo: Option<String>,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// What became of a restore.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    to: String,
    restored: u64,
    restored_bytes: u64,
    was_there: u64,
    failed: u64,
    /// Files that a source had damaged, the first thousand.
    damaged: Vec<DamagedFile>,
    /// What is wrong with the manifests.
    flaws: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DamagedFile {
    path: String,
    is_restored: bool,
    sources: Vec<DamagedAt>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DamagedAt {
    source: String,
    why: String,
}

pub(super) fn run(config: &Config, flags: &RestoreFlags) -> Result<(), Fail> {
    let all = find(config, flags)?;
    let wanted = |copies: &Copies| -> Vec<RelPath> {
        let files = copies.sources.first().map(|source| source.files.keys());
        files.into_iter().flatten().filter(|path| is_wanted(path, flags.photo.as_deref())).cloned().collect()
    };
    let paths: Vec<Vec<RelPath>> = all.iter().map(wanted).collect();
    if paths.iter().all(Vec::is_empty) {
        let what = flags
            .photo
            .as_ref()
            .map_or("no file is listed there".to_owned(), |name| format!("no photo called {name:?} is listed there"));
        return Err(Fail::new(Code::Restore, what, "docs/backups.md shows how to restore").exit(Exit::WrongUse));
    }
    let target = Target::open(&flags.to).map_err(|error| broke(&error))?;
    let mut told = Told::new(paths.iter().map(Vec::len).sum());
    told.report.to = flags.to.display().to_string();
    for (copies, paths) in all.into_iter().zip(&paths) {
        told.report.flaws.extend(copies.flaws);
        let done = restore(&copies.sources, paths, &target, &copies.folder, &mut told);
        done.map_err(|error| {
            told.end();
            broke(&error)
        })?;
    }
    told.end();
    show(&told.report, flags.json)?;
    verdict(&told.report)
}

fn find(config: &Config, flags: &RestoreFlags) -> Result<Vec<Copies>, Fail> {
    let event = flags.event.as_deref();
    let from = flags.from.as_str();
    let is_address = from.starts_with("restic:") || from.contains("://") && !from.starts_with("file://");
    if is_address {
        let address =
            stores::address(from).map_err(|why| Fail::setting(why, "docs/destinations.md shows each kind"))?;
        let secrets = destination::secrets("from", from)?;
        let secrets = secrets.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
        return restoring::of_address(address, &secrets, event, &flags.to).map(|copies| vec![copies]);
    }
    // A name that is both is the destination: a folder can be written as ./name.
    if !from.contains('/')
        && let Some(record) = Record::look(&config.data.value)?
        && record.has(from)?
    {
        let Some(event) = event else {
            let what = format!("it is not known which event to restore from {from}");
            return Err(Fail::setting(what, "kilat event list names them all"));
        };
        return record.copies(from, event);
    }
    let path = from.strip_prefix("file://").unwrap_or(from);
    restoring::of_folder(Path::new(path), event).map(|copies| vec![copies])
}

fn is_wanted(path: &RelPath, photo: Option<&str>) -> bool {
    photo.is_none_or(|photo| path.as_str() == photo || path.name() == photo)
}

fn broke(error: &RestoreError) -> Fail {
    let remedy = match error {
        RestoreError::Target { .. } | RestoreError::NamesTaken(_) => "give another folder with --to, or make it yours",
        RestoreError::Full { .. } => "free some room, or give another folder with --to",
        RestoreError::Away { .. } => "mend that and call this again: what was restored stays and is not read again",
    };
    Fail::new(Code::Restore, format!("the restore cannot go on: {error}"), remedy)
}

fn show(report: &Report, json: bool) -> Result<(), Fail> {
    if json {
        return out::json(report);
    }
    for file in &report.damaged {
        let state = if file.is_restored { "mended" } else { "LOST" };
        for DamagedAt { source, why } in &file.sources {
            let told = out::safe(&format!("{source}: {why}"));
            out::line(&format!("{state}\t{}\t{told}", out::safe(&file.path)))?;
        }
    }
    for flaw in &report.flaws {
        out::line(&format!("list\t{}", out::safe(flaw)))?;
    }
    let Report { restored, was_there, failed, .. } = report;
    let bytes = size_text(report.restored_bytes);
    out::line(&out::safe(&format!(
        "{restored} files restored to {} ({bytes}), {was_there} were there, {failed} failed",
        report.to
    )))
}

fn verdict(report: &Report) -> Result<(), Fail> {
    let good = report.restored + report.was_there;
    if report.failed > 0 {
        let what = format!("{} files could not be restored: no copy is as it was listed", report.failed);
        let fail = Fail::new(Code::Restore, what, "give another destination or copy with --from, to the same folder");
        return Err(if good > 0 { fail.exit(Exit::InPart) } else { fail });
    }
    if let Some(flaw) = report.flaws.first() {
        let what = format!("all files that are listed came back, but the lists are not whole: {flaw}");
        let remedy = "compare with another destination: files that only a damaged list had may be missing";
        return Err(Fail::new(Code::Restore, what, remedy).exit(Exit::InPart));
    }
    Ok(())
}

/// Counts, and shows how far it is.
struct Told {
    report: Report,
    files: usize,
    done: usize,
    bytes: u64,
    is_bar: bool,
    at: Instant,
    is_drawn: bool,
}

impl Told {
    fn new(files: usize) -> Self {
        let (report, is_bar, at) = (Report::default(), is_watched(), Instant::now());
        Self { report, files, done: 0, bytes: 0, is_bar, at, is_drawn: false }
    }

    fn tell(&mut self) {
        if self.at.elapsed() < if self.is_bar { DRAW } else { PLAIN } {
            return;
        }
        self.at = Instant::now();
        let text = format!("{} of {} files, {}", self.done, self.files, size_text(self.bytes));
        if self.is_bar {
            out::prompt(&format!("\r\x1b[2K{text}"));
            self.is_drawn = true;
        } else {
            out::note(&text);
        }
    }

    /// The bar gives way to the results.
    fn end(&mut self) {
        if self.is_drawn {
            out::prompt("\r\x1b[2K");
            self.is_drawn = false;
        }
    }

    fn damaged(&mut self, path: &RelPath, damages: Vec<Damage>, is_restored: bool) {
        if damages.is_empty() || self.report.damaged.len() == MAX_NAMED {
            return;
        }
        let sources = damages.into_iter().map(|Damage { source, why }| DamagedAt { source, why }).collect();
        self.report.damaged.push(DamagedFile { path: path.to_string(), is_restored, sources });
    }
}

impl Progress for Told {
    fn bytes(&mut self, more: u64) {
        self.bytes += more;
        self.tell();
    }

    fn file(&mut self, path: &RelPath, outcome: Outcome) -> ControlFlow<()> {
        self.done += 1;
        match outcome {
            Outcome::Restored { size_bytes, damages, .. } => {
                self.report.restored += 1;
                self.report.restored_bytes += size_bytes;
                self.damaged(path, damages, true);
            }
            Outcome::WasThere { .. } => self.report.was_there += 1,
            Outcome::Failed { damages } => {
                self.report.failed += 1;
                self.damaged(path, damages, false);
            }
        }
        self.tell();
        ControlFlow::Continue(())
    }
}
