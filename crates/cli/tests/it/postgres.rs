//! The whole way with the store on PostgreSQL, from the outside. Without a server it is skipped, and
//! that is said.

use crate::support::{Place, Ran, gradus};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 2\n";
const SOURCE: &str = "gradus: 1
files: ['orders*']
history: true
key: [nr]
mapping:
  identity:
    - { kind: id, value: id }
    - { kind: phone, value: phone }
  kind: \"'order_line'\"
  time: day
  amount: amount
  private: { remark: remark }
";
const MODEL: &str = "gradus: 1
indicators:
  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }
tiers:
  member:
    title: { zh: 会员, en: Member }
    by: spend
    levels:
      silver: { title: { zh: 银, en: Silver } }
      gold: { title: { zh: 金, en: Gold }, from: 40 }
";
const ORDERS: &str = "nr,id,phone,day,amount,remark
1,M-1,13812340001,2024-03-01,30,call at seven
2,M-1,,2024-03-02,20,
3,M-2,13812340002,2024-03-03,5,送货太慢
4,M-3,,not a day,5,
";

/// Flags of `init` for a schema of its own on the server; none without a server.
pub fn store_flags(schema: &str) -> Option<Vec<String>> {
    let server = std::env::var("GRADUS_TEST_POSTGRES").unwrap_or_default();
    let [host, port, user, database] = server.split_whitespace().collect::<Vec<_>>()[..] else {
        eprintln!("GRADUS_TEST_POSTGRES names no server: the command line on PostgreSQL is SKIPPED");
        return None;
    };
    let schema = format!("c_{}_{schema}", std::process::id());
    let flags = [
        ("--store-host", host),
        ("--store-port", port),
        ("--store-user", user),
        ("--store-database", database),
        ("--store-schema", &schema),
    ];
    Some(flags.into_iter().flat_map(|(flag, value)| [flag.to_string(), value.to_string()]).collect())
}

fn init(place: &Place, flags: &[String]) -> Ran {
    let mut arguments = vec!["init", "--format", "json"];
    arguments.extend(flags.iter().map(String::as_str));
    gradus(&place.root(), &arguments)
}

/// Documents, an import with a wrong row, grades.
pub fn filled(place: &Place) {
    let root = place.root();
    let settings = std::fs::read_to_string(root.join("gradus.yaml")).unwrap();
    let store = settings.find("store:").map_or("", |at| &settings[at..]);
    std::fs::write(root.join("gradus.yaml"), format!("{SETTINGS}{store}")).unwrap();
    std::fs::write(root.join("sources/orders.yaml"), SOURCE).unwrap();
    std::fs::write(root.join("model/m.yaml"), MODEL).unwrap();
    place.run(&["import", &place.file("orders.csv", ORDERS)]).expect(0);
    place.run(&["grade"]).expect(0);
}

/// What people are told, the same whatever holds the store.
pub fn answers(place: &Place) -> Vec<String> {
    let quarantine = place.run(&["quarantine", "list", "--format", "json"]).expect(0).json();
    let reasons: Vec<String> =
        quarantine.as_array().unwrap().iter().map(|row| row["code"].to_string()).collect();
    let mut said = vec![reasons.join(",")];
    for customer in ["M-1", "13812340001", "13812340002"] {
        said.push(place.run(&["explain", customer, "--lang", "en"]).expect(0).out);
    }
    said
}

#[test]
fn the_whole_way() {
    let Some(flags) = store_flags("way") else { return };
    let place = Place::empty();
    init(&place, &flags).expect(0);
    filled(&place);
    assert!(!place.root().join(".gradus/store.sqlite").exists());
    let plain = Place::empty();
    init(&plain, &[]).expect(0);
    filled(&plain);
    let said = answers(&place);
    // But for what chance gave: the ledger's numbers of customers and the run's id, in the first line.
    let rest = |said: &[String]| -> Vec<String> {
        said.iter()
            .map(|text| text.split_once('\n').map_or(text.as_str(), |(_, rest)| rest).to_string())
            .collect()
    };
    assert_eq!(rest(&said), rest(&answers(&plain)), "on SQLite it is the same");
    assert!(said[1].contains("Gold"), "{said:?}");
    // The same file again adds nothing; what is known of its rows is in the store.
    place.run(&["import", &place.file("orders-again.csv", ORDERS), "--format", "json"]).expect(0);
    assert_eq!(answers(&place)[1..], said[1..]);
    let full = place.run(&["links", "M-1", "--identifiers"]).expect(0);
    assert!(full.out.contains("13812340001"), "{full:?}");
    place.run(&["link", "M-1", "M-2", "--reason", "one person"]).expect(0);
    let verdict = place.run(&["audit", "verify", "--format", "json"]).expect(0).json();
    assert_eq!(verdict, serde_json::json!({ "intact": { "n_entries": 2 } }));
    let said = place.run(&["audit", "verify", "--lang", "zh"]).expect(0);
    assert!(said.out.contains("审计日志完好：2 条"), "{said:?}");
}

#[test]
fn what_keeps_a_workspace_from_its_database_is_a_finding() {
    let Some(flags) = store_flags("refused") else { return };
    let place = Place::empty();
    init(&place, &flags).expect(0);
    // Each workspace has a schema of its own.
    let other = Place::empty();
    let findings = init(&other, &flags).expect(1).json();
    assert_eq!(findings[0]["code"], "store-taken", "{findings}");
    assert!(!other.root().join("gradus.yaml").exists(), "nothing is written");
    let mut nowhere = flags.clone();
    nowhere[3] = "1".into();
    let findings = init(&other, &nowhere).expect(1).json();
    assert_eq!(findings[0]["code"], "store-unreachable", "{findings}");
    for part in ["/0/what/zh", "/0/what/en", "/0/right/zh", "/0/right/en"] {
        assert!(findings.pointer(part).is_some_and(|text| !text.as_str().unwrap().is_empty()), "{part}");
    }
    assert!(!other.root().join("gradus.yaml").exists(), "nothing is written");
    let path = place.root().join("gradus.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("database: \"gradus\"", "database: \"no_such\"")).unwrap();
    let findings = place.run(&["quarantine", "list", "--format", "json"]).expect(1).json();
    assert_eq!(findings[0]["code"], "store-no-database", "{findings}");
}
