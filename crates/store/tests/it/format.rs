//! A store as it was written before must open for ever: its rows, and what is sealed in them.
//!
//! `cargo test -p gradus-store --test it -- --ignored write_format` writes the file of the newest
//! format, once, when that is born.

use gradus_model::Text;
use gradus_store::{
    Attribute, AuditVerdict, EventText, Identity, NewAuditEntry, NewFit, NewQuarantineRow, NewRun,
    QuarantineFilter, Store, VersionState, content_hash,
};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::place::Behind;
use crate::{Place, begin, vault};

/// Each format that was ever released, as SQL.
const FORMATS: [&str; 1] = [include_str!("format-7.sql")];

#[tokio::test]
async fn every_format_opens_and_says_what_was_put_in() {
    for sql in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let mut old =
            SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_string())).execute(&mut old).await.unwrap();
        sqlx::Connection::close(old).await.unwrap();

        let store = Store::open(&path).await.unwrap();
        let vault = vault(&store).await;
        let surrogate = vault.find("phone", "13800138000").await.unwrap().unwrap();
        let shown: Vec<String> =
            vault.reveal(surrogate).await.unwrap().into_iter().map(|one| one.value).collect();
        assert_eq!(shown, ["138-0013-8000", "张三"]);
        assert_eq!(vault.find_by_attribute("name", "张三").await.unwrap(), [surrogate]);
        assert_eq!(vault.texts_of(surrogate).await.unwrap()[0].text, "送货太慢");
        assert_eq!(vault.texts_of(0).await.unwrap()[0].text, "谁写的");
        let row = vault.quarantine().export(&QuarantineFilter::default()).await.unwrap().remove(0);
        assert_eq!((row.raw.as_slice(), row.listed.message.zh.as_str()), (b"1,x".as_slice(), "不是日期"));
        let import = store.imports().list(1).await.unwrap().remove(0);
        assert_eq!((import.files[0].name.as_str(), import.counts), ("订单.csv", Some(json!({"read": 1}))));
        let model = store.versions().in_force(2).await.unwrap().unwrap();
        assert_eq!(store.models().document(&model.hash).await.unwrap().as_deref(), Some("version: 1"));
        assert_eq!(store.fits().get(1).await.unwrap().unwrap().numbers, json!([1, 2]));
        assert_eq!(store.runs().list(None, 1).await.unwrap()[0].fits, [1]);
        assert_eq!(store.settings().get("zone").await.unwrap(), Some(json!("Asia/Shanghai")));
        assert_eq!(store.audit().verify(None).await.unwrap(), AuditVerdict::Intact { n_entries: 2 });
        assert_eq!(vault.forgotten_among(&[7]).await.unwrap(), [(7, 8)]);
        // And it takes new rows.
        begin(&store).await;
        store.audit().append(NewAuditEntry::new(3, "a", "b", "c")).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "writes the file of a new format"]
async fn write_format() {
    let place = Place::in_sqlite().await;
    let store = &place.store;
    let vault = vault(store).await;
    let import = begin(store).await.number;
    let spelled = Identity { kind: "phone", normalized: "13800138000", display: "138-0013-8000" };
    vault.remember(Some(import), &[spelled]).await.unwrap();
    let surrogate = vault.surrogate("phone", "13800138000");
    let name = Attribute { surrogate, kind: "name", normalized: "张三", display: "张三", known: 1 };
    vault.remember_attributes(Some(import), &[name]).await.unwrap();
    let text = EventText { surrogate, event_id: [1; 16], field: "comment", text: "送货太慢" };
    let nobody = EventText { surrogate: 0, event_id: [2; 16], field: "comment", text: "谁写的" };
    vault.remember_texts(Some(import), &[text, nobody]).await.unwrap();
    let message = Text::new("不是日期", "no date");
    let row = NewQuarantineRow {
        file: "订单.csv",
        row: 1,
        code: "bad-date",
        message: &message,
        column: None,
        raw: b"1,x",
        surrogate: None,
        created: 1,
        expires: 2,
        settled: None,
    };
    vault.quarantine().stage(import, &[row]).await.unwrap();
    store.imports().report(import, Some(&json!({"read": 1})), None, None).await.unwrap();
    store.imports().finish(import, 2).await.unwrap();
    let version = store.versions().submit("version: 1", "li", "", 1, None).await.unwrap().number;
    store.versions().decide(version, VersionState::Approved, "wu", "", 1).await.unwrap();
    store.versions().publish(version, 2, "wu", "", 2).await.unwrap();
    let model_hash = content_hash(b"version: 1");
    let fit = NewFit {
        model_hash: &model_hash,
        kind: "quantile_cuts",
        subject: "s",
        numbers: &json!([1, 2]),
        population: "all",
        n: 2,
        as_of: 1,
        created: 1,
    };
    let fits = store.fits().add(&[fit]).await.unwrap();
    let run = NewRun {
        model_hash: &model_hash,
        version: None,
        as_of: 1,
        known_at: 1,
        position: 1,
        fits: &fits,
        started: 1,
    };
    let run = store.runs().begin(run).await.unwrap();
    store.runs().finish(&run.id, &json!({"graded": 2}), 2).await.unwrap();
    store.settings().set("zone", &json!("Asia/Shanghai")).await.unwrap();
    for at in 1..=2 {
        store.audit().append(NewAuditEntry::new(at, "li", "model.publish", "价值 1")).await.unwrap();
    }
    place.tamper("INSERT INTO vault_forgotten VALUES (7, 8)").await;

    let name = format!("tests/it/format-{}.sql", store.format());
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::write(file, dump(&place).await).unwrap();
}

/// Schema and rows as SQL.
async fn dump(place: &Place) -> String {
    let Behind::Sqlite(mut connection) = place.behind().await else { panic!() };
    let objects: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
         ORDER BY type = 'table' DESC, type = 'index' DESC, rowid",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let user_version = place.number("PRAGMA user_version").await;
    let application_id = place.number("PRAGMA application_id").await;
    let mut sql =
        format!("PRAGMA user_version = {user_version};\nPRAGMA application_id = {application_id};\n");
    let mut rows_of = Vec::new();
    let mut later = String::new();
    for (kind, name, text) in objects {
        match kind.as_str() {
            "table" => {
                sql += &format!("{text};\n");
                rows_of.push(name);
            }
            _ => later += &format!("{text};\n"),
        }
    }
    for table in rows_of {
        let columns: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}') ORDER BY cid"
        )))
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT 'INSERT INTO {table} VALUES (' || {} || ');' FROM {table}",
            columns.join(" || ', ' || ")
        )))
        .fetch_all(&mut connection)
        .await
        .unwrap();
        sql += &rows.iter().map(|row| format!("{row}\n")).collect::<String>();
    }
    sql + &later
}
