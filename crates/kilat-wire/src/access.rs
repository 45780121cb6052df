//! Bodies of signing in and of deciding who may come in.
//!
//! A secret is in an answer once, when it is made, and in a request when it is presented.

use kilat_core::{Role, TokenKind};
use serde::{Deserialize, Serialize};

/// `POST /api/session`: by a link's code, or by name and password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SignIn {
    /// What a sign-in link carries.
    Code {
        /// After `#in=`.
        code: String,
    },
    /// An account.
    Password {
        /// Its name.
        name: String,
        /// Its password.
        password: String,
    },
}

/// `GET` and `POST /api/session`: who the caller is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SessionAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// The name of their account or token.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// When they must sign in again (RFC 3339); absent where that is not known or never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// Something was done, and there is nothing to tell about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Done {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
}

/// `POST /api/ticket`: opens one WebSocket, as `?ticket=`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketAnswer {
    /// The ticket.
    pub ticket: String,
    /// How long it may be used.
    pub valid_ms: u64,
}

/// `POST /api/links`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreateLink {
    /// What it lets people do.
    pub role: Role,
}

/// A sign-in link without the server's address, which the caller knows better.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LinkAnswer {
    /// The path with the code, for example `/admin#in=…`.
    pub path: String,
    /// What it lets people do.
    pub role: Role,
    /// How often it may be used.
    pub uses: u32,
    /// How long it may be used.
    pub valid_ms: u64,
}

/// `POST /api/admin/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateToken {
    /// What its holder may do.
    pub role: Role,
    /// As people will know it; its role by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it ends (RFC 3339); never by default.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// A new token: the only time that it is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewTokenAnswer {
    /// The token.
    pub token: String,
    /// What is known of it from now on.
    #[serde(flatten)]
    pub row: TokenRow,
}

/// A token or session, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TokenRow {
    /// Its id, by which it is revoked.
    pub id: String,
    /// What it is for.
    pub kind: TokenKind,
    /// As people know it.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The account that signed in; absent where no account did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// When it ends (RFC 3339); absent when only a person ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Whether its time is over.
    pub expired: bool,
}

/// `POST /api/admin/users`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreateUser {
    /// Its name: 1 to 64 letters, digits, `-` or `_`.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[A-Za-z0-9_-]{1,64}$")))]
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Its password.
    pub password: String,
}

/// `POST /api/admin/users/NAME/password`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangePassword {
    /// The new one.
    pub password: String,
}

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserRow {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made (RFC 3339).
    pub created_at: String,
}
