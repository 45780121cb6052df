//! The destinations of a data folder, with the key that opens their secrets.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use kilat_auth::{KEY_BYTES, Sealer};
use kilat_core::{Clock, IdSource};
use kilat_journal::Journal;
use kilat_objects::{Shares, rename_new};
use kilat_places::{Places, PlacesConfig, PlacesError, environment_name};
use zeroize::Zeroizing;

use super::notify::PUSH;
use super::setup::journal_fail;
use super::stores::Stores;
use crate::config::environment_secret;
use crate::fail::{Code, Fail};

/// The key's file in the data folder: with it and the journal, whoever has both can open the secrets.
const NAME: &str = "seal.key";

/// Opens the stores of all destinations that the journal names.
pub(crate) async fn open(
    journal: &Journal,
    ids: &Arc<IdSource>,
    clock: &Arc<dyn Clock>,
    data: &Path,
    shares: Shares,
) -> Result<Places, Fail> {
    let config = PlacesConfig {
        journal: journal.clone(),
        ids: Arc::clone(ids),
        sealer: sealer(data, journal).await?,
        opener: Arc::new(Stores { clock: Arc::clone(clock), shares, scratch: data.join("scratch") }),
        environment: Box::new(|id, field| environment_secret(&environment_name(id, field))),
    };
    Places::open(config).await.map_err(|error| match error {
        PlacesError::Journal(error) => journal_fail(&error),
    })
}

/// What seals and opens secrets. Its key is made when nothing is sealed yet: beside sealed secrets a new one would open
/// none of them, and stand in the way of the old one.
pub(crate) async fn sealer(data: &Path, journal: &Journal) -> Result<Sealer, Fail> {
    if let Some(sealer) = sealer_of(data)? {
        return Ok(sealer);
    }
    let sealed = journal.secrets().await.map_err(|error| journal_fail(&error))?;
    // The key of push alone is no reason to stand still on a wedding: devices are signed up anew.
    if sealed.keys().any(|about| about != PUSH) {
        return Err(lost(data, sealed.keys().map(String::as_str)));
    }
    let cannot = |why: String| cannot(data, &why);
    let key = Sealer::fresh_key().map_err(|error| cannot(error.to_string()))?;
    make(&data.join(NAME), key.as_slice()).map_err(|error| cannot(error.to_string()))?;
    Ok(Sealer::new(&key))
}

/// The same when there is a key; nothing is made.
pub(crate) fn sealer_of(data: &Path) -> Result<Option<Sealer>, Fail> {
    let bytes = match std::fs::read(data.join(NAME)) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(data, &error.to_string())),
    };
    let key: &[u8; KEY_BYTES] = bytes
        .as_slice()
        .try_into()
        .map_err(|_why| cannot(data, &format!("it has {} bytes, not {KEY_BYTES}", bytes.len())))?;
    Ok(Some(Sealer::new(key)))
}

fn cannot(data: &Path, why: &str) -> Fail {
    Fail::new(
        Code::DataFolder,
        format!("cannot use the key of the secrets {}: {why}", data.join(NAME).display()),
        "put back the file from a copy of the data folder; without one, move it away and start again",
    )
}

fn lost<'a>(data: &Path, sealed: impl Iterator<Item = &'a str>) -> Fail {
    let what = sealed.map(sealed_text).collect::<Vec<_>>().join(", ");
    Fail::new(
        Code::SealKey,
        format!("{} is gone, and without it these secrets cannot be read: {what}", data.join(NAME).display()),
        "put back the file from a copy of the data folder; without one: kilat destination forget-secrets, which says what to give again",
    )
}

/// What secrets are filed under, for people.
pub(crate) fn sealed_text(about: &str) -> String {
    match about.split_once(':') {
        Some(("destination", name)) => format!("destination {name}"),
        Some(("target", name)) => format!("who is told: {name}"),
        _ => "the key of push".to_owned(),
    }
}

/// Whole and durable before anything is sealed with it, and never in the place of another.
fn make(path: &Path, key: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(key)?;
    file.sync_all()?;
    rename_new(&temporary, path)?;
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}
