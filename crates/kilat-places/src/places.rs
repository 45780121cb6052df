//! The open stores, kept in step with the journal.
//!
//! A destination whose name, address and secrets stay what they were keeps its store: what is known of it
//! (its mark, connections) is in there. Bounded by the journal's own bound on destinations.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kilat_auth::{Sealer, Secrets};
use kilat_core::{Destination, DestinationId, DestinationKind, Fact, IdSource, MarkId, Stop};
use kilat_journal::{Journal, JournalError};
use kilat_objects::{Known, ObjectStore};
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::opener::{Opener, Presence};
use crate::shut::Shut;

/// Kept with the secrets: what an SSH server proved to be when it was first met.
pub(crate) const HOST_KEY: &str = "host_key";

/// Secrets that the environment gives: of which destination, which field.
type Environment = dyn Fn(&DestinationId, &str) -> Option<Zeroizing<String>> + Send + Sync;

/// What places are made of.
pub struct PlacesConfig {
    /// Says which there are.
    pub journal: Journal,
    /// Makes marks.
    pub ids: Arc<IdSource>,
    /// Opens sealed secrets.
    pub sealer: Sealer,
    /// Makes stores.
    pub opener: Arc<dyn Opener>,
    /// Secrets from the environment, stronger than sealed ones.
    pub environment: Box<Environment>,
}

impl fmt::Debug for PlacesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlacesConfig").finish_non_exhaustive()
    }
}

/// Why places cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// The journal cannot be read.
    #[error("destinations: cannot {0}")]
    Journal(#[from] JournalError),
}

/// An open destination.
#[derive(Clone)]
pub struct Open {
    /// As the journal names it. Its health and mark may have moved on.
    pub destination: Destination,
    /// Its store; one that refuses everything where it cannot be opened.
    pub store: Arc<dyn ObjectStore>,
    /// Another number is another store: whoever works with the old one stops.
    pub generation: u64,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open")
            .field("id", &self.destination.id)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// The destinations in use. Cheap to clone.
#[derive(Clone)]
pub struct Places(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: PlacesConfig,
    open: Mutex<BTreeMap<DestinationId, Held>>,
    version: watch::Sender<u64>,
    /// One change of the whole at a time.
    pub(crate) changing: tokio::sync::Mutex<()>,
}

struct Held {
    open: Open,
    /// The sealed secrets that it was opened with.
    sealed: Option<String>,
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").finish_non_exhaustive()
    }
}

impl Places {
    /// Opens what the journal names.
    ///
    /// # Errors
    /// When the journal cannot be read. A destination that cannot be opened is no error here.
    pub async fn open(config: PlacesConfig) -> Result<Self, PlacesError> {
        let places = Self(Arc::new(Inner {
            config,
            open: Mutex::default(),
            version: watch::Sender::new(0),
            changing: tokio::sync::Mutex::new(()),
        }));
        places.refresh().await?;
        Ok(places)
    }

    /// Keeps in step with the journal until asked to stop.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn follow(self, stop: Stop) -> Result<(), PlacesError> {
        let mut tail = self.0.config.journal.tail(self.0.config.journal.head());
        self.refresh().await?;
        loop {
            let batch = tokio::select! {
                () = stop.asked() => return Ok(()),
                batch = tail.next() => batch?,
            };
            let is_change =
                |fact: &Fact| matches!(fact, Fact::DestinationAdded { .. } | Fact::DestinationRemoved { .. });
            if batch.iter().any(|recorded| is_change(&recorded.fact)) {
                self.refresh().await?;
            }
            for recorded in batch.iter() {
                if let Fact::DestinationMarked { destination, .. } = &recorded.fact {
                    self.keep_host_key(destination).await?;
                }
            }
        }
    }

    /// Keeps what the server of a destination proved to be, now that it was met for the first time.
    async fn keep_host_key(&self, id: &DestinationId) -> Result<(), PlacesError> {
        let _alone = self.0.changing.lock().await;
        let held = self.lock().get(id).map(|held| (held.open.store.host_key(), held.sealed.clone()));
        let Some((Some(host_key), sealed)) = held else { return Ok(()) };
        let about = about(id);
        let opened = sealed.map(|sealed| self.0.config.sealer.open(&about, &sealed)).transpose();
        let mut secrets = match opened {
            Ok(secrets) => secrets.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, "a host key is not kept");
                return Ok(());
            }
        };
        if secrets.contains_key(HOST_KEY) {
            return Ok(());
        }
        secrets.insert(HOST_KEY.to_owned(), Zeroizing::new(host_key));
        match self.0.config.sealer.seal(&about, &secrets) {
            Ok(sealed) => {
                self.0.config.journal.set_secrets(&about, Some(sealed.clone())).await?;
                // The open store has met it already.
                if let Some(held) = self.lock().get_mut(id) {
                    held.sealed = Some(sealed);
                }
            }
            Err(error) => tracing::warn!(%error, "a host key is not kept"),
        }
        Ok(())
    }

    /// A destination in use.
    #[must_use]
    pub fn get(&self, id: &DestinationId) -> Option<Open> {
        self.lock().get(id).map(|held| held.open.clone())
    }

    /// All of a kind, by id.
    #[must_use]
    pub fn all(&self, kind: DestinationKind) -> Vec<Open> {
        let held = self.lock();
        held.values().filter(|held| held.open.destination.kind == kind).map(|held| held.open.clone()).collect()
    }

    /// Tells of every later change.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.version.subscribe()
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// Reads which there are, opens what is new or has changed, and lets go what is gone.
    pub(crate) async fn refresh(&self) -> Result<(), PlacesError> {
        let _alone = self.0.changing.lock().await;
        self.refresh_alone().await
    }

    /// The same for whoever holds `changing`.
    pub(crate) async fn refresh_alone(&self) -> Result<(), PlacesError> {
        let named = self.0.config.journal.destinations().await?;
        let sealed = self.0.config.journal.secrets().await?;
        let mut is_news = false;
        let mut open = self.lock();
        let before = open.len();
        let gone: Vec<DestinationId> =
            open.keys().filter(|id| !named.iter().any(|destination| destination.id == **id)).cloned().collect();
        let mut closed: Vec<Held> = gone.iter().filter_map(|id| open.remove(id)).collect();
        is_news |= open.len() != before;
        for destination in named {
            let sealed = sealed.get(&about(&destination.id)).cloned();
            let known = open.get(&destination.id);
            if known.is_some_and(|held| held.sealed == sealed && is_same(&held.open.destination, &destination)) {
                continue;
            }
            is_news = true;
            let generation = known.map_or(0, |held| held.open.generation + 1);
            let store = self.0.store(&destination, sealed.as_deref());
            let id = destination.id.clone();
            closed.extend(open.insert(id, Held { open: Open { destination, store, generation }, sealed }));
        }
        drop(open);
        // A store may wait for its last work when it is closed.
        tokio::task::spawn_blocking(move || drop(closed));
        if is_news {
            self.0.version.send_modify(|version| *version += 1);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DestinationId, Held>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn store(&self, destination: &Destination, sealed: Option<&str>) -> Arc<dyn ObjectStore> {
        let opened = self.secrets(destination, sealed).and_then(|secrets| self.store_with(destination, &secrets));
        opened.unwrap_or_else(|why| {
            tracing::warn!(destination = %destination.id, why, "a destination cannot be opened");
            Arc::new(Shut { place: destination.root.clone(), why })
        })
    }

    /// The store that these secrets open.
    pub(crate) fn store_with(
        &self,
        destination: &Destination,
        secrets: &Secrets,
    ) -> Result<Arc<dyn ObjectStore>, String> {
        let missing = self.config.opener.fields(destination.medium()).into_iter().find(|field| {
            field.presence == Presence::Required && secrets.get(field.name).is_none_or(|value| value.is_empty())
        });
        if let Some(field) = missing {
            return Err(format!(
                "its secret {0} is not known: set {1}, or give it with kilat destination add",
                field.name,
                environment_name(&destination.id, field.name),
            ));
        }
        let known = destination.mark.clone().map_or_else(|| Known::Nothing { fresh: self.mark() }, Known::Place);
        self.config.opener.open(destination, secrets, known)
    }

    /// What is known of a destination's secrets: sealed ones, and those of the environment over them.
    fn secrets(&self, destination: &Destination, sealed: Option<&str>) -> Result<Secrets, String> {
        let opened = sealed.map(|sealed| self.config.sealer.open(&about(&destination.id), sealed));
        let mut secrets = opened.transpose().map_err(|error| error.to_string())?.unwrap_or_default();
        for field in self.config.opener.fields(destination.medium()) {
            if let Some(value) = (self.config.environment)(&destination.id, field.name) {
                secrets.insert(field.name.to_owned(), value);
            }
        }
        Ok(secrets)
    }

    fn mark(&self) -> MarkId {
        self.config.ids.mark()
    }
}

/// What a destination's secrets are filed under.
#[must_use]
pub fn about(id: &DestinationId) -> String {
    format!("destination:{id}")
}

/// `KILAT_SECRET_STUDIO_R2_ACCESS_KEY_ID` for the field `access_key_id` of `studio-r2`.
#[must_use]
pub fn environment_name(id: &DestinationId, field: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("KILAT_SECRET_{}_{}", id.as_str().chars().map(plain).collect::<String>(), field.to_ascii_uppercase())
}

/// Whether a store that was opened for the one serves the other.
fn is_same(one: &Destination, other: &Destination) -> bool {
    one.root == other.root
        && one.kind == other.kind
        && one.is_off_site == other.is_off_site
        && one.named_by == other.named_by
}
