//! Sign-in codes: what a link carries after `#in=`. They live for minutes, in memory only; a restarted
//! server prints a new one.

use std::collections::HashMap;
use std::time::Duration;

use kilat_core::{Role, TokenHash};

/// Codes at once; the one that ends first goes.
const MAX_CODES: usize = 256;

#[derive(Debug)]
struct Code {
    role: Role,
    uses: u32,
    ends: Duration,
}

/// All codes that may still be used.
#[derive(Debug, Default)]
pub(crate) struct Codes(HashMap<TokenHash, Code>);

impl Codes {
    pub(crate) fn add(&mut self, hash: TokenHash, role: Role, uses: u32, now: Duration, valid: Duration) {
        self.forget_ended(now);
        if self.0.len() >= MAX_CODES
            && let Some(first) = self.0.iter().min_by_key(|(_, code)| code.ends).map(|(hash, _)| *hash)
        {
            self.0.remove(&first);
        }
        self.0.insert(hash, Code { role, uses, ends: now + valid });
    }

    /// Uses a code once; the role that it gives.
    pub(crate) fn use_once(&mut self, hash: &TokenHash, now: Duration) -> Option<Role> {
        self.forget_ended(now);
        let code = self.0.get_mut(hash)?;
        let role = code.role;
        code.uses = code.uses.saturating_sub(1);
        if code.uses == 0 {
            self.0.remove(hash);
        }
        Some(role)
    }

    fn forget_ended(&mut self, now: Duration) {
        self.0.retain(|_, code| code.ends > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: usize) -> TokenHash {
        crate::hash_of(&number.to_string())
    }

    #[test]
    fn a_code_ends_by_use_and_by_time() {
        let mut codes = Codes::default();
        let (now, minute) = (Duration::from_secs(100), Duration::from_secs(60));
        codes.add(hash(1), Role::Viewer, 2, now, minute);
        codes.add(hash(2), Role::Admin, 2, now, minute);
        assert_eq!(codes.use_once(&hash(1), now), Some(Role::Viewer));
        assert_eq!(codes.use_once(&hash(1), now), Some(Role::Viewer));
        assert_eq!(codes.use_once(&hash(1), now), None, "used up");
        assert_eq!(codes.use_once(&hash(2), now + minute), None, "too late");
        assert_eq!(codes.use_once(&hash(3), now), None, "never made");
    }

    #[test]
    fn codes_are_bounded_and_the_newest_are_kept() {
        let mut codes = Codes::default();
        for number in 0..1_000_u32 {
            let now = Duration::from_millis(u64::from(number));
            codes.add(hash(number as usize), Role::Viewer, 1, now, Duration::from_secs(60));
        }
        assert_eq!(codes.0.len(), MAX_CODES);
        assert!(codes.use_once(&hash(999), Duration::from_secs(1)).is_some());
        assert!(codes.use_once(&hash(0), Duration::from_secs(1)).is_none());
    }
}
