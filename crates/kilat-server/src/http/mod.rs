//! The HTTP calls: one file per operation, all bodies from `kilat-wire`.

mod backups;
mod control;
mod dslr;
mod events;
mod health;
mod notices;
mod now;
mod photos;
mod uploads;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};

use crate::app::App;
use crate::refusal::Refusal;

/// Every call.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/health", get(health::live))
        .route("/api/health", get(health::ready))
        .route("/api/now", get(now::get))
        .route("/api/dslr/status", get(dslr::get).post(dslr::post))
        .route("/api/dslr/control", get(control::get).post(control::post))
        .route("/api/uploads/retry", post(uploads::retry))
        .route("/api/notifications", get(notices::list))
        .route("/api/photos", get(photos::list))
        .route("/api/photos/{id}", get(photos::get))
        .route("/api/photos/{id}/preview", get(photos::preview))
        .route("/api/admin/events", get(events::list).post(events::create))
        .route("/api/admin/events/{id}/use", post(events::use_now))
        .route("/api/admin/events/{id}/close", post(events::close))
        .route("/api/admin/backup/status", get(backups::status).delete(backups::forget))
        .route("/api/{*rest}", any(nothing))
        .method_not_allowed_fallback(wrong_method)
}

/// An unknown call is refused in JSON, never answered with a page.
async fn nothing(uri: Uri) -> Response {
    Refusal::missing(format!("there is no call {:?}", uri.path())).into_response()
}

/// A call that there is, made in a way that there is not; the answer's `Allow` names the ways.
async fn wrong_method(method: Method, uri: Uri) -> Response {
    let error = format!("{:?} cannot be called with {method}", uri.path());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", error, "use a method that the Allow header names")
        .into_response()
}

/// The refusal of a body that cannot be read.
pub(crate) fn unreadable(rejection: &JsonRejection) -> Refusal {
    Refusal::bad(
        "bad_body",
        format!("the body cannot be read: {}", rejection.body_text()),
        "send JSON as docs/protocol.md shows",
    )
}
