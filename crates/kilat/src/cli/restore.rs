//! `kilat restore`: brings an event back from a backup, each file compared with its hash.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use kilat_core::{count_text, size_text};
use kilat_mhl::{Names, Outcome, Progress, RelPath, RestoreError, Sources, Target, restore, wanted};
use serde::Serialize;

use super::bar::Bar;
use super::destination::secrets;
use super::out;
use crate::app::sources::Reader;
use crate::app::stores;
use crate::config::Config;
use crate::fail::{Code, Exit, Fail};

/// Failed files that are named one by one: the manifest names them all.
const MAX_NAMED: usize = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreFlags {
    /// The event's id or name; from a bare path, its folder's name there
    event: String,
    /// A destination's name, a backup disk's folder, or an address; may be given several times: what one has damaged
    /// or not at all comes from the next
    #[arg(long, value_name = "NAME|PATH", required = true)]
    from: Vec<String>,
    /// The folder to restore to; nothing in it is overwritten
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Only the photos of this name
    #[arg(long, value_name = "NAME")]
    photo: Option<String>,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// What a restore did.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    success: bool,
    event: String,
    to: String,
    restored: u64,
    restored_bytes: u64,
    was_there: u64,
    /// Files that came from another place than the first, which had them damaged or not at all.
    mended: u64,
    failed: u64,
    failures: Vec<Failure>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Failure {
    path: String,
    why: String,
}

pub(super) fn run(config: &Config, flags: &RestoreFlags) -> Result<(), Fail> {
    let mut reader = Reader::new(&config.data.value, &flags.event);
    for from in &flags.from {
        read(&mut reader, from)?;
    }
    let Sources { folders, warnings } = reader.end()?;
    warnings.iter().for_each(|warning| out::note(&out::safe(&format!("kilat: {warning}"))));
    let target = Target::open(&flags.to).map_err(|error| failed(&error))?;
    let names = flags.photo.as_deref().map(|photo| Names::new([photo]));
    let plan: Vec<_> = folders
        .into_iter()
        .map(|(folder, sources)| {
            let paths = wanted(&sources, names.as_ref());
            (folder, sources, paths)
        })
        .collect();
    let (mut files, mut bytes) = (0, 0);
    for (_, sources, paths) in &plan {
        files += paths.len() as u64;
        bytes +=
            paths.iter().filter_map(|path| sources.iter().find_map(|s| s.files.get(path)?.size_bytes)).sum::<u64>();
    }
    if files == 0 {
        let what = format!("{} has no photo {:?}", flags.event, flags.photo.as_deref().unwrap_or_default());
        return Err(Fail::new(Code::Restore, what, "write its name as the manifest in ascmhl/ does"));
    }
    let mut told = Told { bar: Bar::new(files, bytes), report: Report::default() };
    let mut ended = Ok(());
    for (folder, sources, paths) in &plan {
        ended = restore(sources, paths, &target, folder, &mut told);
        if ended.is_err() {
            break;
        }
    }
    told.bar.end();
    let mut report = told.report;
    report.success = ended.is_ok() && report.failed == 0;
    (report.event, report.to, report.warnings) = (flags.event.clone(), flags.to.display().to_string(), warnings);
    show(&report, flags.json)?;
    ended.map_err(|error| failed(&error))?;
    verdict(&report)
}

fn read(reader: &mut Reader<'_>, from: &str) -> Result<(), Fail> {
    if from.contains("://") || from.starts_with("restic:") {
        let root = stores::address(from).map_err(|why| Fail::setting(why, "docs/destinations.md shows each kind"))?;
        if !root.is_absolute() {
            return reader.address(root, secrets("restore", from)?);
        }
        return reader.path(&root);
    }
    if from.contains('/') || from == "." || from == ".." {
        return reader.path(Path::new(from));
    }
    reader.destination(from)
}

struct Told {
    bar: Bar,
    report: Report,
}

impl Progress for Told {
    fn bytes(&mut self, more: u64) -> ControlFlow<()> {
        self.bar.bytes(more);
        ControlFlow::Continue(())
    }

    fn file(&mut self, path: &RelPath, outcome: Outcome) -> ControlFlow<()> {
        self.bar.file();
        match outcome {
            Outcome::Restored { size_bytes, damages, from, .. } => {
                self.report.restored += 1;
                self.report.restored_bytes += size_bytes;
                self.report.mended += u64::from(!damages.is_empty());
                for damage in damages {
                    self.bar.note(&format!("{path}: {} at {}; it came from {from}", damage.why, damage.source));
                }
            }
            Outcome::WasThere { .. } => self.report.was_there += 1,
            Outcome::Failed { damages } => {
                let why: Vec<String> =
                    damages.iter().map(|damage| format!("{} at {}", damage.why, damage.source)).collect();
                let why = if why.is_empty() { "no place has it".to_owned() } else { why.join("; ") };
                self.bar.note(&format!("{path}: NOT restored: {why}"));
                self.report.failed += 1;
                if self.report.failures.len() < MAX_NAMED {
                    self.report.failures.push(Failure { path: path.to_string(), why });
                }
            }
        }
        ControlFlow::Continue(())
    }
}

fn show(report: &Report, json: bool) -> Result<(), Fail> {
    if json {
        return out::json(report);
    }
    let mut line = format!(
        "{} restored to {}, {}, each compared with its hash",
        count_text(report.restored, "file"),
        report.to,
        size_text(report.restored_bytes)
    );
    if report.was_there > 0 {
        line.push_str(&format!("; {} stood there already", report.was_there));
    }
    if report.mended > 0 {
        line.push_str(&format!("; {} from another place, because the first was damaged", report.mended));
    }
    if report.failed > 0 {
        line.push_str(&format!("; {} NOT restored", report.failed));
    }
    out::line(&out::safe(&line))
}

fn verdict(report: &Report) -> Result<(), Fail> {
    if report.failed == 0 {
        return Ok(());
    }
    let what = format!("{} could not be restored: no place has them as they were", count_text(report.failed, "file"));
    let fail = Fail::new(Code::Restore, what, "name another place that has the event with one more --from");
    Err(if report.restored + report.was_there > 0 { fail.exit(Exit::InPart) } else { fail })
}

fn failed(error: &RestoreError) -> Fail {
    let remedy = match error {
        RestoreError::Full { .. } => "make room there, or name another folder with --to; it goes on where it stopped",
        RestoreError::Target { .. } => "look at that folder, then run this again: it goes on where it stopped",
        RestoreError::Away { .. } => "plug it in, or name another place with --from; it goes on where it stopped",
        RestoreError::NamesTaken(_) => "name another folder with --to",
    };
    Fail::new(Code::Restore, error.to_string(), remedy)
}
