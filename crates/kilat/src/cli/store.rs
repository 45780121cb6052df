//! Where tokens and accounts are kept: the running server, or the data folder alone. Both answer alike.

use kilat_wire::{
    ChangePassword, CreateCamera, CreateToken, CreateUser, Done, FtpMenu, NewCameraAnswer, NewTokenAnswer, SenderRow,
    TokenRow, UserRow,
};

use super::call::Server;
use crate::app::offline;
use crate::config::Config;
use crate::fail::Fail;

/// One of both.
pub(super) enum Store {
    Online(Server),
    Offline(offline::Accounts),
}

impl Store {
    pub(super) fn open(config: &Config) -> Result<Self, Fail> {
        match Server::find(&config.data.value)? {
            Some(server) => Ok(Self::Online(server)),
            None => offline::Accounts::open(&config.data.value).map(Self::Offline),
        }
    }

    pub(super) fn create_token(&self, request: &CreateToken) -> Result<NewTokenAnswer, Fail> {
        match self {
            Self::Online(server) => server.post("/api/admin/tokens", request),
            Self::Offline(accounts) => accounts.create_token(request),
        }
    }

    pub(super) fn tokens(&self) -> Result<Vec<TokenRow>, Fail> {
        match self {
            Self::Online(server) => server.get("/api/admin/tokens"),
            Self::Offline(accounts) => Ok(accounts.tokens()),
        }
    }

    pub(super) fn revoke_token(&self, id: &str) -> Result<(), Fail> {
        match self {
            Self::Online(server) => done(server.delete(&format!("/api/admin/tokens/{}", part(id)))),
            Self::Offline(accounts) => accounts.revoke_token(id),
        }
    }

    pub(super) fn create_user(&self, request: &CreateUser) -> Result<UserRow, Fail> {
        match self {
            Self::Online(server) => server.post("/api/admin/users", request),
            Self::Offline(accounts) => accounts.create_user(request),
        }
    }

    /// `menu` is where cameras would send to, as far as the settings tell without a server.
    pub(super) fn create_camera(
        &self,
        request: &CreateCamera,
        menu: impl FnOnce() -> Option<FtpMenu>,
    ) -> Result<NewCameraAnswer, Fail> {
        match self {
            Self::Online(server) => server.post("/api/admin/cameras", request),
            Self::Offline(accounts) => accounts.create_camera(request, menu()),
        }
    }

    pub(super) fn cameras(&self) -> Result<Vec<SenderRow>, Fail> {
        match self {
            Self::Online(server) => server.get("/api/admin/cameras"),
            Self::Offline(accounts) => accounts.cameras(),
        }
    }

    pub(super) fn remove_camera(&self, id: &str) -> Result<(), Fail> {
        match self {
            Self::Online(server) => done(server.delete(&format!("/api/admin/cameras/{}", part(id)))),
            Self::Offline(accounts) => accounts.remove_camera(id),
        }
    }

    pub(super) fn users(&self) -> Result<Vec<UserRow>, Fail> {
        match self {
            Self::Online(server) => server.get("/api/admin/users"),
            Self::Offline(accounts) => Ok(accounts.users()),
        }
    }

    pub(super) fn remove_user(&self, name: &str) -> Result<(), Fail> {
        match self {
            Self::Online(server) => done(server.delete(&format!("/api/admin/users/{}", part(name)))),
            Self::Offline(accounts) => accounts.remove_user(name),
        }
    }

    pub(super) fn set_password(&self, name: &str, request: &ChangePassword) -> Result<(), Fail> {
        match self {
            Self::Online(server) => done(server.post(&format!("/api/admin/users/{}/password", part(name)), request)),
            Self::Offline(accounts) => accounts.set_password(name, request),
        }
    }
}

fn done(answer: Result<Done, Fail>) -> Result<(), Fail> {
    answer.map(|_| ())
}

/// Ids and names are letters and digits; anything else is nobody's, and no part of a path.
fn part(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
}
