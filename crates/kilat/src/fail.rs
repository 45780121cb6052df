//! How a command ends badly: what happened, to what, what to do next, and an exit status for scripts.
//!
//! Every code has a page under `docs/errors/`; a test holds that.

use std::fmt;
use std::process::ExitCode;

/// Exit statuses that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was tried and failed.
    Failed = 1,
    /// The command or a setting is wrong.
    WrongUse = 2,
    /// The server cannot be reached.
    Unreachable = 3,
    /// The server does not let the caller do that.
    NotAllowed = 4,
    /// Some of it was done; the rest is listed.
    InPart = 5,
}

/// Codes of the pages under `docs/errors/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Setting,
    DataFolder,
    SealKey,
    AlreadyRunning,
    Port,
    OpenDoor,
    Journal,
    TaskDied,
    NoServer,
    Refused,
    NotAllowed,
    UnknownEvent,
    Backup,
    Restore,
    Card,
    Doctor,
    Output,
}

impl Code {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 17] = [
        Self::Setting,
        Self::DataFolder,
        Self::SealKey,
        Self::AlreadyRunning,
        Self::Port,
        Self::OpenDoor,
        Self::Journal,
        Self::TaskDied,
        Self::NoServer,
        Self::Refused,
        Self::NotAllowed,
        Self::UnknownEvent,
        Self::Backup,
        Self::Restore,
        Self::Card,
        Self::Doctor,
        Self::Output,
    ];

    /// The page's name.
    pub(crate) fn page(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::DataFolder => "data-folder",
            Self::SealKey => "seal-key",
            Self::AlreadyRunning => "already-running",
            Self::Port => "port",
            Self::OpenDoor => "open-door",
            Self::Journal => "journal",
            Self::TaskDied => "task-died",
            Self::NoServer => "no-server",
            Self::Refused => "refused",
            Self::NotAllowed => "not-allowed",
            Self::UnknownEvent => "unknown-event",
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::Card => "card",
            Self::Doctor => "doctor",
            Self::Output => "output",
        }
    }
}

/// A bad end.
#[derive(Debug)]
pub(crate) struct Fail {
    pub(crate) exit: Exit,
    pub(crate) code: Code,
    /// What happened, to what.
    pub(crate) what: String,
    /// What to do next.
    pub(crate) remedy: String,
}

impl Fail {
    /// It was tried and failed.
    pub(crate) fn new(code: Code, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, code, what: what.into(), remedy: remedy.into() }
    }

    /// The same with another exit status.
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// A setting that cannot be.
    pub(crate) fn setting(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Code::Setting, what, remedy).exit(Exit::WrongUse)
    }

    /// The server does not let the caller do that.
    pub(crate) fn not_allowed(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Code::NotAllowed, what, remedy).exit(Exit::NotAllowed)
    }

    pub(crate) fn status(&self) -> ExitCode {
        ExitCode::from(self.exit as u8)
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kilat: {}\n  {}\n  docs/errors/{}.md", self.what, self.remedy, self.code.page())
    }
}

impl std::error::Error for Fail {}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_error_has_its_page() {
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        for code in Code::ALL {
            let page = pages.join(format!("{}.md", code.page()));
            assert!(page.is_file(), "write {}", page.display());
        }
    }
}
