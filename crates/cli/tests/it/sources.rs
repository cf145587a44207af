//! Sources as files: applied and pulled beside the model, in the workspace itself and over the API.

use std::path::Path;

use serde_json::Value;

use crate::serving::Server;
use crate::support::{Place, Ran, command, text_of};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const ORDERS: &str = "gradus: 1\n# Where orders come from.\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const VISITS: &str = "gradus: 1\nfiles: ['visits*']\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'visit'\"\n  time: day\n";
const MODEL: &str =
    "gradus: 1\nindicators:\n  spend: { title: { zh: 消费, en: Spend }, kind: sum, of: amount }\n";

fn place() -> Place {
    Place::with(SETTINGS, &[("sources/orders.yaml", ORDERS), ("model/m.yaml", MODEL)])
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join("sources").join(name)).unwrap()
}

/// A folder as git would hold it: what was pulled, with one source changed and one more.
fn edit(folder: &Path) {
    let orders = read(folder, "orders.yaml").replace("amount: amount", "amount: amount * 2");
    assert!(orders.contains("amount * 2"), "{orders}");
    std::fs::write(folder.join("sources/orders.yaml"), orders).unwrap();
    std::fs::write(folder.join("sources/访问.yaml"), VISITS).unwrap();
}

#[track_caller]
fn changed(applied: &Value) -> Vec<(&str, &str)> {
    let changes = applied["sources"]["changes"].as_array().unwrap_or_else(|| panic!("{applied:#}"));
    changes.iter().map(|one| (one["name"].as_str().unwrap(), one["kind"].as_str().unwrap())).collect()
}

#[test]
fn sources_go_out_and_come_back_as_they_were() {
    let place = place();
    let git = place.root().with_file_name("git");
    let folder = text_of(&git);
    place.run(&["pull", folder]).expect(0);
    let pulled = read(&git, "orders.yaml");
    // Nothing but documents: no key, no setting, no store.
    let mut names: Vec<String> =
        std::fs::read_dir(&git).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["model", "sources"]);
    place.run(&["pull", folder]).expect(0);
    assert_eq!(read(&git, "orders.yaml"), pulled);
    let same = place.run(&["apply", folder, "--format", "json"]).expect(0).json();
    assert_eq!((changed(&same), &same["changed"]), (Vec::new(), &Value::Bool(false)), "{same:#}");
    assert!(read(&place.root(), "orders.yaml").contains("# Where orders come from."));

    edit(&git);
    let applied = place.run(&["apply", folder, "--format", "json"]).expect(0).json();
    assert_eq!(changed(&applied), [("orders", "changed"), ("访问", "added")], "{applied:#}");
    let words = applied["sources"]["changes"][0]["words"][0].clone();
    assert_eq!(words["en"], "mapping › amount: amount → amount * 2", "{applied:#}");
    assert_eq!(words["zh"], "列的对应 › 金额：amount → amount * 2", "{applied:#}");
    assert!(read(&place.root(), "orders.yaml").contains("amount * 2"));
    let log = place.run(&["audit", "verify"]).expect(0);
    assert!(log.err.is_empty(), "{log:?}");
    // A folder that lacks a source leaves it where it is.
    std::fs::remove_file(git.join("sources/访问.yaml")).unwrap();
    let left = place.run(&["apply", folder, "--format", "json"]).expect(0).json();
    assert_eq!(left["sources"]["left"], serde_json::json!(["访问"]), "{left:#}");
    assert!(place.root().join("sources/访问.yaml").exists());
    // What somebody wrote in the folder is not replaced unless that is said.
    std::fs::write(git.join("sources/orders.yaml"), ORDERS).unwrap();
    let refused = place.run(&["pull", folder, "--lang", "en"]).expect(1);
    assert!(
        refused.err.contains("[would-replace]") && refused.err.contains("orders.yaml"),
        "{}",
        refused.err
    );
    assert_eq!(read(&git, "orders.yaml"), ORDERS, "nothing was written");
    place.run(&["pull", folder, "--replace"]).expect(0);
    assert!(read(&git, "orders.yaml").contains("amount * 2"));
    // What is wrong is told with its file, and nothing is applied.
    std::fs::write(git.join("sources/orders.yaml"), ORDERS.replace("history", "histery")).unwrap();
    let wrong = place.run(&["apply", folder, "--lang", "en"]).expect(1);
    assert!(wrong.err.contains("sources/orders.yaml"), "{}", wrong.err);
    assert!(read(&place.root(), "orders.yaml").contains("amount * 2"));
}

/// Runs a command against a server, with a key.
fn remote(place: &Place, server: &Server, key: &str, arguments: &[&str]) -> Ran {
    let mut all = arguments.to_vec();
    all.extend(["--server", &server.url]);
    let output = command(&place.root(), &all).env("GRADUS_API_KEY", key).output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        peak_kib: 0,
        seconds: 0.0,
    }
}

#[test]
fn over_the_api_it_is_the_same() {
    let (place, elsewhere) = (place(), Place::empty());
    let server = Server::start(&place.root());
    let key = server.key(&server.administrator(), None);
    let git = place.root().with_file_name("git");
    let folder = text_of(&git);
    remote(&elsewhere, &server, &key, &["pull", folder]).expect(0);
    edit(&git);
    let applied = remote(&elsewhere, &server, &key, &["apply", folder, "--format", "json"]).expect(0).json();
    assert_eq!(changed(&applied), [("orders", "changed"), ("访问", "added")], "{applied:#}");
    assert!(read(&place.root(), "orders.yaml").contains("amount * 2"));
    let again = remote(&elsewhere, &server, &key, &["apply", folder, "--format", "json"]).expect(0).json();
    assert_eq!(changed(&again), []);
    assert!(!applied.to_string().contains(&key), "a key is in no answer");
}

#[test]
fn a_key_that_may_not_import_pulls_the_model_alone() {
    let (place, elsewhere) = (place(), Place::empty());
    let server = Server::start(&place.root());
    let key = server.key(&server.administrator(), Some(&["see_grades", "edit_models"]));
    let git = place.root().with_file_name("git");
    let folder = text_of(&git);
    remote(&elsewhere, &server, &key, &["pull", folder]).expect(0);
    assert!(git.join("model/model.yaml").exists() && !git.join("sources").exists());
    // To bring sources it would have to see them: they stay, and that is said.
    std::fs::create_dir_all(git.join("sources")).unwrap();
    std::fs::write(git.join("sources/orders.yaml"), ORDERS.replace("day", "date")).unwrap();
    let applied = remote(&elsewhere, &server, &key, &["apply", folder, "--lang", "en"]).expect(0);
    assert!(applied.out.contains("lacks the right import_data"), "{}", applied.out);
    assert_eq!(read(&place.root(), "orders.yaml"), ORDERS);
}
