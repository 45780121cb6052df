//! `PUT /intake/{name}`, `POST /intake?name=`: a file in one call.
//!
//! Refused before its first byte where that is possible: a client that waits for "100 continue" sends nothing then.
//! Whatever becomes of the connection, what came is judged to its end.

use std::time::SystemTime;

use axum::body::{Body, HttpBody};
use axum::extract::{Extension, Request, State};
use axum::http::header::IF_NONE_MATCH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use kilat_auth::Who;
use kilat_core::{ContentHash, Millis};
use kilat_ingest::{Offer, Outcome, Receiving as Part};
use serde::Deserialize;

use super::super::given::{Path, Query};
use super::answer::{differs, held_already, refused, response, slow, stopping};
use super::digest::{Sums, announced};
use super::form;
use super::held::photo_of;
use super::pour::{End, Keep, Work, pour};
use super::receiving::Receiving;
use super::sender::sender;
use crate::app::App;
use crate::refusal::Refusal;

/// Longest name that is taken: file systems have no longer ones.
pub(super) const MAX_NAME: usize = 1_024;

#[derive(Debug, Deserialize)]
pub(crate) struct About {
    name: Option<String>,
    written: Option<String>,
}

/// Whether content that is held already is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// It is.
    Any,
    /// `If-None-Match: *`: it is refused. A name is never what is matched: cameras use it again for another photo.
    New,
}

impl Wanted {
    fn of(headers: &HeaderMap) -> Self {
        let is_new = headers.get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes().trim_ascii() == b"*");
        if is_new { Self::New } else { Self::Any }
    }
}

pub(crate) async fn put(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    Query(about): Query<About>,
    request: Request,
) -> Result<Response, Refusal> {
    take(app, &who, About { name: Some(name), ..about }, request).await
}

pub(crate) async fn post(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    Query(about): Query<About>,
    request: Request,
) -> Result<Response, Refusal> {
    if form::is_one(request.headers()) {
        let written = about.written()?;
        return form::take(app, &who, written, request).await;
    }
    take(app, &who, about, request).await
}

async fn take(app: App, who: &Who, about: About, request: Request) -> Result<Response, Refusal> {
    let name = file_name(about.name.as_deref())?;
    let written = about.written()?;
    let (head, body) = request.into_parts();
    let (hash, expected) = announced(&head.headers)?;
    let wanted = Wanted::of(&head.headers);
    if let (Wanted::New, Some(hash)) = (wanted, &hash)
        && let Some(photo) = photo_of(&app, hash).await?
    {
        return Err(held_already(&photo));
    }
    let receiving = Receiving::of(&app)?;
    let size_bytes = body.size_hint().exact();
    receiving.intake.must_fit(size_bytes).map_err(|error| refused(&error))?;
    let sender = sender(&app, who).await?;
    let place = receiving.place().await?;
    let offer = Offer { via: sender.via, sender: sender.name, name, size_bytes, written, hash };
    let part = begin(&app, offer).await?;
    let sums = Sums::comparing(expected);
    // It goes on when its caller hangs up: what came of a file is kept, and told.
    let task = app.0.sessions.spawn({
        let app = app.clone();
        async move {
            let _place = place;
            let work = Work::new(part, sums, Keep::AtTheEnd);
            receive(&app, body, work, wanted).await.unwrap_or_else(IntoResponse::into_response)
        }
    });
    task.await.map_err(|panic| broke(&panic))
}

async fn receive(app: &App, body: Body, work: Work, wanted: Wanted) -> Result<Response, Refusal> {
    let (outcome, hash) = whole(app, body, work).await?;
    match (wanted, &outcome) {
        (Wanted::New, Outcome::Filed { photo, is_new: false, .. }) => Err(held_already(photo)),
        (Wanted::New | Wanted::Any, _) => Ok(response(outcome, hash)),
    }
}

/// Takes a body to its end, and says what became of it.
pub(super) async fn whole(app: &App, body: Body, work: Work) -> Result<(Outcome, ContentHash), Refusal> {
    let stop = async {
        app.0.stopping.asked().await;
        End::Stopping
    };
    let (work, end) = pour(body, work, stop).await.map_err(|error| refused(&error))?;
    let Work { mut part, sums, .. } = work;
    let is_slow = match end {
        End::Whole if !sums.agree() => return Err(differs(StatusCode::UNPROCESSABLE_ENTITY)),
        // It comes again from its beginning; what is here of it would only look like a loss.
        End::Stopping => return Err(stopping()),
        End::Whole => false,
        End::Cut | End::Slow => {
            part.ends_early();
            end == End::Slow
        }
    };
    let hash = part.hashed().content;
    let outcome = Receiving::of(app)?.intake.finish(part).await.map_err(|error| refused(&error))?;
    if is_slow { Err(slow()) } else { Ok((outcome, hash)) }
}

/// Begins a file on the disk.
pub(super) async fn begin(app: &App, offer: Offer) -> Result<Part, Refusal> {
    let intake = Receiving::of(app)?.intake.clone();
    let begun = tokio::task::spawn_blocking(move || intake.begin(offer)).await;
    begun.map_err(|panic| broke(&panic))?.map_err(|error| refused(&error))
}

/// The name of a file without folders, as its sender gave it.
pub(super) fn file_name(name: Option<&str>) -> Result<String, Refusal> {
    let last = name.and_then(|name| name.rsplit(['/', '\\']).next());
    match last {
        Some(last) if !last.is_empty() && last.len() <= MAX_NAME => Ok(last.to_owned()),
        Some(_) | None => {
            let error = "the file has no name, or one that is too long";
            Err(Refusal::bad("bad_name", error, "PUT /intake/DSC_0001.JPG, or POST /intake?name=DSC_0001.JPG"))
        }
    }
}

impl About {
    /// When the file was written, as its sender says.
    fn written(&self) -> Result<Option<SystemTime>, Refusal> {
        let Some(text) = &self.written else { return Ok(None) };
        let written = Millis::from_rfc3339(text)
            .ok_or_else(|| Refusal::bad("bad_time", "written is no time", "write it as 2026-12-31T23:59:59Z"))?;
        Ok(Some(written.to_system_time()))
    }
}

pub(super) fn broke(panic: &tokio::task::JoinError) -> Refusal {
    tracing::error!(%panic, "taking a file broke off");
    let error = "taking the file broke off";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error, "send it again; please report this")
}
