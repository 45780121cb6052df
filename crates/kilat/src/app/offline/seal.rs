//! Secrets whose key is gone: given up by an operator, so that others can be given.

use std::path::Path;

use super::super::destinations::{sealed_text, sealer_of};
use super::super::setup::journal_fail;
use super::Journal;
use crate::fail::{Code, Fail};

/// Forgets all sealed secrets of a data folder that no server holds; answers whose they were, as they are filed and in
/// words.
///
/// # Errors
/// When the key is there: then they can be read.
pub(crate) fn forget_secrets(data: &Path) -> Result<Vec<(String, String)>, Fail> {
    let journal = Journal::open(data)?;
    if sealer_of(data)?.is_some() {
        let what = format!("the key of the secrets is in {}: they can be read", data.display());
        return Err(Fail::new(Code::Refused, what, "kilat destination remove NAME forgets those of one destination"));
    }
    let forgetting = async {
        let sealed = journal.journal.secrets().await?;
        for about in sealed.keys() {
            journal.journal.set_secrets(about, None).await?;
        }
        Ok(sealed.into_keys().map(|about| (about.clone(), sealed_text(&about))).collect())
    };
    journal.runtime.block_on(forgetting).map_err(|error| journal_fail(&error))
}
