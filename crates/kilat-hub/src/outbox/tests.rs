use super::*;

const UPLOAD: Channels = Channels::of(&[Channel::Upload]);
const DSLR: Channels = Channels::of(&[Channel::Dslr]);

fn entry(seq: u64) -> Arc<Frame> {
    Arc::new(Frame::text(&format!("entry {seq}"), UPLOAD, What::Log { seq, ends: None }))
}

fn state(key: StateKey, version: u64) -> Arc<Frame> {
    Arc::new(Frame::text(&format!("state {version}"), UPLOAD, What::State { key, version }))
}

fn subscribed() -> Outbox {
    let mut outbox = Outbox::default();
    outbox.subscribe(UPLOAD, 0, []);
    outbox
}

fn texts(frames: &[Arc<Frame>]) -> Vec<String> {
    frames.iter().map(|frame| String::from_utf8_lossy(&frame.message()).into_owned()).collect()
}

fn all(outbox: &mut Outbox) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        let taken = outbox.take();
        if taken.is_empty() {
            return told;
        }
        told.extend(texts(&taken));
    }
}

#[test]
fn a_slow_viewer_gets_the_latest_state_and_every_entry() {
    let mut outbox = subscribed();
    for version in 0..100 {
        outbox.put(&state(StateKey::Now, version));
    }
    outbox.put(&entry(1));
    outbox.put(&entry(2));
    assert_eq!(all(&mut outbox), ["entry 1", "entry 2", "state 99"]);
}

#[test]
fn an_older_state_never_follows_a_newer_one() {
    let mut outbox = subscribed();
    outbox.put(&state(StateKey::Now, 7));
    assert_eq!(all(&mut outbox), ["state 7"]);
    outbox.put(&state(StateKey::Now, 6));
    assert_eq!(all(&mut outbox), [""; 0]);
}

#[test]
fn progress_is_not_told_after_its_outcome() {
    let mut outbox = subscribed();
    let key = StateKey::Copy("p".into(), "d".into());
    outbox.put(&state(key.clone(), 1));
    outbox.put(&Arc::new(Frame::text("done", UPLOAD, What::Log { seq: 2, ends: Some(key) })));
    assert_eq!(all(&mut outbox), ["done"]);
}

#[test]
fn a_queue_that_overflows_is_dropped_whole_and_answers_stay() {
    let mut outbox = subscribed();
    outbox.enqueue(Arc::new(Frame::answer("answer")));
    for seq in 1..=MAX_QUEUE as u64 + 50 {
        outbox.put(&entry(seq));
        assert!(outbox.depth() <= MAX_QUEUE + 1);
    }
    assert!(!outbox.wants_resync(), "the answer goes first");
    assert_eq!(all(&mut outbox), ["answer"]);
    assert!(outbox.wants_resync());
    // Brought up to date: what comes meanwhile waits behind the replay.
    outbox.close_gate(UPLOAD, 2_000);
    outbox.put(&entry(2_001));
    assert!(all(&mut outbox).is_empty() && !outbox.wants_resync());
    outbox.enqueue(entry(2_000));
    assert!(outbox.open_gate(UPLOAD, 2_001));
    assert_eq!(all(&mut outbox), ["entry 2000", "entry 2001"]);
}

#[test]
fn what_is_lost_of_a_replay_is_told_again_although_another_channel_was_told_more() {
    let mut outbox = subscribed();
    outbox.put(&entry(100));
    assert_eq!(all(&mut outbox), ["entry 100"]);
    outbox.close_gate(DSLR, 100);
    outbox.stands_at(50);
    let replayed = |seq| Arc::new(Frame::text("missed", DSLR, What::Log { seq, ends: None }));
    (90..=95).for_each(|seq| outbox.enqueue(replayed(seq)));
    assert!(outbox.open_gate(DSLR, 100));
    for seq in 101..=101 + MAX_QUEUE as u64 {
        outbox.put(&entry(seq));
    }
    assert!(outbox.wants_resync());
    assert_eq!(outbox.told, 89);
}

#[test]
fn a_viewer_that_was_told_nothing_yet_is_brought_up_to_date_from_where_it_stands() {
    let mut outbox = Outbox::default();
    outbox.close_gate(UPLOAD, 5_000);
    outbox.stands_at(4_990);
    assert!(outbox.open_gate(UPLOAD, 5_000));
    for seq in 5_001..=5_001 + MAX_QUEUE as u64 {
        outbox.put(&entry(seq));
    }
    assert!(outbox.wants_resync());
    assert_eq!(outbox.told, 4_990);
}

#[test]
fn bytes_are_bounded_as_entries_are() {
    let mut outbox = subscribed();
    let large = |seq| Arc::new(Frame::text(&"x".repeat(60_000), UPLOAD, What::Log { seq, ends: None }));
    for seq in 1..100 {
        outbox.put(&large(seq));
    }
    assert!(outbox.wants_resync());
}

#[test]
fn a_gate_that_overflows_sends_the_replay_on() {
    let mut outbox = subscribed();
    outbox.close_gate(UPLOAD, 0);
    for seq in 1..=MAX_GATE as u64 + 1 {
        outbox.put(&entry(seq));
    }
    assert!(!outbox.open_gate(UPLOAD, 5_000), "what was held back is lost: read on");
    outbox.put(&entry(4_999));
    outbox.put(&entry(5_001));
    assert!(outbox.open_gate(UPLOAD, 5_001));
    assert_eq!(all(&mut outbox), ["entry 5001"]);
}

#[test]
fn what_a_subscription_covers_is_not_told_again() {
    let mut outbox = Outbox::default();
    outbox.subscribe(UPLOAD, 10, []);
    outbox.put(&entry(10));
    outbox.put(&entry(11));
    assert_eq!(all(&mut outbox), ["entry 11"]);
    // Another channel later: the first one still gets what is its own.
    outbox.subscribe(DSLR, 20, []);
    outbox.put(&entry(15));
    let both = Arc::new(Frame::text("both", UPLOAD.and(DSLR), What::Log { seq: 16, ends: None }));
    let other = Arc::new(Frame::text("other", DSLR, What::Log { seq: 17, ends: None }));
    outbox.put(&both);
    outbox.put(&other);
    assert_eq!(all(&mut outbox), ["entry 15", "both"]);
}

#[test]
fn a_frame_that_was_taken_in_part_is_finished_before_anything_else() {
    let mut outbox = subscribed();
    outbox.put(&entry(1));
    outbox.put(&entry(2));
    let joined: usize = outbox.join().iter().map(Bytes::len).sum();
    assert!(!outbox.took(3));
    assert_eq!(outbox.told, 1, "its rest will follow");
    assert!(!outbox.is_clear(3));
    let rest: Vec<u8> = outbox.join().concat();
    assert_eq!(rest.len(), joined - 3);
    assert!(rest.starts_with(b"ntry 1"));
    outbox.took(rest.len());
    assert!(outbox.is_empty() && outbox.is_clear(3));
    assert_eq!((outbox.told, outbox.sent_frames, outbox.sent_bytes), (2, 2, joined as u64));
}

#[test]
fn a_batch_that_fits_in_part_leaves_its_rest_in_order() {
    let mut outbox = subscribed();
    let batch = [entry(1), entry(2), entry(3)];
    let length = batch[0].wire().len();
    outbox.took_past(&batch, length + 4);
    assert_eq!(outbox.told, 2);
    assert_eq!(outbox.join().concat(), [&batch[1].wire()[4..], &batch[2].wire()[..]].concat());
}

#[test]
fn nothing_follows_the_last_frame() {
    let mut outbox = subscribed();
    outbox.put(&entry(1));
    outbox.enqueue(Arc::new(Frame::close(1012, "later")));
    outbox.put(&entry(2));
    let bytes: usize = outbox.join().iter().map(Bytes::len).sum();
    assert!(outbox.took(bytes), "it went out");
    assert!(outbox.is_empty());
}
