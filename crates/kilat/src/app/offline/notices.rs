//! Targets and notifications on a data folder without a server.

use std::path::Path;

use kilat_core::{Fact, Lang, NoticeChange, Offset};
use kilat_hub::notification_of;
use kilat_journal::{JournalError, MAX_LIMIT, NoticeFilter, Refusal};
use kilat_notify::{Target, TargetError, Targets};
use kilat_server::{new_target, target_row, target_tested};
use kilat_wire::{AckAnswer, CreateTarget, NewTargetAnswer, NoticeList, TargetRow, TargetTested};

use super::super::notify;
use super::super::setup::journal_fail;
use super::Journal;
use crate::fail::{Code, Fail};

/// Who has seen a notification that was acknowledged here.
const BY: &str = "kilat notify ack";

/// The targets of a data folder that no server holds, and what they would be told.
pub(crate) struct Notices {
    journal: Journal,
    targets: Targets,
}

impl Notices {
    /// Holds the data folder and reads its journal.
    pub(crate) fn open(data: &Path, named: Vec<Target>) -> Result<Self, Fail> {
        let journal = Journal::open(data)?;
        let opening = notify::targets(&journal.journal, &journal.clock, data, named);
        let targets = journal.runtime.block_on(opening)?;
        Ok(Self { journal, targets })
    }

    pub(crate) fn targets(&self) -> Result<Vec<TargetRow>, Fail> {
        let all = self.journal.runtime.block_on(self.targets.all()).map_err(|error| journal_fail(&error))?;
        Ok(all.iter().map(target_row).collect())
    }

    pub(crate) fn add(&self, request: CreateTarget) -> Result<NewTargetAnswer, Fail> {
        let (target, secrets, first_test) = new_target(request).map_err(refused)?;
        let adding = self.targets.add(target, secrets, first_test);
        let (added, key) = self.journal.runtime.block_on(adding).map_err(refused)?;
        Ok(NewTargetAnswer { signing_key: key.map(|key| key.as_str().to_owned()), row: target_row(&added) })
    }

    pub(crate) fn test(&self, name: &str) -> Result<TargetTested, Fail> {
        let took = self.journal.runtime.block_on(self.targets.try_out(name)).map_err(refused)?;
        Ok(target_tested(name.to_owned(), took))
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), Fail> {
        self.journal.runtime.block_on(self.targets.remove(name)).map_err(refused)
    }

    /// A page of notifications: the newest, or those before.
    pub(crate) fn list(&self, is_open: bool, before: Option<u64>, lang: Lang) -> Result<NoticeList, Fail> {
        let journal = &self.journal.journal;
        let filter = if is_open { NoticeFilter::Open } else { NoticeFilter::All };
        let page = journal.notices(filter, before.map(Offset), MAX_LIMIT);
        let reading = async { Ok((page.await?, journal.open_notices().await?)) };
        let (notices, open) = self.journal.runtime.block_on(reading).map_err(|error| journal_fail(&error))?;
        let notifications = notices.iter().map(|(_, standing)| notification_of(standing, lang)).collect();
        let next = notices.last().filter(|_| notices.len() == MAX_LIMIT).map(|(offset, _)| offset.0);
        Ok(NoticeList { notifications, open, next })
    }

    fn open_ids(&self) -> Result<Vec<String>, Fail> {
        let (mut ids, mut before) = (Vec::new(), None);
        loop {
            let page = self.list(true, before, Lang::En)?;
            ids.extend(page.notifications.into_iter().map(|notice| notice.id));
            before = page.next;
            if before.is_none() {
                return Ok(ids);
            }
        }
    }

    /// One of them was seen, or all that stand open.
    pub(crate) fn acknowledge(&self, id: Option<&str>) -> Result<AckAnswer, Fail> {
        let ids = match id {
            Some(id) => vec![id.to_owned()],
            None => self.open_ids()?,
        };
        let seen = |id| NoticeChange::Acknowledged { id, by: BY.to_owned() };
        let mut facts = ids.into_iter().map(|id| Fact::Notice { change: seen(id), standing: None });
        let appending = async {
            let mut acknowledged = 0;
            loop {
                let some: Vec<Fact> = facts.by_ref().take(MAX_LIMIT).collect();
                if some.is_empty() {
                    return Ok(acknowledged);
                }
                acknowledged += self.journal.journal.append(some).await?.len() as u64;
            }
        };
        match self.journal.runtime.block_on(appending) {
            Ok(acknowledged) => Ok(AckAnswer { success: true, acknowledged }),
            Err(JournalError::Refused(unknown @ Refusal::UnknownNotice(_))) => {
                Err(Fail::new(Code::Refused, unknown.to_string(), "kilat notify log --open names those that stand"))
            }
            Err(error) => Err(journal_fail(&error)),
        }
    }
}

fn refused(error: TargetError) -> Fail {
    match error {
        TargetError::Journal(error) => journal_fail(&error),
        other @ (TargetError::Config(_)
        | TargetError::Secret(_)
        | TargetError::Taken(_)
        | TargetError::OfSettings(_)
        | TargetError::Unknown(_)
        | TargetError::Busy(_)
        | TargetError::Failed { .. }
        | TargetError::Seal(_)) => Fail::new(Code::Refused, other.to_string(), other.remedy()),
    }
}
