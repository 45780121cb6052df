//! The helper of one camera from inside: one session, from its first answer until the camera or whoever asked is gone.
//!
//! Invariants: nothing on the card is changed or deleted; a session that failed is never mended here, the process ends
//! and says why; when whoever asked is gone, it ends too, also out of a call that never returns.

mod ends;
mod exposure;
mod moving;
mod session;
mod status;

use std::io::{self, BufRead, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::library::Calls;
use crate::lines::{Doing, HelperLine, LeftLine, MAX_LINE_BYTES, OrderLine, VERSION};

/// Orders that wait: one is asked at a time.
const ORDERS: usize = 4;

/// What the sentence for a missing library says to do.
const INSTALL: &str = "libgphoto2 is not installed here: install it (Debian and Ubuntu: apt-get install gphoto2; macOS: brew install \
     libgphoto2); Kilat then finds it by itself";

/// Where lines go.
#[derive(Debug, Clone)]
pub(crate) struct Told(Arc<Mutex<io::Stdout>>);

/// Nobody listens any more.
#[derive(Debug)]
pub(crate) struct Deaf;

impl Told {
    pub(crate) fn tell(&self, line: &HelperLine) -> Result<(), Deaf> {
        let mut text = serde_json::to_vec(line).map_err(|_why| Deaf)?;
        text.push(b'\n');
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(&text).and_then(|()| out.flush()).map_err(|_why| Deaf)
    }
}

/// Serves one camera: orders on the standard input, answers on the standard output.
///
/// # Errors
/// When it was asked nothing that it understands.
pub fn run_worker() -> io::Result<()> {
    let told = Told(Arc::new(Mutex::new(io::stdout())));
    let mut input = io::stdin().lock();
    let open = match read_order(&mut input)? {
        Some(OrderLine::Open { version: VERSION, port, probe_ms, list_ms, resets }) => {
            session::Open { port, probe_ms, list_ms, resets }
        }
        Some(_) => return Err(io::Error::other("it was asked in words of another version: start Kilat again")),
        None => return Ok(()),
    };
    drop(input);
    let orders = follow_orders()?;
    let (why, detail) = match tell_and_serve(&told, &open, &orders) {
        Ok(left) => left,
        Err(Deaf) => return Ok(()),
    };
    match told.tell(&HelperLine::Left { why, detail }) {
        Ok(()) | Err(Deaf) => Ok(()),
    }
}

fn tell_and_serve(told: &Told, open: &session::Open, orders: &Receiver<OrderLine>) -> Result<(LeftLine, String), Deaf> {
    told.tell(&HelperLine::Doing { what: Doing::Open })?;
    match Calls::load() {
        Ok(calls) => session::serve(&calls, told, open, orders),
        Err(missing) => Ok((LeftLine::Unsupported, format!("{INSTALL} ({})", missing.0))),
    }
}

/// A thread that reads orders; the end of the input ends the process, whatever it is doing.
fn follow_orders() -> io::Result<Receiver<OrderLine>> {
    let (sender, orders): (SyncSender<OrderLine>, _) = sync_channel(ORDERS);
    let follow = move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(order)) = read_order(&mut input) {
            if sender.send(order).is_err() {
                return;
            }
        }
        #[expect(clippy::exit, reason = "the other thread may be in a call that never returns")]
        std::process::exit(0)
    };
    std::thread::Builder::new().name("orders".to_owned()).spawn(follow)?;
    Ok(orders)
}

fn read_order(input: &mut impl BufRead) -> io::Result<Option<OrderLine>> {
    let mut line = String::new();
    match input.take(MAX_LINE_BYTES).read_line(&mut line)? {
        0 => Ok(None),
        _ => serde_json::from_str(&line).map(Some).map_err(io::Error::other),
    }
}
