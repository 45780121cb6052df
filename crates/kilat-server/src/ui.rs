//! The page at `/admin`: its files stand in the binary; nothing is read from disk.

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::app::App;
use crate::http::given::Path;
use crate::refusal::Refusal;

/// Where the page learns the WebSocket's address.
const WS_PLACE: &str = "__KILAT_WS__";
const PAGE: &str = include_str!("../ui/index.html");

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page and the way to it.
pub(crate) fn routes() -> Router<App> {
    page_routes().route("/", get(|| async { Redirect::temporary("/admin") }))
}

/// The page alone, for the port whose `/` is taken.
pub(crate) fn page_routes() -> Router<App> {
    Router::new()
        .route("/admin", get(page))
        .route("/admin/", get(page))
        .route("/admin/assets/{name}", get(asset))
        .route("/favicon.ico", get(|| async { Redirect::permanent("/admin/assets/favicon.svg") }))
}

async fn page(State(app): State<App>, headers: HeaderMap) -> Response {
    // The page's own host with the socket's port: the same works from a phone.
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("");
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    let address = match app.0.ws_port {
        Some(port) if is_plain(name) => {
            let scheme = if app.0.is_tls { "wss" } else { "ws" };
            format!("{scheme}://{name}:{port}/ws")
        }
        _ => String::new(),
    };
    ([(CACHE_CONTROL, "no-cache")], Html(PAGE.replace(WS_PLACE, &address))).into_response()
}

/// The header is the client's word: only what a host may hold goes into the page.
fn is_plain(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some((_, tag, body)) = ASSETS.iter().find(|(known, _, _)| *known == name) else {
        return Refusal::missing(format!("there is no file {name:?}")).into_response();
    };
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(CONTENT_TYPE, content_type(&name)), (ETAG, tag), (CACHE_CONTROL, "no-cache")], *body).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ext)| ext) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("webmanifest" | "json") => "application/manifest+json",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
