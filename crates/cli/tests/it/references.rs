//! Product lists as they come: imported again, corrected, taken back, wrong. What an order says of its
//! product is what the list said from that day on, as far as it was known.

use serde_json::Value;

use crate::ledger_files::{decimals, events, grades_of, integers};
use crate::support::{ADDED, ALREADY_THERE, Place, number, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const ORDERS: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\nfields:\n  货号: { type: text, value: sku, reference: product }\n";
const PRODUCTS: &str = "gradus: 1\nfiles: ['products*']\nreference: product\nmapping:\n  key: sku\n  time: since\n  known: told\n  retracts: gone = 'yes'\nfields:\n  品类: { type: text, value: kind }\n  成本: { type: decimal, value: cost, title: { zh: 成本, en: Cost } }\n";
const MODEL: &str = "gradus: 1\nindicators:\n  margin: { kind: sum, of: amount - 货号.成本 }\n  textile: { kind: sum, of: amount, where: 货号.品类 = '家纺' }\n  unlisted: { kind: count, where: 货号.品类 is null }\n";
const HEAD: &str = "sku,since,told,kind,cost,gone\n";

fn place() -> Place {
    let documents =
        [("sources/orders.yaml", ORDERS), ("sources/products.yaml", PRODUCTS), ("model/m.yaml", MODEL)];
    let place = Place::with(SETTINGS, &documents);
    let rows = "id,day,amount,sku\nA,2024-01-05,100,P1\nA,2024-02-05,100,P1\nA,2024-02-06,30,P2\nB,2024-01-07,50,P9\n";
    place.import(&place.file("orders.csv", rows));
    place
}

fn products(place: &Place, rows: &str) -> Value {
    place.import(&place.file("products.csv", format!("{HEAD}{rows}")))
}

/// Margin, textiles and unlisted lines of customer A, as explained.
#[track_caller]
fn graded(place: &Place) -> [String; 3] {
    place.run(&["grade", "--as-of", "2024-03-31"]).expect(0);
    let explained =
        place.run(&["explain", "A", "--as-of", "2024-03-31", "--format", "json"]).expect(0).json();
    let shown =
        [0, 1, 2].map(|at| explained.pointer(&format!("/indicators/{at}/2")).cloned().unwrap_or_default());
    shown.map(|value| value.as_str().unwrap_or("-").to_string())
}

fn row(margin: &str, textile: &str, unlisted: &str) -> [String; 3] {
    [margin, textile, unlisted].map(String::from)
}

#[test]
fn a_product_list_is_imported_corrected_and_taken_back() {
    let place = place();
    assert_eq!(graded(&place), row("0", "0", "3"), "nothing is known of any product");

    let rows = "P1,,2024-01-01,家纺,40,\nP1,2024-02-01,2024-02-01,,60,\nP2,,2024-01-01,厨具,10,\n";
    let first = products(&place, rows);
    assert_eq!((number(&first, "/tally/reference/rows"), number(&first, ADDED)), (3, 3));
    // 100 - 40, 100 - 60, 30 - 10; the category was said once and holds on.
    assert_eq!(graded(&place), row("120", "200", "0"));
    // The same again, in another order, adds nothing.
    let again =
        products(&place, "P2,,2024-01-01,厨具,10,\nP1,2024-02-01,2024-02-01,,60,\nP1,,2024-01-01,家纺,40,\n");
    assert_eq!((number(&again, ADDED), number(&again, ALREADY_THERE)), (0, 3));
    // A cost that is corrected for the same date, told in March.
    products(&place, "P1,2024-02-01,2024-03-10,,70,\n");
    assert_eq!(graded(&place), row("110", "200", "0"));
    // As it was known before, it is kept apart, and not read back when everything known counts again.
    place.run(&["grade", "--as-of", "2024-03-31", "--known-at", "2024-03-01"]).expect(0);
    let known = grades_of(&place.root(), "2024-03-31", true);
    let mut margins = decimals(&known, "margin");
    margins.sort();
    assert_eq!(margins, [Some(0), Some(1_200_000)], "B bought what no list names");
    assert_eq!(graded(&place), row("110", "200", "0"));
    // Taken back, the fact before holds again.
    products(&place, "P1,2024-02-01,2024-03-20,,70,yes\n");
    assert_eq!(graded(&place), row("120", "200", "0"));
    // What was replaced or taken back does not return by being told again, and that is said.
    let again = products(&place, "P1,2024-02-01,2024-04-01,,70,\nP2,,2024-01-01,厨具,10,\n");
    assert_eq!(number(&again, ADDED), 0);
    assert!(again["findings"].to_string().contains("fact-out-of-date"), "{again}");
    // Facts are nobody's events: whoever counts customers counts two.
    let graded = place.run(&["grade", "--as-of", "2024-03-31", "--format", "json"]).expect(0).json();
    assert!(number(&graded, "/instants/0/customers") == 2, "{graded}");
    assert!(integers(&events(&place.root()), "identity").contains(&Some(-1)));
}

#[test]
fn rows_that_contradict_each_other_or_name_nothing_are_refused() {
    let place = place();
    let wrong = products(&place, "P1,,,家纺,40,\nP1,,,家纺,41,\n,,,厨具,10,\nP3,,,灯具,x,\nP1,,,家纺,40,\n");
    assert_eq!((number(&wrong, "/quarantined"), number(&wrong, ADDED)), (3, 1));
    for code in ["fact-conflict", "missing-key", "not-a-number"] {
        assert_eq!(number(&wrong, &format!("/tally/refused_by_code/{code}")), 1, "{code}: {wrong}");
    }
    let reasons = place.run(&["quarantine", "list", "--lang", "en"]).expect(0);
    assert!(reasons.out.contains("says something else of the same key"), "{}", reasons.out);
}

#[test]
fn mistakes_in_the_documents_are_found_before_anything_is_imported() {
    let codes = |documents: &[(&str, &str)]| -> Vec<String> {
        let place = Place::with(SETTINGS, documents);
        let ran = place.run(&["check", "--format", "json"]);
        let json = ran.json();
        let findings =
            json.as_array().or_else(|| json["findings"].as_array()).unwrap_or_else(|| panic!("{json}"));
        findings.iter().map(|finding| text(finding, "/code").to_string()).collect()
    };
    let model = ("model/m.yaml", MODEL);
    assert_eq!(
        codes(&[("sources/orders.yaml", ORDERS), ("sources/products.yaml", PRODUCTS), model]),
        [""; 0]
    );
    assert_eq!(
        codes(&[
            ("sources/orders.yaml", &ORDERS.replace("reference: product", "reference: products")),
            ("sources/products.yaml", PRODUCTS),
            model
        ]),
        ["unknown-reference"]
    );
    assert_eq!(
        codes(&[
            ("sources/orders.yaml", ORDERS),
            ("sources/products.yaml", &PRODUCTS.replace("  key: sku\n", "")),
            model
        ]),
        ["missing-key"]
    );
    let other = PRODUCTS
        .replace("品类: { type: text", "成本: { type: text")
        .replace("  成本: { type: decimal, value: cost, title: { zh: 成本, en: Cost } }\n", "");
    assert_eq!(
        codes(&[
            ("sources/orders.yaml", ORDERS),
            ("sources/products.yaml", PRODUCTS),
            ("sources/more.yaml", &other),
            model
        ]),
        ["field-type"]
    );
    let misspelt = MODEL.replace("货号.品类 = ", "货号.品類 = ");
    assert_eq!(
        codes(&[
            ("sources/orders.yaml", ORDERS),
            ("sources/products.yaml", PRODUCTS),
            ("model/m.yaml", &misspelt)
        ]),
        ["unknown-name"]
    );
}

#[test]
fn a_field_keeps_the_type_with_which_it_was_written() {
    let place = place();
    products(&place, "P1,,,家纺,40,\n");
    let changed = PRODUCTS.replace("type: decimal", "type: text");
    std::fs::write(place.root().join("sources/products.yaml"), changed).unwrap();
    let file = place.file("products2.csv", format!("{HEAD}P2,,,厨具,10,\n"));
    let ran = place.run(&["import", &file, "--lang", "en"]);
    assert!(
        ran.code != Some(0) && format!("{}{}", ran.out, ran.err).contains("field-type-changed"),
        "{ran:?}"
    );
}

const RATES: &str = "gradus: 1\nfiles: ['rates*']\nhistory: true\nreference: rates\nmapping: { key: money, time: day, rate: rate, per: units }\n";
const ABROAD: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n  currency: money\n";
const SPEND: &str = "gradus: 1\nindicators:\n  spend: { kind: sum, of: amount }\n  orders: { kind: count }\n";

/// Codes and English texts of the findings of a grading.
fn findings_of(graded: &Value) -> Vec<(String, String)> {
    let all = graded.pointer("/findings").and_then(Value::as_array).cloned().unwrap_or_default();
    all.iter().map(|one| (text(one, "/code").to_string(), text(one, "/what/en").to_string())).collect()
}

#[test]
fn money_from_abroad_counts_at_the_rate_of_its_day_and_not_without() {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", ABROAD), ("model/m.yaml", SPEND)]);
    let orders = "id,day,amount,money\nA,2024-01-05,100,USD\nA,2024-02-05,100,USD\nA,2024-02-06,30,\nB,2024-02-07,10000,日元\n";
    let imported = place.import(&place.file("orders.csv", orders));
    assert!(imported["findings"].to_string().contains("foreign-currency"), "{imported}");
    let spend = |customer: &str| {
        let explained =
            place.run(&["explain", customer, "--as-of", "2024-03-31", "--format", "json"]).expect(0).json();
        text(&explained, "/indicators/0/2").to_string()
    };
    let grade = || place.run(&["grade", "--as-of", "2024-03-31", "--format", "json"]).expect(0).json();
    let told = findings_of(&grade());
    let n_usd = (
        "missing-rate".to_string(),
        "2 amounts in USD have no exchange rate on their date and count in no indicator".to_string(),
    );
    assert!(told.contains(&n_usd) && told.len() == 2, "{told:?}");
    assert_eq!((spend("A"), spend("B")), ("30".into(), "0".into()), "never at par");

    std::fs::write(place.root().join("sources/rates.yaml"), RATES).unwrap();
    let rates = "money,day,rate,units\nUSD,2024-02-01,712.3456789,100\n美元,2024-03-01,7,1\nJPY,2024-01-01,4.9,100\nXXX,2024-01-01,1,1\nEUR,,7.8,1\nGBP,2024-01-01,-9,1\nGBP,2024-01-02,9,0\n";
    let imported = place.import(&place.file("rates.csv", rates));
    assert_eq!((number(&imported, ADDED), number(&imported, "/quarantined")), (3, 4));
    for (code, n) in [("unknown-currency", 1), ("missing-time", 1), ("not-a-rate", 2)] {
        assert_eq!(number(&imported, &format!("/tally/refused_by_code/{code}")), n, "{imported}");
    }
    let told = findings_of(&grade());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].1.starts_with("1 amounts in USD"), "{told:?}");
    // 100 at 7.123456789 is 712.3457, and 30; the order of January has no rate.
    assert_eq!((spend("A"), spend("B")), ("742.3457".into(), "490".into()));
    // One money throughout the reconciliation of what was read.
    assert_eq!(imported.pointer("/reconciliation/money").and_then(Value::as_array).map(Vec::len), Some(0));
    assert!(
        !place.import(&place.file("orders2.csv", "id,day,amount,money\nA,2024-03-05,1,USD\n"))["findings"]
            .to_string()
            .contains("foreign-currency")
    );
    grade();
    assert_eq!(spend("A"), "749.3457");
}

#[test]
fn purposes_are_known_and_not_narrower_than_their_use() {
    let orders = "gradus: 1\nmapping: { kind: k, time: t }\nfields:\n  answer: { type: text, value: a, purpose: marketing }\n  gift: { type: text, value: g, purpose: loyalty }\nkinds:\n  campaign: { purpose: marketing }\n";
    let model = "gradus: 1\nindicators:\n  fine: { kind: count, where: kind = 'order_line' }\n  own: { kind: count, where: \"kind = 'campaign' and answer = 'yes'\", purpose: marketing }\n  wide: { kind: count, where: \"kind = 'order_line' and answer = 'yes'\" }\n  everything: { kind: count }\n  within: { kind: last, of: answer, purpose: loyalty }\n  too_wide: { kind: last, of: gift, purpose: marketing }\n";
    let check = |settings: &str, orders: &str| -> Vec<(String, String)> {
        let place = Place::with(settings, &[("sources/orders.yaml", orders), ("model/m.yaml", model)]);
        let json = place.run(&["check", "--format", "json"]).json();
        let findings = json
            .as_array()
            .or_else(|| json["findings"].as_array())
            .unwrap_or_else(|| panic!("{json}"))
            .clone();
        findings
            .iter()
            .map(|one| (text(one, "/code").to_string(), text(one, "/place/path").to_string()))
            .collect()
    };
    let settings = format!("{SETTINGS}purposes:\n  loyalty: {{ within: marketing }}\n");
    let narrower = |name: &str| ("purpose-narrower".to_string(), format!("indicators.{name}"));
    assert_eq!(check(&settings, orders), [narrower("wide"), narrower("everything"), narrower("too_wide")]);
    let unknown = check(SETTINGS, orders);
    assert!(unknown.contains(&("unknown-purpose".into(), "fields.gift.purpose".into())), "{unknown:?}");
    assert!(unknown.contains(&("unknown-purpose".into(), "indicators.within.purpose".into())), "{unknown:?}");
}
