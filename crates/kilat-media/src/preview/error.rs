//! Why there is no preview, and what a loop does about it.

use std::io;
use std::time::Duration;

use kilat_core::{Class, Classify, OsFault};

/// Why there is no preview. Each completes "cannot …".
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// It holds no JPEG and is none.
    #[error("show the photo: it holds no picture that a browser can show")]
    NoPreview,
    /// Its pictures are beyond the limits.
    #[error("show the photo: its picture is too large ({detail})")]
    TooLarge {
        /// What is too large.
        detail: String,
    },
    /// Its pictures do not decode.
    #[error("show the photo: its picture is damaged ({detail})")]
    Damaged {
        /// What the decoder says.
        detail: String,
    },
    /// The photo cannot be read.
    #[error("read the photo")]
    Read(#[source] io::Error),
    /// The preview cannot be written.
    #[error("write the preview")]
    Write(#[source] io::Error),
    /// The preview process cannot be started.
    #[error("start the preview process")]
    Start(#[source] io::Error),
    /// The preview process died on this photo; the next request starts another.
    #[error("show the photo: the preview process died on it")]
    Crashed,
    /// The preview process was killed because it took too long.
    #[error("show the photo: no preview within {patience:?}")]
    TimedOut {
        /// How long it was waited for.
        patience: Duration,
    },
    /// The preview process did not answer what was asked, and was killed.
    #[error("show the photo: the preview process answered nonsense")]
    Garbled,
}

impl Classify for PreviewError {
    fn class(&self) -> Class {
        match self {
            Self::NoPreview
            | Self::TooLarge { .. }
            | Self::Damaged { .. }
            | Self::Crashed
            | Self::TimedOut { .. }
            | Self::Garbled => Class::GiveUp,
            Self::Start(_) => Class::NeedsOperator,
            Self::Read(error) | Self::Write(error) => match OsFault::of(error) {
                OsFault::Full | OsFault::ReadOnly | OsFault::Denied => Class::NeedsOperator,
                OsFault::Gone | OsFault::Other => Class::Retry { after: None },
            },
        }
    }
}
