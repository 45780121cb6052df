//! The local key: what commands on the server's own machine present, in the data folder, for its owner only.
//!
//! It is an admin's token. Whoever can read the data folder can read the journal as well, so the key
//! opens nothing that was not open to them.

use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use kilat_auth::{Access, NewToken};
use kilat_core::{Role, TokenKind};

use crate::fail::{Code, Fail};

/// The file's name in the data folder.
const NAME: &str = "key";
/// Longer than any key.
const MAX_BYTES: u64 = 1_024;

/// The key of a data folder; none where no server made one yet.
pub(crate) fn read(data: &Path) -> Result<Option<String>, Fail> {
    let path = path(data);
    let cannot = |error: std::io::Error| {
        let remedy = "run the command as the user that runs the server, or set KILAT_TOKEN";
        Fail::not_allowed(format!("cannot read the key {}: {error}", path.display()), remedy)
    };
    match std::fs::metadata(&path) {
        Ok(meta) if meta.len() > MAX_BYTES => return Ok(None),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error)),
    }
    let text = std::fs::read_to_string(&path).map_err(cannot)?;
    let key = text.trim();
    Ok((!key.is_empty()).then(|| key.to_owned()))
}

/// Makes sure that there is a key that opens the door, and only one.
pub(crate) async fn ensure(access: &Access, data: &Path) -> Result<(), Fail> {
    let path = path(data);
    if let Some(key) = read(data)?
        && let Some(who) = access.authenticate(&key).filter(|who| who.role == Role::Admin)
    {
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(|error| cannot_write(&path, &error))?;
        if let kilat_auth::Credential::Token(id) = &who.credential {
            return access.end_other_keys(id).await.map_err(|error| refused(&error));
        }
        return Ok(());
    }
    let new = NewToken {
        kind: TokenKind::LocalKey,
        name: "this machine".to_owned(),
        role: Role::Admin,
        user: None,
        expires_at: None,
    };
    let (token, secret) = access.create_token(new).await.map_err(|error| refused(&error))?;
    write(&path, secret.expose()).map_err(|error| cannot_write(&path, &error))?;
    access.end_other_keys(&token.id).await.map_err(|error| refused(&error))
}

fn write(path: &Path, key: &str) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    writeln!(file, "{key}")?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

fn path(data: &Path) -> PathBuf {
    data.join(NAME)
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Fail {
    let what = format!("cannot write the key {}: {error}", path.display());
    Fail::new(Code::DataFolder, what, "free some space there, or make it yours: chown and chmod 700")
}

fn refused(error: &kilat_auth::AccessError) -> Fail {
    Fail::new(Code::Journal, format!("the local key cannot be made: {error}"), "kilat doctor tells more")
}
