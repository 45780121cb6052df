//! Tokens, sessions and accounts. What is revoked or removed leaves the tables; the log remembers it.

use kilat_core::{Millis, PasswordHash, Token, TokenId, TokenKind, User, UserName};
use rusqlite::Connection;

use super::apply::{Effect, bound, contradicts};
use super::fail::Fail;
use super::rows::word;
use super::{cameras, read};
use crate::{AccessTables, Refusal};

/// Tokens of programs and keys of machines: each is one command of a person.
pub const MAX_TOKENS: usize = 1_000;
/// Browsers signed in: every phone of a large studio, a few times over.
pub const MAX_SESSIONS: usize = 10_000;
/// Accounts: each is a person of the studio.
pub const MAX_USERS: usize = 1_000;

pub(super) fn create_token(db: &Connection, token: &Token) -> Result<Effect, Fail> {
    if let Some(known) = read::token(db, &token.id)? {
        // It may have been renewed since.
        let same = Token { expires_at: token.expires_at, ..known } == *token;
        return if same { Ok(Effect::Nothing) } else { contradicts("token", token.id.as_str(), "it differs") };
    }
    match token.kind {
        TokenKind::Session => bound(db, "tokens WHERE kind = 'session'", "sessions", MAX_SESSIONS)?,
        TokenKind::Program | TokenKind::LocalKey => {
            bound(db, "tokens WHERE kind <> 'session'", "tokens", MAX_TOKENS)?;
        }
    }
    if let Some(user) = &token.user {
        known_user(db, user)?;
    }
    let taken: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM tokens WHERE hash = ?1)")?
        .query_row([token.hash.to_string()], |row| row.get(0))?;
    if taken {
        return contradicts("token", token.id.as_str(), "another one has its secret");
    }
    db.prepare_cached("INSERT INTO tokens (id, hash, kind, user, body) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute((
        token.id.as_str(),
        token.hash.to_string(),
        word(&token.kind)?,
        token.user.as_ref().map(UserName::as_str),
        serde_json::to_string(token)?,
    ))?;
    Ok(Effect::Changed)
}

pub(super) fn renew_token(db: &Connection, id: &TokenId, expires_at: Millis) -> Result<Effect, Fail> {
    // One that was revoked meanwhile stays revoked.
    let Some(token) = read::token(db, id)? else { return Ok(Effect::Nothing) };
    if token.expires_at == Some(expires_at) {
        return Ok(Effect::Nothing);
    }
    let renewed = Token { expires_at: Some(expires_at), ..token };
    db.prepare_cached("UPDATE tokens SET body = ?2 WHERE id = ?1")?
        .execute((id.as_str(), serde_json::to_string(&renewed)?))?;
    Ok(Effect::Changed)
}

pub(super) fn revoke_token(db: &Connection, id: &TokenId) -> Result<Effect, Fail> {
    let gone = db.prepare_cached("DELETE FROM tokens WHERE id = ?1")?.execute([id.as_str()])?;
    Ok(if gone == 0 { Effect::Nothing } else { Effect::Changed })
}

pub(super) fn add_user(db: &Connection, user: &User) -> Result<Effect, Fail> {
    if let Some(known) = read::user(db, &user.name)? {
        let why = "there is one of this name";
        return if known == *user { Ok(Effect::Nothing) } else { contradicts("account", user.name.as_str(), why) };
    }
    bound(db, "users", "accounts", MAX_USERS)?;
    put_user(db, user)
}

pub(super) fn set_password(db: &Connection, name: &UserName, password: &PasswordHash) -> Result<Effect, Fail> {
    let user = known_user(db, name)?;
    if user.password == *password {
        return Ok(Effect::Nothing);
    }
    db.prepare_cached("DELETE FROM tokens WHERE user = ?1")?.execute([name.as_str()])?;
    put_user(db, &User { password: password.clone(), ..user })
}

pub(super) fn remove_user(db: &Connection, name: &UserName) -> Result<Effect, Fail> {
    db.prepare_cached("DELETE FROM tokens WHERE user = ?1")?.execute([name.as_str()])?;
    let gone = db.prepare_cached("DELETE FROM users WHERE name = ?1")?.execute([name.as_str()])?;
    Ok(if gone == 0 { Effect::Nothing } else { Effect::Changed })
}

pub(crate) fn access_tables(db: &Connection) -> Result<AccessTables, Fail> {
    // One transaction, so that all of it is of one offset.
    let reading = db.unchecked_transaction()?;
    let cameras = cameras::known_cameras(db)?.into_iter().map(|standing| standing.camera).collect();
    let tables = AccessTables { offset: read::head(db)?, tokens: read::tokens(db)?, users: read::users(db)?, cameras };
    reading.finish()?;
    Ok(tables)
}

fn known_user(db: &Connection, name: &UserName) -> Result<User, Fail> {
    Ok(read::user(db, name)?.ok_or_else(|| Refusal::UnknownUser(name.clone()))?)
}

fn put_user(db: &Connection, user: &User) -> Result<Effect, Fail> {
    db.prepare_cached(
        "INSERT INTO users (name, body) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    )?
    .execute((user.name.as_str(), serde_json::to_string(user)?))?;
    Ok(Effect::Changed)
}
