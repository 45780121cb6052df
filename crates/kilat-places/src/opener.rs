//! How a store of each kind is made. A port, because the kinds are heavy and tests need none of them.

use std::path::PathBuf;
use std::sync::Arc;

use kilat_auth::Secrets;
use kilat_core::{Destination, Medium};
use kilat_objects::{Known, ObjectStore};

/// A secret that a kind of destination takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name, lower case with underscores.
    pub name: &'static str,
    /// Whether it can be left out.
    pub presence: Presence,
    /// What it is, for the person who is asked.
    pub says: &'static str,
}

/// Whether a secret can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It cannot.
    Required,
    /// It can.
    Optional,
}

/// Makes stores.
pub trait Opener: Send + Sync {
    /// The secrets that destinations on this medium take.
    fn fields(&self, medium: Medium) -> Vec<Field>;

    /// Checks an address that somebody gave, and writes it as it is kept: a folder from the root on, a URL
    /// without anything secret.
    ///
    /// # Errors
    /// What is wrong with it and what to write instead, in words for a person.
    fn address(&self, text: &str) -> Result<PathBuf, String>;

    /// The store of a destination. Opens no connection and touches no disk.
    ///
    /// # Errors
    /// Why the address or the secrets cannot be used, and what to do, in words for a person.
    fn open(&self, destination: &Destination, secrets: &Secrets, known: Known) -> Result<Arc<dyn ObjectStore>, String>;
}
