//! The destinations of a data folder, with the key that opens their secrets.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use kilat_auth::{KEY_BYTES, Sealer};
use kilat_core::{Clock, IdSource};
use kilat_journal::Journal;
use kilat_objects::Shares;
use kilat_places::{Places, PlacesConfig, PlacesError, environment_name};
use zeroize::Zeroizing;

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
        sealer: sealer(data)?,
        opener: Arc::new(Stores { clock: Arc::clone(clock), shares, scratch: data.join("scratch") }),
        environment: Box::new(|id, field| environment_secret(&environment_name(id, field))),
    };
    Places::open(config).await.map_err(|error| match error {
        PlacesError::Journal(error) => journal_fail(&error),
    })
}

/// What seals and opens secrets; its key is made at the first start.
pub(crate) fn sealer(data: &Path) -> Result<Sealer, Fail> {
    let path = data.join(NAME);
    let cannot = |why: String| {
        Fail::new(
            Code::DataFolder,
            format!("cannot use the key of the secrets {}: {why}", path.display()),
            "put back the file from a copy of the data folder; or remove it and give every secret again",
        )
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = Sealer::fresh_key().map_err(|error| cannot(error.to_string()))?;
            make(&path, key.as_slice()).map_err(|error| cannot(error.to_string()))?;
            return Ok(Sealer::new(&key));
        }
        Err(error) => return Err(cannot(error.to_string())),
    };
    let key: &[u8; KEY_BYTES] =
        bytes.as_slice().try_into().map_err(|_why| cannot(format!("it has {} bytes, not {KEY_BYTES}", bytes.len())))?;
    Ok(Sealer::new(key))
}

/// Whole and durable before anything is sealed with it.
fn make(path: &Path, key: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(key)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}
