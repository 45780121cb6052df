//! Stays with backup runs until they ended: a bar on a terminal, plain lines elsewhere, the outcome as exit status.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::size_text;
use kilat_wire::{BackupPhase, BackupRun, EventBackups, OneOrAll};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use super::backup::{is_over, is_watched, show};
use super::bar::{self, PLAIN};
use super::call::Server;
use super::{out, wire};
use crate::fail::{Code, Exit, Fail};

/// How often the server is asked.
const ASK: Duration = Duration::from_millis(300);

/// How a command follows what it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watched {
    pub(super) is_waited_for: bool,
    pub(super) is_json: bool,
}

/// Shows progress until all runs ended.
///
/// # Errors
/// When one of them did not end well: [`Exit::InPart`] when some photos were brought.
pub(super) fn until_ended(server: Arc<Server>, runs: Vec<BackupRun>, watched: Watched) -> Result<(), Fail> {
    let ended = wire::runtime()?.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let mut told = Told::new();
        let mut runs = runs;
        loop {
            told.tell(&runs);
            if runs.iter().all(is_over) {
                told.end();
                return Ok(runs);
            }
            if interrupts.came_within(ASK).await {
                told.end();
                return Err(left(&runs));
            }
            let asked = Arc::clone(&server);
            let fetched = tokio::task::spawn_blocking(move || {
                runs.iter().map(|run| fetch(&asked, run)).collect::<Result<Vec<_>, Fail>>()
            });
            runs = match fetched.await {
                Ok(fetched) => fetched?,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            };
        }
    })?;
    for run in &ended {
        show(run, watched.is_json)?;
    }
    verdict(&ended)
}

/// Ctrl-C, also while nobody looks.
pub(super) struct Interrupts(Signal);

impl Interrupts {
    pub(super) fn listen() -> Result<Self, Fail> {
        signal(SignalKind::interrupt()).map(Self).map_err(|error| {
            Fail::new(Code::Output, format!("cannot listen for Ctrl-C: {error}"), "please report this")
        })
    }

    /// Waits; whether Ctrl-C came meanwhile, or before.
    pub(super) async fn came_within(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, self.0.recv()).await.is_ok()
    }
}

/// A run as it is now, with all that it gave up.
pub(super) fn fetch(server: &Server, run: &BackupRun) -> Result<BackupRun, Fail> {
    let path = format!("/api/admin/events/{}/backup?backupId={}", run.event_id, run.backup_id);
    match server.get::<EventBackups>(&path)?.data {
        OneOrAll::One(run) => Ok(*run),
        OneOrAll::All(_) => {
            Err(Fail::new(Code::Refused, "the server answered with another backup", "is it of this version?"))
        }
    }
}

fn left(runs: &[BackupRun]) -> Fail {
    let ids: Vec<&str> = runs.iter().filter(|run| !is_over(run)).map(|run| run.backup_id.as_str()).collect();
    let what = "not waited for any longer: the backup goes on";
    Fail::new(Code::Backup, what, format!("kilat backup status {id}, or: kilat backup cancel {id}", id = ids.join(" ")))
}

fn verdict(runs: &[BackupRun]) -> Result<(), Fail> {
    let bad: Vec<&BackupRun> = runs.iter().filter(|run| run.phase != BackupPhase::Completed).collect();
    let Some(first) = bad.first() else { return Ok(()) };
    let what = first.error.clone().unwrap_or_else(|| format!("the backup {} failed", first.backup_id));
    let others = if bad.len() > 1 { format!("; {} more did not end well", bad.len() - 1) } else { String::new() };
    let remedy = first.remedy.clone().unwrap_or_else(|| format!("kilat backup status {}", first.backup_id));
    let fail = Fail::new(Code::Backup, format!("{what}{others}"), remedy);
    let is_part = runs.iter().any(|run| run.successful_uploads > 0);
    Err(if is_part { fail.exit(Exit::InPart) } else { fail })
}

/// One run in one line.
pub(super) fn describe(run: &BackupRun) -> String {
    let phase = phase(run.phase);
    let (done, all) = (run.processed_photos, run.total_photos);
    let mut line =
        format!("{}  {} → {}  {phase}  {done} of {all} photos", run.backup_id, run.event_id, run.destination);
    if run.total_bytes > 0 {
        line.push_str(&format!(", {} of {}", size_text(run.processed_bytes), size_text(run.total_bytes)));
    }
    if run.failed_uploads > 0 {
        line.push_str(&format!(", {} FAILED", run.failed_uploads));
    }
    if let Some(rate) = run.bytes_per_second.filter(|_| !is_over(run)) {
        line.push_str(&format!(", {}/s", size_text(rate)));
    }
    if let Some(eta) = run.eta_ms.filter(|_| !is_over(run)) {
        line.push_str(&format!(", {} left", time(eta)));
    }
    line
}

fn phase(phase: BackupPhase) -> &'static str {
    match phase {
        BackupPhase::Queued => "queued",
        BackupPhase::Listing => "listing",
        BackupPhase::Copying => "copying",
        BackupPhase::Verifying => "verifying",
        BackupPhase::Sealing => "sealing",
        BackupPhase::Paused => "paused",
        BackupPhase::Waiting => "WAITING",
        BackupPhase::Completed => "completed",
        BackupPhase::Failed => "FAILED",
        BackupPhase::Cancelled => "cancelled",
    }
}

fn time(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// What was told last.
struct Told {
    is_bar: bool,
    lines: usize,
    last: Vec<(BackupPhase, Option<String>)>,
    at: Instant,
}

impl Told {
    fn new() -> Self {
        Self { is_bar: is_watched(), lines: 0, last: Vec::new(), at: Instant::now() }
    }

    fn tell(&mut self, runs: &[BackupRun]) {
        if self.is_bar {
            self.draw(runs);
            return;
        }
        let now: Vec<_> = runs.iter().map(|run| (run.phase, run.reason.clone())).collect();
        if now != self.last || self.at.elapsed() >= PLAIN {
            for run in runs {
                out::note(&out::safe(&describe(run)));
                if let Some(reason) = &run.reason {
                    out::note(&out::safe(&format!("  {reason}")));
                }
            }
            (self.last, self.at) = (now, Instant::now());
        }
    }

    /// Each run on a line of its own, written over the last ones.
    fn draw(&mut self, runs: &[BackupRun]) {
        let mut text = String::new();
        if self.lines > 0 {
            text.push_str(&format!("\x1b[{}A", self.lines));
        }
        for run in runs {
            let bar = bar::cells(run.processed_bytes, run.total_bytes);
            let reason = run.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            text.push_str(&format!("\r\x1b[2K{bar} {}\n", out::safe(&format!("{}{reason}", describe(run)))));
        }
        self.lines = runs.len();
        let mut out = io::stderr();
        // Nobody is left to be told when standard error is closed.
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or(());
    }

    /// The bars give way to the results.
    fn end(&self) {
        if self.is_bar && self.lines > 0 {
            let mut out = io::stderr();
            let clear = format!("\x1b[{}A\x1b[J", self.lines);
            out.write_all(clear.as_bytes()).and_then(|()| out.flush()).unwrap_or(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        assert_eq!([900, 59_999, 61_000, 3_725_000].map(time), ["0 s", "59 s", "1 min 1 s", "1 h 2 min"]);
    }
}
