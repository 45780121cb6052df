//! The preview process from outside: started when needed, used again, killed when it hangs.
//!
//! Invariant: after an error that the process caused it is dead and reaped, and the next request
//! starts another. A request blocks for at most [`PATIENCE`].

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::PreviewError;
use super::worker::{MAX_LINE_BYTES, MadePreview, PreviewRequest, decode_answer, encode_request, part_of};

/// How long one preview may take: the largest pictures within the limits need about five seconds
/// on a slow laptop.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One request is in flight at a time, so one answer is all that may wait.
const ANSWERS: usize = 1;

/// A process that makes previews, one at a time.
#[derive(Debug)]
pub struct PreviewProcess {
    exe: PathBuf,
    args: Vec<String>,
    patience: Duration,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl PreviewProcess {
    /// Will start `exe` with `args`, which must call [`super::run_worker`]; starts nothing yet.
    #[must_use]
    pub fn new(exe: PathBuf, args: Vec<String>) -> Self {
        Self { exe, args, patience: PATIENCE, running: None }
    }

    /// Waits at most `patience` for an answer from now on.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Makes a preview, and blocks until it is made or failed.
    ///
    /// # Errors
    /// When the photo has no preview, or the process failed on it.
    pub fn request(&mut self, request: &PreviewRequest) -> Result<MadePreview, PreviewError> {
        let line = encode_request(request).map_err(PreviewError::Start)?;
        let running = match self.running.take().and_then(Running::alive) {
            Some(running) => running,
            None => Running::start(&self.exe, &self.args)?,
        };
        match running.ask(&line, self.patience) {
            Ok((running, outcome)) => {
                self.running = Some(running);
                outcome
            }
            Err(error) => {
                remove_part(&request.out);
                Err(error)
            }
        }
    }
}

/// What a process left behind that died while it wrote. Usually there is nothing.
fn remove_part(out: &Path) {
    match fs::remove_file(part_of(out)) {
        // The next preview for the same place overwrites it.
        Ok(()) | Err(_) => {}
    }
}

impl Running {
    fn start(exe: &Path, args: &[String]) -> Result<Self, PreviewError> {
        let mut child = Command::new(exe)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What it says there when it dies is a stranger's words.
            .stderr(Stdio::null())
            .spawn()
            .map_err(PreviewError::Start)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(PreviewError::Start(io::Error::other("no pipes")));
        };
        let (sender, answers) = sync_channel(ANSWERS);
        thread::Builder::new()
            .name("preview-answers".to_owned())
            .spawn(move || forward(output, &sender))
            .map_err(PreviewError::Start)?;
        Ok(Self { child, input, answers })
    }

    /// Itself, unless it ended while nobody asked anything: that is no photo's fault.
    fn alive(mut self) -> Option<Self> {
        matches!(self.child.try_wait(), Ok(None)).then_some(self)
    }

    /// Gives itself back while it is fit for another request; dies otherwise.
    fn ask(
        mut self,
        line: &[u8],
        patience: Duration,
    ) -> Result<(Self, Result<MadePreview, PreviewError>), PreviewError> {
        // An answer that nobody asked for would be taken for the next request's.
        if self.answers.try_recv().is_ok() {
            return Err(PreviewError::Garbled);
        }
        // A pipe holds a whole line, so this blocks only on a process that reads nothing.
        if self.input.write_all(line).is_err() {
            return Err(PreviewError::Crashed);
        }
        match self.answers.recv_timeout(patience) {
            Ok(answer) => match decode_answer(&answer) {
                Some(outcome) => Ok((self, outcome)),
                None => Err(PreviewError::Garbled),
            },
            Err(RecvTimeoutError::Timeout) => Err(PreviewError::TimedOut { patience }),
            Err(RecvTimeoutError::Disconnected) => Err(PreviewError::Crashed),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Killing fails only when it ended by itself, and waiting only when it was reaped.
        match self.child.kill().and_then(|()| self.child.wait()) {
            Ok(_) | Err(_) => {}
        }
    }
}

/// Reads lines until the process closes its output or nobody listens.
fn forward(output: ChildStdout, answers: &SyncSender<String>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = String::new();
        match (&mut output).take(MAX_LINE_BYTES).read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if answers.send(line).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
