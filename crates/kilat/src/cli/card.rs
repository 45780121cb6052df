//! `kilat camera cards` and `kilat camera import`: what cards hold that is not held yet, and reading it. Only a running
//! server reads cards.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kilat_remote::percent_encoded;
use kilat_wire::{CameraList, CameraRow, CameraRowKind, CameraRowState, CardImportAnswer, CardImportState};

use super::backup::is_watched;
use super::bar::{self, PLAIN};
use super::call::{Server, no_server};
use super::wait::Interrupts;
use super::{out, wire};
use crate::config::Config;
use crate::fail::{Code, Exit, Fail};

/// How often the server is asked.
const ASK: Duration = Duration::from_millis(200);

/// The cards that were seen, those that are in first.
pub(super) fn list(config: &Config, is_json: bool) -> Result<(), Fail> {
    let list: CameraList = server(config)?.get("/api/cameras")?;
    let mut cards: Vec<CameraRow> = list.cameras.into_iter().filter(|row| row.kind == CameraRowKind::Card).collect();
    cards.sort_by_key(|card| card.state == CameraRowState::Gone);
    for card in &cards {
        if is_json { out::json(card)? } else { out::line(&row(card))? }
    }
    if cards.is_empty() {
        out::note("no card was seen: put one into a reader, or connect a camera that shows itself as a disk");
    }
    Ok(())
}

fn row(card: &CameraRow) -> String {
    let (place, told) = match card.state {
        CameraRowState::Gone => ("not in", None),
        CameraRowState::Unseen
        | CameraRowState::Ready
        | CameraRowState::Asleep
        | CameraRowState::Held
        | CameraRowState::Wedged
        | CameraRowState::Unsupported
        | CameraRowState::Unknown => (card.place.as_deref().unwrap_or("in"), card.message.as_deref()),
    };
    let held = match (told, card.shot) {
        (Some(told), _) => told.to_owned(),
        (None, Some(shot)) => format!("{} of {shot} held", card.held),
        (None, None) => format!("{} held", card.held),
    };
    [card.id.as_str(), &card.name, place, &held].map(out::safe).join("\t")
}

/// What of a card is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// What is of the event's shoot.
    Event,
    /// What is of earlier shoots too.
    All,
}

/// Has a card read; stays until the end where that is wanted. Of a camera on the cable there is none.
pub(super) fn import(
    config: &Config,
    (card, which): (&str, Which),
    is_waited_for: bool,
    is_json: bool,
) -> Result<(), Fail> {
    let server = server(config)?;
    let path = |card: &str| format!("/api/admin/cameras/{}/import", percent_encoded(card, false));
    let all = if which == Which::All { "?which=all" } else { "" };
    let asked: CardImportAnswer = server.post(&format!("{}{all}", path(card)), &serde_json::json!({}))?;
    if asked.state == CardImportState::Idle {
        return show(&asked, is_json, &format!("{}: {}", asked.name, asked.words));
    }
    if !is_waited_for {
        let name = &asked.name;
        return show(
            &asked,
            is_json,
            &format!("{name} is being read; how it ends: kilat camera import {card:?} --wait"),
        );
    }
    let ended = follow(Arc::new(server), path(&asked.id), asked)?;
    show(&ended, is_json, &format!("{}: {}", ended.name, ended.words))?;
    verdict(&ended)
}

fn server(config: &Config) -> Result<Server, Fail> {
    let data = &config.data.value;
    Server::find(data)?.ok_or_else(|| no_server(data))
}

fn show(answer: &CardImportAnswer, is_json: bool, text: &str) -> Result<(), Fail> {
    if is_json { out::json(answer) } else { out::line(&out::safe(text)) }
}

fn follow(server: Arc<Server>, path: String, asked: CardImportAnswer) -> Result<CardImportAnswer, Fail> {
    wire::runtime()?.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let mut told = Told::new();
        let mut now = asked;
        loop {
            told.tell(&now);
            match now.state {
                CardImportState::Asked | CardImportState::Reading => {}
                CardImportState::Done
                | CardImportState::Pulled
                | CardImportState::Stopped
                | CardImportState::Refused => {
                    told.end();
                    return Ok(now);
                }
                CardImportState::Idle | CardImportState::Offered => {
                    told.end();
                    let what = format!("{}: Kilat was started again meanwhile", now.name);
                    let remedy =
                        "kilat camera cards shows what is not held; an import that was begun goes on by itself";
                    return Err(Fail::new(Code::Card, what, remedy));
                }
            }
            if interrupts.came_within(ASK).await {
                told.end();
                let what = format!("{} is not waited for any longer: reading it goes on", now.name);
                return Err(Fail::new(Code::Card, what, "kilat camera cards shows how far it is"));
            }
            let (asked, path) = (Arc::clone(&server), path.clone());
            now = match tokio::task::spawn_blocking(move || asked.get(&path)).await {
                Ok(answer) => answer?,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            };
        }
    })
}

/// Whether all of it is held.
fn verdict(ended: &CardImportAnswer) -> Result<(), Fail> {
    let tally = ended.tally.clone().unwrap_or_default();
    let remedy = match ended.state {
        CardImportState::Done if tally.is_whole() => return Ok(()),
        CardImportState::Done => "keep the card: what is missing is on it alone; try another reader",
        CardImportState::Pulled => "put it in again; Kilat goes on by itself",
        CardImportState::Idle
        | CardImportState::Offered
        | CardImportState::Asked
        | CardImportState::Reading
        | CardImportState::Stopped
        | CardImportState::Refused => "mend that, then: kilat camera import",
    };
    let fail = Fail::new(Code::Card, format!("not every frame of {} is held", ended.name), remedy);
    Err(if tally.imported > 0 { fail.exit(Exit::InPart) } else { fail })
}

/// What was told last.
struct Told {
    is_bar: bool,
    last: Option<CardImportState>,
    at: Instant,
}

impl Told {
    fn new() -> Self {
        Self { is_bar: is_watched() && !out::is_quiet(), last: None, at: Instant::now() }
    }

    fn tell(&mut self, now: &CardImportAnswer) {
        let (done, all) = now.progress.as_ref().map_or((0, 0), |progress| (progress.done_bytes, progress.total_bytes));
        let text = out::safe(&format!("{}: {}", now.name, now.words));
        if self.is_bar {
            return say(&format!("\r\x1b[2K{} {text}", bar::cells(done, all)));
        }
        if self.last != Some(now.state) || self.at.elapsed() >= PLAIN {
            out::note(&text);
            (self.last, self.at) = (Some(now.state), Instant::now());
        }
    }

    /// The bar gives way to the result.
    fn end(&self) {
        if self.is_bar {
            say("\r\x1b[2K");
        }
    }
}

fn say(text: &str) {
    let mut out = io::stderr();
    // Nobody is left to be told when standard error is closed.
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or(());
}
