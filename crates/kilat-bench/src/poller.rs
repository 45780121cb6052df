//! The replaced design, as a rival: the folder is listed every 2 s, and a file counts once it has
//! not changed from one look to the next.
//!
//! In its favour it tells its listener within this process, without any socket, and checks nothing.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two looks, from one of which to the next a file must stand still: what the replaced system did.
const LOOK: Duration = Duration::from_secs(2);

/// When each file name was announced.
pub(crate) type Announced = HashMap<String, Instant>;

/// A thread that polls.
#[derive(Debug)]
pub(crate) struct Poller {
    polling: JoinHandle<io::Result<Announced>>,
    end: SyncSender<()>,
}

impl Poller {
    pub(crate) fn start(folder: &Path) -> Self {
        let folder = folder.to_owned();
        let (end, ended) = sync_channel(1);
        Self { polling: std::thread::spawn(move || poll(&folder, &ended)), end }
    }

    /// Lets it announce what is left, then ends it.
    pub(crate) fn stop(self) -> io::Result<Announced> {
        // Gone already: the answer says why.
        self.end.send(()).unwrap_or(());
        self.polling.join().unwrap_or_else(|_| Err(io::Error::other("the poller panicked")))
    }
}

fn poll(folder: &Path, ended: &Receiver<()>) -> io::Result<Announced> {
    let mut standing: HashMap<PathBuf, u64> = HashMap::new();
    let mut announced = Announced::new();
    let mut is_ending = false;
    loop {
        for path in list(folder)? {
            let size_bytes = fs::metadata(&path)?.len();
            if standing.insert(path.clone(), size_bytes) == Some(size_bytes) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                announced.entry(name).or_insert_with(Instant::now);
            }
        }
        if is_ending && announced.len() == standing.len() {
            return Ok(announced);
        }
        match ended.recv_timeout(LOOK) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) if !is_ending => is_ending = true,
            // The end was told once; from then on the sender is gone and nothing waits here.
            Ok(()) | Err(RecvTimeoutError::Disconnected) => kilat_testkit::pause(LOOK),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    Ok(files)
}
