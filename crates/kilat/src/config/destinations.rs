//! Destinations in the settings: the list `to`, whose names follow from their addresses, and `[[destination]]`.

use std::path::{Path, PathBuf};

use kilat_core::{DestinationId, DestinationKind};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::app::stores::address;
use crate::fail::Fail;

/// Hexadecimal digits of an id that follows from an address: sources and destinations are few.
const ID_DIGITS: usize = 8;

/// A destination that the settings name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) id: DestinationId,
    /// A folder from the root on, or a URL.
    pub(crate) root: PathBuf,
    pub(crate) kind: DestinationKind,
    pub(crate) is_off_site: bool,
}

impl Wanted {
    /// Its folder on this machine; none when it is reached over a network.
    pub(crate) fn folder(&self) -> Option<&Path> {
        let is_url = self.root.to_str().is_some_and(|root| !root.starts_with('/'));
        (!is_url).then_some(self.root.as_path())
    }
}

/// `[[destination]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileDestination {
    name: String,
    url: String,
    #[serde(default)]
    kind: DestinationKind,
    #[serde(default)]
    off_site: bool,
}

/// A destination of the list `to`: its id stays the same as long as its address does.
pub(super) fn listed(text: &str) -> Result<Wanted, Fail> {
    let root = root(text)?;
    let scheme = root.to_str().filter(|root| !root.starts_with('/')).and_then(|root| root.split_once(':'));
    let id = named_id(scheme.map_or("disk", |(scheme, _)| scheme), &root)?;
    Ok(Wanted { id, root, kind: DestinationKind::Upload, is_off_site: false })
}

/// Those of the file.
pub(super) fn named(all: &[FileDestination]) -> Result<Vec<Wanted>, Fail> {
    all.iter().map(one).collect()
}

fn one(given: &FileDestination) -> Result<Wanted, Fail> {
    let id = given.name.parse().map_err(|_why| {
        Fail::setting(
            format!("a destination cannot be called {:?} ([[destination]] name)", given.name),
            "use 1 to 64 letters, digits, '-' or '_'",
        )
    })?;
    Ok(Wanted { id, root: root(&given.url)?, kind: given.kind, is_off_site: given.off_site })
}

fn root(text: &str) -> Result<PathBuf, Fail> {
    address(text).map_err(|why| Fail::setting(why, "docs/destinations.md shows an address of each kind"))
}

/// Two of one name or of one place would be one.
pub(super) fn check(all: &[Wanted]) -> Result<(), Fail> {
    for (at, one) in all.iter().enumerate() {
        let twin = all[at + 1..].iter().find(|other| other.id == one.id || other.root == one.root);
        if let Some(twin) = twin.filter(|twin| *twin != one) {
            return Err(Fail::setting(
                format!("the settings name {} twice: as {} and as {}", one.root.display(), one.id, twin.id),
                "name each destination once, in `to` or in [[destination]]",
            ));
        }
    }
    Ok(())
}

/// An id that stays the same as long as the place does: its kind and a hash of its address.
pub(crate) fn named_id<T: std::str::FromStr<Err = kilat_core::ParseIdError>>(
    kind: &str,
    root: &Path,
) -> Result<T, Fail> {
    let digits = kilat_objects::short_hash(root.as_os_str().as_encoded_bytes(), ID_DIGITS);
    format!("{kind}-{digits}")
        .parse()
        .map_err(|error| Fail::setting(format!("a folder's id cannot be: {error}"), "please report this"))
}

/// A destination's secret as the environment gives it, under the name that errors tell.
pub(crate) fn environment_secret(name: &str) -> Option<Zeroizing<String>> {
    match super::env(name) {
        Ok(value) => value.filter(|value| !value.is_empty()).map(Zeroizing::new),
        Err(fail) => {
            tracing::warn!(name, what = fail.what, "a secret of the environment cannot be read");
            None
        }
    }
}
