//! Makes sure that a destination is there and has room; a run waits for that as long as it takes, and says why.

use kilat_core::{BackupFact, DestinationKind, Fact, LOOK_AGAIN, MarkId, size_text};
use kilat_objects::{Space, StoreError};

use crate::run::{Broke, Going};

/// Waits until the destination takes `needs_bytes`; answers its room.
pub(crate) async fn ready(going: &Going, needs_bytes: u64) -> Result<Option<Space>, Broke> {
    loop {
        let reason = match look(going).await? {
            Ok((mark, space)) if space.is_none_or(|space| space.free_bytes >= needs_bytes) => {
                well(going, mark).await?;
                return Ok(space);
            }
            Ok((_, space)) => {
                let free = space.map_or(0, |space| space.free_bytes);
                let (name, needs, free) = (&going.name, size_text(needs_bytes), size_text(free));
                format!("{name} has too little room: {needs} are to be copied, {free} are free: free some room there")
            }
            Err(reason) => reason,
        };
        say(going, reason).await?;
        tokio::select! {
            () = going.halt.soon.asked() => return Err(Broke::Halted),
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// What is wrong with the destination in words, or what it says of itself.
async fn look(going: &Going) -> Result<Result<(MarkId, Option<Space>), String>, Broke> {
    if going.halt.soon.is_asked() {
        return Err(Broke::Halted);
    }
    let (journal, destination) = (&going.tools.journal, &going.state.run.destination);
    if !journal.destinations().await?.iter().any(|known| known.id == *destination) {
        return Err(Broke::Failed {
            error: format!("the destination {destination} was removed"),
            remedy: "add it again, then: kilat backup retry; or begin another run with --to".to_owned(),
        });
    }
    let Some(store) = (going.tools.config.stores)(destination) else {
        return Ok(Err(format!("{} cannot be opened: kilat destination test {destination} says why", going.name)));
    };
    let looked = tokio::task::spawn_blocking(move || {
        let mark = store.attach()?;
        match store.sweep() {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "abandoned temporaries were removed"),
            Err(error) => tracing::debug!(%error, "abandoned temporaries stay for now"),
        }
        Ok::<_, StoreError>((mark, store.probe()?))
    });
    match looked.await {
        Ok(looked) => Ok(looked.map_err(|error| error.to_string())),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

async fn well(going: &Going, mark: MarkId) -> Result<(), Broke> {
    let destination = going.state.run.destination.clone();
    let mut facts = vec![Fact::DestinationMarked { destination: destination.clone(), mark }];
    // Of the others, the loop that uploads there says how they are.
    if going.kind == DestinationKind::Backup {
        facts.push(Fact::DestinationUp { destination });
    }
    facts.push(Fact::Backup(BackupFact::WentOn { run: going.state.run.id.clone() }));
    going.record_all(facts).await
}

/// Says that the run waits because of this.
pub(crate) async fn say(going: &Going, reason: String) -> Result<(), Broke> {
    tracing::warn!(run = %going.state.run.id, %reason, "a backup waits");
    let mut facts = Vec::new();
    if going.kind == DestinationKind::Backup {
        let destination = going.state.run.destination.clone();
        facts.push(Fact::DestinationDown { destination, reason: reason.clone() });
    }
    facts.push(Fact::Backup(BackupFact::Waits { run: going.state.run.id.clone(), reason }));
    going.record_all(facts).await
}

/// Says that the run waits because of this, and lets a moment pass.
pub(crate) async fn pause(going: &Going, reason: String) -> Result<(), Broke> {
    say(going, reason).await?;
    tokio::select! {
        () = going.halt.soon.asked() => Err(Broke::Halted),
        () = tokio::time::sleep(LOOK_AGAIN) => Ok(()),
    }
}
