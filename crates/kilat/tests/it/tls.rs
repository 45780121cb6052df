//! TLS from given files: pages, commands and sockets, beyond loopback too.

use std::process::{Command, Stdio};
use std::sync::Arc;

use kilat_testkit::{Folders, Server, Start};
use serde_json::{Value, json};
use tokio_rustls::rustls::crypto::ring;
use ureq::tls::{TlsConfig, TlsProvider};

use crate::scene::{complaint, folders, kilat, run, text};

/// A server with a certificate of its own for `studio.test`.
fn start(folders: &Folders, listen: &str) -> Server {
    let made = rcgen::generate_simple_self_signed(vec!["studio.test".to_owned()]).expect("a certificate");
    let (certificate, key) = (folders.path().join("cert.pem"), folders.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let flags = ["--tls-cert", &certificate.to_string_lossy(), "--tls-key", &key.to_string_lossy()];
    let arguments = flags.iter().map(|flag| (*flag).to_owned()).collect();
    Server::start_with(kilat(), folders, &Start { arguments, listen: Some(listen.to_owned()), ..Start::default() })
}

#[test]
fn with_a_certificate_everything_is_encrypted_and_cookies_are_secure() {
    let folders = folders();
    let server = start(&folders, "127.0.0.1:0");
    assert!(server.http.starts_with("https://") && server.ws.starts_with("wss://"), "{}", server.http);

    let status = run(&folders, &["status", "--json"]);
    assert!(status.status.success(), "{}", complaint(&status));
    let mut tail = Command::new(kilat());
    tail.current_dir(folders.path()).env_clear().arg("--data").arg(&folders.data).args(["tail", "--json"]);
    let mut tail = tail.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(tail.stdout.take().expect("a pipe")));
    let first: Value = serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("JSON");
    assert_eq!(first["type"], "connected");
    tail.kill().expect("it runs");
    tail.wait().expect("it ends");

    let link = text(&run(&folders, &["link"]));
    let code = link.lines().next().and_then(|line| line.rsplit("#in=").next()).expect("a code").to_owned();
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .disable_verification(true)
        .build();
    let agent = ureq::Agent::config_builder().tls_config(tls).build().new_agent();
    let entered = agent.post(format!("{}/api/session", server.http)).send_json(json!({ "code": code })).expect("in");
    let cookie = entered.headers()["set-cookie"].to_str().expect("text");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    let plain = ureq::get(server.http.replace("https", "http")).call();
    assert!(plain.is_err(), "nothing in the clear");
    assert!(server.stop().success());
}

#[test]
fn a_certificate_opens_the_door_to_the_network_and_a_wrong_one_is_named() {
    let folders = folders();
    let server = start(&folders, "0.0.0.0:0");
    assert!(server.http.starts_with("https://0.0.0.0:"), "{}", server.http);
    let status = run(&folders, &["status"]);
    assert!(status.status.success(), "{}", complaint(&status));
    let link = text(&run(&folders, &["link"]));
    assert!(link.starts_with("https://") && !link.starts_with("https://0.0.0.0"), "a phone cannot go there: {link}");
    assert!(server.stop().success());
    std::fs::write(folders.path().join("key.pem"), "no key").expect("written");
    let flags = ["serve", "--listen", "127.0.0.1:0", "--ws-listen", "127.0.0.1:0", "--tls-cert", "cert.pem"];
    let refused = run(&folders, &[&flags[..], &["--tls-key", "key.pem"]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", complaint(&refused));
    assert!(complaint(&refused).contains("key.pem"), "{}", complaint(&refused));
    let half = run(&folders, &flags);
    assert!(complaint(&half).contains("tls_key"), "{}", complaint(&half));
}
