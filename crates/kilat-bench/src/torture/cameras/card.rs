//! A slot for cards: a folder of photos that is mounted, in the server's own view of the machine, where desktops mount
//! what is put in. It is put in for moments and pulled at random; a card outlives every server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use kilat_testkit::{Folders, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::Held;
use super::chaos::Running;
use super::taken::{Taken, Way};
use crate::Outcome;

/// Frames that are shot while the card is in the camera, at most.
const BURST: u64 = 12;
/// Between two of them, at most.
const PACE_MS: u64 = 200;
/// How long a card is in, at most: half of the times hardly long enough to be looked at.
const IN_MS: [u64; 2] = [60, 1_500];
/// One frame in so many goes by Wi-Fi too.
const BY_WIFI: u64 = 3;
/// One card in so many is that of the first camera on the cable, which writes to two cards.
const OTHER_CARD: u32 = 3;

/// What happened with cards.
#[derive(Debug, Default)]
pub(super) struct Cards {
    /// Put in.
    pub(super) put_in: AtomicU64,
    /// Frames that went by Wi-Fi too.
    pub(super) by_wifi: AtomicU64,
}

/// Where cards are put in.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    running: &'a Running<'a>,
}

/// A card is in as long as this server lives.
#[derive(Debug)]
pub(super) struct In {
    server: u64,
    point: PathBuf,
}

impl<'a> Slot<'a> {
    pub(super) fn new(running: &'a Running<'a>) -> Self {
        Self { running }
    }

    /// Whether a server may have mounts of its own here.
    pub(super) fn can_be() -> bool {
        let unshare = Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
        unshare.is_ok_and(|output| output.status.success())
    }

    /// What runs a server so that it has a `/media` of its own, and no USB.
    pub(super) fn machine(folders: &Folders) -> Outcome<Vec<String>> {
        let sys = folders.path().join("sys");
        for folder in ["bus/usb/devices", "devices"] {
            fs::create_dir_all(sys.join(folder))?;
        }
        let own = "mkdir -p /media && mount -t tmpfs media /media && mkdir '/media/Card of a' '/media/Card of c' && \
                   mount --bind \"$0\" /sys && exec \"$@\"";
        let sys = sys.display().to_string();
        Ok(["unshare", "--mount", "--propagation", "private", "sh", "-c", own, &sys].map(str::to_owned).into())
    }

    /// Where the card of this camera is mounted, as the server sees it.
    pub(super) fn point(held: &Held) -> PathBuf {
        Path::new("/media").join(format!("Card of {}", held.body))
    }

    /// Puts the card of this camera in; none when the server was just killed.
    pub(super) fn put_in(&self, held: &Held) -> Option<In> {
        let point = Self::point(held);
        let server = self.running.on_its_machine(&["mount".as_ref(), "--bind".as_ref(), &held.card, &point])?;
        Some(In { server, point })
    }

    /// Pulls it, whatever is being read. The mount of a server that was killed is gone with it.
    pub(super) fn pull(&self, card: &In) {
        if self.running.is(card.server) {
            // One that was killed in this moment has no mount any more, and that is what was wanted.
            self.running.on_its_machine(&["umount".as_ref(), "--lazy".as_ref(), &card.point]);
        }
    }
}

/// Shoots so many frames onto the card of the first camera, and puts it in between, or that of the second.
pub(super) fn rounds(
    slot: Slot<'_>,
    (held, other): (&Held, &Held),
    (frames, seed): (u64, u64),
    (wifi, cards): (SyncSender<PathBuf>, &Cards),
) -> Outcome<Taken> {
    let mut rng = SmallRng::seed_from_u64(seed ^ 0xca4d);
    let mut taken = Taken::default();
    let mut number = 0;
    while number < frames {
        for _ in 0..rng.random_range(1..=BURST).min(frames - number) {
            let is_sent = number % BY_WIFI == 0;
            let ways = if is_sent { &[Way::Card, Way::Ftp][..] } else { &[Way::Card] };
            for file in held.shoot(number, ways, &mut taken)? {
                if is_sent {
                    wifi.send(file)?;
                    cards.by_wifi.fetch_add(1, Ordering::Relaxed);
                }
            }
            number += 1;
            pause(Duration::from_millis(rng.random_range(0..PACE_MS)));
        }
        let card = if rng.random_ratio(1, OTHER_CARD) { other } else { held };
        let Some(card) = slot.put_in(card) else { continue };
        cards.put_in.fetch_add(1, Ordering::Relaxed);
        let at_most = IN_MS[rng.random_range(0..IN_MS.len())];
        pause(Duration::from_millis(rng.random_range(0..at_most)));
        slot.pull(&card);
    }
    Ok(taken)
}
