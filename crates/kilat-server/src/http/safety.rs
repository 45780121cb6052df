//! `GET /api/admin/events/{id}/safety`: how many copies the photos of an event have, and whether that is enough.

use axum::Json;
use axum::extract::State;
use kilat_wire::SafetyAnswer;

use super::events::find;
use super::given::Path;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, Path(id): Path<String>) -> Result<Json<SafetyAnswer>, Refusal> {
    let event = find(&app, &id).await?;
    Ok(Json(SafetyAnswer { success: true, data: app.0.hub.safety(&event, app.0.rule).await? }))
}
