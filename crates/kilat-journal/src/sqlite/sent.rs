//! What came from each camera that sends by itself.

use kilat_core::{EventId, Millis};
use rusqlite::Connection;

use super::fail::Fail;
use super::read::list;
use super::rows;
use crate::SentTally;

pub(crate) fn sent_tallies(db: &Connection, event: Option<&EventId>) -> Result<Vec<SentTally>, Fail> {
    list(
        db,
        "SELECT via, COUNT(DISTINCT photo_no) FILTER (WHERE event = ?1) AS files,
             MAX(at_ms) FILTER (WHERE photo_no IS NOT NULL) AS last_at_ms,
             COUNT(*) FILTER (WHERE event = ?1 AND status = 'failed' AND failure = 'incomplete' AND NOT is_superseded)
                 AS cut_off
         FROM arrivals INDEXED BY arrivals_via WHERE via IS NOT NULL GROUP BY via",
        [event.map(EventId::as_str)],
        |row| {
            Ok(SentTally {
                camera: rows::parsed(row, "via")?,
                files: row.get("files")?,
                last_at: row.get::<_, Option<i64>>("last_at_ms")?.map(Millis),
                cut_off: row.get("cut_off")?,
            })
        },
    )
}
