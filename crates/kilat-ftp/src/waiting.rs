//! Files under a name for now: they wait in the intake for their rename, whichever connection brings it.
//!
//! What nobody renames takes the name that it stands for when its connection ends; a name that stands for none
//! (`upload.tmp`) waits on.

use std::path::{Path, PathBuf};

use kilat_ingest::{ForNow, IntakeError, Receiving, Taken, WaitId, Waiting};

use crate::Sender;
use crate::names::{called, is_for_now, name_of, stands_for};
use crate::reply::{Refusal, code};
use crate::session::{Session, tell, via};

impl Session {
    /// Lets a file wait for its name; durable when this returns. The oldest that waits too long for one is ended.
    pub(crate) async fn let_wait(&self, sender: &Sender, path: PathBuf, part: Receiving) -> Result<(), Refusal> {
        let for_now = ForNow { called: called(&path), stands_for: stands_for(&path) };
        let waits = self.shared.intake.let_wait(part, for_now).await;
        let id = waits.map_err(|error| tell(sender, &name_of(&path), &error))?;
        let before = self.seen().waiting.insert(path.clone(), id);
        // Another file by the same name, and the one before has none of its own yet.
        if let Some(before) = before.filter(|before| *before != id) {
            self.end_wait(sender, &path, before).await;
        }
        if let Some(oldest) = self.shared.intake.waits_too_long(&via(sender)) {
            let path = self.shared.intake.called(oldest).map_or_else(PathBuf::new, PathBuf::from);
            self.end_wait(sender, &path, oldest).await;
        }
        Ok(())
    }

    /// The file that waits by this name: this connection's, else the newest of its camera's.
    pub(crate) fn waiting(&self, sender: &Sender, path: &Path) -> Option<Waiting> {
        let own = self.seen().waiting.get(path).copied();
        let own = own.and_then(|id| self.shared.intake.waits(id));
        own.or_else(|| self.shared.intake.waiting(&via(sender), &called(path)))
    }

    /// What this connection sent and that still waits.
    pub(crate) fn own_waiting(&self) -> Vec<(PathBuf, Waiting)> {
        let own: Vec<_> = self.seen().waiting.iter().map(|(path, id)| (path.clone(), *id)).collect();
        let waits = own.into_iter().filter_map(|(path, id)| Some((path, self.shared.intake.waits(id)?)));
        waits.filter(|(_, waiting)| waiting.is_waiting).collect()
    }

    /// What waits and has just so many bytes, to go on with it.
    pub(crate) async fn go_on_waiting(
        &self,
        sender: &Sender,
        path: &Path,
        start: u64,
    ) -> Result<Option<Receiving>, IntakeError> {
        let Some(waiting) = self.waiting(sender, path).filter(|waiting| waiting.size_bytes == start) else {
            return Ok(None);
        };
        self.shared.intake.must_fit(None)?;
        match self.shared.intake.take_waiting(waiting.id).await? {
            Taken::Waiting(part) => Ok(Some(*part)),
            Taken::CutOff { name, size_bytes } => self.begin(sender, &name, size_bytes).await.map(Some),
            Taken::Filed { .. } | Taken::Nothing => Ok(None),
        }
    }

    /// Gives a file that waited its real name.
    pub(crate) async fn rename(&self, sender: &Sender, from: &Path, to: PathBuf) -> Result<(), Refusal> {
        let name = name_of(&to);
        let nothing = || Refusal::new(code::NO_FILE, "There is no such file");
        let Some(Waiting { id, .. }) = self.waiting(sender, from) else {
            let sent = self.seen().sent.get(from).copied();
            let sent = sent.ok_or_else(nothing)?;
            // It is filed already, and keeps the name that it came by.
            self.list_as_sent(to, sent.size_bytes);
            return Ok(());
        };
        let failed = |error: IntakeError| tell(sender, &name, &error);
        let mut part = match self.shared.intake.take_waiting(id).await.map_err(failed)? {
            Taken::Waiting(part) => *part,
            Taken::Filed { size_bytes } => {
                // Nobody renamed it in time: it has the name that it stood for.
                self.list_as_sent(to, size_bytes);
                return Ok(());
            }
            Taken::CutOff { name: kept, size_bytes } => self.begin(sender, &kept, size_bytes).await.map_err(failed)?,
            Taken::Nothing => return Err(nothing()),
        };
        let was_own = self.seen().waiting.remove(from) == Some(id);
        part.call(name.clone());
        let renamed = if is_for_now(&name) {
            self.let_wait(sender, to, part).await
        } else {
            self.finish(sender, to, part, None).await
        };
        if was_own && renamed.is_err() && self.shared.intake.waits(id).is_some_and(|waiting| waiting.is_waiting) {
            self.seen().waiting.insert(from.to_owned(), id);
        }
        renamed
    }

    /// The connection is over: what stands for a photo takes its name.
    pub(crate) async fn land_waiting(&self, sender: Option<&Sender>) {
        let own = std::mem::take(&mut self.seen().waiting);
        let Some(sender) = sender else { return };
        for (path, id) in own {
            if stands_for(&path).is_some() {
                self.end_wait(sender, &path, id).await;
            }
        }
    }

    /// Ends a wait: nobody renamed it.
    async fn end_wait(&self, sender: &Sender, path: &Path, id: WaitId) {
        let name = stands_for(path);
        let ended = match self.shared.intake.take_waiting(id).await {
            Ok(Taken::Waiting(mut part)) => {
                part.nobody_renamed(name.clone());
                let path = path.with_file_name(name.unwrap_or_else(|| name_of(path)));
                self.finish(sender, path, *part, None).await
            }
            // Another connection renamed it.
            Ok(Taken::Filed { .. } | Taken::CutOff { .. } | Taken::Nothing) => Ok(()),
            Err(error) => Err(tell(sender, &name_of(path), &error)),
        };
        // What it became was told where it was judged; nobody is there for an answer.
        if let Err(error) = ended {
            tracing::debug!(%error, "a file that waited for its name");
        }
    }
}
