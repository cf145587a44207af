use super::*;
use gradus_grading::grade::rfm::{RFM8, RFM11, rfm11_of};

fn reference(path: &str) -> Option<String> {
    let folder = std::env::var_os("GRADUS_REFERENCE").map(std::path::PathBuf::from).or_else(|| {
        let beside = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference");
        beside.is_dir().then_some(beside)
    });
    let text = folder.and_then(|folder| std::fs::read_to_string(folder.join(path)).ok());
    if text.is_none() {
        eprintln!("skipped: no reference file {path}");
    }
    text
}

#[test]
fn the_table_of_125_codes_is_the_one_in_use() {
    let Some(text) = reference("rfm_small/segment_map_125.json") else { return };
    let table: Value = serde_json::from_str(&text).unwrap();
    let table = table["table125"].as_object().unwrap();
    assert_eq!(table.len(), 125);
    for (code, name) in table {
        let digits: Vec<u16> = code.chars().map(|c| c.to_digit(10).unwrap() as u16).collect();
        let found = rfm11_of(digits[0], digits[1], digits[2]).unwrap();
        assert_eq!(RFM11[found].2, name.as_str().unwrap(), "{code}");
    }
}

#[test]
fn rfm_meets_the_reference() {
    let Some(text) = reference("rfm_small/customers.csv") else { return };
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let money = |text: &str| text.parse::<gradus_model::fixed::Fixed>().unwrap().0;
    let customers: Vec<Customer> = rows
        .iter()
        .map(|row| Customer {
            recency: Some(row[1].parse().unwrap()),
            orders: row[2].parse().unwrap(),
            monetary: money(row[3]),
            ..Customer::default()
        })
        .collect();
    let rfm = |kind: &str| json!({"kind": kind, "base": "everyone", "recency": "recency", "frequency": "orders", "monetary": "monetary"});
    // The reference numbers the bins that are left as pandas.qcut does.
    let mut eleven = rfm("rfm11");
    eleven["ties"] = json!("renumber");
    let stage = stage(json!({"groupings": {"eight": rfm("rfm8"), "eleven": eleven}}));
    let (graded, _) = grade(&stage, &batch(&customers));
    let titles = |name: &str| RFM8.iter().find(|class| class.0 == name).unwrap().1;
    let eight: Vec<String> = column(&graded, "eight");
    for (row, class) in rows.iter().zip(&eight) {
        assert_eq!(titles(class), row[14].trim(), "customer {}", row[0]);
    }
    // Eleven segments by the scores of equal values (R_qcut, F_qcut, M_qcut).
    for (row, segment) in rows.iter().zip(column(&graded, "eleven")) {
        let score = |column: usize| row[column].parse::<u16>().unwrap();
        let expected = RFM11[rfm11_of(score(4), score(6), score(8)).unwrap()].0;
        assert_eq!(segment, expected, "customer {}", row[0]);
    }
    // And the file's own segments follow from its tile scores by the same table.
    for row in &rows {
        let digits: Vec<u16> = row[10].chars().map(|c| c.to_digit(10).unwrap() as u16).collect();
        assert_eq!(RFM11[rfm11_of(digits[0], digits[1], digits[2]).unwrap()].2, row[12]);
    }
}

#[test]
fn fixed_splits_begin_high_at_the_number() {
    let stage = stage(json!({"groupings": {"r": {
        "kind": "rfm8", "base": "everyone", "recency": "recency", "frequency": "orders", "monetary": "monetary",
        "split": {"fixed": [30, 3, 500]}
    }}}));
    let customer = |recency, orders, monetary| Customer { recency, orders, monetary, ..Customer::default() };
    let customers =
        [customer(Some(30), 3, 500_0000), customer(Some(31), 2, 499_9999), customer(None, 3, 500_0000)];
    assert_eq!(
        column(&grade(&stage, &batch(&customers)).0, "r"),
        ["important_value", "general_winback", "-"]
    );
}

#[test]
fn a_lifecycle_is_a_waterfall() {
    let stage =
        stage(json!({"groupings": {"lifecycle": {"kind": "waterfall", "base": "everyone", "layers": {
            "潜在": {"where": "orders = 0"},
            "流失": {"where": "recency > 365"},
            "新客": {"where": "orders = 1"},
            "活跃": {}
        }}}}));
    let customer = |recency, orders| Customer { recency, orders, ..Customer::default() };
    let customers = [customer(None, 0), customer(Some(400), 1), customer(Some(3), 1), customer(Some(3), 4)];
    assert_eq!(column(&grade(&stage, &batch(&customers)).0, "lifecycle"), ["潜在", "流失", "新客", "活跃"]);
}

#[test]
fn values_bands_and_a_base() {
    let stage = stage(json!({
        "segments": {"buyers": {"base": "everyone", "where": "orders > 0"}},
        "groupings": {
            "by_country": {"kind": "by_value", "base": "buyers", "value": "country"},
            "spend": {"kind": "bands", "base": "everyone", "value": "monetary", "cuts": [100, 500]}
        }
    }));
    let customer = |orders, monetary, country| Customer { orders, monetary, country, ..Customer::default() };
    let customers = [
        customer(1, 99_9999, Some("France")),
        customer(0, 100_0000, Some("Spain")),
        customer(2, 500_0000, None),
    ];
    let graded = grade(&stage, &batch(&customers)).0;
    assert_eq!(column(&graded, "by_country"), ["France", "-", "-"]);
    assert_eq!(column(&graded, "spend"), ["< 100", "100 – 500", ">= 500"]);
}

#[test]
fn random_buckets_are_static_and_keep_their_shares() {
    let shares = json!({"control": 10, "a": 45.5, "b": 44.5});
    let stage = stage(
        json!({"groupings": {"draw": {"kind": "buckets", "base": "everyone", "seed": 7, "shares": shares}}}),
    );
    let customers = vec![Customer::default(); 100_000];
    let drawn = column(&grade(&stage, &batch(&customers)).0, "draw");
    let count = |name: &str| drawn.iter().filter(|own| *own == name).count();
    assert_eq!(count("control") + count("a") + count("b"), 100_000);
    assert!((9_700..10_300).contains(&count("control")), "{}", count("control"));
    assert!((45_000..46_000).contains(&count("a")), "{}", count("a"));
    // Frozen for ever: a change of these numbers re-draws every experiment.
    let places: Vec<u64> = (1..=3).map(|customer| gradus_grading::grade::draw(7, customer)).collect();
    assert_eq!(places, [239284, 275982, 420569]);
    assert_ne!(places, (1..=3).map(|customer| gradus_grading::grade::draw(8, customer)).collect::<Vec<_>>());
}

#[test]
fn behaviours_sequences_and_lists_become_fold_columns_once() {
    let did = json!({"did": {"event": "order", "times": {"at_least": 2}, "window": "90 days"}});
    let stage = stage(json!({"segments": {
        "repeat": {"base": "everyone", "where": {"all": [did, {"in_list": "vip's"}]}},
        "once": {"base": "everyone", "where": {"all": [did.clone(), {"did_not": {"event": "order", "window": "90 days"}}]}},
        "path": {"base": "everyone", "where": {"sequence": {"steps": [{"event": "visit"}, {"event": "order", "within": "7 days"}]}}}
    }}));
    let names: Vec<&str> = stage.fold_requests().iter().map(|request| request.name.as_str()).collect();
    assert_eq!(names, ["_b1", "_b2", "_b3"]);
    assert_eq!(stage.fold_requests()[1].filter.as_deref(), Some("kind = 'list' and list = 'vip''s'"));
    let hidden = ["_b1", "_b2", "_b3"].map(|name| (name, DataType::Int64));
    let customers = [0, 1, 2].map(|hidden| Customer { hidden, ..Customer::default() });
    let graded = grade(&stage, &batch_with(&customers, &hidden)).0;
    assert_eq!(column(&graded, "repeat"), ["false", "false", "true"]);
    assert_eq!(column(&graded, "once"), ["false", "false", "false"]);
    assert_eq!(column(&graded, "path"), ["false", "true", "true"]);
}

#[test]
fn membership_that_cannot_be_told_is_neither_yes_nor_no() {
    let stage = stage(json!({"segments": {
        "satisfied": {"base": "everyone", "where": "rating >= 8"},
        "others": {"base": "everyone", "where": {"not": {"in_segment": "satisfied"}}},
        "buyers": {"base": "everyone", "where": "orders > 0"},
        "unhappy_buyers": {"base": "buyers", "where": {"not": {"in_segment": "satisfied"}}}
    }}));
    let customer = |orders, rating| Customer { orders, rating, ..Customer::default() };
    let customers = [customer(1, Some(9)), customer(1, Some(2)), customer(0, Some(2)), customer(1, None)];
    let whole = batch(&customers);
    let graded = grade(&stage, &whole).0;
    assert_eq!(column(&graded, "satisfied"), ["true", "false", "false", "-"]);
    assert_eq!(column(&graded, "others"), ["false", "true", "true", "-"]);
    assert_eq!(column(&graded, "unhappy_buyers"), ["false", "true", "false", "-"]);
    let why = stage.why_segment(&whole, 3, "satisfied", &Fits::default(), day()).unwrap();
    assert_eq!(why.member, gradus_grading::grade::Truth::Unknown);
    assert_eq!(why.condition.values, [("rating".to_string(), None)]);
    let why = stage.why_segment(&whole, 2, "unhappy_buyers", &Fits::default(), day()).unwrap();
    assert_eq!(
        (why.member, why.in_base),
        (gradus_grading::grade::Truth::False, gradus_grading::grade::Truth::False)
    );
    assert!(why.render(gradus_model::Lang::Zh).contains("基础人群"));
    assert!(stage.why_segment(&whole, 0, "nobody", &Fits::default(), day()).is_none());
}

#[test]
fn a_reason_says_titles_and_not_names() {
    let titled = |zh: &str, en: &str| json!({"zh": zh, "en": en});
    let stage = stage(json!({
        "tiers": {"member": {
            "title": titled("会员等级", "Membership"), "by": "monetary",
            "levels": {"base": {}, "gold": {"title": titled("金卡", "Gold"), "from": 100}}
        }},
        "segments": {
            "buyers": {"title": titled("已购客户", "Buyers"), "base": "everyone", "where": "orders > 0"},
            "asked": {"base": "everyone", "where": {"all": [
                {"in_segment": "buyers"},
                {"tier": {"scheme": "member", "at_least": "gold"}},
                {"in_list": "关注"}
            ]}}
        }
    }));
    let customer = Customer { orders: 1, monetary: 2_000_000, hidden: 0, ..Customer::default() };
    let whole = batch_with(&[customer], &[("_b1", DataType::Int64)]);
    let why = stage.why_segment(&whole, 0, "asked", &Fits::default(), day()).unwrap();
    let said: Vec<(&str, &str)> =
        why.condition.parts.iter().map(|part| (part.text.zh.as_str(), part.text.en.as_str())).collect();
    assert_eq!(
        said,
        [
            ("已购客户", "Buyers"),
            ("会员等级 不低于「金卡」", "Membership is “Gold” or higher"),
            ("在名单「关注」上", "is on the list “关注”"),
        ]
    );
    use gradus_grading::grade::Truth;
    let truths: Vec<Truth> = why.condition.parts.iter().map(|part| part.truth).collect();
    assert_eq!(truths, [Truth::True, Truth::True, Truth::False]);
    assert!(why.condition.parts[0].values.is_empty(), "the answer is the value");
}
