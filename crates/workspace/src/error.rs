//! What can go wrong with a verb. Mistakes of the operator are findings and travel beside results;
//! where they stop the verb they are one variant here.

use std::path::{Path, PathBuf};

use gradus_ledger::LedgerError;
use gradus_ledger::error::{cause, damaged_text, defect_text, failure_text, io_text, may_be_damage};
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
                Text::new(format!("{n} 处需要更正"), format!("{n} findings to mend"))
            }
            WorkspaceError::Store(error) => error.text(),
            WorkspaceError::Ledger(error) => error.text(),
            WorkspaceError::Engine(error) => failure_text(error, "ledger"),
            WorkspaceError::Arrow(error) => failure_text(error, "ledger"),
            WorkspaceError::Io { path, source } => io_text(&path.display().to_string(), source),
            WorkspaceError::Defect(_) => defect_text(),
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
            WorkspaceError::NotFound { what } => {
                Text::new(format!("没有找到这个{}", thing_zh(what)), format!("there is no such {what}"))
            }
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
            WorkspaceError::NotFound { .. } => Finding::error(
                "no-such-thing",
                Place::default(),
                self.text(),
                right("列出已有的，再选其中一个", "list what there is, and name one of them"),
            ),
            WorkspaceError::Conflict { .. } => Finding::error(
                "changed-meanwhile",
                Place::default(),
                Text::new("已被他人修改，或已经完成", "somebody changed it meanwhile, or it is already done"),
                right("先查看现在的状态", "look at how it stands now"),
            ),
            WorkspaceError::Store(
                StoreError::UnknownImport { .. }
                | StoreError::UnknownVersion { .. }
                | StoreError::UnknownRun { .. }
                | StoreError::UnknownIdentity { .. },
            ) => Finding::error(
                "no-such-thing",
                Place::default(),
                self.text(),
                right("列出已有的，再选其中一个", "list what there is, and name one of them"),
            ),
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

/// What a thing that is looked for is called.
fn thing_zh(what: &'static str) -> &'static str {
    match what {
        "account" => "用户",
        "backup" => "备份",
        "customer" => "客户",
        "file" => "文件",
        "identity" => "标识",
        "import" => "导入",
        "indicator" => "指标",
        "grouping" => "分组",
        "job" => "任务",
        "key" => "密钥",
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
        "segment" => "分群",
        "session" => "会话",
        "simulation" => "模拟",
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

/// What people are told of an error in a workspace. If a file of the ledger may be damaged, it is looked
/// for, so that they know which.
pub fn told(root: &Path, error: &WorkspaceError) -> Text {
    let may_be = match error {
        WorkspaceError::Ledger(LedgerError::Io { .. } | LedgerError::LeaseHeld { .. }) => false,
        WorkspaceError::Ledger(_) | WorkspaceError::Engine(_) | WorkspaceError::Arrow(_) => {
            may_be_damage(error)
        }
        _ => false,
    };
    let damaged = if may_be { damaged_files(&root.join("ledger")) } else { Vec::new() };
    let names: Vec<String> = damaged
        .iter()
        .take(3)
        .map(|path| path.strip_prefix(root).unwrap_or(path).display().to_string())
        .collect();
    if names.is_empty() { error.text() } else { damaged_text(&names.join(", ")) }
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
