//! Passwords: argon2id, which makes every guess cost memory and time.

use argon2::password_hash::{PasswordHash as Parsed, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use kilat_core::PasswordHash;

use crate::AccessError;

/// Shorter passwords are guessed.
pub const MIN_PASSWORD_CHARS: usize = 10;
/// Longer ones are somebody's file.
const MAX_PASSWORD_BYTES: usize = 1_024;
/// Memory of one guess, in KiB: OWASP's first choice for argon2id is 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Whether a new password may be this.
///
/// # Errors
/// Says why not.
pub fn check_password(password: &str) -> Result<(), AccessError> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(AccessError::Password("it is too short: use at least 10 characters"));
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(AccessError::Password("it is too long: use at most 1,024 bytes"));
    }
    Ok(())
}

/// What is kept of a new password. Takes some 30 ms.
///
/// # Errors
/// When the password may not be this.
pub fn hash_password(password: &str, salt: [u8; 16]) -> Result<PasswordHash, AccessError> {
    check_password(password)?;
    let broken = |_why| AccessError::Password("it cannot be hashed; please report this");
    let salt = SaltString::encode_b64(&salt).map_err(broken)?;
    let hash = hasher()?.hash_password(password.as_bytes(), &salt).map_err(broken)?;
    Ok(PasswordHash(hash.to_string()))
}

/// Whether this is the password. Takes some 30 ms, also when there is nothing to compare with.
pub(crate) fn is_password(password: &str, known: Option<&PasswordHash>) -> bool {
    if password.len() > MAX_PASSWORD_BYTES {
        return false;
    }
    let Some(known) = known else {
        // An account that does not exist must not answer sooner than one that does.
        return hash_password(&format!("{password}0123456789"), [0; 16]).is_err();
    };
    let (Ok(parsed), Ok(hasher)) = (Parsed::new(&known.0), hasher()) else { return false };
    // The comparison inside is of constant time.
    hasher.verify_password(password.as_bytes(), &parsed).is_ok()
}

fn hasher() -> Result<Argon2<'static>, AccessError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|_why| AccessError::Password("it cannot be hashed; please report this"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_the_password() {
        let known = hash_password("correct horse", [7; 16]).expect("long enough");
        assert!(known.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", known.0);
        assert!(is_password("correct horse", Some(&known)));
        assert!(!is_password("Correct horse", Some(&known)));
        assert!(!is_password("", Some(&known)));
        assert!(!is_password("anything", None));
        assert!(!is_password("x", Some(&PasswordHash("damaged".to_owned()))));
    }

    #[test]
    fn a_password_that_is_guessed_at_once_is_refused() {
        assert!(hash_password("short", [7; 16]).is_err());
        assert!(hash_password(&"x".repeat(2_000), [7; 16]).is_err());
    }
}
