//! Who may come in: links, sessions, tokens, roles, foreign pages; and that nothing secret is left lying about.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kilat_auth::{Role, allows};
use kilat_server::{Needs, ROUTES};
use kilat_testkit::{Folders, Server, Start};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, connect};

use crate::scene::{complaint, folders, kilat, run, text};

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    cookie: Option<String>,
    headers: ureq::http::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(Duration::from_secs(60))).build().new_agent()
}

/// Calls with these headers.
pub(crate) fn call(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Answer {
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", server.http));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let text = body.map(Value::to_string).unwrap_or_default();
    let request = request.header("content-type", "application/json").body(text).expect("a request");
    let mut answer = agent().run(request).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    let cookie = answer.headers().get("set-cookie").map(|cookie| cookie.to_str().expect("text").to_owned());
    let told = answer.body_mut().read_to_string().expect("a body");
    Answer {
        status: answer.status().as_u16(),
        cookie,
        headers: answer.headers().clone(),
        body: serde_json::from_str(&told).unwrap_or(Value::Null),
    }
}

/// The sign-in code that the server printed last.
fn printed_code(folders: &Folders) -> String {
    folders.wait_log("#in=");
    let log = folders.log();
    let code = log.rsplit("#in=").next().expect("a link");
    code.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn sign_in(server: &Server, code: &str) -> Answer {
    call(server, "POST", "/api/session", &[], Some(&json!({ "code": code })))
}

/// What the browser sends back of what was set.
fn session(answer: &Answer) -> String {
    let cookie = answer.cookie.as_deref().expect("a cookie");
    cookie.split(';').next().expect("a pair").to_owned()
}

pub(crate) fn token(folders: &Folders, role: Role) -> String {
    let made = run(folders, &["token", "create", "--role", role.as_str(), "--name", "test"]);
    assert!(made.status.success(), "{}", complaint(&made));
    text(&made).trim().to_owned()
}

/// Runs a command with this on its standard input.
fn run_with_input(folders: &Folders, arguments: &[&str], input: &str) -> std::process::Output {
    let mut command = Command::new(kilat());
    command.current_dir(folders.path()).env_clear().arg("--data").arg(&folders.data).args(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
    child.wait_with_output().expect("it ends")
}

fn with_flags(folders: &Folders, flags: &[&str]) -> Server {
    let arguments = flags.iter().map(|flag| (*flag).to_owned()).collect();
    Server::start_with(kilat(), folders, &Start { arguments, ..Start::default() })
}

/// The status with which a WebSocket is refused; none when it opens.
fn refused_socket(address: &str, headers: &[(&str, &str)]) -> Option<u16> {
    let mut request = address.into_client_request().expect("an address");
    for (name, value) in headers {
        let name: ureq::http::HeaderName = name.parse().expect("a name");
        request.headers_mut().insert(name, value.parse().expect("a header"));
    }
    match connect(request) {
        Ok(_) => None,
        Err(Error::Http(answer)) => Some(answer.status().as_u16()),
        Err(error) => panic!("{address}: {error}"),
    }
}

#[test]
fn the_printed_link_signs_a_browser_in_and_signing_out_ends_it() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let nobody = call(&server, "GET", "/api/session", &[], None);
    assert_eq!((nobody.status, nobody.code()), (401, "not_signed_in"));
    assert!(nobody.body["error"].is_string() && nobody.body["remedy"].is_string(), "{}", nobody.body);
    let code = printed_code(&folders);
    let entered = sign_in(&server, &code);
    assert_eq!((entered.status, &entered.body["role"]), (200, &json!("admin")), "{}", entered.body);
    let cookie = entered.cookie.clone().expect("a cookie");
    for part in ["kilat_session=klt_", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "it would not come back without TLS: {cookie}");
    let cookie = session(&entered);
    let who = call(&server, "GET", "/api/session", &[("cookie", &cookie)], None);
    assert_eq!((who.status, &who.body["role"]), (200, &json!("admin")));
    assert_eq!(call(&server, "GET", "/api/now", &[("cookie", &cookie)], None).status, 200);
    let out = call(&server, "DELETE", "/api/session", &[("cookie", &cookie), ("origin", &server.http)], None);
    assert!(out.status == 200 && out.cookie.expect("it is taken away").contains("Max-Age=0"));
    assert_eq!(call(&server, "GET", "/api/now", &[("cookie", &cookie)], None).status, 401);
}

#[test]
fn a_link_works_five_times_and_each_link_has_its_role() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let made = run(&folders, &["link", "--json"]);
    let link: Value = serde_json::from_str(&text(&made)).expect("JSON");
    let url = link["url"].as_str().expect("a URL");
    assert!(url.starts_with(&format!("{}/admin#in=", server.http)), "{url}");
    let code = url.rsplit("#in=").next().expect("a code");
    for _ in 0..5 {
        assert_eq!(sign_in(&server, code).body["role"], "viewer");
    }
    let late = sign_in(&server, code);
    assert_eq!((late.status, late.code()), (401, "bad_code"));
    let shown = text(&run(&folders, &["link", "--role", "operator"]));
    assert!(shown.lines().count() > 10 && shown.contains('█'), "a QR code: {shown}");
    let code: String = shown.lines().next().and_then(|line| line.rsplit("#in=").next()).expect("a link").to_owned();
    let operator = session(&sign_in(&server, &code));
    let ask = |role: &str| {
        let headers = [("cookie", operator.as_str()), ("origin", server.http.as_str())];
        call(&server, "POST", "/api/links", &headers, Some(&json!({ "role": role }))).status
    };
    assert_eq!((ask("viewer"), ask("operator"), ask("admin")), (200, 403, 403));
}

#[test]
fn wrong_passwords_are_slowed_and_the_right_one_signs_in() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let added = run_with_input(&folders, &["user", "add", "ayu", "--role", "operator"], "a long password\n");
    assert!(added.status.success(), "{}", complaint(&added));
    let attempt = |name: &str, password: &str| {
        call(&server, "POST", "/api/session", &[], Some(&json!({ "name": name, "password": password })))
    };
    let right = attempt("ayu", "a long password");
    assert_eq!((right.status, &right.body["name"], &right.body["role"]), (200, &json!("ayu"), &json!("operator")));
    let (wrong, nobody) = (attempt("ayu", "a wrong password"), attempt("eve", "a wrong password"));
    assert_eq!((wrong.status, wrong.code()), (401, "bad_password"));
    assert_eq!(wrong.body, nobody.body, "names of nobody are not told apart");
    let slowed = (0..20).map(|_| attempt("ayu", "a wrong password")).find(|answer| answer.status == 429);
    let slowed = slowed.expect("guessing is slowed");
    assert_eq!(slowed.code(), "too_many_attempts");
    assert!(slowed.headers.contains_key("retry-after"));
    assert_eq!(attempt("ayu", "a long password").status, 429, "also the right one, until it has passed");
    // The account's own people come in by a link meanwhile.
    assert_eq!(sign_in(&server, &printed_code(&folders)).status, 200);
}

#[test]
fn accounts_are_made_changed_and_removed_with_and_without_a_server() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    assert!(run_with_input(&folders, &["user", "add", "ayu"], "a long password\n").status.success());
    let short = run_with_input(&folders, &["user", "add", "bima"], "short\n");
    assert!(!short.status.success() && complaint(&short).contains("at least 10"), "{}", complaint(&short));
    let argument = run(&folders, &["user", "add", "bima", "a long password"]);
    assert_eq!(argument.status.code(), Some(2), "a password is never an argument");
    let enter = |server: &Server, password: &str| {
        call(server, "POST", "/api/session", &[], Some(&json!({ "name": "ayu", "password": password })))
    };
    let cookie = session(&enter(&server, "a long password"));
    assert!(run_with_input(&folders, &["user", "passwd", "ayu"], "another password\n").status.success());
    assert_eq!(call(&server, "GET", "/api/now", &[("cookie", &cookie)], None).status, 401, "signed out");
    assert_eq!(enter(&server, "a long password").status, 401);
    assert!(server.stop().success());

    assert!(text(&run(&folders, &["user", "list"])).starts_with("ayu\tviewer"));
    assert!(run_with_input(&folders, &["user", "passwd", "ayu"], "a third password\n").status.success());
    let server = Server::start(kilat(), &folders);
    let cookie = session(&enter(&server, "a third password"));
    assert!(run(&folders, &["user", "remove", "ayu"]).status.success());
    assert_eq!(call(&server, "GET", "/api/now", &[("cookie", &cookie)], None).status, 401);
    assert_eq!(enter(&server, "a third password").status, 401);
    let again = run(&folders, &["user", "remove", "ayu"]);
    assert_eq!(again.status.code(), Some(1), "{}", complaint(&again));
}

#[test]
fn a_token_is_printed_once_listed_without_its_secret_and_revoked_at_once() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let secret = token(&folders, Role::Operator);
    assert!(secret.starts_with("klt_") && secret.len() == 56, "{secret}");
    let bearer = format!("Bearer {secret}");
    let status = || call(&server, "GET", "/api/now", &[("authorization", &bearer)], None).status;
    assert_eq!(status(), 200);
    let listed = text(&run(&folders, &["token", "list", "--json"]));
    assert!(!listed.contains(&secret));
    let rows: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let row = rows.iter().find(|row| row["name"] == "test").expect("it is listed");
    assert_eq!((&row["role"], &row["kind"]), (&json!("operator"), &json!("program")));
    assert!(run(&folders, &["token", "revoke", row["id"].as_str().expect("an id")]).status.success());
    assert_eq!(status(), 401);
    assert!(server.stop().success());

    let offline = token(&folders, Role::Viewer);
    let ended = run(&folders, &["token", "create", "--role", "viewer", "--expires", "2020-01-01"]);
    assert_eq!(ended.status.code(), Some(2), "{}", complaint(&ended));
    let server = Server::start(kilat(), &folders);
    let bearer = format!("Bearer {offline}");
    assert_eq!(call(&server, "GET", "/api/now", &[("authorization", &bearer)], None).status, 200);
}

#[test]
fn every_call_is_judged_by_the_callers_role() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut callers = vec![(None, None)];
    for role in Role::ALL {
        callers.push((Some(role), Some(format!("Bearer {}", token(&folders, role)))));
    }
    for route in ROUTES {
        let path = route.path.replace("{name}", "nobody").replace("{id}", "nobody").replace("{*rest}", "nothing");
        let path = path.replace("{channel}", "dslr");
        for (role, bearer) in &callers {
            let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
            let answer = call(&server, route.method, &path, &headers, None);
            let refusal = match (route.needs, role) {
                (Needs::Anyone | Needs::OnThisMachineOr(_), _) | (Needs::Somebody, Some(_)) => None,
                (Needs::Operation(operation), Some(role)) if allows(*role, operation) => None,
                (Needs::Operation(_), Some(_)) => Some((403, "not_allowed")),
                (Needs::Somebody | Needs::Operation(_), None) => Some((401, "not_signed_in")),
            };
            let told = (answer.status, answer.code());
            match refusal {
                Some(refusal) => assert_eq!(told, refusal, "{} {path} by {role:?}", route.method),
                // It went on to the call itself, which exists and may have found nothing or a missing body.
                None => assert!(
                    !matches!(answer.status, 401 | 403 | 405 | 500) || answer.code() == "bad_code",
                    "{} {path} by {role:?}: {told:?}",
                    route.method
                ),
            }
            assert!(answer.headers.contains_key("content-security-policy"), "{path}");
        }
    }
    // The socket's own port, at any path.
    for (role, bearer) in &callers {
        let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        for address in [server.ws.clone(), server.ws.replace("/ws", "/"), server.ws.replace("/ws", "/any/where")] {
            let expected = if role.is_some() { None } else { Some(401) };
            assert_eq!(refused_socket(&address, &headers), expected, "{address} by {role:?}");
        }
    }
}

#[test]
fn measurements_are_for_programs_on_this_machine_and_for_who_may_see_inside() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let status = |headers: &[(&str, &str)]| call(&server, "GET", "/metrics", headers, None).status;
    assert_eq!(status(&[]), 200);
    // A proxy on this machine asks for somebody elsewhere.
    let elsewhere = ("x-forwarded-for", "203.0.113.7");
    assert_eq!(status(&[elsewhere]), 401);
    let viewer = format!("Bearer {}", token(&folders, Role::Viewer));
    assert_eq!(status(&[elsewhere, ("authorization", &viewer)]), 403);
    let operator = format!("Bearer {}", token(&folders, Role::Operator));
    assert_eq!(status(&[elsewhere, ("authorization", &operator)]), 200);
}

#[test]
fn foreign_names_and_pages_are_refused_whoever_calls() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let bearer = server.bearer();
    let of = |header: (&str, &str)| {
        let answer = call(&server, "GET", "/api/now", &[("authorization", &bearer), header], None);
        (answer.status, answer.code().to_owned())
    };
    assert_eq!(of(("host", "evil.example")), (403, "foreign_host".to_owned()));
    for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
        assert_eq!(of(("origin", origin)), (403, "foreign_origin".to_owned()), "{origin}");
        assert_eq!(refused_socket(&server.ws, &[("authorization", &bearer), ("origin", origin)]), Some(403));
    }
    assert_eq!(of(("origin", &server.http)).0, 200);
    // A page of another program on this machine: it may look as whoever it says it is, and never as the browser's user.
    let cookie = session(&sign_in(&server, &printed_code(&folders)));
    let other = "http://localhost:5173";
    assert_eq!(call(&server, "GET", "/api/now", &[("cookie", &cookie), ("origin", other)], None).status, 401);
    assert_eq!(refused_socket(&server.ws, &[("cookie", &cookie), ("origin", other)]), Some(401));
    assert_eq!(refused_socket(&server.ws, &[("cookie", &cookie), ("origin", &server.http)]), None);
}

#[test]
fn a_cookie_acts_only_from_a_page_that_says_it_is_ours() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let cookie = session(&sign_in(&server, &printed_code(&folders)));
    let pause = |headers: &[(&str, &str)]| {
        let headers = [&[("cookie", cookie.as_str())], headers].concat();
        call(&server, "POST", "/api/dslr/status", &headers, Some(&json!({ "action": "pause" }))).status
    };
    assert_eq!(pause(&[]), 403);
    assert_eq!(pause(&[("sec-fetch-site", "cross-site")]), 403);
    assert_eq!(pause(&[("origin", "http://localhost:5173")]), 401);
    assert_eq!(pause(&[("origin", &server.http)]), 200);
    assert_eq!(pause(&[("sec-fetch-site", "same-origin")]), 200);
}

#[test]
fn a_ticket_opens_one_socket_and_a_token_in_the_address_none_unless_allowed() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let bearer = server.bearer();
    let made = call(&server, "POST", "/api/ticket", &[("authorization", &bearer)], None);
    let ticket = made.body["ticket"].as_str().expect("a ticket");
    let address = format!("{}?ticket={ticket}", server.ws);
    assert_eq!(call(&server, "GET", &format!("/api/now?ticket={ticket}"), &[], None).status, 401, "for sockets alone");
    assert_eq!(refused_socket(&address, &[]), None);
    assert_eq!(refused_socket(&address, &[]), Some(401), "once");
    let viewer = token(&folders, Role::Viewer);
    let by_token = |server: &Server| format!("{}?token={viewer}", server.ws);
    assert_eq!(refused_socket(&by_token(&server), &[]), Some(401));
    assert!(server.stop().success());
    std::fs::write(folders.data.join("kilat.toml"), "[access]\nurl_token = true\n").expect("written");
    let server = Server::start(kilat(), &folders);
    assert_eq!(refused_socket(&by_token(&server), &[]), None);
    assert_eq!(refused_socket(&format!("{}?token=klt_wrong", server.ws), &[]), Some(401));
}

#[test]
fn pages_of_the_replaced_system_run_unchanged_where_the_settings_let_them() {
    let folders = folders();
    let server = with_flags(&folders, &["--anonymous", "viewer"]);
    let page = ("origin", "http://localhost:3000");
    assert_eq!(refused_socket(&server.ws, &[page]), None);
    assert_eq!(call(&server, "GET", "/api/dslr/status", &[page], None).status, 200);
    let picture = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")];
    assert_eq!(call(&server, "GET", "/api/photos", &picture, None).status, 401, "of another site");
    let pause = json!({ "action": "pause" });
    assert_eq!(call(&server, "POST", "/api/dslr/status", &[page], Some(&pause)).status, 403);
    let wrong = [page, ("authorization", "Bearer klt_wrong")];
    assert_eq!(
        call(&server, "GET", "/api/dslr/status", &wrong, None).status,
        401,
        "who says something wrong is nobody"
    );
    assert!(server.stop().success());
    folders.wait_log("access.anonymous");
    let server = with_flags(&folders, &["--anonymous", "operator"]);
    assert_eq!(call(&server, "POST", "/api/dslr/status", &[page], Some(&pause)).status, 200);
    assert_eq!(call(&server, "GET", "/api/admin/tokens", &[page], None).status, 403);
}

#[test]
fn commands_without_a_key_are_not_allowed_and_say_so() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mode =
        |name: &str| std::fs::metadata(folders.data.join(name)).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode("key"), mode(".")), (0o600, 0o700));
    let mut command = Command::new(kilat());
    command.current_dir(folders.path()).env_clear().env("KILAT_TOKEN", "klt_wrong_wrong_wrong");
    let refused = command.arg("--data").arg(&folders.data).arg("status").output().expect("it runs");
    assert_eq!(refused.status.code(), Some(4), "{}", complaint(&refused));
    assert!(complaint(&refused).contains("docs/errors/not-allowed.md"), "{}", complaint(&refused));
    let mut tail = Command::new(kilat());
    tail.current_dir(folders.path()).env_clear().env("KILAT_TOKEN", "klt_wrong_wrong_wrong");
    let refused = tail.arg("--data").arg(&folders.data).arg("tail").output().expect("it runs");
    assert_eq!(refused.status.code(), Some(4), "{}", complaint(&refused));
    assert!(server.stop().success());
    let unreachable = run(&folders, &["link"]);
    assert_eq!(unreachable.status.code(), Some(3), "{}", complaint(&unreachable));
    // A lost or foreign key is made anew, and the old one opens nothing.
    let old = std::fs::read_to_string(folders.data.join("key")).expect("the key");
    std::fs::remove_file(folders.data.join("key")).expect("removed");
    let server = Server::start(kilat(), &folders);
    assert_ne!(server.token, old.trim());
    let bearer = format!("Bearer {}", old.trim());
    assert_eq!(call(&server, "GET", "/api/now", &[("authorization", &bearer)], None).status, 401);
}

#[test]
fn a_token_of_the_environment_opens_the_door_of_that_process_alone() {
    let folders = folders();
    let secret = "a secret of this process";
    let start =
        |value: &str| Start { environment: vec![("KILAT_TOKEN".to_owned(), value.to_owned())], ..Start::default() };
    let server = Server::start_with(kilat(), &folders, &start(secret));
    let bearer = format!("Bearer {secret}");
    let tokens = |server: &Server| call(server, "GET", "/api/admin/tokens", &[("authorization", &bearer)], None).status;
    assert_eq!(tokens(&server), 200);
    assert!(!text(&run(&folders, &["token", "list"])).contains("KILAT_TOKEN"), "it is nowhere kept");
    assert!(server.stop().success());
    assert!(!folders.log().contains(secret));
    let server = Server::start_with(kilat(), &folders, &start("another secret of it"));
    assert_eq!(tokens(&server), 401);
}

#[test]
fn a_flood_of_silent_connections_does_not_keep_who_is_signed_in_out() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let address = server.http.trim_start_matches("http://").to_owned();
    // More than the strangers that a server keeps, as far as this process may have open files.
    let flood: Vec<_> = (0..2_500).map_while(|_| std::net::TcpStream::connect(&address).ok()).collect();
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(server.get("/api/now")["event"]["name"], "Wedding");
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?} with {} strangers", began.elapsed(), flood.len());
    server.viewer().wait_now(|_| true);
}

#[test]
fn nothing_secret_is_in_the_log_or_the_database() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let secret = token(&folders, Role::Admin);
    assert!(run_with_input(&folders, &["user", "add", "ayu"], "a long password\n").status.success());
    let cookie = session(&sign_in(&server, &printed_code(&folders)));
    let bearer = format!("Bearer {secret}");
    assert_eq!(call(&server, "GET", "/api/now", &[("authorization", &bearer)], None).status, 200);
    let key = server.token.clone();
    assert!(server.stop().success());
    let database = std::fs::read(folders.data.join("journal.db")).expect("the database");
    let log = folders.log();
    let session = cookie.trim_start_matches("kilat_session=");
    for secret in [secret.as_str(), "a long password", session, &key] {
        assert!(!log.contains(secret), "in the log");
        assert!(!database.windows(secret.len()).any(|part| part == secret.as_bytes()), "in the database");
    }
}

#[test]
fn a_stranger_that_says_nothing_is_hung_up_on() {
    use std::io::Read;
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut silent = std::net::TcpStream::connect(server.http.trim_start_matches("http://")).expect("connected");
    silent.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n").expect("half a head");
    let began = Instant::now();
    let mut rest = Vec::new();
    // A reset is an end as well.
    silent.read_to_end(&mut rest).unwrap_or(0);
    assert!(began.elapsed() < Duration::from_secs(20) && began.elapsed() > Duration::from_secs(5));
    assert_eq!(server.get("/health")["status"], "ok");
}

#[test]
fn one_address_has_its_share_of_connections() {
    let folders = folders();
    std::fs::create_dir_all(&folders.data).expect("made");
    std::fs::set_permissions(&folders.data, std::fs::Permissions::from_mode(0o700)).expect("private");
    std::fs::write(folders.data.join("kilat.toml"), "[limits]\nper_address = 8\n").expect("written");
    let server = Server::start(kilat(), &folders);
    let address = server.http.trim_start_matches("http://").to_owned();
    let held: Vec<_> = (0..8).map(|_| std::net::TcpStream::connect(&address).expect("connected")).collect();
    let refused = ureq::get(format!("{}/health", server.http)).call();
    assert!(refused.is_err(), "{refused:?}");
    drop(held);
    let began = Instant::now();
    while ureq::get(format!("{}/health", server.http)).call().is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "its places are free again");
    }
}
