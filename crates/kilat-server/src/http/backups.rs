//! `GET /api/admin/backup/status`: the backup runs. There are none yet, and that is what it says.

use axum::Json;
use kilat_wire::{BackupList, BackupListAnswer};

pub(crate) async fn status() -> Json<BackupListAnswer> {
    Json(BackupListAnswer { success: true, data: BackupList::default() })
}
