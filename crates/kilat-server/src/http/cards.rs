//! `/api/admin/cameras/{id}/import`: what is on a card and not held yet is read, and how that goes. A camera on the cable
//! gives what it shoots by itself; asked for is what earlier shoots left on its card.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kilat_core::{CameraFact, CameraKind, Fact, ImportEnd, ImportProgress, Millis, count_text, size_text};
use kilat_journal::CameraStanding;
use kilat_wire::{CardImportAnswer, CardImportState, CardProgress};
use serde::Deserialize;

use super::given::{Path, Query};
use crate::app::App;
use crate::imports::Reading;
use crate::refusal::Refusal;

/// How reading it goes.
pub(crate) async fn get(State(app): State<App>, Path(card): Path<String>) -> Result<Json<CardImportAnswer>, Refusal> {
    let found = find(&app, &card).await?;
    Ok(Json(answer(&app, &found)))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    which: Option<String>,
}

/// Reads it, and answers once that is on its way.
pub(crate) async fn import(
    State(app): State<App>,
    Path(card): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<(StatusCode, Json<CardImportAnswer>), Refusal> {
    let older = match asked.which.as_deref() {
        None | Some("event") => false,
        Some("all") => true,
        Some(other) => {
            let error = format!("which={other:?} is none");
            return Err(Refusal::bad("bad_query", error, "use event, or all for earlier shoots too"));
        }
    };
    let found = find(&app, &card).await?;
    if !found.state.is_ready() {
        let why = found.message.as_deref().unwrap_or("it is not in");
        let error = format!("the card {} cannot be read: {why}", found.camera.name);
        return Err(Refusal::new(StatusCode::CONFLICT, "card_away", error, "put it in, wait a moment, ask again"));
    }
    if app.0.journal.active_event().await?.is_none() {
        let error = "no event is active, so nobody can say which one the photos belong to";
        return Err(Refusal::new(StatusCode::CONFLICT, "no_event", error, "make an event or use one, then ask again"));
    }
    let is_on_cable = found.camera.kind == CameraKind::Tethered;
    if is_on_cable && !older {
        let error = format!("what {} shoots comes by itself", found.camera.name);
        let remedy = "ask with which=all (kilat camera import --older) for what earlier shoots left on its card";
        return Err(Refusal::new(StatusCode::CONFLICT, "comes_by_itself", error, remedy));
    }
    let asked = CameraFact::ImportAsked { camera: found.camera.id.clone(), older };
    let recorded = app.0.journal.append(vec![Fact::Camera(asked)]).await?;
    if let Some(last) = recorded.last().filter(|_| !is_on_cable) {
        tokio::select! {
            () = app.0.stopping.asked() => {}
            // The answer is about this wish, not about an earlier one.
            () = app.0.imports.hear(last.offset) => {}
        }
    }
    Ok((StatusCode::ACCEPTED, Json(answer(&app, &found))))
}

/// By its id, or by the name that people know it by where only one that is in has it.
async fn find(app: &App, card: &str) -> Result<CameraStanding, Refusal> {
    let known = app.0.journal.known_cameras().await?;
    let mut cards: Vec<CameraStanding> =
        known.into_iter().filter(|known| known.camera.kind != CameraKind::Sender).collect();
    if let Some(at) = cards.iter().position(|known| known.camera.id.as_str() == card) {
        return Ok(cards.swap_remove(at));
    }
    cards.retain(|known| known.camera.name == card && known.state.is_ready());
    match cards.pop() {
        Some(found) if cards.is_empty() => Ok(found),
        Some(_) | None => {
            let card: String = card.chars().take(80).collect();
            Err(Refusal::missing(format!("there is no card or camera {card:?}, or several are called so: use its id")))
        }
    }
}

fn answer(app: &App, card: &CameraStanding) -> CardImportAnswer {
    let is_card = card.camera.kind == CameraKind::Card;
    let known = app.0.imports.of(&card.camera.id).filter(|_| is_card);
    let since = known.as_ref().map(|(_, at)| *at).map(Millis::to_rfc3339);
    let mut progress = None;
    let (state, tally, words) = match known.map(|(reading, _)| reading) {
        None if !is_card => {
            let words = "what it shoots comes by itself; what earlier shoots left on its card comes after that, once it is asked for";
            (CardImportState::Idle, None, words.to_owned())
        }
        None => (CardImportState::Idle, None, "nothing was read from it since Kilat started".to_owned()),
        Some(Reading::Offered(tally)) => {
            let words = tally.words();
            (CardImportState::Offered, Some(tally), words)
        }
        Some(Reading::Asked) => (CardImportState::Asked, None, "it is being looked at".to_owned()),
        Some(Reading::Goes(tally)) => {
            progress = app.0.board.imports().remove(&card.camera.id);
            let words = progress.as_ref().map_or_else(|| tally.words(), reading_words);
            (CardImportState::Reading, Some(tally), words)
        }
        Some(Reading::Ended(end, tally)) => {
            let told = tally.as_ref().map(kilat_core::CardTally::words);
            let with = |why: &str| told.as_ref().map_or_else(|| why.to_owned(), |told| format!("{why}; {told}"));
            let (state, words) = match &end {
                ImportEnd::Done => (CardImportState::Done, told.clone().unwrap_or_default()),
                ImportEnd::Pulled => {
                    (CardImportState::Pulled, with("it was pulled out: put it in again, and it goes on"))
                }
                ImportEnd::Stopped => (CardImportState::Stopped, with("it was stopped: it can be begun again")),
                ImportEnd::Refused { reason } => (CardImportState::Refused, with(reason)),
            };
            (state, tally, words)
        }
    };
    let (id, name) = (card.camera.id.to_string(), card.camera.name.clone());
    CardImportAnswer { success: true, id, name, state, since, tally, progress: progress.map(shown), words }
}

fn reading_words(progress: &ImportProgress) -> String {
    let ImportProgress { done_files, total_files, done_bytes, total_bytes, .. } = progress;
    let (done, total) = (size_text(*done_bytes), size_text(*total_bytes));
    format!("{done_files} of {}, {done} of {total}", count_text(*total_files, "frame"))
}

fn shown(progress: ImportProgress) -> CardProgress {
    let ImportProgress { done_files, total_files, done_bytes, total_bytes, name } = progress;
    CardProgress { done_files, total_files, done_bytes, total_bytes, file_name: name }
}
