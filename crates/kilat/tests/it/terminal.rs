//! What a person sees in a terminal, and what stays away when they ask for it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use kilat_testkit::{Folders, Server, has_program};
use rustix::process::{Pid, Signal, kill_process};

use crate::scene::{complaint, folders, kilat, photo, run, text};

/// The first line that a server logs in a terminal of its own.
fn logged_in_a_terminal(folders: &Folders, flag: &str, no_color: &str) -> String {
    let path = |path: &std::path::Path| path.display().to_string();
    let serve = format!(
        "exec {} serve {flag} --data {} --watch {} --to {} --listen 127.0.0.1:0 --ws-listen 127.0.0.1:0",
        path(kilat()),
        path(&folders.data),
        path(&folders.hot),
        path(&folders.out)
    );
    let mut command = Command::new("script");
    command.args(["-q", "-e", "-c", &serve, "/dev/null"]).current_dir(folders.path()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TERM", "xterm").env("NO_COLOR", no_color);
    let mut terminal = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a terminal");
    let mut shown = BufReader::new(terminal.stdout.take().expect("a pipe")).lines().map(|line| line.expect("text"));
    let (mut is_ready, mut watching) = (false, None);
    while !is_ready || watching.is_none() {
        let line = shown.next().expect("it says that it is ready and what it watches");
        is_ready |= line.contains("Kilat is ready");
        watching = watching.or(line.contains("watching").then_some(line));
    }
    let ready = std::fs::read(folders.data.join("ready.json")).expect("it is ready");
    let ready: serde_json::Value = serde_json::from_slice(&ready).expect("JSON");
    let pid = ready["pid"].as_i64().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("a pid");
    kill_process(pid, Signal::INT).expect("it runs");
    assert!(terminal.wait().expect("it ends").success(), "Ctrl-C is a good end");
    watching.expect("seen above")
}

#[test]
fn the_log_has_colours_in_a_terminal_unless_somebody_does_not_want_them() {
    if !has_program("script") {
        println!("skipped: script is not installed");
        return;
    }
    let folders = folders();
    let is_coloured = |flag: &str, no_color: &str| logged_in_a_terminal(&folders, flag, no_color).contains('\u{1b}');
    assert!(is_coloured("", ""));
    assert!(!is_coloured("--no-color", ""));
    assert!(!is_coloured("", "1"));
}

#[test]
fn quiet_leaves_results_and_errors_and_nothing_else() {
    let folders = folders();
    assert!(Server::start(kilat(), &folders).stop().success());
    let loud = run(&folders, &["status"]);
    assert!(complaint(&loud).contains("no server is running"), "{}", complaint(&loud));
    let quiet = run(&folders, &["status", "--quiet"]);
    assert_eq!((complaint(&quiet), text(&quiet)), (String::new(), text(&loud)));
    let failed = run(&folders, &["event", "use", "nobody", "--quiet"]);
    assert!(complaint(&failed).contains("docs/errors/unknown-event.md"), "{}", complaint(&failed));
}

#[test]
fn a_files_name_cannot_steer_the_terminal() {
    let folders = folders();
    std::fs::create_dir_all(&folders.data).expect("made");
    std::fs::write(folders.data.join("kilat.toml"), "[upload]\nmax_file_mb = 1\n").expect("written");
    let server = Server::start(kilat(), &folders);
    // Too large, and so a problem that is shown with its name.
    let path = folders.hot.join("a\u{1b}[2J\nALL SAFE\u{202e}.JPG");
    std::fs::write(path, photo(1, 1_100_000)).expect("written");
    server.viewer().wait_now(|now| now["problems"][0]["kind"] == "too_large");
    let shown = text(&run(&folders, &["status"]));
    assert!(shown.contains("ALL SAFE"), "it is shown: {shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    assert!(!shown.lines().any(|line| line.starts_with("ALL SAFE")), "a name is on its line: {shown}");
}
