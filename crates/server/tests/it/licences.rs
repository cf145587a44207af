//! The list of licences: it names what the locks of program and page name, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/licences.tsv");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Name and version of what Cargo.lock takes from elsewhere.
fn locked() -> BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(format!("{ROOT}/Cargo.lock")).unwrap();
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
        line.map(|value| value.trim_end_matches('"').to_string())
    };
    let foreign = text.split("[[package]]").filter(|block| field(block, "source").is_some());
    foreign.map(|block| (field(block, "name").unwrap(), field(block, "version").unwrap())).collect()
}

/// Name, version and licence of what the page takes along; what only builds it stays out.
fn of_page() -> BTreeSet<(String, String, String)> {
    let text = std::fs::read_to_string(format!("{ROOT}/web/package-lock.json")).unwrap();
    let lock: Value = serde_json::from_str(&text).unwrap();
    let taken = lock["packages"].as_object().unwrap().iter();
    let taken =
        taken.filter(|(path, one)| !path.is_empty() && one["dev"] != true && one["devOptional"] != true);
    let name = |path: &str| path.rsplit("node_modules/").next().unwrap().to_string();
    let text = |value: &Value| value.as_str().unwrap_or("?").to_string();
    taken.map(|(path, one)| (name(path), text(&one["version"]), text(&one["license"]))).collect()
}

/// Names both locks: other packages, another sum (FNV-1a).
fn sum() -> String {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    let page = of_page().into_iter().map(|(name, version, _)| (name, version));
    for byte in locked()
        .into_iter()
        .chain(page)
        .flat_map(|(name, version)| format!("{name} {version}\n").into_bytes())
    {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{sum:016x}")
}

/// What cargo knows of the packages; it asks nobody.
fn made() -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = [
        "metadata",
        "--locked",
        "--offline",
        "--format-version",
        "1",
        "--filter-platform",
        "x86_64-unknown-linux-gnu",
    ];
    let told = std::process::Command::new(cargo).args(arguments).current_dir(ROOT).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let mut out = format!("# Cargo.lock and web/package-lock.json {}\n", sum());
    let mut lines = BTreeSet::new();
    for one in told["packages"].as_array().unwrap().iter().filter(|one| !one["source"].is_null()) {
        let text = |name: &str| one[name].as_str().unwrap_or("see its file").replace('/', " OR ");
        lines.insert(format!("program\t{}\t{}\t{}\n", text("name"), text("version"), text("license")));
    }
    for (name, version, licence) in of_page() {
        lines.insert(format!("page\t{name}\t{version}\t{licence}\n"));
    }
    out.extend(lines);
    out
}

#[test]
fn the_licences_are_up_to_date() {
    if std::env::var_os("GRADUS_GENERATE").is_some() {
        std::fs::write(LIST, made()).unwrap();
    }
    let list = std::fs::read_to_string(LIST).unwrap_or_default();
    let first = list.lines().next().unwrap_or_default();
    assert!(first.ends_with(&sum()), "crates/server/licences.tsv is stale: run `make generate`");
    let locked = locked();
    let mut n_program = 0;
    for line in list.lines().skip(1) {
        let parts: Vec<&str> = line.split('\t').collect();
        let [part, name, version, licence] = parts[..] else { panic!("{line}") };
        assert!(!licence.is_empty(), "{line}");
        if part == "program" {
            assert!(locked.contains(&(name.to_string(), version.to_string())), "{line}");
            n_program += 1;
        }
    }
    // What is only for other systems is not fetched here, so cargo does not know its licence.
    assert!(n_program * 10 >= locked.len() * 6, "{n_program} of {}", locked.len());
}
