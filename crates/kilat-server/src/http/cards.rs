//! `POST /api/admin/cameras/{id}/import`: what is on a card and not held yet is read.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kilat_core::{CameraFact, CameraKind, Fact};
use kilat_journal::CameraStanding;
use kilat_wire::Done;

use super::given::Path;
use crate::app::App;
use crate::refusal::Refusal;

/// By its id, or by the name that people know it by where only one card has it.
pub(crate) async fn import(
    State(app): State<App>,
    Path(card): Path<String>,
) -> Result<(StatusCode, Json<Done>), Refusal> {
    let known = app.0.journal.known_cameras().await?;
    let cards: Vec<&CameraStanding> = known.iter().filter(|known| known.camera.kind == CameraKind::Card).collect();
    let by_id = cards.iter().find(|known| known.camera.id.as_str() == card);
    let mut named = cards.iter().filter(|known| known.camera.name == card && known.state.is_ready());
    let found = by_id.or_else(|| named.next().filter(|_| named.next().is_none()));
    let Some(found) = found else {
        return Err(Refusal::missing(format!("there is no card {card:?}, or several are called so: use its id")));
    };
    if !found.state.is_ready() {
        let why = found.message.as_deref().unwrap_or("it is not in");
        let error = format!("the card {} cannot be read: {why}", found.camera.name);
        return Err(Refusal::new(StatusCode::CONFLICT, "card_away", error, "put it in, wait a moment, ask again"));
    }
    if app.0.journal.active_event().await?.is_none() {
        let error = "no event is active, so nobody can say which one the photos belong to";
        return Err(Refusal::new(StatusCode::CONFLICT, "no_event", error, "make an event or use one, then ask again"));
    }
    let asked = CameraFact::ImportAsked { camera: found.camera.id.clone(), older: false };
    app.0.journal.append(vec![Fact::Camera(asked)]).await?;
    Ok((StatusCode::ACCEPTED, Json(Done { success: true })))
}
