//! Uploads in parts that nobody went on with for a day are ended, for their parts cost room that nobody sees.

use kilat_core::Millis;
use kilat_objects::StoreError;

use super::calls::{Ask, No, Sent};
use super::parts::abort;
use super::store::S3Store;
use crate::http::Line;
use crate::{ABANDONED_MS, xml};

/// Ends them; answers how many. One page of 1,000: the rest comes with the next sweep.
pub(super) fn abandoned(store: &S3Store, line: Line<'_>) -> Result<u64, StoreError> {
    let what = "list uploads to";
    let query = [("uploads", ""), ("prefix", store.prefix.as_str())];
    let ask = Ask { what, method: "GET", key: "", query: &query, headers: Vec::new(), body: Sent::Nothing };
    let answer = match store.bucket.ask(line, ask) {
        Ok(answer) => answer,
        // A server without such a list forgets uploads by itself, or by its own rules.
        Err(No::NotImplemented) => return Ok(0),
        Err(refused) => return Err(refused.fault(&line.place(), what)),
    };
    let mut uploads = Vec::new();
    let (mut key, mut id, mut begun) = (String::new(), String::new(), None);
    xml::walk(line.body(answer), |element| match (element.parent(), element.name()) {
        ("Upload", "Key") => key = element.text.to_owned(),
        ("Upload", "UploadId") => id = element.text.to_owned(),
        ("Upload", "Initiated") => begun = Millis::from_rfc3339(element.text.trim()),
        (_, "Upload") => uploads.extend(begun.take().map(|at: Millis| (key.clone(), id.clone(), at))),
        _ => {}
    })
    .map_err(|error| line.cut(what, error))?;
    let old = store.bucket.now().0 - ABANDONED_MS;
    let mut swept = 0;
    for (key, id, _) in uploads.into_iter().filter(|(key, _, at)| at.0 < old && key.starts_with(&store.prefix)) {
        abort(store, line, &key, &id);
        swept += 1;
    }
    Ok(swept)
}
