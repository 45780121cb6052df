//! An S3 server that lies: what is acknowledged is stored and right, everything else is a clear error.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Class, Classify, ReadBack};
use kilat_objects::contract::{Count, Original, key, read};
use kilat_objects::{ObjectStore, StoreError};
use kilat_remote::{Options, Patience};
use kilat_testkit::{Liar, Lie, S3Server, s3_url};
use tempfile::TempDir;

use crate::scene::{fresh, options, s3_secrets, store};

/// A server, the liar before it, and a store that was attached while it told the truth.
struct Scene {
    folder: TempDir,
    _server: S3Server,
    liar: Liar,
    place: Arc<dyn ObjectStore>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let server = S3Server::start(folder.path());
        let liar = Liar::start(server.address);
        let place = open(&liar);
        Self { folder, _server: server, liar, place }
    }

    /// Opens the store anew: it sends a large file in parts, because it does not know yet how fast the line is.
    fn forget_pace(&mut self) {
        self.place = open(&self.liar);
    }

    /// Sends something small, so that a large file goes in one call.
    fn learn_pace(&mut self, name: &str) {
        small().put(&*self.place, &key(name)).expect("the truth is told");
    }

    /// Whether the copy stands where the receipt says, and nothing else does.
    fn holds(&self, name: &str, original: &Original) -> bool {
        let standing = std::fs::read(self.bucket().join(name)).expect("there");
        standing == original.bytes && !self.bucket().join(name.replace('.', " (2).")).exists()
    }

    fn bucket(&self) -> std::path::PathBuf {
        self.folder.path().join(S3Server::BUCKET)
    }
}

fn open(liar: &Liar) -> Arc<dyn ObjectStore> {
    let patience = Patience { idle: Duration::from_secs(2), ..Patience::default() };
    let place = store(&s3_url(liar.address, ""), &s3_secrets(), Options { patience, ..options(fresh()) });
    place.attach().expect("a new place");
    place
}

fn small() -> Original {
    Original::new(1, 300_000)
}

fn large() -> Original {
    Original::new(2, 20_000_000)
}

/// The ways of a file to the server, and the call of each that stores it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Small,
    Whole,
    Parts,
}

impl Way {
    const ALL: [Self; 3] = [Self::Small, Self::Whole, Self::Parts];

    /// Makes the next file of this way go this way.
    fn prepare(self, scene: &mut Scene, name: &str) -> Original {
        scene.forget_pace();
        match self {
            Self::Small => small(),
            Self::Whole => {
                scene.learn_pace(&format!("before {name}"));
                large()
            }
            Self::Parts => large(),
        }
    }

    fn last_call(self) -> (&'static str, &'static str) {
        match self {
            Self::Small | Self::Whole => ("PUT", ".JPG"),
            Self::Parts => ("POST", ".JPG?uploadId"),
        }
    }

    /// A call that carries bytes.
    fn bytes(self) -> &'static str {
        match self {
            Self::Small | Self::Whole => ".JPG",
            Self::Parts => "partNumber=2",
        }
    }
}

#[test]
fn an_error_after_success_and_a_lost_answer_still_store_once() {
    let mut scene = Scene::new();
    for (n, lie) in [Lie::StatusAfter(500), Lie::DropAfter, Lie::StatusAfter(502)].into_iter().enumerate() {
        for (way, (method, target)) in
            Way::ALL.map(|way| (way, way.last_call())).into_iter().chain([(Way::Parts, ("PUT", Way::Parts.bytes()))])
        {
            let name = format!("{way:?}{n}{method}.JPG");
            let original = way.prepare(&mut scene, &name);
            scene.liar.lie(lie.clone(), method, target, 1);
            let receipt = original.put(&*scene.place, &key(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(scene.liar.stop(), 1, "{name}");
            assert!(!receipt.was_there && receipt.key == key(&name) && scene.holds(&name, &original), "{receipt:?}");
        }
    }
}

#[test]
fn a_stored_object_that_was_cut_is_never_acknowledged() {
    let mut scene = Scene::new();
    for way in Way::ALL {
        let name = format!("{way:?}.JPG");
        let original = way.prepare(&mut scene, &name);
        let (method, target) = way.last_call();
        scene.liar.lie(Lie::Truncate(scene.folder.path().to_owned()), method, target, 1);
        let error = original.put(&*scene.place, &key(&name)).expect_err("it was cut");
        assert_eq!(scene.liar.stop(), 1);
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        let receipt = original.put(&*scene.place, &key(&name)).expect("the truth is told again");
        assert!(read(&*scene.place, &receipt.key) == original.bytes, "{receipt:?}");
    }
}

#[test]
fn a_bit_that_flips_on_the_way_there_is_refused_and_sent_again() {
    let mut scene = Scene::new();
    for way in Way::ALL {
        let name = format!("{way:?}.JPG");
        let original = way.prepare(&mut scene, &name);
        scene.liar.lie(Lie::FlipUp, "PUT", way.bytes(), 1);
        original.put(&*scene.place, &key(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(scene.liar.stop(), 1);
        assert!(scene.holds(&name, &original));
    }
    scene.liar.lie(Lie::FlipUp, "PUT", ".JPG", u32::MAX);
    let error = small().put(&*scene.place, &key("c.JPG")).expect_err("every time");
    scene.liar.stop();
    assert!(matches!(error.class(), Class::Retry { .. }), "{error}");
    assert_eq!(scene.place.look(&key("c.JPG")).expect("looked"), None, "nothing stands there");
}

#[test]
fn a_bit_that_flips_on_the_way_back_is_found() {
    let scene = Scene::new();
    let original = small();
    original.put(&*scene.place, &key("a.JPG")).expect("stored");
    scene.liar.lie(Lie::FlipDown, "GET", ".JPG", u32::MAX);
    let error = scene.place.verify(&key("a.JPG"), original.stamp.size_bytes, original.proof).expect_err("flipped");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    scene.liar.stop();
    scene.place.verify(&key("a.JPG"), original.stamp.size_bytes, original.proof).expect("as it was");
}

#[test]
fn a_wrong_tag_is_not_believed_and_the_bytes_are_read_back() {
    let scene = Scene::new();
    scene.liar.lie(Lie::WrongTag, "PUT", ".JPG", 1);
    let receipt = small().put(&*scene.place, &key("a.JPG")).expect("stored");
    assert_eq!(scene.liar.stop(), 1);
    assert_eq!(receipt.read_back, ReadBack::Download);
    assert!(scene.holds("a.JPG", &small()));
}

#[test]
fn a_server_that_hangs_is_given_up_in_time() {
    let scene = Scene::new();
    scene.liar.lie(Lie::Hang, "PUT", ".JPG", u32::MAX);
    let error = small().put(&*scene.place, &key("a.JPG")).expect_err("it hangs");
    assert!(matches!(error.class(), Class::Retry { .. }), "{error}");
    assert!(error.to_string().contains("silent"), "{error}");
}

#[test]
fn an_upload_that_has_ended_and_is_called_somebody_elses_begins_anew() {
    let mut scene = Scene::new();
    let (original, count) = (large(), Count::default());
    scene.liar.lie(Lie::Answer(500, "InternalError", ""), "POST", ".JPG?uploadId", u32::MAX);
    original.put_watched(&*scene.place, &key("a.JPG"), &count).expect_err("it is never completed");
    let kept = count.kept.lock().expect("no panic").take();
    scene.liar.lie(Lie::Answer(403, "AccessDenied", ""), "POST", ".JPG?uploadId", 1);
    let receipt = original.put_on(&*scene.place, &key("a.JPG"), &Count::default(), kept.as_deref()).expect("stored");
    assert_eq!(scene.liar.stop(), 1);
    assert!(receipt.key == key("a.JPG") && scene.holds("a.JPG", &original), "{receipt:?}");
    // What may not be written at all is still said.
    scene.forget_pace();
    scene.liar.lie(Lie::Answer(403, "AccessDenied", ""), "POST", "uploads", u32::MAX);
    let error = original.put_on(&*scene.place, &key("b.JPG"), &Count::default(), None).expect_err("refused");
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");
}

#[test]
fn refusals_are_told_apart() {
    let scene = Scene::new();
    let refused = |lie: Lie| {
        scene.liar.lie(lie, "PUT", ".JPG", u32::MAX);
        let error = small().put(&*scene.place, &key("a.JPG")).expect_err("refused");
        scene.liar.stop();
        error
    };
    let busy = refused(Lie::Answer(503, "SlowDown", "retry-after: 20\r\n"));
    assert_eq!(busy.class(), Class::Retry { after: Some(Duration::from_secs(20)) });
    let expired = refused(Lie::Answer(403, "ExpiredToken", ""));
    assert!(matches!(expired, StoreError::Credentials { .. }), "{expired}");
    let full = refused(Lie::Answer(507, "InsufficientStorage", ""));
    assert!(matches!(full, StoreError::Full { .. }), "{full}");
    let quota = refused(Lie::Answer(403, "QuotaExceeded", ""));
    assert!(matches!(quota, StoreError::Full { .. }), "{quota}");
    let clock = refused(Lie::Answer(403, "RequestTimeTooSkewed", ""));
    assert!(clock.to_string().contains("clock"), "{clock}");
    let gone = refused(Lie::Answer(404, "NoSuchBucket", ""));
    assert!(matches!(gone, StoreError::Gone { .. }), "{gone}");
    for error in [&expired, &full, &quota, &clock, &gone] {
        assert_eq!(error.class(), Class::NeedsOperator, "{error}");
    }
    small().put(&*scene.place, &key("a.JPG")).expect("the truth is told again");
    assert!(scene.holds("a.JPG", &small()) && Path::new(&scene.bucket()).exists());
}
