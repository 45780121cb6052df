//! Lines without an end: whoever sends one is stopped soon, and fills no memory.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use kilat_testkit::Server;
use socket2::SockRef;

use super::{Camera, Login, address, certificate, start};
use crate::scene::{complaint, folders, text};

/// What is tried.
const FLOOD_BYTES: u64 = 64 << 20;
/// What may be taken of it: a line's bytes, and what the system keeps on both sides: some megabytes on the client's own.
const MOST_BYTES: u64 = 4 << 20;
/// What the server's memory may have grown by at its highest; the flood is sixteen times that.
const MOST_GROWN_KB: u64 = 4 << 10;
/// Who does not sign in is ended after 20 s: whoever floods, before.
const SOON: Duration = Duration::from_secs(15);

/// The most memory that it had, in KB.
fn peak_kb(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it is told");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Sends a line without an end until nobody takes it; answers how much was taken, by the system's buffer too.
fn flood(mut line: &TcpStream) -> u64 {
    SockRef::from(line).set_send_buffer_size(64 << 10).expect("a buffer");
    let mut sent = 0;
    while sent < FLOOD_BYTES {
        match line.write(&[b'x'; 65_536]) {
            Ok(written) => sent += written as u64,
            Err(_) => break,
        }
    }
    sent
}

fn must_be_stopped(what: &str, began: Instant, sent: u64) {
    assert!(sent < MOST_BYTES, "{what}: {sent} bytes were taken");
    assert!(began.elapsed() < SOON, "{what}: it took {:?}", began.elapsed());
}

#[test]
fn a_line_without_an_end_is_ended_soon_and_fills_no_memory() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    let before = peak_kb(&server);
    let began = Instant::now();
    must_be_stopped("before the sign-in", began, flood(&TcpStream::connect(at).expect("connected")));
    let camera = Camera::sign_in(at, &login).expect("let in");
    let began = Instant::now();
    must_be_stopped("after the sign-in", began, flood(camera.control.get_ref()));
    // Many at once, and a line that a command is before.
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut line = TcpStream::connect(at).expect("connected");
                line.write_all(b"NOOP\r\nUSER ").expect("sent");
                must_be_stopped("one of sixteen", began, flood(&line));
            });
        }
    });
    let grown = peak_kb(&server).saturating_sub(before);
    assert!(grown < MOST_GROWN_KB, "{grown} KB more");
    let log = folders.log();
    assert!(log.contains("Z9 of Budi sent a line without an end"), "{log}");
    Camera::sign_in(at, &login).expect("others are let in");
    assert!(server.stop().success());
}

const FLOOD_IN_TLS: &str = "
import ftplib, ssl, sys, time
host, port, user, password, most = sys.argv[1:]
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
ftp = ftplib.FTP_TLS(context=context)
ftp.connect(host, int(port), timeout=30)
if user:
    ftp.login(user, password)
else:
    ftp.auth()
sent, began = 0, time.monotonic()
try:
    while sent < int(most):
        ftp.sock.sendall(b'x' * 16384)
        sent += 16384
except OSError:
    pass
print(sent, time.monotonic() - began)
";

fn flood_in_tls(at: SocketAddr, login: Option<&Login>) -> (u64, f64) {
    let (user, password) = login.map_or(("", ""), |login| (&*login.user, &*login.password));
    let mut python = Command::new("python3");
    python.args(["-c", FLOOD_IN_TLS, &at.ip().to_string(), &at.port().to_string(), user, password]);
    let output = python.arg(FLOOD_BYTES.to_string()).output().expect("python3 is installed");
    let said = text(&output);
    let (sent, took) = said.trim().split_once(' ').unwrap_or_else(|| panic!("{said}{}", complaint(&output)));
    (sent.parse().expect("a number"), took.parse().expect("a number"))
}

#[test]
fn a_line_without_an_end_inside_tls_is_no_other() {
    let folders = folders();
    let (certificate, key) = certificate(&folders);
    let server = start(&folders, &["--tls-cert", &certificate, "--tls-key", &key], &[]);
    let (login, at) = (Login::make(&folders, "Z9 of Budi"), address(&folders).expect("ready"));
    let before = peak_kb(&server);
    for login in [None, Some(&login)] {
        let (sent, took) = flood_in_tls(at, login);
        assert!(sent < MOST_BYTES, "{sent} bytes were taken");
        assert!(took < SOON.as_secs_f64(), "it took {took} s");
    }
    let grown = peak_kb(&server).saturating_sub(before);
    assert!(grown < MOST_GROWN_KB, "{grown} KB more");
    assert!(server.stop().success());
}

#[test]
fn a_client_that_asks_much_and_waits_for_its_answers_is_let_be() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let login = Login::make(&folders, "Z9 of Budi");
    let mut camera = Camera::sign_in(address(&folders).expect("ready"), &login).expect("let in");
    let long = format!("SIZE /{}/DSC_0001.JPG", "x".repeat(990));
    for _ in 0..300 {
        assert_eq!(camera.tell("NOOP").expect("answered").0, 200);
        assert_eq!(camera.tell(&long).expect("answered").0, 550);
    }
    // Some programs ask a handful of things at once.
    camera.control.get_mut().write_all(&b"NOOP\r\n".repeat(200)).expect("sent");
    for _ in 0..200 {
        assert_eq!(camera.answer().expect("answered").0, 200);
    }
    assert!(server.stop().success());
}
