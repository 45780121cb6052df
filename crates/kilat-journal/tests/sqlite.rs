//! The embedded backend runs the whole contract, and keeps the promises that concern its file.

#![expect(clippy::unwrap_used, reason = "a test's panic is its report")]

mod contract;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract::counts::Step;
use contract::scene::{Backend, Scene, notice, whole_log};
use kilat_core::{ArrivalFailure, Class, Classify, Clock, Fact, IdSource, ManualClock, Millis, Offset};
use kilat_journal::{Journal, JournalError};
use proptest::prelude::*;
use tempfile::TempDir;

/// A folder of its own for each test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("journal.db")
    }

    fn try_open(&self) -> Result<Journal, JournalError> {
        open(&self.journal(), Arc::new(ManualClock::at_ms(1_795_000_000_000)))
    }
}

impl Backend for Folder {
    async fn open(&self, clock: Arc<ManualClock>) -> Journal {
        open(&self.journal(), clock).unwrap()
    }
}

fn open(path: &Path, clock: Arc<ManualClock>) -> Result<Journal, JournalError> {
    Journal::open(path, clock.clone(), Arc::new(IdSource::new(clock)))
}

macro_rules! promises {
    ($($part:ident { $($promise:ident),+ $(,)? })+) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            contract::$part::$promise(&Folder::new()).await;
        }
    )+)+};
}

promises! {
    restores {
        one_restore_goes_at_a_time_and_ends_once_with_its_last_word,
        records_of_restores_are_bounded_and_the_newest_stay,
    }
    order {
        offsets_have_no_holes_under_fifty_appenders,
        an_answered_append_is_there_after_a_restart_without_a_close,
        what_was_sent_before_a_close_is_committed_and_later_writes_are_refused,
        an_append_without_end_is_refused_whole,
    }
    facts {
        a_fact_that_changes_nothing_is_not_recorded,
        what_nobody_recorded_is_refused_by_name,
        a_refused_append_takes_its_good_facts_with_it,
        an_id_that_means_something_else_is_refused,
        at_most_one_event_is_active,
        an_absence_began_when_it_began,
        an_arrival_at_a_path_is_the_newest_there,
        a_failed_arrival_is_a_problem_until_the_file_comes_again,
        a_failed_arrival_is_forgotten_once_and_is_no_problem_any_more,
        a_late_report_about_a_file_that_came_again_is_no_problem,
        copies_tell_where_they_stand,
        a_late_failure_does_not_undo_a_stored_copy,
        notices_come_newest_first_and_page_by_offset,
        only_the_newest_notices_are_kept,
        photos_page_newest_first_without_a_gap,
    }
    notices {
        losses_of_one_place_are_folded_into_one_notice,
        what_comes_and_goes_is_one_notice_that_counts,
        what_lasts_is_one_notice_until_it_ends,
        a_notice_is_seen_once_and_a_loss_that_was_seen_takes_no_more,
        what_nobody_has_seen_is_told_again_once_a_round,
        a_ledger_is_the_same_after_it_was_opened_again,
        a_note_and_the_facts_with_it_are_kept_or_refused_together,
    }
    access {
        access_that_changes_nothing_is_not_recorded,
        who_goes_takes_the_sessions_along,
        access_of_nobody_or_twice_is_refused,
        tokens_are_bounded,
    }
    backups {
        a_backup_fact_that_changes_nothing_is_not_recorded,
        what_no_backup_can_be_about_is_refused_by_name,
        one_run_of_a_kind_goes_for_an_event_and_a_place,
        a_run_counts_its_copies_and_failures_once,
        a_retry_takes_up_what_failed_and_keeps_what_was_stored,
        a_bad_copy_is_due_again_at_backup_and_upload_places,
        the_copy_that_was_proven_longest_ago_is_read_back_first,
        copies_are_counted_by_the_places_in_use_that_hold_them,
        a_list_of_copies_is_due_after_each_new_copy,
        a_damaged_list_is_told_until_the_next_scrub_and_written_anew,
        a_part_is_kept_until_its_copy_is_whole,
        records_of_old_runs_go_and_their_copies_stay,
        events_that_are_not_whole_at_a_place_are_named_oldest_first,
    }
    filing {
        raw_jpeg_and_sidecar_of_one_frame_share_a_group_and_a_stem,
        a_sidecar_named_after_the_whole_file_name_belongs_to_it,
        a_sidecar_that_came_first_is_joined_by_its_photo_and_that_by_its_raw,
        two_bodies_with_one_name_in_one_second_stay_apart,
        a_roll_over_is_another_frame,
        without_a_serial_the_model_is_the_body,
        files_without_metadata_stay_apart,
        changed_content_under_one_name_is_a_new_photo,
        keys_differ_even_where_case_is_folded,
        two_events_whose_folders_have_one_name_do_not_collide,
        content_that_the_event_holds_is_seen_again,
        filing_twice_is_filing_once,
        an_arrival_that_failed_or_never_came_is_not_filed,
        hostile_names_become_keys_that_read_back,
        a_thousand_frames_of_one_name_are_numbered_in_order,
        hundreds_of_revisions_of_one_frame_are_each_kept,
        a_number_that_a_file_was_named_with_is_passed_over,
    }
    leases {
        the_active_event_then_kind_then_newest_goes_first,
        a_time_without_an_offset_orders_within_its_camera,
        a_lease_ends_with_its_time,
        a_restart_ends_all_leases,
        a_stored_copy_is_never_leased_again,
        a_failed_copy_waits_for_its_time_and_counts_its_attempts,
        no_wait_is_longer_than_the_longest,
        a_clock_that_jumped_back_makes_waiting_copies_due,
        a_copy_given_up_comes_back_when_an_operator_asks,
        no_copy_is_leased_twice_under_concurrency,
    }
    frames {
        a_frame_that_its_camera_handed_in_is_held_whatever_number_its_file_got,
        a_frame_that_the_same_body_sent_another_way_is_held,
        what_a_list_named_is_told_until_it_is_gone_from_the_card,
    }
    samples {
        the_machines_past_survives_a_restart_and_is_no_fact,
        the_past_is_bounded_and_a_clock_that_jumps_takes_nothing_away,
        commits_are_timed_and_the_unwritten_are_not,
    }
    tails {
        tails_have_no_holes_while_writers_append,
        a_reader_that_lags_beyond_memory_misses_nothing,
        a_tail_in_the_middle_of_a_batch_gets_its_rest,
        a_tail_hands_out_the_last_record_before_it_ends,
        a_dropped_wait_loses_nothing,
        a_snapshot_and_the_tail_after_it_are_the_whole,
    }
    counts {
        a_photo_is_safe_when_every_copy_due_is_stored,
        cameras_are_told_apart_and_the_last_to_deliver_comes_first,
        a_destination_that_moved_keeps_its_counts,
        what_is_due_at_a_destination_out_of_use_is_set_aside_until_it_is_used_again,
        a_new_destination_gets_the_photos_of_the_active_event_that_are_copied_at_all,
        a_source_out_of_use_is_not_shown_until_it_is_used_again,
    }
}

fn step() -> impl Strategy<Value = Step> {
    let failure = prop_oneof![Just(ArrivalFailure::Incomplete), Just(ArrivalFailure::Unreadable)];
    prop_oneof![
        4 => (0..4_u8, any::<u8>(), any::<bool>()).prop_map(|(path, due, party)| Step::File { path, due, party }),
        1 => any::<u8>().prop_map(|photo| Step::FileAgain { photo }),
        2 => (0..4_u8, failure).prop_map(|(path, failure)| Step::FailArrival { path, failure }),
        1 => any::<u8>().prop_map(|arrival| Step::FailOldArrival { arrival }),
        1 => any::<u8>().prop_map(|arrival| Step::ForgetArrival { arrival }),
        4 => any::<(u8, bool)>().prop_map(|(photo, cloud)| Step::Store { photo, cloud }),
        3 => any::<(u8, bool, bool)>().prop_map(|(photo, cloud, give_up)| Step::Fail { photo, cloud, give_up }),
        1 => any::<bool>().prop_map(|everywhere| Step::Retry { everywhere }),
        2 => any::<(bool, bool)>().prop_map(|(cloud, used)| Step::Use { cloud, used }),
    ]
}

proptest! {
    // Each case commits some fifty times to a real disk.
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_equal_a_recount_after_any_history(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(contract::counts::counts_equal_a_recount_after_any_history(&Folder::new(), &steps));
    }
}

#[tokio::test]
async fn the_file_is_private_and_so_are_those_beside_it() {
    let folder = Folder::new();
    let scene = Scene::new(&folder).await;
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.0.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["journal.db", "journal.db-shm", "journal.db-wal", "journal.db.lock"]);
    drop(scene);
}

#[tokio::test]
async fn a_second_opening_is_refused_while_the_first_lives() {
    let folder = Folder::new();
    let first = folder.try_open().unwrap();
    let refused = folder.try_open().unwrap_err();
    assert!(matches!(refused, JournalError::InUse { .. }), "{refused}");
    assert_eq!(refused.class(), Class::NeedsOperator);
    drop(first);
    folder.try_open().unwrap();
}

#[tokio::test]
async fn a_journal_of_a_newer_version_is_refused_with_a_remedy() {
    let folder = Folder::new();
    drop(folder.try_open().unwrap());
    let raw = rusqlite::Connection::open(folder.journal()).unwrap();
    raw.pragma_update(None, "user_version", 999).unwrap();
    drop(raw);
    let refused = folder.try_open().unwrap_err();
    assert!(matches!(refused, JournalError::Newer { found: 999, .. }), "{refused}");
    assert!(refused.to_string().contains("install the newer Kilat"), "{refused}");
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let folder = Folder::new();
    let raw = rusqlite::Connection::open(folder.journal()).unwrap();
    raw.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(raw);
    let before = fs::read(folder.journal()).unwrap();
    assert!(matches!(folder.try_open().unwrap_err(), JournalError::Foreign { .. }));
    assert_eq!(fs::read(folder.journal()).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let folder = Folder::new();
    fs::write(folder.journal(), b"photos, but no journal".repeat(1_000)).unwrap();
    let before = fs::read(folder.journal()).unwrap();
    let refused = folder.try_open().unwrap_err();
    assert!(matches!(refused, JournalError::Corrupt { .. }), "{refused}");
    assert!(refused.to_string().contains("journal.db") && refused.to_string().contains("backup"), "{refused}");
    assert_eq!(fs::read(folder.journal()).unwrap(), before);
}

/// The fixture is a dump of version 1 as it was released; migrations must carry it to the present.
#[tokio::test]
async fn a_journal_of_version_1_is_brought_up_to_date() {
    let old = Folder::new();
    let raw = rusqlite::Connection::open(old.journal()).unwrap();
    raw.execute_batch(include_str!("fixtures/journal-v1.sql")).unwrap();
    drop(raw);
    let journal = old.try_open().unwrap();
    assert_eq!(journal.epoch(), "01kakbaw00000000000000fixt");
    assert_eq!(journal.counts(None).await.unwrap().safe, 1);
    assert_eq!(whole_log(&journal).await.len(), 7);
    let recorded = journal.append(vec![Fact::NoticeRaised { notice: notice("new") }]).await.unwrap();
    assert_eq!(recorded[0].offset.0, 8);
    drop(journal);

    let fresh = Folder::new();
    drop(fresh.try_open().unwrap());
    assert_eq!(schema(&old), schema(&fresh), "old and new journals end with the same tables");
}

fn schema(folder: &Folder) -> Vec<String> {
    let raw = rusqlite::Connection::open(folder.journal()).unwrap();
    let mut objects = raw.prepare("SELECT name || ': ' || COALESCE(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
    objects.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn a_commit_that_the_disk_refuses_is_an_error_and_the_next_one_works() {
    let folder = Folder::new();
    let scene = Scene::new(&folder).await;
    // A second connection that holds the write lock is a disk that refuses, without being root.
    let blocker = rusqlite::Connection::open(folder.journal()).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = scene.journal.append(vec![Fact::UploadsPaused]).await.unwrap_err();
    assert!(matches!(refused, JournalError::Storage { .. }), "{refused}");
    assert!(!scene.journal.is_paused().await.unwrap());
    blocker.execute_batch("ROLLBACK").unwrap();
    assert_eq!(scene.append(vec![Fact::UploadsPaused]).await.len(), 1);
    assert_eq!(whole_log(&scene.journal).await.last().unwrap().offset, scene.journal.head());
}

/// A small disk of its own, unmounted at the end.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// None where mounting is not permitted.
    fn mount(size: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let size = format!("size={size}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(self.0.path()).status().unwrap();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_by_name_and_heals_by_itself() {
    let Some(disk) = SmallDisk::mount("4m") else {
        println!("skipped: mounting a small disk is not permitted here");
        return;
    };
    let clock = Arc::new(ManualClock::at_ms(1_795_000_000_000));
    let journal = open(&disk.0.path().join("journal.db"), clock.clone()).unwrap();
    journal.append(vec![Fact::UploadsPaused]).await.unwrap();
    let filler = disk.0.path().join("filler");
    fs::write(&filler, vec![0; 4 << 20]).unwrap_err();

    let mut answered = journal.head();
    let mut refused = None;
    for n in 0..1_000 {
        match journal.append(vec![Fact::NoticeRaised { notice: notice(&n.to_string()) }]).await {
            Ok(recorded) => answered = recorded[0].offset,
            Err(error) => refused = Some(error),
        }
    }
    let refused = refused.expect("a full disk refuses");
    assert!(matches!(refused, JournalError::Full { .. }), "{refused}");
    assert_eq!(refused.class(), Class::NeedsOperator);
    assert_eq!(journal.head(), answered, "nothing is announced that was not answered");

    fs::remove_file(&filler).unwrap();
    let recorded = journal.append(vec![Fact::UploadsResumed]).await.unwrap();
    assert_eq!(recorded[0].offset, Offset(answered.0 + 1));
    assert_eq!(whole_log(&journal).await.len() as u64, answered.0 + 1);
    journal.close().await.unwrap();
}

/// A clock that panics in the writer's thread when it is told to: any bug there.
struct Trap {
    clock: ManualClock,
    is_set: AtomicBool,
}

impl Clock for Trap {
    fn now(&self) -> Millis {
        assert!(!self.is_set.load(Ordering::SeqCst), "the trap was set");
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}

#[tokio::test]
async fn the_writers_death_is_seen_by_everyone() {
    let folder = Folder::new();
    let ids = Arc::new(IdSource::new(Arc::new(ManualClock::at_ms(1))));
    let trap = Arc::new(Trap { clock: ManualClock::at_ms(1), is_set: AtomicBool::new(false) });
    let journal = Journal::open(&folder.journal(), trap.clone(), ids).unwrap();
    let mut tail = journal.tail(Offset(0));
    let died = {
        let journal = journal.clone();
        tokio::spawn(async move { journal.died().await })
    };
    trap.is_set.store(true, Ordering::SeqCst);
    let lost = journal.append(vec![Fact::UploadsPaused]).await.unwrap_err();
    assert!(matches!(lost, JournalError::Died(_)), "{lost}");
    assert!(matches!(died.await.unwrap(), JournalError::Died(_)));
    assert!(matches!(tail.next().await, Err(JournalError::Died(_))));
    assert!(matches!(journal.append(vec![Fact::UploadsPaused]).await, Err(JournalError::Died(_))));
    drop((journal, tail));
    let reopened = folder.try_open().unwrap();
    assert!(!reopened.is_paused().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_journal_gets_another_epoch_and_one_that_only_restarts_keeps_it() {
    let folder = Folder::new();
    let (path, copy) = (folder.journal(), folder.0.path().join("copy.db"));
    let raise = |id: &str| vec![Fact::NoticeRaised { notice: notice(id) }];
    let journal = folder.try_open().unwrap();
    let epoch = journal.epoch().to_owned();
    journal.append(raise("early")).await.unwrap();
    journal.close().await.unwrap();
    drop(journal);
    fs::write(&copy, fs::read(&path).unwrap()).unwrap();
    let journal = folder.try_open().unwrap();
    assert_eq!(journal.epoch(), epoch, "only a restart");
    let told = journal.append(raise("told to a viewer")).await.unwrap();
    drop(journal);

    // In the same place, with older content: the next number was given before.
    fs::write(&path, fs::read(&copy).unwrap()).unwrap();
    let journal = folder.try_open().unwrap();
    assert_ne!(journal.epoch(), epoch);
    let again = journal.append(raise("another")).await.unwrap();
    assert_eq!(again[0].offset, told[0].offset, "this is what must not be taken for the same");
    let second = journal.epoch().to_owned();
    drop(journal);
    assert_eq!(folder.try_open().unwrap().epoch(), second, "told once");

    // Another file under its name.
    fs::remove_file(&path).unwrap();
    fs::rename(&copy, &path).unwrap();
    let journal = folder.try_open().unwrap();
    assert!(journal.epoch() != epoch && journal.epoch() != second);
}
