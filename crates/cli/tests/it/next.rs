//! What customers may want next, from the outside: small cases worked out by hand, and the retail data.

use serde_json::{Value, json};

use crate::support::{Place, Ran, retail_file, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const ORDERS: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: kind\n  time: day\n  order: number\n  amount: amount\nfields:\n  product: { title: { zh: 商品, en: Product }, type: text, value: product, reference: products }\n";
const PRODUCTS: &str = "gradus: 1\nfiles: ['products*']\nhistory: true\nreference: products\nmapping:\n  key: product\n  time: since\nfields:\n  stock: { type: integer, value: stock }\n  name: { type: text, value: name }\n";
const MODEL: &str = "gradus: 1
title: Test
indicators:
  orders: { title: Orders, kind: orders, where: kind = 'order' }
scorecards:
  value: { title: Value, combine: sum, attributes: { often: { value: orders, bins: [{ below: 2, points: 0 }, { from: 2, points: 15 }] } } }
tiers:
  member: { by: value, levels: { basic: {}, gold: { from: 15 } } }
";
const HEAD: &str = "id,kind,day,number,amount,product\n";

fn line(id: &str, day: &str, number: usize, product: &str) -> String {
    format!("{id},order,{day},{number},10,{product}\n")
}

/// Twenty customers bought cup and saucer in one order, five a lamp; in March four who had a cup alone bought the
/// saucer, and one of them the lamp.
fn rows() -> String {
    let mut out = String::from(HEAD);
    for id in 0..20 {
        let (name, day) = (format!("C{id:02}"), format!("2024-01-{:02}", id % 9 + 1));
        out += &line(&name, &day, id, "cup");
        out += &line(&name, &day, id, "saucer");
    }
    for id in 20..24 {
        out += &line(&format!("C{id:02}"), "2024-02-10", id, "cup");
        out += &line(&format!("C{id:02}"), "2024-03-10", id + 100, if id == 23 { "lamp" } else { "saucer" });
    }
    for id in 24..29 {
        out += &line(&format!("C{id:02}"), "2024-01-20", id, "lamp");
    }
    // Somebody who refused the saucer, and somebody who never bought anything.
    out += &line("C30", "2024-02-11", 30, "cup");
    out += "C30,refusal,2024-02-12,,0,saucer\n";
    out += "C31,visit,2024-02-12,,0,\n";
    out += &line("C24", "2024-03-31", 200, "lamp");
    out
}

fn place(rows: &str) -> Place {
    let documents =
        [("sources/orders.yaml", ORDERS), ("sources/products.yaml", PRODUCTS), ("model/m.yaml", MODEL)];
    let place = Place::with(SETTINGS, &documents);
    place.import(&place.file("orders1.csv", rows));
    let products = "product,since,stock,name\ncup,2023-01-01,5,Blue cup\nsaucer,2023-01-01,5,Saucer\nlamp,2023-01-01,5,Lamp\nlamp,2024-03-15,0,Lamp\n";
    place.import(&place.file("products1.csv", products));
    place.run(&["grade"]).expect(0);
    place
}

fn learn(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["learn", "next", "--format", "json", "--min-count", "3", "--factors", "2"], more].concat())
}

fn of(place: &Place, customer: &str) -> Value {
    place.run(&["learn", "next", "--format", "json", "--customer", customer]).expect(0).json()
}

fn items<'a>(found: &'a Value, list: &str) -> Vec<&'a str> {
    found[list].as_array().unwrap().iter().map(|item| item["item"].as_str().unwrap()).collect()
}

fn codes(ran: &Ran) -> Vec<String> {
    let found = ran.json();
    found.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_string()).collect()
}

fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("no number: {value}"));
    assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
}

#[test]
fn lists_and_their_proof_are_those_of_a_count_by_hand() {
    let place = place(&rows());
    let done = learn(&place, &["--method", "rules"]).expect(0).json();
    assert_eq!(
        (&done["of"], &done["as_of"], &done["method"]),
        (&json!("product"), &json!("2024-03-31"), &json!("rules"))
    );
    let numbers = ["n_customers", "n_items", "n_lines"].map(|name| done[name].as_u64().unwrap());
    assert_eq!(numbers, [30, 3, 55]);
    // 35 orders: 20 with both, 25 with a cup, 23 with a saucer.
    let rule =
        done["rules"].as_array().unwrap().iter().find(|rule| rule["right"]["item"] == "saucer").unwrap();
    assert_eq!((&rule["left"][0]["item"], rule["count"].as_u64()), (&json!("cup"), Some(20)));
    near(&rule["support"], 20.0 / 35.0);
    near(&rule["confidence"]["value"], 20.0 / 25.0);
    near(&rule["lift"], 20.0 * 35.0 / (25.0 * 23.0));
    // March held out: of four who had a cup three bought the saucer, first on the list of the rules; one bought the
    // lamp, second. The customer who bought a lamp again had it and does not judge.
    let judged = &done["judged"][0];
    assert_eq!((&judged["from"], &judged["until"]), (&json!("2024-02-29"), &json!("2024-03-31")));
    let method = |name: &str| {
        let all = judged["methods"].as_array().unwrap().iter();
        all.clone().find(|one| one["method"] == name).unwrap_or_else(|| panic!("{judged}")).clone()
    };
    let rules = method("rules");
    assert_eq!(rules["n"].as_u64(), Some(4));
    near(&rules["hit_rate"]["value"], 1.0);
    near(&rules["ndcg"], (3.0 + 1.0 / 3f64.log2()) / 4.0);
    // What sold by 29 February: cups of 25 customers, saucers of 20, lamps of 5: the same list for who has a cup.
    near(&method("popular")["ndcg"], (3.0 + 1.0 / 3f64.log2()) / 4.0);
    near(&judged["difference"]["value"], 0.0);
    let cup_alone = of(&place, "C23");
    assert_eq!(items(&cup_alone, "items"), ["saucer"], "a lamp and a cup they have");
    assert_eq!(cup_alone["items"][0]["how"], "rules");
    let why = cup_alone["items"][0]["why"].clone();
    assert!(
        why["zh"]
            .as_str()
            .unwrap()
            .contains("有「Blue cup」的订单里 80% 也有它，是平常的 1.2 倍（依据 20 个订单）"),
        "{why}"
    );
    assert!(why["en"].as_str().unwrap().contains("of orders with “Blue cup” 80% have it too"), "{why}");
    // Without orders: what everybody buys.
    let nobody = of(&place, "C31");
    assert_eq!((items(&nobody, "items")[0], items(&nobody, "due").len()), ("cup", 0));
    assert!(nobody["words"]["zh"].as_str().unwrap().contains("还没有买过"));
}

#[test]
fn what_cannot_be_had_was_refused_or_is_shut_out_is_on_no_list() {
    let place = place(&rows());
    learn(&place, &[]).expect(0);
    assert_eq!(items(&of(&place, "C30"), "items"), ["saucer", "lamp"]);
    let more =
        ["--available", "product.stock > 0", "--refused", "kind = 'refusal'", "--title", "product.name"];
    let done = learn(&place, &more).expect(0).json();
    // The lamp was in stock when it was bought, and is out of stock now.
    assert_eq!((done["n_blocked"].as_u64(), done["everybody"].as_array().unwrap().len()), (Some(1), 2));
    assert_eq!(done["everybody"][0]["title"]["en"], "Blue cup");
    assert!(items(&of(&place, "C30"), "items").is_empty(), "a cup they have, the saucer they refused");
    assert_eq!(items(&of(&place, "C24"), "items"), ["cup", "saucer"]);
    // What the reference calls them, without a word of it.
    let done = learn(&place, &["--exclude", "saucer"]).expect(0).json();
    assert_eq!(done["everybody"][0]["title"]["en"], "Blue cup");
    assert_eq!(items(&of(&place, "C30"), "items"), ["lamp"]);
    // What somebody has may be shown where that is wanted.
    learn(&place, &["--again", "--method", "popular"]).expect(0);
    assert_eq!(items(&of(&place, "C30"), "items"), ["cup", "saucer", "lamp"]);
}

#[test]
fn what_comes_later_changes_nothing_that_was_learned_before_it() {
    let place = place(&rows());
    let before = learn(&place, &["--as-of", "2024-02-29"]).expect(0).json();
    // March lies in the same file, and is not there yet: 40 lines of January, ten of one item each.
    assert_eq!(before["n_lines"].as_u64(), Some(50));
    let list = of(&place, "C20");
    let mut later = String::from(HEAD);
    (0..30).for_each(|id| later += &line(&format!("C{id:02}"), "2024-04-10", 500 + id, "vase"));
    place.import(&place.file("orders2.csv", later));
    place.run(&["grade"]).expect(0);
    let after = learn(&place, &["--as-of", "2024-02-29"]).expect(0).json();
    assert_eq!(
        (&before["rules"], &before["judged"], &before["everybody"]),
        (&after["rules"], &after["judged"], &after["everybody"])
    );
    assert_eq!(of(&place, "C20"), list);
    // The same seed is the same result, to the bit.
    let (one, two) =
        (learn(&place, &["--seed", "7"]).expect(0).json(), learn(&place, &["--seed", "7"]).expect(0).json());
    assert_eq!((&one["judged"], &one["rules"]), (&two["judged"], &two["rules"]));
    // What was learned last for the newest day is shown.
    assert_eq!(of(&place, "C20")["as_of"], "2024-04-10");
}

#[test]
fn who_buys_every_month_is_due() {
    let mut rows = String::from(HEAD);
    let mut number = 0;
    for id in 0..6 {
        for month in 1..=5 {
            number += 1;
            // Monthly, one by the first, another by the sixth of the month.
            rows += &line(&format!("C{id}"), &format!("2024-0{month}-0{}", id + 1), number, "coffee");
        }
    }
    rows += &line("C9", "2024-05-31", 99, "filter");
    let place = place(&rows);
    let done = learn(&place, &[]).expect(0).json();
    let coffee = &done["due"][0];
    assert_eq!(
        (&coffee["item"], coffee["n_customers"].as_u64(), coffee["n_due"].as_u64()),
        (&json!("coffee"), Some(6), Some(6))
    );
    let due = of(&place, "C3")["due"][0].clone();
    let date = due["due"]["date"].as_str().unwrap();
    assert!(("2024-06-01".."2024-06-09").contains(&date), "{due}");
    assert!(due["why"]["zh"].as_str().unwrap().contains("上次 2024-05-04 购买，通常约 30 天一次"), "{due}");
    let judged = &done["judged"];
    assert!(judged.as_array().unwrap().is_empty(), "nobody bought anything new in May: {judged}");
    assert_eq!(done["findings"][0]["code"], "next-not-judged");
    // With what was bought before, May judges, and so do the due dates: six were to come, six came.
    let again = learn(&place, &["--again"]).expect(0).json();
    let due = &again["judged"][0]["due"];
    assert_eq!((due["n"].as_u64(), due["came"].as_u64()), (Some(6), Some(6)));
    assert!(due["expected"].as_f64().unwrap() > 5.5, "{due}");
    // Lists and files show them.
    let list = place
        .run(&["list", "--columns", "next,next_due", "--format", "json", "--limit", "100"])
        .expect(0)
        .json();
    assert_eq!(list["columns"][0][1]["zh"], "可能想要");
    let told = list["rows"].to_string();
    assert!(told.contains("coffee 2024-06"), "{told}");
    let file = place.file("out.csv", "");
    place.run(&["export", &file, "--columns", "next_due,orders", "--names"]).expect(0);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("next_due") && text.contains("coffee 2024-06"), "{text}");
}

#[test]
fn what_cannot_be_learned_is_said_with_the_remedy() {
    let nothing = place(HEAD);
    assert_eq!(codes(&learn(&nothing, &[]).expect(1)), ["nothing-bought"]);
    let none = nothing.run(&["learn", "next", "--customer", "#1", "--format", "json"]);
    assert_eq!(none.code, Some(1), "{none:?}");
    let one = place(
        &(String::from(HEAD) + &line("C1", "2024-01-01", 1, "tea") + &line("C2", "2024-02-20", 2, "tea")),
    );
    let done = learn(&one, &[]).expect(0).json();
    let told: Vec<&str> =
        done["findings"].as_array().unwrap().iter().map(|note| note["code"].as_str().unwrap()).collect();
    assert_eq!(told, ["next-not-judged", "next-one-item"]);
    assert_eq!((&done["method"], done["n_rules"].as_u64()), (&json!("recent"), Some(0)));
    assert!(items(&of(&one, "C1"), "items").is_empty());
    // More items than may be looked at: the rarest are left out, and that is said.
    let place = place(&rows());
    let few = learn(&place, &["--max-items", "2"]).expect(0).json();
    assert_eq!((few["n_items"].as_u64(), few["n_items_left_out"].as_u64()), (Some(2), Some(1)));
    for (more, code) in [
        (&["--k", "0"][..], "next-number"),
        (&["--method", "magic"], "next-method"),
        (&["--hold-out", "soon"], "horizon-form"),
        (&["--item", "prodct"], "unknown-name"),
    ] {
        let ran = learn(&place, more).expect(1);
        assert_eq!(codes(&ran)[0], code, "{more:?}: {}", ran.out);
    }
    let page = place.file("next.html", "");
    learn(&place, &["--lang", "zh", "--out", &page]).expect(0);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("关联规则") && html.contains("<svg") && html.contains("NDCG@5"), "{html}");
    assert!(
        place.run(&["learn", "next", "--lang", "zh", "--min-count", "3"]).expect(0).out.contains("命中率 @5")
    );
}

#[test]
fn how_it_is_learned_is_part_of_the_model_and_gradings_renew_it() {
    let place = place(&rows());
    let written = learn(&place, &["--write", "--refit", "2 weeks", "--exclude", "lamp"]).expect(0).json();
    assert_eq!(written["written"]["name"], "next");
    let folder = tempfile::tempdir().unwrap();
    let folder = text_of(folder.path());
    place.run(&["pull", folder, "--draft"]).expect(0);
    let document = std::fs::read_to_string(std::path::Path::new(folder).join("model/model.yaml")).unwrap();
    let next = json!(gradus_model::load::load_model("model.yaml", &document).value.unwrap().next);
    assert_eq!(
        next,
        json!({
            "item": "product", "title": "product.name", "where": "kind = 'order'", "exclude": ["lamp"], "min_count": 3,
            "n_factors": 2, "refit": "2 weeks",
        })
    );
    // The same once more is no other; another one wants to be told to take its place.
    learn(&place, &["--write", "--refit", "2 weeks", "--exclude", "lamp"]).expect(0);
    let another = ["--write", "--k", "1"];
    assert_eq!(codes(&learn(&place, &another).expect(1)), ["name-taken"]);
    place.alone();
    let publish = |number: &str| {
        place.run(&["pull", folder, "--draft", "--replace"]).expect(0);
        place.run(&["apply", folder, "--submit", "lists", "--replace-draft"]).expect(0);
        place.run(&["versions", "approve", number]).expect(0);
        place.run(&["versions", "publish", number]).expect(0);
        place.run(&["grade"]).expect(0);
    };
    publish("1");
    assert_eq!(of(&place, "C20")["as_of"], "2024-03-31", "they are of today and were learned so");
    // A grading of a day that is over learns nothing of today's lists.
    place.run(&["grade", "--as-of", "2024-03-20"]).expect(0);
    assert_eq!(of(&place, "C20")["as_of"], "2024-03-31");
    // What is left out is as the model has it.
    let done = place.run(&["learn", "next", "--format", "json"]).expect(0).json();
    assert_eq!((&done["recipe"], done["n_blocked"].as_u64()), (&next, Some(1)));
    // Ten days later they are young enough, twenty days later not.
    let import = |day: &str, number: usize| {
        let rows = String::from(HEAD) + &line("C00", day, number, "vase");
        place.import(&place.file(&format!("orders{number}.csv"), rows));
        place.run(&["grade"]).expect(0);
    };
    import("2024-04-10", 700);
    assert_eq!(of(&place, "C20")["as_of"], "2024-03-31");
    import("2024-04-20", 701);
    let renewed = of(&place, "C20");
    assert_eq!((&renewed["as_of"], items(&renewed, "items")), (&json!("2024-04-20"), vec!["vase"]));
    // Learned in another way: at once.
    learn(&place, &["--write", "--replace", "--k", "1", "--again", "--method", "popular"]).expect(0);
    publish("2");
    assert_eq!(items(&of(&place, "C20"), "items"), ["cup"]);
}

#[test]
fn what_is_wrong_with_it_in_the_model_is_found_where_it_stands() {
    let place = place(&rows());
    let wrong = |next: &str| {
        std::fs::write(place.root().join("model/m.yaml"), format!("{MODEL}next: {next}\n")).unwrap();
        let found = place.run(&["check", "--format", "json"]).json();
        let found = found["findings"].as_array().unwrap_or_else(|| found.as_array().unwrap());
        let one = found.iter().find(|one| one["place"].to_string().contains("next"));
        one.map(|one| one["code"].as_str().unwrap().to_string())
    };
    for (next, code) in [
        ("{ item: prodct }", "unknown-name"),
        ("{ where: product }", "expression-type"),
        ("{ k: 0 }", "next-number"),
        ("{ method: magic }", "unknown-choice"),
        ("{ items: product }", "unknown-key"),
    ] {
        assert_eq!(wrong(next).as_deref(), Some(code), "{next}");
    }
    assert_eq!(wrong("{ item: product, available: product.stock > 0, refit: 2 weeks }"), None);
}

#[test]
fn a_grading_goes_on_where_lists_cannot_be_learned() {
    let documents = [
        ("sources/orders.yaml", ORDERS),
        ("sources/products.yaml", PRODUCTS),
        ("model/m.yaml", &format!("{MODEL}next: {{ item: product, where: \"kind = 'sale'\" }}\n")),
    ];
    let place = Place::with(SETTINGS, &documents);
    place.import(&place.file("orders1.csv", rows()));
    let earlier = place.run(&["grade", "--as-of", "2024-03-20", "--lang", "en"]).expect(0);
    assert!(!earlier.err.contains("was not learned anew"), "{earlier:?}");
    let graded = place.run(&["grade", "--lang", "en"]).expect(0);
    assert!(graded.err.contains("what customers may want next was not learned anew"), "{graded:?}");
}

#[test]
fn known_products_go_together_in_the_retail_data() {
    let place = Place::example("retail");
    place.import(text_of(&retail_file()));
    let more = [
        "--factors",
        "6",
        "--rounds",
        "3",
        "--max-items",
        "800",
        "--min-count",
        "350",
        "--as-of",
        "2011-10-31",
    ];
    let done = place.run(&[&["learn", "next", "--format", "json"], &more[..]].concat()).expect(0).json();
    assert_eq!(done["of"], "stock_code");
    // The teacups of the Regency tea set: 22697 green, 22698 pink, 22699 roses.
    let rules = done["rules"].as_array().unwrap();
    let teacups = ["22697", "22698", "22699"];
    let named = |rule: &Value| [rule["left"][0]["item"].clone(), rule["right"]["item"].clone()];
    let found =
        rules.iter().find(|rule| named(rule).iter().all(|item| teacups.contains(&item.as_str().unwrap())));
    let found = found.unwrap_or_else(|| panic!("{rules:?}"));
    assert!(found["lift"].as_f64().unwrap() > 10.0, "{found}");
    let judged = &done["judged"][0];
    let all = judged["methods"].as_array().unwrap();
    assert!(all.iter().all(|one| one["n"].as_u64().unwrap() > 300), "{judged}");
    let best = all[0]["ndcg"].as_f64().unwrap();
    let popular = all.iter().find(|one| one["method"] == "popular").unwrap()["ndcg"].as_f64().unwrap();
    assert!(best >= popular && popular > 0.0, "{judged}");
}
