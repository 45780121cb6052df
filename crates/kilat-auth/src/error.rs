//! Why access was not given or not changed.

use std::time::Duration;

use kilat_journal::JournalError;

/// Why a change of who may come in was refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccessError {
    /// A token cannot have that name.
    #[error("a token cannot have that name: use 1 to 100 characters on one line")]
    Name,
    /// An account's password cannot be that.
    #[error("the password cannot be that: {0}")]
    Password(&'static str),
    /// The end of a token lies in the past.
    #[error("a token cannot end before it begins")]
    Past,
    /// There is an account of this name.
    #[error("there is an account of this name already")]
    Taken,
    /// No such account.
    #[error("there is no such account")]
    NoUser,
    /// No such token.
    #[error("there is no such token")]
    NoToken,
    /// There is a camera of this name.
    #[error("there is a camera of this name already: choose another name, or remove that one")]
    CameraTaken,
    /// No such camera signs in.
    #[error("there is no such camera")]
    NoCamera,
    /// Too many tickets wait to be used.
    #[error("too many tickets are waiting to be used")]
    Busy,
    /// The journal refused or failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Why somebody was not signed in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignInError {
    /// The code is unknown, used up, or its time is over; which is not told.
    #[error("this sign-in link is not valid any more")]
    Code,
    /// The name or the password is wrong; which is not told.
    #[error("the name or the password is wrong")]
    Password,
    /// Too many attempts failed.
    #[error("too many attempts failed")]
    Throttled {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// The journal refused or failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}
