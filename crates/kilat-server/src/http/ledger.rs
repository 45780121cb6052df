//! `/api/cameras`: how each camera stands, and what became of what it shot.

use axum::Json;
use axum::extract::State;
use kilat_wire::{CameraDetail, CameraList};

use super::given::Path;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>) -> Result<Json<CameraList>, Refusal> {
    Ok(Json(app.0.hub.cameras(app.0.rule).await?))
}

pub(crate) async fn get(State(app): State<App>, Path(id): Path<String>) -> Result<Json<CameraDetail>, Refusal> {
    let missing = || Refusal::missing(format!("there is no camera {:?}", id.chars().take(80).collect::<String>()));
    app.0.hub.camera(&id, app.0.rule).await?.map(Json).ok_or_else(missing)
}
