//! `POST /intake/tus`: begins an upload, with its first bytes where the caller sends some.

use axum::extract::{Extension, Request, State as Of};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kilat_auth::Who;
use kilat_ingest::PartName;

use super::super::answer::refused;
use super::super::put::{broke, file_name};
use super::super::receiving::Receiving;
use super::super::sender::sender;
use super::about::{About, Metadata};
use super::append::{Added, add, expected};
use super::uploads::{State, Upload, owner};
use super::{BYTES, EXPIRES, LENGTH, OFFSET, http_date, number};
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn post(
    Of(app): Of<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let expected = expected(&head.headers)?;
    let upload = begin(&app, &who, &head.headers).await?;
    let mut response = StatusCode::CREATED.into_response();
    let has_bytes = head.headers.get(CONTENT_TYPE).is_some_and(|value| value == BYTES);
    if has_bytes {
        let added = Added { at: 0, expected };
        add(&app, upload.clone(), added, body).await?.tell(response.headers_mut());
    } else {
        response.headers_mut().insert(OFFSET, HeaderValue::from(0));
    }
    let location = format!("/intake/tus/{}", upload.part.as_str());
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    if let Some(expires) = http_date(upload.about.expires_at()) {
        response.headers_mut().insert(EXPIRES, expires);
    }
    Ok(response)
}

async fn begin(app: &App, who: &Who, headers: &HeaderMap) -> Result<std::sync::Arc<Upload>, Refusal> {
    let size_bytes = number(headers, &LENGTH).ok_or_else(no_length)?;
    if size_bytes == 0 {
        return Err(Refusal::bad("empty", "the file has no bytes", "leave it out"));
    }
    let metadata = Metadata::of(headers)?;
    let name = file_name(metadata.name.as_deref())?;
    let receiving = Receiving::of(app)?;
    receiving.intake.must_fit(Some(size_bytes)).map_err(|error| refused(&error))?;
    let now = app.0.clock.now();
    receiving.uploads.make_room(&receiving.intake, now)?;
    let sender = sender(app, who).await?;
    let about = About {
        owner: owner(who),
        via: sender.via,
        sender: sender.name,
        name,
        size_bytes,
        written: metadata.written,
        hash: metadata.hash,
        begun_at: now,
        metadata: metadata.raw,
    };
    let part = PartName::new(&app.0.access.unguessable()).ok_or_else(no_length)?;
    let (intake, offer, named) = (receiving.intake.clone(), about.offer(), part.clone());
    let text = serde_json::to_string(&about).map_err(|error| Refusal::bad("bad_metadata", error.to_string(), ""))?;
    let begun = tokio::task::spawn_blocking(move || {
        intake.note(&named, &text)?;
        intake.begin_named(offer, &named)?.rest()
    });
    let resting = begun.await.map_err(|panic| broke(&panic))?.map_err(|error| refused(&error))?;
    Ok(receiving.uploads.add(part, about, State { resting: Some(resting), ..State::default() }))
}

fn no_length() -> Refusal {
    let remedy = "send Upload-Length: its bytes; or use PUT /intake/NAME";
    Refusal::bad("bad_length", "the length of the file is not told", remedy)
}
