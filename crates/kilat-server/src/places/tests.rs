//! Tests of the places: who gets in when others fill the house.

use std::net::Ipv4Addr;

use super::*;

fn address(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
}

fn places(connections: usize, per_address: usize) -> Places {
    Places::new(Limits { connections, per_address })
}

/// Whether its time is over at this moment.
async fn is_over_now(place: &Place) -> bool {
    tokio::time::timeout(Duration::ZERO, place.is_over()).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_stranger_stays_for_seconds_and_who_is_signed_in_stays() {
    let places = places(1_000, 1_000);
    let stranger = places.enter(address(1)).expect("room");
    let reader = places.enter(address(1)).expect("room");
    let viewer = places.enter(address(1)).expect("room");
    assert!(viewer.settle(For::Viewer));
    reader.answer_a_stranger();
    tokio::time::advance(STRANGER_PATIENCE - Duration::from_millis(1)).await;
    assert!(!is_over_now(&stranger).await);
    tokio::time::advance(Duration::from_millis(2)).await;
    assert!(is_over_now(&stranger).await);
    assert!(!is_over_now(&reader).await, "the page's files over bad Wi-Fi");
    tokio::time::advance(ANSWER_PATIENCE).await;
    assert!(is_over_now(&reader).await);
    assert!(!is_over_now(&viewer).await);
}

#[tokio::test(start_paused = true)]
async fn one_address_has_its_share_and_gets_it_back() {
    let places = places(1_000, 3);
    let held: Vec<_> = (0..3).map(|_| places.enter(address(1)).expect("room")).collect();
    assert!(places.enter(address(1)).is_none());
    assert!(places.enter("::ffff:10.0.0.1".parse().expect("an address")).is_none(), "the same one, written otherwise");
    assert!(places.enter(address(2)).is_some());
    drop(held);
    assert!(places.enter(address(1)).is_some());
    assert!(places.lock().addresses.is_empty(), "nothing is remembered of who left");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_strangers_pushes_out_its_own() {
    let places = places(10_000, 10_000);
    let phone = places.enter(address(2)).expect("room");
    let flood: Vec<_> = (0..2 * MAX_STRANGERS).map(|_| places.enter(address(1)).expect("let in")).collect();
    assert!(!is_over_now(&phone).await, "the one phone that was there first");
    assert!(is_over_now(&flood[0]).await && !is_over_now(&flood[flood.len() - 1]).await);
    assert!(phone.settle(For::Operator));
    assert!(places.lock().strangers.len() <= MAX_STRANGERS);
}

#[tokio::test(start_paused = true)]
async fn viewers_leave_room_for_operators() {
    let places = places(RESERVE + 10, 10_000);
    let mut held = Vec::new();
    for _ in 0..10 {
        let place = places.enter(address(1)).expect("room");
        assert!(place.settle(For::Viewer));
        held.push(place);
    }
    let late = places.enter(address(1)).expect("let in to be told");
    assert!(!late.settle(For::Viewer), "the house is full");
    for _ in 0..RESERVE {
        let place = places.enter(address(2)).expect("room");
        assert!(place.settle(For::Operator));
        held.push(place);
    }
    assert!(!late.settle(For::Operator), "quite full");
    held.pop();
    assert!(late.settle(For::Operator));
    held.truncate(1);
    assert!(held[0].settle(For::Operator) && held[0].settle(For::Viewer), "a seat that was given stays");
    drop((held, late));
    let state = places.lock();
    assert_eq!((state.viewers, state.reserved, state.strangers.len()), (0, 0, 0));
}
