//! Tokens and accounts on a data folder without a server.

use std::path::Path;

use kilat_auth::{Access, AccessConfig, AccessError, NewToken};
use kilat_core::{Millis, TokenKind, User};
use kilat_server::{new_camera, sender_rows, token_row, user_row};
use kilat_wire::{
    ChangePassword, CreateCamera, CreateToken, CreateUser, FtpMenu, NewCameraAnswer, NewTokenAnswer, SenderRow,
    TokenRow, UserRow,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::super::setup::journal_fail;
use super::Journal;
use crate::fail::{Code, Fail};

/// Who may come in, of a data folder that no server holds.
pub(crate) struct Accounts {
    journal: Journal,
    access: Access,
}

impl Accounts {
    /// Holds the data folder and reads its journal.
    pub(crate) fn open(data: &Path) -> Result<Self, Fail> {
        let journal = Journal::open(data)?;
        let (clock, ids) = (journal.clock.clone(), journal.ids.clone());
        let opening = Access::open(journal.journal.clone(), clock, ids, StdRng::from_os_rng(), AccessConfig::default());
        let access = journal.runtime.block_on(opening).map_err(|error| journal_fail(&error))?;
        Ok(Self { journal, access })
    }

    pub(crate) fn create_token(&self, request: &CreateToken) -> Result<NewTokenAnswer, Fail> {
        let expires_at = request.expires_at.as_deref().and_then(Millis::from_rfc3339);
        let name = request.name.clone().unwrap_or_else(|| request.role.to_string());
        let new = NewToken { kind: TokenKind::Program, name, role: request.role, user: None, expires_at };
        let (token, secret) = self.wait(self.access.create_token(new))?;
        Ok(NewTokenAnswer { token: secret.expose().to_owned(), row: token_row(&token, self.journal.clock.now()) })
    }

    pub(crate) fn tokens(&self) -> Vec<TokenRow> {
        let now = self.journal.clock.now();
        self.access.tokens().iter().map(|token| token_row(token, now)).collect()
    }

    pub(crate) fn revoke_token(&self, id: &str) -> Result<(), Fail> {
        let id = id.parse().map_err(|_why| refused(AccessError::NoToken))?;
        self.wait(self.access.revoke(&id))
    }

    pub(crate) fn create_user(&self, request: &CreateUser) -> Result<UserRow, Fail> {
        let CreateUser { name, role, password } = request.clone();
        let name = name.parse().map_err(|_why| {
            Fail::setting("an account cannot have that name", "use 1 to 64 letters, digits, '-' or '_'")
        })?;
        let user: User = self.wait(self.access.add_user(name, role, password))?;
        Ok(user_row(&user))
    }

    pub(crate) fn create_camera(&self, request: &CreateCamera, ftp: Option<FtpMenu>) -> Result<NewCameraAnswer, Fail> {
        let expires_at = request.expires_at.as_deref().and_then(Millis::from_rfc3339);
        let (camera, secret) = self.wait(self.access.add_camera(&request.name, expires_at))?;
        Ok(new_camera(&camera, &secret, self.journal.clock.now(), ftp))
    }

    pub(crate) fn cameras(&self) -> Result<Vec<SenderRow>, Fail> {
        let Journal { runtime, journal, clock, .. } = &self.journal;
        runtime.block_on(sender_rows(&self.access, journal, clock.now())).map_err(|error| journal_fail(&error))
    }

    pub(crate) fn remove_camera(&self, id: &str) -> Result<(), Fail> {
        let id = id.parse().map_err(|_why| refused(AccessError::NoCamera))?;
        self.wait(self.access.remove_camera(&id))
    }

    pub(crate) fn users(&self) -> Vec<UserRow> {
        self.access.users().iter().map(user_row).collect()
    }

    pub(crate) fn remove_user(&self, name: &str) -> Result<(), Fail> {
        let name = name.parse().map_err(|_why| refused(AccessError::NoUser))?;
        self.wait(self.access.remove_user(&name))
    }

    pub(crate) fn set_password(&self, name: &str, request: &ChangePassword) -> Result<(), Fail> {
        let name = name.parse().map_err(|_why| refused(AccessError::NoUser))?;
        self.wait(self.access.set_password(&name, request.password.clone()))
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, AccessError>>) -> Result<T, Fail> {
        self.journal.runtime.block_on(work).map_err(refused)
    }
}

fn refused(error: AccessError) -> Fail {
    match error {
        AccessError::Journal(error) => journal_fail(&error),
        AccessError::Name | AccessError::Password(_) | AccessError::Past | AccessError::Taken => {
            Fail::new(Code::Refused, error.to_string(), "change that, then try again")
        }
        AccessError::CameraTaken => Fail::new(Code::Refused, error.to_string(), "kilat camera list shows them"),
        AccessError::NoCamera => Fail::new(Code::Refused, error.to_string(), "kilat camera list shows them"),
        AccessError::NoUser => Fail::new(Code::Refused, error.to_string(), "kilat user list names them all"),
        AccessError::NoToken => Fail::new(Code::Refused, error.to_string(), "kilat token list names them all"),
        AccessError::Busy => Fail::new(Code::Refused, error.to_string(), "try again in a minute"),
    }
}
