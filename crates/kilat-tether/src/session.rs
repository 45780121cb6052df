//! The life of one helper: its lines are heard, frames are asked of it one at a time, what came is handed over while
//! the next one comes. Silence for too long ends it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kilat_core::{Camera, CameraReading, CameraState, Frame, path_text};
use tokio::task::JoinSet;

use crate::desk::{Desk, Download, News, Taken};
use crate::helper::Helper;
use crate::lines::{BodyLine, Doing, FrameLine, HelperLine, LeftLine, OrderLine, StatusLine, VERSION, What};
use crate::queue::{From, Queue};
use crate::supervise::{Reins, TetherConfig, Tethered};

/// Files that are being hashed and synced while the next ones come.
const TAKING: usize = 2;
/// A file that takes longer than this at the rate so far is announced by its thumbnail.
const SLOW: Duration = Duration::from_secs(2);
/// Largest thumbnail that is passed on.
const MAX_THUMBNAIL_BYTES: u64 = 1024 * 1024;
/// Pause after a photo could not be kept: its disk is full, its event is missing.
const LATER: Duration = Duration::from_secs(10);
/// Frames of one list that are remembered while it comes.
const MAX_LISTED: usize = 50_000;

/// How a session ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The helper said why.
    Left(LeftLine, String),
    /// It died without a word.
    Died(String),
    /// It was silent for too long and was killed.
    Silent(Doing),
    /// Kilat ends.
    Stopped,
    /// A fresh list is wanted.
    Again,
}

/// What a session came to, besides its end.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    /// A file came whole, or all of the card was held already.
    pub(crate) works: bool,
}

/// One session.
pub(crate) struct Session<'a, D> {
    pub(crate) camera: &'a Tethered,
    pub(crate) desk: &'a Arc<D>,
    pub(crate) config: &'a TetherConfig,
    /// Whether `Ready` may be told before anything came: not after it was wedged.
    pub(crate) trusts: bool,
    /// Whether its USB socket is reset first.
    pub(crate) resets: bool,
    pub(crate) state: &'a mut CameraState,
    pub(crate) proof: Proof,
}

/// What goes on between the two processes.
struct Run {
    helper: Helper,
    doing: Doing,
    heard: Instant,
    queue: Queue,
    listing: Vec<FrameLine>,
    asked: Option<Asked>,
    next_id: u64,
    bytes_per_second: Option<f64>,
    rests_until: Option<Instant>,
    taking: JoinSet<(FrameLine, Taken)>,
}

struct Asked {
    id: u64,
    frame: FrameLine,
    what: What,
    /// Removed when it is dropped before it was handed over.
    part: Part,
    since: Instant,
}

/// A file in the making.
struct Part(Option<PathBuf>);

impl Part {
    fn hand_over(mut self) -> Option<PathBuf> {
        self.0.take()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What is left is forgotten at the next start.
            match std::fs::remove_file(path) {
                Ok(()) | Err(_) => {}
            }
        }
    }
}

impl<D: Desk> Session<'_, D> {
    /// From its start to its end.
    pub(crate) async fn run(&mut self, reins: &Reins) -> End {
        let helper = match self.start().await {
            Ok(helper) => helper,
            Err(error) => return End::Died(format!("cannot start: {error}")),
        };
        let mut run = Run {
            helper,
            doing: Doing::Open,
            heard: Instant::now(),
            queue: Queue::default(),
            listing: Vec::new(),
            asked: None,
            next_id: 1,
            bytes_per_second: None,
            rests_until: None,
            taking: JoinSet::new(),
        };
        let end = self.go_on(&mut run, reins).await;
        // What came whole is kept, also when the camera is gone.
        while let Some(taken) = run.taking.join_next().await {
            if let Ok((_, Taken::Kept)) = taken {
                self.proof.works = true;
            }
        }
        let how = run.helper.end().await;
        match end {
            End::Died(_) => End::Died(how),
            end @ (End::Left(..) | End::Silent(_) | End::Stopped | End::Again) => end,
        }
    }

    async fn start(&self) -> io::Result<Helper> {
        let home = self.config.home.join(self.camera.id.as_str());
        tokio::fs::create_dir_all(&home).await?;
        let mut helper = Helper::start(&self.config.program, &home)?;
        let ms = |pause: Duration| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        let open = OrderLine::Open {
            version: VERSION,
            port: self.camera.port.clone(),
            probe_ms: ms(self.config.probe),
            list_ms: ms(self.config.list),
            resets: self.resets,
        };
        helper.order(&open).await?;
        tracing::debug!(camera = %self.camera.id, pid = ?helper.pid(), "a camera's helper started");
        Ok(helper)
    }

    async fn go_on(&mut self, run: &mut Run, reins: &Reins) -> End {
        loop {
            let deadline = run.heard + self.config.patience.of(run.doing);
            let rest = run.rests_until.unwrap_or(deadline);
            tokio::select! {
                line = run.helper.next() => {
                    run.heard = Instant::now();
                    match line {
                        Some(Ok(line)) => if let Some(end) = self.hear(run, line).await { return end },
                        Some(Err(error)) => return End::Left(LeftLine::Broken, error.to_string()),
                        None => return End::Died(String::new()),
                    }
                }
                Some(taken) = run.taking.join_next() => match taken {
                    Ok((_, Taken::Kept)) => self.works().await,
                    Ok((frame, Taken::Later)) => {
                        run.queue.later(frame);
                        run.rests_until = Some(Instant::now() + LATER);
                    }
                    Err(panic) => return End::Left(LeftLine::Broken, panic.to_string()),
                },
                () = tokio::time::sleep_until(rest.into()), if run.rests_until.is_some() => run.rests_until = None,
                () = tokio::time::sleep_until(deadline.into()) => return End::Silent(run.doing),
                () = reins.stop.asked() => return End::Stopped,
                () = reins.again.notified() => return End::Again,
            }
            if let Err(end) = self.ask(run).await {
                return end;
            }
        }
    }

    /// Asks for the next frame when there is one and the helper is free.
    async fn ask(&self, run: &mut Run) -> Result<(), End> {
        let is_free = run.asked.is_none() && run.taking.len() < TAKING && run.rests_until.is_none();
        if !is_free || run.doing != Doing::Wait {
            return Ok(());
        }
        let Some(frame) = run.queue.take() else { return Ok(()) };
        let is_slow = run.bytes_per_second.is_some_and(|rate| frame.size_bytes as f64 / rate > SLOW.as_secs_f64());
        self.get(run, frame, if is_slow { What::Thumbnail } else { What::File }).await
    }

    async fn get(&self, run: &mut Run, frame: FrameLine, what: What) -> Result<(), End> {
        let path = self.desk.part();
        let made = std::fs::File::create_new(&path);
        if let Err(error) = made {
            // A full or missing disk: the camera's list is what remembers.
            tracing::warn!(camera = %self.camera.id, %error, "no file can be made for a photo");
            run.queue.later(frame);
            run.rests_until = Some(Instant::now() + LATER);
            return Ok(());
        }
        let id = run.next_id;
        run.next_id += 1;
        let order = OrderLine::Get {
            id,
            folder: frame.folder.clone(),
            name: frame.name.clone(),
            what,
            into: path_text::encode(&path),
        };
        run.asked = Some(Asked { id, frame, what, part: Part(Some(path)), since: Instant::now() });
        run.doing = Doing::Get;
        run.helper.order(&order).await.map_err(|error| End::Died(error.to_string()))
    }

    /// Hears one line; how the session ends, if it does.
    async fn hear(&mut self, run: &mut Run, line: HelperLine) -> Option<End> {
        match line {
            HelperLine::Doing { what } => {
                // Of the order that is on its way it knows nothing yet.
                run.doing = if what == Doing::Wait && run.asked.is_some() { Doing::Get } else { what };
            }
            HelperLine::Beat { bytes } => {
                if let Some(asked) = run.asked.as_ref().filter(|asked| asked.what == What::File && bytes > 0) {
                    self.desk.told(News::Moving(asked.frame.frame(), bytes)).await;
                }
            }
            HelperLine::Hello { library, body } => {
                tracing::info!(camera = %self.camera.id, library, "a camera answers");
                self.desk.told(News::Body(body_of(body))).await;
                if self.trusts {
                    self.ready().await;
                }
            }
            HelperLine::Listed { frames, is_last } => {
                let room = MAX_LISTED - run.listing.len().min(MAX_LISTED);
                run.listing.extend(frames.into_iter().take(room));
                if is_last {
                    self.listed(run).await;
                }
            }
            HelperLine::Shot { frame } => {
                let told = frame.frame();
                if run.queue.add(frame, From::Shot) {
                    // First its file is asked for: it comes while the news is told.
                    if let Err(end) = self.ask(run).await {
                        return Some(end);
                    }
                    self.desk.told(News::Shot(told)).await;
                }
            }
            HelperLine::Status(status) => self.desk.told(News::Reading(reading_of(status))).await,
            HelperLine::Got { id, bytes } => {
                let asked = run.asked.take_if(|asked| asked.id == id)?;
                return self.got(run, asked, bytes).await;
            }
            HelperLine::NotGot { id, detail } => {
                let asked = run.asked.take_if(|asked| asked.id == id)?;
                return match asked.what {
                    // Without its small picture, then.
                    What::Thumbnail => {
                        let Asked { frame, .. } = asked;
                        self.get(run, frame, What::File).await.err()
                    }
                    What::File => {
                        self.missed(run, asked.frame, detail).await;
                        None
                    }
                };
            }
            HelperLine::Left { why, detail } => return Some(End::Left(why, detail)),
        }
        None
    }

    async fn listed(&mut self, run: &mut Run) {
        let lines = std::mem::take(&mut run.listing);
        let frames: Vec<Frame> = lines.iter().map(FrameLine::frame).collect();
        self.desk.told(News::Listed(frames.clone())).await;
        let unknown = frames.into_iter().filter(|frame| !run.queue.knows(frame)).collect();
        let missing: std::collections::BTreeSet<Frame> = self.desk.missing(unknown).await.into_iter().collect();
        for line in lines {
            if missing.contains(&line.frame()) {
                run.queue.add(line, From::List);
            }
        }
        if run.queue.is_empty() && run.asked.is_none() {
            self.works().await;
        }
    }

    async fn got(&mut self, run: &mut Run, asked: Asked, bytes: u64) -> Option<End> {
        let Asked { frame, what, part, since, .. } = asked;
        match what {
            What::Thumbnail => {
                if let Some(jpeg) = small(&part).await {
                    self.desk.told(News::Thumbnail(frame.frame(), jpeg)).await;
                }
                return self.get(run, frame, What::File).await.err();
            }
            // A camera that tells no length is believed; one that tells it is held to it.
            What::File if frame.size_bytes != 0 && bytes != frame.size_bytes => {
                let why = format!("{bytes} of {} bytes came", frame.size_bytes);
                self.missed(run, frame, why).await;
            }
            What::File => {
                run.bytes_per_second = Some(bytes as f64 / since.elapsed().as_secs_f64().max(0.001));
                if let Some(path) = part.hand_over() {
                    let (desk, told) = (Arc::clone(self.desk), Download { frame: frame.frame(), path });
                    run.taking.spawn(async move { (frame, desk.take(told).await) });
                }
            }
        }
        None
    }

    async fn missed(&self, run: &mut Run, line: FrameLine, why: String) {
        let frame = line.frame();
        tracing::warn!(camera = %self.camera.id, path = frame.path, why, "a frame did not come");
        if !run.queue.again(line) {
            self.desk.told(News::Missed(frame, why)).await;
        }
    }

    async fn works(&mut self) {
        self.proof.works = true;
        self.ready().await;
    }

    async fn ready(&mut self) {
        if *self.state != CameraState::Ready {
            *self.state = CameraState::Ready;
            self.desk.told(News::State(CameraState::Ready, None)).await;
        }
    }
}

/// A thumbnail's bytes, when it is one.
async fn small(part: &Part) -> Option<Vec<u8>> {
    let path = part.0.as_ref()?;
    let length = tokio::fs::metadata(path).await.ok()?.len();
    if length == 0 || length > MAX_THUMBNAIL_BYTES { None } else { tokio::fs::read(path).await.ok() }
}

fn body_of(line: BodyLine) -> Camera {
    Camera { make: line.make.unwrap_or_default(), model: line.model.unwrap_or_default(), serial: line.serial }
}

fn reading_of(line: StatusLine) -> CameraReading {
    CameraReading {
        battery_percent: line.battery_percent,
        shots_left: line.shots_left,
        free_bytes: line.free_bytes,
        capacity_bytes: line.capacity_bytes,
        lens: line.lens,
        exposure: line.exposure,
        clock_ahead_s: line.clock_ahead_s,
    }
}
