//! What the loop does about events that it never heard of.

use std::fs::File;

use kilat_core::{Fact, IdSource, Source, SourceHealth, SourceKind, SystemClock};

use super::*;

/// Shorter than the listing that comes anyway, and longer than a slow machine needs.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_file_whose_events_did_not_fit_into_the_queue_is_found_by_a_listing() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let hot = folder.path().join("hot");
    std::fs::create_dir(&hot).expect("made");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
    let journal = Journal::open(&folder.path().join("journal.db"), Arc::clone(&clock), ids).expect("open");
    let (source, since): (SourceId, _) = ("hot".parse().expect("an id"), clock.now());
    let (kind, health) = (SourceKind::HotFolder, SourceHealth::Online { since });
    let added = Fact::SourceAdded { source: Source { id: source.clone(), kind, root: hot.clone(), health } };
    runtime.block_on(journal.append(vec![added])).expect("recorded");
    let (signals, inbox) = signals();
    let outside = Outside {
        journal,
        clock: Arc::clone(&clock),
        runtime: runtime.handle().clone(),
        stats: Arc::default(),
        found: Arc::new(Backlog::new()),
        max_size_bytes: u64::MAX,
        stop: Stop::new(),
    };
    let (stop, stats, found) = (outside.stop.clone(), Arc::clone(&outside.stats), Arc::clone(&outside.found));
    let config = HotFolderConfig { source, root: hot.clone(), poll: Poll::Auto };
    let mut looped = HotFolder::new(&config, signals.clone(), outside);
    let now = clock.monotonic();
    looped.check_root(now).expect("it is there");
    looped.list(now);
    // Nothing more is heard of the folder, and the queue has no room for what was said before.
    looped.mode = Some(Mode::Events(Watch::new(signals.clone()).expect("a watch")));
    for _ in 0..=SIGNALS {
        signals.send(Signal::Wake);
    }
    let path = hot.join("DSC_1.xmp");
    std::fs::write(&path, "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"></x:xmpmeta>").expect("written");
    File::options()
        .write(true)
        .open(&path)
        .and_then(|file| file.set_modified(std::time::UNIX_EPOCH))
        .expect("an old file");
    let thread = std::thread::spawn(move || looped.run(&inbox));
    let taken = runtime.block_on(async { tokio::time::timeout(SOON, found.take(1)).await }).expect("it is found");
    assert_eq!(taken[0].path, Path::new("DSC_1.xmp"));
    // At least: the watch that was replaced may say a last word, which did not fit either.
    assert!(stats.now().overflows >= 1, "and it is counted");
    stop.ask();
    signals.send(Signal::Wake);
    thread.join().expect("no panic").expect("no error");
}
