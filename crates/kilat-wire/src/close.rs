//! How a connection ends, and whether the client comes back by itself. The one list of close codes.

/// What a client does after a close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Connect again: after `reconnectAfterMs` where the server told one, else with growing, jittered delays.
    ComeBack,
    /// Connect again, but not within 5 s.
    ComeBackLater,
    /// Not by itself: a person must sign in or be allowed.
    SignIn,
    /// Not by itself: the client has a fault, which the reason names.
    Mend,
}

impl Verdict {
    /// Its name in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ComeBack => "come_back",
            Self::ComeBackLater => "come_back_later",
            Self::SignIn => "sign_in",
            Self::Mend => "mend",
        }
    }
}

/// A close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: u16,
    /// Its name in the contract.
    pub name: &'static str,
    /// What a client does then.
    pub verdict: Verdict,
    /// When it is sent.
    pub when: &'static str,
}

const fn close(code: u16, name: &'static str, verdict: Verdict, when: &'static str) -> Close {
    Close { code, name, verdict, when }
}

/// The client said goodbye.
pub const GOODBYE: u16 = 1000;
/// Against the protocol.
pub const PROTOCOL: u16 = 1002;
/// A text that is no UTF-8.
pub const NOT_TEXT: u16 = 1007;
/// Abuse.
pub const ABUSE: u16 = 1008;
/// A message far beyond the limit.
pub const TOO_LARGE: u16 = 1009;
/// A failure of the server.
pub const INTERNAL: u16 = 1011;
/// The server stops.
pub const RESTART: u16 = 1012;
/// No place.
pub const FULL: u16 = 1013;
/// The client took nothing.
pub const SLOW: u16 = 4001;
/// Nothing was heard.
pub const SILENT: u16 = 4002;
/// Not signed in.
pub const NOT_SIGNED_IN: u16 = 4401;
/// Not allowed.
pub const NOT_ALLOWED: u16 = 4403;

/// Every code, by number. After one that does not stand here, come back: networks invent them (1006).
pub const CLOSES: [Close; 12] = [
    close(GOODBYE, "goodbye", Verdict::ComeBack, "the client closed; its own close is answered"),
    close(PROTOCOL, "protocol", Verdict::Mend, "a frame against RFC 6455"),
    close(NOT_TEXT, "not_text", Verdict::Mend, "a text frame that is no UTF-8"),
    close(ABUSE, "abuse", Verdict::Mend, "1,000 messages too many after a warning"),
    close(TOO_LARGE, "too_large", Verdict::Mend, "a message above 1 MiB"),
    close(INTERNAL, "internal", Verdict::ComeBack, "the server failed: its journal could not be read"),
    close(RESTART, "restart", Verdict::ComeBack, "the server stops; `draining` came before and says when to return"),
    close(FULL, "full", Verdict::ComeBackLater, "too many viewers"),
    close(SLOW, "slow", Verdict::ComeBack, "the client took nothing for 10 s"),
    close(SILENT, "silent", Verdict::ComeBack, "nothing was heard for 60 s"),
    close(NOT_SIGNED_IN, "not_signed_in", Verdict::SignIn, "not signed in any more, or revoked"),
    close(NOT_ALLOWED, "not_allowed", Verdict::SignIn, "the role does not allow it"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_here_once_in_order() {
        assert!(CLOSES.windows(2).all(|pair| pair[0].code < pair[1].code));
    }
}
