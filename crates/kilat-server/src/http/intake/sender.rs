//! Who hands in: a camera of the journal. One that signs in with a password of its own is one already; a token's is made
//! when it is first used.
//!
//! That one has the token's name, so tokens of one name are one sender, and a token called like a camera is that camera.

use axum::http::StatusCode;
use kilat_auth::{Credential, Who};
use kilat_core::{CameraFact, CameraId, CameraKind, CameraState, Fact, KnownCamera, Via, Way};
use kilat_journal::JournalError;

use crate::app::App;
use crate::refusal::Refusal;

/// Names tried for a sender where another kind of camera is called like it.
const MAX_NUMBERED: u32 = 9;

/// Who hands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sender {
    /// What the journal calls it.
    pub(super) via: Via,
    /// What people call it.
    pub(super) name: String,
}

/// Who presents this, as a camera that answers.
pub(super) async fn sender(app: &App, who: &Who) -> Result<Sender, Refusal> {
    if let Credential::Camera(id) = &who.credential {
        touch(app, id, &who.label).await;
        return Ok(Sender { via: Via { way: Way::Http, camera: id.clone() }, name: who.label.clone() });
    }
    let first = CameraId::from_name(&who.label).or_else(|| "http".parse().ok());
    let numbered = (2..=MAX_NUMBERED).filter_map(|n| format!("{}-{n}", first.as_ref()?).parse().ok());
    for id in first.clone().into_iter().chain(numbered.collect::<Vec<CameraId>>()) {
        if touch(app, &id, &who.label).await {
            return Ok(Sender { via: Via { way: Way::Http, camera: id }, name: who.label.clone() });
        }
    }
    let error = format!("too many cameras are called {:?}", who.label);
    let remedy = "make a token of another name: kilat token create --role agent --name NAME";
    Err(Refusal::new(StatusCode::CONFLICT, "no_sender", error, remedy))
}

/// Whether `id` is a sender; it is made one where nothing is called so. What the journal does not take now, the next
/// file tells it: no file waits for that.
async fn touch(app: &App, id: &CameraId, name: &str) -> bool {
    let known = match app.0.journal.known_camera(id).await {
        Ok(known) => known,
        Err(error) => {
            tracing::warn!(%error, "whether a sender is known could not be asked");
            return true;
        }
    };
    let mut facts = Vec::new();
    match &known {
        Some(known) if known.camera.kind != CameraKind::Sender => return false,
        Some(known) if known.state.is_ready() => return true,
        Some(_) => {}
        None => {
            let (kind, name) = (CameraKind::Sender, name.to_owned());
            let camera = KnownCamera { id: id.clone(), name, kind, body: None, place: None, login: None };
            facts.push(Fact::Camera(CameraFact::Added { camera }));
        }
    }
    facts.push(Fact::Camera(CameraFact::Changed { camera: id.clone(), state: CameraState::Ready, message: None }));
    let told: Result<_, JournalError> = app.0.journal.append(facts).await;
    if let Err(error) = told {
        tracing::warn!(%error, "a sender could not be recorded");
    }
    true
}
