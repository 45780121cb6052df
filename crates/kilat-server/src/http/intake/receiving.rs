//! What all calls that take files share: the intake, and how many are taken at once.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use kilat_core::Millis;
use kilat_ingest::Intake;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::tus::{self, Uploads};
use crate::app::App;
use crate::refusal::Refusal;

/// Files taken at once: each holds 1 MiB. More do not come faster, whatever the network.
const AT_ONCE: usize = 64;
/// A file waits so long for its turn; its sender's bytes wait in the network meanwhile.
const TURN: Duration = Duration::from_secs(30);

/// The intake, and its places.
pub(crate) struct Receiving {
    pub(super) intake: Intake,
    pub(super) uploads: Uploads,
    places: Arc<Semaphore>,
}

impl Receiving {
    pub(crate) fn new(intake: Intake, now: Millis) -> Self {
        let uploads = Uploads::find(&intake, now);
        Self { intake, uploads, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Ends files whose last byte came before this process began.
    pub(crate) async fn take_up(app: App) {
        tus::take_up(&app).await;
    }

    /// Of this server.
    pub(super) fn of(app: &App) -> Result<&Self, Refusal> {
        app.0.receiving.as_ref().ok_or_else(|| {
            let error = "this server takes no photos";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "no_intake", error, "send them to another one")
        })
    }

    /// Waits for a turn.
    pub(super) async fn place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        match tokio::time::timeout(TURN, Arc::clone(&self.places).acquire_owned()).await {
            // The semaphore is never closed.
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => {
                let error = format!("{AT_ONCE} files are being taken already");
                Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error, "send it again in a moment"))
            }
        }
    }
}
