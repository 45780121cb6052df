//! The polling fallback, call by call, as pages of the replaced system make it.

use kilat_testkit::Server;
use serde_json::{Value, json};

use crate::scene::{folders, kilat};

/// Status and body of any call; the body is JSON whatever the status.
fn call(server: &Server, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", server.http));
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = request
        .header("content-type", "application/json")
        .header("authorization", server.bearer())
        .body(body)
        .expect("a request");
    let mut answer = agent.run(request).expect("an answer");
    let text = answer.body_mut().read_to_string().expect("text");
    let body =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{method} {path} is no JSON ({error}): {text:?}"));
    (answer.status().as_u16(), body)
}

#[test]
fn every_refusal_is_json_with_a_remedy() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    for (method, path, status) in [
        ("PUT", "/api/dslr/status", 405),
        ("DELETE", "/api/admin/events", 405),
        ("GET", "/api/uploads/retry", 405),
        ("PUT", "/api/nothing", 405),
        ("GET", "/api/nothing", 404),
        ("PATCH", "/health", 405),
        ("GET", "/api/photos/nobody", 404),
    ] {
        let (answered, body) = call(&server, method, path, None);
        assert_eq!((answered, &body["success"]), (status, &json!(false)), "{method} {path}: {body}");
        assert!(body["error"].is_string() && body["remedy"].is_string(), "{method} {path}: {body}");
    }
}

#[test]
fn forgetting_old_backups_answers_while_there_are_none() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    for path in ["/api/admin/backup/status", "/api/admin/backup/status?maxAge=30"] {
        let (status, body) = call(&server, "DELETE", path, None);
        assert_eq!((status, &body["success"]), (200, &json!(true)), "{body}");
    }
    let (status, body) = call(&server, "DELETE", "/api/admin/backup/status?maxAge=soon", None);
    assert_eq!((status, &body["code"]), (400, &json!("bad_age")), "{body}");
}

#[test]
fn a_page_that_sends_all_its_settings_changes_those_that_can_be_changed() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let (_, status) = call(&server, "GET", "/api/dslr/status", None);
    let shown = ["autoDetect", "backupEnabled", "watermarkEnabled", "watchFolder", "eventId", "notificationsEnabled"];
    let mut settings: Value = shown.iter().map(|name| ((*name).to_owned(), status[*name].clone())).collect();
    settings["uploaderName"] = json!("Dewi");
    let ask = |settings: &Value| json!({ "action": "update_settings", "settings": settings });
    let (answered, body) = call(&server, "POST", "/api/dslr/status", Some(&ask(&settings)));
    assert_eq!((answered, &body["uploaderName"]), (200, &json!("Dewi")), "{body}");
    // What cannot be is refused by name, and nothing else of that call is done.
    settings["watermarkEnabled"] = json!(true);
    settings["uploaderName"] = json!("Budi");
    let (answered, body) = call(&server, "POST", "/api/dslr/status", Some(&ask(&settings)));
    assert_eq!((answered, &body["code"]), (400, &json!("bad_settings")), "{body}");
    assert!(body["error"].to_string().contains("watermarkEnabled"), "{body}");
    assert_eq!(call(&server, "GET", "/api/dslr/status", None).1["uploaderName"], "Dewi");
}
