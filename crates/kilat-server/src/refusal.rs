//! How an HTTP call is refused: what happened, to what, what to do next; never a bare status.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kilat_auth::AccessError;
use kilat_core::{Class, Classify};
use kilat_journal::JournalError;
use kilat_wire::Apology;

/// A refusal with its status.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    error: String,
    remedy: String,
}

impl Refusal {
    /// Refuses with a stable code.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        error: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { status, code, error: error.into(), remedy: remedy.into() }
    }

    /// What was asked for is not there.
    pub(crate) fn missing(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", what, "look at the list for what there is")
    }

    /// The call itself is wrong.
    pub(crate) fn bad(code: &'static str, error: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, error, remedy)
    }
}

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        let status = match error.class() {
            Class::Retry { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Class::GiveUp => StatusCode::CONFLICT,
            Class::NeedsOperator => StatusCode::INSUFFICIENT_STORAGE,
        };
        tracing::warn!(%error, "a call could not be answered");
        Self::new(status, "journal", format!("cannot {error}"), "run kilat doctor on the server's machine")
    }
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        let told = error.to_string();
        match error {
            AccessError::Name | AccessError::Password(_) | AccessError::Past => {
                Self::bad("bad_access", told, "change that, then ask again")
            }
            AccessError::Taken => Self::new(StatusCode::CONFLICT, "taken", told, "choose another name"),
            AccessError::CameraTaken => {
                let remedy = "kilat camera list shows them; remove it first to give it another password";
                Self::new(StatusCode::CONFLICT, "camera_taken", told, remedy)
            }
            AccessError::NoUser | AccessError::NoToken | AccessError::NoCamera => Self::missing(told),
            AccessError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", told, "ask again in a minute"),
            AccessError::Journal(error) => error.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Apology { success: false, code: self.code.to_owned(), error: self.error, remedy: self.remedy };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
