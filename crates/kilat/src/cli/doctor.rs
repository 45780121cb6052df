//! `kilat doctor`: this machine and the settings, checked one by one, each with its remedy.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use kilat_core::{Clock, SystemClock, size_text};
use serde::Serialize;

use super::call::Server;
use super::out;
use crate::app::ftp_menu;
use crate::config::{Config, Poll, Wanted};
use crate::fail::{Code, Exit, Fail};

/// Below this a disk is too full to start an event.
const LOW_BYTES: u64 = 5_000_000_000;
/// Folders that one hot folder can be watched with, at least.
const MIN_WATCHES: u64 = 8_192;
/// No clock of this program's time shows less: 2026-01-01.
const EARLIEST_MS: i64 = 1_767_225_600_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

#[derive(Debug, Serialize)]
struct Check {
    name: String,
    verdict: Verdict,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Debug, Serialize)]
struct Report {
    checks: Vec<Check>,
}

pub(super) fn run(config: &Config, json: bool) -> Result<(), Fail> {
    let report = Report { checks: examine(config)? };
    let failed = report.checks.iter().filter(|check| check.verdict == Verdict::Fail).count();
    if json {
        out::json(&report)?;
    } else {
        for check in &report.checks {
            let mark = match check.verdict {
                Verdict::Ok => "ok  ",
                Verdict::Warn => "WARN",
                Verdict::Fail => "FAIL",
            };
            out::line(&format!("{mark} {}: {}", check.name, check.found))?;
            if let Some(remedy) = &check.remedy {
                out::line(&format!("       {remedy}"))?;
            }
        }
    }
    if failed == 0 {
        return Ok(());
    }
    let what = format!("{failed} of {} checks failed", report.checks.len());
    Err(Fail::new(Code::Doctor, what, "do what stands under each FAIL, then run kilat doctor again").exit(Exit::Failed))
}

fn examine(config: &Config) -> Result<Vec<Check>, Fail> {
    let running = Server::find(&config.data.value)?;
    let mut checks = vec![data_folder(&config.data.value)];
    for folder in &config.watch.value {
        if !folder.exists() && is_made_by_serve(folder, &config.data.value) {
            checks.push(not_there_yet(format!("hot folder {}", folder.display())));
            continue;
        }
        checks.push(hot_folder(folder));
        checks.push(events(folder, config.poll.value));
    }
    let wanted = config.wanted();
    for folder in wanted.iter().filter_map(Wanted::folder) {
        if !folder.exists() && is_made_by_serve(folder, &config.data.value) {
            checks.push(not_there_yet(format!("destination {}", folder.display())));
        } else {
            checks.push(destination(folder));
        }
        checks.push(same_disk(folder, &config.watch.value));
    }
    match running {
        Some(server) => checks.push(ok("server", format!("running, {}", server.ready.http))),
        None => {
            checks.push(port("listen", config.listen.value));
            checks.push(port("ws_listen", config.ws_listen.value));
            if let Some(listen) = config.ftp.listen.value {
                checks.push(port("ftp.listen", listen));
            }
        }
    }
    checks.extend(config.ftp.listen.value.map(|_| ftp_address(config)));
    checks.push(cameras(&config.tether.value));
    checks.push(usb());
    checks.push(watch_limit());
    checks.push(open_files());
    checks.push(clock());
    Ok(checks)
}

/// What cameras have in their menus must be where this machine is reached.
fn ftp_address(config: &Config) -> Check {
    let name = "FTP for cameras".to_owned();
    let Some(menu) = ftp_menu(config, None) else { return ok(name, "off".to_owned()) };
    let found = format!("{} port {}, photos through ports {}", menu.host, menu.port, menu.passive_ports);
    if menu.host.starts_with("127.") {
        return warn(name, &format!("{found}: no camera reaches it"), "use --ftp-listen 0.0.0.0:2121");
    }
    ok(name, found)
}

fn data_folder(path: &Path) -> Check {
    use std::os::unix::fs::PermissionsExt;
    let name = format!("data folder {}", path.display());
    let Ok(meta) = std::fs::metadata(path) else {
        return not_there_yet(name);
    };
    if !meta.is_dir() {
        return fail(name, "it is not a folder", "give another one with --data");
    }
    if let Err(error) = writable(path) {
        return fail(name, &format!("cannot be written: {error}"), "make it yours: chown and chmod 700");
    }
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return warn(name, &format!("others may read it (mode {mode:o})"), &format!("chmod 700 {}", path.display()));
    }
    room(name, path)
}

/// Serve makes the last part of a path, and its own folder with all above it.
fn is_made_by_serve(path: &Path, data: &Path) -> bool {
    path.parent().is_some_and(|parent| parent == data || (parent.is_dir() && writable(parent).is_ok()))
}

fn not_there_yet(name: String) -> Check {
    ok(name, "not there yet; kilat serve makes it".to_owned())
}

fn hot_folder(path: &Path) -> Check {
    let name = format!("hot folder {}", path.display());
    match std::fs::read_dir(path) {
        Ok(_) => ok(name, "can be read".to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            warn(name, "not there, nor is the folder above", "mount its disk, or name another with --watch")
        }
        Err(error) => fail(name, &format!("cannot be read: {error}"), "let this user read it: chmod u+rx"),
    }
}

fn events(path: &Path, poll: Poll) -> Check {
    let name = format!("events of {}", path.display());
    if poll == Poll::Always {
        return ok(name, "looked at every second, by setting".to_owned());
    }
    match kilat_ingest::gives_events(path) {
        Some(true) => ok(name, "the file system tells of new files at once".to_owned()),
        Some(false) if poll == Poll::Auto => {
            ok(name, "the file system tells nothing; Kilat looks every second".to_owned())
        }
        Some(false) => fail(name, "the file system tells nothing and poll = \"never\"", "set ingest.poll = \"auto\""),
        None => warn(name, "unknown: the folder is not there", "mount its disk, then run kilat doctor again"),
    }
}

fn destination(path: &Path) -> Check {
    let name = format!("destination {}", path.display());
    if !path.exists() {
        let found = "not there, and the folder above cannot be written";
        return fail(name, found, "mount its disk, or name another with --to");
    }
    match writable(path) {
        Ok(()) => room(name, path),
        Err(error) => {
            fail(name, &format!("cannot be written: {error}"), "let this user write there, or name another with --to")
        }
    }
}

fn same_disk(to: &Path, watch: &[PathBuf]) -> Check {
    use std::os::unix::fs::MetadataExt;
    let name = format!("separate disk for {}", to.display());
    let device = |path: &Path| {
        let path = std::path::absolute(path).ok()?;
        path.ancestors().find_map(|path| std::fs::metadata(path).ok()).map(|meta| meta.dev())
    };
    if watch.iter().any(|folder| device(folder) == device(to)) {
        let remedy = "name a destination on another disk as well: two copies on one disk are lost together";
        return warn(name, "it is on the same disk as the hot folder", remedy);
    }
    ok(name, "it is on another disk than the hot folder".to_owned())
}

fn room(name: String, path: &Path) -> Check {
    let Ok(stat) = rustix::fs::statvfs(path) else {
        return warn(name, "its free room cannot be asked", "is its disk still there?");
    };
    let free = stat.f_bavail * stat.f_frsize;
    let found = format!("writable, {} free", size_text(free));
    if free < LOW_BYTES {
        warn(name, &found, "free some room before the event, or use another disk")
    } else {
        ok(name, found)
    }
}

fn writable(path: &Path) -> std::io::Result<()> {
    use rustix::fs::{Access, access};
    access(path, Access::WRITE_OK | Access::EXEC_OK).map_err(Into::into)
}

fn port(setting: &str, address: std::net::SocketAddr) -> Check {
    let name = format!("{setting} {address}");
    match TcpListener::bind(address) {
        Ok(_) => ok(name, "free".to_owned()),
        Err(error) => fail(name, &format!("cannot be used: {error}"), "stop what uses it, or choose another port"),
    }
}

fn usb() -> Check {
    let (found, remedy) = super::usb::cameras();
    match remedy {
        Some(remedy) => warn("USB".to_owned(), &found, &remedy),
        None => ok("USB", found),
    }
}

fn watch_limit() -> Check {
    let name = "inotify watches".to_owned();
    let read = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches");
    match read.ok().and_then(|text| text.trim().parse::<u64>().ok()) {
        Some(limit) if limit < MIN_WATCHES => {
            let remedy = "sysctl fs.inotify.max_user_watches=524288, and keep it in /etc/sysctl.d";
            warn(name, &format!("only {limit} folders can be watched"), remedy)
        }
        Some(limit) => ok(name, format!("{limit} folders can be watched")),
        None => ok(name, "this system has no such limit".to_owned()),
    }
}

fn open_files() -> Check {
    let name = "open files".to_owned();
    match rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        Some(limit) if limit < 1_024 => warn(name, &format!("only {limit}"), "ulimit -n 65536: each viewer needs one"),
        Some(limit) => ok(name, limit.to_string()),
        None => ok(name, "unlimited".to_owned()),
    }
}

/// Only whoever named a camera needs the library.
fn cameras(named: &[String]) -> Check {
    let name = "cameras on a cable".to_owned();
    match crate::app::cables::missing() {
        None => ok(name, "libgphoto2 is there".to_owned()),
        Some(_) if named.is_empty() => ok(name, "libgphoto2 is not there: none can be pulled from".to_owned()),
        Some(what) => warn(name, "libgphoto2 is not there", &what),
    }
}

fn clock() -> Check {
    let now = SystemClock::new().now();
    let name = "clock".to_owned();
    if now.0 < EARLIEST_MS {
        return fail(name, &now.to_rfc3339(), "set the clock: dates of photos and events come from it");
    }
    // What a photographer can compare with a watch; events are dated in this zone.
    let local = jiff::Timestamp::from_millisecond(now.0).map(|at| at.to_zoned(jiff::tz::TimeZone::system()));
    let found = local.map_or_else(|_| now.to_rfc3339(), |local| local.strftime("%Y-%m-%d %H:%M:%S %Z").to_string());
    // systemd's own client; other ones leave no trace that a program may read.
    let client = Path::new("/run/systemd/timesync");
    if client.is_dir() && !client.join("synchronized").exists() {
        let remedy =
            "compare it with your watch, or connect to a network once: nobody set it since this computer started";
        return warn(name, &format!("{found}, not set from the network"), remedy);
    }
    ok(name, found)
}

fn ok(name: impl Into<String>, found: String) -> Check {
    Check { name: name.into(), verdict: Verdict::Ok, found, remedy: None }
}

fn warn(name: String, found: &str, remedy: &str) -> Check {
    Check { name, verdict: Verdict::Warn, found: found.to_owned(), remedy: Some(remedy.to_owned()) }
}

fn fail(name: String, found: &str, remedy: &str) -> Check {
    Check { name, verdict: Verdict::Fail, found: found.to_owned(), remedy: Some(remedy.to_owned()) }
}
