//! A stand-in for Google Drive: its resumable uploads and what Kilat uses of version 3, as strict as the real one.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::NEVER;

/// Every chunk but the last is a multiple of it.
const GRAIN: u64 = 256 * 1024;
const FOLDER: &str = "application/vnd.google-apps.folder";
/// The topmost folder's own id: calls may say `root`, answers never do.
const ROOT: &str = "0Aroot";
/// What is told of a file when nobody says what is wanted.
const USUAL: &str = "id,name,mimeType,kind";

#[derive(Debug, Clone)]
struct File {
    name: String,
    mime: String,
    parent: String,
    bytes: Vec<u8>,
    /// SHA-256 of the bytes.
    sum: String,
    trashed: bool,
    created: String,
}

#[derive(Debug)]
struct Session {
    about: Value,
    fields: String,
    id: Option<String>,
    size: u64,
    bytes: Vec<u8>,
    whole: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, File>,
    sessions: HashMap<String, Session>,
    made: u64,
    token: u64,
    begun: u64,
    refusals: Vec<(u16, &'static str)>,
    keep_half: bool,
    /// Bytes of chunks that were sent here, kept or not.
    received: u64,
    /// Chunks that are still taken before one gets no answer.
    chunks_left: Option<u32>,
    is_held: bool,
    /// What somebody else names just before the next file of ours gets its name.
    rival: Option<Vec<u8>>,
}

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

struct Call {
    method: String,
    path: String,
    query: HashMap<String, String>,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

type Answer = (u16, String, Vec<u8>);

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

fn read_call(client: &mut impl BufRead) -> io::Result<Option<Call>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if client.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    let query = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(n, v)| (n.to_owned(), decoded(v)));
    Ok(Some(Call { method: method.to_owned(), path: path.to_owned(), query: query.collect(), headers, body }))
}

fn decoded(text: &str) -> String {
    let (mut out, bytes, mut at) = (Vec::new(), text.as_bytes(), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn no(status: u16, reason: &str) -> Answer {
    let body = json!({ "error": { "code": status, "errors": [{ "reason": reason }] } });
    (status, String::new(), body.to_string().into_bytes())
}

fn own_id(id: &str) -> &str {
    if id == "root" { ROOT } else { id }
}

fn fields_of(call: &Call) -> &str {
    call.query.get("fields").map_or(USUAL, String::as_str)
}

fn sum_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn yes(body: &Value) -> Answer {
    (200, String::new(), body.to_string().into_bytes())
}

impl State {
    fn answer(&mut self, call: &Call, address: SocketAddr) -> Answer {
        if call.path == "/token" {
            let form = String::from_utf8_lossy(&call.body);
            let is_known = DriveServer::SECRETS.iter().all(|(name, value)| form.contains(&format!("{name}={value}")));
            if !is_known {
                return (400, String::new(), br#"{"error":"invalid_grant"}"#.to_vec());
            }
            return yes(&json!({ "access_token": format!("geheim-token-{}", self.token), "expires_in": 3_600 }));
        }
        if call.headers.get("authorization") != Some(&format!("Bearer geheim-token-{}", self.token)) {
            return no(401, "authError");
        }
        if let Some((status, reason)) = self.refusals.pop() {
            return no(status, reason);
        }
        let body: Value = serde_json::from_slice(&call.body).unwrap_or(Value::Null);
        let id = call.path.rsplit('/').next().filter(|id| *id != "files").map(str::to_owned);
        match (call.method.as_str(), call.path.starts_with("/upload/"), id) {
            ("PUT", true, _) => self.chunk(call),
            ("POST" | "PATCH", true, id) => self.begin(call, body, id, address),
            ("GET", false, Some(id)) if id == "about" => {
                yes(&json!({ "storageQuota": { "limit": "1000000000", "usage": "1000" } }))
            }
            ("GET", false, None) => self.list(&call.query),
            ("POST", false, None) => {
                let made = self.make(&body, Vec::new());
                yes(&self.json(&made, fields_of(call)))
            }
            (method, false, Some(id)) => self.one(method, call, &body, &id),
            _ => no(400, "badRequest"),
        }
    }

    fn make(&mut self, about: &Value, bytes: Vec<u8>) -> String {
        self.made += 1;
        let id = format!("id{:08}", self.made);
        // Each a millisecond after the one before.
        let created = jiff::Timestamp::from_millisecond(1_790_000_000_000 + i64::try_from(self.made).unwrap_or(0));
        let text = |value: &Value, other: &str| value.as_str().unwrap_or(other).to_owned();
        let file = File {
            name: text(&about["name"], "Untitled"),
            mime: text(&about["mimeType"], "application/octet-stream"),
            parent: own_id(about["parents"][0].as_str().unwrap_or(ROOT)).to_owned(),
            sum: sum_of(&bytes),
            bytes,
            trashed: false,
            created: created.expect("a time").to_string(),
        };
        self.files.insert(id.clone(), file);
        id
    }

    /// What is told of a file: only what was asked for.
    fn json(&self, id: &str, fields: &str) -> Value {
        let file = &self.files[id];
        let mut told = json!({ "id": id, "name": file.name, "mimeType": file.mime, "kind": "drive#file",
            "parents": [file.parent], "trashed": file.trashed,
            "createdTime": file.created, "modifiedTime": file.created });
        if file.mime != FOLDER {
            told["size"] = json!(file.bytes.len().to_string());
            told["sha256Checksum"] = json!(file.sum);
        }
        if let Value::Object(all) = &mut told {
            all.retain(|name, _| fields.split(',').any(|field| field == name));
        }
        told
    }

    fn find(&self, path: &str) -> String {
        let found = self.files.keys().find(|id| self.path(id) == path);
        found.unwrap_or_else(|| panic!("{path} is not there")).clone()
    }

    /// A file's path from the topmost folder.
    fn path(&self, id: &str) -> String {
        let Some(file) = self.files.get(id) else { return String::new() };
        let (mut path, mut at) = (file.name.clone(), &file.parent);
        while let Some(folder) = self.files.get(at) {
            path = format!("{}/{path}", folder.name);
            at = &folder.parent;
        }
        path
    }

    fn list(&self, query: &HashMap<String, String>) -> Answer {
        let q = query.get("q").cloned().unwrap_or_default();
        let parent = own_id(q.split('\'').nth(1).unwrap_or_default());
        let fields = query.get("fields").and_then(|fields| fields.split_once("files("));
        let fields = fields.map_or(USUAL, |(_, fields)| fields.trim_end_matches(')'));
        let name = q.split_once(" and name = '").map(|(_, name)| name.trim_end_matches('\''));
        let name = name.map(|name| name.replace("\\'", "'").replace("\\\\", "\\"));
        let start: usize = query.get("pageToken").and_then(|token| token.parse().ok()).unwrap_or(0);
        let found: Vec<&String> = (self.files.iter())
            .filter(|(_, file)| file.parent == parent && !file.trashed)
            .filter(|(_, file)| name.as_ref().is_none_or(|name| *name == file.name))
            .map(|(id, _)| id)
            .collect();
        // Two a page, so that every longer list has several.
        let page: Vec<Value> = found.iter().skip(start).take(2).map(|id| self.json(id, fields)).collect();
        let mut answer = json!({ "files": page });
        if start + 2 < found.len() {
            answer["nextPageToken"] = json!((start + 2).to_string());
        }
        yes(&answer)
    }

    fn one(&mut self, method: &str, call: &Call, body: &Value, id: &str) -> Answer {
        let fields = fields_of(call);
        let Some(file) = self.files.get_mut(id) else { return no(404, "notFound") };
        match method {
            "GET" if call.query.get("alt").is_some_and(|alt| alt == "media") => {
                (200, String::new(), file.bytes.clone())
            }
            "GET" => yes(&self.json(id, fields)),
            "DELETE" => {
                self.files.remove(id);
                (204, String::new(), Vec::new())
            }
            "PATCH" => {
                let wanted = body["name"].as_str().unwrap_or(&file.name).to_owned();
                let to = call.query.get("addParents").map(|to| own_id(to).to_owned());
                if to.is_some() && call.query.get("removeParents").map(|from| own_id(from)) != Some(&file.parent) {
                    return no(403, "cannotAddParent");
                }
                file.trashed |= body["trashed"].as_bool().unwrap_or(false);
                file.name.clone_from(&wanted);
                if let Some(to) = to {
                    file.parent.clone_from(&to);
                    if let Some(bytes) = self.rival.take() {
                        self.make(&json!({ "name": wanted, "parents": [to] }), bytes);
                    }
                }
                yes(&self.json(id, fields))
            }
            _ => no(400, "badRequest"),
        }
    }

    fn begin(&mut self, call: &Call, about: Value, id: Option<String>, address: SocketAddr) -> Answer {
        let size = call.headers.get("x-upload-content-length").and_then(|size| size.parse().ok());
        let Some(size) = size else { return no(400, "badRequest") };
        let fields = fields_of(call).to_owned();
        self.begun += 1;
        let session = format!("geheim-{}", self.begun);
        let location = format!("location: http://{address}/upload/drive/v3/files?upload_id={session}\r\n");
        self.sessions.insert(session, Session { about, fields, id, size, bytes: Vec::new(), whole: None });
        (200, location, Vec::new())
    }

    fn chunk(&mut self, call: &Call) -> Answer {
        let name = call.query.get("upload_id").cloned().unwrap_or_default();
        let Some(session) = self.sessions.get_mut(&name) else { return no(404, "notFound") };
        let fields = session.fields.clone();
        if let Some(id) = session.whole.clone() {
            return if self.files.contains_key(&id) { yes(&self.json(&id, &fields)) } else { no(404, "notFound") };
        }
        let range = call.headers.get("content-range").cloned().unwrap_or_default();
        let Some((part, size)) = range.strip_prefix("bytes ").and_then(|range| range.split_once('/')) else {
            return no(400, "badRequest");
        };
        if size != session.size.to_string() {
            return no(400, "badRequest");
        }
        if let Some((from, to)) = part.split_once('-') {
            let (from, to): (u64, u64) = (from.parse().unwrap_or(u64::MAX), to.parse().unwrap_or(0));
            let sent = call.body.len() as u64;
            let is_last = to + 1 == session.size;
            if from != session.bytes.len() as u64 || to + 1 - from != sent || (!is_last && !sent.is_multiple_of(GRAIN))
            {
                return no(400, "badRequest");
            }
            let kept = if std::mem::take(&mut self.keep_half) { sent / 2 / GRAIN * GRAIN } else { sent };
            session.bytes.extend_from_slice(&call.body[..usize::try_from(kept).unwrap_or(0)]);
        } else if part != "*" || !call.body.is_empty() {
            return no(400, "badRequest");
        }
        let arrived = session.bytes.len() as u64;
        if arrived < session.size {
            let range = if arrived == 0 { String::new() } else { format!("range: bytes=0-{}\r\n", arrived - 1) };
            return (308, range, Vec::new());
        }
        let (about, bytes, old) = (session.about.clone(), std::mem::take(&mut session.bytes), session.id.clone());
        let id = match old {
            Some(id) => {
                let Some(file) = self.files.get_mut(&id) else { return no(404, "notFound") };
                file.sum = sum_of(&bytes);
                file.bytes = bytes;
                id
            }
            None => self.make(&about, bytes),
        };
        if let Some(session) = self.sessions.get_mut(&name) {
            session.whole = Some(id.clone());
        }
        yes(&self.json(&id, &fields))
    }
}
