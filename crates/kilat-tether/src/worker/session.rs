//! The loop of a session: events first, orders at once, a probe when nothing was heard, a listing now and then.

use std::fs::OpenOptions;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use kilat_core::PhotoKind;

use super::moving::Moving;
use super::{Deaf, Told, ends, status};
use crate::library::{Calls, Camera, Fault, Happened, reset_usb};
use crate::lines::{BATCH, Doing, FrameLine, HelperLine, LeftLine, OrderLine, What};

/// How long one wait for an event may take; over a network the library returns after a millisecond.
const EVENT_MS: i32 = 20;
/// From one look for events to the next.
const PACE: Duration = Duration::from_millis(20);
/// Events of one look: some bodies tell every turn of a wheel, and orders wait meanwhile.
const EVENTS: usize = 64;
/// A sign of life while nothing happens.
const BEAT: Duration = Duration::from_secs(1);
/// Battery, lens, clock: a round trip each.
const STATUS: Duration = Duration::from_secs(30);
/// A listing interrupts nobody who shoots.
const QUIET: Duration = Duration::from_secs(20);
/// Folders in folders.
const MAX_DEPTH: usize = 6;
/// Frames of one list: many times a full card.
const MAX_FRAMES: usize = 50_000;

/// What it is opened with.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) port: String,
    pub(super) probe_ms: u64,
    pub(super) list_ms: u64,
    pub(super) resets: bool,
}

type Ended = (LeftLine, String);

/// Why a step did not go on.
enum Broken {
    Deaf,
    Camera(Fault),
    Own(io::Error),
}

impl From<Deaf> for Broken {
    fn from(_: Deaf) -> Self {
        Self::Deaf
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Camera(fault)
    }
}

struct Session<'a> {
    camera: Camera<'a>,
    told: &'a Told,
    open: &'a Open,
    moving: Moving,
    probed: Instant,
    listed: Instant,
    status_told: Instant,
    beaten: Instant,
    busy: Instant,
}

/// Serves the camera until it or whoever asks is gone.
pub(super) fn serve(calls: &Calls, told: &Told, open: &Open, orders: &Receiver<OrderLine>) -> Result<Ended, Deaf> {
    match begin(calls, told, open).and_then(|mut session| session.run(orders)) {
        Ok(()) | Err(Broken::Deaf) => Err(Deaf),
        Err(Broken::Camera(fault)) => Ok((ends::judge(&open.port, &fault), format!("{} ({})", fault.text, fault.code))),
        Err(Broken::Own(error)) => Ok((LeftLine::Broken, error.to_string())),
    }
}

fn begin<'a>(calls: &'a Calls, told: &'a Told, open: &'a Open) -> Result<Session<'a>, Broken> {
    if open.resets
        && let Some(device) = ends::device(&open.port)
    {
        // Without the right to do so, or without the device: what opens next tells.
        match reset_usb(&device) {
            Ok(()) | Err(_) => {}
        }
    }
    let camera = Camera::open(calls, &open.port)?;
    let now = Instant::now();
    let moving = Moving::watch(told).map_err(Broken::Own)?;
    told.tell(&HelperLine::Hello { library: calls.version(), body: status::body(&camera) })?;
    let mut session =
        Session { camera, told, open, moving, probed: now, listed: now, status_told: now, beaten: now, busy: now };
    // Some bodies keep nothing on their card while a cable is in, unless they are told to.
    // Others refuse: what fails with the session shows in the next call.
    match session.camera.choose(c"capturetarget", "card") {
        Ok(_) | Err(_) => {}
    }
    // Its clock tells which of its files are of today.
    session.status()?;
    session.list()?;
    Ok(session)
}

impl Session<'_> {
    fn run(&mut self, orders: &Receiver<OrderLine>) -> Result<(), Broken> {
        self.told.tell(&HelperLine::Doing { what: Doing::Wait })?;
        loop {
            let looked = Instant::now();
            self.events()?;
            self.look_after()?;
            match orders.recv_timeout(PACE.saturating_sub(looked.elapsed())) {
                Ok(order) => self.obey(&order)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    /// What happened since the last look.
    fn events(&mut self) -> Result<(), Broken> {
        for _ in 0..EVENTS {
            match self.camera.wait(EVENT_MS)? {
                Happened::Nothing => return Ok(()),
                Happened::Other => {}
                Happened::Added { folder, name } => {
                    self.busy = Instant::now();
                    self.camera.ask_anew(&folder, &name)?;
                    if let Some(frame) = self.frame(folder, name)? {
                        self.told.tell(&HelperLine::Shot { frame })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn look_after(&mut self) -> Result<(), Broken> {
        if self.probed.elapsed() >= Duration::from_millis(self.open.probe_ms) {
            if self.status_told.elapsed() >= STATUS {
                self.status()?;
            } else {
                self.camera.storages()?;
            }
            self.probed = Instant::now();
        }
        let is_due = self.listed.elapsed() >= Duration::from_millis(self.open.list_ms);
        if is_due && self.busy.elapsed() >= QUIET.min(Duration::from_millis(self.open.list_ms)) {
            self.told.tell(&HelperLine::Doing { what: Doing::List })?;
            self.camera.reopen()?;
            self.list()?;
            self.told.tell(&HelperLine::Doing { what: Doing::Wait })?;
        }
        if self.beaten.elapsed() >= BEAT {
            self.told.tell(&HelperLine::Beat { bytes: 0 })?;
            self.beaten = Instant::now();
        }
        Ok(())
    }

    fn status(&mut self) -> Result<(), Broken> {
        let cards = self.camera.storages()?;
        self.status_told = Instant::now();
        self.told.tell(&HelperLine::Status(status::status(&self.camera, &cards))).map_err(Broken::from)
    }

    /// The whole card.
    fn list(&mut self) -> Result<(), Broken> {
        self.told.tell(&HelperLine::Doing { what: Doing::List })?;
        let mut batch = Vec::new();
        let mut count = 0;
        let mut folders = vec![("/".to_owned(), MAX_DEPTH)];
        while let Some((folder, depth)) = folders.pop() {
            for name in self.camera.files(&folder)? {
                let Some(frame) = self.frame(folder.clone(), name)? else { continue };
                count += 1;
                if count > MAX_FRAMES {
                    break;
                }
                batch.push(frame);
                if batch.len() == BATCH {
                    self.told.tell(&HelperLine::Listed { frames: std::mem::take(&mut batch), is_last: false })?;
                }
            }
            if depth > 0 {
                let below = if folder == "/" { "" } else { folder.as_str() };
                let inner = self.camera.folders(&folder)?;
                folders.extend(inner.into_iter().map(|name| (format!("{below}/{name}"), depth - 1)));
            }
        }
        self.told.tell(&HelperLine::Listed { frames: batch, is_last: true })?;
        self.listed = Instant::now();
        Ok(())
    }

    /// What is told of a file; nothing of one that Kilat does not file, or that is gone again.
    fn frame(&self, folder: String, name: String) -> Result<Option<FrameLine>, Broken> {
        if PhotoKind::of_path(name.as_ref()).is_none() {
            return Ok(None);
        }
        let info = match self.camera.info(&folder, &name) {
            Ok(info) => info,
            Err(fault) => {
                // Only whether the camera still answers tells whether the frame or it is at fault.
                return if self.camera.storages().is_ok() { Ok(None) } else { Err(fault.into()) };
            }
        };
        Ok(Some(FrameLine { folder, name, size_bytes: info.size_bytes, written_s: info.written_s }))
    }

    fn obey(&mut self, order: &OrderLine) -> Result<(), Broken> {
        let OrderLine::Get { id, folder, name, what, into } = order else {
            return Err(Broken::Own(io::Error::other("it was asked to open a second camera")));
        };
        self.busy = Instant::now();
        self.told.tell(&HelperLine::Doing { what: Doing::Get })?;
        let path = OrderLine::path(into);
        let file = OpenOptions::new().read(true).write(true).truncate(true).open(&path).map_err(Broken::Own)?;
        self.moving.begin(path.clone());
        let got = self.camera.download(folder, name, *what == What::Thumbnail, file);
        self.moving.end();
        match got {
            Ok(()) => {
                let bytes = path.metadata().map_err(Broken::Own)?.len();
                self.told.tell(&HelperLine::Got { id: *id, bytes })?;
            }
            // Only whether it still answers tells whether the frame or the camera is at fault.
            Err(fault) => match self.camera.storages() {
                Ok(_) => self.told.tell(&HelperLine::NotGot { id: *id, detail: fault.text })?,
                Err(_) => return Err(fault.into()),
            },
        }
        self.busy = Instant::now();
        self.probed = Instant::now();
        self.told.tell(&HelperLine::Doing { what: Doing::Wait }).map_err(Broken::from)
    }
}
