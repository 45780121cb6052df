//! Tests of access as every room sees it: in, out, and out at once.

use std::net::Ipv4Addr;

use kilat_core::ManualClock;
use rand::SeedableRng;
use tempfile::TempDir;

use super::*;
use crate::{SESSION_VALID, SignInError};

const PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 9));

struct Scene {
    access: Access,
    clock: Arc<ManualClock>,
    journal: Journal,
    _folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let clock = Arc::new(ManualClock::at_ms(1_795_000_000_000));
        let ids = Arc::new(IdSource::new(clock.clone()));
        let journal = Journal::open(&folder.path().join("journal.db"), clock.clone(), ids).expect("a journal");
        let access = open(&journal, &clock, AccessConfig::default()).await;
        Self { access, clock, journal, _folder: folder }
    }

    async fn token(&self, role: Role, valid: Option<Duration>) -> (Token, Secret) {
        let expires_at = valid.map(|valid| self.clock.now().plus(valid));
        let new = NewToken { kind: TokenKind::Program, name: "gallery".to_owned(), role, user: None, expires_at };
        self.access.create_token(new).await.expect("a token")
    }
}

async fn open(journal: &Journal, clock: &Arc<ManualClock>, config: AccessConfig) -> Access {
    let ids = Arc::new(IdSource::new(clock.clone()));
    Access::open(journal.clone(), clock.clone(), ids, StdRng::seed_from_u64(9), config).await.expect("access")
}

fn ayu() -> UserName {
    "ayu".parse().expect("a name")
}

#[tokio::test]
async fn a_token_opens_the_door_until_it_is_revoked_and_sockets_are_told() {
    let scene = Scene::new().await;
    let (token, secret) = scene.token(Role::Operator, None).await;
    let who = scene.access.authenticate(secret.expose()).expect("let in");
    assert_eq!((who.role, who.label.as_str()), (Role::Operator, "gallery"));
    assert!(scene.access.may(&who, Operation::Act) && !scene.access.may(&who, Operation::ManageAccess));
    assert!(scene.access.authenticate("klt_wrong").is_none() && scene.access.authenticate("").is_none());
    let revision = scene.access.revision();
    scene.access.revoke(&token.id).await.expect("revoked");
    assert!(revision.has_changed().expect("alive"));
    assert!(!scene.access.still_holds(&who) && !scene.access.may(&who, Operation::Watch));
    assert!(scene.access.authenticate(secret.expose()).is_none());
    assert!(matches!(scene.access.revoke(&token.id).await, Err(AccessError::NoToken)));
}

#[tokio::test]
async fn another_handle_hears_of_a_revocation_through_the_journal() {
    let scene = Scene::new().await;
    let (token, secret) = scene.token(Role::Viewer, None).await;
    let other = open(&scene.journal, &scene.clock, AccessConfig::default()).await;
    let who = other.authenticate(secret.expose()).expect("let in");
    let mut revision = other.revision();
    let stop = Stop::new();
    let running = tokio::spawn(other.clone().run(stop.clone()));
    scene.access.revoke(&token.id).await.expect("revoked");
    revision.changed().await.expect("alive");
    assert!(!other.still_holds(&who));
    stop.ask();
    running.await.expect("it ends").expect("well");
}

#[tokio::test]
async fn a_token_ends_by_the_clock_and_sockets_are_told() {
    let scene = Scene::new().await;
    let (_, secret) = scene.token(Role::Viewer, Some(Duration::from_secs(60))).await;
    let who = scene.access.authenticate(secret.expose()).expect("let in");
    let revision = scene.access.revision();
    scene.access.notice_ends();
    assert!(!revision.has_changed().expect("alive"));
    scene.clock.advance(Duration::from_secs(60));
    assert!(!scene.access.still_holds(&who) && scene.access.authenticate(secret.expose()).is_none());
    scene.access.notice_ends();
    assert!(revision.has_changed().expect("alive"));
}

#[tokio::test]
async fn a_session_goes_with_its_account_and_its_password() {
    let scene = Scene::new().await;
    let access = &scene.access;
    access.add_user(ayu(), Role::Operator, "a long password".to_owned()).await.expect("an account");
    let taken = access.add_user(ayu(), Role::Viewer, "another password".to_owned()).await;
    assert!(matches!(taken, Err(AccessError::Taken)));
    let sign_in = |password: &'static str| access.sign_in_by_password("ayu", password.to_owned(), PHONE);
    assert!(matches!(sign_in("a wrong password").await, Err(SignInError::Password)));
    let session = sign_in("a long password").await.expect("signed in");
    assert_eq!((session.who.label.as_str(), session.who.role), ("ayu", Role::Operator));
    assert_eq!(access.authenticate(session.secret.expose()).as_ref(), Some(&session.who));
    access.set_password(&ayu(), "quite another one".to_owned()).await.expect("changed");
    assert!(!access.still_holds(&session.who), "the old password's session");
    assert!(matches!(sign_in("a long password").await, Err(SignInError::Password)));
    let session = sign_in("quite another one").await.expect("signed in");
    access.remove_user(&ayu()).await.expect("removed");
    assert!(!access.still_holds(&session.who));
    assert!(matches!(sign_in("quite another one").await, Err(SignInError::Password)));
}

#[tokio::test]
async fn a_link_signs_in_a_few_times_and_gives_its_role() {
    let scene = Scene::new().await;
    let code = scene.access.link_code(Role::Viewer);
    for _ in 0..crate::CODE_USES {
        let session = scene.access.sign_in_by_code(code.expose(), PHONE).await.expect("signed in");
        assert_eq!(session.who.role, Role::Viewer);
        assert_eq!(session.expires_at, scene.clock.now().plus(SESSION_VALID));
    }
    assert!(matches!(scene.access.sign_in_by_code(code.expose(), PHONE).await, Err(SignInError::Code)));
    let late = scene.access.link_code(Role::Viewer);
    scene.clock.advance(crate::CODE_VALID);
    assert!(matches!(scene.access.sign_in_by_code(late.expose(), PHONE).await, Err(SignInError::Code)));
}

#[tokio::test]
async fn guessing_is_slowed_for_an_address_and_for_an_account() {
    let scene = Scene::new().await;
    scene.access.add_user(ayu(), Role::Admin, "a long password".to_owned()).await.expect("an account");
    let other = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 10));
    for _ in 0..10 {
        let refused = scene.access.sign_in_by_password("ayu", "a guess, a guess".to_owned(), PHONE).await;
        assert!(matches!(refused, Err(SignInError::Password)));
    }
    let refused = scene.access.sign_in_by_password("ayu", "a long password".to_owned(), other).await;
    assert!(matches!(refused, Err(SignInError::Throttled { .. })), "the account, from wherever");
    let mut throttled = false;
    for _ in 0..40 {
        throttled |= matches!(scene.access.sign_in_by_code("x", PHONE).await, Err(SignInError::Throttled { .. }));
    }
    assert!(throttled, "the address");
    let code = scene.access.link_code(Role::Admin);
    scene.access.sign_in_by_code(code.expose(), other).await.expect("nobody else is slowed");
}

#[tokio::test]
async fn a_session_in_use_goes_on_and_one_that_signed_out_does_not() {
    let scene = Scene::new().await;
    let code = scene.access.link_code(Role::Viewer);
    let session = scene.access.sign_in_by_code(code.expose(), PHONE).await.expect("signed in");
    assert_eq!(scene.access.renew(&session.who).await.expect("asked"), None, "it is new");
    scene.clock.advance(Duration::from_secs(25 * 3_600));
    let renewed = scene.access.renew(&session.who).await.expect("asked");
    assert_eq!(renewed, Some(scene.clock.now().plus(SESSION_VALID)));
    let ticket = scene.access.ticket(&session.who).expect("room");
    assert_eq!(scene.access.redeem(ticket.expose()), Some(session.who.clone()));
    assert_eq!(scene.access.redeem(ticket.expose()), None);
    let ticket = scene.access.ticket(&session.who).expect("room");
    scene.access.sign_out(&session.who).await.expect("signed out");
    assert_eq!(scene.access.redeem(ticket.expose()), None, "a ticket ends with its holder");
    assert!(!scene.access.still_holds(&session.who));
}

#[tokio::test]
async fn the_settings_let_this_machine_in_and_nobody_else() {
    let scene = Scene::new().await;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    assert_eq!(scene.access.anonymous(here), None);
    let environment = Some(hash_of("a secret of this process"));
    let config = AccessConfig { environment, anonymous: Some(Role::Viewer) };
    let access = open(&scene.journal, &scene.clock, config).await;
    let who = access.anonymous(here).expect("let in");
    assert!(access.may(&who, Operation::Watch) && !access.may(&who, Operation::Act));
    assert_eq!(access.anonymous(PHONE), None);
    let mapped: IpAddr = "::ffff:127.0.0.1".parse().expect("an address");
    assert!(access.anonymous(mapped).is_some());
    let who = access.authenticate("a secret of this process").expect("let in");
    assert!(access.may(&who, Operation::ManageAccess));
    assert!(!scene.access.still_holds(&who), "of that process alone");
}

#[tokio::test]
async fn nothing_secret_is_in_the_database() {
    let scene = Scene::new().await;
    let (_, secret) = scene.token(Role::Admin, None).await;
    scene.access.add_user(ayu(), Role::Admin, "a long password".to_owned()).await.expect("an account");
    let code = scene.access.link_code(Role::Admin);
    let session = scene.access.sign_in_by_code(code.expose(), PHONE).await.expect("signed in");
    scene.journal.close().await.expect("closed");
    let bytes = std::fs::read(scene._folder.path().join("journal.db")).expect("the file");
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("gallery") && holds("ayu"), "it is the right file");
    for secret in [secret.expose(), "a long password", code.expose(), session.secret.expose()] {
        assert!(!holds(secret));
    }
}

#[tokio::test]
async fn a_camera_is_let_in_from_elsewhere_while_somebody_guesses_its_password() {
    let scene = Scene::new().await;
    let (camera, secret) = scene.access.add_camera("Z9 of Budi", None).await.expect("named");
    assert_eq!((camera.id.as_str(), secret.expose().len()), ("z9-of-budi", 10));
    let thief = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 66));
    let (mut looked_at, mut slowed) = (0, 0);
    for _ in 0..200 {
        match scene.access.camera("z9-of-budi", "wrong-guess", thief).await {
            Err(SignInError::Password) => looked_at += 1,
            Err(SignInError::Throttled { .. }) => slowed += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((looked_at, slowed), (10, 190), "each that is looked at costs a hash");
    let known = scene.access.camera(" Z9-of-Budi ", secret.expose(), PHONE).await.expect("from elsewhere");
    assert_eq!(known, camera);
    // A camera behind the same address that signs in for the first time is not slowed by the 190.
    let (other, typed) = scene.access.add_camera("R5 of Sari", None).await.expect("named");
    assert_eq!(scene.access.camera("r5-of-sari", typed.expose(), thief).await.expect("let in"), other);
    // Known from now on, also where somebody guessed.
    scene.access.camera("z9-of-budi", secret.expose(), thief).await.expect("the camera in the same network");
    assert!(matches!(scene.access.add_camera("Z9 of Budi", None).await, Err(AccessError::CameraTaken)));
    scene.access.remove_camera(&camera.id).await.expect("removed");
    assert!(!scene.access.camera_may_send(&camera.id));
    assert!(scene.access.camera("z9-of-budi", secret.expose(), PHONE).await.is_err());
    let (again, other) = scene.access.add_camera("Z9 of Budi", None).await.expect("named again");
    assert!(scene.access.camera("z9-of-budi", secret.expose(), PHONE).await.is_err(), "the old password");
    assert_eq!(scene.access.camera("z9-of-budi", other.expose(), PHONE).await.expect("the new one"), again);
}

#[tokio::test]
async fn a_camera_is_let_in_until_its_time_is_over_and_after_a_restart() {
    let scene = Scene::new().await;
    let end = scene.clock.now().plus(Duration::from_secs(3_600));
    let (camera, secret) = scene.access.add_camera("Phone", Some(end)).await.expect("named");
    let restarted = open(&scene.journal, &scene.clock, AccessConfig::default()).await;
    let known = restarted.camera("phone", secret.expose(), PHONE).await.expect("within its time");
    let who = Who::from(known);
    let may = |operation| restarted.may(&who, operation);
    let all: Vec<_> = Operation::ALL.into_iter().filter(|operation| may(*operation)).collect();
    assert_eq!(all, [Operation::HandIn], "less than its role");
    assert_eq!((restarted.ends_at(&who), who.label.as_str()), (Some(end), "Phone"));
    scene.clock.advance(Duration::from_secs(3_600));
    assert!(!restarted.camera_may_send(&camera.id) && !may(Operation::HandIn) && !restarted.still_holds(&who));
    assert!(matches!(restarted.camera("phone", secret.expose(), PHONE).await, Err(SignInError::Password)));
}
