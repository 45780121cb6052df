//! Prints what the account of cameras costs for a large wedding: 20,000 photos of four bodies, 3,000 frames on two cards,
//! copies at two destinations; beside what reading the same rows plainly takes. Run with `--release`.

#![expect(clippy::print_stdout, reason = "printing is its purpose")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kilat_core::{
    Arrival, Camera, CameraFact, CameraKind, Clock, ContentHash, Destination, DestinationHealth, Event, EventStatus,
    Fact, FileStamp, Frame, IdSource, KnownCamera, MAX_FRAMES_TOLD, PhotoKind, ProofHash, ReadBack, Source,
    SourceHealth, SourceKind, SystemClock, TakenAt, Via, Way, account,
};
use kilat_journal::{Due, Filed, Filing, Journal};
use rusqlite::{Connection, OpenFlags};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const PHOTOS: usize = 20_000;
const BODIES: usize = 4;
/// The first two have cards with lists.
const LISTED: usize = 2;
const FRAMES: usize = 1_500;
const ROUNDS: u32 = 20;

#[tokio::main]
async fn main() -> Outcome {
    let folder = tempfile::tempdir_in(".")?;
    let path = folder.path().join("journal.db");
    let clock = Arc::new(SystemClock::new());
    let ids = Arc::new(IdSource::new(clock.clone()));
    let journal = Journal::open(&path, clock.clone(), ids.clone())?;
    set_up(&journal, &clock).await?;
    for first in (0..PHOTOS).step_by(500) {
        shoot(&journal, (&clock, &ids), first..first + 500).await?;
    }

    let wedding = "wedding".parse()?;
    let rows = plainly(&path)?;
    let read = each(|| {
        plainly(&path)?;
        Ok(())
    })?;
    let gathered = each(|| {
        journal.camera_evidence_blocking(&wedding)?;
        Ok(())
    })?;
    let evidence = journal.camera_evidence_blocking(&wedding)?.evidence;
    let drawn = each(|| {
        std::hint::black_box(account(&evidence, |copies| copies == 0b11));
        Ok(())
    })?;
    let account = account(&evidence, |copies| copies == 0b11);
    for row in &account.rows {
        println!("shot {:?}, held {}, safe {}, missing {}", row.shot, row.held, row.safe, row.missing.count);
    }
    let whole = gathered + drawn;
    println!("{rows} rows read plainly      {:>8.1} ms", read.as_secs_f64() * 1e3);
    println!("what there is, gathered       {:>8.1} ms", gathered.as_secs_f64() * 1e3);
    println!("the account drawn up from it  {:>8.1} ms", drawn.as_secs_f64() * 1e3);
    println!(
        "in all                        {:>8.1} ms, {:.2} x of reading",
        whole.as_secs_f64() * 1e3,
        whole.as_secs_f64() / read.as_secs_f64()
    );
    Ok(())
}

/// The time of one of some, the fastest: what others do meanwhile is not its cost.
fn each(mut work: impl FnMut() -> Outcome) -> Outcome<Duration> {
    let mut fastest = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        fastest = fastest.min(start.elapsed());
    }
    Ok(fastest)
}

/// Reads every row of photos, frames, arrivals and copies, and keeps what an account needs of it.
fn plainly(path: &Path) -> Outcome<usize> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut kept: Vec<(i64, String, i64)> = Vec::new();
    for sql in [
        "SELECT no, name, size_bytes FROM photos",
        "SELECT no, path, size_bytes FROM frames",
        "SELECT no, path, size_bytes FROM arrivals",
        "SELECT photo_no, destination, order_ms FROM copies",
    ] {
        let mut statement = db.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            kept.push((row.get(0)?, row.get(1)?, row.get(2)?));
        }
    }
    Ok(kept.len())
}

fn body(n: usize) -> Camera {
    Camera { make: "NIKON CORPORATION".into(), model: "NIKON Z 9".into(), serial: Some(format!("300123{n}")) }
}

fn taken(n: usize) -> TakenAt {
    let seconds = i64::try_from(n * 2).unwrap_or_default();
    let civil = jiff::civil::date(2026, 11, 21).at(8, 0, 0, 0).saturating_add(jiff::SignedDuration::from_secs(seconds));
    TakenAt { civil, offset_minutes: Some(420) }
}

fn written_s(n: usize) -> Outcome<i64> {
    Ok(taken(n).civil.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_second())
}

fn name(n: usize) -> String {
    format!("DSC_{:04}.JPG", n / BODIES % 9_999 + 1)
}

async fn set_up(journal: &Journal, clock: &SystemClock) -> Outcome {
    let at = clock.now();
    let (id, name_of) = ("wedding".parse()?, "Wedding".to_owned());
    let event = Event { id, name: name_of, date: "2026-11-21".parse()?, status: EventStatus::Active, created_at: at };
    let health = SourceHealth::Online { since: at };
    let source = Source { id: "intake".parse()?, kind: SourceKind::Intake, root: "/photos".into(), health };
    let mut facts = vec![Fact::EventCreated { event }, Fact::SourceAdded { source }];
    for id in ["disk", "cloud"] {
        let health = DestinationHealth::Up { since: at };
        let destination = Destination::new(id.parse()?, format!("/copies/{id}").into(), health);
        facts.push(Fact::DestinationAdded { destination });
    }
    for n in 0..BODIES {
        let kind = if n < LISTED { CameraKind::Tethered } else { CameraKind::Sender };
        let id = format!("z9-{n}").parse()?;
        let camera = KnownCamera { id, name: format!("Z9 {n}"), kind, body: Some(body(n)), place: None, login: None };
        facts.push(Fact::Camera(CameraFact::Added { camera }));
    }
    journal.append(facts).await?;
    for n in 0..LISTED {
        let frame = |at: usize| -> Outcome<Frame> {
            let at = at * BODIES + n;
            let path = format!("DCIM/100NCZ_9/{}", name(at));
            Ok(Frame { path, size_bytes: 20_000_000, written_s: Some(written_s(at)?) })
        };
        let frames = (0..FRAMES).map(frame).collect::<Outcome<Vec<Frame>>>()?;
        for part in frames.chunks(MAX_FRAMES_TOLD) {
            let (camera, event, frames) = (format!("z9-{n}").parse()?, "wedding".parse()?, part.to_vec());
            journal.append(vec![Fact::Camera(CameraFact::Listed { camera, event, frames, older: false })]).await?;
        }
    }
    Ok(())
}

/// Photos that are handed in, filed, and stored at both destinations.
async fn shoot(journal: &Journal, (clock, ids): (&SystemClock, &IdSource), numbers: std::ops::Range<usize>) -> Outcome {
    let mut filings = Vec::new();
    let mut facts = Vec::new();
    for n in numbers {
        let camera = n % BODIES;
        let way = if camera < LISTED { Way::Cable } else { Way::Ftp };
        let mtime_ns = written_s(n)? * 1_000_000_000;
        let arrival = Arrival {
            id: ids.arrival(),
            source: "intake".parse()?,
            path: format!("z9-{camera}/cable/{}/{}", n / 9_999, name(n)).into(),
            stamp: FileStamp { size_bytes: 20_000_000, mtime_ns, ino: 42 },
            event: "wedding".parse()?,
            at: clock.now(),
            via: Some(Via { way, camera: format!("z9-{camera}").parse()? }),
        };
        facts.push(Fact::ArrivalSeen { arrival: arrival.clone() });
        filings.push((filing(&arrival, n)?, camera));
    }
    journal.append(facts).await?;
    let mut filed = Vec::new();
    for (filing, _) in filings {
        let journal = journal.clone();
        filed.push(tokio::spawn(async move { journal.file(filing).await }));
    }
    let mut stored = Vec::new();
    for one in filed {
        let Filed::New(photo) = one.await?? else { return Err("two photos of one content".into()) };
        for id in ["disk", "cloud"] {
            let (photo, destination, key) = (photo.id.clone(), id.parse()?, photo.key.clone());
            stored.push(Fact::CopyStored { photo, destination, key, read_back: ReadBack::Device });
        }
    }
    journal.append(stored).await?;
    Ok(())
}

fn filing(arrival: &Arrival, n: usize) -> Outcome<Filing> {
    let mut hash = [0; 32];
    hash[..26].copy_from_slice(arrival.id.as_str().as_bytes());
    Ok(Filing {
        arrival: arrival.id.clone(),
        event: arrival.event.clone(),
        hash: ContentHash(hash),
        proof: ProofHash([7; 16]),
        size_bytes: arrival.stamp.size_bytes,
        kind: PhotoKind::Jpeg,
        name: name(n),
        camera: Some(body(n % BODIES)),
        taken: Some(taken(n)),
        orientation: 1,
        pixels: Some((8_256, 5_504)),
        source: arrival.source.clone(),
        path: arrival.path.clone(),
        event_folder: "2026-11-21 Wedding".into(),
        folder: vec!["2026-11-21".into()],
        due: Due::At(vec!["disk".parse()?, "cloud".parse()?]),
    })
}
