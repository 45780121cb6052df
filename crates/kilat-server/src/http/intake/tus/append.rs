//! `PATCH /intake/tus/{id}`: adds bytes where the upload stands.
//!
//! What came is kept however the call ends, unless it came with a checksum that it does not have. The work goes on when
//! its caller hangs up, so that what came is durable and counted.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{Extension, Request, State as Of};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use kilat_auth::Who;
use kilat_wire::IntakeAnswer;

use super::super::super::given::Path;
use super::super::answer::{differs, refused, slow, stopping};
use super::super::digest::{Expected, Sums};
use super::super::pour::{End, Keep, Work, pour};
use super::super::put::broke;
use super::super::receiving::Receiving;
use super::settle::{finish, go_on, mismatch, settle, tell};
use super::uploads::{Ended, State, Upload};
use super::{BYTES, CHECKSUM, EXPIRES, OFFSET, http_date, number};
use crate::app::App;
use crate::refusal::Refusal;

/// What a call adds.
pub(super) struct Added {
    /// Behind so many bytes.
    pub(super) at: u64,
    /// What its bytes are, where it says so.
    pub(super) expected: Vec<Expected>,
}

/// How far an upload is.
pub(super) struct Far {
    kept_bytes: u64,
    answer: Option<IntakeAnswer>,
}

impl Far {
    pub(super) fn of(state: &State) -> Self {
        let answer = match &state.ended {
            Some(Ended::Taken(answer)) => answer.clone(),
            Some(Ended::Gone) | None => None,
        };
        Self { kept_bytes: state.kept_bytes, answer }
    }

    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        headers.insert(OFFSET, HeaderValue::from(self.kept_bytes));
        if let Some(answer) = &self.answer {
            tell(headers, answer);
        }
    }
}

pub(crate) async fn patch(
    Of(app): Of<App>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let upload = Receiving::of(&app)?.uploads.of(&id, &who)?;
    if head.headers.get(CONTENT_TYPE).is_none_or(|value| value != BYTES) {
        let error = "bytes are added with another content-type";
        let remedy = "send content-type: application/offset+octet-stream";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_type", error, remedy));
    }
    let at = number(&head.headers, &OFFSET).ok_or_else(|| {
        Refusal::bad("bad_offset", "where the bytes belong is not told", "send Upload-Offset, as HEAD tells it")
    })?;
    let added = Added { at, expected: expected(&head.headers)? };
    let far = add(&app, upload.clone(), added, body).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    far.tell(response.headers_mut());
    if let Some(expires) = http_date(upload.about.expires_at()) {
        response.headers_mut().insert(EXPIRES, expires);
    }
    Ok(response)
}

/// Adds a body to an upload, and ends it with its last byte.
pub(super) async fn add(app: &App, upload: Arc<Upload>, added: Added, body: Body) -> Result<Far, Refusal> {
    let mut state = upload.work()?;
    if state.kept_bytes != added.at || state.ended == Some(Ended::Gone) {
        let error = format!("the upload stands at {} bytes, not at {}", state.kept_bytes, added.at);
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "bad_offset",
            error,
            "ask how far it came (HEAD), then go on there",
        ));
    }
    let rest = upload.about.size_bytes - state.kept_bytes;
    if body.size_hint().lower() > rest {
        return Err(too_much());
    }
    let place = Receiving::of(app)?.place().await?;
    let task = app.0.sessions.spawn({
        let app = app.clone();
        async move {
            let _place = place;
            if rest == 0 {
                settle(&app, &upload, &mut state).await?;
            } else {
                receive(&app, &upload, &mut state, added, body).await?;
            }
            Ok(Far::of(&state))
        }
    });
    task.await.map_err(|panic| broke(&panic))?
}

async fn receive(app: &App, upload: &Upload, state: &mut State, added: Added, body: Body) -> Result<(), Refusal> {
    let mut asked = upload.asked();
    let part = go_on(app, upload, state).await?;
    let sums = Sums::comparing(added.expected);
    let is_comparing = sums.is_comparing();
    let keep = if is_comparing { Keep::AtTheEnd } else { Keep::SoFar };
    let stop = async {
        tokio::select! {
            () = app.0.stopping.asked() => End::Stopping,
            // The sender of the news lives as long as the upload.
            _ = asked.changed() => End::Cut,
        }
    };
    let poured = pour(body, Work::new(part, sums, keep), stop).await;
    let (work, end) = match poured {
        Ok(poured) => poured,
        Err(error) => {
            state.kept_bytes = kept(app, upload, added.at)?;
            return Err(refused(&error));
        }
    };
    if work.part.size_bytes() > upload.about.size_bytes {
        return Err(too_much());
    }
    if is_comparing && (end != End::Whole || !work.sums.agree()) {
        // Nothing of it counts: the next call writes over it.
        return Err(if end == End::Whole { differs(mismatch()) } else { stopping() });
    }
    let mut part = work.part;
    let is_last = part.size_bytes() == upload.about.size_bytes;
    let kept = tokio::task::spawn_blocking(move || part.keep_so_far().map(|()| part));
    let part = kept.await.map_err(|panic| broke(&panic))?.map_err(|error| refused(&error))?;
    state.kept_bytes = part.size_bytes();
    if is_last {
        return finish(app, upload, state, part).await;
    }
    state.resting = Some(part.into_rest());
    match end {
        End::Whole | End::Cut => Ok(()),
        End::Slow => Err(slow()),
        End::Stopping => Err(stopping()),
    }
}

/// What is durable after a fault in the middle.
fn kept(app: &App, upload: &Upload, at_least: u64) -> Result<u64, Refusal> {
    Ok(Receiving::of(app)?.intake.part_bytes(&upload.part).unwrap_or(at_least))
}

/// What `Upload-Checksum` says of the bytes of one call.
pub(super) fn expected(headers: &HeaderMap) -> Result<Vec<Expected>, Refusal> {
    let Some(value) = headers.get(CHECKSUM) else { return Ok(Vec::new()) };
    let bad = || {
        let remedy = "write it as sha1 or sha256, a space, and the sum in base 64";
        Refusal::bad("bad_digest", "Upload-Checksum cannot be read, or its algorithm is not known", remedy)
    };
    let (algorithm, sum) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(bad)?;
    let sum = BASE64.decode(sum.trim().as_bytes()).map_err(|_why| bad())?;
    match (algorithm, sum.len()) {
        ("sha1", 20) => Ok(vec![Expected::Sha1(sum)]),
        ("sha256", 32) => Ok(vec![Expected::Sha256(sum)]),
        _ => Err(bad()),
    }
}

fn too_much() -> Refusal {
    let error = "more bytes come than the upload was begun with";
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_much", error, "begin a new upload with the file's whole length")
}
