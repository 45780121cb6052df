//! The channels for those who have no WebSocket: a page at a time, waiting for news, or as an event stream.
//!
//! One cursor for all of them, and the bodies are those of the WebSocket. Nothing is remembered between
//! two calls, so any server that reads the same journal can answer the next one.

mod stream;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kilat_hub::Page;
use kilat_wire::{Channel, Channels, Cursor, PageHead};
use serde::Deserialize;

use crate::app::App;
use crate::http::given::{Path, Query};
use crate::refusal::Refusal;

/// Longest wait for news: shorter than the patience of proxies.
const MAX_WAIT: Duration = Duration::from_secs(25);
/// Where an event stream goes on.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Every way to the channels but the WebSocket.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/channels", get(several)).route("/api/channels/{channel}", get(one))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    channels: Option<String>,
    since: Option<String>,
    wait: Option<u64>,
}

async fn one(
    State(app): State<App>,
    Path(channel): Path<String>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<Response, Refusal> {
    answer(app, Channels::of(&[named(&channel)?]), asked, request.into_parts().0).await
}

async fn several(State(app): State<App>, Query(asked): Query<Asked>, request: Request) -> Result<Response, Refusal> {
    let channels = match &asked.channels {
        None => Channels::of(&Channel::ALL),
        Some(names) => names.split(',').map(|name| named(name.trim())).collect::<Result<_, _>>()?,
    };
    answer(app, channels, asked, request.into_parts().0).await
}

async fn answer(app: App, channels: Channels, asked: Asked, request: Parts) -> Result<Response, Refusal> {
    let headers = &request.headers;
    let text = match (&asked.since, headers.get(LAST_EVENT_ID)) {
        // A browser that reconnects knows better than the address that it was given first.
        (_, Some(id)) => Some(id.to_str().unwrap_or_default().to_owned()),
        (since, None) => since.clone(),
    };
    let since = text.map(|text| cursor(&text)).transpose()?;
    if wants_stream(headers) {
        return stream::serve(app, channels, since, &request).await;
    }
    let known = headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    let known = known.map(|tag| tag.trim_start_matches("W/").trim_matches('"').to_owned());
    let page = match asked.wait.filter(|wait| *wait > 0) {
        None => app.0.hub.page(channels, since.as_ref()).await?,
        Some(wait) => wait_for(&app, channels, since, known.as_deref(), wait).await?,
    };
    Ok(written(&page, channels, since_of(&page), known.as_deref()))
}

async fn wait_for(
    app: &App,
    channels: Channels,
    since: Option<Cursor>,
    known: Option<&str>,
    wait: u64,
) -> Result<Page, Refusal> {
    // Without a cursor there is nothing to wait for: the first page is the state.
    let Some(since) = since else { return Ok(app.0.hub.page(channels, None).await?) };
    let _place = app.0.waiting.try_acquire().map_err(|_full| {
        let remedy = "ask without wait, every 30 seconds, or connect by WebSocket";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_waiting", "too many calls wait for news", remedy)
    })?;
    let patience = Duration::from_secs(wait).min(MAX_WAIT);
    let news = app.0.hub.news(channels, &since, known);
    tokio::select! {
        page = news => Ok(page?),
        () = tokio::time::sleep(patience) => Ok(app.0.hub.page(channels, Some(&since)).await?),
        // Told to stop: the caller asks the next server.
        () = app.0.stopping.asked() => Ok(app.0.hub.page(channels, Some(&since)).await?),
    }
}

/// Changes with the states and with every entry that it was not told before.
fn since_of(page: &Page) -> String {
    if page.entries.is_empty() && page.skipped.is_none() {
        page.tag.clone()
    } else {
        format!("{}-{}", page.tag, page.seq)
    }
}

fn written(page: &Page, channels: Channels, tag: String, known: Option<&str>) -> Response {
    let etag = (ETAG, HeaderValue::from_str(&format!("\"{tag}\"")).unwrap_or(HeaderValue::from_static("\"\"")));
    let cache = (CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if known == Some(tag.as_str()) {
        return (StatusCode::NOT_MODIFIED, [etag, cache]).into_response();
    }
    let all: Vec<Channel> = channels.iter().collect();
    let head = PageHead {
        channel: all.first().copied().unwrap_or(Channel::System),
        channels: all,
        epoch: page.epoch.clone(),
        seq: page.seq,
        recovered: page.recovered,
        replayed: page.entries.len() as u64,
        skipped: page.skipped.clone(),
        more: page.has_more,
    };
    let Ok(mut body) = serde_json::to_vec(&head) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    // The messages are the very bytes that a WebSocket carries.
    body.pop();
    body.extend_from_slice(b",\"messages\":[");
    for (at, frame) in page.states.iter().chain(&page.entries).enumerate() {
        if at > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&frame.message());
    }
    body.extend_from_slice(b"]}");
    let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    ([etag, cache, json], Body::from(body)).into_response()
}

fn named(name: &str) -> Result<Channel, Refusal> {
    name.parse().map_err(|_unknown| {
        let known = Channel::ALL.map(Channel::as_str).join(", ");
        let name: String = name.chars().take(40).collect();
        Refusal::new(
            StatusCode::NOT_FOUND,
            "unknown_channel",
            format!("there is no channel {name:?}"),
            format!("there are {known}"),
        )
    })
}

fn cursor(text: &str) -> Result<Cursor, Refusal> {
    text.parse().map_err(|why: kilat_wire::NoCursor| {
        Refusal::bad("bad_cursor", why.to_string(), "give EPOCH:SEQ of the last answer, or leave since out")
    })
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/event-stream"))
}
