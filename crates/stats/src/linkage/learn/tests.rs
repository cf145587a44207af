//! Doubles that are made with known truth, so that what is found can be held against it.

use std::collections::BTreeMap;

use super::super::{chance_of_pair, chance_of_value};
use super::*;
use crate::random::Random;

const NAME: usize = 0;
const ADDRESS: usize = 1;
const PHONE: usize = 2;
const EMAIL: usize = 3;

/// How second records come about, and how alike strangers are.
struct World {
    people: usize,
    /// Share of people with a second record.
    doubled: f64,
    /// The same name, a similar one; else another.
    name: [f64; 2],
    address: f64,
    /// A phone one digit away, an e-mail address of another provider.
    near: [f64; 2],
    /// People of one household, who share an address; their phones were bought together this often.
    households: f64,
    family_phones: f64,
}

/// A value of 16 that are similar to each other.
type Alike = u64;

#[derive(Clone)]
struct Record {
    person: usize,
    name: Alike,
    address: u64,
    /// Some records lack the one or the other.
    phone: Option<Alike>,
    email: Option<Alike>,
}

impl World {
    fn records(&self, seed: u64) -> Vec<Record> {
        let mut chance = Random::new(seed);
        let mut records: Vec<Record> = Vec::new();
        for person in 0..self.people {
            // Few names are common and many are rare: the square of a uniform number leans to the former.
            let name = (chance.unit().powi(3) * self.people as f64) as u64 * 16;
            let mut own = Record {
                person,
                name,
                address: person as u64,
                phone: (chance.unit() < 0.8).then_some(person as u64 * 16),
                email: (chance.unit() < 0.6).then_some(person as u64 * 16),
            };
            if let Some(before) = records.last().filter(|_| chance.unit() < self.households) {
                own.address = before.address;
                if let Some(phone) = before.phone.filter(|_| chance.unit() < self.family_phones) {
                    own.phone = Some(phone ^ 1);
                }
            }
            records.push(own);
        }
        for person in 0..self.people {
            if chance.unit() >= self.doubled {
                continue;
            }
            let first = records[person].clone();
            let name = match chance.unit() {
                roll if roll < self.name[0] => first.name,
                roll if roll < self.name[0] + self.name[1] => first.name + 1 + chance.below(15) as u64,
                _ => 16 * (self.people + chance.below(self.people)) as u64,
            };
            let stays = chance.unit() < self.address;
            let address = if stays { first.address } else { (2 * self.people + person) as u64 };
            let mut other = |given: f64, near: f64, first: Option<Alike>| {
                let fresh = 16 * (2 * self.people + person) as u64;
                let alike =
                    first.filter(|_| chance.unit() < near).map(|first| first + 2 + chance.below(14) as u64);
                (chance.unit() < given).then(|| alike.unwrap_or(fresh))
            };
            let (phone, email) =
                (other(0.8, self.near[0], first.phone), other(0.6, self.near[1], first.email));
            records.push(Record { person, name, address, phone, email });
        }
        records
    }
}

/// Pairs that share a name or an address, and whether each is one person's.
fn pairs(records: &[Record]) -> Vec<(Pair, bool)> {
    let mut found: BTreeMap<(usize, usize), BTreeMap<usize, f64>> = BTreeMap::new();
    for (field, value) in [(NAME, (|one| one.name) as fn(&Record) -> u64), (ADDRESS, |one| one.address)] {
        let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, record) in records.iter().enumerate() {
            groups.entry(value(record)).or_default().push(at);
        }
        for group in groups.into_values().filter(|group| group.len() <= 50) {
            let u = chance_of_value(group.len() as u64, records.len() as u64);
            for (n, a) in group.iter().enumerate() {
                for b in &group[n + 1..] {
                    found.entry((*a, *b)).or_default().insert(field, u);
                }
            }
        }
    }
    let near = |a: Option<Alike>, b: Option<Alike>| Some(usize::from(a? / 16 != b? / 16));
    let pair = |((a, b), shared): ((usize, usize), BTreeMap<usize, f64>)| {
        let (a, b) = (&records[a], &records[b]);
        let plain = |field, outcome| Compared { field, outcome, u_of_value: None };
        let same = |field| shared.get(&field).map(|u| Compared { field, outcome: 0, u_of_value: Some(*u) });
        let mut compared = vec![
            same(NAME).unwrap_or(plain(NAME, if a.name / 16 == b.name / 16 { 1 } else { 2 })),
            same(ADDRESS).unwrap_or(plain(ADDRESS, 1)),
        ];
        compared.extend(near(a.phone, b.phone).map(|outcome| plain(PHONE, outcome)));
        compared.extend(near(a.email, b.email).map(|outcome| plain(EMAIL, outcome)));
        (Pair { compared, found_by: shared.into_keys().collect() }, a.person == b.person)
    };
    found.into_iter().map(pair).collect()
}

/// As the workspace assumes them.
fn assumed() -> Vec<Vec<Outcome>> {
    let of = |m, u| Outcome { m, u };
    vec![
        vec![of(0.85, 1e-3), of(0.1, 1e-3), of(0.05, 0.998)],
        vec![of(0.6, 1e-4), of(0.4, 0.999)],
        vec![of(0.1, 1e-6), of(0.5, 0.999)],
        vec![of(0.15, 1e-5), of(0.6, 0.999)],
    ]
}

/// Of the pairs above one half: how many are one person's; and how many of all such pairs these are.
fn precision_and_recall(before: f64, pairs: &[(Pair, bool)], fields: &[Vec<Outcome>]) -> (f64, f64) {
    let is_proposed = |(pair, _): &&(Pair, bool)| pair.probability(before, fields) >= 0.5;
    let proposed: Vec<bool> = pairs.iter().filter(is_proposed).map(|(_, is_one)| *is_one).collect();
    let right = proposed.iter().filter(|is_one| **is_one).count() as f64;
    let all = pairs.iter().filter(|(_, is_one)| *is_one).count() as f64;
    (right / (proposed.len() as f64).max(1.0), right / all)
}

/// As the assumed chances have it, about.
const AS_ASSUMED: World = World {
    people: 8_000,
    doubled: 0.05,
    name: [0.85, 0.1],
    address: 0.6,
    near: [0.17, 0.2],
    households: 0.2,
    family_phones: 0.0,
};

/// What is looked at in a world, and the chance of a pair before that.
fn looked_at(world: &World, seed: u64) -> (f64, Vec<(Pair, bool)>, Vec<Pair>) {
    let records = world.records(seed);
    let pairs = pairs(&records);
    let bare = pairs.iter().map(|(pair, _)| pair.clone()).collect();
    (chance_of_pair(0.05, records.len() as u64), pairs, bare)
}

#[test]
fn doubles_are_found_no_worse_than_by_assumed_chances() {
    // Typists who seldom write a name twice alike, and people who move often; and a second system that took over the
    // list of the first one.
    let sloppy = World { doubled: 0.06, name: [0.5, 0.35], address: 0.4, near: [0.3, 0.5], ..AS_ASSUMED };
    let copied = World {
        doubled: 0.1,
        name: [0.97, 0.02],
        address: 0.95,
        near: [0.05, 0.6],
        households: 0.1,
        ..AS_ASSUMED
    };
    for (n, world) in [AS_ASSUMED, sloppy, copied].iter().enumerate() {
        let (before, pairs, bare) = looked_at(world, 20 + n as u64);
        let learned = learn(before, &bare, &assumed()).unwrap();
        let (precision, recall) = precision_and_recall(before, &pairs, &learned.fields);
        let (precision_before, recall_before) = precision_and_recall(before, &pairs, &assumed());
        let told = format!(
            "world {n}: {precision:.4} and {recall:.4} by what was learned in {} rounds, {precision_before:.4} and \
             {recall_before:.4} by what is assumed: {:?}",
            learned.rounds, learned.fields
        );
        println!("{told}");
        assert!(precision >= precision_before - 0.01 && recall >= recall_before, "{told}");
        let both = |precision: f64, recall: f64| 2.0 * precision * recall / (precision + recall);
        assert!(both(precision, recall) >= both(precision_before, recall_before), "{told}");
        // How often a double's telephone is near, or its e-mail address, is found as it was made.
        for (field, made) in [(PHONE, world.near[0]), (EMAIL, world.near[1])] {
            assert!((learned.fields[field][0].m - made).abs() < 0.1, "{told}");
        }
        assert_eq!(learned, learn(before, &bare, &assumed()).unwrap(), "the same pairs, the same chances");
    }
}

#[test]
fn households_are_no_doubles() {
    // Three in ten who live together have telephones that were bought together.
    let families = World { doubled: 0.01, households: 0.4, family_phones: 0.3, ..AS_ASSUMED };
    let (before, _, bare) = looked_at(&families, 31);
    assert_eq!(learn(before, &bare, &assumed()), Err(NotLearned::NotDoubles { field: NAME }));
}

#[test]
fn few_pairs_say_nothing() {
    assert_eq!(learn(1e-5, &[], &assumed()), Err(NotLearned::TooFew { expected: 0.0, least: LEAST_PAIRS }));
    let few = World { people: 300, ..AS_ASSUMED };
    let (before, _, bare) = looked_at(&few, 41);
    match learn(before, &bare, &assumed()) {
        Err(NotLearned::TooFew { expected, .. }) => assert!(expected < LEAST_PAIRS, "{expected}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_pair_was_found_by_is_not_learned_from_it() {
    let one = |field, outcome, u_of_value| Compared { field, outcome, u_of_value };
    let pair = Pair { compared: vec![one(NAME, 0, Some(1e-4)), one(PHONE, 0, None)], found_by: vec![NAME] };
    let learned = learn(1e-4, &vec![pair; 60], &assumed()).unwrap();
    assert_eq!(learned.is_learned, [false, false, true, false]);
    assert_eq!(learned.fields[NAME], assumed()[NAME]);
    // (60 + 10 · 1/6) / 70.
    assert!(
        (learned.fields[PHONE][0].m - 61.0 / 70.0 - 2.0 / 210.0).abs() < 1e-6,
        "{:?}",
        learned.fields[PHONE]
    );
    assert!((learned.expected - 60.0).abs() < 1e-3);
}
