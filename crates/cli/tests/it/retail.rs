//! Online Retail whole: the published facts, and per-customer indicators against other programs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::ledger_files::{decimals, events, flags, grades, instants, integers, named, texts};
use crate::support::{ADDED, ALREADY_THERE, Place, balanced, number, retail_file, text, text_of, unpacked};

/// The example's workspace with everything imported and graded once, for all tests here. The
/// description and the article number as written are kept too, so that they can be counted. Tests
/// read its files; those that run a command do so in a copy.
struct Retail {
    place: Place,
    imported: Value,
    customers: BTreeMap<String, i64>,
}

fn retail() -> &'static Retail {
    static RETAIL: OnceLock<Retail> = OnceLock::new();
    RETAIL.get_or_init(|| {
        let place = Place::example("retail");
        let source = place.root().join("sources/online_retail.yaml");
        let more = "\nfields:\n  written: { type: text, value: StockCode }\n  article: { type: text, value: Description }\n";
        let document = std::fs::read_to_string(&source).unwrap();
        assert!(document.contains("\nfields:\n"));
        std::fs::write(&source, document.replacen("\nfields:\n", more, 1)).unwrap();
        let imported = place.import(text_of(&retail_file()));
        place.run(&["grade", "--as-of", "2011-12-10"]).expect(0);
        let ids: BTreeSet<String> = lines().iter().filter_map(|line| line.customer.clone()).collect();
        let customers = place.vault(async |vault| {
            let mut found = BTreeMap::new();
            for id in &ids {
                let surrogate = vault.find("id", id).await.unwrap();
                found.insert(id.clone(), surrogate.unwrap_or_else(|| panic!("customer {id} is in the vault")));
            }
            found
        });
        Retail { place, imported, customers }
    })
}

/// One line of the published file, read with nothing but a CSV reader.
struct Line {
    invoice: String,
    stock: String,
    /// Units.
    quantity: i64,
    /// Local date, as written, and the month in it.
    date: String,
    /// Thousandths of a pound.
    price: i64,
    customer: Option<String>,
}

fn lines() -> &'static Vec<Line> {
    static LINES: OnceLock<Vec<Line>> = OnceLock::new();
    LINES.get_or_init(|| {
        let text = unpacked(&retail_file());
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let thousandths = |price: &str| {
            let (whole, part) =
                price.trim_start_matches('-').split_once('.').unwrap_or((price.trim_start_matches('-'), ""));
            let units: i64 = format!("{whole}{part:0<3}").parse().unwrap();
            if price.starts_with('-') { -units } else { units }
        };
        let line = |row: csv::StringRecord| Line {
            invoice: row[0].to_string(),
            stock: row[1].to_uppercase(),
            quantity: row[3].parse().unwrap(),
            date: row[4][..10].to_string(),
            price: thousandths(&row[5]),
            customer: Some(row[6].to_string()).filter(|id| !id.is_empty()),
        };
        reader.records().map(|row| line(row.unwrap())).collect()
    })
}

/// Ten-thousandths, the unit of amounts in the ledger, of thousandths of a pound.
fn pounds(thousandths: i128) -> i128 {
    thousandths * 10
}

#[test]
fn the_import_reconciles_in_rows_and_in_money() {
    let imported = balanced(&retail().imported);
    assert_eq!(number(&imported, "/rows"), 541_909);
    assert_eq!(number(&imported, ADDED), 541_909);
    assert_eq!(number(&imported, "/quarantined"), 0);
    assert_eq!(number(&imported, "/tally/unattributed/rows"), 135_080);
    assert_eq!(number(&imported, "/tally/attributed/rows"), 541_909 - 135_080);
    assert_eq!(number(&imported, "/new_identities"), 4_372);
    assert_eq!(text(&imported, "/tally/read/money/GBP"), "9747747.934");
    let sum = |class: &str| {
        let money = text(&imported, &format!("/tally/{class}/money/GBP"));
        let (whole, part) = money.split_once('.').unwrap_or((money, ""));
        format!("{whole}{part:0<4}").parse::<i128>().unwrap()
    };
    assert_eq!(sum("attributed") + sum("unattributed"), pounds(9_747_747_934));
}

#[test]
fn the_published_facts_are_met_by_what_the_ledger_holds() {
    let all = events(&retail().place.root());
    let identity = integers(&all, "identity");
    let order = texts(&all, "order_id");
    let quantity = decimals(&all, "quantity");
    let amount = decimals(&all, "amount");
    let price = decimals(&all, "unit_price");
    let spend = flags(&all, "spend");
    let country = texts(&all, "country");
    let time = instants(&all, "time");
    let distinct = |texts: &[Option<String>]| texts.iter().flatten().collect::<BTreeSet<_>>().len();
    let sum = |numbers: &[Option<i128>]| numbers.iter().flatten().sum::<i128>();

    assert_eq!(identity.len(), 541_909);
    assert_eq!(distinct(&order), 25_900);
    assert_eq!(distinct(&texts(&all, "written")), 4_070);
    assert_eq!(distinct(&country), 38);
    assert_eq!(texts(&all, "article").iter().filter(|text| text.is_none()).count(), 1_454);
    assert_eq!(identity.iter().flatten().filter(|id| **id == 0).count(), 135_080);
    assert_eq!(identity.iter().flatten().filter(|id| **id != 0).collect::<BTreeSet<_>>().len(), 4_372);
    assert_eq!(sum(&quantity), 5_176_450 * 10_000);
    assert_eq!(sum(&amount), pounds(9_747_747_934));
    assert_eq!(quantity.iter().flatten().filter(|units| **units < 0).count(), 10_624);
    assert_eq!(price.iter().flatten().filter(|price| **price == 0).count(), 2_515);
    assert_eq!(price.iter().flatten().filter(|price| **price < 0).count(), 2);
    // Winter time in London is UTC: 2010-12-01 08:26 and 2011-12-09 12:50.
    assert_eq!(time.iter().min(), Some(&1_291_191_960_000_000));
    assert_eq!(time.iter().max(), Some(&1_323_435_000_000_000));
    // Both sides of the change of clocks: 2011-06-01 00:00 in London is 2011-05-31T23:00Z.
    let june = time.iter().filter(|time| **time >= 1_306_882_800_000_000).count();
    assert_eq!(june, lines().iter().filter(|line| line.date.as_str() >= "2011-06-01").count());

    let cancelled: Vec<usize> = (0..order.len())
        .filter(|at| order[*at].as_deref().is_some_and(|order| order.starts_with('C')))
        .collect();
    assert_eq!(cancelled.len(), 9_288);
    assert_eq!(cancelled.iter().map(|at| &order[*at]).collect::<BTreeSet<_>>().len(), 3_836);
    assert_eq!(cancelled.iter().filter_map(|at| amount[*at]).sum::<i128>(), pounds(-896_812_490));

    let of_country = |name: &str| country.iter().flatten().filter(|country| *country == name).count();
    assert_eq!(of_country("United Kingdom"), 495_478);
    assert_eq!(of_country("Germany"), 9_495);
    assert_eq!(of_country("France"), 8_557);

    let spent: Vec<usize> =
        (0..identity.len()).filter(|at| spend[*at] == Some(true) && identity[*at] != Some(0)).collect();
    assert_eq!(spent.len(), 397_884);
    assert_eq!(spent.iter().filter_map(|at| amount[*at]).sum::<i128>(), pounds(8_911_407_904));
    assert_eq!(spent.iter().map(|at| &order[*at]).collect::<BTreeSet<_>>().len(), 18_532);
    let mut orders: HashMap<i64, BTreeSet<&str>> = HashMap::new();
    let mut revenue: HashMap<i64, i128> = HashMap::new();
    for at in &spent {
        let (customer, order) = (identity[*at].unwrap(), order[*at].as_deref().unwrap());
        orders.entry(customer).or_default().insert(order);
        *revenue.entry(customer).or_default() += amount[*at].unwrap();
    }
    assert_eq!(orders.len(), 4_338);
    assert_eq!(orders.values().filter(|orders| orders.len() == 1).count(), 1_493);
    let customer = |id: &str| retail().customers[id];
    let mut largest: Vec<(i128, i64)> = revenue.iter().map(|(customer, sum)| (*sum, *customer)).collect();
    largest.sort_unstable_by(|a, b| b.cmp(a));
    let expected = [("14646", 280_206_020), ("18102", 259_657_300), ("17450", 194_550_790)];
    assert_eq!(largest[..3], expected.map(|(id, sum)| (pounds(sum), customer(id))));
    let mut frequent: Vec<(usize, i64)> =
        orders.iter().map(|(customer, orders)| (orders.len(), *customer)).collect();
    frequent.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(
        frequent[..3],
        [("12748", 209), ("14911", 201), ("17841", 124)].map(|(id, n)| (n, customer(id)))
    );
}

#[test]
fn both_copies_of_a_repeated_row_are_kept() {
    let all = events(&retail().place.root());
    let names = ["identity", "time", "order_id", "written", "article", "quantity", "unit_price", "country"];
    let mut rows: HashMap<String, u64> = HashMap::new();
    for batch in &all {
        let options = arrow::util::display::FormatOptions::default().with_null("∅");
        let columns = names
            .map(|name| arrow::util::display::ArrayFormatter::try_new(named(batch, name), &options).unwrap());
        for row in 0..batch.num_rows() {
            let text: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
            *rows.entry(text.join("|")).or_default() += 1;
        }
    }
    assert_eq!(rows.values().sum::<u64>() - rows.len() as u64, 5_268);
}

#[test]
fn importing_it_again_adds_nothing() {
    let retail = retail();
    let place = retail.place.copy();
    let again = place.import(text_of(&retail_file()));
    assert_eq!((number(&again, ADDED), number(&again, ALREADY_THERE)), (0, 541_909));
    assert_eq!(number(&again, "/new_identities"), 0);
    assert_eq!(events(&place.root()).iter().map(|batch| batch.num_rows()).sum::<usize>(), 541_909);
}

/// What is compared, customer by customer. Money in ten-thousandths.
#[derive(Debug, Clone, PartialEq, Default)]
struct Customer {
    recency_days: Option<i64>,
    orders: i64,
    monetary: i128,
    returns: i64,
    returns_value: i128,
    /// In units of 10^-10, rounded half away from zero.
    average_order_value: Option<i128>,
    active_months: i64,
}

fn graded() -> BTreeMap<i64, Customer> {
    let all = grades(&retail().place.root(), "2011-12-10");
    let (recency, orders) = (integers(&all, "recency_days"), integers(&all, "orders"));
    let (monetary, returned) = (decimals(&all, "monetary"), decimals(&all, "returns_value"));
    let (average, returns) = (decimals(&all, "average_order_value"), integers(&all, "returns"));
    let months = integers(&all, "active_months");
    let customer = |at: usize| Customer {
        recency_days: recency[at],
        orders: orders[at].unwrap(),
        monetary: monetary[at].unwrap(),
        returns: returns[at].unwrap(),
        returns_value: returned[at].unwrap(),
        average_order_value: average[at],
        active_months: months[at].unwrap(),
    };
    integers(&all, "customer").iter().enumerate().map(|(at, id)| (id.unwrap(), customer(at))).collect()
}

fn average(monetary: i128, orders: i64) -> Option<i128> {
    if orders == 0 {
        return None;
    }
    let (scaled, n) = (monetary * 1_000_000, i128::from(orders));
    Some((2 * scaled.abs() + n) / (2 * n) * scaled.signum())
}

#[track_caller]
fn all_equal(expected: &BTreeMap<String, Customer>) {
    let graded = graded();
    assert_eq!(expected.len(), 4_372);
    assert_eq!(graded.len(), 4_372);
    let customers = &retail().customers;
    let different: Vec<String> = expected
        .iter()
        .filter(|(id, expected)| graded.get(&customers[*id]) != Some(*expected))
        .map(|(id, expected)| format!("{id}: {expected:?} expected, {:?} graded", graded.get(&customers[id])))
        .collect();
    assert!(
        different.is_empty(),
        "{} customers differ:\n{}",
        different.len(),
        different[..different.len().min(5)].join("\n")
    );
}

#[test]
fn indicators_equal_a_naive_computation_over_the_file() {
    const SERVICES: [&str; 3] = ["POST", "DOT", "C2"];
    const BOOKKEEPING: [&str; 7] = ["M", "D", "S", "B", "AMAZONFEE", "BANK CHARGES", "CRUK"];
    #[derive(Default)]
    struct Seen<'a> {
        orders: BTreeSet<&'a str>,
        returns: BTreeSet<&'a str>,
        months: BTreeSet<&'a str>,
        last: Option<&'a str>,
        spent: i128,
        returned: i128,
    }
    let mut seen: BTreeMap<String, Seen<'_>> = BTreeMap::new();
    for line in lines() {
        let Some(customer) = &line.customer else { continue };
        let seen = seen.entry(customer.clone()).or_default();
        let amount = i128::from(line.quantity) * i128::from(line.price);
        let product = !SERVICES.contains(&line.stock.as_str()) && !BOOKKEEPING.contains(&line.stock.as_str());
        if line.invoice.starts_with('C') {
            if product {
                seen.returns.insert(&line.invoice);
                seen.returned -= amount;
            }
        } else if line.quantity > 0 && line.price > 0 && !line.invoice.starts_with('A') {
            seen.orders.insert(&line.invoice);
            seen.months.insert(&line.date[..7]);
            seen.last = seen.last.max(Some(&line.date));
            seen.spent += amount;
        }
    }
    // Days between two dates of 2010-12 to 2011-12, by a calendar written out.
    let days = |date: &str| {
        let part = |range: std::ops::Range<usize>| date[range].parse::<i64>().unwrap();
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        (part(0..4) - 2010) * 365 + before[part(5..7) as usize - 1] + part(8..10)
    };
    let expected = seen
        .into_iter()
        .map(|(id, seen)| {
            let (orders, monetary) = (seen.orders.len() as i64, pounds(seen.spent));
            let customer = Customer {
                recency_days: seen.last.map(|last| days("2011-12-10") - days(last)),
                orders,
                monetary,
                returns: seen.returns.len() as i64,
                returns_value: pounds(seen.returned),
                average_order_value: average(monetary, orders),
                active_months: seen.months.len() as i64,
            };
            (id, customer)
        })
        .collect();
    all_equal(&expected);
}

/// The same in SQL, by another engine, from the published file.
const DUCKDB: &str = r#"
import sys, duckdb
query = """
with line as (
  select CustomerID as id, InvoiceNo as invoice, InvoiceDate::timestamp::date as bought,
         (Quantity::bigint * UnitPrice::decimal(18,4))::decimal(38,4) as amount,
         upper(StockCode) not in ('POST','DOT','C2','M','D','S','B','AMAZONFEE','BANK CHARGES','CRUK') as product,
         InvoiceNo not like 'C%' and InvoiceNo not like 'A%' and Quantity::bigint > 0
           and UnitPrice::decimal(18,4) > 0 as spend,
         InvoiceNo like 'C%' as back
  from read_csv($file, header = true, all_varchar = true)
  where CustomerID is not null and CustomerID <> '')
select id, date_diff('day', max(bought) filter (spend), date '2011-12-10'),
       count(distinct invoice) filter (spend), coalesce(sum(amount) filter (spend), 0),
       count(distinct invoice) filter (back and product), coalesce(-sum(amount) filter (back and product), 0),
       count(distinct date_trunc('month', bought)) filter (spend),
       (sum(amount) filter (spend))::double / count(distinct invoice) filter (spend)
from line group by id order by id
"""
for row in duckdb.connect().execute(query, {"file": sys.argv[1]}).fetchall():
    print("\t".join("" if value is None else str(value) for value in row))
"#;

#[test]
fn indicators_equal_a_duckdb_query() {
    let Some(python) = std::env::var_os("GRADUS_PYTHON").filter(|python| !python.is_empty()) else {
        println!("skipped: GRADUS_PYTHON names no Python with DuckDB; `make test` sets one up");
        return;
    };
    let output = Command::new(python).arg("-c").arg(DUCKDB).arg(retail_file()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let units = |text: &str| {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{part:0<4}").parse::<i128>().unwrap()
    };
    let mut expected = BTreeMap::new();
    for row in String::from_utf8(output.stdout).unwrap().lines() {
        let cells: Vec<&str> = row.split('\t').collect();
        let (orders, monetary) = (cells[2].parse().unwrap(), units(cells[3]));
        let customer = Customer {
            recency_days: cells[1].parse().ok(),
            orders,
            monetary,
            returns: cells[4].parse().unwrap(),
            returns_value: units(cells[5]),
            average_order_value: average(monetary, orders),
            active_months: cells[6].parse().unwrap(),
        };
        // DuckDB divides in floating point: its average confirms ours to 15 digits.
        match (cells[7].parse::<f64>(), customer.average_order_value) {
            (Ok(theirs), Some(ours)) => {
                let ours = ours as f64 / 1e10;
                assert!(
                    (theirs - ours).abs() <= 1e-9 * ours.abs().max(1.0),
                    "{}: {theirs} and {ours}",
                    cells[0]
                );
            }
            (theirs, ours) => assert!(theirs.is_err_and(|_| cells[7].is_empty()) && ours.is_none(), "{row}"),
        }
        expected.insert(cells[0].to_string(), customer);
    }
    all_equal(&expected);
}

#[test]
fn explain_shows_what_was_graded() {
    let retail = retail();
    let explained = retail
        .place
        .copy()
        .run(&["explain", "12748", "--as-of", "2011-12-10", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(explained["customer"].as_i64(), Some(retail.customers["12748"]));
    let shown = |name: &str| {
        let all = explained["indicators"].as_array().unwrap();
        all.iter().find(|one| one[0] == name).unwrap_or_else(|| panic!("{name}"))[2]
            .as_str()
            .unwrap()
            .to_string()
    };
    let graded = graded()[&retail.customers["12748"]].clone();
    assert_eq!(shown("orders"), graded.orders.to_string());
    assert_eq!(shown("recency_days"), graded.recency_days.unwrap().to_string());
    assert_eq!(shown("monetary"), "33719.73");
    assert_eq!(shown("active_months"), graded.active_months.to_string());
}

#[test]
fn grading_again_gives_the_same_rows() {
    let place = retail().place.copy();
    let before = crate::ledger_files::contents(&grades(&place.root(), "2011-12-10"));
    place.run(&["grade", "--as-of", "2011-12-10", "--threads", "1"]).expect(0);
    assert_eq!(before, crate::ledger_files::contents(&grades(&place.root(), "2011-12-10")));
}

/// Cohorts of the whole file, counted here with maps of sets, cell by cell; money to the ten-thousandth.
#[test]
fn cohorts_are_those_of_the_published_lines() {
    use gradus_workspace::access::Principal;
    use gradus_workspace::cohorts::{CohortStep, cohorts};

    let month = |date: &str| date[..4].parse::<i64>().unwrap() * 12 + date[5..7].parse::<i64>().unwrap() - 1;
    let mut bought: BTreeMap<&str, BTreeMap<i64, i128>> = BTreeMap::new();
    for line in lines().iter().filter(|line| line.quantity > 0 && line.price > 0) {
        let Some(customer) = &line.customer else { continue };
        let value = pounds(i128::from(line.quantity) * i128::from(line.price));
        *bought.entry(customer).or_default().entry(month(&line.date)).or_default() += value;
    }
    assert_eq!(bought.len(), 4_338);
    let place = retail().place.copy();
    for (by, step) in [(CohortStep::Month, 1), (CohortStep::Quarter, 3)] {
        let told = crate::support::runtime().block_on(async {
            let workspace = gradus_workspace::Workspace::open(place.root(), None).await.unwrap();
            let base = gradus_workspace::base::BaseCache::default().newest(&workspace).await.unwrap();
            cohorts(&workspace, &Principal::local(), &base, by).await.unwrap()
        });
        let mut twin: BTreeMap<(i64, i64), (BTreeSet<&str>, i128)> = BTreeMap::new();
        for (customer, months) in &bought {
            let first = months.keys().next().unwrap() / step;
            for (at, value) in months {
                let cell = twin.entry((first, at / step - first)).or_default();
                cell.0.insert(customer);
                cell.1 += value;
            }
        }
        let (begin, end) = (month("2010-12-01") / step, month("2011-12-10") / step);
        assert_eq!(told.cohorts.len() as i64, end - begin + 1);
        assert_eq!((told.n_earlier, told.n_without), (0, 4_372 - 4_338));
        for (at, cohort) in told.cohorts.iter().enumerate() {
            assert_eq!(cohort.size, cohort.periods[0].n_active);
            for (period, one) in cohort.periods.iter().enumerate() {
                let (who, value) =
                    twin.remove(&(begin + at as i64, period as i64)).unwrap_or_else(Default::default);
                assert_eq!(one.n_active, who.len() as u64, "{} {period}", cohort.cohort);
                assert_eq!(
                    (one.value.unwrap() * 10_000.0).round() as i128,
                    value,
                    "{} {period}",
                    cohort.cohort
                );
                assert_eq!(one.runs, at + period + 1 == told.cohorts.len(), "December is not over");
            }
        }
        assert!(twin.is_empty(), "{twin:?}");
    }
}

/// The real company's rules hold what their author expects, before any data and after.
#[test]
fn the_retail_example_keeps_what_its_author_expects() {
    let place = Place::example("retail");
    let ran = place.run(&["test", "--lang", "en"]).expect(0);
    assert!(ran.out.contains("all of 5 cases pass"), "{}", ran.out);
}
