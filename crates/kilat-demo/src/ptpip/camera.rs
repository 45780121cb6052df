//! The camera as a whole: its listener, its connections, and the handle by which it is told what happens to it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use kilat_core::{Clock, SystemClock};

use super::answers::{self, Answer, Data, State, event};
use super::card::Objects;
use super::link::{Cut, Fault, Link, Power};
use super::packet::{Fields, Packet, Request, kind};
use super::shooting::{Frames, Shutter};
use crate::body::Body;

/// What is read from the card at once, and what one packet of data carries.
const BLOCK_BYTES: usize = 64 * 1024;

/// How a virtual camera is.
#[derive(Debug, Clone)]
pub struct CameraOptions {
    /// What it says of itself, and what stands in its files.
    pub body: Body,
    /// Number in the name of its next file, 1 to 9,999.
    pub first: u32,
    /// Whether a RAW file is written beside each JPEG.
    pub has_raw: bool,
    /// How long its files are at least.
    pub size_bytes: Option<usize>,
    /// Two cameras with different seeds never take the same picture.
    pub seed: u64,
    /// How many different pictures it takes in turns; each is drawn once, at the first shot.
    pub pictures: usize,
    /// Where it listens, on the loopback interface; 0 for any free one.
    pub port: u16,
    /// How full its battery is.
    pub battery_percent: u8,
    /// How far its clock is ahead, in seconds.
    pub clock_ahead_s: i64,
}

impl Default for CameraOptions {
    fn default() -> Self {
        Self {
            body: Body::A,
            first: 1,
            has_raw: false,
            size_bytes: None,
            seed: 1,
            pictures: 1,
            port: 0,
            battery_percent: 80,
            clock_ahead_s: 0,
        }
    }
}

/// A running virtual camera; it is gone when this is dropped.
#[derive(Debug)]
pub struct VirtualCamera {
    inside: Arc<Inside>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Inside {
    address: SocketAddr,
    options: CameraOptions,
    clock: SystemClock,
    link: Link,
    objects: Mutex<Objects>,
    shutter: Mutex<Shutter>,
}

impl VirtualCamera {
    /// Switches a camera on whose card is this folder; it is read once.
    ///
    /// # Errors
    /// The system's: the folder cannot be read, the port is taken.
    pub fn open(card: &Path, options: CameraOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        let address = listener.local_addr()?;
        let inside = Arc::new(Inside {
            address,
            objects: Mutex::new(Objects::read(card)?),
            shutter: Mutex::new(Shutter::new(options.first, options.seed, options.pictures)),
            options,
            clock: SystemClock::new(),
            link: Link::new(),
        });
        let accepting = Mutex::new(Some(accept(listener, &inside)?));
        Ok(Self { inside, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.inside.address
    }

    /// As libgphoto2 names it: commands and events go to the same port.
    #[must_use]
    pub fn port(&self) -> String {
        let (ip, port) = (self.inside.address.ip(), self.inside.address.port());
        format!("ptpip:{ip}:{port}:{port}")
    }

    /// Takes frames; the files stand on the card when this returns, below the card's folder.
    ///
    /// # Errors
    /// The system's.
    pub fn shoot(&self, frames: u32) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for _ in 0..frames {
            files.extend(self.inside.shoot()?);
        }
        Ok(files)
    }

    /// Pulls the cable.
    pub fn unplug(&self) {
        self.inside.link.set_power(Power::Unplugged);
        self.end_listening();
        self.inside.link.close();
    }

    /// Puts the cable back; also wakes.
    ///
    /// # Errors
    /// The system's: another program took the port meanwhile.
    pub fn plug(&self) -> io::Result<()> {
        if self.inside.link.power() == Power::Unplugged {
            // A cut unplugs without this handle.
            self.end_listening();
            let listener = TcpListener::bind(self.inside.address)?;
            self.inside.link.set_power(Power::On);
            *lock(&self.accepting) = Some(accept(listener, &self.inside)?);
        }
        self.inside.link.set_power(Power::On);
        Ok(())
    }

    /// It goes dark after a while without work, as cameras do.
    pub fn doze(&self) {
        self.inside.link.set_power(Power::Dozing);
    }

    /// Somebody touches its shutter.
    pub fn wake(&self) {
        if self.inside.link.power() == Power::Dozing {
            self.inside.link.set_power(Power::On);
        }
    }

    /// It answers nothing more, also in the middle of a download.
    pub fn stall(&self) {
        self.inside.link.set_stalled(true);
    }

    /// It goes on where it stopped.
    pub fn unstall(&self) {
        self.inside.link.set_stalled(false);
    }

    /// Its files move no faster than that; `None`: as fast as they can.
    pub fn set_rate(&self, bytes_per_second: Option<u64>) {
        self.inside.link.set_rate(bytes_per_second);
    }

    /// A fault in the middle of the next download, once.
    pub fn cut(&self, at_byte: u64, then: Fault) {
        self.inside.link.set_cut(Cut { at_byte, then });
    }

    /// How many cuts have happened.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.inside.link.cuts_done()
    }

    /// Waits until so many cuts have happened; whether they did.
    #[must_use]
    pub fn wait_for_cuts(&self, cuts: u64, patience: Duration) -> bool {
        self.inside.link.wait_for_cuts(cuts, patience)
    }

    fn end_listening(&self) {
        if let Some(accepting) = lock(&self.accepting).take() {
            knock(self.inside.address);
            // A panic in there was told already.
            match accepting.join() {
                Ok(()) | Err(_) => {}
            }
        }
    }
}

impl Drop for VirtualCamera {
    fn drop(&mut self) {
        self.unplug();
    }
}

impl Inside {
    fn now(&self) -> Timestamp {
        let now = Timestamp::from_millisecond(self.clock.now().0).unwrap_or_default();
        now.checked_add(jiff::SignedDuration::from_secs(self.options.clock_ahead_s)).unwrap_or(now)
    }

    fn shoot(&self) -> io::Result<Vec<PathBuf>> {
        let CameraOptions { body, has_raw, size_bytes, .. } = &self.options;
        let frames = Frames { body, has_raw: *has_raw, size_bytes: *size_bytes };
        // One after the other; the card answers meanwhile.
        let mut shutter = lock(&self.shutter);
        let root = lock(&self.objects).root().to_owned();
        let files = shutter.release(&root, frames, self.now())?;
        let mut objects = lock(&self.objects);
        let mut handles = Vec::new();
        for file in &files {
            handles.extend(objects.take_in(file)?);
        }
        drop(objects);
        for handle in handles {
            self.announce(event::OBJECT_ADDED, handle);
        }
        Ok(files)
    }

    fn announce(&self, code: u16, param: u32) {
        self.link.announce(&Fields::default().u16(code).u32(0).u32(param).packet(kind::EVENT));
    }

    /// One connection, from its greeting to its end.
    fn talk(&self, number: u64, stream: &mut TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        while let Some(packet) = Packet::read(stream)? {
            let reply = match packet.kind {
                kind::INIT_COMMAND => {
                    let greeting = Fields::default().u32(number as u32).bytes(&[0x4b; 16]);
                    greeting.marked_text(self.options.body.model).u32(0x0001_0000).packet(kind::INIT_COMMAND_ACK)
                }
                kind::INIT_EVENT => {
                    self.link.send(stream, &Fields::default().packet(kind::INIT_EVENT_ACK))?;
                    self.link.listen(stream)?;
                    continue;
                }
                kind::PING => Fields::default().packet(kind::PONG),
                kind::REQUEST => {
                    self.respond(Request::of(&packet.body), stream)?;
                    continue;
                }
                // What a host sends of its own, a cancellation for instance, changes nothing here.
                _ => continue,
            };
            self.link.send(stream, &reply)?;
        }
        Ok(())
    }

    fn respond(&self, request: Request, stream: &mut TcpStream) -> io::Result<()> {
        let CameraOptions { body, battery_percent, .. } = &self.options;
        let state = State { body, battery_percent: *battery_percent, now: self.now() };
        let Answer { data, code, param, shoots } = answers::answer(request, &state, &lock(&self.objects));
        if let Some(data) = data {
            self.send_data(request.transaction, &data, stream)?;
        }
        let response = Fields::default().u16(code).u32(request.transaction);
        let response = param.into_iter().fold(response, Fields::u32);
        self.link.send(stream, &response.packet(kind::RESPONSE))?;
        if shoots {
            self.shoot()?;
            self.announce(event::CAPTURE_COMPLETE, 0);
        }
        Ok(())
    }

    fn send_data(&self, transaction: u32, data: &Data, stream: &mut TcpStream) -> io::Result<()> {
        let start = |length: u64| Fields::default().u32(transaction).u64(length).packet(kind::START_DATA);
        let head =
            |kind: u32, length: usize| Fields::default().u32(length as u32 + 12).u32(kind).u32(transaction).done();
        match data {
            Data::Bytes(bytes) => {
                let packets = [start(bytes.len() as u64), head(kind::END_DATA, bytes.len()), bytes.clone()].concat();
                self.link.send(stream, &packets)
            }
            Data::File { handle, path, from, length } => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(*from))?;
                self.link.send(stream, &start(*length))?;
                let mut block = vec![0; BLOCK_BYTES];
                let mut done = 0;
                loop {
                    let rest = usize::try_from(length - done).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES);
                    let block = &mut block[..rest];
                    file.read_exact(block)?;
                    let is_last = done + rest as u64 == *length;
                    self.link.send(stream, &head(if is_last { kind::END_DATA } else { kind::DATA }, rest))?;
                    self.link.send_file(stream, *handle, from + done, block)?;
                    if is_last {
                        return Ok(());
                    }
                    done += rest as u64;
                }
            }
        }
    }
}

/// A thread that takes connections until the cable is pulled.
fn accept(listener: TcpListener, inside: &Arc<Inside>) -> io::Result<JoinHandle<()>> {
    let inside = Arc::clone(inside);
    let accept = move || {
        for stream in listener.incoming() {
            if inside.link.power() == Power::Unplugged {
                return;
            }
            // One that ended already, or that the camera would refuse, is closed by being dropped.
            let Ok(stream) = stream else { continue };
            let Ok(Some(number)) = inside.link.enter(&stream) else { continue };
            let talking = Arc::clone(&inside);
            let mut stream = stream;
            let talk = move || {
                // How a connection ends is the host's business: it sees it too.
                match talking.talk(number, &mut stream) {
                    Ok(()) | Err(_) => {}
                }
                // A cut pulled the cable from here: whoever waits for connections must hear of it.
                if talking.link.power() == Power::Unplugged {
                    knock(talking.address);
                    talking.link.close();
                }
                talking.link.leave(number);
            };
            if thread::Builder::new().name("virtual-camera".to_owned()).spawn(talk).is_err() {
                inside.link.leave(number);
            }
        }
    };
    thread::Builder::new().name("virtual-camera-door".to_owned()).spawn(accept)
}

/// Wakes the thread that waits for connections, so that it looks whether it is still wanted, until nobody waits there.
fn knock(address: SocketAddr) {
    // A handful fill what the system keeps for it.
    for _ in 0..1_000 {
        if TcpStream::connect(address).is_err() {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
