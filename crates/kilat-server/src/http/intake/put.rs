//! `PUT /intake/{name}`, `POST /intake?name=`: a file in one call.
//!
//! Refused before its first byte where that is possible: a client that waits for "100 continue" sends nothing then.
//! Whatever becomes of the connection, what came is judged to its end.

use axum::body::{Body, HttpBody};
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kilat_auth::Who;
use kilat_core::Millis;
use kilat_ingest::{Offer, Receiving as Part};
use serde::Deserialize;

use super::super::given::{Path, Query};
use super::answer::{differs, refused, response, slow, stopping};
use super::digest::{Sums, announced};
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
    take(app, &who, about, request).await
}

async fn take(app: App, who: &Who, about: About, request: Request) -> Result<Response, Refusal> {
    let name = file_name(about.name.as_deref())?;
    let written = about.written.as_deref().map(instant).transpose()?;
    let (head, body) = request.into_parts();
    let (hash, expected) = announced(&head.headers)?;
    let receiving = Receiving::of(&app)?;
    let size_bytes = body.size_hint().exact();
    receiving.intake.must_fit(size_bytes).map_err(|error| refused(&error))?;
    let sender = sender(&app, who).await?;
    let place = receiving.place().await?;
    let written = written.map(Millis::to_system_time);
    let offer = Offer { via: sender.via, sender: sender.name, name, size_bytes, written, hash };
    let intake = receiving.intake.clone();
    let begun = tokio::task::spawn_blocking(move || intake.begin(offer)).await;
    let part = begun.map_err(|panic| broke(&panic))?.map_err(|error| refused(&error))?;
    let sums = Sums::comparing(expected);
    // It goes on when its caller hangs up: what came of a file is kept, and told.
    let task = app.0.sessions.spawn({
        let app = app.clone();
        async move {
            let _place = place;
            receive(&app, body, Work::new(part, sums, Keep::AtTheEnd)).await.unwrap_or_else(IntoResponse::into_response)
        }
    });
    task.await.map_err(|panic| broke(&panic))
}

async fn receive(app: &App, body: Body, work: Work) -> Result<Response, Refusal> {
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
    let outcome = finish(app, part).await?;
    if is_slow { Err(slow()) } else { Ok(response(outcome, hash)) }
}

async fn finish(app: &App, part: Part) -> Result<kilat_ingest::Outcome, Refusal> {
    Receiving::of(app)?.intake.finish(part).await.map_err(|error| refused(&error))
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

fn instant(text: &str) -> Result<Millis, Refusal> {
    Millis::from_rfc3339(text)
        .ok_or_else(|| Refusal::bad("bad_time", "written is no time", "write it as 2026-12-31T23:59:59Z"))
}

pub(super) fn broke(panic: &tokio::task::JoinError) -> Refusal {
    tracing::error!(%panic, "taking a file broke off");
    let error = "taking the file broke off";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error, "send it again; please report this")
}
