//! Prints what the journal costs on this machine's disk: appends, filings, leases, and reads at
//! 100,000 photos. Run with `--release`; every append waits for its fsync.

#![expect(clippy::print_stdout, reason = "printing is its purpose")]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kilat_core::{
    Arrival, Camera, Clock, ContentHash, Destination, DestinationHealth, Event, EventStatus, Fact, FileStamp, IdSource,
    PhotoKind, ProofHash, ReadBack, Source, SourceHealth, SourceKind, SystemClock, TakenAt,
};
use kilat_journal::{Due, Filing, Journal, Lease};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Photos that lie pending when leases and reads are measured.
const PENDING: usize = 100_000;

/// A journal in a folder of its own, with one event, source and destination.
#[derive(Clone)]
struct Bench {
    journal: Journal,
    clock: Arc<SystemClock>,
    ids: Arc<IdSource>,
}

#[tokio::main]
async fn main() -> Outcome {
    let folder = tempfile::tempdir_in(".")?;
    let clock = Arc::new(SystemClock::new());
    let ids = Arc::new(IdSource::new(clock.clone()));
    let journal = Journal::open(&folder.path().join("journal.db"), clock.clone(), ids.clone())?;
    let bench = Bench { journal, clock, ids };
    bench.set_up().await?;

    println!("{:<44} {:>12} {:>10} {:>10}", "", "per second", "p50", "p99");
    for appenders in [1, 8, 64, 512] {
        let name = format!("arrivals appended, {appenders} at a time");
        bench.concurrently(&name, appenders, |bench, n| async move { bench.append_arrival(n).await }).await?;
    }
    for filers in [1, 8, 64] {
        let name = format!("arrivals seen and filed, {filers} at a time");
        bench.concurrently(&name, filers, |bench, n| async move { bench.see_and_file(n).await }).await?;
    }
    bench.fill().await?;
    for workers in [1, 4, 16] {
        let name = format!("leased and stored, {workers} at a time, {PENDING} pending");
        bench.concurrently(&name, workers, |bench, _| async move { bench.lease_and_store().await }).await?;
    }
    bench.measure_reads().await?;
    bench.journal.close().await?;
    let size = std::fs::metadata(folder.path().join("journal.db"))?.len();
    println!("{:<44} {:>12.1} MB, {} records", "file", size as f64 / 1e6, bench.journal.head().0);
    Ok(())
}

impl Bench {
    async fn set_up(&self) -> Outcome {
        let at = self.clock.now();
        let date = "2026-11-21".parse()?;
        let name = "Wedding".to_owned();
        let event = Event { id: "wedding".parse()?, name, date, status: EventStatus::Active, created_at: at };
        let health = SourceHealth::Online { since: at };
        let source = Source { id: "folder".parse()?, kind: SourceKind::HotFolder, root: "/photos".into(), health };
        let health = DestinationHealth::Up { since: at };
        let destination = Destination::new("disk".parse()?, "/copies".into(), health);
        let facts =
            vec![Fact::EventCreated { event }, Fact::SourceAdded { source }, Fact::DestinationAdded { destination }];
        self.journal.append(facts).await?;
        Ok(())
    }

    /// Runs `work` in `tasks` tasks at once for about two seconds and prints its rate and latency.
    async fn concurrently<W, F>(&self, name: &str, tasks: usize, work: W) -> Outcome
    where
        W: Fn(Self, usize) -> F + Copy + Send + 'static,
        F: Future<Output = Outcome> + Send,
    {
        let began = Instant::now();
        let mut running = Vec::new();
        for task in 0..tasks {
            let bench = self.clone();
            running.push(tokio::spawn(async move {
                let mut took = Vec::new();
                while began.elapsed() < Duration::from_secs(2) {
                    let start = Instant::now();
                    work(bench.clone(), task * 10_000_000 + took.len()).await?;
                    took.push(start.elapsed());
                }
                Outcome::Ok(took)
            }));
        }
        let mut took = Vec::new();
        for task in running {
            took.extend(task.await??);
        }
        let rate = took.len() as f64 / began.elapsed().as_secs_f64();
        took.sort_unstable();
        let at = |part: f64| format!("{:.2} ms", took[(took.len() as f64 * part) as usize].as_secs_f64() * 1e3);
        println!("{name:<44} {rate:>12.0} {:>10} {:>10}", at(0.5), at(0.99));
        Ok(())
    }

    fn arrival(&self, n: usize) -> Outcome<Arrival> {
        Ok(Arrival {
            id: self.ids.arrival(),
            source: "folder".parse()?,
            path: path(n),
            stamp: FileStamp { size_bytes: 20_000_000, mtime_ns: 1_795_000_000_000_000_000, ino: 42 },
            event: "wedding".parse()?,
            at: self.clock.now(),
            via: None,
        })
    }

    async fn append_arrival(&self, n: usize) -> Outcome {
        let facts = vec![Fact::ArrivalSeen { arrival: self.arrival(n)? }];
        self.journal.append(facts).await?;
        Ok(())
    }

    async fn see_and_file(&self, n: usize) -> Outcome {
        let arrival = self.arrival(n)?;
        let filing = filing(&arrival)?;
        self.journal.append(vec![Fact::ArrivalSeen { arrival }]).await?;
        self.journal.file(filing).await?;
        Ok(())
    }

    async fn fill(&self) -> Outcome {
        for first in (0..PENDING).step_by(500) {
            let arrivals: Vec<Arrival> = (first..first + 500).map(|n| self.arrival(n)).collect::<Outcome<_>>()?;
            let facts = arrivals.iter().map(|arrival| Fact::ArrivalSeen { arrival: arrival.clone() }).collect();
            self.journal.append(facts).await?;
            let mut filings = Vec::new();
            for arrival in &arrivals {
                let (journal, filing) = (self.journal.clone(), filing(arrival)?);
                filings.push(tokio::spawn(async move { journal.file(filing).await }));
            }
            for filed in filings {
                filed.await??;
            }
        }
        Ok(())
    }

    async fn lease_and_store(&self) -> Outcome {
        let disk = "disk".parse()?;
        for Lease { photo, .. } in self.journal.lease_copies(&disk, 1, Duration::from_secs(60)).await? {
            let (key, destination) = (photo.key.clone(), disk.clone());
            let stored = Fact::CopyStored { photo: photo.id, destination, key, read_back: ReadBack::Device };
            self.journal.append(vec![stored]).await?;
        }
        Ok(())
    }

    async fn measure_reads(&self) -> Outcome {
        let (folder, wedding) = ("folder".parse()?, "wedding".parse()?);
        let start = Instant::now();
        for n in 0..20_000 {
            self.journal.arrival_at_blocking(&folder, &path(n))?;
        }
        print_each("read: newest arrival at a path", start.elapsed() / 20_000);
        let start = Instant::now();
        for _ in 0..1_000 {
            self.journal.counts(Some(&wedding)).await?;
        }
        print_each("read: counts of the event", start.elapsed() / 1_000);
        let start = Instant::now();
        for _ in 0..100 {
            self.journal.photos(&wedding, None, 50).await?;
        }
        print_each("read: the newest 50 photos", start.elapsed() / 100);
        let start = Instant::now();
        for _ in 0..100 {
            self.journal.snapshot().await?;
        }
        print_each("read: snapshot", start.elapsed() / 100);
        Ok(())
    }
}

fn print_each(name: &str, each: Duration) {
    println!("{name:<44} {:>12.0} {:>7.1} µs", 1.0 / each.as_secs_f64(), each.as_secs_f64() * 1e6);
}

fn path(n: usize) -> PathBuf {
    format!("DCIM/{}ND_Z9/DSC_{:04}.JPG", 100 + n / 10_000, n % 10_000).into()
}

fn filing(arrival: &Arrival) -> Outcome<Filing> {
    let mut hash = [0; 32];
    hash[..26].copy_from_slice(arrival.id.as_str().as_bytes());
    let civil = jiff::civil::date(2026, 11, 21).at(9, 0, 0, 0);
    let ms = i64::from(hash[25]) * 1_000 + i64::from(hash[24]) * 60_000;
    let civil = civil.saturating_add(jiff::SignedDuration::from_millis(ms));
    let serial = Some("3001234".to_owned());
    Ok(Filing {
        arrival: arrival.id.clone(),
        event: arrival.event.clone(),
        hash: ContentHash(hash),
        proof: ProofHash([7; 16]),
        size_bytes: arrival.stamp.size_bytes,
        kind: PhotoKind::Jpeg,
        name: arrival.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        camera: Some(Camera { make: "NIKON CORPORATION".into(), model: "NIKON Z 9".into(), serial }),
        taken: Some(TakenAt { civil, offset_minutes: Some(420) }),
        orientation: 1,
        pixels: Some((8_256, 5_504)),
        source: arrival.source.clone(),
        path: arrival.path.clone(),
        event_folder: "2026-11-21 Wedding".into(),
        folder: vec!["2026-11-21".into(), "NIKON Z 9 (3001234)".into()],
        due: Due::At(vec!["disk".parse()?]),
    })
}
