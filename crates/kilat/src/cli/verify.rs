//! `kilat verify`: reads a folder back that lists itself in ASC MHL manifests, whoever wrote them.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use kilat_core::{DESTINATION_MARK, count_text, size_text};
use kilat_mhl::{Checked, Folder, FoundEvent, History, events_at, verify};
use kilat_objects::parse_mark;
use serde::Serialize;

use super::bar::Bar;
use super::out;
use crate::fail::{Code, Fail};

/// Where temporaries lie at a place that copies are brought to.
const PARTS: &str = ".kilat-parts";
/// What is named one by one.
const MAX_NAMED: usize = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyFlags {
    /// The folder of an event, or a backup disk with several
    path: PathBuf,
    /// One JSON object a folder instead of text
    #[arg(long)]
    json: bool,
}

/// How a folder was found.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    success: bool,
    path: String,
    generations: usize,
    sound: u64,
    sound_bytes: u64,
    damaged: u64,
    /// Files that no manifest lists.
    unlisted: u64,
    /// What is wrong with the manifests.
    flaws: Vec<String>,
    /// What is wrong with the files, the first thousand.
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Finding {
    path: String,
    why: String,
}

pub(super) fn run(flags: &VerifyFlags) -> Result<(), Fail> {
    let events = events_at(&flags.path).map_err(|error| cannot(&flags.path, &error))?;
    if events.is_empty() {
        let what = format!("{} lists nothing of itself: it has no folder ascmhl", flags.path.display());
        return Err(Fail::new(Code::Restore, what, "name the folder of an event, or the backup disk's folder"));
    }
    let mut is_good = true;
    if let Some(flaw) = mark(&flags.path)? {
        is_good = false;
        let report = Report { path: flags.path.display().to_string(), flaws: vec![flaw], ..Report::default() };
        if flags.json { out::json(&report)? } else { show_flaws(&report)? }
    }
    for event in &events {
        let report = one(event)?;
        is_good &= report.success;
        if flags.json { out::json(&report)? } else { show(&report)? }
    }
    if is_good {
        return Ok(());
    }
    let remedy = "restore what is damaged from another copy: kilat restore EVENT --from OTHER --to DIR";
    Err(Fail::new(Code::Restore, format!("{} is not what its manifests say", flags.path.display()), remedy))
}

/// What is wrong with the mark of a backup disk. A bare copy of one has none, and no folder for temporaries either.
fn mark(path: &Path) -> Result<Option<String>, Fail> {
    match std::fs::read(path.join(DESTINATION_MARK)) {
        Ok(text) => Ok(parse_mark(&text).err().map(|_why| format!("the mark {DESTINATION_MARK} is damaged"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.join(PARTS).is_dir() => {
            Ok(Some(format!("the mark {DESTINATION_MARK} is missing")))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot(path, &error)),
    }
}

fn one(event: &FoundEvent) -> Result<Report, Fail> {
    let place = Folder::open(&event.path).map_err(|error| cannot(&event.path, &error))?;
    let history = History::read(&place).map_err(|error| cannot(&event.path, &error))?;
    let all = || history.expected().map(|(_, listed)| listed.size_bytes.unwrap_or_default());
    let mut bar = Bar::new(all().count() as u64, all().sum());
    let mut report = Report {
        path: event.path.display().to_string(),
        generations: history.generations().len(),
        flaws: history.flaws().iter().map(ToString::to_string).collect(),
        ..Report::default()
    };
    if history.flaws_left_out() > 0 {
        report.flaws.push(format!("{} more of the same", history.flaws_left_out()));
    }
    let ended = verify(&place, &history, &mut |checked| {
        let finding = match checked {
            Checked::Good { size_bytes, .. } => {
                report.sound += 1;
                report.sound_bytes += size_bytes;
                bar.bytes(size_bytes);
                bar.file();
                return ControlFlow::Continue(());
            }
            Checked::Damaged { path, why } => {
                report.damaged += 1;
                bar.file();
                Finding { path: path.to_string(), why: why.to_string() }
            }
            Checked::Unlisted(path) => {
                report.unlisted += 1;
                Finding { path: path.to_owned(), why: "no manifest lists it, so nothing can be said of it".to_owned() }
            }
        };
        if report.findings.len() < MAX_NAMED {
            report.findings.push(finding);
        }
        ControlFlow::Continue(())
    });
    bar.end();
    ended.map_err(|error| cannot(&event.path, &error))?;
    // A file that nobody listed is told, and no damage.
    report.success = report.damaged == 0 && report.flaws.is_empty();
    Ok(report)
}

fn show_flaws(report: &Report) -> Result<(), Fail> {
    for flaw in &report.flaws {
        out::line(&out::safe(&format!("{}: {flaw}", report.path)))?;
    }
    Ok(())
}

fn show(report: &Report) -> Result<(), Fail> {
    show_flaws(report)?;
    for finding in &report.findings {
        out::line(&out::safe(&format!("{}: {}", finding.path, finding.why)))?;
    }
    let mut line = format!(
        "{}  {} sound, {}, in {}",
        report.path,
        count_text(report.sound, "file"),
        size_text(report.sound_bytes),
        count_text(report.generations as u64, "generation")
    );
    if report.damaged > 0 {
        line.push_str(&format!("; {} missing or DAMAGED", report.damaged));
    }
    if report.unlisted > 0 {
        line.push_str(&format!("; {} not listed", report.unlisted));
    }
    out::line(&out::safe(&line))
}

fn cannot(path: &Path, error: &dyn std::fmt::Display) -> Fail {
    let what = format!("cannot verify {}: {error}", path.display());
    Fail::new(Code::Restore, what, "plug the disk in, or name the folder that holds ascmhl")
}
