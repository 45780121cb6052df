//! Writing to the terminal. A closed pipe (`kilat tail | head`) ends a command quietly.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::fail::{Code, Fail};

/// Set once, before the command begins: notes are asked for in many places and wanted in all or none.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// Leaves out the notes from here on.
pub(super) fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Whether notes are left out.
pub(super) fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// Writes a line of results.
pub(super) fn line(text: &str) -> Result<(), Fail> {
    write(format!("{text}\n").as_bytes())
}

/// Writes results as they are.
pub(super) fn text(text: &str) -> Result<(), Fail> {
    write(text.as_bytes())
}

/// File names are hostile: nothing in them may steer the terminal or turn the reading order round.
pub(super) fn safe(text: &str) -> String {
    let is_steering = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_steering(c) { '\u{fffd}' } else { c }).collect()
}

/// Writes one JSON object on a line.
pub(super) fn json(value: &impl Serialize) -> Result<(), Fail> {
    let text = serde_json::to_string(value)
        .map_err(|error| Fail::new(Code::Output, format!("cannot write JSON: {error}"), "please report this"))?;
    line(&text)
}

/// Says something to a person, beside the results, unless they asked for quiet.
pub(super) fn note(text: &str) {
    if !IS_QUIET.load(Ordering::Relaxed) {
        say(text);
    }
}

/// Asks a person for something, on the same line.
pub(super) fn prompt(text: &str) {
    let mut out = io::stderr();
    // Nobody is left to be asked when standard error is closed.
    write!(out, "{text}").and_then(|()| out.flush()).unwrap_or(());
}

/// Says why a command ended badly.
pub(super) fn complain(fail: &Fail) {
    say(&fail.to_string());
}

fn say(text: &str) {
    // Nobody is left to be told when standard error is closed.
    writeln!(io::stderr(), "{text}").unwrap_or(());
}

fn write(bytes: &[u8]) -> Result<(), Fail> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe =>
        {
            #[expect(clippy::exit, reason = "the reader has enough: that is a good end")]
            std::process::exit(0)
        }
        result => result.map_err(|error| {
            Fail::new(Code::Output, format!("cannot write to standard output: {error}"), "is the disk it goes to full?")
        }),
    }
}
