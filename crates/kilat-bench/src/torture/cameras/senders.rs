//! Photographers' FTP clients: curl, lftp and Python's ftplib. Each sends a file until its server said that it has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kilat_demo::{Body, Darkroom, Frame, ZONE_HOURS, jpeg};
use kilat_testkit::{Oracle, pause};
use serde_json::Value;

use crate::Outcome;

/// Between two tries: a camera waits longer.
const AGAIN: Duration = Duration::from_millis(150);

/// The clients, by their program.
pub(super) const CLIENTS: [&str; 3] = ["curl", "lftp", "python3"];

/// What it signs in with.
#[derive(Debug, Clone)]
pub(super) struct Login {
    user: String,
    password: String,
}

impl Login {
    /// Named at the running server, as the studio does.
    pub(super) fn make(kilat: &Path, data: &Path, name: &str) -> Outcome<Self> {
        let output = Command::new(kilat).arg("--data").arg(data).args(["camera", "add", name, "--json"]).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let answer: Value = serde_json::from_str(&said).map_err(|error| format!("{error}: {output:?}"))?;
        let text = |key: &str| answer[key].as_str().map(str::to_owned).ok_or_else(|| format!("no {key}: {said}"));
        Ok(Self { user: text("user")?, password: text("password")? })
    }
}

/// Counts what all of them did.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// Files that a server took.
    pub(super) sent: AtomicU64,
    /// Tries that failed.
    pub(super) failed: AtomicU64,
}

/// Sends `count` frames of its own, each until it is taken. `server` says where one answers now, if any does.
pub(super) fn send(
    client: &str,
    login: &Login,
    (folder, seed, count): (&Path, u64, u64),
    (server, tries): (&(dyn Fn() -> Option<String> + Sync), &Tries),
) -> Outcome<Oracle> {
    let darkroom = Darkroom::with(seed, 1)?;
    let mut oracle = Oracle::default();
    fs::create_dir_all(folder)?;
    for number in 0..count {
        let frame = Frame {
            body: Body { serial: serial_of(client), ..Body::A },
            number: seed.wrapping_mul(1_000_003).wrapping_add(number),
            taken: taken(),
            orientation: 1,
            size_bytes: Some(80_000),
        };
        // Names come again, as after a roll-over.
        let path = folder.join(format!("DSC_{:04}.JPG", number % 50));
        let bytes = jpeg(&darkroom, &frame);
        fs::write(&path, &bytes)?;
        oracle.closed(&PathBuf::from(format!("{client} {number}")), &bytes);
        loop {
            let Some(address) = server() else {
                pause(AGAIN);
                continue;
            };
            if put(client, login, &path, &address)?.status.success() {
                tries.sent.fetch_add(1, Ordering::Relaxed);
                break;
            }
            tries.failed.fetch_add(1, Ordering::Relaxed);
            pause(AGAIN);
        }
    }
    Ok(oracle)
}

/// Now, by a camera's clock.
fn taken() -> jiff::civil::DateTime {
    jiff::tz::Offset::constant(ZONE_HOURS).to_datetime(jiff::Timestamp::now())
}

fn serial_of(client: &str) -> &'static str {
    match client {
        "curl" => "5000001",
        "lftp" => "5000002",
        _ => "5000003",
    }
}

const FTPLIB: &str = "
import ftplib, os, sys
host, port, user, password, path = sys.argv[1:]
with ftplib.FTP() as ftp:
    ftp.connect(host, int(port), timeout=30)
    ftp.login(user, password)
    with open(path, 'rb') as file:
        ftp.storbinary('STOR ' + os.path.basename(path), file)
";

fn put(client: &str, login: &Login, path: &Path, address: &str) -> Outcome<Output> {
    let (host, port) = address.rsplit_once(':').ok_or("an address has a port")?;
    let Login { user, password } = login;
    let mut command = Command::new(client);
    match client {
        "curl" => {
            let url = format!("ftp://{address}/{}", path.file_name().unwrap_or_default().to_string_lossy());
            command.args(["--silent", "--show-error", "--max-time", "30", "--user"]);
            command.arg(format!("{user}:{password}")).arg("--upload-file").arg(path).arg(url);
        }
        "lftp" => {
            let script = format!(
                "set net:max-retries 1; set net:timeout 30; set ftp:ssl-allow no; open -u {user},{password} -p {port} {host}; put {}",
                path.display()
            );
            command.arg("-c").arg(script);
        }
        _ => {
            command.args(["-c", FTPLIB, host, port, user, password]).arg(path);
        }
    }
    Ok(command.stdin(Stdio::null()).output()?)
}
