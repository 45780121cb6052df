//! Who is told beyond the browser, by settings, by command line, by push; and what nobody has seen.

use kilat_testkit::{Answer, Folders, Heard, Receiver, Server, Start};
use serde_json::{Value, json};

use crate::scene::{complaint, folders, kilat, pipe, run, text};

/// A browser's public key (RFC 8291, appendix A).
const BROWSER: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

fn settings(folders: &Folders, text: &str) {
    std::fs::create_dir_all(&folders.data).expect("made");
    std::fs::write(folders.data.join("kilat.toml"), text).expect("written");
}

fn control(server: &Server, action: &str) {
    let (status, answer) = server.call("POST", "/api/dslr/control", Some(&json!({ "action": action })));
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn targets_of_the_settings_are_told_signed_and_each_in_its_own_way() {
    let (folders, hook, phone) =
        (folders(), Receiver::start(Answer::Status(204)), Receiver::start(Answer::Status(200)));
    settings(
        &folders,
        &format!(
            r#"
            [[notify]]
            name = "site"
            kind = "webhook"
            url = "{}/hook"

            [[notify]]
            name = "phone"
            kind = "ntfy"
            url = "{}/{{secret}}"
            at_least = "medium"
            lang = "id"
            "#,
            hook.url, phone.url
        ),
    );
    let environment = [
        ("KILAT_SECRET_SITE_SIGNING_KEY", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("KILAT_SECRET_PHONE_URL_SECRET", "topic-that-nobody-guesses"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let server = Server::start_with(kilat(), &folders, &Start { environment, ..Start::default() });
    control(&server, "stop");
    let told = hook.call();
    assert!(told.headers["webhook-signature"].starts_with("v1,"), "{:?}", told.headers);
    assert_eq!((&told.json()["type"], &told.json()["data"]["type"]), (&json!("notification.raised"), &json!("system")));
    let heard = phone.call();
    assert_eq!(heard.line, "POST /topic-that-nobody-guesses HTTP/1.1");
    assert_eq!(heard.headers["title"], "Penyalinan dijeda");
    control(&server, "start");
    assert_eq!(hook.call().json()["type"], "notification.resolved");
    let list = text(&run(&folders, &["notify", "list"]));
    assert!(list.contains("phone\tntfy\tmedium") && list.contains("{secret}"), "{list}");
    assert!(!format!("{list}{}", folders.log()).contains("nobody-guesses"), "{list}");
    let removed = run(&folders, &["notify", "remove", "site"]);
    assert!(complaint(&removed).contains("named by the settings"), "{}", complaint(&removed));
}

#[test]
fn an_operator_adds_tries_lists_and_removes_a_target_with_and_without_a_server() {
    for is_running in [true, false] {
        let (folders, bot) = (folders(), Receiver::start(Answer::Status(200)));
        let server = Server::start(kilat(), &folders);
        let server = if is_running {
            Some(server)
        } else {
            assert!(server.stop().success());
            None
        };
        let add = ["notify", "add", "bot", &bot.url, "--kind", "telegram", "--chat", "42", "--at-least", "medium"];
        let added = pipe(&folders, &add, "bot_token=123:geheim\n");
        assert!(added.status.success(), "{}", complaint(&added));
        assert_eq!(bot.call().line, "POST /bot123:geheim/sendMessage HTTP/1.1");
        let again = pipe(&folders, &add, "bot_token=123:geheim\n");
        assert!(complaint(&again).contains("another target bot"), "{}", complaint(&again));
        let tested = run(&folders, &["notify", "test", "bot"]);
        assert!(tested.status.success() && text(&tested).starts_with("bot\ttook it in"), "{}", text(&tested));
        bot.answer(Answer::Status(403));
        let failed = run(&folders, &["notify", "test", "bot"]);
        assert!(!failed.status.success());
        assert!(complaint(&failed).contains("not allowed") && complaint(&failed).contains("check the secret"));
        let listed: Value = serde_json::from_str(&text(&run(&folders, &["notify", "list", "--json"]))).expect("JSON");
        assert_eq!((&listed["kind"], &listed["chat"]), (&json!("telegram"), &json!("42")), "{listed}");
        let told = format!("{}{}{listed}{}", text(&added), complaint(&failed), folders.log());
        assert!(!told.contains("geheim"), "{told}");
        assert!(run(&folders, &["notify", "remove", "bot"]).status.success());
        assert_eq!(text(&run(&folders, &["notify", "list"])), "");
        let unknown = run(&folders, &["notify", "test", "bot"]);
        assert!(complaint(&unknown).contains("kilat notify list") || complaint(&unknown).contains("look at the list"));
        drop(server);
        for entry in std::fs::read_dir(&folders.data).expect("there") {
            let path = entry.expect("an entry").path();
            let bytes = if path.is_file() { std::fs::read(&path).expect("read") } else { Vec::new() };
            assert!(!bytes.windows(6).any(|window| window == b"geheim"), "{}", path.display());
        }
    }
}

#[test]
fn a_new_webhook_gets_a_key_that_is_printed_once() {
    let (folders, hook) = (folders(), Receiver::start(Answer::Status(200)));
    let server = Server::start(kilat(), &folders);
    let added = pipe(&folders, &["notify", "add", "site", &hook.url, "--kind", "webhook"], "");
    assert!(added.status.success(), "{}", complaint(&added));
    let key = text(&added);
    assert!(key.starts_with("whsec_") && key.lines().count() == 1, "{key}");
    assert_eq!(hook.call().json()["type"], "notification.test");
    let list = text(&run(&folders, &["notify", "list", "--json"]));
    assert!(list.contains("site") && !list.contains(key.trim()), "{list}");
    hook.answer(Answer::Status(500));
    let refused = pipe(&folders, &["notify", "add", "other", &hook.url, "--kind", "webhook"], "");
    assert!(complaint(&refused).contains("it answered 500"), "{}", complaint(&refused));
    let wrong = run(&folders, &["notify", "add", "other", &hook.url, "--kind", "pigeon"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", complaint(&wrong));
    drop(server);
}

#[test]
fn an_alarm_that_nobody_has_seen_is_told_again_and_seen_by_one_is_seen_by_all() {
    let folders = folders();
    settings(&folders, "[notifications]\nescalate_after_seconds = 1\nescalations = 20\n");
    let server = Server::start(kilat(), &folders);
    let screens = [server.viewer(), server.viewer()];
    let away = folders.path().join("away");
    std::fs::rename(&folders.hot, &away).expect("moved");
    let is_alarm = |heard: &Heard, holds: &dyn Fn(&Value) -> bool| {
        let notice = heard.payload();
        let is_it = heard.kind() == "notification" && notice["type"] == "camera_disconnected" && holds(notice);
        is_it.then(|| notice.clone())
    };
    let alarm = screens[0].wait(|heard| is_alarm(heard, &|notice| notice.get("escalations").is_none()));
    assert_eq!((&alarm["priority"], &alarm["state"]), (&json!("critical"), &json!("open")));
    let again = screens[0].wait(|heard| is_alarm(heard, &|notice| notice["escalations"] == 1));
    assert_eq!((&again["id"], &again["showToast"]), (&alarm["id"], &json!(true)), "{again}");
    let log = text(&run(&folders, &["notify", "log", "--open"]));
    let id = alarm["id"].as_str().expect("an id");
    assert!(log.contains(id) && log.contains("critical"), "{log}");
    let seen = run(&folders, &["notify", "ack", id]);
    assert!(seen.status.success(), "{}", complaint(&seen));
    for screen in &screens {
        let seen = screen.wait(|heard| is_alarm(heard, &|notice| notice["state"] == "acknowledged"));
        assert_eq!((&seen["id"], &seen["showToast"]), (&alarm["id"], &json!(false)));
        assert!(seen["acknowledgedBy"].is_string(), "{seen}");
    }
    assert!(complaint(&run(&folders, &["notify", "ack", id])).contains("0 notifications"));
    let unknown = run(&folders, &["notify", "ack", "nobody/has ever?seen"]);
    assert!(complaint(&unknown).contains("no notification"), "{}", complaint(&unknown));
    std::fs::rename(&away, &folders.hot).expect("back");
    screens[1].wait(|heard| {
        let is_over = heard.kind() == "notification" && heard.payload()["state"] == "resolved";
        (is_over && heard.payload()["id"] == alarm["id"]).then_some(())
    });
}

#[test]
fn a_device_is_signed_up_by_http_told_encrypted_and_forgotten_with_whoever_signed_it_up() {
    let (folders, service) = (folders(), Receiver::start(Answer::Status(201)));
    settings(&folders, "[notifications]\npush_own_service = true\npush_contact = \"mailto:you@example.com\"\n");
    let mut server = Server::start(kilat(), &folders);
    let admin = server.token.clone();
    let (_, made) = server.call("POST", "/api/admin/tokens", Some(&json!({ "role": "viewer", "name": "phone" })));
    let (viewer, id) = (made["token"].as_str().expect("a token").to_owned(), made["id"].clone());
    server.token = viewer;
    let key = server.get("/api/push")["publicKey"].clone();
    assert_eq!(key.as_str().map(str::len), Some(87), "{key}");
    let device = json!({
        "endpoint": format!("{}/send/1", service.url),
        "expirationTime": null,
        "keys": { "p256dh": BROWSER, "auth": "BTBZMqHH6r4Tts7J_aSIgg" },
        "lang": "id",
        "atLeast": "medium",
    });
    let (status, answer) = server.call("POST", "/api/push", Some(&device));
    assert_eq!(status, 200, "{answer}");
    let wrong = json!({ "endpoint": "https://push.example/1", "keys": { "p256dh": "AA", "auth": "AA" } });
    assert_eq!(server.call("POST", "/api/push", Some(&wrong)).1["code"], "bad_device");
    let (refused, _) = server.call("GET", "/api/push/devices", None);
    assert_eq!(refused, 403, "a viewer does not see who is told");
    server.token = admin;
    control(&server, "stop");
    let call = service.call();
    assert_eq!((call.line.as_str(), call.headers["content-encoding"].as_str()), ("POST /send/1 HTTP/1.1", "aes128gcm"));
    assert!(call.headers["authorization"].starts_with("vapid t="));
    assert!(call.body.len() > 103 && call.headers["ttl"] == "86400");
    let devices = server.get("/api/push/devices");
    assert_eq!((&devices[0]["by"], &devices[0]["id"]), (&json!("phone"), &answer["id"]), "{devices}");
    assert!(!devices.to_string().contains("/send/1"), "whoever knows the address can disturb the device");

    let device_id = answer["id"].as_str().expect("an id");
    let tested = run(&folders, &["notify", "test", &format!("push-{device_id}")]);
    assert!(tested.status.success(), "{}", complaint(&tested));
    assert_eq!(service.call().headers["urgency"], "normal");
    let (revoked, _) = server.call("DELETE", &format!("/api/admin/tokens/{}", id.as_str().expect("an id")), None);
    assert_eq!(revoked, 200);
    let gone = run(&folders, &["notify", "test", &format!("push-{device_id}")]);
    assert!(complaint(&gone).contains("signed off"), "{}", complaint(&gone));
    assert_eq!(server.get("/api/push/devices"), json!([]));
    let key_again = {
        assert!(server.stop().success());
        Server::start(kilat(), &folders).get("/api/push")["publicKey"].clone()
    };
    assert_eq!(key_again, key, "devices are signed up for this key");
    assert_eq!(service.left().len(), 0);
}
