//! Cameras that send by themselves: ready while they are heard, gone after a silence.
//!
//! Whoever receives from one says that it was heard; what is stored besides, by whatever way, is read off the journal.
//! Deliberately absent: what comes by HTTP alone, whose senders sign in with no password of a camera.

mod heard;

use std::sync::Arc;
use std::time::Duration;

use kilat_core::{CameraFact, CameraKind, CameraState, Clock, Fact, Stop, Tasks};
use kilat_journal::{CameraStanding, Journal, JournalError};
use tokio::time::{MissedTickBehavior, interval};

pub(super) use heard::Heard;

/// So long without a sign of life, a camera that sent is not there any more. Bodies sleep after a few minutes and sign
/// in again for the next photo: less would call each pause of a wedding an absence.
const SILENCE: Duration = Duration::from_secs(15 * 60);
/// Between two looks.
const LOOK: Duration = Duration::from_secs(10);

/// What a photographer is told then.
const GONE: &str =
    "nothing was heard of it for 15 min: it is off, asleep or out of reach, and back with its next photo";

/// Starts to follow them.
pub(super) fn start(tasks: &mut Tasks, heard: Arc<Heard>, journal: Journal, clock: Arc<dyn Clock>, stop: Stop) {
    tasks.spawn("senders", follow(heard, journal, clock, stop));
}

async fn follow(heard: Arc<Heard>, journal: Journal, clock: Arc<dyn Clock>, stop: Stop) -> Result<(), JournalError> {
    let mut tail = journal.tail(journal.head());
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            facts = tail.next() => for recorded in facts?.iter() {
                if let Fact::ArrivalSeen { arrival } = &recorded.fact
                    && let Some(via) = &arrival.via
                {
                    heard.hear(&via.camera, clock.monotonic());
                }
            },
            _ = look.tick() => {
                if let Err(error) = look_around(&heard, &journal, clock.as_ref()).await {
                    tracing::warn!(%error, "that a camera is gone or back could not be recorded; it is tried again");
                }
            }
        }
    }
}

async fn look_around(heard: &Heard, journal: &Journal, clock: &dyn Clock) -> Result<(), JournalError> {
    let news = news(&journal.known_cameras().await?, heard, clock.monotonic());
    if !news.is_empty() {
        journal.append(news).await?;
    }
    Ok(())
}

/// What changed by silence, and by its end.
fn news(known: &[CameraStanding], heard: &Heard, now: Duration) -> Vec<Fact> {
    let senders = known.iter().filter(|known| known.camera.kind == CameraKind::Sender && known.camera.login.is_some());
    let changed = senders.filter_map(|known| {
        let id = &known.camera.id;
        let is_silent = heard.silence(id, now) >= SILENCE;
        let (state, message) = match &known.state {
            CameraState::Ready if is_silent => (CameraState::Gone, Some(GONE.to_owned())),
            CameraState::Gone if !is_silent && heard.was_heard(id) => (CameraState::Ready, None),
            CameraState::Unseen
            | CameraState::Ready
            | CameraState::Asleep
            | CameraState::Held { .. }
            | CameraState::Wedged
            | CameraState::Unsupported
            | CameraState::Gone => return None,
        };
        Some(Fact::Camera(CameraFact::Changed { camera: id.clone(), state, message }))
    });
    changed.collect()
}

#[cfg(test)]
mod tests {
    use kilat_core::{CameraId, CameraLogin, IdSource, KnownCamera, ManualClock, PasswordHash};

    use super::*;

    /// A journal that knows a camera that signs in, and one that is pulled from.
    async fn scene() -> (tempfile::TempDir, Journal, Arc<ManualClock>) {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::at_ms(1_795_000_000_000));
        let time: Arc<dyn Clock> = clock.clone();
        let ids = Arc::new(IdSource::new(Arc::clone(&time)));
        let journal = Journal::open(&folder.path().join("journal.db"), time, ids).expect("open");
        let login = CameraLogin { password: PasswordHash("$argon2id$x".to_owned()), expires_at: None };
        let known = |id: &str, kind, login| {
            let (id, name) = (id.parse().expect("an id"), id.to_uppercase());
            let camera = KnownCamera { id, name, kind, body: None, place: None, login };
            Fact::Camera(CameraFact::Added { camera })
        };
        let facts = vec![known("z9", CameraKind::Sender, Some(login)), known("r5", CameraKind::Tethered, None)];
        journal.append(facts).await.expect("recorded");
        for id in ["z9", "r5"] {
            let (camera, state) = (id.parse().expect("an id"), CameraState::Ready);
            let ready = CameraFact::Changed { camera, state, message: None };
            journal.append(vec![Fact::Camera(ready)]).await.expect("recorded");
        }
        (folder, journal, clock)
    }

    async fn state(journal: &Journal, id: &str) -> CameraState {
        let id: CameraId = id.parse().expect("an id");
        journal.known_camera(&id).await.expect("read").expect("known").state
    }

    #[tokio::test]
    async fn a_camera_that_falls_silent_is_gone_after_a_quarter_of_an_hour_and_back_once_it_is_heard() {
        let (_folder, journal, clock) = scene().await;
        let heard = Heard::since(clock.monotonic());
        let id: CameraId = "z9".parse().expect("an id");
        heard.hear(&id, clock.monotonic());
        clock.advance(SILENCE - Duration::from_millis(1));
        look_around(&heard, &journal, clock.as_ref()).await.expect("recorded");
        assert_eq!(state(&journal, "z9").await, CameraState::Ready);
        clock.advance(Duration::from_millis(1));
        look_around(&heard, &journal, clock.as_ref()).await.expect("recorded");
        assert_eq!(state(&journal, "z9").await, CameraState::Gone);
        assert_eq!(state(&journal, "r5").await, CameraState::Ready, "who is pulled from tells by itself");
        let told = journal.known_camera(&id).await.expect("read").expect("known").message;
        assert_eq!(told.as_deref(), Some(GONE));
        // A film that takes an hour is no silence.
        for _ in 0..60 {
            heard.hear(&id, clock.monotonic());
            look_around(&heard, &journal, clock.as_ref()).await.expect("recorded");
            assert_eq!(state(&journal, "z9").await, CameraState::Ready);
            clock.advance(Duration::from_secs(60));
        }
    }

    #[tokio::test]
    async fn one_that_was_ready_when_the_process_before_ended_is_not_ready_for_ever() {
        let (_folder, journal, clock) = scene().await;
        clock.advance(Duration::from_secs(7 * 24 * 3_600));
        let heard = Heard::since(clock.monotonic());
        look_around(&heard, &journal, clock.as_ref()).await.expect("recorded");
        assert_eq!(state(&journal, "z9").await, CameraState::Ready, "it may send the next moment");
        clock.advance(SILENCE);
        look_around(&heard, &journal, clock.as_ref()).await.expect("recorded");
        assert_eq!(state(&journal, "z9").await, CameraState::Gone);
        let head = journal.head();
        look_around(&heard, &journal, clock.as_ref()).await.expect("recorded");
        assert_eq!(journal.head(), head, "said once");
    }
}
