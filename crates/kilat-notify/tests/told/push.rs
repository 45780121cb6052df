//! Web Push, against a push service on this machine that decrypts as a browser does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use data_encoding::BASE64URL_NOPAD;
use kilat_core::{Lang, Millis, NoticeChange, Priority};
use kilat_notify::{Device, Push, PushConfig, PushError, Vapid};
use kilat_testkit::{Answer, Call, NEVER, Receiver};
use p256::ecdsa::signature::Verifier;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use serde_json::Value;

use super::scene::{Scene, down};

const SECRET: [u8; 16] = [9; 16];

/// A browser that subscribed.
struct Browser {
    key: p256::SecretKey,
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(salt: &[u8], key: &[u8], about: &[&[u8]], length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    let made = Salt::new(HKDF_SHA256, salt).extract(key);
    made.expand(about, Length(length)).expect("short").fill(&mut out).expect("short");
    out
}

impl Browser {
    fn new(seed: u8) -> Self {
        Self { key: p256::SecretKey::from_slice(&[seed; 32]).expect("a key") }
    }

    fn device(&self, endpoint: &str) -> Device {
        Device {
            endpoint: endpoint.to_owned(),
            p256dh: BASE64URL_NOPAD.encode(&self.public()),
            auth: BASE64URL_NOPAD.encode(&SECRET),
            by: "dewi".to_owned(),
            user: None,
            token: None,
            at: Millis(1),
            lang: Lang::Id,
            at_least: Priority::High,
        }
    }

    fn public(&self) -> Vec<u8> {
        p256::Sec1Point::from(self.key.public_key()).as_bytes().to_vec()
    }

    /// Reads a message as the standard says (RFC 8188, RFC 8291).
    fn reads(&self, call: &Call) -> Value {
        let (salt, rest) = call.body.split_at(16);
        let (head, rest) = rest.split_at(5);
        assert_eq!(head, [0, 0, 16, 0, 65]);
        let (peer, record) = rest.split_at(65);
        let peer_key = p256::PublicKey::from_sec1_bytes(peer).expect("a point");
        let agreed = p256::ecdh::diffie_hellman(self.key.to_nonzero_scalar(), peer_key.as_affine());
        let about: [&[u8]; 3] = [b"WebPush: info\0", &self.public(), peer];
        let shared = derive(&SECRET, agreed.raw_secret_bytes().as_slice(), &about, 32);
        let content = derive(salt, &shared, &[b"Content-Encoding: aes128gcm\0"], 16);
        let nonce = derive(salt, &shared, &[b"Content-Encoding: nonce\0"], 12);
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content).expect("a key"));
        let nonce = Nonce::try_assume_unique_for_key(&nonce).expect("twelve bytes");
        let mut record = record.to_vec();
        let text = cipher.open_in_place(nonce, Aad::empty(), &mut record).expect("it is for this browser");
        let (end, text) = text.split_last().expect("an end");
        assert_eq!(*end, 2);
        serde_json::from_slice(text).expect("JSON")
    }
}

/// Checks who calls, as a push service does (RFC 8292).
fn verify(call: &Call, public_key: &str, audience: &str) {
    let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url");
    let given = call.headers["authorization"].strip_prefix("vapid t=").expect("a token");
    let (token, key) = given.split_once(", k=").expect("a key");
    assert_eq!(key, public_key);
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&decode(key)).expect("a point");
    let signature = p256::ecdsa::Signature::from_slice(&decode(signature)).expect("two numbers");
    key.verify(signed.as_bytes(), &signature).expect("it is signed");
    let (_, claims) = signed.split_once('.').expect("claims");
    let claims: Value = serde_json::from_slice(&decode(claims)).expect("JSON");
    assert_eq!(claims["aud"], audience);
}

async fn push(scene: &mut Scene, key: &str, is_own_network: bool, may_hear: &Arc<AtomicBool>) -> Push {
    let may_hear = Arc::clone(may_hear);
    let config = PushConfig {
        vapid: Vapid::read(key, Some("mailto:studio@example.org")).expect("a key"),
        is_own_network,
        still_holds: Box::new(move |_| may_hear.load(Ordering::SeqCst)),
    };
    let push = Push::open(config, scene.journal.clone(), Arc::clone(&scene.clock)).await.expect("push");
    scene.run(push.clone().run(scene.stop()));
    push
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_told_what_only_it_can_read_also_after_a_restart() {
    let service = Receiver::start(Answer::Status(201));
    let (mut scene, may_hear) = (Scene::new(), Arc::new(AtomicBool::new(true)));
    let key = Vapid::make().expect("a key");
    let first = push(&mut scene, &key, true, &may_hear).await;
    let browser = Browser::new(3);
    let id = first.subscribe(browser.device(&format!("{}/send/1", service.url))).await.expect("signed up");
    scene.raise(down("ssd")).await;
    let call = service.call();
    assert_eq!(call.line, "POST /send/1 HTTP/1.1");
    assert_eq!((call.headers["content-encoding"].as_str(), call.headers["urgency"].as_str()), ("aes128gcm", "high"));
    verify(&call, &first.public_key(), &service.url);
    let told = browser.reads(&call);
    assert_eq!((&told["title"], &told["id"]), (&"Penyimpanan tidak menerima salinan".into(), &"ssd".into()));
    scene.change(NoticeChange::Acknowledged { id: "ssd".to_owned(), by: "dewi".to_owned() }).await;
    scene.change(NoticeChange::Resolved { key: "destination:ssd".to_owned(), only: Vec::new() }).await;
    let over = browser.reads(&service.call());
    assert_eq!(over["title"], "Penyimpanan menerima salinan lagi", "that somebody has seen it is not pushed");

    let mut scene = scene.restart().await;
    let again = push(&mut scene, &key, true, &may_hear).await;
    assert_eq!(again.devices().len(), 1);
    again.try_out(&id).await.expect("taken");
    // What it took last may be told again, had its place not been kept by the time of the stop.
    while browser.reads(&service.call())["why"] != "test" {}
    assert!(again.unsubscribe(&id).await.expect("signed off"));
    assert!(!again.unsubscribe(&id).await.expect("asked"));
    scene.raise(down("hdd")).await;
    let scene = scene.restart().await;
    for call in service.left() {
        assert_ne!(browser.reads(&call)["id"], "hdd", "it had signed off");
    }
    assert_eq!(scene.journal.notes("").await.expect("read"), Vec::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_is_gone_is_forgotten_and_the_others_are_told() {
    for gone in [404, 410] {
        let (dead, alive) = (Receiver::start(Answer::Status(gone)), Receiver::start(Answer::Status(201)));
        let (mut scene, may_hear) = (Scene::new(), Arc::new(AtomicBool::new(true)));
        let push = push(&mut scene, &Vapid::make().expect("a key"), true, &may_hear).await;
        let (old, new) = (Browser::new(3), Browser::new(4));
        push.subscribe(old.device(&format!("{}/old", dead.url))).await.expect("signed up");
        let kept = push.subscribe(new.device(&format!("{}/new", alive.url))).await.expect("signed up");
        scene.raise(down("a")).await;
        dead.call();
        new.reads(&alive.call());
        scene.raise(down("b")).await;
        new.reads(&alive.call());
        // Its answer is on its way; nothing else can end this.
        let forgotten = async {
            while push.devices().len() > 1 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(NEVER, forgotten).await.expect("it is forgotten");
        let scene = scene.restart().await;
        let notes = scene.journal.notes("push:").await.expect("read");
        assert_eq!(notes.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&kept], "{gone}");
        assert_eq!(dead.left().len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_come_in_no_more_hears_no_more() {
    let service = Receiver::start(Answer::Status(201));
    let (mut scene, may_hear) = (Scene::new(), Arc::new(AtomicBool::new(true)));
    let push = push(&mut scene, &Vapid::make().expect("a key"), true, &may_hear).await;
    push.subscribe(Browser::new(3).device(&format!("{}/1", service.url))).await.expect("signed up");
    scene.raise(down("a")).await;
    service.call();
    may_hear.store(false, Ordering::SeqCst);
    scene.raise(down("b")).await;
    let scene = scene.restart().await;
    drop(scene);
    assert_eq!(service.left().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_cannot_make_kilat_call_into_the_house() {
    let house = Receiver::start(Answer::Status(201));
    let (mut scene, may_hear) = (Scene::new(), Arc::new(AtomicBool::new(true)));
    let push = push(&mut scene, &Vapid::make().expect("a key"), false, &may_hear).await;
    let browser = Browser::new(3);
    let plain = push.subscribe(browser.device(&format!("{}/1", house.url))).await;
    assert!(matches!(plain, Err(PushError::Device(_))), "http");
    let inside = browser.device(&format!("{}/1", house.url.replace("http://", "https://")));
    let id = push.subscribe(inside).await.expect("its name may be public");
    push.try_out(&id).await.expect_err("it is not");
    assert_eq!(house.left().len(), 0);
    let bad = Device { auth: "AAAA".to_owned(), ..browser.device("https://push.example/1") };
    assert!(matches!(push.subscribe(bad).await, Err(PushError::Device(_))));
}
