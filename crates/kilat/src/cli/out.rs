//! Writing to the terminal. A closed pipe (`kilat tail | head`) ends a command quietly.

use std::io::{self, Write};

use serde::Serialize;

use crate::fail::{Code, Fail};

/// Writes a line of results.
pub(super) fn line(text: &str) -> Result<(), Fail> {
    write(format!("{text}\n").as_bytes())
}

/// Writes results as they are.
pub(super) fn text(text: &str) -> Result<(), Fail> {
    write(text.as_bytes())
}

/// Writes one JSON object on a line.
pub(super) fn json(value: &impl Serialize) -> Result<(), Fail> {
    let text = serde_json::to_string(value)
        .map_err(|error| Fail::new(Code::Output, format!("cannot write JSON: {error}"), "please report this"))?;
    line(&text)
}

/// Says something to a person, beside the results.
pub(super) fn note(text: &str) {
    // Nobody is left to be told when standard error is closed.
    writeln!(io::stderr(), "{text}").unwrap_or(());
}

/// Asks a person for something, on the same line.
pub(super) fn prompt(text: &str) {
    let mut out = io::stderr();
    // Nobody is left to be asked when standard error is closed.
    write!(out, "{text}").and_then(|()| out.flush()).unwrap_or(());
}

/// Says why a command ended badly.
pub(super) fn complain(fail: &Fail) {
    note(&fail.to_string());
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
