//! `GET /health` (the process answers) and `GET /api/health` (its parts are well).

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kilat_core::{DestinationHealth, SourceHealth};
use kilat_wire::Health;

use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn live(State(app): State<App>) -> Json<Health> {
    Json(health(&app, BTreeMap::new()))
}

pub(crate) async fn ready(State(app): State<App>) -> Result<(StatusCode, Json<Health>), Refusal> {
    let health = health(&app, checks(&app).await?);
    let status = if health.status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(health)))
}

/// Each part with `ok` or what is wrong.
pub(super) async fn checks(app: &App) -> Result<BTreeMap<String, String>, Refusal> {
    let mut checks = BTreeMap::from([("journal".to_owned(), "ok".to_owned())]);
    for source in app.0.journal.sources().await? {
        let check = match source.health {
            SourceHealth::Online { .. } => "ok".to_owned(),
            SourceHealth::Offline { reason, .. } => reason,
        };
        checks.insert(format!("source {}", source.id), check);
    }
    for destination in app.0.journal.destinations().await? {
        let check = match destination.health {
            DestinationHealth::Up { .. } => "ok".to_owned(),
            DestinationHealth::Down { reason, .. } => reason,
        };
        checks.insert(format!("destination {}", destination.id), check);
    }
    Ok(checks)
}

pub(super) fn health(app: &App, checks: BTreeMap<String, String>) -> Health {
    let is_well = checks.values().all(|check| check == "ok");
    let uptime_ms = app.0.clock.now().0.saturating_sub(app.0.started_at.0);
    Health {
        status: if is_well { "ok" } else { "degraded" }.to_owned(),
        checks,
        version: app.0.version.clone(),
        uptime_seconds: u64::try_from(uptime_ms / 1_000).unwrap_or(0),
        clients: app.0.hub.count().0 as u64,
        pid: std::process::id(),
    }
}
