//! Somebody who is signed in and talks too much.

use std::io::Write;
use std::time::Instant;

use super::line::{Line, frame};
use super::{Answers, Field};
use crate::Outcome;

/// Attackers' own address.
const THERE: u8 = 2;
/// Messages of one connection of the storm: a second of one a microsecond.
const STORM: usize = 1_000_000;
/// Messages written at once, as one that talks without a pause does.
const AT_ONCE: usize = 1_000;

/// Of 1 MB: answered, and the connection goes on. Of 2 MB: ended at its head.
pub(super) fn large_frames(field: &Field) -> Outcome<Answers> {
    let mut answers = Answers::new();
    let mut line = Line::upgrade(field.ws, THERE, &field.viewer)?;
    let large = frame(&vec![b'a'; 1_000_000]);
    for _ in 0..field.numbers.large.min(100) {
        line.say(&large)?;
        *answers.entry(line.refusal()?).or_default() += 1;
    }
    let larger = frame(&vec![b'a'; 2_000_000]);
    for _ in 0..field.numbers.large {
        let mut line = Line::upgrade(field.ws, THERE, &field.viewer)?;
        // Cut off in the middle of it, as it should be.
        match line.say(&larger) {
            Ok(()) | Err(_) => {}
        }
        *answers.entry(line.refusal()?).or_default() += 1;
    }
    Ok(answers)
}

/// On one connection.
pub(super) fn subscriptions(field: &Field) -> Outcome<Answers> {
    let message = frame(br#"{"type":"subscribe","payload":{"channels":["dslr","backup","upload","camera","system"]}}"#);
    let mut answers = Answers::new();
    *answers.entry(flood(field, &message, field.numbers.subscribe)?).or_default() += 1;
    Ok(answers)
}

/// Heartbeats without a pause; whoever is ended comes back at once.
pub(super) fn storm(field: &Field) -> Outcome<Answers> {
    let message = frame(br#"{"type":"heartbeat"}"#);
    let mut answers = Answers::new();
    let began = Instant::now();
    while began.elapsed() < field.numbers.storm {
        *answers.entry(flood(field, &message, STORM)?).or_default() += 1;
    }
    Ok(answers)
}

/// Says it so often, or until nothing is taken any more; answers how the connection ended.
fn flood(field: &Field, message: &[u8], times: usize) -> Outcome<String> {
    let mut line = Line::upgrade(field.ws, THERE, &field.viewer)?;
    let mut writer = line.writer()?;
    let joined = message.repeat(AT_ONCE);
    let writing = std::thread::spawn(move || {
        for _ in 0..times.div_ceil(AT_ONCE) {
            if writer.write_all(&joined).is_err() {
                return;
            }
        }
    });
    let ended = loop {
        match line.refusal() {
            // The warning.
            Ok(code) if code == "too_fast" => {}
            Ok(code) => break code,
            Err(error) => break format!("broken: {}", error.kind()),
        }
    };
    drop(line);
    writing.join().map_err(|_panic| "the talker's thread died")?;
    Ok(ended)
}
