//! Restores that the server does: what they may use, and which folders they leave alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_core::{Board, Clock, IdSource, SourceId};
use kilat_journal::Journal;
use kilat_places::Places;
use kilat_restore::{RestoreConfig, Restores};

use super::setup::journal_fail;
use crate::fail::Fail;

/// Opens them; the one that the last process left behind is told as interrupted.
pub(super) async fn open(
    journal: &Journal,
    (clock, ids): (&Arc<dyn Clock>, &Arc<IdSource>),
    (board, places): (&Board, &Places),
    (data, roots): (&Path, &BTreeMap<SourceId, PathBuf>),
) -> Result<Restores, Fail> {
    let config = RestoreConfig {
        journal: journal.clone(),
        board: board.clone(),
        places: places.clone(),
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
        data: data.to_owned(),
        hot_folders: roots.values().cloned().collect(),
    };
    Restores::open(config).await.map_err(|error| journal_fail(&error))
}
