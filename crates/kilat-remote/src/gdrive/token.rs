//! What lets a call in: short-lived, had for the refresh token, renewed before it ends or when it is refused.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kilat_objects::StoreError;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::address::percent_encoded;
use crate::http::{Call, Line, Payload};
use crate::{OpenError, Secrets};

/// Renewed so long before its end: a call that was let in may take as long.
const EARLY: Duration = Duration::from_secs(120);
/// Longest answer that holds one.
const MAX_ANSWER: u64 = 64 * 1024;

/// The credentials, and what they last gave.
pub(super) struct Tokens {
    url: String,
    form: Zeroizing<String>,
    held: Mutex<Option<(Zeroizing<String>, Instant)>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Tokens {
    pub(super) fn new(url: String, secrets: &Secrets) -> Result<Self, OpenError> {
        let mut form = Zeroizing::new("grant_type=refresh_token".to_owned());
        for name in ["client_id", "client_secret", "refresh_token"] {
            let value = secrets.get(name).ok_or(OpenError::Secret { name, says: "see docs/destinations.md" })?;
            form.push_str(&format!("&{name}={}", percent_encoded(value.trim(), false)));
        }
        Ok(Self { url, form, held: Mutex::default() })
    }

    /// One that is good for a while.
    pub(super) fn get(&self, line: Line<'_>) -> Result<Zeroizing<String>, StoreError> {
        // Held over the call: the others wait for this one, and do not ask too.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, _)) = held.as_ref().filter(|(_, until)| Instant::now() < *until) {
            return Ok(token.clone());
        }
        let granted = self.ask(line)?;
        let lasts = Duration::from_secs(granted.expires_in.min(24 * 3_600)).saturating_sub(EARLY);
        let token = Zeroizing::new(granted.access_token);
        *held = Some((token.clone(), Instant::now() + lasts));
        Ok(token)
    }

    /// Forgets one that was refused, unless another was had meanwhile.
    pub(super) fn forget(&self, refused: &str) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|(token, _)| token.as_str() == refused) {
            *held = None;
        }
    }

    fn ask(&self, line: Line<'_>) -> Result<Granted, StoreError> {
        let what = "sign in to";
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        let payload = Payload::Bytes(self.form.as_bytes());
        let call = Call { what, method: "POST", url: self.url.clone(), headers, payload };
        let answer = line.fetch(call, MAX_ANSWER)?;
        if answer.status().is_success() {
            let text = super::calls::read(line, what, answer)?;
            let text = Zeroizing::new(text);
            return serde_json::from_slice(&text).map_err(|error| line.cut(what, error.into()));
        }
        let refused = line.complaint(answer);
        let code = serde_json::from_str(&refused.text).map_or(String::new(), |refusal: Refusal| refusal.error);
        let why = match code.as_str() {
            "invalid_grant" => "the refresh token has expired or was withdrawn: get a new one",
            "invalid_client" => "there is no such client, or its secret is another: look into the Google Cloud console",
            "unauthorized_client" => "the refresh token was given to another client: get one for this client",
            _ => return Err(refused.fault(&line.place(), what, &code)),
        };
        Err(StoreError::Credentials { place: line.place(), why: why.to_owned() })
    }
}
