//! `HEAD /intake/tus/{id}`: how far an upload came. Whoever asks has lost its line: the call that still waits for bytes on
//! the old one ends first.

use axum::extract::{Extension, State as Of};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kilat_auth::Who;

use super::super::super::given::Path;
use super::super::receiving::Receiving;
use super::about::Metadata;
use super::append::Far;
use super::settle::settle;
use super::{EXPIRES, LENGTH, METADATA, http_date};
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn get(
    Of(app): Of<App>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let upload = Receiving::of(&app)?.uploads.of(&id, &who)?;
    let mut state = upload.take_over().await?;
    // A client that hears that all is here never calls again.
    settle(&app, &upload, &mut state).await?;
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    Far::of(&state).tell(headers);
    headers.insert(LENGTH, HeaderValue::from(upload.about.size_bytes));
    if let Some(metadata) = Metadata::header(upload.about.metadata.as_deref()) {
        headers.insert(METADATA, metadata);
    }
    if let Some(expires) = http_date(upload.about.expires_at()) {
        headers.insert(EXPIRES, expires);
    }
    Ok(response)
}
