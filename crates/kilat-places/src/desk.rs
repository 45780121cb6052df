//! What an operator does with destinations: add, test, remove. The same with and without a server.

use std::sync::Arc;
use std::time::Duration;

use kilat_auth::{SealError, Secrets};
use kilat_core::{Destination, DestinationHealth, DestinationId, DestinationKind, Fact, MarkId, Millis, NamedBy};
use kilat_journal::JournalError;
use kilat_objects::{Capability, ObjectStore, Space, StoreError};
use zeroize::Zeroizing;

use crate::places::{HOST_KEY, Places, PlacesError, about};

/// A destination as somebody asks for it.
#[derive(Debug)]
pub struct NewDestination {
    /// Its name.
    pub name: String,
    /// Its address: a folder or a URL.
    pub address: String,
    /// What is copied there.
    pub kind: DestinationKind,
    /// Whether it stands elsewhere.
    pub is_off_site: bool,
    /// What lets Kilat in there.
    pub secrets: Secrets,
    /// Whether it must answer before it is added.
    pub first_test: bool,
}

/// What a test showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// What it says of itself.
    pub mark: MarkId,
    /// Its room, where it tells.
    pub space: Option<Space>,
    /// How long it took to answer.
    pub took: Duration,
    /// What it was found to do.
    pub capabilities: Vec<Capability>,
    /// What its server proved to be.
    pub host_key: Option<String>,
}

/// Why the operator's wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The name cannot be one.
    #[error("a destination cannot be called {0:?}")]
    Name(String),
    /// The address cannot be one; says what to write.
    #[error("{0}")]
    Address(String),
    /// Another one has the name.
    #[error("there is another destination {0}: {1}")]
    Taken(DestinationId, String),
    /// The settings name it.
    #[error("{0} is named by the settings, not by an operator")]
    OfSettings(DestinationId),
    /// Nothing has the name.
    #[error("there is no destination {0:?}")]
    Unknown(String),
    /// It cannot be used as it was given.
    #[error("{place} cannot be used: {why}")]
    Unusable {
        /// Where.
        place: String,
        /// Why, and what to do.
        why: String,
    },
    /// It does not answer as it should.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Its secrets cannot be sealed.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// The journal cannot be used.
    #[error("cannot {0}")]
    Journal(#[from] JournalError),
}

impl DeskError {
    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Name(_) => "use 1 to 64 letters, digits, '-' or '_'",
            Self::Address(_) | Self::Unusable { .. } => "docs/destinations.md shows an address of each kind",
            Self::Taken(..) => "choose another name and place, or remove the other one first",
            Self::OfSettings(_) => "take it out of kilat.toml, the flags or the environment, and start Kilat again",
            Self::Unknown(_) => "kilat destination list names them all",
            Self::Store(_) => "mend that, then try again; to add it all the same: --no-test",
            Self::Seal(_) => "look at the file seal.key in the data folder",
            Self::Journal(_) => "kilat doctor tells more",
        }
    }
}

impl From<PlacesError> for DeskError {
    fn from(error: PlacesError) -> Self {
        match error {
            PlacesError::Journal(error) => Self::Journal(error),
        }
    }
}

impl Places {
    /// Adds a destination. It is tested first unless that was not wanted; what fails the test is not added.
    ///
    /// # Errors
    /// When it cannot be added as it was asked for.
    pub async fn add(&self, new: NewDestination, now: Millis) -> Result<Destination, DeskError> {
        let NewDestination { name, address, kind, is_off_site, mut secrets, first_test } = new;
        let id: DestinationId = name.parse().map_err(|_why| DeskError::Name(name.chars().take(64).collect()))?;
        let inner = self.inner();
        let root = inner.config.opener.address(&address).map_err(DeskError::Address)?;
        let _alone = inner.changing.lock().await;
        let named = inner.config.journal.destinations().await?;
        if let Some(other) = named.iter().find(|other| other.id == id || other.root == root) {
            return Err(DeskError::Taken(other.id.clone(), other.root.display().to_string()));
        }
        let health = DestinationHealth::Up { since: now };
        let destination = Destination {
            kind,
            is_off_site,
            named_by: NamedBy::Operator,
            ..Destination::new(id.clone(), root, health)
        };
        let unusable = |why| DeskError::Unusable { place: destination.root.display().to_string(), why };
        let store = inner.store_with(&destination, &secrets).map_err(unusable)?;
        let mut facts = vec![Fact::DestinationAdded { destination: destination.clone() }];
        if first_test {
            let Tested { mark, host_key, .. } = test(store).await?;
            facts.push(Fact::DestinationMarked { destination: id.clone(), mark });
            secrets.extend(host_key.map(|key| (HOST_KEY.to_owned(), Zeroizing::new(key))));
        }
        if !secrets.is_empty() {
            // Before the fact: a destination that is known has its secrets, also after a crash in between.
            let sealed = inner.config.sealer.seal(&about(&id), &secrets)?;
            inner.config.journal.set_secrets(&about(&id), Some(sealed)).await?;
        }
        inner.config.journal.append(facts).await?;
        self.refresh_alone().await?;
        Ok(destination)
    }

    /// Takes a destination that an operator added out of use, and forgets its secrets. What stands there stays.
    ///
    /// # Errors
    /// When the settings name it, or nothing has the name.
    pub async fn remove(&self, name: &str) -> Result<Destination, DeskError> {
        let _alone = self.inner().changing.lock().await;
        let destination = self.find(name).await?;
        if destination.named_by == NamedBy::Settings {
            return Err(DeskError::OfSettings(destination.id));
        }
        let journal = &self.inner().config.journal;
        journal.append(vec![Fact::DestinationRemoved { destination: destination.id.clone() }]).await?;
        journal.set_secrets(&about(&destination.id), None).await?;
        self.refresh_alone().await?;
        Ok(destination)
    }

    /// Asks a destination whether it is the one that is known and can be written.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub async fn test(&self, name: &str) -> Result<Tested, DeskError> {
        let destination = self.find(name).await?;
        let open = self.get(&destination.id).ok_or_else(|| DeskError::Unknown(name.to_owned()))?;
        Ok(test(open.store).await?)
    }

    async fn find(&self, name: &str) -> Result<Destination, DeskError> {
        let named = self.inner().config.journal.destinations().await?;
        let found = named.into_iter().find(|destination| destination.id.as_str() == name);
        found.ok_or_else(|| DeskError::Unknown(name.chars().take(64).collect()))
    }
}

async fn test(store: Arc<dyn ObjectStore>) -> Result<Tested, StoreError> {
    let began = std::time::Instant::now();
    let testing = tokio::task::spawn_blocking(move || {
        let mark = store.attach()?;
        let space = store.probe()?;
        let took = began.elapsed();
        Ok(Tested { mark, space, took, capabilities: store.capabilities()?, host_key: store.host_key() })
    });
    match testing.await {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}
