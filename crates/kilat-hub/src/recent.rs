//! The newest entries, framed: what most viewers missed is handed out from here, without asking the journal.

use std::collections::VecDeque;
use std::sync::Arc;

use kilat_wire::Channels;

use crate::frame::Frame;

/// Entries kept: a quarter of an hour of a busy event.
pub(crate) const MAX_RECENT: usize = 4_096;
/// Bytes kept.
const MAX_RECENT_BYTES: usize = 8 << 20;

/// A run of entries without a hole.
#[derive(Debug)]
pub(crate) struct Recent {
    entries: VecDeque<Arc<Frame>>,
    bytes: usize,
    /// Every entry after this one is here.
    after: u64,
}

impl Recent {
    pub(crate) fn new(after: u64) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, after }
    }

    /// Adds entries, in order; what is no entry is left out.
    pub(crate) fn extend(&mut self, frames: &[Arc<Frame>]) {
        for frame in frames.iter().filter(|frame| frame.seq().is_some()) {
            self.bytes += frame.wire().len();
            self.entries.push_back(Arc::clone(frame));
        }
        while (self.entries.len() > MAX_RECENT || self.bytes > MAX_RECENT_BYTES)
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.wire().len();
            self.after = oldest.seq().unwrap_or(self.after);
        }
    }

    /// The entries of these channels in `(after, up_to]`; none when some have left.
    pub(crate) fn between(&self, after: u64, up_to: u64, channels: Channels) -> Option<Vec<Arc<Frame>>> {
        if after < self.after {
            return None;
        }
        let start = self.entries.partition_point(|entry| entry.seq().unwrap_or(0) <= after);
        let wanted = self.entries.range(start..).take_while(|entry| entry.seq().unwrap_or(0) <= up_to);
        Some(wanted.filter(|entry| entry.channels.meets(channels)).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use kilat_wire::Channel;

    use super::*;
    use crate::frame::What;

    const UPLOAD: Channels = Channels::of(&[Channel::Upload]);

    fn entry(seq: u64) -> Arc<Frame> {
        Arc::new(Frame::text("x", UPLOAD, What::Log { seq, ends: None }))
    }

    fn seqs(recent: &Recent, after: u64, up_to: u64) -> Option<Vec<u64>> {
        Some(recent.between(after, up_to, UPLOAD)?.iter().filter_map(|entry| entry.seq()).collect())
    }

    #[test]
    fn what_is_here_is_whole_and_what_has_left_is_told() {
        let mut recent = Recent::new(10);
        recent.extend(&[entry(12), entry(15), entry(20)]);
        assert_eq!(seqs(&recent, 10, 99), Some(vec![12, 15, 20]));
        assert_eq!(seqs(&recent, 12, 15), Some(vec![15]));
        assert_eq!(seqs(&recent, 9, 99), None);
        let more: Vec<_> = (21..21 + MAX_RECENT as u64).map(entry).collect();
        recent.extend(&more);
        assert_eq!(seqs(&recent, 19, 99), None);
        assert_eq!(seqs(&recent, 20, 22), Some(vec![21, 22]));
        let others = recent.between(20, 99, Channels::of(&[Channel::System]));
        assert!(others.is_some_and(|entries| entries.is_empty()));
    }
}
