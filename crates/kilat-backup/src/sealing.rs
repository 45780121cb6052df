//! Has the list of an event's copies written, when there are copies that the last one does not hold.

use std::collections::VecDeque;
use std::sync::Arc;

use kilat_core::{BackupFact, Class, Classify, DestinationId, EventId, RunStep};
use kilat_journal::{Journal, JournalError, ProvenCopy};

use crate::config::SealError;
use crate::place;
use crate::run::{Broke, Going};

/// Copies read from the journal at once.
const PAGE: usize = 256;
/// Attempts before the run fails for want of a list; a place at fault costs none.
const MAX_ATTEMPTS: u32 = 5;

pub(crate) async fn seal(going: &Going) -> Result<(), Broke> {
    let Some(sealer) = going.tools.config.sealer.clone() else { return Ok(()) };
    let journal = &going.tools.journal;
    if !journal.needs_seal(going.pair()).await? {
        return Ok(());
    }
    going.step(RunStep::Sealing).await?;
    let Some(event) = journal.event(&going.state.run.event).await? else { return Ok(()) };
    let mut attempts = 0;
    loop {
        place::ready(going, 0).await?;
        let Some(store) = (going.tools.config.stores)(&going.state.run.destination) else { continue };
        let as_of = journal.head();
        let (pages, event, sealer) = (Pages::new(going), event.clone(), Arc::clone(&sealer));
        let at = going.tools.clock.now();
        let sealed = tokio::task::spawn_blocking(move || sealer.seal(&event, at, &mut pages.into_iter(), &store)).await;
        let error = match sealed {
            Ok(Ok(())) => {
                let run = going.state.run.id.clone();
                return going.record(vec![BackupFact::Sealed { run, as_of }]).await;
            }
            Ok(Err(SealError::Journal(error))) => return Err(Broke::Journal(error)),
            Ok(Err(error)) => error,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let is_place = matches!(&error, SealError::Store(error) if error.class() == Class::NeedsOperator);
        attempts += u32::from(!is_place);
        if attempts >= MAX_ATTEMPTS {
            return Err(Broke::Failed {
                error: format!("all copies are at {} and proven, but their list is not written: {error}", going.name),
                remedy: format!("mend that, then: kilat backup retry {}", going.state.run.id),
            });
        }
        place::pause(going, error.to_string()).await?;
    }
}

/// All copies of an event, page by page.
struct Pages {
    journal: Journal,
    event: EventId,
    destination: DestinationId,
    page: VecDeque<ProvenCopy>,
    after: Option<i64>,
}

impl Pages {
    fn new(going: &Going) -> Self {
        let (event, destination) = (going.state.run.event.clone(), going.state.run.destination.clone());
        Self { journal: going.tools.journal.clone(), event, destination, page: VecDeque::new(), after: Some(0) }
    }
}

impl Iterator for Pages {
    type Item = Result<ProvenCopy, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() {
            let after = self.after?;
            match self.journal.proven_copies_blocking((&self.event, &self.destination), after, PAGE) {
                Ok(page) => {
                    self.after = page.last().map(|copy| copy.no);
                    self.page = page.into();
                }
                Err(error) => {
                    self.after = None;
                    return Some(Err(error));
                }
            }
        }
        self.page.pop_front().map(Ok)
    }
}
