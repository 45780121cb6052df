//! Notices that follow from the account of cameras: frames are lost, photos remain on a camera, a clock is wrong.

use kilat_core::{
    AccountRow, Camera, CameraId, Event, EventId, Fact, Millis, Notice, Offset, Priority, Said, Whose, account,
    lost_frames,
};
use kilat_journal::{CameraEvidence, Journal, JournalError};

/// A clock that is wrong by more than this is worth setting.
const WRONG_MS: u64 = 120_000;
/// Names in a notice.
const NAMES: usize = 3;

/// The clock of a body is wrong, or right again.
pub(crate) fn clock(event: &EventId, body: &Camera, skew_ms: i64, when: (Offset, Millis)) -> Vec<Fact> {
    let key = format!("clock:{}", body.serial.as_deref().unwrap_or(&body.model));
    if skew_ms.unsigned_abs() <= WRONG_MS {
        return vec![Fact::notice_resolved(key)];
    }
    let said = if skew_ms < 0 { Said::ClockBehind } else { Said::ClockAhead };
    let name = [body.model.as_str(), body.serial.as_deref().unwrap_or_default()].join(" ");
    let notice = Notice::new(format!("clock-{}", when.0.0), said, Priority::Medium, when.1)
        .about(key)
        .with("place", name.trim())
        .with("span", span(skew_ms));
    vec![Fact::NoticeRaised { notice: Notice { event: Some(event.clone()), ..notice } }]
}

/// Files that a camera's card has by its list and that are not held.
pub(crate) async fn not_held(id: &CameraId, event: &Event, journal: &Journal) -> Result<u64, JournalError> {
    Ok(row(id, event, journal).await?.and_then(|row| row.on_card).map_or(0, |card| card.not_held.count))
}

/// What its list names no more and Kilat never held.
pub(crate) async fn lost(
    id: &CameraId,
    paths: &[String],
    when: (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    let (Some(event), Some(known)) = (journal.active_event().await?, journal.known_camera(id).await?) else {
        return Ok(Vec::new());
    };
    let lost = which_lost(id, paths, &event, journal).await?;
    let more = if lost.len() > NAMES { ", …" } else { "" };
    let names: Vec<&str> = lost.iter().take(NAMES).map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
    let Some(first) = names.first() else { return Ok(Vec::new()) };
    let listed = format!("{}{more}", names.join(", "));
    let notice = Notice::new(format!("lost-{id}-{}", when.0.0), Said::FramesLost, Priority::Critical, when.1)
        .about(format!("lost:{id}"))
        .of_loss(*first)
        .with("place", &known.camera.name)
        .with("camera", id.as_str())
        .with("names", listed)
        .with("photos", lost.len().to_string());
    Ok(vec![Fact::NoticeRaised { notice: Notice { event: Some(event.id), ..notice } }])
}

/// Those of these paths that were never held.
async fn which_lost(
    id: &CameraId,
    paths: &[String],
    event: &Event,
    journal: &Journal,
) -> Result<Vec<String>, JournalError> {
    let (id, mut paths) = (id.clone(), paths.to_vec());
    of_evidence(event, journal, move |evidence| {
        let Some(at) = evidence.cameras.iter().position(|known| known.camera.id == id) else { return Vec::new() };
        let lost = lost_frames(&evidence.evidence, at);
        paths.retain(|path| lost.contains(path.as_str()));
        paths
    })
    .await
}

/// The camera's row in the account of the event.
async fn row(id: &CameraId, event: &Event, journal: &Journal) -> Result<Option<AccountRow>, JournalError> {
    let id = id.clone();
    of_evidence(event, journal, move |evidence| {
        let at = evidence.cameras.iter().position(|known| known.camera.id == id)?;
        account(&evidence.evidence, |_| false).rows.into_iter().find(|row| row.whose == Whose::Known(at))
    })
    .await
}

/// Draws something up from what there is to account for, where waiting for the disk holds nobody up.
async fn of_evidence<T: Send + 'static>(
    event: &Event,
    journal: &Journal,
    draw: impl FnOnce(CameraEvidence) -> T + Send + 'static,
) -> Result<T, JournalError> {
    let (journal, event) = (journal.clone(), event.id.clone());
    let drawing = move || journal.camera_evidence_blocking(&event).map(draw);
    match tokio::task::spawn_blocking(drawing).await {
        Ok(drawn) => drawn,
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
