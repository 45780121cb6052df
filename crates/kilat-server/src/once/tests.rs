use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use kilat_auth::{Credential, Role};
use tokio::sync::Notify;
use tower::ServiceExt;

use super::*;

/// Counts how often its command was carried out.
struct Scene {
    router: Router,
    count: Arc<AtomicU32>,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Scene {
    fn new() -> Self {
        let (count, begun, go_on) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let counted = Arc::clone(&count);
        let command = move |body: Bytes| async move {
            let n = counted.fetch_add(1, Ordering::SeqCst) + 1;
            if body == "busy" {
                (StatusCode::SERVICE_UNAVAILABLE, format!("{n}"))
            } else {
                (StatusCode::CREATED, format!("{n}"))
            }
        };
        let (told, waits, slow) = (Arc::clone(&begun), Arc::clone(&go_on), Arc::clone(&count));
        let slowly = move || async move {
            told.notify_one();
            waits.notified().await;
            format!("{}", slow.fetch_add(1, Ordering::SeqCst) + 1)
        };
        let router = Router::new().route("/do", post(command)).route("/slow", post(slowly));
        let router = router.layer(from_fn_with_state(Once::new(TaskTracker::new()), once));
        Self { router, count, begun, go_on }
    }

    async fn send(&self, path: &str, who: &str, key: &str, body: &'static str) -> (u16, String, bool) {
        let mut request = Request::post(path).header(KEY, key).body(Body::from(body)).expect("a request");
        let credential = Credential::Token(who.parse().expect("an id"));
        request.extensions_mut().insert(Who { role: Role::Operator, label: who.to_owned(), credential });
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let is_again = response.headers().contains_key(REPLAYED);
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), MAX_ANSWER).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned(), is_again)
    }
}

#[tokio::test]
async fn a_command_that_is_sent_twice_is_carried_out_once_and_answered_twice() {
    let scene = Scene::new();
    assert_eq!(scene.send("/do", "ayu", "k1", "a").await, (201, "1".to_owned(), false));
    assert_eq!(scene.send("/do", "ayu", "k1", "a").await, (201, "1".to_owned(), true));
    assert_eq!(scene.send("/do", "ayu", "k2", "a").await.1, "2", "another wish");
    assert_eq!(scene.send("/do", "bima", "k1", "a").await.1, "3", "another person's key");
}

#[tokio::test]
async fn a_key_of_another_command_is_refused_and_a_bad_one_too() {
    let scene = Scene::new();
    scene.send("/do", "ayu", "k1", "a").await;
    for (path, body) in [("/do", "b"), ("/slow", "a")] {
        let (status, text, _) = scene.send(path, "ayu", "k1", body).await;
        assert!(status == 422 && text.contains("key_reused"), "{text}");
    }
    let long = "x".repeat(MAX_KEY + 1);
    for key in ["", &long] {
        assert_eq!(scene.send("/do", "ayu", key, "a").await.0, 400);
    }
    assert_eq!(scene.count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_may_be_another_in_a_moment_is_not_kept() {
    let scene = Scene::new();
    assert_eq!(scene.send("/do", "ayu", "k1", "busy").await, (503, "1".to_owned(), false));
    assert_eq!(scene.send("/do", "ayu", "k1", "busy").await, (503, "2".to_owned(), false));
}

#[tokio::test]
async fn a_command_goes_on_when_its_caller_hangs_up_and_its_answer_can_be_asked_for() {
    let scene = Scene::new();
    {
        let call = scene.send("/slow", "ayu", "k1", "");
        tokio::select! {
            _ = call => panic!("nobody let it end"),
            () = scene.begun.notified() => {}
        }
    }
    assert_eq!(scene.send("/slow", "ayu", "k1", "").await.0, 409, "it still goes");
    scene.go_on.notify_one();
    let answer = loop {
        let answer = scene.send("/slow", "ayu", "k1", "").await;
        if answer.0 != 409 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(answer, (200, "1".to_owned(), true));
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_bounded_in_time_and_number() {
    let scene = Scene::new();
    scene.send("/do", "ayu", "k0", "a").await;
    tokio::time::advance(KEEP).await;
    assert_eq!(scene.send("/do", "ayu", "k0", "a").await.1, "2", "too old");
    for n in 0..MAX_KEPT {
        scene.send("/do", "ayu", &format!("n{n}"), "a").await;
    }
    assert!(!scene.send("/do", "ayu", "k0", "a").await.2, "the oldest went first");
    assert!(scene.send("/do", "ayu", &format!("n{}", MAX_KEPT - 1), "a").await.2);
}
