//! What an account of cameras is drawn up from: one event's photos with their copies, what cards named, what cameras
//! handed in. Read whole, for an account is asked for now and then; some 20,000 photos are the most of one event.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kilat_core::{
    CameraId, DestinationId, EventId, Evidence, HandedIn, HeldPhoto, KnownBody, ListedFrame, Millis, PhotoId, Way,
    fold_name, path_text,
};
use rusqlite::{Connection, Result as SqlResult, Row, params};

use super::cameras::known_cameras;
use super::clocks::clocks;
use super::fail::Fail;
use super::filing::body;
use super::frames::original;
use super::read::{self, MAX_LIMIT, list};
use super::rows::{self, from_word};
use super::summary;
use crate::Refusal;
use crate::cameras::{CameraEvidence, CameraReceipt, Receipt};

/// Names of cut off files of one camera.
const MAX_CUT_OFF: usize = 200;
/// Receipts of one photo: each camera's ways of sending it, many times over.
const MAX_RECEIPTS: usize = 100;
/// Destinations have a bit each.
const MAX_PLACES: usize = 64;

const PHOTO: &str =
    "SELECT no, name, size_bytes, kind, camera, serial, IIF(?2, unixepoch(taken_second), NULL) AS taken_s,
    order_ms, filed_at_ms FROM photos";

/// All of it, at one moment.
pub(crate) fn camera_evidence(db: &Connection, event: &EventId) -> Result<CameraEvidence, Fail> {
    let cameras = known_cameras(db)?;
    let places: Vec<DestinationId> =
        list(db, "SELECT id FROM destinations WHERE NOT is_removed ORDER BY id LIMIT ?1", [MAX_PLACES], |row| {
            rows::parsed(row, "id")
        })?;
    let ids: HashMap<&str, usize> =
        cameras.iter().enumerate().map(|(at, known)| (known.camera.id.as_str(), at)).collect();
    let frames = frames(db, event, &ids)?;
    let listing: BTreeSet<usize> = frames.iter().map(|frame| frame.camera).collect();
    let mut cut_off = cut_off(db, event)?;
    let known = cameras.iter().map(|known| KnownBody {
        kind: known.camera.kind,
        serial: known.camera.body.as_ref().and_then(|body| body.serial.clone()),
        cut_off: cut_off.remove(known.camera.id.as_str()).unwrap_or_default(),
    });
    let known = known.collect();
    let mut handed = Vec::new();
    for (at, camera) in cameras.iter().enumerate() {
        handed.extend(handed_in(db, event, (at, &camera.camera.id), listing.contains(&at))?);
    }
    let mut photos =
        list(db, &format!("{PHOTO} WHERE event = ?1"), (event.as_str(), !frames.is_empty()), |row| held(row, false))?;
    let mut by_no: HashMap<i64, usize> = photos.iter().enumerate().map(|(at, photo)| (photo.no, at)).collect();
    let bits: HashMap<&str, u64> = places.iter().enumerate().map(|(at, id)| (id.as_str(), 1 << at)).collect();
    for table in ["copies", "backup_copies"] {
        let sql = format!(
            "SELECT photo_no, destination FROM {table} WHERE event = ?1 AND destination = ?2 AND state = 'stored'"
        );
        let mut copies = db.prepare_cached(&sql)?;
        for (id, bit) in &bits {
            let mut rows = copies.query((event.as_str(), id))?;
            while let Some(row) = rows.next()? {
                if let Some(at) = by_no.get(&row.get(0)?) {
                    photos[*at].copies |= bit;
                }
            }
        }
    }
    // What a card handed in for another event stands on it all the same.
    for no in handed.iter().map(|handed| handed.photo) {
        if let std::collections::hash_map::Entry::Vacant(free) = by_no.entry(no) {
            free.insert(photos.len());
            photos.extend(elsewhere(db, no, &bits)?);
        }
    }
    let bodies = summary::cameras(db, event)?.into_iter().map(|tally| (body(&tally.camera), tally.camera)).collect();
    let ways = cameras.iter().map(|known| last_way(db, &known.camera.id)).collect::<Result<_, _>>()?;
    let evidence = Evidence { cameras: known, photos, frames, handed, places: places.len() };
    Ok(CameraEvidence { cameras, places, ways, bodies, clocks: clocks(db, event)?, evidence })
}

fn frames(db: &Connection, event: &EventId, ids: &HashMap<&str, usize>) -> Result<Vec<ListedFrame>, Fail> {
    let frames: Vec<Option<ListedFrame>> = list(
        db,
        "SELECT camera, path, name_folded, size_bytes, written_s, is_older, gone_at_ms IS NOT NULL AS is_gone FROM frames
         WHERE event = ?1",
        [event.as_str()],
        |row| {
            let Some(camera) = ids.get(row.get_ref("camera")?.as_str()?) else { return Ok(None) };
            Ok(Some(ListedFrame {
                camera: *camera,
                path: row.get("path")?,
                folded: row.get("name_folded")?,
                size_bytes: row.get::<_, i64>("size_bytes")?.cast_unsigned(),
                written_s: row.get("written_s")?,
                is_older: row.get("is_older")?,
                is_gone: row.get("is_gone")?,
            }))
        },
    )?;
    Ok(frames.into_iter().flatten().collect())
}

fn cut_off(db: &Connection, event: &EventId) -> Result<BTreeMap<String, Vec<String>>, Fail> {
    let mut cut_off: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut statement = db.prepare_cached(
        "SELECT via, path FROM arrivals INDEXED BY arrivals_unfiled
         WHERE status = 'failed' AND is_superseded = 0 AND failure = 'incomplete' AND via IS NOT NULL AND event = ?1",
    )?;
    let mut rows = statement.query([event.as_str()])?;
    while let Some(row) = rows.next()? {
        let names = cut_off.entry(row.get(0)?).or_default();
        if names.len() < MAX_CUT_OFF {
            let path = path_text::decode(&row.get::<_, String>(1)?);
            names.push(path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned());
        }
    }
    Ok(cut_off)
}

/// Of a camera with a list, what it handed in for any event: its card does not know of events.
fn handed_in(
    db: &Connection,
    event: &EventId,
    (at, camera): (usize, &CameraId),
    has_list: bool,
) -> Result<Vec<HandedIn>, Fail> {
    let sql = if has_list {
        "SELECT path, size_bytes, mtime_ns, photo_no FROM arrivals WHERE via = ?1 AND photo_no IS NOT NULL AND ?2 IS NOT NULL"
    } else {
        "SELECT path, size_bytes, mtime_ns, photo_no FROM arrivals WHERE via = ?1 AND photo_no IS NOT NULL AND event = ?2"
    };
    list(db, sql, (camera.as_str(), event.as_str()), |row| {
        Ok(HandedIn {
            camera: at,
            folded: if has_list { original(row.get_ref("path")?.as_str()?) } else { String::new() },
            size_bytes: row.get::<_, i64>("size_bytes")?.cast_unsigned(),
            written_s: row.get::<_, i64>("mtime_ns")?.div_euclid(1_000_000_000),
            photo: row.get("photo_no")?,
        })
    })
}

fn last_way(db: &Connection, camera: &CameraId) -> Result<Option<Way>, Fail> {
    let sql = "SELECT way FROM arrivals WHERE via = ?1 ORDER BY no DESC LIMIT 1";
    read::one(db, sql, [camera.as_str()], |row| from_word(row, "way"))
}

/// What a camera handed in, newest first.
pub(crate) fn camera_receipts(db: &Connection, id: &CameraId, limit: usize) -> Result<Vec<CameraReceipt>, Fail> {
    list(
        db,
        "SELECT photos.id, photos.name, way, at_ms, status = 'again' AS is_again FROM arrivals INDEXED BY arrivals_via
         JOIN photos ON photos.no = photo_no WHERE via = ?1 ORDER BY arrivals.no DESC LIMIT ?2",
        (id.as_str(), limit.min(MAX_LIMIT)),
        |row| {
            Ok(CameraReceipt {
                photo: rows::parsed(row, "id")?,
                name: row.get("name")?,
                way: from_word(row, "way")?,
                at: Millis(row.get("at_ms")?),
                is_again: row.get("is_again")?,
            })
        },
    )
}

fn elsewhere(db: &Connection, no: i64, bits: &HashMap<&str, u64>) -> Result<Option<HeldPhoto>, Fail> {
    let Some(mut photo) = read::one(db, &format!("{PHOTO} WHERE no = ?1"), (no, true), |row| held(row, true))? else {
        return Ok(None);
    };
    let mut places = db.prepare_cached(
        "SELECT destination FROM copies WHERE photo_no = ?1 AND state = 'stored'
         UNION SELECT destination FROM backup_copies WHERE photo_no = ?1 AND state = 'stored'",
    )?;
    let mut rows = places.query(params![no])?;
    while let Some(row) = rows.next()? {
        photo.copies |= bits.get(row.get::<_, String>(0)?.as_str()).copied().unwrap_or(0);
    }
    Ok(Some(photo))
}

fn held(row: &Row<'_>, is_elsewhere: bool) -> SqlResult<HeldPhoto> {
    let name: String = row.get("name")?;
    Ok(HeldPhoto {
        no: row.get("no")?,
        folded: if name.contains(" (") { original(&name) } else { fold_name(&name) },
        name,
        size_bytes: row.get::<_, i64>("size_bytes")?.cast_unsigned(),
        kind: from_word(row, "kind")?,
        body: row.get("camera")?,
        serial: row.get("serial")?,
        taken_s: row.get("taken_s")?,
        order_ms: row.get("order_ms")?,
        filed_at: Millis(row.get("filed_at_ms")?),
        copies: 0,
        is_elsewhere,
    })
}

/// Every arrival that brought a photo, oldest first.
pub(crate) fn receipts(db: &Connection, photo: &PhotoId) -> Result<Vec<Receipt>, Fail> {
    let no = read::photo_no(db, photo)?.ok_or_else(|| Refusal::UnknownPhoto(photo.clone()))?;
    list(
        db,
        "SELECT way, via, source, path, at_ms, known_cameras.body ->> 'name' AS camera_name
         FROM arrivals INDEXED BY arrivals_photos LEFT JOIN known_cameras ON known_cameras.id = via
         WHERE photo_no = ?1 ORDER BY no LIMIT ?2",
        (no, MAX_RECEIPTS),
        |row| {
            let way: Option<Way> = match row.get_ref("way")?.as_str_or_null()? {
                Some(_) => Some(from_word(row, "way")?),
                None => None,
            };
            Ok(Receipt {
                way,
                camera: rows::parsed_or_none(row, "via")?,
                camera_name: row.get("camera_name")?,
                source: rows::parsed(row, "source")?,
                path: path_text::decode(row.get_ref("path")?.as_str()?),
                at: Millis(row.get("at_ms")?),
            })
        },
    )
}
