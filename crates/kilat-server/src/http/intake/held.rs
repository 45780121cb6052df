//! `GET /intake?hash=`: whether the event in use holds a content already; HEAD for the status alone.

use axum::Json;
use axum::extract::State;
use kilat_core::{ContentHash, PhotoId};
use kilat_wire::IntakeAnswer;
use serde::Deserialize;

use super::super::given::Query;
use super::answer::held;
use crate::app::App;
use crate::refusal::Refusal;

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    hash: Option<String>,
}

pub(crate) async fn get(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Json<IntakeAnswer>, Refusal> {
    let hash: Option<ContentHash> = asked.hash.and_then(|text| text.parse().ok());
    let Some(hash) = hash else {
        let error = "the hash is missing, or not 64 hexadecimal digits";
        return Err(Refusal::bad("bad_digest", error, "ask GET /intake?hash= with the BLAKE3 of the file"));
    };
    match photo_of(&app, &hash).await? {
        Some(photo) => Ok(Json(held(photo, &hash))),
        None => Err(Refusal::missing("the event in use does not hold this content")),
    }
}

/// The photo of the event in use that has this content.
pub(super) async fn photo_of(app: &App, hash: &ContentHash) -> Result<Option<PhotoId>, Refusal> {
    match app.0.journal.active_event().await? {
        Some(event) => Ok(app.0.journal.photo_with_hash(&event.id, hash).await?),
        None => Ok(None),
    }
}
