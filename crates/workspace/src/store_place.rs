//! Where the store of a workspace is: a file of its own, or PostgreSQL as `gradus.yaml` says. What
//! keeps a database from being used is a finding, because the operator can do something about it.

use std::path::Path;

use gradus_model::document::{EncryptionSetting, PostgresqlSetting, StoreSetting, Workspace as Settings};
use gradus_model::{Finding, Place, Text};
use gradus_store::{BeforeCommit, Encryption, Password, PostgresPlace, Store, StoreError, StorePlace};

use crate::WorkspaceError;

/// The environment's name for the password of the database.
const PASSWORD: &str = "GRADUS_STORE_PASSWORD";

/// Opens the store of the workspace in a folder.
pub(crate) async fn open_store(
    root: &Path,
    settings: &Settings,
    before_commit: Option<BeforeCommit>,
) -> Result<Store, WorkspaceError> {
    let place = store_place(root, settings)?;
    Store::open_at(&place, before_commit).await.map_err(|error| match place {
        StorePlace::File(_) => error.into(),
        StorePlace::Postgres(place) => what_to_do(error, &place),
    })
}

/// Where the store of the workspace in a folder is.
///
/// # Errors
/// Findings on `store` in `gradus.yaml`.
pub fn store_place(root: &Path, settings: &Settings) -> Result<StorePlace, WorkspaceError> {
    let StoreSetting::Postgresql(setting) = &settings.store else {
        return Ok(StorePlace::File(root.join(".gradus").join("store.sqlite")));
    };
    if !PostgresPlace::is_schema_name(&setting.schema) {
        return Err(Finding::error(
            "store-schema-name",
            at("schema"),
            Text::new(
                format!("「{}」不能作为模式（schema）的名称", setting.schema),
                format!("“{}” cannot be the name of the schema", setting.schema),
            ),
            Text::new(
                "小写字母、数字和下划线，不以数字或 pg_ 开头，最多 63 个字符",
                "lower-case letters, digits and underscores, not beginning with a digit or pg_, at most 63 characters",
            ),
        )
        .into());
    }
    let encryption = match setting.encryption {
        Some(EncryptionSetting::Off) => Encryption::Off,
        None if PostgresPlace::is_local(&setting.host) && setting.root_certificate.is_none() => {
            Encryption::Off
        }
        _ => Encryption::Verified {
            root_certificate: setting.root_certificate.as_ref().map(|path| root.join(path)),
        },
    };
    Ok(StorePlace::Postgres(Box::new(PostgresPlace {
        host: setting.host.clone(),
        port: setting.port,
        database: setting.database.clone(),
        user: setting.user.clone(),
        password: password(root, setting)?,
        schema: setting.schema.clone(),
        encryption,
    })))
}

/// From the environment, else from the file.
fn password(root: &Path, setting: &PostgresqlSetting) -> Result<Option<Password>, WorkspaceError> {
    if let Some(password) = std::env::var(PASSWORD).ok().filter(|password| !password.is_empty()) {
        return Ok(Some(password.into()));
    }
    let Some(file) = &setting.password_file else { return Ok(None) };
    let path = root.join(file);
    match std::fs::read_to_string(&path) {
        // An editor ends the last line.
        Ok(mut text) => {
            text.truncate(text.trim_end_matches(['\n', '\r']).len());
            Ok(Some(text.into()))
        }
        Err(error) => Err(Finding::error(
            "store-password-file",
            at("password_file"),
            Text::new(
                format!("无法读取密码文件 {}（{}）", path.display(), error.kind()),
                format!("the password file {} cannot be read ({})", path.display(), error.kind()),
            ),
            Text::new(
                format!("一个本程序可读、内容只有密码的文件；或改用环境变量 {PASSWORD}"),
                format!("a file that this program may read, with the password alone; or {PASSWORD} in the environment"),
            ),
        )
        .into()),
    }
}

/// A finding where the operator can mend it.
fn what_to_do(error: StoreError, place: &PostgresPlace) -> WorkspaceError {
    let what = error.what();
    let PostgresPlace { database, user, schema, .. } = place;
    let finding = match &error {
        StoreError::Unreachable { .. } => Finding::error(
            "store-unreachable",
            at("host"),
            what,
            Text::new(
                "启动数据库服务器，或更正 host 和 port；检查防火墙与 pg_hba.conf",
                "start the server, or correct host and port; look at the firewall and pg_hba.conf",
            ),
        ),
        StoreError::AccessDenied { .. } => Finding::error(
            "store-access-denied",
            at("user"),
            what,
            Text::new(
                format!(
                    "正确的 user 和密码（环境变量 {PASSWORD} 或 password_file）；并由管理员执行 CREATE SCHEMA {schema} AUTHORIZATION {user}"
                ),
                format!(
                    "the right user and password ({PASSWORD} in the environment, or password_file); and, by the database's administrator, CREATE SCHEMA {schema} AUTHORIZATION {user}"
                ),
            ),
        ),
        StoreError::NoDatabase { .. } => Finding::error(
            "store-no-database",
            at("database"),
            what,
            Text::new(
                format!("由管理员执行 CREATE DATABASE {database} OWNER {user} ENCODING 'UTF8'，或更正名称"),
                format!(
                    "CREATE DATABASE {database} OWNER {user} ENCODING 'UTF8', by the administrator; or another name"
                ),
            ),
        ),
        StoreError::NotEncrypted { .. } => Finding::error(
            "store-not-encrypted",
            at("encryption"),
            what,
            Text::new(
                "在服务器上开启 ssl，证书须写明该主机名；若由自己的机构签发，用 root_certificate 指出其证书；只有在您负责的网络内才写 encryption: off",
                "ssl on at the server, with a certificate that names this host; root_certificate if an authority of your own issued it; encryption: off only on a network that you answer for",
            ),
        ),
        StoreError::OldPostgres { needed, .. } => Finding::error(
            "store-old-postgresql",
            at("host"),
            what,
            Text::new(format!("PostgreSQL {needed} 或更新"), format!("PostgreSQL {needed} or newer")),
        ),
        StoreError::DatabaseEncoding { .. } => Finding::error(
            "store-encoding",
            at("database"),
            what,
            Text::new("另建一个编码为 UTF8 的数据库", "another database, created with ENCODING 'UTF8'"),
        ),
        StoreError::NotAStore { .. } => Finding::error(
            "store-not-a-store",
            at("schema"),
            what,
            Text::new(
                format!("模式「{schema}」里有别的表；换一个空的或尚不存在的 schema"),
                format!(
                    "the schema “{schema}” holds other tables; name one that is empty, or does not exist yet"
                ),
            ),
        ),
        StoreError::NewerSchema { .. } => Finding::error(
            "store-newer-schema",
            at("schema"),
            what,
            Text::new(
                "使用写入它的那个版本或更新的 Gradus；要退回旧版本，请从升级前的备份恢复",
                "the Gradus that wrote it, or a newer one; to go back, restore the backup from before the upgrade",
            ),
        ),
        StoreError::ChangedMigration { .. } => Finding::error(
            "store-changed-schema",
            at("schema"),
            what,
            Text::new(
                "使用建立它的那个发行版的 Gradus，或从备份恢复",
                "a released Gradus, as the one that built it, or a restored backup",
            ),
        ),
        _ => return error.into(),
    };
    finding.into()
}

fn at(key: &str) -> Place {
    Place::document("gradus.yaml").at(format!("store.postgresql.{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(store: &str) -> Settings {
        let text = format!("gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\n{store}");
        let loaded = gradus_model::load::load_workspace("gradus.yaml", &text);
        loaded.value.unwrap_or_else(|| panic!("{:?}", loaded.findings))
    }

    fn postgres(more: &str) -> Result<PostgresPlace, WorkspaceError> {
        let store = format!(
            "store:\n  postgresql:\n    host: db.example.com\n    database: crm\n    user: gradus\n{more}"
        );
        let StorePlace::Postgres(place) = store_place(Path::new("/w"), &settings(&store))? else { panic!() };
        Ok(*place)
    }

    #[test]
    fn without_a_word_it_is_a_file() {
        for text in ["", "store: sqlite\n"] {
            let place = store_place(Path::new("/w"), &settings(text)).unwrap();
            assert!(matches!(place, StorePlace::File(path) if path == Path::new("/w/.gradus/store.sqlite")));
        }
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted_unless_somebody_says_otherwise() {
        let by_default = Encryption::Verified { root_certificate: None };
        let place = postgres("").unwrap();
        assert_eq!(
            (place.port, place.schema.as_str(), place.encryption),
            (5432, "gradus", by_default.clone())
        );
        assert_eq!(postgres("    encryption: off\n").unwrap().encryption, Encryption::Off);
        let own = Encryption::Verified { root_certificate: Some("/w/ca.pem".into()) };
        assert_eq!(postgres("    root_certificate: ca.pem\n").unwrap().encryption, own);
        let local = |more: &str| {
            let store = format!("store:\n  postgresql: {{ host: /run/x, database: d, user: u{more} }}\n");
            let place = store_place(Path::new("/w"), &settings(&store)).unwrap();
            let StorePlace::Postgres(place) = place else { panic!() };
            place.encryption
        };
        assert_eq!(local(""), Encryption::Off);
        assert_eq!(local(", encryption: required"), by_default);
    }

    #[test]
    fn a_password_comes_from_its_file_and_a_wrong_schema_is_a_finding() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "s3 cret\n").unwrap();
        let more = format!("    password_file: {}\n", file.display());
        assert!(postgres(&more).unwrap().password.unwrap().is("s3 cret"));
        for (more, code) in [
            ("    password_file: none\n", "store-password-file"),
            ("    schema: \"a; DROP\"\n", "store-schema-name"),
        ] {
            let Err(WorkspaceError::Findings(findings)) = postgres(more) else { panic!("{more}") };
            assert_eq!(findings.0[0].code, code);
        }
    }
}
