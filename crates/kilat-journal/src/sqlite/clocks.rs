//! How wrong the clocks of bodies are, measured as their photos are filed, and what follows for their order.
//!
//! A photo's own time is kept as it is. Where it stands among the photos of others is `order_ms`, which is corrected for
//! all photos of the body in the event, in the transaction that learns of it.

use kilat_core::{
    Camera, CameraFact, ClockNews, EventId, Fact, Lag, MAX_LAGS, Measured, Millis, Photo, Way, clock_news,
    measure_clock,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::{Effect, known_event};
use super::fail::Fail;
use super::filing::body;
use super::read::{list, one};
use super::rows;
use crate::cameras::ClockStanding;

/// What a photo that was filed now tells of the clock of its body, if that is news. Only what came a live way counts, and
/// only a body with a serial number is one body.
pub(super) fn measured(db: &Connection, photo: &Photo) -> Result<Option<Fact>, Fail> {
    let Some(camera) = photo.camera.as_ref().filter(|camera| is_one(camera)).filter(|_| photo.taken.is_some()) else {
        return Ok(None);
    };
    let via: Option<(String, Way)> = db
        .prepare_cached(
            "SELECT via, way FROM arrivals WHERE photo_no = (SELECT no FROM photos WHERE id = ?1) AND via IS NOT NULL
                 AND way <> 'card' AND status = 'filed'",
        )?
        .query_row([photo.id.as_str()], |row| Ok((row.get(0)?, rows::from_word(row, "way")?)))
        .optional()?;
    let Some((via, way)) = via else { return Ok(None) };
    let body = body(camera);
    let before = known(db, &photo.event, &body)?;
    let (skew, since) = before.unwrap_or_default();
    let lags = list(
        db,
        "SELECT at_ms, order_ms, filed_at_ms FROM (
             SELECT at_ms, photo_no FROM arrivals INDEXED BY arrivals_via
             WHERE via = ?1 AND way <> 'card' AND status = 'filed' ORDER BY no DESC LIMIT ?4)
         JOIN photos ON photos.no = photo_no
         WHERE photos.event = ?2 AND photos.camera = ?3 AND taken IS NOT NULL AND filed_at_ms >= ?5",
        params![via, photo.event.as_str(), body, MAX_LAGS, since],
        |row| {
            let (came_ms, filed) = (row.get(0)?, Millis(row.get(2)?));
            Ok(Lag { came_ms, taken_ms: row.get::<_, i64>(1)?.saturating_add(skew), filed })
        },
    )?;
    let Some(Measured { skew_ms, since }) = measure_clock(&lags, way) else { return Ok(None) };
    let since = match clock_news(before.map(|(skew, _)| skew), skew_ms) {
        ClockNews::None => return Ok(None),
        ClockNews::Better => None,
        ClockNews::Set => Some(since),
    };
    let (event, body) = (photo.event.clone(), camera.clone());
    Ok(Some(Fact::Camera(CameraFact::ClockSeen { event, body, skew_ms, since })))
}

fn is_one(camera: &Camera) -> bool {
    camera.serial.as_deref().is_some_and(|serial| !serial.trim().is_empty())
}

/// How far the clock of a photo's body is ahead, as far as is known; 0 for a photo without a time of its own.
pub(super) fn skew_of(db: &Connection, photo: &Photo) -> Result<i64, Fail> {
    let Some(camera) = photo.camera.as_ref().filter(|_| photo.taken.is_some()) else { return Ok(0) };
    Ok(known(db, &photo.event, &body(camera))?.map_or(0, |(skew, _)| skew))
}

/// By how much it is ahead, and of photos filed since when.
fn known(db: &Connection, event: &EventId, body: &str) -> Result<Option<(i64, i64)>, Fail> {
    one(db, "SELECT skew_ms, since_ms FROM clocks WHERE event = ?1 AND camera = ?2", (event.as_str(), body), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Corrects the order of the body's photos, and of their copies that are still due.
pub(super) fn seen(
    db: &Connection,
    (event, camera): (&EventId, &Camera),
    (skew_ms, since): (i64, Option<Millis>),
    at: Millis,
) -> Result<Effect, Fail> {
    known_event(db, event)?;
    let body = body(camera);
    let (before, until_now) = known(db, event, &body)?.unwrap_or_default();
    if before == skew_ms {
        return Ok(Effect::Nothing);
    }
    let since = since.map_or(until_now, |since| since.0);
    db.prepare_cached(
        "INSERT INTO clocks (event, camera, body, skew_ms, since_ms, seen_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET body = excluded.body, skew_ms = excluded.skew_ms,
             since_ms = excluded.since_ms, seen_at_ms = excluded.seen_at_ms",
    )?
    .execute(params![event.as_str(), body, serde_json::to_string(camera)?, skew_ms, since, at.0])?;
    let later = before.saturating_sub(skew_ms);
    db.prepare_cached(
        "UPDATE copies SET order_ms = order_ms + ?3 WHERE state IN ('ready', 'waiting') AND photo_no IN (
             SELECT no FROM photos WHERE event = ?1 AND camera = ?2 AND taken IS NOT NULL AND filed_at_ms >= ?4)",
    )?
    .execute((event.as_str(), &body, later, since))?;
    db.prepare_cached(
        "UPDATE photos SET order_ms = order_ms + ?3 WHERE event = ?1 AND camera = ?2 AND taken IS NOT NULL AND filed_at_ms >= ?4",
    )?
    .execute((event.as_str(), &body, later, since))?;
    Ok(Effect::Changed)
}

/// The clocks of an event that were found wrong.
pub(crate) fn clocks(db: &Connection, event: &EventId) -> Result<Vec<ClockStanding>, Fail> {
    list(
        db,
        "SELECT camera, body, skew_ms, seen_at_ms FROM clocks WHERE event = ?1 ORDER BY camera LIMIT 1000",
        [event.as_str()],
        |row| {
            Ok(ClockStanding {
                body: row.get("camera")?,
                camera: rows::from_json(row, "body")?,
                skew_ms: row.get("skew_ms")?,
                seen_at: Millis(row.get("seen_at_ms")?),
            })
        },
    )
}
