//! `GET /api/now`: what the page shows, for pages that poll.

use axum::Json;
use axum::extract::State;
use kilat_wire::Now;

use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>) -> Result<Json<Now>, Refusal> {
    Ok(Json(app.0.hub.now().await?))
}
