//! Resumable sessions: begun, sent in chunks, asked how much has arrived, gone on with after a crash.

use std::io;

use data_encoding::HEXLOWER;
use kilat_objects::{Item, StoreError};
use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calls::{Api, Ask, DriveFile, FIELDS, No, parse};
use crate::http::{Line, header};
use crate::retry::again;
use crate::seed_of;
use crate::source::Source;

/// Sent at once, and in memory for each copy under way: a multiple of 256 KiB, as Drive wants.
const CHUNK_BYTES: usize = 8 * 1024 * 1024;
/// Sessions begun for one copy: the second when the first has ended, no more.
const MAX_SESSIONS: u32 = 2;

/// A session, as it is kept for the next attempt.
#[derive(Debug, Serialize, Deserialize)]
struct Session {
    /// What it was begun for.
    key: String,
    proof: String,
    url: String,
}

/// How far a session is.
enum State {
    /// So many bytes have arrived.
    At(u64),
    /// All, and this is the file.
    Whole(Box<DriveFile>),
}

/// Begins a session.
fn begin(api: &Api, line: Line<'_>, method: &'static str, path: &str, about: &Value, size: u64) -> Result<String, No> {
    let what = "begin an upload to";
    let url = api.url(path, &[("uploadType", "resumable"), ("fields", FIELDS)]);
    let headers = vec![
        ("content-type", "application/json; charset=UTF-8".to_owned()),
        ("x-upload-content-type", "application/octet-stream".to_owned()),
        ("x-upload-content-length", size.to_string()),
    ];
    let body = about.to_string();
    let answer = api.ask(line, &Ask { what, method, url, headers, body: Some(body.as_bytes()), answer_bytes: 0 })?;
    match header(answer.headers(), "location") {
        Some(url) if api.is_own(url) => Ok(url.to_owned()),
        Some(_) => Err(line.cut(what, io::Error::other("the session would be on another server")).into()),
        None => Err(line.cut(what, io::Error::other("it named no session")).into()),
    }
}

/// Sends bytes, or none to ask how many have arrived.
fn send(api: &Api, line: Line<'_>, session: &str, range: String, bytes: &[u8]) -> Result<State, No> {
    let what = "store in";
    let headers = vec![("content-range", range)];
    let ask = Ask { what, method: "PUT", url: session.to_owned(), headers, body: Some(bytes), answer_bytes: 0 };
    let answer = api.ask(line, &ask)?;
    if answer.status().as_u16() != 308 {
        return Ok(State::Whole(Box::new(parse(line, what, answer)?)));
    }
    let Some(range) = header(answer.headers(), "range") else { return Ok(State::At(0)) };
    let last = range.strip_prefix("bytes=0-").and_then(|last| last.parse::<u64>().ok());
    let last = last.ok_or_else(|| line.cut(what, io::Error::other("it named a range that cannot be")))?;
    Ok(State::At(last.saturating_add(1)))
}

/// One chunk, which ends at `to`; where the answer is lost, asks what has arrived.
fn chunk(
    api: &Api,
    line: Line<'_>,
    session: &str,
    (from, size): (u64, u64),
    bytes: &[u8],
    seed: u64,
) -> Result<Option<State>, StoreError> {
    let (what, to) = ("store in", from + bytes.len() as u64);
    let mut at = from;
    again(line.watch, seed, |attempt| {
        if attempt > 1 {
            match send(api, line, session, format!("bytes */{size}"), b"") {
                Ok(State::At(now)) if (from..=to).contains(&now) => at = now,
                Ok(State::At(_)) | Err(No::NotThere) => return Ok(None),
                Ok(whole @ State::Whole(_)) => return Ok(Some(whole)),
                Err(other) => return Err(other.fault(line, what)),
            }
        }
        // What arrived of a chunk may be less than the whole: the rest is sent, as long as it grows.
        loop {
            if at == to && to > from {
                return Ok(Some(State::At(to)));
            }
            let rest = &bytes[usize::try_from(at - from).unwrap_or(bytes.len())..];
            let range =
                if rest.is_empty() { format!("bytes */{size}") } else { format!("bytes {at}-{}/{size}", to - 1) };
            match send(api, line, session, range, rest) {
                Ok(State::At(now)) if now > at && now <= to => at = now,
                Ok(State::At(now)) if now == at => {
                    return Err(line.cut(what, io::Error::other("nothing of what was sent arrived")));
                }
                Ok(State::At(_)) | Err(No::NotThere) => return Ok(None),
                Ok(whole @ State::Whole(_)) => return Ok(Some(whole)),
                Err(other) => return Err(other.fault(line, what)),
            }
        }
    })
}

/// Sends a small file whole, as a new one or in the place of another's bytes.
pub(super) fn small(
    api: &Api,
    line: Line<'_>,
    (method, path): (&'static str, &str),
    about: &Value,
    bytes: &[u8],
) -> Result<DriveFile, StoreError> {
    let (what, size) = ("write to", bytes.len() as u64);
    let session =
        again(line.watch, size, |_| begin(api, line, method, path, about, size).map_err(|no| no.fault(line, what)))?;
    let Some(State::Whole(file)) = chunk(api, line, &session, (0, size), bytes, size)? else {
        return Err(line.cut(what, io::Error::other("the upload ended before it was whole")));
    };
    let is_same = file.sha256_checksum.as_deref().is_none_or(|sum| sum == sha256(bytes));
    if is_same && file.size_bytes() == Some(size) {
        return Ok(*file);
    }
    Err(StoreError::Corrupt { place: line.place() })
}

/// Sends an item's file; answers what Drive has, and the SHA-256 of what was read. Goes on with a session that an
/// earlier attempt kept.
pub(super) fn whole(
    api: &Api,
    line: Line<'_>,
    item: &Item<'_>,
    about: &Value,
) -> Result<(DriveFile, String), StoreError> {
    let what = "store in";
    let proof = HEXLOWER.encode(&item.proof.0);
    let kept = item.resume.and_then(|text| serde_json::from_str::<Session>(text).ok());
    let mut kept = kept.filter(|kept| kept.key == item.key.as_str() && kept.proof == proof && api.is_own(&kept.url));
    for _ in 0..=MAX_SESSIONS {
        let session = match kept.take() {
            Some(kept) => kept,
            None => {
                let size = item.stamp.size_bytes;
                let url = again(line.watch, seed_of(item), |_| {
                    begin(api, line, "POST", "/upload/drive/v3/files", about, size).map_err(|no| no.fault(line, what))
                })?;
                Session { key: item.key.as_str().to_owned(), proof: proof.clone(), url }
            }
        };
        match serde_json::to_string(&session) {
            Ok(text) => line.watch.keep(&text),
            Err(error) => tracing::warn!(%error, "an upload cannot be kept, and would begin anew after a crash"),
        }
        if let Some(sent) = through(api, line, item, &session.url)? {
            return Ok(sent);
        }
        tracing::debug!("an upload's session has ended, another is begun");
    }
    Err(line.cut(what, io::Error::other("every session ended before the file was whole")))
}

/// Sends what a session lacks; none when the session has ended. The file is read whole all the same: its hash
/// must be known, whatever has arrived.
fn through(
    api: &Api,
    line: Line<'_>,
    item: &Item<'_>,
    session: &str,
) -> Result<Option<(DriveFile, String)>, StoreError> {
    let (size, seed) = (item.stamp.size_bytes, seed_of(item));
    let state = again(line.watch, seed, |_| match send(api, line, session, format!("bytes */{size}"), b"") {
        Ok(state) => Ok(Some(state)),
        Err(No::NotThere) => Ok(None),
        Err(other) => Err(other.fault(line, "store in")),
    })?;
    let (mut there, mut file) = match state {
        None => return Ok(None),
        Some(State::At(there)) => (there, None),
        Some(State::Whole(file)) => (size, Some(*file)),
    };
    let (mut source, mut context) = (Source::open(item)?, digest::Context::new(&digest::SHA256));
    let (mut bytes, mut at) = (Vec::new(), 0);
    loop {
        source.part(&mut bytes, CHUNK_BYTES)?;
        context.update(&bytes);
        let end = at + bytes.len() as u64;
        let is_last = end == size;
        if is_last {
            // Before the last bytes leave: a file that changed never becomes whole there.
            source.finish()?;
        }
        if file.is_none() && (there < end || is_last) {
            let from = there.max(at);
            let rest = &bytes[usize::try_from(from - at).unwrap_or(bytes.len()).min(bytes.len())..];
            match chunk(api, line, session, (from, size), rest, seed)? {
                None => return Ok(None),
                Some(State::At(now)) => there = now,
                Some(State::Whole(whole)) => file = Some(*whole),
            }
        }
        line.watch.sent(end);
        if is_last {
            break;
        }
        at = end;
    }
    let Some(file) = file else { return Ok(None) };
    Ok(Some((file, HEXLOWER.encode(context.finish().as_ref()))))
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}
