//! Resumable sessions: begun, sent in chunks, asked how much has arrived, gone on with after a crash.

use std::io;

use data_encoding::HEXLOWER;
use kilat_objects::{Item, StoreError};
use ring::digest;
use serde_json::Value;
use ureq::http::Uri;

use super::calls::{Api, Ask, DriveFile, FIELDS, No, read};
use crate::http::{Line, header};
use crate::retry::again;
use crate::seed_of;
use crate::source::Source;

/// Sent at once: a multiple of 256 KiB, as Drive wants.
const CHUNK_BYTES: usize = 8 * 1024 * 1024;
/// Sessions tried for one copy: a kept one, one in its place, and one more where that is lost too.
const MAX_SESSIONS: u32 = 3;
/// Where new files are sent.
pub(super) const NEW: &str = "/upload/drive/v3/files";
const WHAT: &str = "store in";

/// A session under way.
struct Session<'a> {
    api: &'a Api,
    line: Line<'a>,
    url: String,
    /// Of the whole file.
    size: u64,
    seed: u64,
}

/// How far a session is.
enum State {
    /// So many bytes have arrived.
    At(u64),
    /// All, and this is the file.
    Whole(Box<DriveFile>),
    /// There is no such session any more.
    Ended,
}

/// Begins a session; answers its address.
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
    let wrong = |why: &str| No::from(line.cut(what, io::Error::other(why.to_owned())));
    match header(answer.headers(), "location") {
        // Looked at here: a later error would show it.
        Some(url) if api.is_own(url) && url.parse::<Uri>().is_ok() => Ok(url.to_owned()),
        Some(_) => Err(wrong("the session would be on another server")),
        None => Err(wrong("it named no session")),
    }
}

impl Session<'_> {
    /// Sends bytes that stand at `at`; none ask how many have arrived, which ends an empty file.
    fn send(&self, at: u64, bytes: &[u8]) -> Result<State, StoreError> {
        let (line, size) = (self.line, self.size);
        let range = match bytes.len() as u64 {
            0 => format!("bytes */{size}"),
            length => format!("bytes {at}-{}/{size}", at + length - 1),
        };
        let (url, headers, body) = (self.url.clone(), vec![("content-range", range)], Some(bytes));
        let answer = self.api.ask(line, &Ask { what: WHAT, method: "PUT", url, headers, body, answer_bytes: 0 });
        let answer = match answer {
            Ok(answer) => answer,
            Err(No::NotThere) => return Ok(State::Ended),
            Err(No::Fault(error)) => return Err(error),
        };
        if answer.status().as_u16() != 308 {
            let text = read(line, WHAT, answer)?;
            // Whole, but nobody says which file: it is left to the sweep.
            return Ok(serde_json::from_slice(&text).map_or(State::Ended, |file| State::Whole(Box::new(file))));
        }
        let Some(range) = header(answer.headers(), "range") else { return Ok(State::At(0)) };
        let last = range.strip_prefix("bytes=0-").and_then(|last| last.parse::<u64>().ok());
        let last = last.ok_or_else(|| line.cut(WHAT, io::Error::other("it named a range that cannot be")))?;
        Ok(State::At(last.saturating_add(1)))
    }

    /// Where a session that an earlier attempt kept is by now.
    fn gone_on_with(&self) -> Result<State, StoreError> {
        again(self.line.watch, self.seed, |_| match self.send(0, b"")? {
            // Somebody may have removed the file since.
            State::Whole(file) => match self.api.file(self.line, &file.id) {
                Ok(file) if !file.trashed => Ok(State::Whole(Box::new(file))),
                Ok(_) | Err(No::NotThere) => Ok(State::Ended),
                Err(No::Fault(error)) => Err(error),
            },
            on_its_way @ (State::At(_) | State::Ended) => Ok(on_its_way),
        })
    }

    /// One chunk, which stands at `from`: what did not arrive of it is sent again, after a lost answer too.
    fn chunk(&self, from: u64, bytes: &[u8]) -> Result<State, StoreError> {
        let to = from + bytes.len() as u64;
        again(self.line.watch, self.seed, |attempt| {
            let mut state = if attempt == 1 { State::At(from) } else { self.send(from, b"")? };
            loop {
                let at = match state {
                    State::At(at) if at == to && to > from => return Ok(State::At(to)),
                    State::At(at) if (from..=to).contains(&at) => at,
                    // It forgot what it had, or has what nobody sent.
                    State::At(_) => return Ok(State::Ended),
                    over @ (State::Whole(_) | State::Ended) => return Ok(over),
                };
                state = self.send(at, &bytes[usize::try_from(at - from).unwrap_or(bytes.len())..])?;
                if matches!(state, State::At(now) if now == at) {
                    return Err(self.line.cut(WHAT, io::Error::other("nothing of what was sent arrived")));
                }
            }
        })
    }
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
    let url =
        again(line.watch, size, |_| begin(api, line, method, path, about, size).map_err(|no| no.fault(line, what)))?;
    let State::Whole(file) = (Session { api, line, url, size, seed: size }).chunk(0, bytes)? else {
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
    let (size, seed) = (item.stamp.size_bytes, seed_of(item));
    let purpose = format!("{}\n{}\n{size}", item.key, HEXLOWER.encode(&item.proof.0));
    let kept = item.resume.and_then(|text| api.keeper.open(&purpose, text));
    let mut kept = kept.filter(|url| api.is_own(url));
    // Progress never goes back, whatever is sent twice.
    let mut told = 0;
    for _ in 0..MAX_SESSIONS {
        let (url, is_kept) = match kept.take() {
            Some(url) => (url, true),
            None => {
                let begun = again(line.watch, seed, |_| {
                    begin(api, line, "POST", NEW, about, size).map_err(|no| no.fault(line, WHAT))
                })?;
                (begun, false)
            }
        };
        match api.keeper.seal(&purpose, &url) {
            Some(sealed) => line.watch.keep(&sealed),
            None => tracing::warn!("an upload cannot be sealed, and would begin anew after a crash"),
        }
        let session = Session { api, line, url, size, seed };
        let state = if is_kept { session.gone_on_with()? } else { State::At(0) };
        let mut bytes = api.buffers.take(line.watch)?;
        let sent = through(&session, item, state, (&mut bytes, &mut told));
        api.buffers.give_back(bytes);
        if let Some(sent) = sent? {
            return Ok(sent);
        }
        tracing::debug!("an upload's session has ended, another is begun");
    }
    Err(line.cut(WHAT, io::Error::other("every session ended before the file was whole")))
}

/// Sends what a session lacks; none when the session has ended. The file is read whole all the same: its hash
/// must be known, whatever has arrived.
fn through(
    session: &Session<'_>,
    item: &Item<'_>,
    state: State,
    (bytes, told): (&mut Vec<u8>, &mut u64),
) -> Result<Option<(DriveFile, String)>, StoreError> {
    let (mut there, mut file) = match state {
        State::Ended => return Ok(None),
        State::At(there) => (there, None),
        State::Whole(file) => (session.size, Some(*file)),
    };
    let (mut source, mut context) = (Source::open(item)?, digest::Context::new(&digest::SHA256));
    let (mut at, mut is_last) = (0, false);
    while !is_last {
        source.part(bytes, CHUNK_BYTES)?;
        context.update(bytes);
        let end = at + bytes.len() as u64;
        is_last = end == session.size;
        if is_last {
            // Before the last bytes leave: a file that changed never becomes whole there.
            source.finish()?;
        }
        if file.is_none() && (there < end || is_last) {
            let from = there.max(at);
            let rest = &bytes[usize::try_from(from - at).unwrap_or(bytes.len()).min(bytes.len())..];
            match session.chunk(from, rest)? {
                State::Ended => return Ok(None),
                State::At(now) => there = now,
                State::Whole(whole) => file = Some(*whole),
            }
        }
        *told = end.max(*told);
        session.line.watch.sent(*told);
        at = end;
    }
    Ok(file.map(|file| (file, HEXLOWER.encode(context.finish().as_ref()))))
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}
