//! How an HTTP call is refused: what happened, to what, what to do next; never a bare status.

use std::time::Duration;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
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
    retry_after_s: Option<u64>,
}

impl Refusal {
    /// Refuses with a stable code.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        error: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { status, code, error: error.into(), remedy: remedy.into(), retry_after_s: None }
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// Too many attempts to sign in failed.
    pub(crate) fn throttled(told: &str, retry_after: Duration) -> Self {
        let seconds = retry_after.as_secs() + 1;
        let remedy = format!("wait {seconds} s, then try again");
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", told, remedy);
        Self { retry_after_s: Some(seconds), ..refusal }
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

impl From<Refusal> for Apology {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, error, remedy, .. } = refusal;
        Self { success: false, code: code.to_owned(), error, remedy }
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
        let (status, retry_after_s) = (self.status, self.retry_after_s);
        let mut response = (status, Json(Apology::from(self))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
