//! `/api/admin/ceremony`: while one is on, copies over the network leave the line to others.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use kilat_core::{Fact, Millis};
use kilat_wire::{CeremonyAnswer, SetCeremony};

use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

/// Longest ceremony, in minutes: one that nobody ends must not slow the night's backup down.
const MAX_MINUTES: u64 = 12 * 60;

pub(crate) async fn get(State(app): State<App>) -> Result<Json<CeremonyAnswer>, Refusal> {
    let (uplink, now) = (app.0.uplink, app.0.clock.now());
    let until = app.0.journal.settings().await?.ceremony(now);
    Ok(Json(CeremonyAnswer {
        success: true,
        until: until.map(Millis::to_rfc3339),
        limit_bytes_per_second: uplink.limit(until.is_some()).map(u64::from),
        ceremony_bytes_per_second: uplink.ceremony.into(),
    }))
}

pub(crate) async fn set(
    State(app): State<App>,
    body: Result<Json<SetCeremony>, JsonRejection>,
) -> Result<Json<CeremonyAnswer>, Refusal> {
    let Json(SetCeremony { minutes }) = body.map_err(|rejection| unreadable(&rejection))?;
    if minutes > MAX_MINUTES {
        let error = format!("a ceremony of {minutes} minutes cannot be");
        return Err(Refusal::bad("bad_ceremony", error, format!("use 0 to {MAX_MINUTES} minutes; 0 ends it")));
    }
    let mut settings = app.0.journal.settings().await?;
    let length = i64::try_from(minutes * 60_000).unwrap_or(0);
    settings.ceremony_until = (minutes > 0).then(|| Millis(app.0.clock.now().0.saturating_add(length)));
    app.0.journal.append(vec![Fact::SettingsChanged { settings }]).await?;
    get(State(app)).await
}
