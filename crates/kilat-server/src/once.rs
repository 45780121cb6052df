//! A command that carries an `idempotency-key` is carried out once, however often it is sent: a phone that lost the
//! answer asks again with the same key and gets that answer.
//!
//! It goes on when its caller hangs up, so that there is an answer to ask for. Kept in memory only: after a restart the
//! command is carried out anew, which every command survives. Absent: calls of people who are not known, because an
//! answer is given again to its own caller only.
//!
//! A file that is handed in goes through as it comes, so its digest stands for its bytes; without one the key is not
//! looked at, because nobody could say before the last byte that it is the same file. Its content is its key then.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use kilat_auth::Who;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::body::MAX_BODY_BYTES;
use crate::http::{print_of_file, takes_files};
use crate::refusal::Refusal;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key: a UUID has 36.
const MAX_KEY: usize = 128;
/// How long an answer is kept: a phone that was out of the network for longer looks at the state instead.
const KEEP: Duration = Duration::from_secs(600);
/// Answers kept, each of at most 16 KiB: 16 MiB. The oldest go first.
const MAX_KEPT: usize = 1_000;
/// Longest answer that is kept; commands answer with less.
const MAX_ANSWER: usize = 16 * 1024;

/// Commands that were carried out lately.
#[derive(Clone)]
pub(crate) struct Once {
    kept: Arc<Mutex<Kept>>,
    tasks: TaskTracker,
}

/// Whose key it is, and the key.
type Name = (String, String);

#[derive(Default)]
struct Kept {
    commands: HashMap<Name, Command>,
    /// In the order of their coming; a name stands once here for each command that was begun under it.
    order: VecDeque<(Instant, Name)>,
}

struct Command {
    /// Of the method, the address and the body: another command under the same key is a mistake.
    print: u64,
    /// None while it is carried out.
    answer: Option<Answer>,
}

#[derive(Clone)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Once {
    pub(crate) fn new(tasks: TaskTracker) -> Self {
        Self { kept: Arc::default(), tasks }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is carried out once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Its body stands in memory by now.
    Command,
    /// Its body is read as it comes.
    File,
}

/// Carries a command out, or answers as it was answered before.
pub(crate) async fn once(State(once): State<Once>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let (Some(who), Some(key)) = (request.extensions().get::<Who>(), request.headers().get(KEY)) else {
        return next.run(request).await;
    };
    let mut hasher = DefaultHasher::new();
    (request.method().as_str(), request.uri().to_string()).hash(&mut hasher);
    let kind = if takes_files(request.uri().path()) {
        let Some(print) = print_of_file(request.uri().path(), request.headers()) else {
            return next.run(request).await;
        };
        print.hash(&mut hasher);
        Kind::File
    } else {
        Kind::Command
    };
    let name = match key.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= MAX_KEY => (format!("{:?}", who.credential), key.to_owned()),
        _ => return bad_key().into_response(),
    };
    let request = match kind {
        Kind::File => request,
        Kind::Command => {
            let (parts, body) = request.into_parts();
            // It was read and bounded before.
            let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else { return bad_key().into_response() };
            body.hash(&mut hasher);
            Request::from_parts(parts, Body::from(body))
        }
    };
    match begin(&once, &name, hasher.finish()) {
        Begun::Now => {}
        Begun::Before(answer) => return answer.again(),
        Begun::Goes => return goes().into_response(),
        Begun::Another => return another().into_response(),
    }
    let going = Going { once: once.clone(), kind, name: Some(name) };
    let task = once.tasks.spawn(async move {
        let response = next.run(request).await;
        going.end(response).await
    });
    task.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a command broke off");
        broke().into_response()
    })
}

enum Begun {
    Now,
    Before(Answer),
    Goes,
    Another,
}

fn begin(once: &Once, name: &Name, print: u64) -> Begun {
    let mut kept = once.lock();
    kept.forget(Instant::now());
    match kept.commands.entry(name.clone()) {
        Entry::Occupied(known) if known.get().print != print => return Begun::Another,
        Entry::Occupied(known) => return known.get().answer.clone().map_or(Begun::Goes, Begun::Before),
        Entry::Vacant(free) => free.insert(Command { print, answer: None }),
    };
    kept.order.push_back((Instant::now(), name.clone()));
    Begun::Now
}

impl Kept {
    /// What is too old, and the oldest where there are too many. One that still goes is forgotten too: asked for again,
    /// it is carried out again.
    fn forget(&mut self, now: Instant) {
        while let Some((at, _)) = self.order.front() {
            if self.order.len() < MAX_KEPT && now.duration_since(*at) < KEEP {
                return;
            }
            if let Some((_, name)) = self.order.pop_front() {
                self.commands.remove(&name);
            }
        }
    }
}

/// A command under way. Dropped without an end, it was not carried out, or not to its end.
struct Going {
    once: Once,
    kind: Kind,
    name: Option<Name>,
}

impl Going {
    async fn end(mut self, response: Response) -> Response {
        let is_short = response.body().size_hint().upper().is_some_and(|most| most <= MAX_ANSWER as u64);
        // A session is handed out once.
        let opens = response.headers().contains_key(SET_COOKIE);
        let is_final = match self.kind {
            Kind::Command => is_final(response.status()),
            // What was cut off comes again, whole.
            Kind::File => response.status().is_success(),
        };
        if !is_short || opens || !is_final {
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = to_bytes(body, MAX_ANSWER).await else { return broke().into_response() };
        let answer = Answer { status: parts.status, headers: parts.headers.clone(), body: body.clone() };
        if let Some(name) = self.name.take()
            && let Some(command) = self.once.lock().commands.get_mut(&name)
        {
            command.answer = Some(answer);
        }
        Response::from_parts(parts, Body::from(body))
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            let mut kept = self.once.lock();
            kept.commands.remove(&name);
            kept.order.retain(|(_, other)| *other != name);
        }
    }
}

/// What may be another answer in a moment is not kept.
fn is_final(status: StatusCode) -> bool {
    let may_pass = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    !status.is_server_error() && !may_pass.contains(&status)
}

impl Answer {
    fn again(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        *response.headers_mut() = self.headers;
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

fn bad_key() -> Refusal {
    Refusal::bad("bad_key", "the idempotency-key is no text of 1 to 128 characters", "send a new random one, as a UUID")
}

fn goes() -> Refusal {
    let error = "this very command is being carried out";
    Refusal::new(StatusCode::CONFLICT, "in_progress", error, "ask again in a moment, with the same key")
}

fn another() -> Refusal {
    let error = "this idempotency-key belongs to another command";
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "key_reused", error, "send each command with a key of its own")
}

fn broke() -> Refusal {
    let error = "the command broke off";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error, "look at the state, then try again")
}

#[cfg(test)]
mod tests;
