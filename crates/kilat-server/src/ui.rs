//! The dashboard at `/admin`. Its files stand in the binary; nothing is read from disk.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::app::App;
use crate::http::given::Path;
use crate::refusal::Refusal;

/// Where the page learns the WebSocket's address.
const WS_PLACE: &str = "__KILAT_WS__";
/// Stands there when the binary was built without the dashboard.
const NO_DASHBOARD: &str = include_str!("no_dashboard.html");
/// At a name that never changes: what older browsers ask for by themselves ends here.
const ICON: &str = include_str!("../../../web/apps/dashboard/src/shell/favicon.svg");
/// What a browser runs while no page is open: it shows what push services bring.
const WORKER: &str = include_str!("../../../web/apps/dashboard/src/pages/alerts/sw.js");
/// By it the dashboard can be put on a home screen.
const MANIFEST: &str = include_str!("../../../web/apps/dashboard/public/manifest.webmanifest");
/// A name that changes with the content is never asked for again.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// A file of the dashboard, as it is and packed.
struct File {
    name: &'static str,
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

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
        .route("/admin/sw.js", get(|| async { fixed("text/javascript; charset=utf-8", WORKER) }))
        .route("/admin/manifest.webmanifest", get(|| async { fixed("application/manifest+json", MANIFEST) }))
        .route("/favicon.ico", get(|| async { fixed("image/svg+xml", ICON) }))
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
    let page = PAGE.unwrap_or(NO_DASHBOARD).replace(WS_PLACE, &address);
    ([(CACHE_CONTROL, ASK_AGAIN)], Html(page)).into_response()
}

/// The header is the client's word: only what a host may hold goes into the page.
fn is_plain(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
}

/// A file whose name stays: asked for again each time.
fn fixed(kind: &'static str, body: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, ASK_AGAIN)], body).into_response()
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match FILES.iter().find(|file| file.name == name) {
        Some(file) => packed(file, &headers),
        None => Refusal::missing(format!("there is no file {name:?}")).into_response(),
    }
}

/// The smallest form that the caller takes.
fn packed(file: &File, headers: &HeaderMap) -> Response {
    let forms = [("br", file.brotli), ("gzip", file.gzip)];
    let found =
        forms.into_iter().find_map(|(coding, body)| body.filter(|_| takes(headers, coding)).map(|b| (coding, b)));
    let whole = [(CONTENT_TYPE, content_type(file.name)), (CACHE_CONTROL, FOR_EVER), (VARY, "accept-encoding")];
    match found {
        Some((coding, body)) => (whole, [(CONTENT_ENCODING, coding)], body).into_response(),
        None => (whole, file.plain).into_response(),
    }
}

/// Whether `Accept-Encoding` names the coding, and not to refuse it.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let said = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|said| said.to_str().ok());
    said.flat_map(|said| said.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let is_refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(coding) && !is_refused
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ext)| ext) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("webmanifest" | "json") => "application/manifest+json",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    const FILE: File = File { name: "x-1.js", plain: b"plain", gzip: Some(b"gzip"), brotli: Some(b"br") };

    fn coding(accept: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, accept.parse().unwrap())]);
        let answer = packed(&FILE, &headers);
        let text = |name: HeaderName| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(text(CACHE_CONTROL).as_deref(), Some(FOR_EVER));
        assert_eq!(text(VARY).as_deref(), Some("accept-encoding"));
        text(CONTENT_ENCODING)
    }

    #[test]
    fn a_caller_gets_the_smallest_form_that_it_takes_and_no_other() {
        assert_eq!(coding("gzip, deflate, br").as_deref(), Some("br"));
        assert_eq!(coding("gzip;q=1.0, br;q=0").as_deref(), Some("gzip"));
        assert_eq!(coding("GZIP").as_deref(), Some("gzip"));
        assert_eq!(coding("identity"), None);
        assert_eq!(coding("gzip;q=0"), None);
    }
}
