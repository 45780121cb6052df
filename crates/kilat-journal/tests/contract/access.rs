//! Who may come in: what is revoked is gone, what names nobody is refused, every table is bounded.

use kilat_core::{Clock, Fact, Millis, PasswordHash, Role, Token, TokenHash, TokenId, TokenKind, User, UserName};
use kilat_journal::{JournalError, MAX_TOKENS, Refusal};

use super::scene::{Backend, Scene};

fn token(number: usize, kind: TokenKind) -> Token {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    Token {
        id: id(number),
        kind,
        name: "gallery".into(),
        role: Role::Viewer,
        user: None,
        hash: TokenHash(hash),
        created_at: Millis(1),
        expires_at: None,
    }
}

fn id(number: usize) -> TokenId {
    format!("token-{number}").parse().unwrap()
}

fn ayu() -> UserName {
    "ayu".parse().unwrap()
}

fn user() -> User {
    User { name: ayu(), role: Role::Operator, password: PasswordHash("first".into()), created_at: Millis(1) }
}

pub(crate) async fn access_that_changes_nothing_is_not_recorded(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let changing = [
        Fact::UserAdded { user: user() },
        Fact::TokenCreated { token: token(1, TokenKind::Program) },
        Fact::TokenRenewed { token: id(1), expires_at: Millis(9) },
        Fact::TokenRevoked { token: id(1) },
        Fact::PasswordSet { user: ayu(), password: PasswordHash("second".into()) },
        Fact::UserRemoved { user: ayu() },
    ];
    for fact in changing {
        assert_eq!(scene.append(vec![fact.clone()]).await.len(), 1, "first {fact:?}");
        assert_eq!(scene.append(vec![fact.clone()]).await, [], "second {fact:?}");
    }
    let tables = scene.journal.access_tables().await.unwrap();
    assert_eq!(tables.offset, scene.journal.head());
    assert!(tables.tokens.is_empty() && tables.users.is_empty(), "{tables:?}");
    let late = Fact::TokenRenewed { token: id(1), expires_at: Millis(10) };
    assert_eq!(scene.append(vec![late]).await, [], "what was revoked stays revoked");
}

pub(crate) async fn who_goes_takes_the_sessions_along(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let session = |number| Token { user: Some(ayu()), ..token(number, TokenKind::Session) };
    let begin = vec![
        Fact::UserAdded { user: user() },
        Fact::TokenCreated { token: session(1) },
        Fact::TokenCreated { token: token(2, TokenKind::Program) },
    ];
    scene.append(begin).await;
    let left = async || -> Vec<TokenId> {
        scene.journal.access_tables().await.unwrap().tokens.into_iter().map(|token| token.id).collect()
    };
    scene.append(vec![Fact::PasswordSet { user: ayu(), password: PasswordHash("second".into()) }]).await;
    assert_eq!(left().await, [id(2)], "the old password's session");
    scene.append(vec![Fact::TokenCreated { token: session(3) }, Fact::UserRemoved { user: ayu() }]).await;
    assert_eq!(left().await, [id(2)], "the removed account's session");
}

pub(crate) async fn access_of_nobody_or_twice_is_refused(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    scene
        .append(vec![Fact::UserAdded { user: user() }, Fact::TokenCreated { token: token(1, TokenKind::Program) }])
        .await;
    let eve: UserName = "eve".parse().unwrap();
    let same_secret = Token { hash: token(1, TokenKind::Program).hash, ..token(2, TokenKind::Program) };
    let cases = [
        Fact::PasswordSet { user: eve.clone(), password: PasswordHash("x".into()) },
        Fact::TokenCreated { token: Token { user: Some(eve), ..token(3, TokenKind::Session) } },
        Fact::UserAdded { user: User { role: Role::Admin, ..user() } },
        Fact::TokenCreated { token: Token { role: Role::Admin, ..token(1, TokenKind::Program) } },
        Fact::TokenCreated { token: same_secret },
    ];
    for fact in cases {
        let refused = scene.journal.append(vec![fact.clone()]).await;
        assert!(matches!(refused, Err(JournalError::Refused(_))), "{fact:?}: {refused:?}");
    }
}

pub(crate) async fn tokens_are_bounded(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let at = scene.clock.now();
    let make = |number| Fact::TokenCreated { token: Token { created_at: at, ..token(number, TokenKind::Program) } };
    scene.append((0..MAX_TOKENS).map(make).collect()).await;
    let refused = scene.journal.append(vec![make(MAX_TOKENS)]).await.unwrap_err();
    assert!(matches!(refused, JournalError::Refused(Refusal::TooMany { .. })), "{refused}");
    scene.append(vec![Fact::TokenCreated { token: token(MAX_TOKENS + 1, TokenKind::Session) }]).await;
    scene.append(vec![Fact::TokenRevoked { token: id(0) }, make(MAX_TOKENS)]).await;
}
