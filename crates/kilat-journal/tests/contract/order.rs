//! The log: one order, no holes, and what was answered stays.

use kilat_core::{Fact, Offset};
use kilat_journal::{JournalError, MAX_FACTS_PER_APPEND, Refusal};

use super::scene::{Backend, Scene, notice, offsets, whole_log};

pub(crate) async fn offsets_have_no_holes_under_fifty_appenders(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let mut tasks = Vec::new();
    for appender in 0..50 {
        let journal = scene.journal.clone();
        tasks.push(tokio::spawn(async move {
            let mut mine = Vec::new();
            for n in 0..20 {
                let raised = |part: &str| Fact::NoticeRaised { notice: notice(&format!("{appender}-{n}-{part}")) };
                let unknown = Fact::EventUsed { event: "nobody".parse().unwrap() };
                // A refused command between good ones: it may leave neither a hole nor half of itself.
                journal.append(vec![raised("lost"), unknown]).await.unwrap_err();
                mine.extend(offsets(&journal.append(vec![raised("a"), raised("b")]).await.unwrap()));
            }
            mine
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        let mine = task.await.unwrap();
        assert!(mine.is_sorted(), "one appender's own order");
        assert!(mine.chunks(2).all(|pair| pair[0] + 1 == pair[1]), "one append stays together");
        all.extend(mine);
    }
    all.sort_unstable();
    assert_eq!(all, (1..=2_000).collect::<Vec<u64>>());
    assert_eq!(offsets(&whole_log(&scene.journal).await), all);
    assert_eq!(scene.journal.head(), Offset(2_000));
}

pub(crate) async fn an_answered_append_is_there_after_a_restart_without_a_close(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let photo = scene.file(scene.filing("a.jpg").await).await;
    let (log, epoch) = (whole_log(&scene.journal).await, scene.journal.epoch().to_owned());
    let clock = scene.clock.clone();
    drop(scene);
    let journal = backend.open(clock).await;
    assert_eq!(whole_log(&journal).await, log);
    assert_eq!(journal.epoch(), epoch);
    assert_eq!(journal.photo(&photo.id).await.unwrap(), Some(photo));
    let next = journal.append(vec![Fact::UploadsPaused]).await.unwrap();
    assert_eq!(next[0].offset.0, log.len() as u64 + 1);
}

pub(crate) async fn what_was_sent_before_a_close_is_committed_and_later_writes_are_refused(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let sent = {
        let journal = scene.journal.clone();
        tokio::spawn(async move { journal.append(vec![Fact::UploadsPaused]).await })
    };
    let sent = sent.await.unwrap().unwrap();
    scene.journal.close().await.unwrap();
    scene.journal.close().await.unwrap();
    let refused = scene.journal.append(vec![Fact::UploadsResumed]).await;
    assert!(matches!(refused, Err(JournalError::Closed)), "{refused:?}");
    assert!(scene.journal.is_paused().await.unwrap(), "reads still work");
    let journal = backend.open(scene.clock.clone()).await;
    assert_eq!(whole_log(&journal).await.last(), sent.last());
}

pub(crate) async fn an_append_without_end_is_refused_whole(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let facts = (0..=MAX_FACTS_PER_APPEND).map(|n| Fact::NoticeRaised { notice: notice(&n.to_string()) }).collect();
    let refused = scene.journal.append(facts).await.unwrap_err();
    assert!(matches!(refused, JournalError::Refused(Refusal::TooMany { .. })), "{refused}");
    assert_eq!(scene.journal.head(), Offset(0));
}
