//! The notices about cameras: one went during an event, another program has it, it hangs, frames are lost, its clock is
//! wrong.
//!
//! A sender that finished and a card that was taken out are no news, but for what is on them alone. A camera that sleeps
//! is there.

use kilat_core::{
    AccountRow, CameraFact, CameraId, CameraKind, CameraState, Event, Fact, Millis, Names, Notice, Offset, Priority,
    Said, Whose, account,
};
use kilat_journal::{CameraStanding, Journal, JournalError};

use crate::notices::{ends, well};

/// A clock that is wrong by more than this is worth setting.
const WRONG_MS: u64 = 120_000;
/// Names in a notice.
const NAMES: usize = 3;

/// What follows from a fact about cameras.
pub(crate) async fn about(
    fact: &CameraFact,
    when: (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    match fact {
        CameraFact::Changed { camera, state, message } => {
            changed(camera, (state, message.as_deref()), when, journal).await
        }
        CameraFact::Removed { camera } => {
            Ok(vec![Fact::notice_resolved(gone_key(camera)), Fact::notice_resolved(held_key(camera))])
        }
        CameraFact::Unlisted { camera, paths } => lost(camera, paths, when, journal).await,
        CameraFact::ClockSeen { event, body, skew_ms, .. } => {
            let key = format!("clock:{}", body.serial.as_deref().unwrap_or(&body.model));
            if skew_ms.unsigned_abs() <= WRONG_MS {
                return Ok(vec![Fact::notice_resolved(key)]);
            }
            let said = if *skew_ms < 0 { Said::ClockBehind } else { Said::ClockAhead };
            let name = [body.model.as_str(), body.serial.as_deref().unwrap_or_default()].join(" ");
            let notice = Notice::new(format!("clock-{}", when.0.0), said, Priority::Medium, when.1)
                .about(key)
                .with("place", name.trim())
                .with("span", span(*skew_ms));
            Ok(vec![Fact::NoticeRaised { notice: Notice { event: Some(event.clone()), ..notice } }])
        }
        CameraFact::Added { .. } | CameraFact::Listed { .. } => Ok(Vec::new()),
    }
}

fn gone_key(camera: &CameraId) -> String {
    format!("camera:{camera}")
}

fn held_key(camera: &CameraId) -> String {
    format!("camera-held:{camera}")
}

async fn changed(
    id: &CameraId,
    (state, message): (&CameraState, Option<&str>),
    when: (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    let (gone, held) = (gone_key(id), held_key(id));
    let is_back =
        || [Said::CameraGone, Said::CameraGoneWithPhotos].map(|said| well(gone.clone(), said)).into_iter().collect();
    match state {
        CameraState::Ready | CameraState::Asleep => {
            let mut over: Vec<Fact> = is_back();
            over.push(ends(held, vec![Said::CameraHeld, Said::CameraWedged]));
            Ok(over)
        }
        CameraState::Held { by } => {
            let reason = message.map_or_else(|| format!("{by} has it; close that program"), str::to_owned);
            let mut facts: Vec<Fact> = is_back();
            facts.extend(raised(id, (Said::CameraHeld, Priority::High), (held, reason), when, journal).await?);
            Ok(facts)
        }
        CameraState::Wedged => {
            let reason = message.unwrap_or("it answers no more; turn it off and on").to_owned();
            raised(id, (Said::CameraWedged, Priority::High), (held, reason), when, journal).await
        }
        CameraState::Gone => went(id, (gone, held), message, when, journal).await,
        CameraState::Unseen | CameraState::Unsupported => Ok(Vec::new()),
    }
}

async fn went(
    id: &CameraId,
    (gone, held): (String, String),
    message: Option<&str>,
    when: (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    let mut facts = vec![ends(held, vec![Said::CameraHeld, Said::CameraWedged])];
    let (Some(event), Some(known)) = (journal.active_event().await?, journal.known_camera(id).await?) else {
        return Ok(facts);
    };
    let waiting = row(id, &event, journal).await?.and_then(|row| row.on_card).map_or(0, |card| card.not_held.count);
    let said = if waiting > 0 { Said::CameraGoneWithPhotos } else { Said::CameraGone };
    let priority = match known.camera.kind {
        CameraKind::Tethered => Priority::Critical,
        CameraKind::Card if waiting > 0 => Priority::High,
        CameraKind::Card | CameraKind::Sender => return Ok(facts),
    };
    let reason = message.unwrap_or("it is not there any more; look at its cable, its battery, its Wi-Fi");
    let notice = Notice::new(format!("camera-{id}-{}", when.0.0), said, priority, when.1)
        .about(gone)
        .with("place", &known.camera.name)
        .with("camera", id.as_str())
        .with("reason", reason)
        .with("photos", waiting.to_string());
    facts.push(Fact::NoticeRaised { notice: Notice { event: Some(event.id), ..notice } });
    Ok(facts)
}

async fn raised(
    id: &CameraId,
    (said, priority): (Said, Priority),
    (key, reason): (String, String),
    when: (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    let Some(CameraStanding { camera, .. }) = journal.known_camera(id).await? else { return Ok(Vec::new()) };
    let event = journal.active_event().await?.map(|event| event.id);
    let notice = Notice::new(format!("camera-{id}-{}", when.0.0), said, priority, when.1)
        .about(key)
        .with("place", &camera.name)
        .with("camera", id.as_str())
        .with("reason", reason);
    Ok(vec![Fact::NoticeRaised { notice: Notice { event, ..notice } }])
}

/// What its list names no more and Kilat never held.
async fn lost(
    id: &CameraId,
    paths: &[String],
    when: (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    let (Some(event), Some(known)) = (journal.active_event().await?, journal.known_camera(id).await?) else {
        return Ok(Vec::new());
    };
    let Some(AccountRow { lost: Names { named, .. }, .. }) = row(id, &event, journal).await? else {
        return Ok(Vec::new());
    };
    let names: Vec<&str> = paths.iter().map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
    let lost: Vec<String> = named.into_iter().filter(|name| names.contains(&name.as_str())).collect();
    let Some(first) = lost.first() else { return Ok(Vec::new()) };
    let more = if lost.len() > NAMES { ", …" } else { "" };
    let listed = format!("{}{more}", lost.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", "));
    let notice = Notice::new(format!("lost-{id}-{}", when.0.0), Said::FramesLost, Priority::Critical, when.1)
        .about(format!("lost:{id}"))
        .of_loss(first)
        .with("place", &known.camera.name)
        .with("camera", id.as_str())
        .with("names", listed)
        .with("photos", lost.len().to_string());
    Ok(vec![Fact::NoticeRaised { notice: Notice { event: Some(event.id), ..notice } }])
}

/// The camera's row in the account of the event.
async fn row(id: &CameraId, event: &Event, journal: &Journal) -> Result<Option<AccountRow>, JournalError> {
    let (journal, event, id) = (journal.clone(), event.id.clone(), id.clone());
    let drawing = move || {
        let evidence = journal.camera_evidence_blocking(&event)?;
        let at = evidence.cameras.iter().position(|known| known.camera.id == id);
        let rows = account(&evidence.evidence, |_| false).rows;
        Ok(at.and_then(|at| rows.into_iter().find(|row| row.whose == Whose::Known(at))))
    };
    match tokio::task::spawn_blocking(drawing).await {
        Ok(row) => row,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// `3 min`, `1 h 2 min`, as both languages read it.
fn span(skew_ms: i64) -> String {
    let minutes = skew_ms.unsigned_abs() / 60_000;
    let parts = [(minutes / 1_440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")];
    let told: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).take(2).map(|(n, unit)| format!("{n} {unit}")).collect();
    told.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_two_units_at_most() {
        assert_eq!(span(-192_000), "3 min");
        assert_eq!(span(3_720_000), "1 h 2 min");
        assert_eq!(span(90_000_000), "1 d 1 h");
    }
}
