use arrow::array::{BinaryArray, BooleanArray, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::TimeUnit;
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
struct Fact {
    key: u8,
    from: i64,
    known: i64,
    position: i64,
    retraction: bool,
    /// Names the fact that a retraction takes back.
    id: u8,
    value: Option<i64>,
}

fn instants_of(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
}

fn batch(facts: &[Fact]) -> RecordBatch {
    let ids = facts.iter().map(|fact| vec![fact.id; 16]).collect::<Vec<_>>();
    let instant = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = vec![
        Field::new(column::TIME, instant(), false),
        Field::new(column::EVENT_ID, DataType::Binary, false),
        Field::new(column::RETRACTION, DataType::Boolean, false),
        Field::new(column::KNOWN, instant(), false),
        Field::new(column::POSITION, DataType::Int64, false),
        Field::new("product__key", DataType::Utf8, true),
        Field::new("product__cost", DataType::Int64, true),
    ];
    let columns: Vec<ArrayRef> = vec![
        instants_of(facts.iter().map(|fact| fact.from)),
        Arc::new(BinaryArray::from_iter_values(ids)),
        Arc::new(facts.iter().map(|fact| Some(fact.retraction)).collect::<BooleanArray>()),
        instants_of(facts.iter().map(|fact| fact.known)),
        Arc::new(facts.iter().map(|fact| fact.position).collect::<Int64Array>()),
        Arc::new(StringArray::from_iter_values(facts.iter().map(|fact| format!("P{}", fact.key)))),
        Arc::new(facts.iter().map(|fact| fact.value).collect::<Int64Array>()),
    ];
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

fn cost() -> ReferenceField {
    ReferenceField {
        name: "product.cost".into(),
        of: "product".into(),
        reference: "product".into(),
        column: "product__cost".into(),
        data_type: DataType::Int64,
    }
}

fn events(of: &[(Option<u8>, i64)], few: bool) -> RecordBatch {
    let keys: ArrayRef =
        Arc::new(of.iter().map(|(key, _)| key.map(|key| format!("P{key}"))).collect::<StringArray>());
    let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let keys = if few { cast(&keys, &text).unwrap() } else { keys };
    let times = instants_of(of.iter().map(|(_, time)| *time));
    RecordBatch::try_from_iter([(column::TIME, times), ("product", keys)]).unwrap()
}

/// What a person would do: look through all facts and take the best.
fn by_hand(facts: &[Fact], told: Told, key: Option<u8>, time: i64) -> Option<i64> {
    let seen = |fact: &&Fact| fact.known <= told.known_us && fact.position <= told.position;
    let taken_back = |fact: &Fact| {
        facts
            .iter()
            .filter(seen)
            .any(|other| other.retraction && (other.from, other.id) == (fact.from, fact.id))
    };
    facts
        .iter()
        .filter(seen)
        .filter(|fact| !fact.retraction && !taken_back(fact))
        .filter(|fact| Some(fact.key) == key && fact.from <= time && fact.value.is_some())
        .max_by_key(|fact| (fact.from, fact.known, fact.position))
        .and_then(|fact| fact.value)
}

fn fact() -> impl Strategy<Value = Fact> {
    (0u8..3, -1i64..5, 0i64..4, prop::bool::weighted(0.2), 0u8..4, prop::option::weighted(0.8, 0i64..9))
        .prop_map(|(key, from, known, retraction, id, value)| Fact {
            key,
            from,
            known,
            position: 0,
            retraction,
            id,
            value,
        })
}

proptest! {
    #[test]
    fn the_join_is_what_a_person_would_look_up(
        mut facts in prop::collection::vec(fact(), 0..14),
        of in prop::collection::vec((prop::option::of(0u8..4), -2i64..7), 1..10),
        known_us in 0i64..5,
        last in 0i64..15,
        order in any::<u64>(),
    ) {
        facts.iter_mut().enumerate().for_each(|(at, fact)| fact.position = at as i64);
        let told = Told { known_us, position: last };
        let expected: Vec<Option<i64>> = of.iter().map(|(key, time)| by_hand(&facts, told, *key, *time)).collect();
        // In whatever order the ledger gives them.
        let mut shuffled = facts.clone();
        shuffled.sort_by_key(|fact| (fact.position as u64 + 1).wrapping_mul(order | 1));
        let half = shuffled.len() / 2;
        let parts = [batch(&shuffled[..half]), batch(&shuffled[half..])];
        let sorted = ReferenceFacts::of(&parts, &[cost()], told).unwrap();
        for few in [false, true] {
            let found = sorted.look_up(&events(&of, few), &[cost()]).unwrap();
            prop_assert_eq!(found[0].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), expected.clone());
        }
        // Keys of which nothing is said to have changed say the same to every event until then.
        let earlier = Told { position: last - 1, ..told };
        let before = ReferenceFacts::of(&parts, &[cost()], earlier).unwrap();
        for until in -1..6 {
            let changed = sorted.changed_until(&before, until);
            for key in (0..4u8).filter(|key| !changed.get("product").is_some_and(|all| all.contains(&format!("P{key}")))) {
                for time in -2..=until {
                    let same = by_hand(&facts, earlier, Some(key), time) == by_hand(&facts, told, Some(key), time);
                    prop_assert!(same, "P{} at {} of {:?}", key, time, changed);
                }
            }
            prop_assert!(sorted.changed_until(&sorted, until).is_empty());
        }
    }
}

#[test]
fn a_reference_without_facts_is_unknown() {
    let told = Told { known_us: 9, position: 9 };
    let facts = ReferenceFacts::of(&[], &[cost()], told).unwrap();
    let extended = facts.extend(&events(&[(Some(1), 0), (None, 0)], true), &[cost()]).unwrap();
    assert_eq!(extended.column_by_name("product.cost").unwrap().null_count(), 2);
}
