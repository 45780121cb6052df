//! The stand-in as tests hold it: started, asked what it has, made to refuse, to lose and to hang.

use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::json;

use super::call::{Call, read_call};
use super::state::{FOLDER, File, GRAIN, State};
use crate::NEVER;

/// The stand-in.
#[derive(Debug)]
pub struct DriveServer {
    /// Where it answers.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl DriveServer {
    /// What stands in everything that nobody else may see: secrets, access tokens, addresses of sessions.
    pub const SECRET: &'static str = "geheim";
    /// What opens it.
    pub const SECRETS: [(&'static str, &'static str); 3] =
        [("client_id", "kilat-client"), ("client_secret", "geheim-client"), ("refresh_token", "geheim-refresh")];

    /// Starts an empty one.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let serving = Arc::clone(&serving);
                // A client that goes away ends its connection.
                thread::spawn(move || serve(connection, address, &serving).unwrap_or(()));
            }
        });
        Self { address, shared }
    }

    /// The address of a folder below the topmost one.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("gdrive://root/{path}?endpoint=http://{}", self.address)
    }

    /// Refuses the next calls so: a status and Google's word for the reason.
    pub fn refuse(&self, refusals: &[(u16, &'static str)]) {
        self.lock().refusals = refusals.iter().rev().copied().collect();
    }

    /// Ends every access token.
    pub fn end_tokens(&self) {
        self.lock().token += 1;
    }

    /// Forgets every upload under way.
    pub fn lose_sessions(&self) {
        self.lock().sessions.clear();
    }

    /// Keeps only half of the next chunk.
    pub fn keep_half(&self) {
        self.lock().keep_half = true;
    }

    /// Lets so many more chunks of large files arrive; the next one gets no answer until [`Self::release`].
    pub fn hold_after(&self, chunks: u32) {
        self.lock().chunks_left = Some(chunks);
    }

    /// Waits until a chunk is held.
    ///
    /// # Panics
    /// When none comes.
    pub fn wait_held(&self) {
        let waited = self.shared.changed.wait_timeout_while(self.lock(), NEVER, |state| !state.is_held);
        assert!(waited.unwrap_or_else(PoisonError::into_inner).0.is_held, "no chunk came");
    }

    /// Hangs up on whoever is held, takes nothing of that chunk, and holds nobody any more.
    pub fn release(&self) {
        let mut state = self.lock();
        (state.chunks_left, state.is_held) = (None, false);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Somebody else puts a file of the same name there, just before the next file of ours gets its name.
    pub fn come_between(&self, bytes: &[u8]) {
        self.lock().rival = Some(bytes.to_vec());
    }

    /// Puts somebody else's file into a folder, made at a time.
    ///
    /// # Panics
    /// When the folder is not there.
    pub fn add(&self, folder: &str, name: &str, bytes: &[u8], created: &str) {
        let mut state = self.lock();
        let parent = state.find(folder);
        let id = state.make(&json!({ "name": name, "parents": [parent] }), bytes.to_vec());
        if let Some(file) = state.files.get_mut(&id) {
            created.clone_into(&mut file.created);
        }
    }

    /// Somebody else removes a file.
    ///
    /// # Panics
    /// When it is not there.
    pub fn remove(&self, path: &str) {
        let mut state = self.lock();
        let id = state.find(path);
        state.files.remove(&id);
    }

    /// Sessions begun so far.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.lock().begun
    }

    /// Bytes of chunks that were sent here so far, kept or not.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.lock().received
    }

    /// Paths and bytes of all files that are not in the trash, in no other order than their names'.
    #[must_use]
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let state = self.lock();
        let is_file = |file: &File| file.mime != FOLDER && !file.trashed;
        let files = state.files.iter().filter(|(_, file)| is_file(file));
        let mut all: Vec<_> = files.map(|(id, file)| (state.path(id), file.bytes.clone())).collect();
        all.sort();
        all
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as a chunk is held; answers whether this one was.
    fn is_held(&self, call: &Call) -> bool {
        let mut state = self.lock();
        if call.method != "PUT" || call.body.is_empty() {
            return false;
        }
        state.received += call.body.len() as u64;
        match &mut state.chunks_left {
            _ if (call.body.len() as u64) < GRAIN => return false,
            None => return false,
            Some(0) => state.is_held = true,
            Some(left) => {
                *left -= 1;
                return false;
            }
        }
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |state| state.is_held));
        true
    }
}

fn serve(client: TcpStream, address: SocketAddr, shared: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut answers = client.try_clone()?;
    let mut calls = BufReader::new(client);
    while let Some(call) = read_call(&mut calls)? {
        if shared.is_held(&call) {
            return Ok(());
        }
        let (status, lines, body) = shared.lock().answer(&call, address);
        let mut answer = format!("HTTP/1.1 {status} X\r\n{lines}content-length: {}\r\n\r\n", body.len()).into_bytes();
        answer.extend(body);
        // At once: a head alone would wait for the client's delayed acknowledgement.
        answers.write_all(&answer)?;
    }
    Ok(())
}
