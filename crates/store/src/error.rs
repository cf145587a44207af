//! The world failed: the file, the key, the database, or a caller who broke the order of things.

use std::path::{Path, PathBuf};

use gradus_model::{Finding, Place, Text};

/// Result of this room.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Everything that can fail in this room. The texts of the database stay in the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("cannot use the file {path}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{place} is not a store of Gradus")]
    NotAStore { place: String },
    #[error("{place} was written by a newer Gradus: its schema is {found}, this program knows up to {known}")]
    NewerSchema { place: String, found: i64, known: i64 },
    #[error("step {version} ({name}) of the schema of {place} is not the one this program knows")]
    ChangedMigration { place: String, version: i64, name: String },
    #[error("SQLite {found} can corrupt a store that two connections use; {needed} is needed")]
    OldSqlite { found: String, needed: String },
    #[error("the server is PostgreSQL {found}; {needed} or newer is needed")]
    OldPostgres { found: String, needed: String },
    #[error("the database {place} has the encoding {found}; UTF8 is needed")]
    DatabaseEncoding { place: String, found: String },
    #[error("{place} cannot be reached")]
    Unreachable { place: String, source: sqlx::Error },
    #[error("{place} refuses this user or password, or the user may not use or create the schema")]
    AccessDenied { place: String, source: sqlx::Error },
    #[error("there is no such database: {place}")]
    NoDatabase { place: String, source: sqlx::Error },
    #[error("the connection to {place} cannot be encrypted, or its certificate does not vouch for the host")]
    NotEncrypted { place: String, source: sqlx::Error },

    #[error("there is no master key: neither the environment nor {path} has one")]
    MasterKeyMissing { path: PathBuf },
    #[error("the master key in {place} is not 32 bytes in hexadecimal or base64")]
    MasterKeyMalformed { place: String },
    #[error("{path} exists already, and a master key is never overwritten")]
    MasterKeyExists { path: PathBuf },
    #[error("the vault was closed with master key {expected}, and {given} was given")]
    WrongMasterKey { expected: String, given: String },

    #[error("{what} does not open with its key: it was cut, changed or moved")]
    Unreadable { what: String },
    #[error("surrogate {surrogate} belongs to another identity already")]
    SurrogateTaken { surrogate: i64 },
    #[error("no identity has the surrogate {surrogate}")]
    UnknownIdentity { surrogate: i64 },
    #[error("there is no import {number}")]
    UnknownImport { number: i64 },
    #[error("the state of import {number} is {is}; it cannot become {wanted}")]
    ImportStatus { number: i64, is: &'static str, wanted: &'static str },
    #[error("there is no version {number}")]
    UnknownVersion { number: i64 },
    #[error("the state of version {number} is {is}; it cannot become {wanted}")]
    VersionState { number: i64, is: &'static str, wanted: &'static str },
    #[error("there is no grading run {id}, or it is finished")]
    UnknownRun { id: String },
    #[error("{what} is already taken")]
    Taken { what: String },
    #[error("{what} in the store cannot be read")]
    Malformed { what: String },

    #[error("the text has a NUL character (U+0000), which cannot be stored")]
    NulCharacter,

    #[error("another process writes to the store for too long, or the database does not answer")]
    Busy { source: sqlx::Error },
    #[error("the connection to the database was lost")]
    ConnectionLost { source: sqlx::Error },
    #[error("the disk is full; what was written before is safe")]
    DiskFull { source: sqlx::Error },
    #[error("the store is damaged")]
    Corrupt { source: sqlx::Error },
    #[error("the database failed")]
    Database { source: sqlx::Error },
    #[error("the system gives no random bytes")]
    NoRandomness { source: getrandom::Error },
}

impl StoreError {
    /// A stable name in kebab case, for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::File { .. } => "store-file",
            StoreError::NotAStore { .. } => "store-not-a-store",
            StoreError::NewerSchema { .. } => "store-newer-schema",
            StoreError::ChangedMigration { .. } => "store-changed-schema",
            StoreError::OldSqlite { .. } => "store-old-sqlite",
            StoreError::OldPostgres { .. } => "store-old-postgresql",
            StoreError::DatabaseEncoding { .. } => "store-encoding",
            StoreError::Unreachable { .. } => "store-unreachable",
            StoreError::AccessDenied { .. } => "store-access-denied",
            StoreError::NoDatabase { .. } => "store-no-database",
            StoreError::NotEncrypted { .. } => "store-not-encrypted",
            StoreError::NulCharacter => "store-nul-character",
            StoreError::ConnectionLost { .. } => "store-connection-lost",
            StoreError::MasterKeyMissing { .. } => "master-key-missing",
            StoreError::MasterKeyMalformed { .. } => "master-key-malformed",
            StoreError::MasterKeyExists { .. } => "master-key-exists",
            StoreError::WrongMasterKey { .. } => "master-key-wrong",
            StoreError::Unreadable { .. } => "vault-unreadable",
            StoreError::SurrogateTaken { .. } => "vault-surrogate-taken",
            StoreError::UnknownIdentity { .. } => "vault-unknown-identity",
            StoreError::UnknownImport { .. } => "import-unknown",
            StoreError::ImportStatus { .. } => "import-status",
            StoreError::UnknownVersion { .. } => "version-unknown",
            StoreError::VersionState { .. } => "version-state",
            StoreError::UnknownRun { .. } => "run-unknown",
            StoreError::Taken { .. } => "store-taken",
            StoreError::Malformed { .. } => "store-malformed",
            StoreError::Busy { .. } => "store-busy",
            StoreError::DiskFull { .. } => "store-disk-full",
            StoreError::Corrupt { .. } => "store-corrupt",
            StoreError::Database { .. } => "store-database",
            StoreError::NoRandomness { .. } => "store-no-randomness",
        }
    }

    /// What to tell a person, and what they can do about it, in one.
    pub fn text(&self) -> Text {
        self.as_finding().in_one()
    }

    /// What failed, with its code, and what can be done about it.
    pub fn as_finding(&self) -> Finding {
        Finding::error(self.code(), Place::default(), self.what(), self.right())
    }

    /// What failed, and where.
    pub fn what(&self) -> Text {
        let zh = match self {
            StoreError::File { path, .. } => {
                format!("无法使用文件 {}", path.display())
            }
            StoreError::NotAStore { place } => format!("{place} 不是 Gradus 的存储"),
            StoreError::NewerSchema { place, found, known } => {
                format!("{place} 由更新版本的 Gradus 写成：其结构版本为 {found}，本程序只认识到 {known}")
            }
            StoreError::ChangedMigration { place, version, name } => {
                format!("{place} 的结构步骤 {version}（{name}）与本程序所知不同")
            }
            StoreError::OldPostgres { found, needed } => {
                format!("服务器是 PostgreSQL {found}，需要 {needed} 或更新")
            }
            StoreError::DatabaseEncoding { place, found } => {
                format!("数据库 {place} 的编码是 {found}，需要 UTF8")
            }
            StoreError::Unreachable { place, .. } => format!("无法连接 {place}"),
            StoreError::AccessDenied { place, .. } => {
                format!("{place} 拒绝了该用户或密码，或该用户无权使用或建立这个模式（schema）")
            }
            StoreError::NoDatabase { place, .. } => format!("没有这个数据库：{place}"),
            StoreError::NotEncrypted { place, .. } => {
                format!("与 {place} 的连接无法加密，或其证书不能证明该主机的身份")
            }
            StoreError::NulCharacter => "文本中含有无法保存的空字符（U+0000）".to_string(),
            StoreError::OldSqlite { found, needed } => {
                format!("SQLite {found} 在两个连接同时写入时可能损坏数据，需要 {needed} 或更新")
            }
            StoreError::MasterKeyMissing { path } => {
                format!("没有主密钥：环境变量和 {} 中都没有", path.display())
            }
            StoreError::MasterKeyMalformed { place } => {
                format!("{place} 中的主密钥不是 32 字节的十六进制或 base64")
            }
            StoreError::MasterKeyExists { path } => {
                format!("{} 已存在，主密钥绝不会被覆盖", path.display())
            }
            StoreError::WrongMasterKey { expected, given } => {
                format!("保险库由主密钥 {expected} 加密，给出的却是 {given}")
            }
            StoreError::Unreadable { what } => format!("{what} 无法解密：内容被截断、改动或移位"),
            StoreError::SurrogateTaken { surrogate } => format!("代号 {surrogate} 已属于另一个身份"),
            StoreError::UnknownIdentity { surrogate } => format!("没有代号为 {surrogate} 的身份"),
            StoreError::UnknownImport { number } => format!("没有第 {number} 号导入"),
            StoreError::ImportStatus { number, is, wanted } => {
                format!("导入 {number} 的状态是「{}」，不能变为「{}」", state_zh(is), state_zh(wanted))
            }
            StoreError::UnknownVersion { number } => format!("没有版本 {number}"),
            StoreError::VersionState { number, is, wanted } => {
                format!("版本 {number} 的状态是「{}」，不能变为「{}」", state_zh(is), state_zh(wanted))
            }
            StoreError::UnknownRun { id } => format!("没有评级 {id}，或它已结束"),
            StoreError::Taken { what } => format!("{what} 已被占用"),
            StoreError::Malformed { what } => format!("存储中的 {what} 无法读取"),
            StoreError::Busy { .. } => "另一个进程占用存储过久，或数据库没有应答".to_string(),
            StoreError::ConnectionLost { .. } => "与数据库的连接已中断".to_string(),
            StoreError::DiskFull { .. } => "磁盘已满；已经写入的内容不受影响".to_string(),
            StoreError::Corrupt { .. } => "存储文件已损坏".to_string(),
            StoreError::Database { .. } => "数据库出错".to_string(),
            StoreError::NoRandomness { .. } => "系统无法提供随机数".to_string(),
        };
        Text::new(zh, self.to_string())
    }

    /// What can be done about it.
    pub fn right(&self) -> Text {
        let (zh, en) = match self {
            StoreError::File { .. } => (
                "检查它是否存在、是否有读写权限",
                "check that it is there, and that it may be read and written",
            ),
            StoreError::NotAStore { .. } => (
                "一个 Gradus 工作区的 store.sqlite；检查 gradus.yaml 的 store 指向哪里",
                "the store.sqlite of a workspace; look where `store` of gradus.yaml points",
            ),
            StoreError::NewerSchema { .. } => ("使用更新的程序", "use the newer program"),
            StoreError::ChangedMigration { .. } => (
                "使用写下它的那个程序；数据库不要手工修改，改过就从备份恢复（gradus restore）",
                "use the program that wrote it; if somebody changed the schema by hand, restore it from a backup (gradus restore)",
            ),
            StoreError::OldSqlite { .. } => (
                "使用我们发布的程序，其中已带 SQLite",
                "use the program as we release it, which brings its SQLite",
            ),
            StoreError::OldPostgres { .. } => ("升级数据库服务器", "upgrade the database server"),
            StoreError::DatabaseEncoding { .. } => (
                "用 CREATE DATABASE … ENCODING 'UTF8' 另建一个数据库",
                "make another database, by CREATE DATABASE … ENCODING 'UTF8'",
            ),
            StoreError::Unreachable { .. } => (
                "启动数据库服务器，或更正 host 和 port；检查防火墙",
                "start the server, or correct host and port; look at the firewall",
            ),
            StoreError::AccessDenied { .. } => (
                "正确的用户和密码，并由数据库管理员授予这个模式的权限",
                "the right user and password; and the database's administrator grants the schema to them",
            ),
            StoreError::NoDatabase { .. } => (
                "由数据库管理员建立它，或更正 gradus.yaml 里的名称",
                "the database's administrator makes it; or correct the name in gradus.yaml",
            ),
            StoreError::NotEncrypted { .. } => (
                "更正服务器的证书或 root_certificate；仅在可信网络内才关闭加密",
                "correct the server's certificate or `root_certificate`; turn encryption off in a network that you trust only",
            ),
            StoreError::MasterKeyMissing { .. } => (
                "把主密钥放到这个文件，或放进环境变量 GRADUS_MASTER_KEY；从备份恢复的工作区用的是原工作区的主密钥",
                "put the master key there, or into GRADUS_MASTER_KEY; a workspace from a backup has the key of the one that was backed up",
            ),
            StoreError::MasterKeyMalformed { .. } => (
                "原样复制主密钥，一个字符不多不少",
                "copy the master key as it is, without a character more or less",
            ),
            StoreError::MasterKeyExists { .. } => {
                ("要更换主密钥，用 gradus vault rekey", "`gradus vault rekey` gives another master key")
            }
            StoreError::WrongMasterKey { .. } => (
                "这个工作区自己的主密钥，编号如上",
                "the master key of this very workspace, of the id that is named",
            ),
            StoreError::Unreadable { .. } | StoreError::Malformed { .. } => (
                "从备份恢复（gradus restore），并检查磁盘",
                "restore it from a backup (gradus restore), and check the disk",
            ),
            StoreError::SurrogateTaken { .. } | StoreError::NoRandomness { .. } => (
                "重试；仍然如此时设置 GRADUS_CAUSE=1，并把显示的原因告诉我们",
                "try again; if it stays so, set GRADUS_CAUSE=1 and send us the cause",
            ),
            StoreError::UnknownIdentity { .. } => (
                "客户编号、手机号、邮箱，或 # 加账本编号",
                "a customer number, phone, e-mail, or # and the ledger's number",
            ),
            StoreError::UnknownImport { .. } => {
                ("gradus imports 列出已有的，选其中一个", "one of those that `gradus imports` lists")
            }
            StoreError::UnknownVersion { .. } => (
                "gradus versions list 列出已有的，选其中一个",
                "one of those that `gradus versions list` lists",
            ),
            StoreError::UnknownRun { .. } => {
                ("gradus runs 列出已有的，选其中一个", "one of those that `gradus runs` lists")
            }
            StoreError::ImportStatus { .. } | StoreError::VersionState { .. } => {
                ("先查看现在的状态", "look at how it stands now")
            }
            StoreError::Taken { .. } => ("换一个名称", "another name"),
            StoreError::NulCharacter => ("去掉这个字符", "the text without it"),
            StoreError::Busy { .. } => ("稍后再试", "try again later"),
            StoreError::ConnectionLost { .. } => {
                ("检查数据库服务器，然后重试", "check the server, then try again")
            }
            StoreError::DiskFull { .. } => ("腾出空间，然后重试", "make room, then try again"),
            StoreError::Corrupt { .. } => (
                "从备份恢复（gradus restore），并检查磁盘",
                "restore it from a backup (gradus restore), and check the disk",
            ),
            StoreError::Database { .. } => (
                "重试；仍然如此时设置 GRADUS_CAUSE=1，并把显示的原因告诉我们",
                "try again, and if it stays so, set GRADUS_CAUSE=1 and send us the cause",
            ),
        };
        Text::new(zh, en)
    }

    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError + '_ {
        move |source| StoreError::File { path: path.to_path_buf(), source }
    }

    pub(crate) fn malformed(what: impl Into<String>) -> StoreError {
        StoreError::Malformed { what: what.into() }
    }
}

/// The state of a version or an import, as the page calls it.
fn state_zh(state: &'static str) -> &'static str {
    match state {
        "review" => "待审批",
        "approved" => "已批准",
        "rejected" => "已驳回",
        "withdrawn" => "已撤回",
        "published" => "已发布",
        "planned" => "已计划",
        "vaulted" => "个人信息已入库",
        "committed" => "数据已写入",
        "done" => "已完成",
        "undone" => "已撤销",
        "abandoned" => "已中断",
        other => other,
    }
}

/// SQLite's primary result codes that mean something to an operator.
const BUSY: u32 = 5;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
pub(crate) const NOT_A_DATABASE: u32 = 26;

/// The primary result code, without SQLite's extension in the higher bits.
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let error = error.as_database_error()?.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    let code: u32 = sqlx::error::DatabaseError::code(error)?.parse().ok()?;
    Some(code & 0xff)
}

/// The five characters by which PostgreSQL names what is wrong.
pub(crate) fn sqlstate(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?.try_downcast_ref::<sqlx::postgres::PgDatabaseError>()?;
    Some(error.code().to_string())
}

impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> StoreError {
        if let Some(state) = sqlstate(&source) {
            return match state.as_str() {
                // lock_not_available, too_many_connections
                "55P03" | "53300" => StoreError::Busy { source },
                "53100" => StoreError::DiskFull { source },
                "XX001" | "XX002" => StoreError::Corrupt { source },
                // The server is being shut down, or is starting.
                "57P01" | "57P02" | "57P03" => StoreError::ConnectionLost { source },
                state if state.starts_with("08") => StoreError::ConnectionLost { source },
                _ => StoreError::Database { source },
            };
        }
        match (primary_code(&source), &source) {
            (Some(BUSY), _) | (None, sqlx::Error::PoolTimedOut) => StoreError::Busy { source },
            (Some(FULL), _) => StoreError::DiskFull { source },
            (Some(CORRUPT | NOT_A_DATABASE), _) => StoreError::Corrupt { source },
            (None, sqlx::Error::Io(_) | sqlx::Error::Tls(_)) => StoreError::ConnectionLost { source },
            _ => StoreError::Database { source },
        }
    }
}

impl From<getrandom::Error> for StoreError {
    fn from(source: getrandom::Error) -> StoreError {
        StoreError::NoRandomness { source }
    }
}
