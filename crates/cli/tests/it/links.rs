//! Identities that a person links and unlinks: the next grading regards it, the audit log has it,
//! and nobody sees an identifier who did not ask for it.

use serde_json::Value;

use crate::support::{Place, number, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n    - { kind: phone, value: phone }\n    - { kind: external, system: shop, value: shop }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: Spend, kind: sum, of: amount }\n";
/// 13812340001 is M-1's; 13812340002 ordered before anybody knew whose it is.
const ORDERS: &str = "id,phone,shop,day,amount\nM-1,13812340001,,2024-03-01,10\n,13812340002,,2024-03-05,20\nM-2,,tb_99,2024-03-20,40\n";

fn place() -> Place {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    place.import(&place.file("orders.csv", ORDERS));
    place
}

/// What a customer spent as of a date, by any of their identities.
#[track_caller]
fn spend(place: &Place, customer: &str, as_of: &str) -> String {
    place.run(&["grade", "--as-of", as_of]).expect(0);
    let explained = place.run(&["explain", customer, "--as-of", as_of, "--format", "json"]).expect(0).json();
    text(&explained, "/indicators/0/2").to_string()
}

#[track_caller]
fn links(place: &Place, customer: &str, more: &[&str]) -> Value {
    let mut arguments = vec!["links", customer, "--format", "json"];
    arguments.extend(more);
    place.run(&arguments).expect(0).json()
}

#[test]
fn a_link_counts_from_its_date_and_can_be_taken_back() {
    let place = place();
    assert_eq!(spend(&place, "M-1", "2024-03-31"), "10");
    let linked = place
        .run(&[
            "link",
            "M-1",
            "138 1234 0002",
            "--from",
            "2024-03-10",
            "--reason",
            "form 17",
            "--format",
            "json",
        ])
        .expect(0)
        .json();
    assert_eq!(linked["customers"][0], linked["customers"][1]);
    assert_eq!((number(&linked, "/link_changes"), number(&linked, "/audit") > 0), (1, true));
    // From that date on all of the identity's events are the customer's; before it none is.
    assert_eq!(spend(&place, "M-1", "2024-03-31"), "30");
    assert_eq!(spend(&place, "13812340002", "2024-03-31"), "30");
    assert_eq!(spend(&place, "M-1", "2024-03-09"), "10");
    assert_eq!(spend(&place, "M-1", "2024-03-10"), "30");

    let shown = links(&place, "M-1", &[]);
    let identities: Vec<(&str, &str, Option<&str>)> = shown["identities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(one, "/kind"), text(one, "/value"), one["since"].as_str()))
        .collect();
    assert_eq!(identities.len(), 3, "{shown}");
    assert_eq!(identities[0].0, "id");
    assert!(identities.contains(&("phone", "138****0002", Some("2024-03-10"))), "{shown}");
    assert!(identities.contains(&("phone", "138****0001", Some("2024-03-01"))), "{shown}");
    let by_hand = shown["pairs"].as_array().unwrap().iter().find(|pair| pair["what"] == "linked").unwrap();
    assert_eq!((text(by_hand, "/by/reason"), text(by_hand, "/by/actor")), ("form 17", "cli"));
    let seen = shown["pairs"].as_array().unwrap().iter().find(|pair| pair["what"] == "seen").unwrap();
    assert_eq!((text(seen, "/by/source"), number(seen, "/by/import")), ("orders", 1));

    let undone = place.run(&["unlink", "M-1", "13812340002", "--reason", "wrong form", "--format", "json"]);
    assert_eq!(number(&undone.expect(0).json(), "/link_changes"), 1);
    assert_eq!(spend(&place, "M-1", "2024-03-31"), "10");
    assert_eq!(spend(&place, "13812340002", "2024-03-31"), "20");
    // What was undone stays so, however often rows show the pair again.
    place.import(&place.file("orders2.csv", "id,phone,shop,day,amount\nM-1,13812340002,,2024-03-25,1\n"));
    assert_eq!(spend(&place, "M-1", "2024-03-31"), "11");
    // And a person can say otherwise once more.
    place.run(&["link", "M-1", "13812340002", "--reason", "form 18"]).expect(0);
    assert_eq!(spend(&place, "M-1", "2024-03-31"), "31");
    assert_eq!(spend(&place, "M-1", "2024-03-09"), "30", "without a date, always");
}

#[test]
fn two_numbers_and_ids_of_other_systems_can_be_linked() {
    let place = place();
    place.run(&["link", "M-1", "M-2", "--reason", "one person, two cards"]).expect(0);
    assert_eq!(spend(&place, "M-2", "2024-03-31"), "50");
    place.run(&["link", "13812340002", "shop:tb_99", "--reason", "form 19"]).expect(0);
    assert_eq!(spend(&place, "M-1", "2024-03-31"), "70");
    let said = place.run(&["links", "M-2", "--lang", "zh"]).expect(0);
    assert!(said.out.contains("5 个身份") && said.out.contains("人工关联"), "{said:?}");
    let said = place.run(&["links", "M-2", "--lang", "en"]).expect(0);
    assert!(said.out.contains("5 identities") && said.out.contains("linked by hand"), "{said:?}");
    assert!(!said.out.contains("13812340001") && !said.out.contains("tb_99"), "{said:?}");
    // In full only on request, and then in the audit log.
    let actions = || {
        let store = place.root().join(".gradus/store.sqlite");
        crate::support::runtime().block_on(async {
            let store = gradus_store::Store::open(store).await.unwrap();
            let entries = store.audit().list(0, 100).await.unwrap();
            entries.into_iter().map(|entry| entry.action).collect::<Vec<_>>()
        })
    };
    assert_eq!(actions(), ["identity.link", "identity.link"]);
    let full = place.run(&["links", "M-2", "--identifiers"]).expect(0);
    assert!(full.out.contains("13812340001") && full.out.contains("tb_99"), "{full:?}");
    assert_eq!(actions(), ["identity.link", "identity.link", "vault.reveal"]);
}

#[test]
fn what_cannot_be_said_is_told() {
    let place = place();
    for (wrong, code) in [
        (&["link", "M-1", "nobody", "--reason", "r"][..], "unknown-customer"),
        (&["link", "M-1", "#77", "--reason", "r"], "unknown-customer"),
        (&["link", "M-1", "M-1", "--reason", "r"], "same-identity"),
        (&["link", "M-1", "M-2", "--reason", " "], "reason-missing"),
        (&["link", "M-1", "M-2", "--reason", "she called from 13812340001"], "reason-names-somebody"),
        (&["link", "M-1", "M-2", "--from", "soon", "--reason", "r"], "instant-form"),
        (&["unlink", "M-1", "M-2", "--reason", "r"], "not-linked"),
        (&["links", "nobody"], "unknown-customer"),
    ] {
        let mut arguments = wrong.to_vec();
        arguments.extend(["--format", "json"]);
        let ran = place.run(&arguments).expect(1);
        assert_eq!(text(&ran.json(), "/0/code"), code, "{wrong:?}");
        assert!(!ran.out.contains("13812340001"));
    }
    place.run(&["link", "M-1", "M-2"]).expect(1);
    assert_eq!(links(&place, "M-2", &[])["identities"].as_array().unwrap().len(), 2);
}
