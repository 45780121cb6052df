//! All viewers of one server and the publisher, in one thread on one epoll.
//!
//! Its promise: a run that ends well means that no viewer was lost; what each got is in the tally.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;

use super::dialect::Dialect;
use super::mark::{Kind, Mark};
use super::publisher::Publisher;
use super::tally::{MAX_IN_FLIGHT, Tally};
use super::viewer::{Habit, News, Viewer};
use crate::Outcome;

/// Sockets looked at between two looks at the clock.
const EVENTS: usize = 256;
/// One read takes so much; also the longest frame.
const BUFFER_BYTES: usize = 256 * 1_024;
/// A viewer whose connection failed comes back after this time.
const RETRY: Duration = Duration::from_millis(500);
/// Kilat reads no further above 256 unanswered publications of one connection.
const MAX_UNANSWERED: u32 = 128;
/// The publisher's place among the events.
const PUBLISHER: u64 = u64::MAX;

/// When the publisher publishes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    Never,
    /// One message every so often, however late the viewers are.
    Every(Duration),
    /// So many at once, whenever no more than `window` would be on their way.
    Flood {
        window: u32,
        batch: u32,
    },
}

/// How the viewers come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) viewers: usize,
    /// Connecting at once.
    pub(crate) at_once: usize,
    pub(crate) habit: Habit,
    /// Until all must be there.
    pub(crate) limit: Duration,
}

/// How they came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Arrived {
    pub(crate) after: Duration,
    /// Connections that failed on the way and were tried again.
    pub(crate) retries: usize,
}

pub(crate) struct Audience {
    to: SocketAddr,
    dialect: Dialect,
    epoll: OwnedFd,
    viewers: Vec<Option<Viewer>>,
    publisher: Publisher,
    pub(crate) tally: Tally,
    begun: Instant,
    buffer: Vec<u8>,
    events: Vec<epoll::Event>,
    hint: usize,
}

impl Audience {
    /// The publisher alone; `viewers` that read will be asked for.
    pub(crate) fn open(to: SocketAddr, feed: SocketAddr, dialect: Dialect, viewers: usize) -> Outcome<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let publisher = Publisher::connect(feed, dialect.clone())?;
        epoll::add(&epoll, &publisher.socket, epoll::EventData::new_u64(PUBLISHER), epoll::EventFlags::IN)?;
        Ok(Self {
            to,
            dialect,
            epoll,
            viewers: Vec::new(),
            publisher,
            tally: Tally::of(viewers),
            begun: Instant::now(),
            buffer: vec![0; BUFFER_BYTES],
            events: Vec::with_capacity(EVENTS),
            hint: 0,
        })
    }

    /// Connects viewers, and returns when each is subscribed.
    pub(crate) fn gather(&mut self, arrival: &Arrival) -> Outcome<Arrived> {
        let (begun, first) = (Instant::now(), self.viewers.len());
        self.viewers.resize_with(first + arrival.viewers, || None);
        // Last first: they are popped.
        let mut away: Vec<usize> = (first..first + arrival.viewers).rev().collect();
        let mut later: VecDeque<(Instant, usize)> = VecDeque::new();
        let (mut ready, mut connecting, mut retries) = (0, 0, 0);
        let mut why = "they are slow".to_owned();
        while ready < arrival.viewers {
            if begun.elapsed() > arrival.limit {
                return Err(format!("{ready} of {} viewers came in {:?}: {why}", arrival.viewers, arrival.limit).into());
            }
            while later.front().is_some_and(|(due, _)| *due <= Instant::now()) {
                away.extend(later.pop_front().map(|(_, index)| index));
            }
            while connecting < arrival.at_once
                && let Some(index) = away.pop()
            {
                match Viewer::open(self.to, index, arrival.habit) {
                    Ok(viewer) => {
                        let data = epoll::EventData::new_u64(index as u64);
                        epoll::add(&self.epoll, &viewer.socket, data, epoll::EventFlags::OUT)?;
                        self.viewers[index] = Some(viewer);
                        connecting += 1;
                    }
                    Err(error) => {
                        why = error.to_string();
                        later.push_back((Instant::now() + RETRY, index));
                        retries += 1;
                    }
                }
            }
            self.wait(Duration::from_millis(20))?;
            for index in self.ready_ones() {
                let was_live = self.viewers.get(index as usize).and_then(Option::as_ref).is_some_and(Viewer::is_live);
                match self.attend(index) {
                    Ok(News::Nothing) => {}
                    Ok(News::Ready) => {
                        (ready, connecting) = (ready + 1, connecting - 1);
                        if arrival.habit == Habit::Stalls
                            && let Some(viewer) = &self.viewers[index as usize]
                        {
                            epoll::delete(&self.epoll, &viewer.socket)?;
                        }
                    }
                    Err(error) if (index as usize) < first || index == PUBLISHER => return Err(error),
                    Err(error) => {
                        why = error.to_string();
                        self.viewers[index as usize] = None;
                        later.push_back((Instant::now() + RETRY, index as usize));
                        retries += 1;
                        // One that was there already is counted again when it comes back.
                        if was_live {
                            ready -= 1;
                        } else {
                            connecting -= 1;
                        }
                    }
                }
            }
        }
        Ok(Arrived { after: begun.elapsed(), retries })
    }

    /// Publishes and reads for so long.
    pub(crate) fn run(&mut self, kind: Kind, pace: Pace, time: Duration) -> Outcome<Duration> {
        let begun = Instant::now();
        self.run_until(kind, pace, time, |_| false)?;
        Ok(begun.elapsed())
    }

    /// The same until the tally suffices: whether it did in time.
    pub(crate) fn run_until(
        &mut self,
        kind: Kind,
        pace: Pace,
        limit: Duration,
        is_enough: impl Fn(&Self) -> bool,
    ) -> Outcome<bool> {
        let begun = Instant::now();
        let mut due = begun;
        loop {
            let now = Instant::now();
            if is_enough(self) {
                return Ok(true);
            }
            if now - begun >= limit {
                return Ok(false);
            }
            let wait = match pace {
                Pace::Never => Duration::from_millis(20),
                Pace::Every(every) => {
                    while due <= now && self.has_room(MAX_IN_FLIGHT, 1) {
                        self.publisher.publish(kind, self.begun);
                        due += every;
                    }
                    due.saturating_duration_since(now)
                }
                Pace::Flood { window, batch } => {
                    while self.has_room(window, batch) {
                        (0..batch).for_each(|_| self.publisher.publish(kind, self.begun));
                    }
                    Duration::from_millis(20)
                }
            };
            self.publisher.flush()?;
            self.wait(wait.min(limit.saturating_sub(now - begun)))?;
            for index in self.ready_ones() {
                self.attend(index)?;
            }
        }
    }

    /// Reads until every viewer is past everything that was published.
    pub(crate) fn settle(&mut self, limit: Duration) -> Outcome<()> {
        let is_settled = |audience: &Self| audience.tally.complete() == audience.publisher.published();
        if self.run_until(Kind::State, Pace::Never, limit, is_settled)? {
            return Ok(());
        }
        let (complete, published) = (self.tally.complete(), self.publisher.published());
        Err(format!("every viewer got {complete} of {published} messages in {limit:?}, and not every one more").into())
    }

    fn has_room(&self, window: u32, batch: u32) -> bool {
        self.publisher.published() - self.tally.complete() + batch <= window.min(MAX_IN_FLIGHT - 1)
            && self.publisher.unanswered() + batch <= MAX_UNANSWERED
    }

    fn wait(&mut self, time: Duration) -> Outcome<()> {
        self.events.clear();
        let time = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) };
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whose sockets have something for us.
    fn ready_ones(&self) -> Vec<u64> {
        self.events.iter().map(|event| event.data.u64()).collect()
    }

    /// One socket has something for us.
    fn attend(&mut self, index: u64) -> Outcome<News> {
        if index == PUBLISHER {
            self.publisher.hear(&mut self.buffer)?;
            self.publisher.flush()?;
            return Ok(News::Nothing);
        }
        let Some(viewer) = self.viewers.get_mut(index as usize).and_then(Option::as_mut) else {
            return Ok(News::Nothing);
        };
        if viewer.is_connecting() {
            viewer.connected(&self.dialect, &self.to.to_string())?;
            epoll::modify(&self.epoll, &viewer.socket, epoll::EventData::new_u64(index), epoll::EventFlags::IN)?;
            return Ok(News::Nothing);
        }
        let (tally, hint, dialect) = (&mut self.tally, &mut self.hint, &self.dialect);
        let begun = self.begun;
        let mut now_ns = 0;
        let heard = viewer.hear(dialect, &mut self.buffer, |text, last| match Mark::find(text, hint) {
            Some(mark) => {
                if now_ns == 0 {
                    now_ns = begun.elapsed().as_nanos() as u64;
                }
                tally.got(last, mark, text.len(), now_ns);
                None
            }
            None => dialect.reply(text),
        });
        Ok(heard?)
    }
}
