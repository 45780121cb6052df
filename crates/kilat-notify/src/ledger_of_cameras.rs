//! Notices that follow from the account of cameras: frames are lost, photos remain on a camera, a clock is wrong.

use kilat_core::{
    AccountRow, Camera, CameraId, Event, EventId, Fact, Millis, Names, Notice, Offset, Priority, Said, Whose, account,
};
use kilat_journal::{Journal, JournalError};

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
