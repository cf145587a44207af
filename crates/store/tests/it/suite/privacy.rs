//! Nothing of the plain text may be in the file, its log, or any file beside.

use gradus_model::Text;
use gradus_store::{Attribute, EventText, Identity, NewQuarantineRow, QuarantineFilter, StorePlace};

use crate::{begin, vault};

/// Values that would be found again, each long enough not to appear by chance.
const SECRETS: [&str; 8] = [
    "13812345678",
    "138-1234-5678",
    "zhang.marker@example.com",
    "欧阳标记姓名",
    "北京市标记区标记大街1号",
    "送货太慢标记评论",
    "ZHMARKERRAWROW",
    "标记报文单元格",
];

fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let utf16: Vec<u16> = secret.encode_utf16().collect();
    vec![
        secret.as_bytes().to_vec(),
        utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
    ]
}

/// The first secret that is in what is kept.
fn found(everything: Vec<(String, Vec<u8>)>) -> Option<String> {
    for (name, bytes) in everything {
        for secret in SECRETS {
            for spelling in spellings(secret) {
                let in_hexadecimal: String = spelling.iter().map(|byte| format!("{byte:02x}")).collect();
                for spelling in [spelling.as_slice(), in_hexadecimal.as_bytes()] {
                    if bytes.windows(spelling.len()).any(|window| window == spelling) {
                        return Some(format!("{secret} in {name}"));
                    }
                }
            }
        }
    }
    None
}

#[tokio::test]
async fn no_plain_text_in_any_file() {
    let place = place!();
    let store = &place.store;
    let vault = vault(store).await;
    let import = begin(store).await.number;
    let identities = [
        Identity { kind: "phone", normalized: SECRETS[0], display: SECRETS[1] },
        Identity { kind: "email", normalized: SECRETS[2], display: SECRETS[2] },
    ];
    vault.remember(Some(import), &identities).await.unwrap();
    let surrogate = vault.surrogate("phone", SECRETS[0]);
    let attributes = [("name", SECRETS[3]), ("address", SECRETS[4])].map(|(kind, value)| Attribute {
        surrogate,
        kind,
        normalized: value,
        display: value,
        known: 1,
    });
    vault.remember_attributes(Some(import), &attributes).await.unwrap();
    let text = EventText { surrogate, event_id: [1; 16], field: "comment", text: SECRETS[5] };
    vault.remember_texts(Some(import), &[text, EventText { surrogate: 0, ..text }]).await.unwrap();
    let message = Text::new(format!("“{}”不是日期", SECRETS[7]), format!("{} is no date", SECRETS[7]));
    let raw = format!("{},{}", SECRETS[6], SECRETS[0]);
    let row = NewQuarantineRow {
        file: "orders.csv",
        row: 1,
        code: "bad-date",
        message: &message,
        column: None,
        raw: raw.as_bytes(),
        surrogate: None,
        created: 1,
        expires: 2,
        settled: None,
    };
    vault.quarantine().stage(import, &[row]).await.unwrap();
    assert_eq!(found(place.everything().await), None, "with the log full");
    store.imports().finish(import, 2).await.unwrap();

    // Searching and revealing leave no trace either.
    vault.find("phone", SECRETS[0]).await.unwrap().unwrap();
    vault.find_by_attribute("name", SECRETS[3]).await.unwrap();
    vault.reveal(surrogate).await.unwrap();
    vault.texts_of(surrogate).await.unwrap();
    let listed = vault.quarantine().list(&QuarantineFilter::default()).await.unwrap();
    assert!(!serde_json::to_string(&listed).unwrap().contains(SECRETS[6]));
    let exported = vault.quarantine().export(&QuarantineFilter::default()).await.unwrap();
    assert_eq!(exported[0].raw, row.raw);
    assert!(!format!("{exported:?}").contains(SECRETS[6]));
    assert_eq!(found(place.everything().await), None);

    store.checkpoint().await.unwrap();
    assert_eq!(found(place.everything().await), None, "after the checkpoint");
    vault.forget(&[surrogate], 3).await.unwrap();
    assert_eq!(found(place.everything().await), None, "after forgetting");
    place.store.clone().close().await;
    assert_eq!(found(place.everything().await), None, "after closing");
}

/// The search itself works: a value put in the clear is found.
#[tokio::test]
async fn the_search_finds_what_is_there() {
    for encoding in ["UTF-8", "UTF-16le"] {
        let place = place!();
        let value = match encoding {
            "UTF-8" => format!("'{}'", SECRETS[3]),
            _ => {
                let bytes: String = SECRETS[3]
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                match place.place {
                    StorePlace::File(_) => format!("x'{bytes}'"),
                    StorePlace::Postgres(_) => format!("'\\x{bytes}'"),
                }
            }
        };
        place.tamper(&format!("INSERT INTO setting VALUES ('leak', {value})")).await;
        assert!(found(place.everything().await).is_some(), "{encoding}");
    }
}
