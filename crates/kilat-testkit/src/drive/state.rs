//! What stands at the stand-in, and what it answers.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::{Answer, Call};
use super::server::DriveServer;

/// Every chunk but the last is a multiple of it.
pub(super) const GRAIN: u64 = 256 * 1024;
pub(super) const FOLDER: &str = "application/vnd.google-apps.folder";
/// The topmost folder's own id: calls may say `root`, answers never do.
const ROOT: &str = "0Aroot";
/// What is told of a file when nobody says what is wanted.
const USUAL: &str = "id,name,mimeType,kind";

#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) parent: String,
    pub(super) bytes: Vec<u8>,
    /// SHA-256 of the bytes.
    pub(super) sum: String,
    pub(super) trashed: bool,
    pub(super) created: String,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) about: Value,
    pub(super) fields: String,
    pub(super) id: Option<String>,
    pub(super) size: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) whole: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) files: BTreeMap<String, File>,
    pub(super) sessions: HashMap<String, Session>,
    pub(super) made: u64,
    pub(super) token: u64,
    pub(super) begun: u64,
    pub(super) refusals: Vec<(u16, &'static str)>,
    pub(super) keep_half: bool,
    /// Bytes of chunks that were sent here, kept or not.
    pub(super) received: u64,
    /// Chunks that are still taken before one gets no answer.
    pub(super) chunks_left: Option<u32>,
    pub(super) is_held: bool,
    /// What somebody else names just before the next file of ours gets its name.
    pub(super) rival: Option<Vec<u8>>,
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
    pub(super) fn answer(&mut self, call: &Call, address: SocketAddr) -> Answer {
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

    pub(super) fn make(&mut self, about: &Value, bytes: Vec<u8>) -> String {
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

    pub(super) fn find(&self, path: &str) -> String {
        let found = self.files.keys().find(|id| self.path(id) == path);
        found.unwrap_or_else(|| panic!("{path} is not there")).clone()
    }

    /// A file's path from the topmost folder.
    pub(super) fn path(&self, id: &str) -> String {
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
        let parent = about["parents"][0].as_str().map_or(ROOT, own_id);
        if id.is_none() && parent != ROOT && !self.files.contains_key(parent) {
            return no(404, "notFound");
        }
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
