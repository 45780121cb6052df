//! The vault's process from outside: started for one job, watched, killed when it moves nothing.
//!
//! Invariants: the password goes through the pipe alone; when a call returns, the process is dead and
//! reaped; when this process dies, that one does too.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use kilat_objects::{RateLimit, Watch};
use zeroize::Zeroizing;

use crate::VaultError;
use crate::lines::{AnswerLine, DoneLine, FaultLine, ItemLine, JobLine, MAX_LINE_BYTES, PhotoLine};

/// Answers that wait for the caller: some batches of photos. Then the process waits.
const ANSWERS: usize = 256;
/// Payments that wait: each thread of the process has one at most. Then its answers wait.
const PAYMENTS: usize = 64;
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

/// An answer, unless it is none.
type Heard = Result<AnswerLine, serde_json::Error>;

/// One running job.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    input: Input,
    answers: Receiver<Heard>,
    dues: Dues,
}

/// What the process waits for, because the network's limit is not its own.
#[derive(Debug, Clone, Default)]
struct Dues {
    unpaid: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Watch for Dues {
    fn sent(&self, _bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

/// The process's input, written to line by line from several threads.
#[derive(Debug, Clone)]
pub(crate) struct Input(Arc<Mutex<Option<ChildStdin>>>);

impl Input {
    /// Writes one line.
    pub(crate) fn write(&self, item: &ItemLine) -> io::Result<()> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(input) => input.write_all(&line(item)?),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Running {
    /// Starts it. Where there is a limit, the bytes it moves keep to it.
    pub(crate) fn start(
        program: &VaultProgram,
        order: &JobLine,
        limit: Option<Arc<RateLimit>>,
    ) -> Result<Self, VaultError> {
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
        let (payer, payments) = sync_channel(PAYMENTS);
        let mut input = input;
        let order = line(order).map_err(VaultError::Start)?;
        // One line, which a pipe holds: it waits for nothing. A process that is dead already shows in its answers.
        match input.write_all(&order) {
            Ok(()) | Err(_) => {}
        }
        let input = Input(Arc::new(Mutex::new(Some(input))));
        let running = Self { child, input: input.clone(), answers, dues: Dues::default() };
        let dues = running.dues.clone();
        let forward = move || forward(output, &sender, &(payer, dues));
        thread::Builder::new().name("vault-answers".to_owned()).spawn(forward).map_err(VaultError::Start)?;
        if let Some(limit) = limit {
            let dues = running.dues.clone();
            let pay = move || pay(&payments, &limit, &input, &dues);
            thread::Builder::new().name("vault-limit".to_owned()).spawn(pay).map_err(VaultError::Start)?;
        }
        Ok(running)
    }

    /// Where lines for it go.
    pub(crate) fn input(&self) -> Input {
        self.input.clone()
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
                Ok(answer) => {
                    heard = Instant::now();
                    match answer {
                        Ok(AnswerLine::Ready) => return Ok(Ok(DoneLine::default())),
                        Ok(AnswerLine::Done(done)) => return Ok(Ok(done)),
                        Ok(AnswerLine::Failed(fault)) => return Ok(Err(fault)),
                        Ok(answer) => Some(answer),
                        Err(_) => return Err(Stopped::Garbled),
                    }
                }
                // It is we who keep it waiting.
                Err(RecvTimeoutError::Timeout) if self.dues.unpaid.load(Ordering::Acquire) > 0 => {
                    heard = Instant::now();
                    None
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

    /// Lets it end by itself: its input ends, and it gives its lock back.
    pub(crate) fn part(self) {
        self.input.close();
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
        self.dues.is_over.store(true, Ordering::Release);
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

/// Writes a job's photos beside the listening. A process that dies shows in its answers.
pub(crate) fn feed(input: Input, photos: impl Iterator<Item = PhotoLine> + Send + 'static) -> io::Result<()> {
    let feed = move || {
        let mut items = photos.map(ItemLine::Photo).chain([ItemLine::End]);
        match items.try_for_each(|item| input.write(&item)) {
            Ok(()) | Err(_) => {}
        }
    };
    thread::Builder::new().name("vault-photos".to_owned()).spawn(feed).map(|_| ())
}

/// Reads lines until the process closes its output or nobody listens.
fn forward(output: ChildStdout, answers: &SyncSender<Heard>, (payer, dues): &(SyncSender<u64>, Dues)) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = String::new();
        match (&mut output).take(MAX_LINE_BYTES).read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let is_heard = match serde_json::from_str(&line) {
            Ok(AnswerLine::Pay { bytes }) => {
                dues.unpaid.fetch_add(1, Ordering::AcqRel);
                payer.send(bytes).is_ok()
            }
            answer => answers.send(answer).is_ok(),
        };
        if !is_heard {
            return;
        }
    }
}

/// Takes what the process asks for from the one limit that all copies over the network share.
fn pay(payments: &Receiver<u64>, limit: &RateLimit, input: &Input, dues: &Dues) {
    while let Ok(bytes) = payments.recv() {
        if limit.take(bytes, dues).is_err() {
            return;
        }
        dues.unpaid.fetch_sub(1, Ordering::AcqRel);
        // A process that is gone shows in its answers.
        match input.write(&ItemLine::Paid { bytes }) {
            Ok(()) | Err(_) => {}
        }
    }
}
