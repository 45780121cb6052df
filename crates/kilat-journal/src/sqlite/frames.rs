//! Which files of a camera's list are held, and which its lists named.

use std::collections::BTreeSet;

use kilat_core::{CameraId, EventId, Frame, fold_name};
use rusqlite::{Connection, Row};

use super::fail::Fail;
use super::read::list;

/// Rows that are looked at for one camera: many times the frames of one that is used up.
const MOST: usize = 1_000_000;
/// A file is written a little after its picture was taken.
const WRITING_S: i64 = 5;

/// Those that are not held.
pub(crate) fn missing_frames(
    db: &Connection,
    camera: &CameraId,
    serial: Option<&str>,
    frames: Vec<Frame>,
) -> Result<Vec<Frame>, Fail> {
    let handed_in: BTreeSet<(String, u64, Option<i64>)> = list(
        db,
        &format!(
            "SELECT path, size_bytes, mtime_ns FROM arrivals
             WHERE via = ?1 AND status NOT IN ('failed', 'forgotten') ORDER BY no DESC LIMIT {MOST}"
        ),
        [camera.as_str()],
        |row| {
            let path: String = row.get(0)?;
            let written_s = row.get::<_, i64>(2)?.div_euclid(1_000_000_000);
            Ok((original(&path), row.get::<_, i64>(1)?.cast_unsigned(), Some(written_s)))
        },
    )?
    .into_iter()
    .collect();
    let other_ways: BTreeSet<(String, u64, i64)> = match serial {
        None => BTreeSet::new(),
        Some(serial) => list(
            db,
            &format!(
                "SELECT photos.name, photos.size_bytes, CAST(strftime('%s', photos.taken) AS INTEGER) FROM photos
                 JOIN events ON events.id = photos.event
                 WHERE events.status = 'active' AND photos.serial = ?1 AND photos.taken IS NOT NULL LIMIT {MOST}"
            ),
            [serial],
            |row| Ok((fold_name(&row.get::<_, String>(0)?), row.get::<_, i64>(1)?.cast_unsigned(), row.get(2)?)),
        )?
        .into_iter()
        .collect(),
    };
    let is_held = |frame: &Frame| {
        let name = fold_name(frame.name());
        // Without a time a name and a length are not enough: names come again, and some RAW files are all of one length.
        let Some(written_s) = frame.written_s else { return false };
        handed_in.contains(&(name.clone(), frame.size_bytes, Some(written_s)))
            || (written_s - WRITING_S..=written_s + 1)
                .any(|taken| other_ways.contains(&(name.clone(), frame.size_bytes, taken)))
    };
    Ok(frames.into_iter().filter(|frame| !is_held(frame)).collect())
}

/// The name that a file of the intake came under: `DSC_0001 (2).JPG` was `DSC_0001.JPG`.
fn original(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let stem = match stem.rsplit_once(" (") {
        Some((before, number)) if number.strip_suffix(')').is_some_and(is_number) => before,
        Some(_) | None => stem,
    };
    fold_name(&if extension.is_empty() { stem.to_owned() } else { format!("{stem}.{extension}") })
}

/// Those that are still on its card.
pub(crate) fn listed_frames(db: &Connection, camera: &CameraId, event: &EventId) -> Result<Vec<Frame>, Fail> {
    list(
        db,
        "SELECT path, size_bytes, written_s FROM frames WHERE camera = ?1 AND event = ?2 AND gone_at_ms IS NULL ORDER BY no",
        [camera.as_str(), event.as_str()],
        |row: &Row<'_>| {
            Ok(Frame {
                path: row.get("path")?,
                size_bytes: row.get::<_, i64>("size_bytes")?.cast_unsigned(),
                written_s: row.get("written_s")?,
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_got_a_number_is_known_by_the_name_it_came_under() {
        assert_eq!(original("z-9/cable/2026-11-25/DSC_0001 (2).JPG"), fold_name("DSC_0001.JPG"));
        assert_eq!(original("z-9/cable/2026-11-25/DSC_0001.JPG"), fold_name("DSC_0001.JPG"));
        assert_eq!(original("a (b).JPG"), fold_name("a (b).JPG"));
    }
}
