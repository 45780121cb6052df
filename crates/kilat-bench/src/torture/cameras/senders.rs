//! Photographers' FTP clients: curl, lftp and Python's ftplib. Each sends a file until its server said that it has it;
//! some are cut off in the middle and go on there or begin anew, some send under another name and rename.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use kilat_demo::{Body, Darkroom, Frame, ZONE_HOURS, jpeg};
use kilat_testkit::pause;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::taken::{Shot, Taken, Way, now_ms};
use crate::Outcome;

/// Between two tries: a camera waits longer.
const AGAIN: Duration = Duration::from_millis(150);
/// Names come again after so many files, as after a roll-over.
const NAMES: u64 = 50;
/// How fast a client is that is to be cut off, so that it is in the middle then.
const SLOW_BYTES_PER_SECOND: u64 = 60_000;
/// When it is killed: from before it signed in to after most of its file.
const CUT_MS: std::ops::Range<u64> = 50..1_200;
/// A client that takes longer hangs: none sends for half a minute.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a client's end is looked for.
const LOOK: Duration = Duration::from_millis(5);

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
    sent: AtomicU64,
    /// Clients that were killed in the middle.
    cut: AtomicU64,
    /// Files that were taken when their client went on where it was cut off.
    went_on: AtomicU64,
    /// Files that were taken under another name, and renamed.
    renamed: AtomicU64,
    /// Tries that failed.
    failed: AtomicU64,
}

impl Tries {
    /// Clients that were killed in the middle.
    pub(super) fn cuts(&self) -> u64 {
        self.cut.load(Ordering::Relaxed)
    }

    /// In words.
    pub(super) fn summary(&self) -> String {
        let n = |count: &AtomicU64| count.load(Ordering::Relaxed);
        format!(
            "{} files sent by FTP ({} clients killed in the middle, {} files gone on with, {} renamed, {} tries failed)",
            n(&self.sent),
            n(&self.cut),
            n(&self.went_on),
            n(&self.renamed),
            n(&self.failed)
        )
    }
}

/// One camera that sends.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) login: &'a Login,
    /// Where a server answers now, if one does.
    pub(super) server: &'a (dyn Fn() -> Option<String> + Sync),
    pub(super) tries: &'a Tries,
    pub(super) seed: u64,
}

impl std::fmt::Debug for Sender<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("login", &self.login.user).finish_non_exhaustive()
    }
}

/// Takes and sends `count` frames, each until it is taken.
pub(super) fn send(client: &'static str, sender: &Sender<'_>, folder: &Path, count: u64) -> Outcome<Taken> {
    let mut rng = SmallRng::seed_from_u64(sender.seed);
    let darkroom = Darkroom::with(sender.seed, 1)?;
    let mut taken = Taken::default();
    fs::create_dir_all(folder)?;
    for number in 0..count {
        let began = now_ms();
        let frame = Frame {
            body: Body { serial: serial_of(client), ..Body::A },
            number: sender.seed.wrapping_mul(1_000_003).wrapping_add(number),
            taken: jiff::tz::Offset::constant(ZONE_HOURS).to_datetime(jiff::Timestamp::now()),
            orientation: 1,
            size_bytes: Some(rng.random_range(60_000..200_000)),
        };
        let path = folder.join(format!("DSC_{:04}.JPG", number % NAMES));
        fs::write(&path, jpeg(&darkroom, &frame))?;
        taken.add(&path, Shot { body: client, number, between: (began, now_ms()), ways: vec![Way::Ftp] })?;
        sender.deliver(client, &path, &mut rng)?;
    }
    Ok(taken)
}

/// Sends what a camera shoots onto its card, by one client after the other, until no more comes.
pub(super) fn deliver(sender: &Sender<'_>, shot: Receiver<PathBuf>) -> Outcome<()> {
    let mut rng = SmallRng::seed_from_u64(sender.seed);
    for path in shot {
        sender.deliver(CLIENTS[rng.random_range(0..CLIENTS.len())], &path, &mut rng)?;
    }
    Ok(())
}

fn serial_of(client: &str) -> &'static str {
    match client {
        "curl" => "5000001",
        "lftp" => "5000002",
        _ => "5000003",
    }
}

/// How a file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Plain,
    /// Under another name, then renamed.
    Renamed,
    /// From where the server says that it was cut off.
    GoOn,
    /// Slowly, to be killed in the middle.
    Slow,
}

impl How {
    fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Renamed => "renamed",
            Self::GoOn => "go on",
            Self::Slow => "slow",
        }
    }
}

impl Sender<'_> {
    /// Sends a file until it is taken.
    fn deliver(&self, client: &str, path: &Path, rng: &mut SmallRng) -> Outcome<()> {
        let mut how = match rng.random_range(0..8) {
            0..4 => How::Plain,
            4..6 => How::Renamed,
            _ => How::Slow,
        };
        loop {
            let Some(address) = (self.server)() else {
                pause(AGAIN);
                continue;
            };
            if how == How::Slow {
                let moment = Duration::from_millis(rng.random_range(CUT_MS));
                // Already through: that it was taken, nobody heard.
                run(client, how, self.login, (path, &address), moment)?;
                self.tries.cut.fetch_add(1, Ordering::Relaxed);
                how = if rng.random_bool(0.5) { How::GoOn } else { How::Plain };
                continue;
            }
            if run(client, how, self.login, (path, &address), PATIENCE)? {
                break;
            }
            self.tries.failed.fetch_add(1, Ordering::Relaxed);
            if how == How::GoOn {
                // As cameras do that cannot.
                how = How::Plain;
            }
            pause(AGAIN);
        }
        let and = match how {
            How::GoOn => Some(&self.tries.went_on),
            How::Renamed => Some(&self.tries.renamed),
            How::Plain | How::Slow => None,
        };
        for count in and.into_iter().chain([&self.tries.sent]) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

const FTPLIB: &str = "
import ftplib, io, os, sys, time
how, rate, host, port, user, password, path = sys.argv[1:]
name, data, rest = os.path.basename(path), open(path, 'rb').read(), 0
with ftplib.FTP() as ftp:
    ftp.connect(host, int(port), timeout=30)
    ftp.login(user, password)
    if how == 'slow':
        line = ftp.transfercmd('STOR ' + name)
        for at in range(0, len(data), int(rate) // 20):
            line.sendall(data[at:at + int(rate) // 20])
            time.sleep(0.05)
        line.close()
        ftp.voidresp()
    else:
        ftp.voidcmd('TYPE I')
        if how == 'go on':
            try:
                rest = ftp.size(name)
            except ftplib.error_perm:
                pass
        first = name + '.part' if how == 'renamed' else name
        ftp.storbinary('STOR ' + first, io.BytesIO(data[rest:]), rest=rest or None)
        if how == 'renamed':
            ftp.rename(first, name)
";

/// Runs a client; whether it says that the file was taken. It is killed at that moment.
fn run(client: &str, how: How, login: &Login, (path, address): (&Path, &str), moment: Duration) -> Outcome<bool> {
    let (host, port) = address.rsplit_once(':').ok_or("an address has a port")?;
    let Login { user, password } = login;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let rate = SLOW_BYTES_PER_SECOND.to_string();
    let mut command = Command::new(client);
    match client {
        "curl" => {
            command.args(["--silent", "--show-error", "--max-time", "30", "--user"]);
            command.arg(format!("{user}:{password}")).arg("--upload-file").arg(path);
            match how {
                How::Plain => command.arg(format!("ftp://{address}/{name}")),
                How::Slow => command.args(["--limit-rate", &rate, &format!("ftp://{address}/{name}")]),
                How::GoOn => command.args(["--continue-at", "-", &format!("ftp://{address}/{name}")]),
                How::Renamed => {
                    command.arg("--quote").arg(format!("-RNFR {name}.tmp"));
                    command.arg("--quote").arg(format!("-RNTO {name}")).arg(format!("ftp://{address}/{name}.tmp"))
                }
            };
        }
        "lftp" => {
            let path = path.display();
            let put = match how {
                How::Plain => format!("put {path}"),
                How::Slow => format!("set net:limit-rate 0:{rate}; put {path}"),
                How::GoOn => format!("put -c {path}"),
                How::Renamed => format!("put {path} -o {name}.in && mv {name}.in {name}"),
            };
            let script = format!(
                "set net:max-retries 1; set net:timeout 30; set ftp:ssl-allow no; open -u {user},{password} -p {port} {host}; {put}"
            );
            command.arg("-c").arg(script);
        }
        _ => {
            command.args(["-c", FTPLIB, how.word(), &rate, host, port, user, password]).arg(path);
        }
    }
    command.env_remove("HOME").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{client} does not start: {error}"))?;
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if began.elapsed() >= moment {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        pause(LOOK);
    }
}
