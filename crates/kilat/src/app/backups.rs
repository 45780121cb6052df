//! The backup engine, its schedule and the scrub, as tasks of the server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use kilat_backup::{BackupConfig, Daily, Schedule, ScrubConfig, Stores};
use kilat_core::{Board, Clock, IdSource, SourceId, Stop, Tasks};
use kilat_journal::Journal;

use super::sealing::Manifests;
use crate::config::Config;

/// What backups work with.
pub(super) struct Parts<'a> {
    pub(super) journal: &'a Journal,
    pub(super) board: &'a Board,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) ids: &'a Arc<IdSource>,
    pub(super) roots: &'a BTreeMap<SourceId, PathBuf>,
    pub(super) stores: Stores,
    pub(super) manifests: Manifests,
}

/// Starts all three.
pub(super) fn start(tasks: &mut Tasks, config: &Config, parts: Parts<'_>, stop: &Stop) {
    let schedule = Schedule {
        on_close: config.backup.on_close.value,
        daily: config.backup.daily_at.value.map(Daily),
        when_idle: config.backup.when_idle(),
    };
    let scrub = ScrubConfig {
        every: config.backup.scrub_every(),
        bytes_per_second: config.backup.scrub_mb_per_second.value * 1_000_000,
    };
    let backup = BackupConfig {
        parallel: config.backup.parallel.value,
        roots: parts.roots.clone(),
        scratch: config.data.value.join("fetched"),
        stores: parts.stores,
        sealer: Some(Arc::new(parts.manifests)),
        scrub,
    };
    let journal = || parts.journal.clone();
    let clock = || Arc::clone(parts.clock);
    tasks.spawn(
        "backup schedule",
        kilat_backup::schedule(schedule, journal(), clock(), Arc::clone(parts.ids), stop.clone()),
    );
    tasks.spawn("scrub", kilat_backup::scrub(backup.clone(), journal(), clock(), stop.clone()));
    tasks.spawn("backup", kilat_backup::run(backup, journal(), parts.board.clone(), clock(), stop.clone()));
}
