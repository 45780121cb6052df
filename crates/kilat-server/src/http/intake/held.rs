//! `GET /intake?hash=`: whether the event in use holds a content already; HEAD for the status alone.

use axum::Json;
use axum::extract::State;
use kilat_core::ContentHash;
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
    let event = app.0.journal.active_event().await?;
    let photo = match &event {
        Some(event) => app.0.journal.photo_with_hash(&event.id, &hash).await?,
        None => None,
    };
    match photo {
        Some(photo) => Ok(Json(held(photo, &hash))),
        None => Err(Refusal::missing("the event in use does not hold this content")),
    }
}
