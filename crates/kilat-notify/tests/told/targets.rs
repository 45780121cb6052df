//! Targets: signed, told in order, each on its own, tried again and caught up, never twice after a restart.

use kilat_core::{Lang, NoticeChange, NoticeStanding, NoticeState};
use kilat_notify::{TargetError, TargetKind, TargetState, Targets, WebhookSecret};
use kilat_testkit::{Answer, Receiver};

use super::scene::{Scene, down, plain, said, secrets, target, webhook};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn state(targets: &Targets, name: &str) -> TargetState {
    let all = targets.all().await.expect("read");
    all.into_iter().find(|view| view.target.name == name).expect("there").state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_told_everything_signed_and_by_the_same_id_when_it_is_tried_again() {
    let hook = Receiver::start(Answer::Status(500));
    let mut scene = Scene::new();
    let targets = scene.targets(vec![webhook("hook", &hook.url)], &[("hook", "signing_key", KEY)]).await;
    scene.raise(down("ssd")).await;
    let first = hook.call();
    hook.answer(Answer::Status(204));
    targets.try_out("hook").await.expect("taken");
    let trial = hook.call();
    assert_eq!(trial.json()["type"], "notification.test");
    let again = hook.call();
    assert_eq!(again.headers["webhook-id"], first.headers["webhook-id"], "the receiver knows that it is the same");
    let key = WebhookSecret::parse(KEY).expect("a key");
    for call in [&first, &again] {
        let (id, at) = (&call.headers["webhook-id"], &call.headers["webhook-timestamp"]);
        let signature = key.sign(id, at.parse().expect("seconds"), &call.text());
        assert_eq!(call.headers["webhook-signature"], signature);
    }
    let told = again.json();
    assert_eq!(told["type"], "notification.raised");
    assert_eq!(told["data"]["texts"]["id"]["title"], "Penyimpanan tidak menerima salinan");

    scene.change(NoticeChange::Acknowledged { id: "ssd".to_owned(), by: "dewi".to_owned() }).await;
    assert_eq!(hook.call().json()["data"]["acknowledgedBy"], "dewi");
    scene.change(NoticeChange::Resolved { key: "destination:ssd".to_owned(), only: Vec::new() }).await;
    assert_eq!(hook.call().json()["type"], "notification.resolved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_hangs_delays_no_other() {
    let (hanging, quick) = (Receiver::start(Answer::Silence), Receiver::start(Answer::Status(200)));
    let mut scene = Scene::new();
    let targets = scene.targets(vec![plain("hangs", &hanging.url), plain("quick", &quick.url)], &[]).await;
    scene.raise(down("a")).await;
    hanging.call();
    for id in ["b", "c", "d"] {
        scene.raise(down(id)).await;
    }
    for _ in 0..4 {
        assert_eq!(quick.call().text(), "raised: Storage takes no copies");
    }
    let hangs = state(&targets, "hangs").await;
    assert_eq!((hangs.told, hangs.attempts), (0, 0), "it still hangs in its first call, and the other has heard all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_fails_is_shown_told_of_to_the_others_and_caught_up() {
    let (deaf, other) = (Receiver::start(Answer::TrialsOnly), Receiver::start(Answer::Status(200)));
    let mut scene = Scene::new();
    let targets = scene.targets(vec![plain("deaf", &deaf.url), plain("other", &other.url)], &[]).await;
    scene.raise(down("a")).await;
    assert_eq!(other.call().text(), "raised: Storage takes no copies");
    deaf.call();
    for _ in 0..2 {
        // A trial that is taken asks for the next attempt at once.
        targets.try_out("deaf").await.expect("a trial is taken");
        assert_eq!(deaf.call().text(), "test: A test from Kilat");
        assert_eq!(deaf.call().text(), "raised: Storage takes no copies");
    }
    let alarm = scene.wait(|standing| standing.notice.key.as_deref() == Some("target:deaf")).await;
    assert_eq!(alarm.notice.data["reason"], "it answered 503: too much at once");
    scene.raise(down("b")).await;
    let shown = targets.all().await.expect("read").into_iter().find(|view| view.target.name == "deaf").expect("there");
    assert_eq!((shown.state.attempts, shown.waiting), (3, 3), "{shown:?}");
    assert_eq!(other.call().text(), "raised: Notifications do not reach deaf");
    assert_eq!(other.call().text(), "raised: Storage takes no copies");

    deaf.answer(Answer::Status(200));
    targets.try_out("deaf").await.expect("taken");
    let is_over = |standing: &NoticeStanding| standing.state() == NoticeState::Resolved;
    scene.wait(|standing| standing.notice.id == alarm.notice.id && is_over(standing)).await;
    let caught_up = [deaf.call().text(), deaf.call().text(), deaf.call().text()];
    let raised = "raised: Storage takes no copies";
    assert_eq!(caught_up, ["test: A test from Kilat", raised, raised], "and nothing of its own failure");
    assert_eq!(other.call().text(), "resolved: Notifications reach deaf again");
    assert_eq!(state(&targets, "deaf").await.error, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_target_took_is_not_told_again_after_a_restart_and_what_it_missed_is() {
    let phone = Receiver::start(Answer::Status(200));
    let mut scene = Scene::new();
    scene.targets(vec![said("phone", &phone.url, "{message}")], &[]).await;
    for id in ["first", "second"] {
        scene.raise(down(id)).await;
    }
    assert_eq!(phone.call().text(), "first is full");
    // It is at the second now, so the first is behind it for good.
    assert_eq!(phone.call().text(), "second is full");
    let mut scene = scene.restart().await;
    scene.raise(down("missed")).await;
    scene.targets(vec![said("phone", &phone.url, "{message}")], &[]).await;
    loop {
        match phone.call().text().as_str() {
            // Taken, and stopped before that was kept: told twice rather than not at all.
            "second is full" => {}
            text => return assert_eq!(text, "missed is full"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ntfy_and_telegram_are_told_in_their_own_ways_and_languages() {
    let server = Receiver::start(Answer::Status(200));
    let mut scene = Scene::new();
    let ntfy = target("ntfy", TargetKind::Ntfy { url: format!("{}/studio", server.url) });
    let ntfy = kilat_notify::Target { lang: Lang::Id, ..ntfy };
    let targets = scene.targets(vec![ntfy], &[("ntfy", "token", "tk_secret")]).await;
    scene.raise(down("ssd")).await;
    let call = server.call();
    assert_eq!(call.line, "POST /studio HTTP/1.1");
    assert_eq!((call.headers["authorization"].as_str(), call.headers["priority"].as_str()), ("Bearer tk_secret", "5"));
    assert_eq!(call.headers["title"], "Penyimpanan tidak menerima salinan");
    assert_eq!(call.text(), "ssd is full");

    let bot = target("bot", TargetKind::Telegram { url: Some(server.url.clone()), chat: "-1001".to_owned() });
    targets.add(bot, secrets(&[("bot_token", "123:abc")]), true).await.expect("added");
    let call = server.call();
    assert_eq!(call.line, "POST /bot123:abc/sendMessage HTTP/1.1");
    assert_eq!(call.json()["chat_id"], "-1001");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_added_is_there_after_a_restart_with_its_secrets_and_gone_when_it_was_removed() {
    let server = Receiver::start(Answer::Status(200));
    let mut scene = Scene::new();
    let targets = scene.targets(Vec::new(), &[]).await;
    let (_, made) = targets.add(webhook("hook", &server.url), secrets(&[]), true).await.expect("added");
    let key = WebhookSecret::parse(&made.expect("a key")).expect("good");
    server.call();
    assert!(matches!(targets.add(webhook("hook", &server.url), secrets(&[]), true).await, Err(TargetError::Taken(_))));
    let mut scene = scene.restart().await;
    let targets = scene.targets(Vec::new(), &[]).await;
    scene.raise(down("a")).await;
    let call = server.call();
    let at = call.headers["webhook-timestamp"].parse().expect("seconds");
    assert_eq!(call.headers["webhook-signature"], key.sign(&call.headers["webhook-id"], at, &call.text()));
    targets.remove("hook").await.expect("removed");
    assert_eq!(scene.journal.secrets().await.expect("read").len(), 0);
    let mut scene = scene.restart().await;
    let targets = scene.targets(Vec::new(), &[]).await;
    assert_eq!(targets.all().await.expect("read"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_followed_elsewhere_and_no_secret_is_told_in_an_error() {
    let lured = Receiver::start(Answer::Status(200));
    let here = Receiver::start(Answer::Elsewhere(lured.url.clone()));
    let mut scene = Scene::new();
    let targets = scene.targets(Vec::new(), &[]).await;
    let error = targets.add(plain("a", &here.url), secrets(&[("token", "geheim")]), true).await.expect_err("not added");
    assert!(error.to_string().contains("it answered 307, another address"), "{error}");
    assert_eq!(lured.left().len(), 0);
    // Nobody listens there: the port was given back.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let hidden = plain("a", &format!("http://{closed}/hooks/{{secret}}"));
    let bot = target("a", TargetKind::Telegram { url: Some(format!("http://{closed}")), chat: "1".to_owned() });
    for (target, field) in [(hidden, "url_secret"), (bot, "bot_token")] {
        let error = targets.add(target, secrets(&[(field, "geheim")]), true).await.expect_err("not added");
        let told = format!("{error} {error:?} {}", error.remedy());
        assert!(!told.contains("geheim") && told.contains("cannot be reached"), "{told}");
    }
    let missing = plain("a", "http://127.0.0.1/{secret}");
    let error = targets.add(missing, secrets(&[]), true).await.expect_err("not added");
    assert!(error.to_string().contains("url_secret"), "{error}");
    assert_eq!(targets.all().await.expect("read"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heart_beats_while_the_journal_can_be_written() {
    let watch = Receiver::start(Answer::Status(200));
    let mut scene = Scene::new();
    let heart = target("watch", TargetKind::Heartbeat { url: format!("{}/ping", watch.url), every_s: 10 });
    let targets = scene.targets(vec![heart], &[]).await;
    assert_eq!(watch.call().line, "GET /ping HTTP/1.1");
    scene.raise(down("a")).await;
    let scene = scene.restart().await;
    assert_eq!(watch.left().len(), 0, "notices are not for it");
    drop((scene, targets));
}
