//! The end of an upload: all its bytes are here and durable, so it gets its name and becomes a photo.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kilat_ingest::{IntakeError, Receiving as Part};
use kilat_wire::IntakeAnswer;

use super::super::answer::{answered, differs, refused};
use super::super::digest::KILAT_HASH;
use super::super::put::broke;
use super::super::receiving::Receiving;
use super::uploads::{Ended, State, Upload};
use crate::app::App;
use crate::refusal::Refusal;

const STATE: HeaderName = HeaderName::from_static("x-kilat-state");
const PHOTO: HeaderName = HeaderName::from_static("x-kilat-photo");
const NEW: HeaderName = HeaderName::from_static("x-kilat-new");

/// What tus says for bytes that are not what was announced.
pub(super) fn mismatch() -> StatusCode {
    StatusCode::from_u16(460).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
}

/// Ends an upload whose last byte is here; does nothing for others.
pub(super) async fn settle(app: &App, upload: &Upload, state: &mut State) -> Result<(), Refusal> {
    if state.ended.is_some() || state.kept_bytes < upload.about.size_bytes {
        return Ok(());
    }
    let part = go_on(app, upload, state).await?;
    finish(app, upload, state, part).await
}

/// Takes the part up where it stands.
pub(super) async fn go_on(app: &App, upload: &Upload, state: &mut State) -> Result<Part, Refusal> {
    let intake = Receiving::of(app)?.intake.clone();
    let (offer, name, at, resting) =
        (upload.about.offer(), upload.part.clone(), state.kept_bytes, state.resting.take());
    let begun = tokio::task::spawn_blocking(move || match resting {
        Some(resting) => intake.wake(offer, &name, resting),
        None => intake.go_on(offer, &name, at),
    });
    begun.await.map_err(|panic| broke(&panic))?.map_err(|error| refused(&error))
}

/// Names a part that is whole and durable.
pub(super) async fn finish(app: &App, upload: &Upload, state: &mut State, part: Part) -> Result<(), Refusal> {
    let receiving = Receiving::of(app)?;
    let hash = part.hashed().content;
    let answer = match receiving.intake.finish(part).await {
        Ok(outcome) => answered(outcome, hash),
        Err(IntakeError::Differs) => Err(differs(mismatch())),
        // It stays as it is, and ends when it is asked for again.
        Err(error) => return Err(refused(&error)),
    };
    match answer {
        Ok((_, answer)) => {
            state.ended = Some(Ended::Taken(Some(answer)));
            Ok(())
        }
        Err(refusal) => {
            state.ended = Some(Ended::Gone);
            receiving.uploads.remove(&receiving.intake, upload);
            Err(refusal)
        }
    }
}

/// Says what became of an upload.
pub(super) fn tell(headers: &mut HeaderMap, answer: &IntakeAnswer) {
    headers.insert(STATE, HeaderValue::from_static(answer.state.as_str()));
    headers.insert(NEW, HeaderValue::from_static(if answer.is_new { "true" } else { "false" }));
    for (name, text) in [(PHOTO, answer.photo.as_deref()), (KILAT_HASH, Some(answer.hash.as_str()))] {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    }
}

/// Ends the uploads whose last byte came before this process began: their senders may never ask again.
pub(crate) async fn take_up(app: &App) {
    let Ok(receiving) = Receiving::of(app) else { return };
    for upload in receiving.uploads.all() {
        let Ok(mut state) = Arc::clone(&upload).work() else { continue };
        if let Err(refusal) = settle(app, &upload, &mut state).await {
            tracing::warn!(?refusal, "an upload could not be ended");
        }
    }
}
