//! `/api/admin/backup/status`: the backup runs. There are none yet, and that is what it says.

use axum::Json;
use kilat_wire::{BackupList, BackupListAnswer, BackupsForgotten};
use serde::Deserialize;

use super::given::Query;
use crate::refusal::Refusal;

/// Days that records of ended runs are kept unless the call says otherwise.
const MAX_AGE_DAYS: u32 = 7;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Age {
    max_age: Option<String>,
}

pub(crate) async fn status() -> Json<BackupListAnswer> {
    Json(BackupListAnswer { success: true, data: BackupList::default() })
}

/// Forgets records of ended runs; never a file. None is kept yet.
pub(crate) async fn forget(Query(age): Query<Age>) -> Result<Json<BackupsForgotten>, Refusal> {
    let days = match age.max_age {
        None => MAX_AGE_DAYS,
        Some(text) => text.parse().map_err(|_why| {
            Refusal::bad("bad_age", format!("maxAge={text:?} is no number of days"), "use for example maxAge=7")
        })?,
    };
    let message = format!("no record of a run that ended more than {days} days ago is kept");
    Ok(Json(BackupsForgotten { success: true, message }))
}
