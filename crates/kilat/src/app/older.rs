//! Frames of earlier shoots on the cards of cameras: they stay there until somebody asks for them.

use kilat_core::{CameraFact, CameraId, CameraKind, Event, Fact, Millis, Stop, shoot_begins_s};
use kilat_journal::{Journal, JournalError, Note};
use kilat_tether::PortChange;
use tokio::sync::mpsc;

/// Begins the notes of cameras whose frames of earlier shoots are wanted; each holds the event.
const NOTES: &str = "older-frames:";
/// Clocks of two places differ by this much at most: who came from afar did not set it.
const ZONES_S: i64 = 26 * 3_600;

/// Hears that somebody wants what earlier shoots left on the card of a camera.
pub(super) async fn hear(journal: Journal, changes: mpsc::Sender<PortChange>, stop: Stop) -> Result<(), JournalError> {
    let mut tail = journal.tail(journal.head());
    loop {
        let batch = tokio::select! {
            () = stop.asked() => return Ok(()),
            batch = tail.next() => batch?,
        };
        for recorded in batch.iter() {
            let Fact::Camera(CameraFact::ImportAsked { camera, older: true }) = &recorded.fact else { continue };
            let is_tethered =
                journal.known_camera(camera).await?.is_some_and(|known| known.camera.kind == CameraKind::Tethered);
            let Some(event) = journal.active_event().await?.filter(|_| is_tethered) else { continue };
            let note = Note::new(format!("{NOTES}{camera}"), event.id.as_str());
            let noted = journal.append_noting_patiently(Vec::new(), vec![note]);
            tokio::select! {
                () = stop.asked() => return Ok(()),
                noted = noted => drop(noted?),
            }
            // The receiver ends only when all does.
            if changes.send(PortChange::Again(camera.clone())).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Whether what earlier shoots left on this camera's card is wanted for this event.
pub(super) async fn is_wanted(
    journal: &Journal,
    camera: &CameraId,
    event: Option<&Event>,
) -> Result<bool, JournalError> {
    let asked = journal.notes(&format!("{NOTES}{camera}")).await?;
    Ok(event.is_some_and(|event| asked.iter().any(|(rest, of)| rest.is_empty() && of == event.id.as_str())))
}

/// Since when a camera's files may be of the event's shoot, by its own clock, which is that far ahead of UTC.
pub(super) fn begins_s(event: Option<&Event>, now: Millis, clock_ahead_s: Option<i64>) -> i64 {
    let wrong = clock_ahead_s.map_or(0, |ahead| wrong_by(ahead, now));
    // What is wrong by no more than zones are widens what may be of it, and narrows nothing.
    let moved = if wrong > ZONES_S { wrong } else { wrong.min(0) };
    shoot_begins_s(event, now).saturating_add(moved)
}

/// How far a camera's clock is ahead of this machine's, as both show it.
fn wrong_by(clock_ahead_s: i64, now: Millis) -> i64 {
    let timestamp = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    clock_ahead_s.saturating_sub(timestamp.to_zoned(jiff::tz::TimeZone::system()).offset().seconds().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_years_behind_moves_what_is_of_today_and_one_that_is_hours_ahead_moves_nothing() {
        let now = Millis(1_800_000_000_000);
        let usual = begins_s(None, now, None);
        let zone = -wrong_by(0, now);
        assert_eq!(begins_s(None, now, Some(zone + 8 * 3_600)), usual);
        assert_eq!(begins_s(None, now, Some(zone - 8 * 3_600)), usual - 8 * 3_600);
        let years = 8 * 365 * 86_400;
        assert_eq!(begins_s(None, now, Some(zone - years)), usual - years);
        assert_eq!(begins_s(None, now, Some(zone + years)), usual + years);
    }
}
