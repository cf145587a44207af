//! What can be typed.

mod learn;
mod learn_clusters;
mod next;
mod overrides;
mod parts;
mod quarantine;
mod satisfaction;
mod training;
mod users;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use gradus_model::Lang;

pub use self::learn::*;
pub use self::learn_clusters::*;
pub use self::next::*;
pub use self::overrides::*;
pub use self::parts::*;
pub use self::quarantine::*;
pub use self::satisfaction::*;
pub use self::training::*;
pub use self::users::*;

/// Below it stand the options that every command takes, so that its own are seen first.
const EVERYWHERE: &str = "With every command (通用)";

/// Score, tier and segment a company's customers (客户评分、分级、分群).
#[derive(Debug, Parser)]
#[command(name = "gradus", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// The workspace's folder (工作区文件夹).
    #[arg(long, short = 'w', global = true, value_name = "FOLDER", default_value = ".", help_heading = EVERYWHERE)]
    pub workspace: PathBuf,
    /// zh or en; by the locale if left out (语言).
    #[arg(long, global = true, value_enum, help_heading = EVERYWHERE)]
    pub lang: Option<LangArgument>,
    /// For people or for programs (输出格式).
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, help_heading = EVERYWHERE)]
    pub format: Format,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LangArgument {
    Zh,
    En,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a workspace (建立工作区).
    Init {
        /// Its folder; that of --workspace if left out (文件夹).
        dir: Option<PathBuf>,
        /// Take the documents of this example's folder (采用示例文件夹的文档).
        #[arg(long, value_name = "FOLDER")]
        example: Option<PathBuf>,
        /// Begin with this industry: documents, sample data, grades, a tour (行业样例); or with this template of a
        /// model, which may be repeated (模板). `gradus template list` names them all.
        #[arg(long, value_name = "NAME", conflicts_with = "example")]
        template: Vec<String>,
        /// Of an industry only sources and model, without its sample data (不含样例数据).
        #[arg(long, requires = "template")]
        without_data: bool,
        /// IANA name of the zone in which local dates are counted (时区).
        #[arg(long, value_name = "ZONE", default_value = "Asia/Shanghai")]
        time_zone: String,
        /// ISO 4217 code in which amounts are summed (货币).
        #[arg(long, value_name = "CODE", default_value = "CNY")]
        currency: String,
        #[command(flatten)]
        store: StoreArguments,
    },
    /// Run the model's test cases: what it gives beside what its author expects (测试用例).
    Test {
        /// Names of cases; all of them if left out (用例名称).
        names: Vec<String>,
        /// `folder`, `draft`, or the number of a version (文件夹、草稿或版本号).
        #[arg(long, value_name = "VERSION", default_value = "folder")]
        of: String,
        /// Fail if the cases meet less of the rules than this, in per cent (最低覆盖率).
        #[arg(long, value_name = "PERCENT")]
        min_coverage: Option<f64>,
    },
    /// Who stands provisionally because something is unknown, and what would settle most (缺什么信息).
    Missing {
        /// A date (its close) or an instant; the newest graded one if left out.
        #[arg(long)]
        as_of: Option<String>,
    },
    /// Check every document, prove what can be proved of the model, and print every finding (检查).
    Check {
        /// Also the least and the greatest score of each card, with an input for each.
        #[arg(long)]
        scores: bool,
    },
    /// Read files into the ledger (导入).
    Import {
        /// Files, folders or globs (文件、文件夹或通配符).
        #[arg(required_unless_present = "undo")]
        files: Vec<String>,
        /// The source they belong to; by file name if left out (数据源).
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        /// Read and judge, write nothing (试运行).
        #[arg(long)]
        dry_run: bool,
        /// Undo the import of this number instead: what it brought does not count any more; with --dry-run,
        /// only say what that means (撤销导入).
        #[arg(long, value_name = "NUMBER", conflicts_with_all = ["files", "source", "quality", "propose"])]
        undo: Option<i64>,
        /// Show the quality report too (数据质量).
        #[arg(long)]
        quality: bool,
        /// Print a source document proposed for each file instead (提议映射).
        #[arg(long, conflicts_with_all = ["dry_run", "source"])]
        propose: bool,
    },
    /// The imports that were made, newest first, with their numbers (导入记录).
    Imports {
        /// How many (条数).
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Rows that were refused (隔离区).
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Grade everyone (评级).
    Grade {
        /// A date, or FROM..TO with --every; the clock's now if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        /// day, week, month, quarter or year (间隔).
        #[arg(long, value_name = "STEP")]
        every: Option<String>,
        /// Only what was known by then (得知于).
        #[arg(long, value_name = "DATE")]
        known_at: Option<String>,
        /// Do not keep the grades (不保存).
        #[arg(long)]
        no_store: bool,
        /// Each date by the version that was in force on it, instead of the one in force now; nothing is kept
        /// (按当时生效的版本).
        #[arg(long, requires = "as_of")]
        by_then: bool,
        /// Read the ledger even where stored indicators would do (重新计算指标).
        #[arg(long)]
        fold_anew: bool,
        /// Threads; all processors if left out (线程数).
        #[arg(long, value_name = "N")]
        threads: Option<std::num::NonZeroUsize>,
    },
    /// Write each customer's state, the base of the day for real time (写入客户状态).
    Rebase {
        /// An instant or a date; the clock's now if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        /// Only what was known by then (得知于).
        #[arg(long, value_name = "DATE")]
        known_at: Option<String>,
        /// Threads; all processors if left out (线程数).
        #[arg(long, value_name = "N")]
        threads: Option<std::num::NonZeroUsize>,
    },
    /// Why a customer has these grades (解释).
    Explain {
        /// A customer number, phone or e-mail, or # and the ledger's number (客户).
        customer: String,
        /// A graded date; the newest if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        /// Another date, or another customer, to compare with (比较).
        #[arg(long, value_name = "DATE|CUSTOMER")]
        against: Option<String>,
    },
    /// Write the whole workspace to one file (备份).
    Backup {
        /// The file; one that is there is replaced (备份文件).
        to: PathBuf,
        /// With the master key: whoever has the file then sees who the customers are (连同主密钥).
        #[arg(long)]
        with_master_key: bool,
    },
    /// Make a workspace of a backup, in an empty folder (恢复).
    Restore {
        /// A file that `gradus backup` wrote (备份文件).
        from: PathBuf,
        /// Keep the store in the workspace's folder, wherever it was (数据库放在文件夹里).
        #[arg(long, conflicts_with = "store_host")]
        store_in_folder: bool,
        #[command(flatten)]
        store: StoreArguments,
    },
    /// The gradings that were made, newest first (评级记录).
    Runs {
        /// How many (条数).
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Models to begin with (模板).
    #[command(subcommand)]
    Template(TemplateCommand),
    /// What was graded of a customer, instant by instant (历史).
    History {
        /// A customer number, phone, e-mail, or # and the ledger's number (客户).
        customer: String,
        /// One indicator, score, tier, segment or grouping; all of them if left out (指标).
        #[arg(long, value_name = "NAME")]
        indicator: Option<String>,
    },
    /// A segment: what it says, how large it is and who is in it, on any day (分群).
    Segment {
        /// Its name in the model (名称).
        name: String,
        /// Any day; the newest graded one if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        #[command(flatten)]
        page: PageArguments,
    },
    /// Customers of a tier, segment or group, identifiers masked (名单).
    List {
        /// Those of a tier; `SCHEME=` for who is not graded (等级).
        #[arg(long, value_name = "SCHEME=LEVEL")]
        tier: Option<String>,
        /// Those of a segment (分群).
        #[arg(long, value_name = "NAME")]
        segment: Option<String>,
        /// Those of a group (分组).
        #[arg(long, value_name = "GROUPING=GROUP")]
        group: Option<String>,
        /// Any day; the newest graded one if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        /// Names of columns, separated by commas; scores and the first indicators if left out (列).
        #[arg(long, value_name = "NAMES", value_delimiter = ',')]
        columns: Vec<String>,
        /// A column to sort by; -COLUMN from the largest down (排序).
        #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
        sort: Option<String>,
        #[command(flatten)]
        page: PageArguments,
    },
    /// A tier that a person sets for a customer, with reason, approver and end (人工调整).
    #[command(subcommand)]
    Override(OverrideCommand),
    /// Say that two identities are one customer's (关联); this is in the audit log.
    Link {
        /// A customer number, phone or e-mail, SYSTEM:ID of another system, or # and the ledger's number (身份).
        a: String,
        /// The other one, in the same way.
        b: String,
        /// From this date on; always if left out (起始日期).
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// Why, in words that name nobody (理由).
        #[arg(long)]
        reason: String,
    },
    /// Say that two identities are not one customer's (解除关联); this is in the audit log.
    Unlink {
        /// An identity, as for `gradus link` (身份).
        a: String,
        /// The other one.
        b: String,
        /// Why, in words that name nobody (理由).
        #[arg(long)]
        reason: String,
    },
    /// A customer's identities, since when and by what evidence (身份).
    Links {
        /// A customer number, phone or e-mail, SYSTEM:ID of another system, or # and the ledger's number (客户).
        customer: String,
        /// In full and not masked; this is in the audit log (显示明文).
        #[arg(long)]
        identifiers: bool,
    },
    /// Write the report: one self-contained page (报告).
    Report {
        /// A graded date; the newest if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        /// The file; below reports/ if left out (文件).
        #[arg(long, short = 'o', value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Write customers to a file: .csv, .xlsx or .parquet (导出).
    Export {
        /// The file; its ending says which kind (文件).
        to: PathBuf,
        /// A graded date; the newest if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        /// Only those of a segment (分群).
        #[arg(long, value_name = "NAME", conflicts_with = "tier")]
        segment: Option<String>,
        /// Only those of a tier (等级).
        #[arg(long, value_name = "SCHEME=LEVEL")]
        tier: Option<String>,
        /// Names of columns, separated by commas; all if left out (列).
        #[arg(long, value_name = "NAMES", value_delimiter = ',')]
        columns: Vec<String>,
        /// GB18030 instead of UTF-8, for older Chinese programs (用 GB18030 编码).
        #[arg(long)]
        gb18030: bool,
        /// Head the columns with their names instead of titles (表头用名称).
        #[arg(long)]
        names: bool,
        /// With phone, e-mail and numbers of the customers; this is in the audit log (附身份明文).
        #[arg(long)]
        identifiers: bool,
        /// Do not guard texts that a spreadsheet would run: for programs only (不防公式).
        #[arg(long)]
        raw: bool,
    },
    /// Make the model of DIR/model the draft (应用文件中的模型); publishing it takes an approval.
    Apply {
        /// A folder with `model/` (文件夹).
        folder: PathBuf,
        /// Submit it for review with this note (提交审批).
        #[arg(long, value_name = "NOTE")]
        submit: Option<String>,
        /// Take the place of a draft that is there (替换已有草稿).
        #[arg(long)]
        replace_draft: bool,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Write the model in force to DIR/model/model.yaml (取回模型).
    Pull {
        /// The folder that gets `model/` (文件夹).
        folder: PathBuf,
        /// The draft instead (草稿).
        #[arg(long, conflicts_with = "version")]
        draft: bool,
        /// This version instead (版本号).
        #[arg(long, value_name = "NUMBER")]
        version: Option<i64>,
        /// Take the place of other model documents of the folder (替换已有文档).
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// What the draft or a version would do to everybody (试算); nothing is kept.
    Simulate {
        /// `draft`, `folder`, or the number of a version (草稿、文件夹或版本号).
        #[arg(default_value = "folder")]
        version: String,
        /// A date; the newest graded one if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        /// Over a stretch of history: its first date (起始日期).
        #[arg(long, value_name = "DATE", conflicts_with = "as_of")]
        from: Option<String>,
        /// Its last date; the newest graded one if left out (截止日期).
        #[arg(long, value_name = "DATE", conflicts_with = "as_of")]
        to: Option<String>,
        /// day, week, month, quarter or year; month if left out (步长).
        #[arg(long, value_name = "STEP", conflicts_with = "as_of")]
        every: Option<String>,
        /// How often customers would have moved back and forth, with and without the keep rules (来回升降).
        #[arg(long, conflicts_with = "as_of")]
        flapping: bool,
    },
    /// Whether grades were right: graded with what was known on a day, held against what came after (回测).
    Backtest {
        /// A date, or FROM..TO with --every; the last day whose horizon is over if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        /// How long after it outcomes are counted: 90d, 3 months; the model's, else 90 days (观察期).
        #[arg(long, value_name = "SPAN")]
        horizon: Option<String>,
        /// So many dates: the given one and those before it, a step of --every apart (日期个数).
        #[arg(long, value_name = "N")]
        dates: Option<u32>,
        /// day, week, month, quarter or year (间隔).
        #[arg(long, value_name = "STEP", default_value = "month")]
        every: String,
        /// `draft` or `folder`; what is in force if left out (模型).
        #[arg(long, value_name = "WHICH", conflicts_with = "version")]
        model: Option<String>,
        /// This version instead (版本号).
        #[arg(long, value_name = "NUMBER")]
        version: Option<i64>,
        /// The champion on the same customers: `in_force`, `draft`, `folder` or a version (对照的模型).
        #[arg(long, value_name = "WHICH")]
        against: Option<String>,
        /// Write it as a page, too (网页文件).
        #[arg(long, short = 'o', value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// How far indicators, scores and tiers moved between two gradings (漂移，PSI).
    Drift {
        /// A run, as `gradus runs` names it; the one of the instant before if left out (先前的评级).
        #[arg(long, value_name = "RUN")]
        from: Option<String>,
        /// Another; the newest if left out (后来的评级).
        #[arg(long, value_name = "RUN")]
        to: Option<String>,
    },
    /// What customers answered when asked: NPS, CSAT or CES, by group, and against loyalty (满意度与需求).
    Satisfaction(SatisfactionArguments),
    /// Learn from the ledger, without knowing the future (从数据中学习).
    #[command(subcommand)]
    Learn(LearnCommand),
    /// A version that grades in shadow beside the one in force, and changes nobody (挑战者).
    #[command(subcommand)]
    Challenger(ChallengerCommand),
    /// A seeded share that keeps an earlier version's tiers, to see what the new ones do (分级对照).
    #[command(subcommand, name = "hold-out")]
    HoldOut(HoldOutCommand),
    /// The quarterly review: evidence, drift, outcomes, contradictions, and a proposed change (季度复盘).
    Review {
        /// Such as 2011-Q4; the last one that is over if left out (季度).
        #[arg(long, value_name = "QUARTER")]
        quarter: Option<String>,
        /// A file: .html or .md; both below reports/ if left out (文件).
        #[arg(long, short = 'o', value_name = "FILE")]
        to: Option<PathBuf>,
        /// Make the proposed change the draft, which `simulate draft` takes (写成草稿).
        #[arg(long)]
        draft: bool,
        /// Take the place of a draft that is there (替换已有草稿).
        #[arg(long, requires = "draft")]
        replace_draft: bool,
    },
    /// What is different between two models, in words (差异).
    Diff {
        /// `in_force`, `draft`, `folder`, or the number of a version (生效的、草稿、文件夹或版本号).
        from: String,
        /// What it is compared with, in the same way.
        to: String,
    },
    /// Rules from and for other programs: PMML, DMN, JDM (规则交换).
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Versions of the model (版本).
    #[command(subcommand)]
    Versions(VersionsCommand),
    /// The audit log (审计日志).
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Who may sign in to the page (用户).
    #[command(subcommand)]
    User(UserCommand),
    /// Keys with which programs call the API (接口密钥).
    #[command(subcommand)]
    Key(KeyCommand),
    /// The vault, where it is kept who the customers are (身份保险库).
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Serve the page and the API (网页与接口).
    Serve {
        /// Address and port; port 0 takes any that is free (监听地址).
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
        listen: std::net::SocketAddr,
        /// How people reach it, where a TLS proxy stands before it: https://… (公开地址)
        #[arg(long, value_name = "URL")]
        public_url: Option<String>,
        /// Believe the proxy's X-Forwarded-For (前面有代理).
        #[arg(long, requires = "public_url")]
        behind_proxy: bool,
        /// Print a one-time link that signs this user in from this machine, within 15 minutes; may be repeated (一次性链接).
        #[arg(long, value_name = "EMAIL")]
        enter: Vec<String>,
    },
    /// Read a workbook for the parent process.
    #[command(name = "__read-excel", hide = true)]
    ReadExcel,
}

/// The language of the locale.
pub fn lang_of_locale() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    Lang::from_locale(&locale.unwrap_or_default())
}

impl Arguments {
    /// The language: as asked, else by the locale.
    pub fn lang(&self) -> Lang {
        match self.lang {
            Some(LangArgument::Zh) => Lang::Zh,
            Some(LangArgument::En) => Lang::En,
            None => lang_of_locale(),
        }
    }

    pub fn json(&self) -> bool {
        self.format == Format::Json
    }
}
