//! Start, stop, and what is refused at the start.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use kilat_testkit::Server;

use crate::scene::{complaint, folders, kilat, photo, run};

#[test]
fn a_stop_ends_well_tells_the_viewers_and_leaves_no_address_behind() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    viewer.wait_now(|_| true);
    let status = server.stop();
    assert!(status.success(), "{status}; {}", folders.log());
    assert!(!folders.data.join("ready.json").exists());
    assert!(viewer.try_wait(&mut |_| None::<()>).is_none(), "the connection is closed");
}

#[test]
fn a_stop_in_the_middle_of_copies_parks_them_and_the_next_start_ends_them() {
    let folders = folders();
    for number in 0..20 {
        let path = folders.hot.join(format!("DSC_{number:04}.JPG"));
        std::fs::write(path, photo(number, 3_000_000)).expect("written");
    }
    let server = Server::start(kilat(), &folders);
    server.viewer().wait_now(|now| now["counts"]["held"].as_u64() > Some(0));
    assert!(server.stop().success(), "{}", folders.log());
    let server = Server::start(kilat(), &folders);
    server.viewer().wait_safe(20);
}

#[test]
fn a_server_whose_log_nobody_reads_any_more_still_stops() {
    let folders = folders();
    let mut command = Command::new(kilat());
    command.arg("serve").args(["--listen", "127.0.0.1:0", "--ws-listen", "127.0.0.1:0", "--data"]).arg(&folders.data);
    command.arg("--watch").arg(&folders.hot).arg("--to").arg(&folders.out);
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
    let mut lines = BufReader::new(server.stderr.take().expect("its log")).lines();
    lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("sign in"))).expect("it answers").expect("a line");
    // Whoever read it is gone, as a terminal that was closed.
    drop(lines);
    let pid = rustix::process::Pid::from_child(&server);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("asked to stop");
    assert!(server.wait().expect("it ends").success());
}

#[test]
fn two_servers_never_share_a_data_folder() {
    let folders = folders();
    let _server = Server::start(kilat(), &folders);
    let second = run(&folders, &["serve", "--listen", "127.0.0.1:0", "--ws-listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(complaint(&second).contains("docs/errors/already-running.md"), "{}", complaint(&second));
}

#[test]
fn a_port_that_is_taken_is_named_with_the_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let folders = folders();
    let address = taken.local_addr().expect("an address").to_string();
    let output = run(&folders, &["serve", "--listen", &address, "--ws-listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint(&output).contains("--listen"), "{}", complaint(&output));
}

#[test]
fn a_door_to_the_network_is_not_opened_without_being_asked_for() {
    let folders = folders();
    let output = run(&folders, &["serve", "--listen", "0.0.0.0:0", "--ws-listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(2), "{}", complaint(&output));
    assert!(complaint(&output).contains("allow-lan"), "{}", complaint(&output));
}

#[test]
fn a_wrong_setting_names_its_key_its_place_and_the_remedy() {
    let folders = folders();
    std::fs::create_dir_all(&folders.data).expect("made");
    for (file, wants) in [
        ("listne = \"x\"", "listne"),
        ("[upload]\nparallel = 0", "upload.parallel"),
        ("listen = \"nowhere\"", "listen"),
    ] {
        std::fs::write(folders.data.join("kilat.toml"), file).expect("written");
        let output = run(&folders, &["serve"]);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", complaint(&output));
        let said = complaint(&output);
        assert!(said.contains(wants) && said.contains("docs/errors/setting.md"), "{file}: {said}");
        assert!(said.lines().count() <= 3, "{said}");
    }
}

#[test]
fn an_unknown_flag_is_wrong_use() {
    let output = Command::new(kilat()).arg("--nonsense").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
}
