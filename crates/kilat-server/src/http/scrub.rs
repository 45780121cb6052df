//! `/api/admin/scrub`: how copies were when they were read back last, and reading them back now.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kilat_core::{BackupFact, Destination, DestinationHealth, DestinationId, Fact, Millis};
use kilat_journal::ScrubState;
use kilat_wire::{ScrubAnswer, ScrubView, StartScrub};

use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn status(State(app): State<App>) -> Result<Json<ScrubAnswer>, Refusal> {
    Ok(Json(answer(&app).await?))
}

pub(crate) async fn start(
    State(app): State<App>,
    body: Result<Option<Json<StartScrub>>, JsonRejection>,
) -> Result<(StatusCode, Json<ScrubAnswer>), Refusal> {
    let request = body.map_err(|rejection| unreadable(&rejection))?.map(|Json(request)| request).unwrap_or_default();
    let known = app.0.journal.destinations().await?;
    let asked: Vec<DestinationId> = match request.destination {
        None => known.into_iter().map(|place| place.id).collect(),
        Some(name) => {
            let found = known.into_iter().find(|place| place.id.as_str() == name);
            vec![found.ok_or_else(|| Refusal::missing(format!("there is no destination {name:?}")))?.id]
        }
    };
    let fact = |destination| Fact::Backup(BackupFact::ScrubAsked { destination });
    app.0.journal.append(asked.into_iter().map(fact).collect()).await?;
    Ok((StatusCode::ACCEPTED, Json(answer(&app).await?)))
}

async fn answer(app: &App) -> Result<ScrubAnswer, Refusal> {
    let places = app.0.journal.destinations().await?;
    let data = app.0.journal.scrubs().await?.into_iter().map(|scrub| view(scrub, &places)).collect();
    Ok(ScrubAnswer { success: true, data })
}

fn view(scrub: ScrubState, places: &[Destination]) -> ScrubView {
    let running = scrub.is_due || (scrub.began_at.is_some() && scrub.ended_at.is_none());
    let health = places.iter().find(|place| place.id == scrub.destination).map(|place| &place.health);
    let waits = match health {
        Some(DestinationHealth::Down { reason, .. }) if running => Some(reason.clone()),
        Some(DestinationHealth::Down { .. } | DestinationHealth::Up { .. }) | None => None,
    };
    ScrubView {
        destination: scrub.destination.to_string(),
        running,
        began_at: scrub.began_at.map(Millis::to_rfc3339),
        ended_at: scrub.ended_at.map(Millis::to_rfc3339),
        sound: scrub.sound,
        missing: scrub.missing,
        damaged: scrub.damaged,
        mended: scrub.mended,
        flaws: scrub.flaws,
        waits,
    }
}
