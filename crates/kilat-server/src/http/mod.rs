//! The HTTP calls: one file per operation, all bodies from `kilat-wire`.

mod backups;
mod cameras;
mod cards;
mod ceremony;
mod clients;
mod control;
mod destinations;
mod dslr;
mod events;
pub(crate) mod given;
mod health;
mod intake;
mod ledger;
mod metrics;
mod monitoring;
mod notices;
mod now;
mod photos;
mod push;
mod restores;
mod safety;
mod scrub;
mod session;
mod system_settings;
mod targets;
mod tokens;
mod uploads;
mod users;

pub use cameras::{new_camera, sender_rows};
pub use destinations::{destination_row, destination_tested, new_destination};
pub use push::device_row;
pub use targets::{new_target, target_row, target_tested};
pub use tokens::token_row;
pub use users::user_row;

pub(crate) use intake::{Receiving, linger, takes as takes_files, tell_abilities};

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};

use crate::app::App;
use crate::refusal::Refusal;

/// Every call.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/health", get(health::live))
        .route("/api/health", get(health::ready))
        .route("/metrics", get(metrics::get))
        .route("/api/admin/clients", get(clients::list))
        .route("/api/admin/clients/{id}/trace", get(clients::trace))
        .route("/api/now", get(now::get))
        .route("/api/dslr/status", get(dslr::get).post(dslr::post))
        .route("/api/dslr/control", get(control::get).post(control::post))
        .route("/api/uploads/retry", post(uploads::retry))
        .route("/api/notifications", get(notices::list))
        .route("/api/notifications/ack", post(notices::acknowledge_all))
        .route("/api/notifications/{id}/ack", post(notices::acknowledge))
        .route("/api/cameras", get(ledger::list))
        .route("/api/cameras/{id}", get(ledger::get))
        .route("/api/photos", get(photos::list))
        .route("/api/photos/{id}", get(photos::get))
        .route("/api/photos/{id}/preview", get(photos::preview))
        .route("/api/admin/events", get(events::list).post(events::create))
        .route("/api/admin/events/{id}/use", post(events::use_now))
        .route("/api/admin/events/{id}/close", post(events::close))
        .route("/api/admin/backup/status", get(backups::status).delete(backups::forget))
        .route("/api/admin/events/{id}/backup", get(backups::of_event).post(backups::start))
        .route("/api/admin/events/{id}/safety", get(safety::get))
        .route("/api/admin/backups/{id}/pause", post(backups::pause))
        .route("/api/admin/backups/{id}/resume", post(backups::resume))
        .route("/api/admin/backups/{id}/cancel", post(backups::cancel))
        .route("/api/admin/backups/{id}/retry", post(backups::retry))
        .route("/api/admin/events/{id}/restore", post(restores::start))
        .route("/api/admin/events/{id}/restore/plan", post(restores::plan))
        .route("/api/admin/restores", get(restores::list))
        .route("/api/admin/restores/{id}", get(restores::get))
        .route("/api/admin/restores/{id}/cancel", post(restores::cancel))
        .route("/api/admin/restores/{id}/retry", post(restores::retry))
        .route("/api/admin/scrub", get(scrub::status).post(scrub::start))
        .route("/api/admin/cameras/{id}/import", post(cards::import))
        .route("/api/admin/ceremony", get(ceremony::get).post(ceremony::set))
        .route("/api/admin/monitoring", get(monitoring::get))
        .route("/api/admin/system/settings", get(system_settings::get).post(system_settings::set))
        .route("/api/admin/destinations", get(destinations::list).post(destinations::create))
        .route("/api/admin/destinations/{id}", delete(destinations::remove))
        .route("/api/admin/destinations/{id}/test", post(destinations::test))
        .route("/api/admin/notify", get(targets::list).post(targets::create))
        .route("/api/admin/notify/{name}", delete(targets::remove))
        .route("/api/admin/notify/{name}/test", post(targets::test))
        .route("/api/push", get(push::key).post(push::subscribe))
        .route("/api/push/devices", get(push::devices))
        .route("/api/push/devices/{id}", delete(push::unsubscribe))
        .route("/api/push/devices/{id}/test", post(push::test))
        .route("/api/session", get(session::who).post(session::sign_in).delete(session::sign_out))
        .route("/api/ticket", post(session::ticket))
        .route("/api/links", post(session::link))
        .route("/api/admin/tokens", get(tokens::list).post(tokens::create))
        .route("/api/admin/tokens/{id}", delete(tokens::revoke))
        .route("/api/admin/cameras", get(cameras::list).post(cameras::create))
        .route("/api/admin/cameras/{id}", delete(cameras::remove))
        .route("/api/admin/users", get(users::list).post(users::create))
        .route("/api/admin/users/{name}", delete(users::remove))
        .route("/api/admin/users/{name}/password", post(users::set_password))
        .merge(intake::routes())
        .route("/api/{*rest}", get(nothing).post(nothing).delete(nothing))
}

/// An unknown call is refused in JSON, never answered with a page.
async fn nothing(uri: Uri) -> Response {
    Refusal::missing(format!("there is no call {:?}", uri.path())).into_response()
}

/// The refusal of a body that cannot be read.
pub(crate) fn unreadable(rejection: &JsonRejection) -> Refusal {
    Refusal::bad(
        "bad_body",
        format!("the body cannot be read: {}", rejection.body_text()),
        "send JSON as docs/protocol.md shows",
    )
}
