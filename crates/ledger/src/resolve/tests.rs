//! Resolution held against what people expect, and against any order of arrival.

use proptest::prelude::*;

use super::*;
use crate::table::Link;

const EVER: i64 = i64::MAX;

/// Numbers below 100 are customer numbers, others are phones and addresses.
fn seen(a: i64, b: i64, time: i64) -> LinkSighting {
    LinkSighting { a, a_is_id: a < 100, b, b_is_id: b < 100, time, known: time }
}

fn set(sightings: &[LinkSighting]) -> LinkSet {
    let mut set = LinkSet::new();
    set.see(sightings);
    set
}

/// What the links table answers.
fn table_answer(links: &[Link], identity: i64, time: i64) -> i64 {
    let mut standing: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for link in links.iter().filter(|link| link.identity == identity) {
        let key = (link.valid_from, link.customer);
        if link.undone {
            standing.remove(&key)
        } else {
            standing.insert(key, link.customer)
        };
    }
    standing.iter().rev().find(|((from, _), _)| *from <= time).map_or(identity, |(_, customer)| *customer)
}

#[test]
fn chains_merge_into_the_customer_number() {
    let set = set(&[seen(200, 300, 5), seen(300, 400, 6), seen(400, 7, 9)]);
    assert_eq!([200, 300, 400].map(|one| set.customer_of(one, 8, EVER)), [200; 3]);
    assert_eq!([200, 300, 400, 7].map(|one| set.customer_of(one, 9, EVER)), [7; 4]);
    assert_eq!(set.customer_of(200, 4, EVER), 200);
    assert_eq!(set.customer_of(999, 9, EVER), 999);
    assert_eq!(set.customer_of(200, EVER, 5), 200, "the rest was not known then");
    assert_eq!(set.conflicts(EVER, EVER), []);
    assert_eq!(members(&set.resolve(EVER, EVER)), BTreeMap::from([(7, vec![200, 300, 400])]));
}

#[test]
fn a_telephone_moves_to_whom_it_was_linked_with_last() {
    let set =
        set(&[seen(1, 200, 10), seen(2, 200, 20), seen(1, 200, 30), seen(1, 300, 10), seen(200, 300, 15)]);
    assert_eq!([9, 10, 19, 20, 40].map(|time| set.customer_of(200, time, EVER)), [200, 1, 1, 2, 2]);
    assert_eq!(set.customer_of(300, 40, EVER), 1, "an address keeps its number");
    let conflicts = set.conflicts(EVER, EVER);
    assert!(conflicts.contains(&Conflict::Contested { identifier: 200, holds: 2, rests: 1 }));
    let findings = findings(&conflicts, &Place::document("orders.csv"));
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["identifier-contested"]);
}

#[test]
fn an_undone_link_stays_undone_until_a_person_links_again() {
    let mut set = set(&[seen(1, 200, 10)]);
    assert!(set.undo(1, 999, 50).is_none());
    set.undo(200, 1, 50).unwrap();
    assert!(set.see(&[seen(1, 200, 60)]).is_empty());
    assert_eq!([49, 50, 60].map(|known| set.customer_of(200, EVER, known)), [1, 200, 200]);
    set.link((200, false), (1, true), 10, 70);
    assert_eq!(set.customer_of(200, EVER, 70), 1);
    assert_eq!(LinkSet::from_records(set.records()).records(), set.records());
    // Even two numbers are one customer's if a person says so; the smaller is canonical.
    set.link((1, true), (2, true), 80, 80);
    assert_eq!([200, 1, 2].map(|one| set.customer_of(one, 80, EVER)), [1; 3]);
}

#[test]
fn a_number_that_everybody_gives_connects_nobody() {
    let mut sightings: Vec<LinkSighting> = (1..=40).map(|n| seen(n, 500, n)).collect();
    sightings.push(seen(500, 600, 2));
    let set = set(&sightings);
    assert_eq!(set.customer_of(500, 32, EVER), 32);
    assert_eq!(set.customer_of(500, 33, EVER), 500);
    assert_eq!(set.customer_of(600, EVER, EVER), 600);
    let shared = Conflict::Shared { identifier: 500, n_numbers: 40 };
    assert_eq!(set.conflicts(EVER, EVER), [shared]);
    let links = set.statements();
    assert_eq!([1, 32, 33, 50].map(|time| table_answer(&links, 500, time)), [1, 32, 500, 500]);
}

#[test]
fn what_is_said_in_the_table_follows_the_evidence() {
    let mut set = set(&[seen(200, 300, 5)]);
    let mut table = set.changes(&[], 5);
    assert_eq!(table.len(), 1);
    assert!(set.changes(&table, 6).is_empty());
    // A late row shows that the number was there before.
    set.see(&[LinkSighting { known: 100, ..seen(300, 7, 3) }]);
    table.extend(set.changes(&table.clone(), 100));
    assert_eq!([2, 3, 4, 5].map(|time| table_answer(&table, 300, time)), [300, 7, 7, 7]);
    assert_eq!([4, 5].map(|time| table_answer(&table, 200, time)), [200, 7]);
    set.undo(300, 7, 200);
    table.extend(set.changes(&table.clone(), 200));
    assert_eq!([300, 200].map(|one| table_answer(&table, one, EVER)), [200, 200]);
}

fn evidence() -> impl Strategy<Value = Vec<LinkSighting>> {
    let identity = prop_oneof![1i64..4, 200i64..206];
    proptest::collection::vec((identity.clone(), identity, 0i64..12, 0i64..3), 0..14).prop_map(|rows| {
        rows.into_iter()
            .map(|(a, b, time, late)| LinkSighting { known: time + late, ..seen(a, b, time) })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_arrival_changes_nothing(
        rows in evidence(), shuffled in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>(),
        time in 0i64..14, known in 0i64..16,
    ) {
        let one = set(&rows);
        let mut other_rows = rows.clone();
        if !rows.is_empty() {
            other_rows.rotate_left(shuffled.index(rows.len()));
            other_rows.reverse();
            // Seen twice, and in two imports.
            let again = other_rows[cut.index(rows.len())];
            other_rows.push(again);
        }
        let mut other = LinkSet::new();
        for row in &other_rows {
            other.see(&[*row]);
        }
        prop_assert_eq!(one.records(), other.records());
        prop_assert_eq!(one.resolve(time, known), other.resolve(time, known));
        prop_assert_eq!(one.conflicts(time, known), other.conflicts(time, known));
        prop_assert_eq!(one.statements(), other.statements());
        let resolution = one.resolve(time, known);
        for identity in (1..4).chain(200..206) {
            let customer = one.customer_of(identity, time, known);
            prop_assert_eq!(customer, resolution.customer_of(identity));
            prop_assert_eq!(customer, one.customer_of(customer, time, known), "canonical is its own");
            if identity < 100 {
                prop_assert_eq!(customer, identity, "numbers are never merged by rows");
            }
        }
    }

    #[test]
    fn the_table_says_at_every_instant_what_the_evidence_says(rows in evidence(), cut in any::<prop::sample::Index>()) {
        let cut = if rows.is_empty() { 0 } else { cut.index(rows.len()) };
        let mut set = set(&rows[..cut]);
        let mut table = set.changes(&[], 50);
        set.see(&rows[cut..]);
        let more = set.changes(&table, 60);
        table.extend(more);
        for identity in (1..4).chain(200..206) {
            for time in 0..14 {
                prop_assert_eq!(table_answer(&table, identity, time), set.customer_of(identity, time, EVER));
            }
        }
    }
}
