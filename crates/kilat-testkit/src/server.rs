//! The program itself: started with its flags, stopped by signals, killed without warning.
//!
//! A server that is dropped is killed. Its log goes into a file, which every panic here shows.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::{NEVER, Viewer};

/// How often a file is looked for that another process will write.
const LOOK: Duration = Duration::from_millis(5);

/// Where a server works. The folder and all in it goes when this is dropped.
#[derive(Debug)]
pub struct Folders {
    all: TempDir,
    /// The server's data.
    pub data: PathBuf,
    /// The hot folder.
    pub hot: PathBuf,
    /// The destination.
    pub out: PathBuf,
}

impl Folders {
    /// New empty folders for temporary files.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Self> {
        Self::below(&std::env::temp_dir())
    }

    /// New empty folders below `parent`, for example on another disk.
    ///
    /// # Errors
    /// The system's.
    pub fn below(parent: &Path) -> io::Result<Self> {
        let all = tempfile::Builder::new().prefix("kilat-").tempdir_in(parent)?;
        let part = |name| all.path().join(name);
        let (data, hot, out) = (part("data"), part("hot"), part("out"));
        fs::create_dir(&hot)?;
        Ok(Self { data, hot, out, all })
    }

    /// The folder that holds them.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.all.path()
    }

    /// What the servers logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Waits until a server logged this.
    ///
    /// # Panics
    /// When it never does.
    pub fn wait_log(&self, text: &str) {
        let began = Instant::now();
        while !self.log().contains(text) {
            assert!(began.elapsed() < NEVER, "{text:?} was never logged:\n{}", self.log());
            pause(LOOK);
        }
    }

    fn log_path(&self) -> PathBuf {
        self.all.path().join("server.log")
    }
}

/// How to start a server.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// A program that runs it, with its arguments: for example strace.
    pub under: Vec<String>,
    /// Further arguments of `kilat serve`.
    pub arguments: Vec<String>,
    /// What stands in its environment.
    pub environment: Vec<(String, String)>,
    /// Where it answers instead of any free loopback port.
    pub listen: Option<String>,
    /// Run as this user and group.
    pub user: Option<u32>,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pid: Pid,
    /// For example `http://127.0.0.1:4711`.
    pub http: String,
    /// For example `ws://127.0.0.1:4712/ws`.
    pub ws: String,
    /// The local key, which opens every door.
    pub token: String,
}

impl Server {
    /// Starts `program` with these folders and waits until it answers.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn start(program: &Path, folders: &Folders) -> Self {
        Self::start_with(program, folders, &Start::default())
    }

    /// The same in another way.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn start_with(program: &Path, folders: &Folders, start: &Start) -> Self {
        let ready = folders.data.join("ready.json");
        // One of a server that was killed must not be taken for the new one's.
        match fs::remove_file(&ready) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("cannot remove {ready:?}: {error}"),
            Ok(()) | Err(_) => {}
        }
        let mut child = spawn(program, folders, start);
        let began = Instant::now();
        loop {
            if let Some(written) = fs::read(&ready).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok()) {
                let text = |key: &str| written[key].as_str().unwrap_or_default().to_owned();
                let pid =
                    written["pid"].as_i64().and_then(|pid| Pid::from_raw(pid as i32)).expect("a pid in ready.json");
                let token = fs::read_to_string(folders.data.join("key")).expect("the local key").trim().to_owned();
                return Self { child, pid, http: text("http"), ws: text("ws"), token };
            }
            if let Ok(Some(status)) = child.try_wait() {
                panic!("the server ended with {status}; its log:\n{}", folders.log());
            }
            assert!(began.elapsed() < NEVER, "the server never became ready; its log:\n{}", folders.log());
            pause(LOOK);
        }
    }

    /// Starts it and kills it after this time, whether or not it is ready by then.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn kill_in_start(program: &Path, folders: &Folders, after: Duration) {
        let mut child = spawn(program, folders, &Start::default());
        pause(after);
        // Ended by itself already: the next start will tell why.
        child.kill().unwrap_or(());
        child.wait().expect("a child");
    }

    /// Kills it without warning and waits until it is gone.
    pub fn kill(mut self) {
        self.end(Signal::KILL);
    }

    /// Asks it to stop, and waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    #[must_use]
    pub fn stop(mut self) -> ExitStatus {
        kill_process(self.pid, Signal::TERM).expect("it runs");
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(began.elapsed() < NEVER, "it did not stop");
            pause(LOOK);
        }
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// A viewer of all channels.
    ///
    /// # Panics
    /// When it cannot connect.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        Viewer::connect(&self.ws, &self.token)
    }

    /// `GET path` as JSON.
    ///
    /// # Panics
    /// When there is no such answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.http);
        let text = ureq::get(&url)
            .header("authorization", self.bearer())
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_string());
        let text = text.unwrap_or_else(|error| panic!("GET {url}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("GET {url} is no JSON ({error}): {text}"))
    }

    /// The header `authorization` that opens every door.
    #[must_use]
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn end(&mut self, signal: Signal) {
        // Gone already is what was wanted.
        kill_process(self.pid, signal).unwrap_or(());
        self.child.wait().map(|_| ()).unwrap_or(());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(Signal::KILL);
    }
}

fn spawn(program: &Path, folders: &Folders, start: &Start) -> Child {
    let log = File::options().create(true).append(true).open(folders.log_path()).expect("a log file");
    let mut under = start.under.iter();
    let mut command = match under.next() {
        Some(first) => {
            let mut command = Command::new(first);
            command.args(under).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.arg("serve").arg("--data").arg(&folders.data).args(["--event", "Wedding"]);
    command.arg("--watch").arg(&folders.hot).arg("--to").arg(&folders.out);
    command.arg("--listen").arg(start.listen.as_deref().unwrap_or("127.0.0.1:0"));
    command.args(["--ws-listen", "127.0.0.1:0"]).args(&start.arguments);
    // Settings of the machine that runs the tests are not meant.
    command.current_dir(folders.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(start.environment.iter().map(|(name, value)| (name, value)));
    if let Some(user) = start.user {
        use std::os::unix::process::CommandExt;
        command.uid(user).gid(user);
    }
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log file")).stderr(log);
    command.spawn().unwrap_or_else(|error| panic!("cannot start {program:?}: {error}"))
}

/// Waits. For chance in torture and pace in writers; tests wait for events.
pub fn pause(time: Duration) {
    let (held, never) = sync_channel::<()>(0);
    // Always the time-out: the other end is held until then.
    never.recv_timeout(time).unwrap_or(());
    drop(held);
}
