//! Asking a person for something that nobody else may see, or reading it from standard input.

use std::io::{self, BufRead, Read};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::out;
use crate::fail::{Code, Fail};

/// Longer passwords are refused anyway.
const MAX_LINE_BYTES: u64 = 4_096;
/// All secrets of one destination, a private key among them.
const MAX_BYTES: u64 = 64 * 1_024;

/// Asks without showing what is typed.
pub(super) fn hidden(prompt: &str) -> Result<String, Fail> {
    let _hidden = Hidden::begin()?;
    out::prompt(prompt);
    let line = line();
    out::note("");
    line
}

/// One line of standard input.
pub(super) fn line() -> Result<String, Fail> {
    let mut text = String::new();
    io::stdin().lock().take(MAX_LINE_BYTES).read_line(&mut text).map_err(|error| cannot(&error))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// All of standard input. Within a line, `\\n` stands for the end of a line, as in a private key.
pub(super) fn lines() -> Result<Vec<String>, Fail> {
    let mut text = String::new();
    io::stdin().lock().take(MAX_BYTES).read_to_string(&mut text).map_err(|error| cannot(&error))?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(|line| line.replace("\\n", "\n")).collect())
}

fn cannot(error: &io::Error) -> Fail {
    Fail::new(Code::Output, format!("cannot read what is typed: {error}"), "give it on standard input: one line")
}

/// The terminal shows nothing that is typed until this is dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> Result<Self, Fail> {
        let before = tcgetattr(io::stdin()).map_err(|error| cannot(&error.into()))?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent).map_err(|error| cannot(&error.into()))?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        tcsetattr(io::stdin(), OptionalActions::Flush, &self.0).unwrap_or(());
    }
}
