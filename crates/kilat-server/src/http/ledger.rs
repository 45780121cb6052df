//! `/api/cameras`: how each camera stands, and what became of what it shot.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use kilat_wire::{CameraDetail, CameraList};

use super::given::Path;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>) -> Result<Json<CameraList>, Refusal> {
    Ok(Json(app.0.hub.cameras(app.0.rule).await?))
}

/// The small picture of a file that is on its way from a camera.
pub(crate) async fn coming(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let Some(picture) = app.0.hub.coming_picture(&id) else {
        return Err(Refusal::missing("no picture of what comes from this camera is here: it came, or tells none"));
    };
    // The next one has the same address.
    let headers = [(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from(Bytes::from_owner(picture))).into_response())
}

pub(crate) async fn get(State(app): State<App>, Path(id): Path<String>) -> Result<Json<CameraDetail>, Refusal> {
    let missing = || Refusal::missing(format!("there is no camera {:?}", id.chars().take(80).collect::<String>()));
    app.0.hub.camera(&id, app.0.rule).await?.map(Json).ok_or_else(missing)
}
