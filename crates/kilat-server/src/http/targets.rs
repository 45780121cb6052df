//! `/api/admin/notify`: who is told beyond the browser; list, add, test, remove.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kilat_auth::Secrets;
use kilat_core::{Millis, NamedBy, Priority};
use kilat_notify::{Target, TargetError, TargetKind, TargetState, TargetView};
use kilat_wire::{
    CreateTarget, Done, NewTargetAnswer, TargetKind as Kind, TargetRow, TargetTested, TellingState, TellingView,
};

use super::given::Path;
use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

/// What an `http` target is sent unless it says otherwise.
const BODY: &str = r#"{"title": "{title}", "message": "{message}", "priority": "{priority}", "state": "{state}"}"#;
/// How often a heartbeat calls unless it says otherwise.
const EVERY_S: u64 = 60;

pub(crate) async fn list(State(app): State<App>) -> Result<Json<Vec<TargetRow>>, Refusal> {
    Ok(Json(app.0.targets.all().await?.iter().map(target_row).collect()))
}

pub(crate) async fn create(
    State(app): State<App>,
    body: Result<Json<CreateTarget>, JsonRejection>,
) -> Result<(StatusCode, Json<NewTargetAnswer>), Refusal> {
    let Json(request) = body.map_err(|rejection| unreadable(&rejection))?;
    let (target, secrets, first_test) = new_target(request)?;
    let (added, key) = app.0.targets.add(target, secrets, first_test).await?;
    let signing_key = key.map(|key| key.as_str().to_owned());
    Ok((StatusCode::CREATED, Json(NewTargetAnswer { signing_key, row: target_row(&added) })))
}

pub(crate) async fn remove(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Done>, Refusal> {
    app.0.targets.remove(&name).await?;
    Ok(Json(Done { success: true }))
}

pub(crate) async fn test(State(app): State<App>, Path(name): Path<String>) -> Result<Json<TargetTested>, Refusal> {
    let took = app.0.targets.try_out(&name).await?;
    Ok(Json(target_tested(name, took)))
}

/// A request as the desk takes it: the target, its secrets, whether it is tested first.
///
/// # Errors
/// When a part that its kind needs is missing.
pub fn new_target(request: CreateTarget) -> Result<(Target, Secrets, bool), TargetError> {
    let missing = |what: &str| TargetError::Secret(format!("the target {} needs {what}", request.name));
    let url = || request.url.clone().ok_or_else(|| missing("an address"));
    let kind = match request.kind {
        Kind::Webhook => TargetKind::Webhook { url: url()? },
        Kind::Ntfy => TargetKind::Ntfy { url: url()? },
        Kind::Telegram => TargetKind::Telegram {
            url: request.url.clone(),
            chat: request.chat.clone().ok_or_else(|| missing("a chat"))?,
        },
        Kind::Heartbeat => TargetKind::Heartbeat { url: url()?, every_s: request.every_seconds.unwrap_or(EVERY_S) },
        Kind::Http => TargetKind::Http {
            url: url()?,
            body: request.body.clone().unwrap_or_else(|| BODY.to_owned()),
            content_type: request.content_type.clone().unwrap_or_else(|| "application/json".to_owned()),
        },
    };
    let usual = if request.kind == Kind::Webhook { Priority::Low } else { Priority::High };
    let target = Target {
        name: request.name,
        kind,
        at_least: request.at_least.unwrap_or(usual),
        kinds: request.types,
        lang: request.lang,
        is_enabled: true,
        hears_escalations: request.escalations.unwrap_or(true),
        hears_ends: request.ends.unwrap_or(true),
    };
    let secrets = request.secrets.into_iter().map(|(name, value)| (name, value.into())).collect();
    Ok((target, secrets, !request.untested))
}

/// That it took a test message, as answers say it.
#[must_use]
pub fn target_tested(name: String, took: Duration) -> TargetTested {
    TargetTested { success: true, name, took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX) }
}

/// A target as answers show it.
#[must_use]
pub fn target_row(view: &TargetView) -> TargetRow {
    let TargetView { target, is_of_settings, state, waiting } = view;
    let (kind, chat, every_seconds) = match &target.kind {
        TargetKind::Webhook { .. } => (Kind::Webhook, None, None),
        TargetKind::Http { .. } => (Kind::Http, None, None),
        TargetKind::Telegram { chat, .. } => (Kind::Telegram, Some(chat.clone()), None),
        TargetKind::Ntfy { .. } => (Kind::Ntfy, None, None),
        TargetKind::Heartbeat { every_s, .. } => (Kind::Heartbeat, None, Some(*every_s)),
    };
    let telling = telling_view(state, *waiting);
    let telling = if target.is_enabled { telling } else { TellingView { state: TellingState::Off, ..telling } };
    TargetRow {
        name: target.name.clone(),
        kind,
        url: target.kind.url().map(str::to_owned),
        chat,
        every_seconds,
        named_by: if *is_of_settings { NamedBy::Settings } else { NamedBy::Operator },
        at_least: target.at_least,
        types: target.kinds.clone(),
        lang: target.lang,
        escalations: target.hears_escalations,
        ends: target.hears_ends,
        telling,
    }
}

/// How it goes, as answers show it.
pub(crate) fn telling_view(state: &TargetState, waiting: u64) -> TellingView {
    let word = match (&state.error, state.last_success_at) {
        (Some(_), _) => TellingState::Failing,
        (None, Some(_)) => TellingState::Ok,
        (None, None) => TellingState::Idle,
    };
    TellingView {
        state: word,
        error: state.error.clone(),
        remedy: state.remedy.clone(),
        attempts: state.attempts,
        told: state.told,
        given_up: state.given_up,
        waiting,
        last_success_at: state.last_success_at.map(Millis::to_rfc3339),
        last_error_at: state.last_error_at.map(Millis::to_rfc3339),
    }
}

impl From<TargetError> for Refusal {
    fn from(error: TargetError) -> Self {
        let (told, remedy) = (error.to_string(), error.remedy());
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, told.clone(), remedy.clone());
        match error {
            TargetError::Config(_) | TargetError::Secret(_) => Self::bad("bad_target", told, remedy),
            TargetError::Taken(_) => conflict("target_taken"),
            TargetError::OfSettings(_) => conflict("target_of_settings"),
            TargetError::Unknown(_) => Self::missing(told),
            TargetError::Busy(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "target_busy", told, remedy),
            TargetError::Failed { .. } | TargetError::Seal(_) => conflict("target_fails"),
            TargetError::Journal(error) => error.into(),
        }
    }
}
