//! Hot folders, and Kilat's own folder for what it receives and fetches itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_core::{Clock, IdSource, SourceId};
use kilat_ingest::{HotFolderConfig, IngestConfig, IngestStats, Intake, IntakeConfig};
use kilat_journal::Journal;

use super::run::{cannot_write, due_kinds};
use super::setup;
use crate::config::{Config, Poll};
use crate::fail::Fail;

/// Opens Kilat's own folder; answers all roots that photos may be read from.
pub(super) async fn open(
    config: &Config,
    (journal, clock, ids): (&Journal, &Arc<dyn Clock>, &Arc<IdSource>),
    data: &Path,
    (hot, stats): (&BTreeMap<SourceId, PathBuf>, &Arc<IngestStats>),
) -> Result<(Intake, BTreeMap<SourceId, PathBuf>), Fail> {
    let root = data.join("intake");
    let source = setup::intake(journal, clock.as_ref(), &root).await?;
    let roots = hot.iter().map(|(id, root)| (id.clone(), root.clone())).chain([(source.clone(), root.clone())]);
    let intake = IntakeConfig {
        source,
        root,
        due_kinds: due_kinds(config),
        max_size_bytes: max_size_bytes(config),
        floor_bytes: config.keep_free_mb.value.saturating_mul(1_000_000),
    };
    let (journal, time) = (journal.clone(), Arc::clone(clock));
    let intake = Intake::open(intake, journal, time, Arc::clone(ids), Arc::clone(stats))
        .map_err(|error| cannot_write(data, &error))?;
    Ok((intake, roots.collect()))
}

/// What ingest is told.
pub(super) fn config(config: &Config, (hot, intake): (&BTreeMap<SourceId, PathBuf>, &Intake)) -> IngestConfig {
    let poll = match config.poll.value {
        Poll::Auto => kilat_ingest::Poll::Auto,
        Poll::Always => kilat_ingest::Poll::Always,
        Poll::Never => kilat_ingest::Poll::Never,
    };
    let folder = |(id, root): (&SourceId, &PathBuf)| HotFolderConfig { source: id.clone(), root: root.clone(), poll };
    IngestConfig {
        sources: hot.iter().map(folder).collect(),
        intake: Some(intake.clone()),
        due_kinds: due_kinds(config),
        max_size_bytes: max_size_bytes(config),
        ..IngestConfig::default()
    }
}

fn max_size_bytes(config: &Config) -> u64 {
    config.max_file_mb.value.saturating_mul(1_000_000)
}
