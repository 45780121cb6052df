//! The helper of one camera from outside: started, spoken to, ended.
//!
//! Invariant: when this is dropped, the process is killed; when this process dies, that one ends by the end of its input.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use crate::lines::{HelperLine, LeftLine, MAX_LINE_BYTES, OrderLine, VERSION};

/// Lines that wait to be read: a card's list comes in some. Then the helper waits.
const LINES: usize = 64;

/// How a helper is started: a program that calls [`crate::run_worker`].
#[derive(Debug, Clone)]
pub struct HelperProgram {
    /// The program.
    pub exe: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment: nothing of ours is passed on.
    pub env: Vec<(OsString, OsString)>,
}

/// A running helper.
#[derive(Debug)]
pub(crate) struct Helper {
    child: Child,
    input: ChildStdin,
    lines: mpsc::Receiver<Result<HelperLine, serde_json::Error>>,
}

impl Helper {
    /// Starts it; `home` is where the library keeps by what a camera knows this computer again.
    pub(crate) fn start(program: &HelperProgram, home: &std::path::Path) -> io::Result<Self> {
        let mut child = Command::new(&program.exe)
            .args(&program.args)
            .env_clear()
            // Its clock is read as what it shows.
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", home)
            .envs(program.env.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipes"));
        };
        let (sender, lines) = mpsc::channel(LINES);
        // Ends with the process's output, or when nobody reads.
        tokio::spawn(forward(output, sender));
        Ok(Self { child, input, lines })
    }

    /// Its process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Tells it something.
    pub(crate) async fn order(&mut self, order: &OrderLine) -> io::Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.input.write_all(&line).await
    }

    /// The next line; `None` when it ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Result<HelperLine, serde_json::Error>> {
        self.lines.recv().await
    }

    /// Ends it, whatever it does; how it ended.
    pub(crate) async fn end(mut self) -> String {
        // It may have ended by itself.
        match self.child.start_kill() {
            Ok(()) | Err(_) => {}
        }
        match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

/// What is missing here for tethering, and what to install; none when helpers can work. Waits for one.
#[must_use]
pub fn missing(program: &HelperProgram) -> Option<String> {
    let checked = std::process::Command::new(&program.exe)
        .args(&program.args)
        .env_clear()
        .envs(program.env.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .and_then(|mut child| {
            // No camera is there: what is looked for is found before.
            let open = OrderLine::Open { version: VERSION, port: "none:".to_owned(), probe_ms: 1_000, list_ms: 1_000 };
            let mut line = serde_json::to_vec(&open)?;
            line.push(b'\n');
            let mut input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
            std::io::Write::write_all(&mut input, &line)?;
            let output = child.wait_with_output()?;
            // Closed earlier, its end would end the helper before it answered.
            drop(input);
            Ok(output.stdout)
        });
    match checked {
        Err(error) => Some(format!("the helper cannot be started: {error}")),
        Ok(output) => output.split(|byte| *byte == b'\n').find_map(|line| match serde_json::from_slice(line) {
            Ok(HelperLine::Left { why: LeftLine::Unsupported, detail }) => Some(detail),
            Ok(_) | Err(_) => None,
        }),
    }
}

async fn forward(output: ChildStdout, lines: mpsc::Sender<Result<HelperLine, serde_json::Error>>) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut output).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if lines.send(serde_json::from_slice(&line)).await.is_err() {
            return;
        }
    }
}
