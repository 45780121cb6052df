//! The account of cameras as the wire tells it: how each stands, what it shot, what became of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use kilat_core::{
    Account, AccountRow, CameraId, CameraKind, CameraReading, CameraState, Coming, Event, FormatVerdict, FormatWhy,
    Millis, Names, SafetyRule, ShotBy, Whose, account, format_words, may_format, standing,
};
use kilat_journal::{CameraEvidence, CameraStanding, ClockStanding, JournalError};
use kilat_wire::{
    CameraClock, CameraComing, CameraDetail, CameraFormat, CameraFormatVerdict, CameraFormatWhat, CameraFormatWhy,
    CameraList, CameraReceipt, CameraRow, CameraRowKind, CameraRowState, CameraShotBy, CameraStored, CameraTold,
};

use crate::hub::Hub;
use crate::safety::places;

/// Receipts of one camera.
const MAX_RECEIPTS: usize = 50;
/// Names beside what speaks against formatting.
const MAX_NAMES: usize = 3;

/// What cameras in touch told last.
struct Told {
    readings: BTreeMap<CameraId, (CameraReading, Millis)>,
    coming: BTreeMap<CameraId, Coming>,
}

/// An account, and what its rows are about.
struct Drawn {
    evidence: CameraEvidence,
    account: Account,
}

impl Hub {
    /// How each camera stands, and what became of what it shot for the event in use.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn cameras(&self, rule: SafetyRule) -> Result<CameraList, JournalError> {
        let event = self.0.journal.active_event().await?;
        let as_of = self.0.clock.now().to_rfc3339();
        let event_id = event.as_ref().map(|event| event.id.to_string());
        let cameras = self.rows(event.as_ref(), rule).await?.into_iter().map(|(row, _)| row).collect();
        Ok(CameraList { event_id, cameras, as_of })
    }

    /// One of them, with names; none when there is no such row.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn camera(&self, id: &str, rule: SafetyRule) -> Result<Option<CameraDetail>, JournalError> {
        let event = self.0.journal.active_event().await?;
        let rows = self.rows(event.as_ref(), rule).await?;
        let Some((camera, row)) = rows.into_iter().find(|(camera, _)| camera.id == id) else { return Ok(None) };
        let receipts = match (id.parse::<CameraId>(), camera.kind) {
            (Ok(id), CameraRowKind::Sender | CameraRowKind::Tethered | CameraRowKind::Card) => {
                self.0.journal.camera_receipts(&id, MAX_RECEIPTS).await?
            }
            (_, _) => Vec::new(),
        };
        let receipt = |one: kilat_journal::CameraReceipt| CameraReceipt {
            photo_id: one.photo.to_string(),
            name: one.name,
            way: one.way,
            at: one.at.to_rfc3339(),
            again: one.is_again,
        };
        Ok(Some(CameraDetail {
            camera,
            missing_names: row.missing.named,
            lost_names: row.lost.named,
            cut_off_names: row.cut_off,
            not_safe_names: row.not_safe.named,
            receipts: receipts.into_iter().map(receipt).collect(),
        }))
    }

    /// The small picture of what is on its way from a camera.
    #[must_use]
    pub fn coming_picture(&self, id: &str) -> Option<Arc<[u8]>> {
        let id = id.parse::<CameraId>().ok()?;
        self.0.states.coming().remove(&id)?.picture
    }

    async fn rows(
        &self,
        event: Option<&Event>,
        rule: SafetyRule,
    ) -> Result<Vec<(CameraRow, AccountRow)>, JournalError> {
        let told = Told { readings: self.0.states.readings(), coming: self.0.states.coming() };
        let Some(event) = event else {
            // Without an event nothing is counted, and each is told all the same.
            let known = self.0.journal.known_cameras().await?;
            let row = |(at, camera): (usize, CameraStanding)| {
                let row = AccountRow::empty(Whose::Known(at));
                (known_row(&camera, (&row, &[]), &told, None), row)
            };
            return Ok(known.into_iter().enumerate().map(row).collect());
        };
        let places = places(&self.0.journal).await?;
        let (journal, id) = (self.0.journal.clone(), event.id.clone());
        let drawing = move || {
            let evidence = journal.camera_evidence_blocking(&id)?;
            let is_safe = |copies: u64| {
                let at = evidence.places.iter().enumerate().filter(|(bit, _)| copies >> bit & 1 == 1);
                standing(at.filter_map(|(_, id)| places.get(id))).meets(rule)
            };
            let account = account(&evidence.evidence, is_safe);
            Ok(Drawn { evidence, account })
        };
        let Drawn { evidence, account } = blocking(drawing).await?;
        let rows = account.rows.into_iter().map(|row| {
            let stored: Vec<_> = evidence.places.iter().cloned().zip(row.stored_at.iter().copied()).collect();
            let clock = clock_of(&evidence.clocks, &row);
            let camera = match &row.whose {
                Whose::Known(at) => {
                    let camera = &evidence.cameras[*at];
                    CameraRow { way: evidence.ways[*at], ..known_row(camera, (&row, &stored), &told, clock) }
                }
                Whose::Body(body) => {
                    let camera =
                        evidence.bodies.iter().find(|(text, _)| text == body).map(|(_, camera)| camera.clone());
                    let name = camera.as_ref().map_or_else(|| body.clone(), |camera| camera.model.clone());
                    CameraRow {
                        body: camera,
                        ..counted((body_id(body), name, CameraRowKind::Body), (&row, &stored), clock)
                    }
                }
                Whose::Nobody => {
                    let named = ("nobody".to_owned(), "without a camera's name".to_owned(), CameraRowKind::Nobody);
                    counted(named, (&row, &stored), clock)
                }
            };
            (camera, row)
        });
        Ok(rows.collect())
    }
}

/// Runs on a thread that may wait for the disk.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, JournalError> + Send + 'static,
) -> Result<T, JournalError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn body_id(body: &str) -> String {
    let slug: String =
        body.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    format!("body-{slug}")
}

/// The clock of the row's only body, while it is wrong.
fn clock_of(clocks: &[ClockStanding], row: &AccountRow) -> Option<CameraClock> {
    let mut bodies = row.bodies.iter();
    let (body, None) = (bodies.next()?, bodies.next()) else { return None };
    let clock = clocks.iter().find(|clock| clock.body == *body && clock.skew_ms != 0)?;
    let text = skew_text(clock.skew_ms);
    Some(CameraClock { skew_ms: clock.skew_ms, text, since: clock.seen_at.to_rfc3339() })
}

/// `3 min 12 s behind`.
pub(crate) fn skew_text(skew_ms: i64) -> String {
    let seconds = skew_ms.unsigned_abs().div_ceil(1_000);
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let told = parts.iter().filter(|(n, _)| *n > 0).take(2).map(|(n, unit)| format!("{n} {unit}"));
    let direction = if skew_ms < 0 { "behind" } else { "ahead" };
    format!("{} {direction}", told.collect::<Vec<_>>().join(" "))
}

type Stored = [(kilat_core::DestinationId, u64)];

fn known_row(
    known: &CameraStanding,
    (row, stored): (&AccountRow, &Stored),
    told: &Told,
    clock: Option<CameraClock>,
) -> CameraRow {
    let camera = &known.camera;
    let kind = match camera.kind {
        CameraKind::Sender => CameraRowKind::Sender,
        CameraKind::Tethered => CameraRowKind::Tethered,
        CameraKind::Card => CameraRowKind::Card,
    };
    let is_in_touch = matches!(known.state, CameraState::Ready);
    let waiting = row.on_card.as_ref().map_or(0, |card| card.not_held.count);
    let older = row.on_card.as_ref().map_or(0, |card| card.older.count);
    let held_by = if let CameraState::Held { by } = &known.state { Some(by.clone()) } else { None };
    CameraRow {
        state: state(&known.state),
        held_by,
        message: known.message.clone(),
        since: Some(known.since.to_rfc3339()),
        body: camera.body.clone(),
        place: camera.place.clone(),
        reading: told.readings.get(&camera.id).map(|(reading, at)| reading_of(reading, *at)),
        coming: told.coming.get(&camera.id).map(coming),
        safe_to_format: format(row, is_in_touch),
        offer: (kind == CameraRowKind::Card && is_in_touch && waiting > 0).then_some(waiting),
        older: (is_in_touch && older > 0).then_some(older),
        ..counted((camera.id.to_string(), camera.name.clone(), kind), (row, stored), clock)
    }
}

fn counted(
    (id, name, kind): (String, String, CameraRowKind),
    (row, stored): (&AccountRow, &Stored),
    clock: Option<CameraClock>,
) -> CameraRow {
    CameraRow {
        id,
        name,
        kind,
        way: None,
        state: CameraRowState::Unknown,
        held_by: None,
        message: None,
        since: None,
        body: None,
        place: None,
        reading: None,
        last_photo_at: row.last_filed_at.map(Millis::to_rfc3339),
        shot: row.shot,
        shot_by: match row.shot_by {
            ShotBy::List => Some(CameraShotBy::List),
            ShotBy::Numbers => Some(CameraShotBy::Numbers),
            ShotBy::Nothing => None,
        },
        held: row.held,
        stored: row.stored,
        safe: row.safe,
        stored_at: stored
            .iter()
            .map(|(destination, photos)| CameraStored { destination: destination.to_string(), photos: *photos })
            .collect(),
        missing: row.missing.count,
        lost: row.lost.count,
        cut_off: row.cut_off.len() as u64,
        safe_to_format: format(row, false),
        clock,
        coming: None,
        offer: None,
        older: None,
    }
}

fn state(state: &CameraState) -> CameraRowState {
    match state {
        CameraState::Unseen => CameraRowState::Unseen,
        CameraState::Ready => CameraRowState::Ready,
        CameraState::Asleep => CameraRowState::Asleep,
        CameraState::Held { .. } => CameraRowState::Held,
        CameraState::Wedged => CameraRowState::Wedged,
        CameraState::Unsupported => CameraRowState::Unsupported,
        CameraState::Gone => CameraRowState::Gone,
    }
}

fn coming(coming: &Coming) -> CameraComing {
    CameraComing {
        name: coming.name.clone(),
        done_bytes: coming.done_bytes,
        total_bytes: coming.total_bytes,
        picture: coming.picture.is_some(),
    }
}

fn reading_of(reading: &CameraReading, at: Millis) -> CameraTold {
    CameraTold {
        battery_percent: reading.battery_percent,
        shots_left: reading.shots_left,
        free_bytes: reading.free_bytes,
        capacity_bytes: reading.capacity_bytes,
        lens: reading.lens.clone(),
        exposure: reading.exposure.clone(),
        at: at.to_rfc3339(),
    }
}

fn format(row: &AccountRow, is_in_touch: bool) -> CameraFormat {
    let (verdict, why) = may_format(row, is_in_touch);
    let reason = format_words(row, verdict, &why);
    let verdict = match verdict {
        FormatVerdict::Safe => CameraFormatVerdict::Safe,
        FormatVerdict::NotYet => CameraFormatVerdict::NotYet,
        FormatVerdict::Unknown => CameraFormatVerdict::Unknown,
    };
    CameraFormat { verdict, reason, why: why.iter().map(format_why).collect() }
}

fn format_why(why: &FormatWhy) -> CameraFormatWhy {
    let of = |what, names: &Names| CameraFormatWhy {
        what,
        count: Some(names.count),
        names: names.named.iter().take(MAX_NAMES).cloned().collect(),
    };
    let bare = |what| CameraFormatWhy { what, count: None, names: Vec::new() };
    match why {
        FormatWhy::NotHeld(names) => of(CameraFormatWhat::NotHeld, names),
        FormatWhy::Older(names) => of(CameraFormatWhat::Older, names),
        FormatWhy::CutOff(names) => of(CameraFormatWhat::CutOff, names),
        FormatWhy::NotSafe(names) => of(CameraFormatWhat::NotSafe, names),
        FormatWhy::NotSeen => bare(CameraFormatWhat::NotSeen),
        FormatWhy::NoList => bare(CameraFormatWhat::NoList),
        FormatWhy::Empty => bare(CameraFormatWhat::Empty),
    }
}

/// What a camera that stands so is called on the wire of existing pages; none for one that was never heard of.
pub(crate) fn wire_status(known: &CameraStanding) -> Option<kilat_wire::CameraStatus> {
    let (is_there, words) = match &known.state {
        CameraState::Unseen => return None,
        CameraState::Ready => (true, "is ready".to_owned()),
        CameraState::Asleep => (true, "sleeps: touch its shutter".to_owned()),
        CameraState::Held { by } => (false, format!("{by} has it: close that program")),
        CameraState::Wedged => (false, "answers no more: turn it off and on".to_owned()),
        CameraState::Unsupported => (false, "this machine cannot pull from it".to_owned()),
        CameraState::Gone => (false, "is not there any more: look at its cable, its battery, its Wi-Fi".to_owned()),
    };
    let status = if is_there { "connected" } else { "disconnected" }.to_owned();
    let message = known.message.clone().unwrap_or(words);
    Some(kilat_wire::CameraStatus { status, camera_model: known.camera.name.clone(), message })
}

/// Distinct files that are known to be missing; none when nobody can tell for some of the photos.
pub(crate) fn known_missing(evidence: &CameraEvidence) -> Option<u64> {
    let account = account(&evidence.evidence, |_| false);
    let is_told = !evidence.cameras.is_empty() && account.is_complete;
    (is_told && account.rows.iter().any(|row| row.shot.is_some())).then_some(account.missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_in_the_two_largest_units() {
        assert_eq!(skew_text(-192_000), "3 min 12 s behind");
        assert_eq!(skew_text(3_600_000), "1 h ahead");
        assert_eq!(skew_text(-90_061_000), "1 d 1 h behind");
    }
}
