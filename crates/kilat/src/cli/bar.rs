//! How far a long command is: a bar on a terminal, a plain line now and then elsewhere.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use kilat_core::size_text;

use super::backup::is_watched;
use super::out;

/// How often the bar is drawn.
const DRAW: Duration = Duration::from_millis(100);
/// How often a plain line is written while nothing but the numbers change.
pub(super) const PLAIN: Duration = Duration::from_secs(10);
/// Cells of the bar.
const CELLS: u64 = 30;

/// Files and bytes that are done with, of all.
#[derive(Debug)]
pub(super) struct Bar {
    is_bar: bool,
    files: (u64, u64),
    bytes: (u64, u64),
    began: Instant,
    told: Option<Instant>,
}

impl Bar {
    pub(super) fn new(files: u64, bytes: u64) -> Self {
        let is_bar = is_watched() && !out::is_quiet();
        Self { is_bar, files: (0, files), bytes: (0, bytes), began: Instant::now(), told: None }
    }

    pub(super) fn bytes(&mut self, more: u64) {
        self.bytes.0 += more;
        self.tell();
    }

    pub(super) fn file(&mut self) {
        self.files.0 += 1;
        self.tell();
    }

    /// A line beside the bar.
    pub(super) fn note(&mut self, text: &str) {
        self.end();
        out::note(&out::safe(text));
    }

    /// The bar gives way to what follows.
    pub(super) fn end(&mut self) {
        if self.is_bar && self.told.is_some() {
            say("\r\x1b[2K");
        }
        self.told = self.told.filter(|_| !self.is_bar);
    }

    fn tell(&mut self) {
        let pause = if self.is_bar { DRAW } else { PLAIN };
        let since = self.told.unwrap_or(self.began);
        if since.elapsed() < pause {
            return;
        }
        self.told = Some(Instant::now());
        let (done, all) = self.bytes;
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { done as f64 / seconds } else { 0.0 };
        let text = format!(
            "{} of {} files, {} of {}, {}/s",
            self.files.0,
            self.files.1,
            size_text(done),
            size_text(all),
            size_text(rate as u64)
        );
        if !self.is_bar {
            return out::note(&text);
        }
        say(&format!("\r\x1b[2K{} {text}", cells(done, all)));
    }
}

/// A bar that is as full as `done` is of `all`.
pub(super) fn cells(done: u64, all: u64) -> String {
    let full = usize::try_from((done.min(all) * CELLS).checked_div(all).unwrap_or(0)).unwrap_or(0);
    format!("{}{}", "█".repeat(full), "░".repeat(CELLS as usize - full))
}

fn say(text: &str) {
    let mut out = io::stderr();
    // Nobody is left to be told when standard error is closed.
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or(());
}
