//! What of the log a target is told: a notice and why.

use kilat_core::{Fact, Millis, NoticeChange, NoticeStanding, Recorded};

use super::config::{Target, TargetKind};
use super::worker::alarm_key;

/// Why a target is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Raised,
    Updated,
    Resolved,
    Acknowledged,
    Escalated,
    Trial,
}

impl Why {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Updated => "updated",
            Self::Resolved => "resolved",
            Self::Acknowledged => "acknowledged",
            Self::Escalated => "escalated",
            Self::Trial => "test",
        }
    }
}

/// One thing to tell.
#[derive(Debug, Clone)]
pub(crate) struct Telling {
    /// `epoch:seq`: the receiver knows by it what it was told before.
    pub(crate) id: String,
    pub(crate) why: Why,
    pub(crate) at: Millis,
    pub(crate) standing: NoticeStanding,
}

impl Telling {
    /// What a fact tells, if anything; notices that the operator hushed tell nothing.
    pub(crate) fn of(recorded: &Recorded, epoch: &str) -> Option<Self> {
        let (why, standing) = if let Fact::NoticeRaised { notice } = &recorded.fact {
            (Why::Raised, NoticeStanding::new(notice.clone()))
        } else if let Fact::Notice { change, standing: Some(standing) } = &recorded.fact {
            let why = match change {
                NoticeChange::Repeated { .. } | NoticeChange::Returned { is_louder: false, .. } => return None,
                NoticeChange::Updated { is_louder: true, .. } | NoticeChange::Returned { .. } => Why::Raised,
                NoticeChange::Updated { .. } | NoticeChange::Well { .. } => Why::Updated,
                NoticeChange::Resolved { .. } => Why::Resolved,
                NoticeChange::Acknowledged { .. } => Why::Acknowledged,
                NoticeChange::Escalated { .. } => Why::Escalated,
            };
            (why, (**standing).clone())
        } else {
            return None;
        };
        let id = format!("{epoch}:{}", recorded.offset.0);
        (!standing.notice.silent).then_some(Self { id, why, at: recorded.at, standing })
    }

    /// Whether somebody wants to hear it. People are told what happened and what ended; programs everything.
    pub(crate) fn is_for(&self, target: &Target) -> bool {
        let notice = &self.standing.notice;
        // It cannot hear now that it cannot hear; later it is no news.
        if notice.key.as_deref() == Some(alarm_key(&target.name).as_str()) {
            return false;
        }
        let hears_everything = matches!(target.kind, TargetKind::Webhook { .. });
        let is_meant = match self.why {
            Why::Raised | Why::Trial => true,
            Why::Updated | Why::Acknowledged => hears_everything,
            Why::Resolved => hears_everything || target.hears_ends,
            Why::Escalated => target.hears_escalations,
        };
        let is_kind = target.kinds.is_empty() || target.kinds.contains(&notice.kind);
        is_meant && is_kind && notice.priority >= target.at_least
    }
}
