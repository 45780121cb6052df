//! How a store of each kind is made, from the address that an operator gave.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_auth::Secrets;
use kilat_core::{Clock, Destination, Medium};
use kilat_objects::{DiskStore, Known, ObjectStore, Shares};
use kilat_places::{Field, Opener, Presence};
use kilat_remote::{Address, Need, Options, Patience};
use kilat_vault::{Vault, VaultProgram, VaultStore};

/// How an address of an encrypted repository begins.
const VAULT: &str = "restic:";
/// What opens it.
const PASSWORD: &str = "password";

/// Makes stores of every kind.
#[derive(Clone)]
pub(crate) struct Stores {
    /// Signatures carry the time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The limit of all places beyond this machine, and which folders are.
    pub(crate) shares: Shares,
    /// Where photos of an encrypted repository stand while they are read.
    pub(crate) scratch: PathBuf,
}

impl Opener for Stores {
    fn fields(&self, medium: Medium) -> Vec<Field> {
        fields(medium)
    }

    fn address(&self, text: &str) -> Result<PathBuf, String> {
        address(text)
    }

    fn open(&self, destination: &Destination, secrets: &Secrets, known: Known) -> Result<Arc<dyn ObjectStore>, String> {
        match destination.medium() {
            Medium::Disk => Ok(Arc::new(DiskStore::new(destination.root.clone(), known).limited(self.shares.clone()))),
            Medium::S3 | Medium::WebDav | Medium::Sftp | Medium::Drive => {
                self.far(&destination.root, secrets, known).map_err(|error| error.to_string())
            }
            Medium::Vault => self.vault(&destination.root, secrets, known),
        }
    }
}

impl Stores {
    fn vault(&self, root: &Path, secrets: &Secrets, known: Known) -> Result<Arc<dyn ObjectStore>, String> {
        let folder = root.to_string_lossy();
        let folder = PathBuf::from(folder.strip_prefix(VAULT).unwrap_or(&folder));
        let password = secrets.get(PASSWORD).cloned().unwrap_or_default();
        let exe = std::env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
        let program = VaultProgram { exe, args: vec!["vault-worker".to_owned()] };
        let vault = Vault::new(program, folder, password, known).limited(self.shares.clone());
        let store = VaultStore::new(vault, self.scratch.clone());
        Ok(Arc::new(store.map_err(|error| format!("{} cannot be used: {error}", self.scratch.display()))?))
    }

    fn far(&self, root: &Path, given: &Secrets, known: Known) -> Result<Arc<dyn ObjectStore>, kilat_remote::OpenError> {
        let address = Address::parse(&root.to_string_lossy())?;
        let mut secrets = kilat_remote::Secrets::default();
        for (name, value) in given {
            secrets.insert(name, value.as_str().to_owned());
        }
        let options = Options {
            known,
            limit: Arc::clone(&self.shares.limit),
            clock: Arc::clone(&self.clock),
            patience: Patience::default(),
            host_key: secrets.get("host_key").map(str::to_owned),
        };
        kilat_remote::open(&address, &secrets, options)
    }
}

/// The secrets that destinations on a medium take.
pub(crate) fn fields(medium: Medium) -> Vec<Field> {
    let field = |spec: &kilat_remote::SecretSpec| Field {
        name: spec.name,
        presence: match spec.need {
            Need::Always => Presence::Required,
            Need::Sometimes => Presence::Optional,
        },
        says: spec.says,
    };
    match medium {
        Medium::Vault => vec![Field {
            name: PASSWORD,
            presence: Presence::Required,
            says: "of the encrypted repository; whoever loses it loses what is in there",
        }],
        Medium::Disk | Medium::S3 | Medium::WebDav | Medium::Sftp | Medium::Drive => {
            kilat_remote::needed_secrets(medium).iter().map(field).collect()
        }
    }
}

/// An address as it is kept: a folder from the root on, or a URL without secrets.
pub(crate) fn address(text: &str) -> Result<PathBuf, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a destination needs an address: give a folder, for example /media/backup".to_owned());
    }
    if let Some(folder) = text.strip_prefix(VAULT) {
        let folder = std::path::absolute(folder).map_err(|error| format!("the folder {folder} cannot be: {error}"))?;
        return Ok(PathBuf::from(format!("{VAULT}{}", folder.display())));
    }
    let folder = match text.split_once("://") {
        None => text,
        Some(("file", folder)) => folder,
        Some(_) => {
            let address = Address::parse(text).map_err(|error| error.to_string())?;
            return Ok(PathBuf::from(address.text()));
        }
    };
    std::path::absolute(folder).map_err(|error| format!("the folder {folder} cannot be: {error}"))
}
