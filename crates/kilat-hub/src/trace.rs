//! What one connection said and heard lately, while somebody looks: the last lines, bounded.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Lines kept.
const MAX_LINES: usize = 256;
/// Longest line.
const MAX_LINE_CHARS: usize = 400;

/// The last lines; empty and without cost until someone looks.
#[derive(Debug, Default)]
pub(crate) struct Trace(Mutex<VecDeque<Box<str>>>);

impl Trace {
    pub(crate) fn note(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= MAX_LINES {
            lines.pop_front();
        }
        let line = line.chars().take(MAX_LINE_CHARS).collect::<String>();
        lines.push_back(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|line| line.to_string()).collect()
    }
}
