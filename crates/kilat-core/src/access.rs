//! Who may come in: roles, tokens and accounts, as the journal knows them.
//!
//! Of a secret only what proves it is here: the hash of a token, the argon2id form of a password.
//! What each role may do is not: that is `kilat-auth`'s one table.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Millis, TokenHash, TokenId, UserName};

/// Longest name of a token, in characters.
const MAX_NAME_CHARS: usize = 100;

/// What somebody is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// A program that publishes and hands in photos.
    Agent,
    /// Works: pauses, tries again, makes events.
    Operator,
    /// Decides who may come in.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Agent, Self::Operator, Self::Admin];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Agent => "agent",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role: use viewer, operator, agent or admin")]
pub struct ParseRoleError(String);

impl FromStr for Role {
    type Err = ParseRoleError;
    fn from_str(word: &str) -> Result<Self, ParseRoleError> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == word);
        found.ok_or_else(|| ParseRoleError(word.chars().take(20).collect()))
    }
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Given to a program.
    Program,
    /// A browser that signed in holds it in a cookie.
    Session,
    /// The commands of the server's own machine hold it in the data folder.
    LocalKey,
}

/// Something that opens the door, without the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its id, which is no secret.
    pub id: TokenId,
    /// What it is for.
    pub kind: TokenKind,
    /// As people know it.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The account that signed in; none where no account did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    /// Proves the secret.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends; none when only a person ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
}

impl Token {
    /// Whether its time is over.
    #[must_use]
    pub fn has_expired(&self, now: Millis) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether a token may have this name: 1 to 100 characters on one line.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let chars = name.chars().count();
        (1..=MAX_NAME_CHARS).contains(&chars) && !name.chars().any(char::is_control) && name.trim() == name
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Its name, which people type.
    pub name: UserName,
    /// What it may do.
    pub role: Role,
    /// Proves its password.
    pub password: PasswordHash,
    /// When it was made.
    pub created_at: Millis,
}

/// A password's argon2id form, with its salt and cost.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_one_word_everywhere() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).expect("a word"), format!("\"{role}\""));
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn a_passwords_hash_is_not_told_by_accident() {
        let user = User {
            name: "ayu".parse().expect("a name"),
            role: Role::Admin,
            password: PasswordHash("$argon2id$secret".to_owned()),
            created_at: Millis(1),
        };
        assert!(!format!("{user:?}").contains("argon2id"));
    }
}
