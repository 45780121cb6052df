//! The HTTP calls: one file per operation, all bodies from `kilat-wire`.

mod backups;
mod clients;
mod control;
mod dslr;
mod events;
pub(crate) mod given;
mod health;
mod metrics;
mod notices;
mod now;
mod photos;
mod session;
mod tokens;
mod uploads;
mod users;

pub use tokens::token_row;
pub use users::user_row;

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
        .route("/api/photos", get(photos::list))
        .route("/api/photos/{id}", get(photos::get))
        .route("/api/photos/{id}/preview", get(photos::preview))
        .route("/api/admin/events", get(events::list).post(events::create))
        .route("/api/admin/events/{id}/use", post(events::use_now))
        .route("/api/admin/events/{id}/close", post(events::close))
        .route("/api/admin/backup/status", get(backups::status).delete(backups::forget))
        .route("/api/session", get(session::who).post(session::sign_in).delete(session::sign_out))
        .route("/api/ticket", post(session::ticket))
        .route("/api/links", post(session::link))
        .route("/api/admin/tokens", get(tokens::list).post(tokens::create))
        .route("/api/admin/tokens/{id}", delete(tokens::revoke))
        .route("/api/admin/users", get(users::list).post(users::create))
        .route("/api/admin/users/{name}", delete(users::remove))
        .route("/api/admin/users/{name}/password", post(users::set_password))
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
