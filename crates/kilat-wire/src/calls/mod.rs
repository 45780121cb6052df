//! Every HTTP call, as data: what it is given, what it answers, how it refuses. The table is `table`.
//!
//! The contract is generated from it, and a test holds the real router against it. Who may call what is
//! deliberately absent: that is the server's to decide, call by call.

mod intake;
mod table;

pub use table::CALLS;

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Only tells; HEAD is answered too.
    Get,
    /// Does something.
    Post,
    /// Hands something in under a name.
    Put,
    /// Adds to something.
    Patch,
    /// Takes something away.
    Delete,
}

impl Verb {
    /// As HTTP writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The type of a body.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Its path in Rust, for a person.
    pub name: fn() -> &'static str,
    /// Its schema.
    #[cfg(feature = "schema")]
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

impl Shape {
    /// Of this type.
    pub(crate) const fn of<T: Described>() -> Self {
        Self {
            name: std::any::type_name::<T>,
            #[cfg(feature = "schema")]
            schema: |generator| generator.subschema_for::<T>(),
        }
    }
}

/// What an answer holds.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON of this type.
    Json(Shape),
    /// JSON of this type, or the same messages as an event stream where the caller accepts one.
    JsonOrEvents(Shape),
    /// Bytes of this media type.
    Bytes(&'static str),
    /// Text of this media type.
    Text(&'static str),
}

/// A status that is no refusal.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// When.
    pub when: &'static str,
    /// What it holds.
    pub body: Body,
}

/// A refusal: its body is always an [`Apology`](crate::Apology).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// The codes that come with it.
    pub codes: &'static [&'static str],
}

/// Where a parameter stands; those of the path are in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Behind the `?`.
    Query,
    /// Among the headers.
    Header,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text,
    /// A cursor, `EPOCH:SEQ`.
    Cursor,
    /// A whole number, at least the first and at most the second.
    Number(u64, u64),
    /// One of these.
    OneOf(&'static [&'static str]),
}

/// A parameter that may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Where it stands.
    pub place: Place,
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub value: Value,
    /// What it does.
    pub what: &'static str,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Its method.
    pub verb: Verb,
    /// Its path, with `{…}` for what varies.
    pub path: &'static str,
    /// Its name in the contract.
    pub id: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Whether it answers without sign-in.
    pub is_open: bool,
    /// Its parameters but those of the path.
    pub parameters: &'static [Parameter],
    /// Its body, if it takes one.
    pub body: Option<Shape>,
    /// The media type of its bytes, if it takes some: of any length, read as they come.
    pub bytes: Option<&'static str>,
    /// How it answers.
    pub answers: &'static [Answer],
    /// How it refuses, beside what every call may be refused for.
    pub refusals: &'static [Refused],
}

impl Call {
    const fn new(verb: Verb, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let (is_open, parameters, answers, refusals) = (false, &[], &[], &[]);
        Self { verb, path, id, summary, is_open, parameters, body: None, bytes: None, answers, refusals }
    }

    const fn open(self) -> Self {
        Self { is_open: true, ..self }
    }

    const fn with(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    const fn takes(self, body: Shape) -> Self {
        Self { body: Some(body), ..self }
    }

    const fn takes_bytes(self, media: &'static str) -> Self {
        Self { bytes: Some(media), ..self }
    }

    const fn answers(self, answers: &'static [Answer]) -> Self {
        Self { answers, ..self }
    }

    const fn refuses(self, refusals: &'static [Refused]) -> Self {
        Self { refusals, ..self }
    }

    /// The names of what varies in its path.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

const fn answer(status: u16, when: &'static str, body: Body) -> Answer {
    Answer { status, when, body }
}

const fn ok<T: Described>() -> Answer {
    answer(200, "done", Body::Json(Shape::of::<T>()))
}

const fn refused(status: u16, codes: &'static [&'static str]) -> Refused {
    Refused { status, codes }
}

const fn query(name: &'static str, value: Value, what: &'static str) -> Parameter {
    Parameter { place: Place::Query, name, value, what }
}

const fn header(name: &'static str, value: Value, what: &'static str) -> Parameter {
    Parameter { place: Place::Header, name, value, what }
}

/// A type with a schema, where schemas are wanted.
#[cfg(feature = "schema")]
pub(crate) use schemars::JsonSchema as Described;
/// Any type: schemas are not wanted.
#[cfg(not(feature = "schema"))]
pub(crate) trait Described {}
#[cfg(not(feature = "schema"))]
impl<T> Described for T {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_and_each_name_stands_here_once() {
        for (at, call) in CALLS.iter().enumerate() {
            for other in &CALLS[at + 1..] {
                assert!((call.verb, call.path) != (other.verb, other.path), "{} {}", call.verb.as_str(), call.path);
                assert_ne!(call.id, other.id);
            }
        }
    }

    #[test]
    fn each_call_has_an_answer_and_no_status_twice() {
        for call in CALLS {
            assert!(!call.answers.is_empty(), "{}", call.id);
            let mut statuses: Vec<u16> = call.answers.iter().map(|answer| answer.status).collect();
            statuses.extend(call.refusals.iter().map(|refused| refused.status));
            let all = statuses.len();
            statuses.sort_unstable();
            statuses.dedup();
            assert_eq!(statuses.len(), all, "{}", call.id);
        }
    }
}
