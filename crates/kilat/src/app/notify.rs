//! Who is told beyond the browser: the targets of the settings and of the journal, and signed-up devices.

use std::path::Path;
use std::sync::Arc;

use kilat_auth::{Access, Sealer, Secrets};
use kilat_core::Clock;
use kilat_journal::Journal;
use kilat_notify::{Push, PushConfig, Target, Targets, TargetsConfig, Vapid, VapidError, environment_name};

use super::destinations::sealer;
use super::setup::journal_fail;
use crate::config::environment_secret;
use crate::fail::{Code, Fail};

/// What the sealed key that push services know Kilat by is about.
pub(crate) const PUSH: &str = "push";
/// Its only field.
const KEY: &str = "key";

/// All targets.
pub(crate) async fn targets(
    journal: &Journal,
    clock: &Arc<dyn Clock>,
    data: &Path,
    named: Vec<Target>,
) -> Result<Targets, Fail> {
    let config = TargetsConfig {
        named,
        sealer: sealer(data, journal).await?,
        environment: Box::new(|target, field| environment_secret(&environment_name(target, field))),
    };
    Targets::open(config, journal.clone(), Arc::clone(clock)).await.map_err(|error| journal_fail(&error))
}

/// How push services are called.
pub(crate) struct PushSettings<'a> {
    /// An address of whoever runs this server.
    pub(crate) contact: Option<&'a str>,
    /// Whether they may be in this house.
    pub(crate) is_own_network: bool,
}

/// All devices; a device of somebody who may come in no more is forgotten.
pub(crate) async fn push(
    journal: &Journal,
    clock: &Arc<dyn Clock>,
    data: &Path,
    access: &Access,
    settings: PushSettings<'_>,
) -> Result<Push, Fail> {
    let access = access.clone();
    let config = PushConfig {
        vapid: vapid(journal, &sealer(data, journal).await?, settings.contact).await?,
        is_own_network: settings.is_own_network,
        still_holds: Box::new(move |device| access.lets_in(device.user.as_ref(), device.token.as_ref())),
    };
    Push::open(config, journal.clone(), Arc::clone(clock)).await.map_err(|error| journal_fail(&error))
}

/// Made at the first start, and sealed: devices are signed up for this one key.
async fn vapid(journal: &Journal, sealer: &Sealer, contact: Option<&str>) -> Result<Vapid, Fail> {
    let cannot = |why: String| {
        Fail::new(Code::DataFolder, format!("cannot use the key of push: {why}"), "look at the file seal.key")
    };
    let sealed = journal.secrets().await.map_err(|error| journal_fail(&error))?.remove(PUSH);
    match sealed.map(|sealed| read(sealer, &sealed, contact)) {
        Some(Ok(vapid)) => return Ok(vapid),
        // Nobody could be told with it any more: devices must be signed up anew, and say so when they fail.
        Some(Err(why)) => tracing::warn!(why, "the key of push is lost, a new one is made"),
        None => {}
    }
    let key = Vapid::make().map_err(|error| cannot(error.to_string()))?;
    let secrets: Secrets = [(KEY.to_owned(), key.clone())].into();
    let sealed = sealer.seal(PUSH, &secrets).map_err(|error| cannot(error.to_string()))?;
    journal.set_secrets(PUSH, Some(sealed)).await.map_err(|error| journal_fail(&error))?;
    Vapid::read(&key, contact).map_err(|error| cannot(error.to_string()))
}

fn read(sealer: &Sealer, sealed: &str, contact: Option<&str>) -> Result<Vapid, String> {
    let secrets = sealer.open(PUSH, sealed).map_err(|error| error.to_string())?;
    let key = secrets.get(KEY).ok_or_else(|| VapidError::Key.to_string())?;
    Vapid::read(key, contact).map_err(|error| error.to_string())
}
