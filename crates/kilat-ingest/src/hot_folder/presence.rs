//! Whether a hot folder is there: armed when it is, said to be offline when it is not.
//!
//! The other half of `folder`'s loop, asked once a second. Invariant: the journal is told of a change
//! once, and later when it could not be told.

use std::time::Duration;

use kilat_core::{Fact, SourceHealth};
use kilat_journal::JournalError;

use super::folder::{HotFolder, Mode};
use super::root::{self, gives_events};
use super::settle::Settle;
use super::watch::Watch;
use crate::config::Poll;

/// How often the root is compared with the one that is watched.
const ROOT_CHECK: Duration = Duration::from_secs(1);

impl HotFolder {
    pub(super) fn check_root(&mut self, now: Duration) -> Result<(), JournalError> {
        self.next_check = now + ROOT_CHECK;
        match root::identify(&self.root, self.identity) {
            Ok(identity) if self.mode.is_some() && self.identity == Some(identity) => self.tell(None),
            Ok(identity) => {
                self.identity = Some(identity);
                self.arm(now);
                self.tell(None)
            }
            Err(reason) => {
                self.mode = None;
                self.settle = Settle::default();
                self.tell(Some(reason))
            }
        }
    }

    /// Begins anew with the folder that stands at the root now.
    fn arm(&mut self, now: Duration) {
        self.settle = Settle::default();
        self.known.clear();
        self.next_list = now;
        let wants_events = match self.poll {
            Poll::Always => false,
            Poll::Never => true,
            Poll::Auto => gives_events(&self.root) != Some(false),
        };
        self.mode = Some(if wants_events { self.watched() } else { Mode::Looking });
        tracing::info!(
            folder = %self.root.display(),
            by = if matches!(self.mode, Some(Mode::Events(_))) { "events" } else { "looking" },
            "watching"
        );
    }

    fn watched(&self) -> Mode {
        let watch = Watch::new(self.signals.clone()).and_then(|mut watch| watch.add(&self.root).map(|()| watch));
        match watch {
            Ok(watch) => Mode::Events(watch),
            Err(error) => {
                tracing::warn!(folder = %self.root.display(), %error, "the system does not watch it; Kilat looks every second instead");
                Mode::Looking
            }
        }
    }

    /// Tells the journal whether the source is online, when that is news. A journal that is full is told later.
    fn tell(&mut self, offline: Option<String>) -> Result<(), JournalError> {
        let is_online = offline.is_none();
        if self.told.is_none() {
            let sources = self.outside.runtime.block_on(self.outside.journal.sources());
            let Ok(sources) = sources else { return Ok(()) };
            let health = sources.into_iter().find(|source| source.id == self.source).map(|source| source.health);
            self.told = health.map(|health| matches!(health, SourceHealth::Online { .. }));
        }
        if self.told == Some(is_online) {
            return Ok(());
        }
        let source = self.source.clone();
        let fact = match offline {
            Some(reason) => {
                tracing::warn!(folder = %self.root.display(), reason, "hot folder offline");
                Fact::SourceOffline { source, reason }
            }
            None => Fact::SourceOnline { source },
        };
        match self.outside.runtime.block_on(self.outside.journal.append(vec![fact])) {
            Ok(_) => self.told = Some(is_online),
            Err(error @ JournalError::Refused(_)) => return Err(error),
            Err(error) => tracing::debug!(%error, "the journal was not told of a hot folder's state"),
        }
        Ok(())
    }
}
