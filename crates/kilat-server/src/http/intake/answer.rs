//! What became of a file, as HTTP says it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kilat_core::{ContentHash, PhotoId, size_text};
use kilat_ingest::{IntakeError, Outcome};
use kilat_wire::{IntakeAnswer, IntakeState};

use crate::refusal::Refusal;

/// What became of a whole file; `hash` is what came.
pub(super) fn answered(outcome: Outcome, hash: ContentHash) -> Result<(StatusCode, IntakeAnswer), Refusal> {
    let answer = |state, photo: Option<PhotoId>, is_new| {
        let photo = photo.map(|photo| photo.to_string());
        IntakeAnswer { success: true, state, photo, is_new, hash: hash.to_string() }
    };
    match outcome {
        Outcome::Filed { photo, is_new: true, .. } => {
            Ok((StatusCode::CREATED, answer(IntakeState::Filed, Some(photo), true)))
        }
        Outcome::Filed { photo, is_new: false, .. } => Ok((StatusCode::OK, held(photo, &hash))),
        Outcome::Held { .. } => Ok((StatusCode::CREATED, answer(IntakeState::Held, None, true))),
        Outcome::Aside => Ok((StatusCode::ACCEPTED, answer(IntakeState::Aside, None, true))),
        Outcome::CutOff { lacks, size_bytes } => Err(cut_off(lacks, size_bytes)),
        Outcome::Empty => Err(Refusal::bad("empty", "the file has no bytes", "send its bytes as the body")),
    }
}

/// This content is a photo already.
pub(super) fn held(photo: PhotoId, hash: &ContentHash) -> IntakeAnswer {
    let (photo, hash) = (Some(photo.to_string()), hash.to_string());
    IntakeAnswer { success: true, state: IntakeState::Filed, photo, is_new: false, hash }
}

/// The same where only new content is wanted.
pub(super) fn held_already(photo: &PhotoId) -> Refusal {
    let error = format!("the event in use holds this content already: it is photo {photo}");
    let remedy = "nothing: it is safe; leave If-None-Match out to be answered with 200";
    Refusal::new(StatusCode::PRECONDITION_FAILED, "held_already", error, remedy)
}

/// The same as an answer of a call.
pub(super) fn response(outcome: Outcome, hash: ContentHash) -> Response {
    match answered(outcome, hash) {
        Ok((status, answer)) => (status, Json(answer)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn cut_off(lacks: &str, size_bytes: u64) -> Refusal {
    let error = format!("the file is cut off after {size_bytes} bytes: it lacks {lacks}; what came is kept");
    let remedy = "send the whole file: it takes the place of what was kept";
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "cut_off", error, remedy)
}

/// What came is not what was announced.
pub(super) fn differs(status: StatusCode) -> Refusal {
    let error = "the bytes are not what their digest says; nothing of them was kept";
    Refusal::new(status, "differs", error, "send them again; if it stays so, compute the digest anew")
}

/// The body stood still.
pub(super) fn slow() -> Refusal {
    let error = "less than 64 KiB came within 60 s";
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "slow_body", error, "send it again where the network is better")
}

/// The server ends.
pub(super) fn stopping() -> Refusal {
    let error = "Kilat is being stopped";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", error, "send it again once Kilat runs")
}

/// Why a file was not taken.
pub(super) fn refused(error: &IntakeError) -> Refusal {
    let (status, code, remedy) = match error {
        IntakeError::NoRoom { .. } => {
            (StatusCode::INSUFFICIENT_STORAGE, "no_room", "free some space on Kilat's own disk, then send it again")
        }
        IntakeError::TooLarge { most_bytes } => {
            let error = format!("the file has more than {}", size_text(*most_bytes));
            let remedy = "let the operator raise max_file_mb, or send a smaller one";
            return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", error, remedy);
        }
        IntakeError::Differs => return differs(StatusCode::UNPROCESSABLE_ENTITY),
        IntakeError::NoPart => (StatusCode::CONFLICT, "no_part", "send the file from its beginning"),
        IntakeError::Cut(_) => (StatusCode::BAD_REQUEST, "cut", "send it again"),
        IntakeError::Io { .. } => {
            tracing::error!(%error, "a file could not be taken");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "intake",
                "run kilat doctor on the server's machine, then send it again",
            )
        }
    };
    Refusal::new(status, code, error.to_string(), remedy)
}
