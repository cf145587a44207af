//! What can go wrong with a verb. Mistakes of the operator are findings and travel beside results;
//! where they stop the verb they are one variant here.

use std::path::{Path, PathBuf};

use gradus_ledger::LedgerError;
use gradus_ledger::error::{cause, damaged, defect, failure, io_failure, may_be_damage};
use gradus_ledger::table::damaged_files;
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::StoreError;

use crate::access::{Permission, Proof};
use crate::accounts::NotAdmitted;

/// Why a verb did not finish.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The operator's documents, files or arguments are wrong.
    #[error("{} findings", .0.0.len())]
    Findings(Findings),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the engine failed: {0}")]
    Engine(#[from] datafusion::error::DataFusionError),
    #[error("rows could not be processed: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// They are signed in and may not do this.
    #[error("this needs the right {0:?}")]
    Forbidden(Permission),
    /// They see a part of the customers, and this is about all of them, or about another one.
    #[error("this is outside of what this account sees")]
    OutOfScope,
    /// The same whatever was wrong, so that nobody learns which accounts there are.
    #[error("e-mail address, password or code is wrong, or no longer valid")]
    InvalidCredentials,
    /// The company's provider of identities knows them, and they may not work here.
    #[error("not admitted: {}", .0.code())]
    NotAdmitted(NotAdmitted),
    /// The password is right, and the account has a second factor.
    #[error("the code of the second factor is needed")]
    SecondFactorNeeded,
    /// They are to have a second factor and have none.
    #[error("a second factor is to be set up first")]
    SecondFactorDemanded,
    /// It is too long ago that they showed that it is they.
    #[error("whoever asks has to show anew that it is they")]
    NotPresent(Vec<Proof>),
    /// The key is not taken from where it came.
    #[error("the key is not taken from this network")]
    WrongNetwork,
    #[error("too many attempts; try again in {retry_after_s} seconds")]
    Throttled { retry_after_s: i64 },
    #[error("there is no such {what}")]
    NotFound { what: &'static str },
    /// Somebody else was faster, or it is already done.
    #[error("{what}: it was changed meanwhile, or it is already done")]
    Conflict { what: &'static str },
    /// A defect of ours; says so.
    #[error("this is a defect of Gradus: {0}")]
    Defect(String),
}

impl WorkspaceError {
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> WorkspaceError {
        WorkspaceError::Io { path: path.into(), source }
    }

    /// What people are told, in both languages.
    pub fn text(&self) -> Text {
        match self {
            WorkspaceError::Findings(findings) => {
                let n = findings.0.len();
                let en = if n == 1 { "one finding to mend".into() } else { format!("{n} findings to mend") };
                Text::new(format!("{n} 处需要更正"), en)
            }
            WorkspaceError::Store(error) if is_asked_wrong(error) => error.what(),
            WorkspaceError::Store(error) => error.text(),
            WorkspaceError::Ledger(error) => error.text(),
            WorkspaceError::Engine(error) => failure(error, "ledger").in_one(),
            WorkspaceError::Arrow(error) => failure(error, "ledger").in_one(),
            WorkspaceError::Io { path, source } => io_of(path, source).in_one(),
            WorkspaceError::Defect(_) => defect().in_one(),
            WorkspaceError::Forbidden(permission) => {
                let title = permission.title();
                Text::new(
                    format!("这需要权限「{}」", title.zh),
                    format!("this needs the right to {}", title.en),
                )
            }
            WorkspaceError::OutOfScope => {
                Text::new("这超出了您的数据范围", "this is outside of the customers that you may see")
            }
            WorkspaceError::InvalidCredentials => Text::new(
                "邮箱、密码或验证码不对，或已失效",
                "e-mail address, password or code is wrong, or no longer valid",
            ),
            WorkspaceError::NotAdmitted(why) => why.text(),
            WorkspaceError::SecondFactorNeeded => {
                Text::new("请输入验证码", "the code of the second factor is needed")
            }
            WorkspaceError::SecondFactorDemanded => Text::new(
                "管理员要求您开启两步验证；请先设置，之后即可继续",
                "an administrator demands a second factor of you: set it up first, then go on",
            ),
            WorkspaceError::NotPresent(ways) => not_present(ways),
            WorkspaceError::WrongNetwork => Text::new(
                "此密钥不允许从这个网络使用；请从允许的网络调用，或由管理员修改密钥的允许网络",
                "this key is not taken from this network: call from one of its own, or have an administrator change them",
            ),
            WorkspaceError::Throttled { retry_after_s } => Text::new(
                format!("尝试次数过多，请在 {retry_after_s} 秒后再试"),
                format!("too many attempts; try again in {retry_after_s} seconds"),
            ),
            WorkspaceError::NotFound { what } => Text::new(
                format!("没有找到这个{}", thing_zh(what)),
                format!("there is no such {}", thing_en(what)),
            ),
            WorkspaceError::Conflict { .. } => Text::new(
                "已被他人修改，或已经完成；请刷新后再试",
                "somebody changed it meanwhile, or it is already done; reload and try again",
            ),
        }
    }
}

impl WorkspaceError {
    /// What was asked for is wrong, and no more than that: there is no such thing, it is no more as it was, or it
    /// is there already. `None`: the world failed, or a finding says so already.
    pub fn as_finding(&self) -> Option<Finding> {
        let right = |zh: &str, en: &str| Text::new(zh, en);
        Some(match self {
            WorkspaceError::NotFound { what } => {
                Finding::error("no-such-thing", Place::default(), self.text(), listed_by(what))
            }
            WorkspaceError::Conflict { .. } => Finding::error(
                "changed-meanwhile",
                Place::default(),
                Text::new("已被他人修改，或已经完成", "somebody changed it meanwhile, or it is already done"),
                right("先查看现在的状态", "look at how it stands now"),
            ),
            WorkspaceError::Store(StoreError::UnknownImport { .. }) => {
                Finding::error("no-such-thing", Place::default(), self.text(), listed_by("import"))
            }
            WorkspaceError::Store(StoreError::UnknownVersion { .. }) => {
                Finding::error("no-such-thing", Place::default(), self.text(), listed_by("version"))
            }
            WorkspaceError::Store(StoreError::UnknownRun { .. }) => {
                Finding::error("no-such-thing", Place::default(), self.text(), listed_by("run"))
            }
            WorkspaceError::Store(StoreError::UnknownIdentity { .. }) => {
                Finding::error("no-such-thing", Place::default(), self.text(), listed_by("identity"))
            }
            WorkspaceError::Store(StoreError::ImportStatus { .. } | StoreError::VersionState { .. }) => {
                Finding::error(
                    "not-in-this-state",
                    Place::default(),
                    self.text(),
                    right("先查看现在的状态", "look at how it stands now"),
                )
            }
            WorkspaceError::Store(StoreError::Taken { .. }) => {
                Finding::error("taken", Place::default(), self.text(), right("换一个名称", "another name"))
            }
            _ => return None,
        })
    }
}

impl WorkspaceError {
    /// Whatever it is, as a finding: a code that never changes its meaning, where, what, and what can be done.
    /// Nothing is shown to people without.
    pub fn as_failure(&self) -> Finding {
        if let Some(finding) = self.as_finding() {
            return finding;
        }
        let failed = |code: &'static str, zh: &str, en: &str| {
            Finding::error(code, Place::default(), self.text(), Text::new(zh, en))
        };
        match self {
            WorkspaceError::Store(error) => error.as_finding(),
            WorkspaceError::Ledger(error) => error.as_finding(),
            WorkspaceError::Engine(error) => failure(error, "ledger"),
            WorkspaceError::Arrow(error) => failure(error, "ledger"),
            WorkspaceError::Io { path, source } => io_of(path, source),
            WorkspaceError::Defect(_) => defect(),
            WorkspaceError::Findings(findings) => match &findings.0[..] {
                [only] => only.clone(),
                _ => failed("findings", "逐条更正", "mend each of them"),
            },
            WorkspaceError::Forbidden(_) => failed(
                "forbidden",
                "由有此权限的人来做，或请管理员授予",
                "somebody who has the right does it, or an administrator grants it",
            ),
            WorkspaceError::OutOfScope => failed(
                "out-of-scope",
                "由能看所有客户的人来做，或请管理员放宽数据范围",
                "somebody who sees all customers does it, or an administrator widens the data scope",
            ),
            WorkspaceError::InvalidCredentials => failed(
                "invalid-credentials",
                "重新输入；忘记了就请管理员重置密码",
                "type them again; an administrator resets a password that was forgotten",
            ),
            WorkspaceError::NotAdmitted(_) => failed(
                "not-admitted",
                "请管理员在“用户与权限”或身份提供方那里处理",
                "an administrator sees to it under “Users and roles”, or at the provider of identities",
            ),
            WorkspaceError::SecondFactorNeeded => failed(
                "second-factor-needed",
                "身份验证器上的 6 位数字，或一个恢复代码",
                "the six digits of the authenticator, or a recovery code",
            ),
            WorkspaceError::SecondFactorDemanded => failed(
                "second-factor-demanded",
                "在网页的“我的账户”里设置两步验证",
                "set a second factor up, under “My account” on the page",
            ),
            WorkspaceError::NotPresent(_) => {
                failed("not-present", "确认身份之后重试", "show that it is you, then try again")
            }
            WorkspaceError::WrongNetwork => failed(
                "wrong-network",
                "从允许的网络调用；gradus key networks 修改允许的网络",
                "call from one of its networks; `gradus key networks` changes them",
            ),
            WorkspaceError::Throttled { .. } => {
                failed("throttled", "到时间后再试", "try again after that time")
            }
            // Told above; the compiler asks for them here.
            WorkspaceError::NotFound { .. } | WorkspaceError::Conflict { .. } => {
                failed("changed-meanwhile", "先查看现在的状态", "look at how it stands now")
            }
        }
    }
}

/// What was asked for is wrong, and not the store.
fn is_asked_wrong(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::UnknownImport { .. }
            | StoreError::UnknownVersion { .. }
            | StoreError::UnknownRun { .. }
            | StoreError::UnknownIdentity { .. }
            | StoreError::ImportStatus { .. }
            | StoreError::VersionState { .. }
            | StoreError::Taken { .. }
    )
}

/// What the system refused of a path that somebody typed, or of the ledger.
fn io_of(path: &Path, source: &std::io::Error) -> Finding {
    let of_ledger = path.components().any(|part| part.as_os_str() == "ledger");
    io_failure(&path.display().to_string(), source, of_ledger)
}

/// What a thing that is looked for is called.
fn thing_zh(what: &'static str) -> &'static str {
    match what {
        "account" => "用户",
        "backtest" => "回测",
        "backup" => "备份",
        "customer" => "客户",
        "draft" => "草稿",
        "file" => "文件",
        "identity" => "标识",
        "import" => "导入",
        "indicator" => "指标",
        "grouping" => "分组",
        "job" => "任务",
        "key" => "密钥",
        "kpis" => "指标卡",
        "level" => "等级",
        "model" => "模型",
        "override" => "人工调整",
        "pair" => "客户对",
        "prediction" => "预测",
        "publication" => "发布",
        "quarantined row" => "隔离行",
        "run" => "评级",
        "scheme" => "等级方案",
        "scorecard" => "评分卡",
        "second factor" => "两步验证",
        "segment" => "分群",
        "session" => "会话",
        "setup" => "初始设置",
        "simulation" => "试算",
        "source" => "数据源",
        "step" => "步骤",
        "tier" => "等级方案",
        "tour" => "导览",
        "upload" => "上传",
        "version" => "版本",
        "view" => "视图",
        other => other,
    }
}

/// The same in English, where people call it otherwise than the code does.
fn thing_en(what: &'static str) -> &'static str {
    match what {
        "account" => "user",
        "backtest" => "back-test",
        "pair" => "pair of customers",
        other => other,
    }
}

/// Where those that there are can be seen.
fn listed_by(what: &str) -> Text {
    let command = match what {
        "account" => "gradus user list",
        "import" => "gradus imports",
        "key" => "gradus key list",
        "override" => "gradus override list",
        "quarantined row" => "gradus quarantine list",
        "run" => "gradus runs",
        "publication" | "version" => "gradus versions list",
        "customer" | "identity" => {
            return Text::new(
                "客户编号、手机号、邮箱，或 # 加账本编号",
                "a customer number, phone, e-mail, or # and the ledger's number",
            );
        }
        _ => return Text::new("列出已有的，再选其中一个", "list what there is, and name one of them"),
    };
    Text::new(format!("{command} 列出已有的，选其中一个"), format!("one of those that `{command}` lists"))
}

/// What people are told of an error in a workspace. If a file of the ledger may be damaged, it is looked
/// for, so that they know which.
pub fn failed(root: &Path, error: &WorkspaceError) -> Finding {
    let may_be = match error {
        WorkspaceError::Ledger(LedgerError::Io { .. } | LedgerError::LeaseHeld { .. }) => false,
        WorkspaceError::Ledger(_) | WorkspaceError::Engine(_) | WorkspaceError::Arrow(_) => {
            may_be_damage(error)
        }
        _ => false,
    };
    let broken = if may_be { damaged_files(&root.join("ledger")) } else { Vec::new() };
    let names: Vec<String> = broken
        .iter()
        .take(3)
        .map(|path| path.strip_prefix(root).unwrap_or(path).display().to_string())
        .collect();
    if names.is_empty() { error.as_failure() } else { damaged(&names.join(", ")) }
}

/// The same in one text.
pub fn told(root: &Path, error: &WorkspaceError) -> Text {
    failed(root, error).in_one()
}

/// The technical cause, for those who mend programs.
pub fn technical_cause(error: &WorkspaceError) -> String {
    cause(error)
}

impl From<Findings> for WorkspaceError {
    fn from(findings: Findings) -> WorkspaceError {
        WorkspaceError::Findings(findings)
    }
}

impl From<gradus_model::Finding> for WorkspaceError {
    fn from(finding: gradus_model::Finding) -> WorkspaceError {
        WorkspaceError::Findings(Findings(vec![finding]))
    }
}

/// What somebody is told who has to show anew that it is they.
fn not_present(ways: &[Proof]) -> Text {
    let typed = ways.iter().any(|way| matches!(way, Proof::Password | Proof::Totp));
    if typed {
        return Text::new(
            "此操作较敏感，请先确认是您本人：输入密码或验证码",
            "this is sensitive: show first that it is you, by your password or a code of your second factor",
        );
    }
    if ways.contains(&Proof::Provider) {
        return Text::new(
            "此操作较敏感，请先到身份提供方重新登录",
            "this is sensitive: sign in anew at your provider of identities first",
        );
    }
    Text::new(
        "此操作较敏感，请先用新的一次性链接重新登录，或设置密码",
        "this is sensitive: sign in anew by another one-time link first, or set a password",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Every `what: "…"` of this room's sources.
    fn things(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                things(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for opening in ["NotFound { what: \"", "Conflict { what: \""] {
                for (at, _) in text.match_indices(opening) {
                    found.extend(text[at + opening.len()..].split('"').next().map(String::from));
                }
            }
        }
    }

    #[test]
    fn whatever_is_not_there_has_a_name_in_chinese() {
        let mut found = Vec::new();
        things(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() > 20, "{found:?}");
        for what in found.into_iter().filter(|what| !what.is_empty()) {
            let named = thing_zh(Box::leak(what.clone().into_boxed_str()));
            assert!(!named.is_ascii(), "“{what}” has no Chinese name");
        }
    }

    #[test]
    fn no_error_is_told_without_a_code_and_what_can_be_done() {
        use std::io::{Error, ErrorKind};

        let io = |kind: ErrorKind| WorkspaceError::io("/data/orders.csv", Error::from(kind));
        let ledger = |error: LedgerError| WorkspaceError::Ledger(error);
        let store = |error: StoreError| WorkspaceError::Store(error);
        let path = || PathBuf::from("/crm/.gradus/master.key");
        let all = [
            WorkspaceError::Findings(Findings(Vec::new())),
            ledger(LedgerError::TableExists { path: "ledger/events".into() }),
            ledger(LedgerError::NotATable { path: "ledger/events".into(), reason: "no log".into() }),
            ledger(LedgerError::FormatTooNew { path: "ledger/events".into(), found: 9, supported: 2 }),
            ledger(LedgerError::LeaseHeld { path: "ledger/lease".into() }),
            ledger(LedgerError::Fenced { ours: 1, found: 2 }),
            ledger(LedgerError::Conflict { reason: "rewritten".into() }),
            ledger(LedgerError::Columns { column: "amount".into(), reason: "type".into() }),
            ledger(LedgerError::Task("panicked".into())),
            ledger(LedgerError::io("ledger/events/a.parquet", Error::from(ErrorKind::NotFound))),
            store(StoreError::MasterKeyMissing { path: path() }),
            store(StoreError::MasterKeyExists { path: path() }),
            store(StoreError::MasterKeyMalformed { place: "GRADUS_MASTER_KEY".into() }),
            store(StoreError::WrongMasterKey { expected: "a".into(), given: "b".into() }),
            store(StoreError::Unreadable { what: "a row".into() }),
            store(StoreError::Malformed { what: "a row".into() }),
            store(StoreError::Taken { what: "lin@example.com".into() }),
            store(StoreError::NotAStore { place: "store.sqlite".into() }),
            store(StoreError::NewerSchema { place: "store.sqlite".into(), found: 9, known: 2 }),
            store(StoreError::UnknownImport { number: 7 }),
            store(StoreError::UnknownVersion { number: 7 }),
            store(StoreError::UnknownRun { id: "7".into() }),
            store(StoreError::UnknownIdentity { surrogate: 7 }),
            store(StoreError::ImportStatus { number: 7, is: "done", wanted: "undone" }),
            store(StoreError::VersionState { number: 7, is: "review", wanted: "published" }),
            store(StoreError::NulCharacter),
            WorkspaceError::Engine(datafusion::error::DataFusionError::Internal("x".into())),
            WorkspaceError::Arrow(arrow::error::ArrowError::DivideByZero),
            io(ErrorKind::NotFound),
            io(ErrorKind::PermissionDenied),
            io(ErrorKind::StorageFull),
            io(ErrorKind::Other),
            WorkspaceError::Forbidden(Permission::ManageUsers),
            WorkspaceError::OutOfScope,
            WorkspaceError::InvalidCredentials,
            WorkspaceError::NotAdmitted(NotAdmitted::NoGroup),
            WorkspaceError::SecondFactorNeeded,
            WorkspaceError::SecondFactorDemanded,
            WorkspaceError::NotPresent(vec![Proof::Password]),
            WorkspaceError::WrongNetwork,
            WorkspaceError::Throttled { retry_after_s: 15 },
            WorkspaceError::NotFound { what: "run" },
            WorkspaceError::Conflict { what: "job" },
            WorkspaceError::Defect("x".into()),
        ];
        for error in all {
            let finding = error.as_failure();
            let code = finding.code;
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{error:?}: {code}");
            for text in [&finding.what, &finding.right] {
                assert!(!text.en.is_empty() && !text.zh.is_ascii(), "{error:?}: {text:?}");
            }
            assert!(finding.render(gradus_model::Lang::Zh).contains(&format!("[{code}]")));
            // Nobody reads the words of the engine or of the system.
            assert!(!finding.what.en.contains("os error"), "{finding:?}");
        }
    }

    #[test]
    fn only_what_is_of_the_ledger_comes_back_from_a_backup() {
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let typed = WorkspaceError::io("/srv/no/such/all.csv", missing()).as_failure();
        assert_eq!((typed.code, typed.place.to_string().as_str()), ("file-missing", "/srv/no/such/all.csv"));
        assert!(!typed.in_one().en.contains("restore") && !typed.in_one().zh.contains("恢复"), "{typed:?}");
        let own = WorkspaceError::io("/crm/ledger/events/a.parquet", missing()).as_failure();
        assert!(own.right.en.contains("gradus restore"), "{own:?}");
    }

    #[test]
    fn what_is_not_there_says_who_lists_it() {
        let finding = WorkspaceError::NotFound { what: "run" }.as_finding().unwrap();
        assert_eq!(finding.what, Text::new("没有找到这个评级", "there is no such run"));
        assert_eq!(finding.right.en, "one of those that `gradus runs` lists");
        let version = WorkspaceError::Store(StoreError::UnknownVersion { number: 7 }).as_finding().unwrap();
        assert!(version.what.zh.contains('7') && version.right.zh.contains("gradus versions list"));
    }
}
