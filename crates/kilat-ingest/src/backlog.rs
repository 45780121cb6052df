//! A bounded queue between threads and tasks that gives the newest file first.
//!
//! Refuses when it is full: the hot folder then lists itself again later, so nothing is lost.

use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// One waits as some 300 bytes: 6 MB when full. A folder of more is taken in several rounds.
pub(crate) const MAX_WAITING: usize = 20_000;

/// Something with an age.
pub(crate) trait Aged {
    /// When the file was modified; the highest comes first.
    fn mtime_ns(&self) -> i64;
}

/// The queue.
#[derive(Debug)]
pub(crate) struct Backlog<T> {
    inner: Mutex<Inner<T>>,
    arrived: Notify,
}

#[derive(Debug)]
struct Inner<T> {
    heap: BinaryHeap<Entry<T>>,
    next: u64,
}

impl<T: Aged> Backlog<T> {
    pub(crate) fn new() -> Self {
        Self { inner: Mutex::new(Inner { heap: BinaryHeap::new(), next: 0 }), arrived: Notify::new() }
    }

    /// Adds one, or gives it back when the queue is full.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut inner = self.lock();
        if inner.heap.len() >= MAX_WAITING {
            return Err(item);
        }
        let order = inner.next;
        inner.next += 1;
        inner.heap.push(Entry { mtime_ns: item.mtime_ns(), order, item });
        drop(inner);
        self.arrived.notify_one();
        Ok(())
    }

    /// The newest ones, at least one and at most `most`. Cancel-safe.
    pub(crate) async fn take(&self, most: usize) -> Vec<T> {
        loop {
            let taken = self.try_take(most);
            if !taken.is_empty() {
                return taken;
            }
            self.arrived.notified().await;
        }
    }

    /// How many more fit.
    pub(crate) fn room(&self) -> usize {
        MAX_WAITING.saturating_sub(self.lock().heap.len())
    }

    fn try_take(&self, most: usize) -> Vec<T> {
        let mut inner = self.lock();
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(entry) = inner.heap.pop()
        {
            taken.push(entry.item);
        }
        let is_left = !inner.heap.is_empty();
        drop(inner);
        if is_left {
            // Another taker may be asleep: one wake-up is kept for it.
            self.arrived.notify_one();
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // A push or pop that panicked left a heap that is still a heap.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ordered by age, then by arrival, so that equal ages stay in order.
#[derive(Debug)]
struct Entry<T> {
    mtime_ns: i64,
    order: u64,
    item: T,
}

impl<T> Entry<T> {
    fn rank(&self) -> (i64, std::cmp::Reverse<u64>) {
        (self.mtime_ns, std::cmp::Reverse(self.order))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Aged for i64 {
        fn mtime_ns(&self) -> i64 {
            *self
        }
    }

    #[tokio::test]
    async fn the_newest_comes_first() {
        let backlog = Backlog::new();
        for age in [2, 9, 4] {
            backlog.push(age).expect("room");
        }
        assert_eq!(backlog.take(2).await, [9, 4]);
        assert_eq!(backlog.take(2).await, [2]);
    }

    #[test]
    fn a_full_queue_refuses_and_keeps_what_it_has() {
        let backlog = Backlog::new();
        for age in 0..MAX_WAITING {
            backlog.push(age as i64).expect("room");
        }
        assert_eq!(backlog.push(-1), Err(-1));
        assert_eq!(backlog.room(), 0);
    }
}
