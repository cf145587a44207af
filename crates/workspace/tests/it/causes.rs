//! A tier that a person set is the cause of the change, with the reason and who approved it; and so is its
//! end.

use std::num::NonZeroUsize;

use gradus_model::Lang;
use gradus_workspace::access::Principal;
use gradus_workspace::base::Base;
use gradus_workspace::overrides::{self, NewOverride};
use gradus_workspace::{GradeOptions, ImportOptions, Workspace, customers, grade, import, parse_instants};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 2\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: Spend, kind: sum, of: amount }\ntiers:\n  member:\n    title: Member\n    by: spend\n    levels: { silver: { title: Silver }, gold: { title: Gold, from: 40 } }\n";

async fn graded(workspace: &Workspace, date: &str) {
    let options = GradeOptions {
        instants: parse_instants(date, None, &workspace.zone).unwrap(),
        known_at_us: None,
        store: true,
        reuse: true,
        n_threads: NonZeroUsize::MIN,
    };
    grade(workspace, &options, &()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_set_is_told_with_its_reason_and_its_end() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["sources", "model"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("gradus.yaml"), SETTINGS).unwrap();
    std::fs::write(folder.path().join("sources/orders.yaml"), SOURCE).unwrap();
    std::fs::write(folder.path().join("model/m.yaml"), MODEL).unwrap();
    let workspace = Workspace::open(folder.path(), None).await.unwrap();
    let file = folder.path().join("orders.csv");
    std::fs::write(&file, "id,day,amount\nA,2024-03-01,10\nB,2024-03-05,50\n").unwrap();
    let options = ImportOptions { files: vec![file.display().to_string()], ..ImportOptions::default() };
    assert!(import(&workspace, &options, &()).await.unwrap().is_whole());
    workspace.store.settings().set("four_eyes", &serde_json::json!(false)).await.unwrap();
    let who = Principal::local();

    graded(&workspace, "2024-03-04").await;
    let base = Base::as_of(&workspace, None).await.unwrap();
    let customer = customers::history(&workspace, &who, &base, "A", None).await.unwrap().customer;
    let ask = |expires: &str| NewOverride {
        customer,
        scheme: "member".into(),
        level: "gold".into(),
        reason: "VIP of the board".into(),
        expires: Some(expires.to_string()),
    };
    overrides::ask(&workspace, &who, &base, ask("2024-04-15")).await.unwrap();
    graded(&workspace, "2024-03-31").await;
    graded(&workspace, "2024-04-30").await;
    let second = overrides::ask(&workspace, &who, &base, ask("2030-01-31")).await.unwrap();
    graded(&workspace, "2024-05-31").await;
    overrides::end(&workspace, &who, &base, &second.one.id).await.unwrap();
    graded(&workspace, "2024-06-30").await;

    let base = Base::as_of(&workspace, None).await.unwrap();
    let history = customers::history(&workspace, &who, &base, "A", Some("member")).await.unwrap();
    let told: Vec<String> = history
        .changes
        .iter()
        .map(|one| {
            let set = one.set_tier.as_ref().map_or("-", |set| set.what);
            let level = |level: &Option<String>| level.clone().unwrap_or_default();
            let transition = &one.transition;
            format!(
                "{} {}>{} {} {set}",
                transition.as_of,
                level(&transition.from),
                level(&transition.to),
                transition.cause.code()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "2024-06-30 gold>silver override ended",
            "2024-05-31 silver>gold override set",
            "2024-04-30 gold>silver override expired",
            "2024-03-31 silver>gold override set",
        ]
    );
    let json = serde_json::to_value(&history.changes[3]).unwrap();
    assert_eq!(json["set_tier"]["reason"], "VIP of the board", "{json:#}");
    assert_eq!(json["set_tier"]["approved_by"], who.account, "{json:#}");
    assert_eq!(json["set_tier"]["expires"], "2024-04-15", "{json:#}");
    let told = |lang| history.render(lang, &workspace.zone);
    let (zh, en) = (told(Lang::Zh), told(Lang::En));
    for (text, words) in [
        (&zh, ["理由“VIP of the board”", "批准，有效至 2024-04-15", "2024-04-15 到期", "已结束"]),
        (&en, ["“VIP of the board”", "until 2024-04-15", "expired on 2024-04-15", "ended by"]),
    ] {
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
}
