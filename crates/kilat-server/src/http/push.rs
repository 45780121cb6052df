//! `/api/push`: devices that people signed up for Web Push.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use kilat_auth::{Credential, Who};
use kilat_core::Priority;
use kilat_notify::{Device, PushError, TargetState};
use kilat_wire::{Done, PushDeviceRow, PushKey, PushSubscribed, SubscribePush, TargetTested};

use super::given::Path;
use super::targets::{target_tested, telling_view};
use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn key(State(app): State<App>) -> Json<PushKey> {
    Json(PushKey { public_key: app.0.push.public_key() })
}

pub(crate) async fn subscribe(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    body: Result<Json<SubscribePush>, JsonRejection>,
) -> Result<Json<PushSubscribed>, Refusal> {
    let Json(request) = body.map_err(|rejection| unreadable(&rejection))?;
    let device = Device {
        endpoint: request.endpoint,
        p256dh: request.keys.p256dh,
        auth: request.keys.auth,
        user: app.0.access.account_of(&who),
        token: match who.credential {
            Credential::Token(id) => Some(id),
            Credential::Camera(_) | Credential::Environment | Credential::Anonymous => None,
        },
        by: who.label,
        at: app.0.clock.now(),
        lang: request.lang,
        at_least: request.at_least.unwrap_or(Priority::High),
    };
    Ok(Json(PushSubscribed { success: true, id: app.0.push.subscribe(device).await? }))
}

pub(crate) async fn devices(State(app): State<App>) -> Json<Vec<PushDeviceRow>> {
    Json(app.0.push.devices().iter().map(device_row).collect())
}

pub(crate) async fn unsubscribe(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Done>, Refusal> {
    if app.0.push.unsubscribe(&id).await? {
        return Ok(Json(Done { success: true }));
    }
    Err(Refusal::missing("there is no such device"))
}

pub(crate) async fn test(State(app): State<App>, Path(id): Path<String>) -> Result<Json<TargetTested>, Refusal> {
    let took = app.0.push.try_out(&id).await?;
    Ok(Json(target_tested(format!("push-{id}"), took)))
}

/// A device as answers show it.
#[must_use]
pub fn device_row((id, device, state): &(String, Device, TargetState)) -> PushDeviceRow {
    PushDeviceRow {
        id: id.clone(),
        service: device.service().to_owned(),
        by: device.by.clone(),
        since: device.at.to_rfc3339(),
        lang: device.lang,
        at_least: device.at_least,
        telling: telling_view(state, 0),
    }
}

impl From<PushError> for Refusal {
    fn from(error: PushError) -> Self {
        let told = error.to_string();
        match error {
            PushError::Device(_) => Self::bad("bad_device", told, "send what PushSubscription.toJSON() says"),
            PushError::TooMany => {
                Self::new(StatusCode::CONFLICT, "too_many_devices", told, "sign one off that nobody uses")
            }
            PushError::Journal(error) => error.into(),
        }
    }
}
