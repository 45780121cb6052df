//! `/api/dslr/control`: start and stop copying, as existing pages ask for it. Arrivals are taken in either way.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use kilat_core::Fact;
use kilat_wire::{ControlAction, ControlAnswer, ControlRequest, ControlState};

use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>) -> Result<Json<ControlAnswer>, Refusal> {
    let state = state(&app).await?;
    let message = if state.is_running { "copying" } else { "paused: arrivals are held, nothing is copied" };
    Ok(Json(ControlAnswer { success: true, message: message.to_owned(), state }))
}

pub(crate) async fn post(
    State(app): State<App>,
    body: Result<Json<ControlRequest>, JsonRejection>,
) -> Result<Json<ControlAnswer>, Refusal> {
    let Json(request) = body.map_err(|rejection| unreadable(&rejection))?;
    let (facts, message) = match ControlAction::named(&request.action) {
        Some(ControlAction::Start) => (vec![Fact::UploadsResumed], "copying"),
        Some(ControlAction::Stop) => (vec![Fact::UploadsPaused], "paused: arrivals are held, nothing is copied"),
        Some(ControlAction::Restart) => {
            let again = vec![Fact::UploadsPaused, Fact::UploadsResumed, Fact::RetryAsked { destination: None }];
            (again, "copying again; what had failed is tried once more")
        }
        Some(ControlAction::Status) => return get(State(app)).await,
        None => {
            let error = format!("there is no action {:?}", request.action);
            return Err(Refusal::bad("unknown_action", error, "use start, stop, restart or status"));
        }
    };
    app.0.journal.append(facts).await?;
    app.set_last_command(&request.action);
    Ok(Json(ControlAnswer { success: true, message: message.to_owned(), state: state(&app).await? }))
}

async fn state(app: &App) -> Result<ControlState, Refusal> {
    Ok(ControlState {
        is_running: !app.0.journal.is_paused().await?,
        start_time: Some(app.0.started_at.to_rfc3339()),
        process_id: Some(std::process::id()),
        last_command: app.last_command(),
    })
}
