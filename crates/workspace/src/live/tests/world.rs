//! A workspace with random streams of events, and what is compared.

use super::*;

/// SplitMix64.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) identity: i64,
    pub(super) time_us: i64,
    pub(super) id: u64,
    pub(super) retraction: bool,
    pub(super) known_us: i64,
    pub(super) kind: &'static str,
    pub(super) order: Option<i64>,
    pub(super) amount: Option<i64>,
    /// Of a fact: the key.
    pub(super) category: Option<&'static str>,
    pub(super) cost: Option<i64>,
    pub(super) maker: Option<&'static str>,
}

impl Row {
    /// A line of an order of its own, known as soon as it happened.
    pub(super) fn order(identity: i64, time_us: i64, id: u64, amount: i64) -> Row {
        Row {
            identity,
            time_us,
            id,
            retraction: false,
            known_us: time_us,
            kind: "order_line",
            order: Some(id as i64),
            amount: Some(amount),
            category: None,
            cost: None,
            maker: None,
        }
    }
}

pub(super) fn batch(rows: &[Row], events: &EventSchema) -> RecordBatch {
    let schema = input_schema(events);
    let times = |of: fn(&Row) -> i64| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(of)).with_timezone("UTC"))
    };
    let text = |of: &dyn Fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let columns = schema.fields().iter().map(|field| {
        let array: ArrayRef = match field.name().as_str() {
            column::IDENTITY => Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.identity))),
            column::TIME => times(|row| row.time_us),
            column::KNOWN => times(|row| row.known_us),
            column::EVENT_ID => Arc::new(BinaryArray::from_iter_values(
                rows.iter().map(|row| u128::from(row.id).to_be_bytes()),
            )),
            column::RETRACTION => {
                Arc::new(rows.iter().map(|row| Some(row.retraction)).collect::<BooleanArray>())
            }
            column::KIND => text(&|row| Some(row.kind.into())),
            column::SOURCE => text(&|_| Some("test".into())),
            column::ORDER_KEY => Arc::new(rows.iter().map(|row| row.order).collect::<Int64Array>()),
            column::AMOUNT => text(&|row| row.amount.map(|amount| amount.to_string())),
            "category" => text(&|row| row.category.filter(|_| row.identity != REFERENCE).map(String::from)),
            // Whoever buys b pays in dollars, where there are rates.
            column::CURRENCY if events.fields.len() > 1 => text(&|row| {
                row.category.filter(|of| *of == "b" && row.identity != REFERENCE).map(|_| "USD".into())
            }),
            "product__key" => text(&|row| row.category.filter(|_| row.kind == "product").map(String::from)),
            "rates__key" => text(&|row| row.category.filter(|_| row.kind == "rates").map(|_| "USD".into())),
            "rates__rate" => {
                text(&|row| row.cost.filter(|_| row.kind == "rates").map(|cost| format!("{}.5", cost)))
            }
            "product__cost" => Arc::new(rows.iter().map(|row| row.cost).collect::<Int64Array>()),
            "product__maker" => text(&|row| row.maker.map(String::from)),
            column::SPEND => Arc::new(BooleanArray::from(vec![None; rows.len()])),
            _ => text(&|_| None),
        };
        cast(&array, field.data_type()).unwrap()
    });
    let columns = columns.collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

pub(super) struct World {
    pub(super) _folder: tempfile::TempDir,
    pub(super) workspace: Workspace,
    pub(super) events: EventsTable,
    pub(super) n_commits: i64,
}

impl World {
    pub(super) async fn new(model: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("model")).unwrap();
        std::fs::create_dir_all(root.join("ledger")).unwrap();
        std::fs::write(
            root.join("gradus.yaml"),
            "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nbuckets: 3\n",
        )
        .unwrap();
        std::fs::write(root.join("model/m.yaml"), model).unwrap();
        let storage = Storage::local(root.join("ledger")).unwrap();
        let field =
            |name: &str, field_type| Field { name: name.into(), field_type, purpose: "service".into() };
        let mut fields = vec![field("category", FieldType::Text)];
        if model == REFERRING {
            let write =
                |name: &str, text: &str| std::fs::write(root.join("sources").join(name), text).unwrap();
            std::fs::create_dir_all(root.join("sources")).unwrap();
            write(
                "orders.yaml",
                "gradus: 1\nmapping: { kind: \"'order_line'\" }\nfields: { category: { type: text, value: c, reference: product } }\n",
            );
            write(
                "products.yaml",
                "gradus: 1\nreference: product\nmapping: { key: c }\nfields: { cost: { type: integer, value: c }, maker: { type: text, value: m } }\n",
            );
            fields
                .extend([field("product__key", FieldType::Text), field("product__cost", FieldType::Integer)]);
            fields.extend([field("product__maker", FieldType::Text), field("rates__key", FieldType::Text)]);
            fields.push(field("rates__rate", FieldType::Text));
            write("rates.yaml", "gradus: 1\nreference: rates\nmapping: { key: c, time: t, rate: r }\n");
        }
        let schema = EventSchema { n_buckets: 3, fields };
        let events = EventsTable::open_or_create(&storage, &schema, 0).await.unwrap();
        let workspace = Workspace::open(root, None).await.unwrap();
        World { _folder: folder, workspace, events, n_commits: 0 }
    }

    pub(super) fn lease(&self) -> WriterLease {
        WriterLease::acquire(self.workspace.root.join("ledger")).unwrap()
    }

    pub(super) async fn commit(&mut self, rows: &[Row]) {
        self.n_commits += 1;
        let options = AppendOptions {
            app_id: "test".into(),
            app_version: self.n_commits,
            dedupe: true,
            at: 0,
            note: BTreeMap::new(),
        };
        let rows = batch(rows, self.events.event_schema());
        self.events.append(&self.lease(), &[rows], options).await.unwrap();
    }

    pub(super) async fn link(
        &mut self,
        identity: i64,
        customer: i64,
        valid_from: i64,
        known: i64,
        undone: bool,
    ) {
        self.n_commits += 1;
        let mut table = LinksTable::open_or_create(&self.workspace.storage, 0).await.unwrap();
        let link =
            Link { identity, customer, valid_from, known, position: 0, reason: "phone".into(), undone };
        let id = CommitId { app_id: format!("links:{}", self.n_commits), app_version: 1, at: 0 };
        table.append(&self.lease(), &[link], id).await.unwrap();
    }

    pub(super) async fn rebase(&self, as_of: AsOf, known_us: i64) -> crate::Rebased {
        let options =
            RebaseOptions { as_of: Some(as_of), known_at_us: Some(known_us), n_threads: NonZeroUsize::MIN };
        rebase(&self.workspace, &options, &()).await.unwrap()
    }

    /// A batch over the whole ledger; its fits are those that the live grading is given.
    pub(super) async fn batch(
        &self,
        live: &mut Live,
        as_of: AsOf,
        known_us: i64,
    ) -> BTreeMap<i64, Vec<String>> {
        let mut instants: Vec<AsOf> =
            decision_instants(&live.model, as_of, &self.workspace.zone).values().copied().collect();
        instants.push(as_of);
        instants.sort();
        instants.dedup();
        let options = GradeOptions {
            instants,
            known_at_us: Some(known_us),
            store: false,
            reuse: false,
            n_threads: NonZeroUsize::MIN,
        };
        let grading = grade(&self.workspace, &options, &()).await.unwrap();
        for instant in &grading.instants {
            live.base.about.fits.insert(instant.as_of.instant_us, instant.fits.clone());
        }
        live.base.about.fits.extend(grading.decided_fits);
        let last = grading.instants.last().unwrap();
        live.fits = last.fits.clone();
        rows_of(&last.batches)
    }

    pub(super) async fn all_since(&mut self, position: i64) -> Vec<RecordBatch> {
        self.events.refresh().await.unwrap();
        let schema = scan_schema(self.events.event_schema());
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        self.events.snapshot().await.unwrap().read_since(position, &names).await.unwrap()
    }
}

/// Each customer's row as text: floats are written so that they can be told apart to the bit.
pub(super) fn rows_of(batches: &[RecordBatch]) -> BTreeMap<i64, Vec<String>> {
    let mut out = BTreeMap::new();
    for batch in batches {
        let customers = batch.column_by_name(CUSTOMER).unwrap().as_primitive::<Int64Type>();
        let options = FormatOptions::new().with_null("null");
        let columns: Vec<ArrayFormatter<'_>> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let names = batch.schema();
            let values =
                columns.iter().zip(names.fields()).map(|(c, f)| format!("{}={}", f.name(), c.value(row)));
            assert!(
                out.insert(customers.value(row), values.collect()).is_none(),
                "a customer is graded twice"
            );
        }
    }
    out
}

pub(super) fn check(done: &MicroBatch, batch: &BTreeMap<i64, Vec<String>>, what: &str, with_facts: bool) {
    for (customer, row) in rows_of(&done.batches) {
        assert_eq!(Some(&row), batch.get(&customer), "{what}: customer {customer}, {:?}", done.counted);
        assert!(!done.gone.contains(&customer));
    }
    for customer in &done.gone {
        assert!(!batch.contains_key(customer), "{what}: {customer} is said to be gone");
    }
    // Only an amount without a rate fails.
    assert!(done.faults.is_empty() || with_facts, "{:?}", done.faults);
}

/// Rows without what depends on fits.
pub(super) fn indicators(rows: &BTreeMap<i64, Vec<String>>) -> BTreeMap<i64, Vec<String>> {
    let skip = ["monthly", "monthly_provisional", "monthly_reason"];
    // Each batch estimates its predictions anew.
    let predicted = ["clv", "pact", "groups"];
    let keep = |value: &&String| {
        !skip.iter().any(|name| value.starts_with(&format!("{name}=")))
            && !predicted.iter().any(|name| value.starts_with(name))
    };
    rows.iter().map(|(id, row)| (*id, row.iter().filter(keep).cloned().collect())).collect()
}

/// 2024-03-31 at this hour in Shanghai.
pub(super) fn at(world: &World, hour: i64) -> AsOf {
    let start = world.workspace.zone.start_of(day_of(jiff::civil::date(2024, 3, 31)));
    AsOf::new(start + hour * HOUR, &world.workspace.zone)
}

pub(super) fn events(
    world: &World,
    chance: &mut Chance,
    n: usize,
    n_customers: u64,
    with_facts: bool,
) -> Vec<Row> {
    let midnight = at(world, 0).instant_us;
    let mut rows: Vec<Row> = Vec::new();
    for id in 1..=n as u64 {
        if chance.below(30) == 0
            && let Some(taken_back) = rows.get(chance.below(rows.len() as u64) as usize).cloned()
            && !taken_back.retraction
        {
            // Known at once, or after the event in any case.
            let known_us = taken_back.known_us.max(midnight) + chance.below(3) as i64 * HOUR;
            rows.push(Row { retraction: true, known_us, ..taken_back });
            continue;
        }
        if chance.below(24) == 0 {
            // What a back-load left without a date.
            rows.push(Row {
                identity: Some(chance.below(n_customers) as i64 - 2)
                    .filter(|identity| *identity != REFERENCE)
                    .unwrap_or(-3),
                time_us: UNDATED,
                id: id * 7919 % 10_007,
                retraction: false,
                known_us: UNDATED,
                kind: "attribute",
                order: None,
                amount: None,
                category: [Some("a"), Some("c")][chance.below(2) as usize],
                cost: None,
                maker: None,
            });
            continue;
        }
        let is_fact = with_facts && chance.below(8) == 0;
        // Whole hours, so that many events share an instant; some lie in the hours to come.
        let hour = match chance.below(3) {
            0 | 1 => chance.below(36) as i64,
            _ => chance.below(24 * 16) as i64 - 24 * 15 + 8,
        };
        let time_us = midnight + hour * HOUR;
        let known_us = if chance.below(9) == 0 {
            midnight + chance.below(30) as i64 * HOUR
        } else {
            time_us.min(midnight)
        };
        if is_fact {
            rows.push(Row {
                identity: REFERENCE,
                time_us: if chance.below(3) == 0 { UNDATED } else { time_us },
                id: id * 7919 % 10_007,
                retraction: false,
                known_us,
                kind: ["product", "product", "rates"][chance.below(3) as usize],
                order: None,
                amount: None,
                category: [Some("a"), Some("茶"), Some("b")][chance.below(3) as usize],
                cost: (chance.below(5) > 0).then(|| chance.below(9) as i64),
                maker: [Some("x"), Some("y"), None][chance.below(3) as usize],
            });
            continue;
        }
        rows.push(Row {
            cost: None,
            maker: None,
            identity: match chance.below(20) {
                0 => 0,
                // Everybody else may be a customer, only not the identity of facts.
                _ => Some(chance.below(n_customers) as i64 - 2)
                    .filter(|identity| *identity != REFERENCE)
                    .unwrap_or(-3),
            },
            time_us,
            id: id * 7919 % 10_007,
            retraction: false,
            known_us,
            kind: ["order_line", "order_line", "visit", "refund"][chance.below(4) as usize],
            order: (chance.below(3) > 0).then(|| chance.below(6) as i64),
            amount: (chance.below(5) > 0).then(|| chance.below(90) as i64 - 10),
            category: [Some("a"), Some("茶"), None, Some("b")][chance.below(4) as usize],
        });
    }
    rows
}
