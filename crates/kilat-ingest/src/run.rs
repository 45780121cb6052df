//! Starts the loops of all sources and the intake behind them, and ends them together.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use kilat_core::{Clock, IdSource, PhotoKind, SourceId, Stop};
use kilat_journal::{Journal, JournalError};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::backlog::Backlog;
use crate::config::IngestConfig;
use crate::hot_folder::{Found, HotFolder, Outside, Signal, signals};
use crate::intake::{Announce, Read, Reading, announce, read};
use crate::receive::Intake;
use crate::stats::IngestStats;

/// Why ingest ended although nobody asked.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The journal refuses, or has ended.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A part of it panicked.
    #[error("a part of the intake panicked: {0}")]
    Panic(String),
}

/// Watches every source and files what comes, until asked to stop.
///
/// # Errors
/// When the journal refuses or has ended, or a part panicked: nothing is filed any more.
pub async fn run(
    config: IngestConfig,
    journal: Journal,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    stats: Arc<IngestStats>,
    stop: Stop,
) -> Result<(), IngestError> {
    let (found, to_read) = match &config.intake {
        Some(intake) => intake.queues(),
        None => (Arc::new(Backlog::<Found>::new()), Arc::new(Backlog::<Reading>::new())),
    };
    // Before any folder is listed: a listing takes what is unfinished for known.
    take_up_unfinished(&config, &journal, &to_read).await?;

    // A thread that blocks sees it even when nobody is left to run this function to its end.
    let halt = stop.child();
    let mut parts = JoinSet::new();
    let announcing = Announce {
        journal: journal.clone(),
        clock: Arc::clone(&clock),
        ids,
        stats: Arc::clone(&stats),
        max_size_bytes: config.max_size_bytes,
        found: Arc::clone(&found),
        to_read: Arc::clone(&to_read),
    };
    parts.spawn(announce(announcing, halt.clone()));
    let reading = Read {
        journal: journal.clone(),
        stats: Arc::clone(&stats),
        to_read,
        due_kinds: config.due_kinds.clone().into(),
    };
    for _ in 0..config.readers.max(1) {
        parts.spawn(read(reading.clone(), halt.clone()));
    }
    let outside = Outside {
        journal,
        clock,
        runtime: Handle::current(),
        stats,
        found,
        max_size_bytes: config.max_size_bytes,
        stop: halt.clone(),
    };
    // Its end is no end of ingest.
    let take_up =
        config.intake.clone().map(|intake| tokio::task::spawn_blocking(move || intake.take_up(&Handle::current())));
    let mut wakes = Vec::new();
    for source in &config.sources {
        let (sender, inbox) = signals();
        let folder = HotFolder::new(source, sender.clone(), outside.clone());
        parts.spawn_blocking(move || folder.run(&inbox));
        wakes.push(sender);
    }

    let outcome = tokio::select! {
        () = stop.asked() => Ok(()),
        ended = parts.join_next() => ended.map_or(Ok(()), judge),
    };
    halt.ask();
    for folder in &wakes {
        folder.send(Signal::Wake);
    }
    if let Some(take_up) = take_up {
        judge(take_up.await)?;
    }
    while let Some(ended) = parts.join_next().await {
        if outcome.is_ok() {
            judge(ended)?;
        }
    }
    outcome
}

fn judge(ended: Result<Result<(), JournalError>, tokio::task::JoinError>) -> Result<(), IngestError> {
    match ended {
        Ok(outcome) => Ok(outcome?),
        Err(error) => Err(IngestError::Panic(error.to_string())),
    }
}

/// Files that were announced and not filed when the process ended.
async fn take_up_unfinished(
    config: &IngestConfig,
    journal: &Journal,
    to_read: &Backlog<Reading>,
) -> Result<(), JournalError> {
    let mut roots: BTreeMap<&SourceId, Arc<Path>> =
        config.sources.iter().map(|source| (&source.source, source.root.as_path().into())).collect();
    roots.extend(config.intake.as_ref().map(Intake::place));
    for arrival in journal.unfinished_arrivals().await? {
        // Of a folder that is no longer watched: it waits until it is again.
        let Some(root) = roots.get(&arrival.source) else { continue };
        let Some(kind) = PhotoKind::of_path(&arrival.path) else { continue };
        if to_read.push(Reading { arrival, root: Arc::clone(root), kind }).is_err() {
            tracing::warn!("more unfinished files than fit into the queue; the rest is read after the next start");
            break;
        }
    }
    Ok(())
}
