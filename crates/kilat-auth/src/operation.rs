//! What each role may do: the one table. Every call, subscription and command names its operation.

use kilat_core::Role;

/// Something that is not everybody's to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Look at states and follow channels.
    Watch,
    /// Look at photos and what is known of each.
    ReadPhotos,
    /// Pause, resume, try again, change settings of the shoot.
    Act,
    /// Make, use and close events.
    ManageEvents,
    /// Publish into channels.
    Publish,
    /// Hand in photos.
    HandIn,
    /// See who is connected, and the server's measurements.
    SeeInside,
    /// Let somebody look, by a link.
    IssueViewerLink,
    /// Decide where copies go, and keep what lets Kilat in there.
    ManageDestinations,
    /// Decide who is told of what happens, beyond the browser.
    ManageTargets,
    /// Decide who may come in: tokens, accounts, links of any role.
    ManageAccess,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Watch,
        Self::ReadPhotos,
        Self::Act,
        Self::ManageEvents,
        Self::Publish,
        Self::HandIn,
        Self::SeeInside,
        Self::IssueViewerLink,
        Self::ManageDestinations,
        Self::ManageTargets,
        Self::ManageAccess,
    ];

    /// Its name in words, for refusals.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::ReadPhotos => "look at photos",
            Self::Act => "pause, resume or try again",
            Self::ManageEvents => "change events",
            Self::Publish => "publish",
            Self::HandIn => "hand in photos",
            Self::SeeInside => "see who is connected",
            Self::IssueViewerLink => "make sign-in links",
            Self::ManageDestinations => "add and remove destinations",
            Self::ManageTargets => "add and remove targets of notifications",
            Self::ManageAccess => "decide who may come in",
        }
    }
}

/// Whether `role` may do `operation`.
#[must_use]
pub fn allows(role: Role, operation: Operation) -> bool {
    use Operation::{
        Act, HandIn, IssueViewerLink, ManageAccess, ManageDestinations, ManageEvents, ManageTargets, Publish,
        ReadPhotos, SeeInside, Watch,
    };
    match role {
        Role::Viewer => matches!(operation, Watch | ReadPhotos),
        // It may listen for what concerns it, and hand in; the photos that are here are not its business.
        Role::Agent => matches!(operation, Watch | Publish | HandIn),
        Role::Operator => match operation {
            Watch | ReadPhotos | Act | ManageEvents | HandIn | SeeInside | IssueViewerLink => true,
            Publish | ManageDestinations | ManageTargets | ManageAccess => false,
        },
        Role::Admin => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_changes_nothing_and_only_an_admin_decides_who_comes_in() {
        let may = |role| Operation::ALL.into_iter().filter(move |operation| allows(role, *operation));
        assert_eq!(may(Role::Viewer).collect::<Vec<_>>(), [Operation::Watch, Operation::ReadPhotos]);
        assert_eq!(may(Role::Admin).count(), Operation::ALL.len());
        assert!(Role::ALL.into_iter().all(|role| allows(role, Operation::ManageAccess) == (role == Role::Admin)));
        // Whatever a viewer may do, an operator may, and whatever that one may, an admin may.
        assert!(may(Role::Viewer).all(|operation| allows(Role::Operator, operation)));
    }
}
