//! Photos that are handed in by HTTP: what became of each.

use serde::{Deserialize, Serialize};

use crate::Apology;

/// What became of a file that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IntakeState {
    /// It is a photo of the event in use.
    Filed,
    /// It is durable, and becomes a photo by itself once an event is in use and the journal takes it.
    Held,
    /// It is no photo by its name: kept beside the photos, in no event.
    Aside,
}

impl IntakeState {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Held => "held",
            Self::Aside => "aside",
        }
    }
}

/// `PUT /intake/{name}`, `POST /intake`, `GET /intake?hash=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IntakeAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// What became of it.
    pub state: IntakeState,
    /// Which photo it is, once it is filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
    /// Whether this content was not held before.
    pub is_new: bool,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub hash: String,
}

/// `POST /intake` with a form: all of its files are safe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IntakeFormAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// What became of each, in the order of the form.
    pub files: Vec<IntakeFormFile>,
}

/// The same where some of it is not: a refusal, with what became of each file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IntakeFormApology {
    /// Always false.
    #[cfg_attr(feature = "schema", schemars(extend("const" = false)))]
    pub success: bool,
    /// `in_part`, or where no file of it is safe, why the first is not.
    pub code: String,
    /// What happened.
    pub error: String,
    /// What to do next.
    pub remedy: String,
    /// What became of each, in the order of the form. A file that does not stand here was not read.
    pub files: Vec<IntakeFormFile>,
}

/// What became of one file of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IntakeFormFile {
    /// Its name.
    pub name: String,
    /// The status with which it would have been answered alone.
    pub status: u16,
    /// The answer.
    pub outcome: IntakeFormOutcome,
}

/// The answer to one file of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum IntakeFormOutcome {
    /// It is safe.
    Taken(IntakeAnswer),
    /// It is not.
    Refused(Apology),
}
