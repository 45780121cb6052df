//! `kilat publish`: JSON payloads from standard input into a channel, over one connection.
//!
//! Ends when the last one is accepted. Lines are not sent twice: whether one whose answer was lost should be, only
//! the caller knows, so an error names the first line without an answer.

use std::io::BufRead;
use std::num::NonZeroU32;
use std::time::Duration;

use kilat_client::{Connector, MAX_UNANSWERED, PublishError, Publisher};
use kilat_wire::{Channel, MAX_FRAME_BYTES};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::call::no_server;
use super::dial::Local;
use super::{out, wire};
use crate::config::Config;
use crate::fail::{Code, Exit, Fail};
use crate::ready::Ready;

/// Lines read ahead: what one window needs.
const READ_AHEAD: usize = MAX_UNANSWERED;

#[derive(Debug, clap::Args)]
pub(crate) struct PublishFlags {
    /// The channel: dslr, backup, upload, camera, system
    channel: String,
    /// The messages' type, for example upload_progress
    r#type: String,
    /// At most so many a second; as fast as the server accepts them by default
    #[arg(long, value_name = "N/s", value_parser = rate)]
    rate: Option<NonZeroU32>,
}

/// `50` or `50/s`.
fn rate(text: &str) -> Result<NonZeroU32, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    number.parse().map_err(|_why| "a whole number of messages a second, for example 50/s".to_owned())
}

/// A line of standard input: its number, and the payload in it.
type Line = Result<(u64, Box<RawValue>), Fail>;

pub(super) fn run(config: &Config, flags: &PublishFlags) -> Result<(), Fail> {
    let channel = wire::channel(&flags.channel)?;
    let data = config.data.value.clone();
    if Ready::read(&data).is_none() {
        return Err(no_server(&data));
    }
    // Not joined: it may wait for standard input when the connection has ended.
    let (lines, mut waiting) = mpsc::channel(READ_AHEAD);
    std::thread::spawn(move || read(std::io::stdin().lock(), &lines));
    let accepted = wire::runtime()?.block_on(async {
        let publisher = Publisher::connect(&Local(data)).await.map_err(fail)?;
        tokio::select! {
            accepted = publish(publisher, channel, flags, &mut waiting) => accepted,
            _ = tokio::signal::ctrl_c() => {
                Err(Fail::new(Code::Output, "stopped before the last line was accepted", "give the rest again"))
            }
        }
    })?;
    out::note(&format!("kilat: {accepted} accepted"));
    Ok(())
}

fn read(input: impl BufRead, lines: &mpsc::Sender<Line>) {
    for (number, line) in (1..).zip(input.lines()) {
        let parsed = match line {
            Ok(line) if line.trim().is_empty() => continue,
            Ok(line) => payload(number, &line),
            Err(error) => Err(at(number, &format!("cannot read standard input: {error}"), "send UTF-8 text")),
        };
        let is_last = parsed.is_err();
        if lines.blocking_send(parsed).is_err() || is_last {
            return;
        }
    }
}

fn payload(number: u64, line: &str) -> Line {
    let remedy = "each line is one JSON object or list";
    if line.len() > MAX_FRAME_BYTES {
        return Err(at(number, &format!("it is longer than {MAX_FRAME_BYTES} bytes"), remedy));
    }
    let payload: Box<RawValue> =
        serde_json::from_str(line.trim()).map_err(|error| at(number, &format!("it is no JSON: {error}"), remedy))?;
    if !payload.get().starts_with(['{', '[']) {
        return Err(at(number, "it is no object and no list", remedy));
    }
    Ok((number, payload))
}

async fn publish<C: Connector>(
    mut publisher: Publisher<C>,
    channel: Channel,
    flags: &PublishFlags,
    lines: &mut mpsc::Receiver<Line>,
) -> Result<u64, Fail> {
    let pause = flags.rate.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.get());
    let mut next = Instant::now();
    let (mut accepted, mut sent) = (0, 0);
    let mut ended = None;
    while ended.is_none() || publisher.unanswered() > 0 {
        let may_send = ended.is_none() && publisher.unanswered() < MAX_UNANSWERED;
        // In this order: a line is only taken when it may be sent now.
        let line = async {
            sleep_until(next).await;
            lines.recv().await
        };
        tokio::select! {
            answer = publisher.answer(), if publisher.unanswered() > 0 => {
                match answer {
                    Ok(answer) => accepted += u64::from(answer.is_some()),
                    // The answers to what was sent meanwhile are waited for.
                    Err(refused @ PublishError::Refused { .. }) if !matches!(ended, Some(Err(_))) => {
                        ended = Some(Err(fail(refused)));
                    }
                    Err(PublishError::Refused { .. }) => {}
                    Err(error) => return Err(fail(error)),
                }
            }
            line = line, if may_send => match line {
                Some(Ok((number, payload))) => {
                    publisher.send(number, channel, &flags.r#type, &payload).await.map_err(fail)?;
                    sent = number;
                    next = (next + pause).max(Instant::now().checked_sub(pause).unwrap_or(next));
                }
                // What was sent before the bad line is waited for.
                Some(Err(fail)) => ended = Some(Err(fail)),
                None => ended = Some(Ok(())),
            },
        }
    }
    if let Some(Err(mut fail)) = ended {
        fail.remedy = format!("{}; of the lines up to line {sent}, {accepted} were accepted", fail.remedy);
        return Err(fail);
    }
    if let Err(error) = publisher.close().await {
        out::note(&format!("kilat: all were accepted; {error}"));
    }
    Ok(accepted)
}

fn at(number: u64, what: &str, remedy: &str) -> Fail {
    Fail::new(Code::Refused, format!("line {number}: {what}"), remedy)
}

fn fail(error: PublishError) -> Fail {
    let text = error.to_string();
    match error {
        PublishError::Unreachable(_) => {
            Fail::new(Code::NoServer, text, "is it running? kilat serve").exit(Exit::Unreachable)
        }
        PublishError::NotAllowed(_) => Fail::not_allowed(text, "set KILAT_TOKEN to a token of the role agent"),
        PublishError::Refused { number, .. } => at(number, &text, "mend it, and give it again"),
        PublishError::Broken { number: Some(number), .. } => {
            at(number, &text, "it and the lines after it may have been published or not: look before giving them again")
        }
        PublishError::Broken { number: None, .. } => Fail::new(Code::Refused, text, "give the remaining lines again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_a_second() {
        assert_eq!(rate("50/s").map(NonZeroU32::get), Ok(50));
        assert_eq!(rate("7").map(NonZeroU32::get), Ok(7));
        assert!(rate("0").is_err() && rate("fast").is_err());
    }

    #[test]
    fn a_line_is_one_payload_as_it_stands() {
        let line = payload(3, r#" {"a": 1,  "b":2} "#).expect("a payload");
        assert_eq!((line.0, line.1.get()), (3, r#"{"a": 1,  "b":2}"#));
        for wrong in ["7", "nope", "{\"a\":1} {\"b\":2}"] {
            assert!(payload(3, wrong).is_err_and(|fail| fail.what.starts_with("line 3: ")), "{wrong}");
        }
    }
}
