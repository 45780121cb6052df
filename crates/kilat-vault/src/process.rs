//! The vault's process from outside: started for one job, watched, killed when it moves nothing.
//!
//! Invariants: the password goes through the pipe alone; when a call returns, the process is dead and
//! reaped; when this process dies, that one does too.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::VaultError;
use crate::lines::{AnswerLine, DoneLine, FaultLine, ItemLine, JobLine, MAX_LINE_BYTES, PhotoLine};

/// Answers that wait for the caller: some batches of photos. Then the process waits.
const ANSWERS: usize = 256;
/// How often the caller is asked whether to go on, when there is nothing to tell.
const TICK: Duration = Duration::from_millis(250);

/// How long a process that is not needed any more may take to end; then it is killed.
const PARTING: Duration = Duration::from_secs(5);

/// How the vault's process is started: a program that calls [`crate::run_worker`].
#[derive(Debug, Clone)]
pub struct VaultProgram {
    /// The program.
    pub exe: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
}

/// How a job ended that the process itself answered.
pub(crate) type Ended = Result<DoneLine, FaultLine>;

/// One running job.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    answers: Receiver<String>,
}

impl Running {
    /// Starts it; what is written to its input comes after the order.
    pub(crate) fn start(program: &VaultProgram, order: &JobLine) -> Result<(Self, ChildStdin), VaultError> {
        let mut child = Command::new(&program.exe)
            .args(&program.args)
            // Secrets of destinations may stand there, and the process needs none of it.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(VaultError::Start)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(VaultError::Start(io::Error::other("no pipes")));
        };
        let (sender, answers) = sync_channel(ANSWERS);
        let running = Self { child, answers };
        let forward = move || forward(output, &sender);
        thread::Builder::new().name("vault-answers".to_owned()).spawn(forward).map_err(VaultError::Start)?;
        let mut input = input;
        let order = line(order).map_err(VaultError::Start)?;
        // One line, which a pipe holds: it waits for nothing. A process that is dead already shows in its answers.
        match input.write_all(&order) {
            Ok(()) | Err(_) => Ok((running, input)),
        }
    }

    /// Hears the process out, up to the answer that ends what it was asked. `tell` is given every answer before
    /// that, and none when there is none; it may break.
    ///
    /// # Errors
    /// When it did not come to that.
    pub(crate) fn follow(
        &mut self,
        patience: Duration,
        tell: &mut dyn FnMut(Option<AnswerLine>) -> ControlFlow<()>,
    ) -> Result<Ended, Stopped> {
        let mut heard = Instant::now();
        loop {
            let told = match self.answers.recv_timeout(TICK) {
                Ok(text) => {
                    heard = Instant::now();
                    match serde_json::from_str(&text) {
                        Ok(AnswerLine::Ready) => return Ok(Ok(DoneLine::default())),
                        Ok(AnswerLine::Done(done)) => return Ok(Ok(done)),
                        Ok(AnswerLine::Failed(fault)) => return Ok(Err(fault)),
                        Ok(answer) => Some(answer),
                        Err(_) => return Err(Stopped::Garbled),
                    }
                }
                Err(RecvTimeoutError::Timeout) if heard.elapsed() >= patience => return Err(Stopped::Stalled),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Err(Stopped::Died(self.how_it_ended())),
            };
            if tell(told).is_break() {
                return Err(Stopped::Cancelled);
            }
        }
    }

    /// Lets it end by itself: its input has ended, and it gives its lock back.
    pub(crate) fn part(self) {
        let until = Instant::now() + PARTING;
        while Instant::now() < until {
            match self.answers.recv_timeout(TICK) {
                Err(RecvTimeoutError::Disconnected) => return,
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn how_it_ended(&mut self) -> String {
        match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

/// Why there was no last answer.
#[derive(Debug)]
pub(crate) enum Stopped {
    Died(String),
    Stalled,
    Garbled,
    Cancelled,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Killing fails only when it ended by itself, and waiting only when it was reaped.
        match self.child.kill().and_then(|()| self.child.wait()) {
            Ok(_) | Err(_) => {}
        }
    }
}

pub(crate) fn line<T: serde::Serialize>(value: &T) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(serde_json::to_vec(value)?);
    text.push(b'\n');
    Ok(text)
}

/// Writes a job's photos beside the listening, then holds the input open until `held` is dropped. A process
/// that dies shows in its answers.
pub(crate) fn feed(
    mut input: ChildStdin,
    photos: impl Iterator<Item = PhotoLine> + Send + 'static,
) -> io::Result<SyncSender<()>> {
    let (keep, held) = sync_channel(0);
    let feed = move || {
        let mut photos = photos.map(ItemLine::Photo).chain([ItemLine::End]);
        let written = photos.try_for_each(|item| input.write_all(&line(&item)?));
        if written.is_ok() {
            // Nothing is ever sent: it ends when the other end is dropped.
            match held.recv() {
                Ok(()) | Err(_) => {}
            }
        }
    };
    thread::Builder::new().name("vault-photos".to_owned()).spawn(feed)?;
    Ok(keep)
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
