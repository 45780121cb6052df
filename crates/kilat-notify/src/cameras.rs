//! Notices about cameras and cards.
//!
//! A camera that goes while an event is active has one critical notice, which is resolved once it is back; a plug that
//! is loose is counted into the same one. What a card brings is offered, and what it kept is named.

use kilat_core::{
    CameraFact, CameraId, CameraKind, CameraState, CardTally, Fact, ImportEnd, KnownCamera, Millis, Notice, Offset,
    Priority, Said, size_text,
};
use kilat_journal::{Journal, JournalError};

use crate::notices::{ends, well};

/// What follows from a fact about a camera for the ledger.
pub(crate) async fn about(
    fact: &CameraFact,
    place: (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    let (camera, raised) = match fact {
        CameraFact::Changed { camera, state, message } => {
            let Some(known) = journal.known_camera(camera).await? else { return Ok(Vec::new()) };
            let message = message.as_deref().unwrap_or("no reason was told");
            match known.camera.kind {
                CameraKind::Tethered => return camera_changed(&known.camera, state, (message, place), journal).await,
                CameraKind::Card if *state == CameraState::Gone => {
                    return Ok(vec![ends(card_key(camera), vec![Said::CardOffer])]);
                }
                CameraKind::Card | CameraKind::Sender => return Ok(Vec::new()),
            }
        }
        CameraFact::Removed { camera } => {
            return Ok(vec![ends(key(camera), Vec::new()), ends(card_key(camera), Vec::new())]);
        }
        CameraFact::Offered { camera, tally } if tally.left > 0 => {
            (camera, notice("offer", camera, (Said::CardOffer, Priority::Medium), tally, place))
        }
        CameraFact::Offered { camera, .. } | CameraFact::ImportBegan { camera, .. } => {
            return Ok(vec![ends(card_key(camera), vec![Said::CardOffer])]);
        }
        CameraFact::ImportEnded { camera, end: ImportEnd::Done, tally } if tally.is_whole() => {
            let done = notice("card", camera, (Said::CardDone, Priority::Low), tally, place);
            let done = named(Notice { key: None, ..done }, camera, journal).await?;
            return Ok(vec![ends(card_key(camera), Vec::new()), done]);
        }
        CameraFact::ImportEnded { camera, end, tally } => {
            let reason = match end {
                ImportEnd::Done => "not every frame could be read",
                ImportEnd::Pulled => "it was pulled out; put it in again, and it goes on",
                ImportEnd::Stopped => "it was stopped; it can be begun again",
                ImportEnd::Refused { reason } => reason,
            };
            let kept = notice("card", camera, (Said::CardIncomplete, Priority::High), tally, place);
            (camera, kept.with("reason", reason))
        }
        CameraFact::Added { .. }
        | CameraFact::Listed { .. }
        | CameraFact::Unlisted { .. }
        | CameraFact::ImportAsked { .. } => return Ok(Vec::new()),
    };
    Ok(vec![named(raised, camera, journal).await?])
}

async fn camera_changed(
    camera: &KnownCamera,
    state: &CameraState,
    (message, (offset, at)): (&str, (Offset, Millis)),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    let (said, priority) = match state {
        CameraState::Gone => (Said::CameraGone, Priority::Critical),
        CameraState::Wedged => (Said::CameraWedged, Priority::Critical),
        CameraState::Held { .. } => (Said::CameraHeld, Priority::High),
        CameraState::Ready | CameraState::Asleep => {
            let others = vec![Said::CameraHeld, Said::CameraWedged];
            return Ok(vec![well(key(&camera.id), Said::CameraGone), ends(key(&camera.id), others)]);
        }
        CameraState::Unseen | CameraState::Unsupported => return Ok(Vec::new()),
    };
    // Between two events a camera may be put into its bag.
    let Some(event) = journal.active_event().await? else { return Ok(Vec::new()) };
    let place = camera.place.as_deref().unwrap_or("–");
    let notice = Notice::new(format!("camera-{}-{}", camera.id, offset.0), said, priority, at)
        .about(key(&camera.id))
        .with("camera", camera.id.as_str())
        .with("name", &camera.name)
        .with("place", format!("{} ({place})", camera.name))
        .with("reason", message);
    Ok(vec![Fact::NoticeRaised { notice: Notice { event: Some(event.id), ..notice } }])
}

fn notice(
    what: &str,
    camera: &CameraId,
    (said, priority): (Said, Priority),
    tally: &CardTally,
    (offset, at): (Offset, Millis),
) -> Notice {
    Notice::new(format!("{what}-{camera}-{}", offset.0), said, priority, at)
        .about(card_key(camera))
        .with("camera", camera.as_str())
        .with("frames", tally.left.to_string())
        .with("size", size_text(tally.left_bytes))
        .with("tally", tally.words())
}

async fn named(notice: Notice, camera: &CameraId, journal: &Journal) -> Result<Fact, JournalError> {
    let known = journal.known_camera(camera).await?;
    let name = known.map_or_else(|| camera.to_string(), |known| known.camera.name);
    let event = journal.active_event().await?.map(|event| event.id);
    Ok(Fact::NoticeRaised { notice: Notice { event, ..notice.with("name", name) } })
}

fn key(camera: &CameraId) -> String {
    format!("camera:{camera}")
}

fn card_key(card: &CameraId) -> String {
    format!("card:{card}")
}
