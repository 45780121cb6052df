//! `kilat verify PATH`: a folder against its own ASC MHL manifests, whoever wrote them. Needs no data folder.

use std::ops::ControlFlow;
use std::path::PathBuf;

use kilat_mhl::{Checked, Folder, FoundEvent, History, verify};
use serde::Serialize;

use super::out;
use crate::app::restoring;
use crate::fail::{Code, Fail};

/// Files that are named one by one.
const MAX_NAMED: usize = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyFlags {
    /// A folder with manifests in its folder ascmhl, or one around such folders
    path: PathBuf,
    /// One JSON object a folder
    #[arg(long)]
    json: bool,
}

/// What was found in one folder.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    path: String,
    generations: usize,
    good: u64,
    missing_or_altered: u64,
    new: u64,
    /// The first thousand.
    findings: Vec<Finding>,
    /// What is wrong with the manifests.
    flaws: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    path: String,
    why: String,
}

pub(super) fn run(flags: &VerifyFlags) -> Result<(), Fail> {
    let events = restoring::events(&flags.path)?;
    if events.is_empty() {
        let what = format!("{} has no manifests: there is no folder ascmhl in it or right below", flags.path.display());
        return Err(Fail::new(Code::Restore, what, "name the folder that has one"));
    }
    let mut bad = 0;
    for event in &events {
        let report = check(event)?;
        show(&report, flags.json)?;
        if report.missing_or_altered + report.new > 0 || !report.flaws.is_empty() {
            bad += 1;
        }
    }
    if bad == 0 {
        return Ok(());
    }
    let what = format!("{bad} of {} folders are not as their manifests say", events.len());
    Err(Fail::new(Code::Restore, what, "kilat restore brings files back from a copy that is whole"))
}

fn check(event: &FoundEvent) -> Result<Report, Fail> {
    let path = event.path.display().to_string();
    let cannot = |error: &dyn std::fmt::Display| {
        Fail::new(
            Code::Restore,
            format!("cannot verify {path}: {error}"),
            "may this user read it, and is it still there?",
        )
    };
    let place = Folder::open(&event.path).map_err(|error| cannot(&error))?;
    let history = History::read(&place).map_err(|error| cannot(&error))?;
    let flaws = restoring::flaws_of(&history);
    let mut report =
        Report { path: path.clone(), generations: history.generations().len(), flaws, ..Report::default() };
    let verified = verify(&place, &history, &mut |checked| {
        let finding = match checked {
            Checked::Good { .. } => {
                report.good += 1;
                return ControlFlow::Continue(());
            }
            Checked::Damaged { path, why } => {
                report.missing_or_altered += 1;
                Finding { path: path.to_string(), why: why.to_string() }
            }
            Checked::Unlisted(name) => {
                report.new += 1;
                Finding { path: name.to_owned(), why: "no manifest lists it".to_owned() }
            }
        };
        if report.findings.len() < MAX_NAMED {
            report.findings.push(finding);
        }
        ControlFlow::Continue(())
    });
    verified.map_err(|error| cannot(&error))?;
    Ok(report)
}

fn show(report: &Report, json: bool) -> Result<(), Fail> {
    if json {
        return out::json(report);
    }
    for Finding { path, why } in &report.findings {
        out::line(&format!("{}\t{}", out::safe(path), out::safe(why)))?;
    }
    for flaw in &report.flaws {
        out::line(&format!("list\t{}", out::safe(flaw)))?;
    }
    let Report { path, generations, good, missing_or_altered, new, .. } = report;
    out::line(&out::safe(&format!(
        "{path}: {good} files good, {missing_or_altered} missing or altered, {new} new, by {generations} manifests"
    )))
}
