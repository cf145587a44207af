//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gradus_model::Lang;
use gradus_model::document::{PostgresqlSetting, StoreSetting};

/// Score, tier and segment a company's customers (客户评分、分级、分群).
#[derive(Debug, Parser)]
#[command(name = "gradus", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// The workspace's folder.
    #[arg(long, short = 'w', global = true, default_value = ".")]
    pub workspace: PathBuf,
    /// zh or en; by the locale if left out.
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LangArgument>,
    /// text or json.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
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
        /// Take the documents of this example.
        #[arg(long)]
        example: Option<PathBuf>,
        /// Begin with this template of a model; may be repeated. `gradus template list` names them.
        #[arg(long)]
        template: Vec<String>,
        #[arg(long, default_value = "Asia/Shanghai")]
        time_zone: String,
        #[arg(long, default_value = "CNY")]
        currency: String,
        #[command(flatten)]
        store: StoreArguments,
    },
    /// Check every document and print every finding (检查).
    Check,
    /// Read files into the ledger (导入).
    Import {
        /// Files, folders or globs.
        #[arg(required = true)]
        files: Vec<String>,
        /// The source they belong to; by file name if left out.
        #[arg(long)]
        source: Option<String>,
        /// Read and judge, write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Show the quality report too (数据质量).
        #[arg(long)]
        quality: bool,
        /// Write a source document for each file instead (提议映射).
        #[arg(long, conflicts_with_all = ["dry_run", "source"])]
        propose: bool,
    },
    /// Rows that were refused (隔离区).
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Grade everyone (评级).
    Grade {
        /// A date, or FROM..TO with --every.
        #[arg(long)]
        as_of: Option<String>,
        /// day, week, month, quarter or year.
        #[arg(long)]
        every: Option<String>,
        /// Only what was known by then.
        #[arg(long)]
        known_at: Option<String>,
        /// Do not keep the grades.
        #[arg(long)]
        no_store: bool,
        /// Read the ledger even where stored indicators would do.
        #[arg(long)]
        fold_anew: bool,
        /// Threads; all processors if left out.
        #[arg(long)]
        threads: Option<std::num::NonZeroUsize>,
    },
    /// Write each customer's state, the base of the day for real time (写入客户状态).
    Rebase {
        /// An instant or a date; the clock's now if left out.
        #[arg(long)]
        as_of: Option<String>,
        /// Only what was known by then.
        #[arg(long)]
        known_at: Option<String>,
        /// Threads; all processors if left out.
        #[arg(long)]
        threads: Option<std::num::NonZeroUsize>,
    },
    /// Why a customer has these grades (解释).
    Explain {
        /// A customer number, phone or e-mail, or # and the ledger's number.
        customer: String,
        #[arg(long)]
        as_of: Option<String>,
        /// Another date, or another customer.
        #[arg(long)]
        against: Option<String>,
    },
    /// Write the whole workspace to one file (备份).
    Backup {
        to: PathBuf,
        /// With the master key: whoever has the file then sees who the customers are.
        #[arg(long)]
        with_master_key: bool,
    },
    /// Make a workspace of a backup, in an empty folder (恢复).
    Restore {
        from: PathBuf,
        /// Keep the store in the workspace's folder, wherever it was.
        #[arg(long, conflicts_with = "store_host")]
        store_in_folder: bool,
        #[command(flatten)]
        store: StoreArguments,
    },
    /// The gradings that were made, newest first (评级记录).
    Runs {
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Models to begin with (模板).
    #[command(subcommand)]
    Template(TemplateCommand),
    /// What was graded of a customer, instant by instant (历史).
    History {
        /// A customer number, phone, e-mail, or # and the ledger's number.
        customer: String,
        /// One indicator, score, tier, segment or grouping; all of them if left out.
        #[arg(long)]
        indicator: Option<String>,
    },
    /// A segment: what it says, how large it is and who is in it, on any day (分群).
    Segment {
        name: String,
        /// Any day; the newest graded one if left out.
        #[arg(long)]
        as_of: Option<String>,
        #[command(flatten)]
        page: PageArguments,
    },
    /// Customers of a tier, segment or group, identifiers masked (名单).
    List {
        /// SCHEME=LEVEL; SCHEME= for who is not graded.
        #[arg(long)]
        tier: Option<String>,
        #[arg(long)]
        segment: Option<String>,
        /// GROUPING=GROUP.
        #[arg(long)]
        group: Option<String>,
        /// Any day; the newest graded one if left out.
        #[arg(long)]
        as_of: Option<String>,
        /// Columns, separated by commas; scores and the first indicators if left out.
        #[arg(long, value_delimiter = ',')]
        columns: Vec<String>,
        /// A column to sort by; -COLUMN from the largest down.
        #[arg(long, allow_hyphen_values = true)]
        sort: Option<String>,
        #[command(flatten)]
        page: PageArguments,
    },
    /// Say that two identities are one customer's (关联); this is in the audit log.
    Link {
        /// A customer number, phone or e-mail, SYSTEM:ID of another system, or # and the ledger's number.
        a: String,
        b: String,
        /// From this date on; always if left out.
        #[arg(long)]
        from: Option<String>,
        /// Why, in words that name nobody.
        #[arg(long)]
        reason: String,
    },
    /// Say that two identities are not one customer's (解除关联); this is in the audit log.
    Unlink {
        a: String,
        b: String,
        /// Why, in words that name nobody.
        #[arg(long)]
        reason: String,
    },
    /// A customer's identities, since when and by what evidence (身份).
    Links {
        customer: String,
        /// In full and not masked; this is in the audit log.
        #[arg(long)]
        identifiers: bool,
    },
    /// Write the report: one self-contained page (报告).
    Report {
        /// A graded date; the newest if left out.
        #[arg(long)]
        as_of: Option<String>,
        /// The file; below reports/ if left out.
        #[arg(long, short = 'o')]
        to: Option<PathBuf>,
    },
    /// Write customers to a file: .csv, .xlsx or .parquet (导出).
    Export {
        to: PathBuf,
        #[arg(long)]
        as_of: Option<String>,
        /// Only those of a segment.
        #[arg(long, conflicts_with = "tier")]
        segment: Option<String>,
        /// Only those of a tier: SCHEME=LEVEL.
        #[arg(long)]
        tier: Option<String>,
        /// Columns, separated by commas; all if left out.
        #[arg(long, value_delimiter = ',')]
        columns: Vec<String>,
        /// GB18030 instead of UTF-8, for older Chinese programs.
        #[arg(long)]
        gb18030: bool,
        /// Names of columns instead of titles.
        #[arg(long)]
        names: bool,
        /// With phone, e-mail and numbers of the customers; this is in the audit log.
        #[arg(long)]
        identifiers: bool,
        /// Do not guard texts that a spreadsheet would run: for programs only.
        #[arg(long)]
        raw: bool,
    },
    /// Make the model of DIR/model the draft (应用文件中的模型); publishing it takes an approval.
    Apply {
        /// A folder with `model/`.
        folder: PathBuf,
        /// Submit it for review with this note.
        #[arg(long, value_name = "NOTE")]
        submit: Option<String>,
        /// Take the place of a draft that is there.
        #[arg(long)]
        replace_draft: bool,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Write the model in force to DIR/model/model.yaml (取回模型).
    Pull {
        folder: PathBuf,
        /// The draft instead.
        #[arg(long, conflicts_with = "version")]
        draft: bool,
        /// This version instead.
        #[arg(long)]
        version: Option<i64>,
        /// Take the place of other model documents of the folder.
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// What the draft or a version would do to everybody (试算); nothing is kept.
    Simulate {
        /// `draft`, `folder`, or the number of a version.
        #[arg(default_value = "folder")]
        version: String,
        /// A date; the newest graded one if left out.
        #[arg(long)]
        as_of: Option<String>,
    },
    /// What is different between two models, in words (差异).
    Diff {
        /// `in_force`, `draft`, `folder`, or the number of a version.
        from: String,
        /// The same.
        to: String,
    },
    /// Versions of the model (版本).
    #[command(subcommand)]
    Versions(VersionsCommand),
    /// The audit log (审计日志).
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Who may sign in to the page (用户).
    #[command(subcommand)]
    User(UserCommand),
    /// Serve the page and the API (网页与接口).
    Serve {
        /// Address and port; port 0 takes any that is free.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: std::net::SocketAddr,
        /// How people reach it, where a TLS proxy stands before it: https://…
        #[arg(long)]
        public_url: Option<String>,
        /// Believe the proxy's X-Forwarded-For.
        #[arg(long, requires = "public_url")]
        behind_proxy: bool,
        /// Print a one-time link that signs this user in from this machine, within 15 minutes (may be repeated).
        #[arg(long)]
        enter: Vec<String>,
    },
    /// Read a workbook for the parent process.
    #[command(name = "__read-excel", hide = true)]
    ReadExcel,
}

/// Where a new workspace keeps its store. The password is in GRADUS_STORE_PASSWORD or in a file.
#[derive(Debug, Args)]
pub struct StoreArguments {
    /// Keep the store in PostgreSQL on this host, or at this Unix socket's folder (PostgreSQL 主机).
    #[arg(long, value_name = "HOST", requires_all = ["store_database", "store_user"])]
    pub store_host: Option<String>,
    #[arg(long, value_name = "PORT", default_value_t = 5432, requires = "store_host")]
    pub store_port: u16,
    #[arg(long, value_name = "NAME", requires = "store_host")]
    pub store_database: Option<String>,
    #[arg(long, value_name = "NAME", requires = "store_host")]
    pub store_user: Option<String>,
    /// The schema for this workspace alone.
    #[arg(long, value_name = "NAME", default_value = "gradus", requires = "store_host")]
    pub store_schema: String,
    /// A file with the password alone.
    #[arg(long, value_name = "FILE", requires = "store_host")]
    pub store_password_file: Option<String>,
}

/// A server instead of the workspace's folder. Its key is in GRADUS_API_KEY.
#[derive(Debug, Args)]
pub struct ServerArguments {
    /// Address of a `gradus serve`, such as https://crm.example.com (服务地址).
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum VersionsCommand {
    /// All of them, newest first.
    List,
    /// Approve a version in review; another person submitted it.
    Approve {
        number: i64,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Put an approved version in force; also an earlier one once more.
    Publish {
        number: i64,
        /// From this date or instant on; from now on if left out.
        #[arg(long)]
        from: Option<String>,
        #[arg(long, default_value = "")]
        reason: String,
    },
}

/// A page of a list.
#[derive(Debug, Args)]
pub struct PageArguments {
    /// How many, 1000 at most.
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    /// What the page before gave.
    #[arg(long)]
    pub cursor: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// Every template with what it brings.
    List,
    /// Write a template to model/NAME.yaml.
    Add { name: String },
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prove that nobody changed, removed or inserted an entry (验证).
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make a user; prints the one-time code with which they set their password (新建用户).
    Add {
        email: String,
        #[arg(long)]
        name: String,
        /// administrator, operator, approver, analyst, service or viewer.
        #[arg(long)]
        role: String,
        /// See only the customers of this segment.
        #[arg(long, conflicts_with = "own")]
        segment: Option<String>,
        /// See only the customers whom they look after.
        #[arg(long)]
        own: bool,
    },
    /// Everybody who may sign in.
    List,
    /// A one-time link that signs a user in from this machine, within 15 minutes; the one before is void (一次性链接).
    Link {
        email: String,
        /// Where `gradus serve` listens.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        at: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// Open rows with their reasons, without their content.
    List {
        /// Only those of this import.
        #[arg(long)]
        import: Option<i64>,
    },
    /// Write open rows with their content to a new JSON lines file; this is in the audit log.
    Export {
        to: PathBuf,
        #[arg(long)]
        import: Option<i64>,
    },
    /// Import the mended rows of an exported file.
    Replay {
        from: PathBuf,
        #[arg(long)]
        source: String,
    },
}

impl StoreArguments {
    pub fn setting(&self) -> StoreSetting {
        let (Some(host), Some(database), Some(user)) =
            (&self.store_host, &self.store_database, &self.store_user)
        else {
            return StoreSetting::Sqlite;
        };
        StoreSetting::Postgresql(PostgresqlSetting {
            host: host.clone(),
            port: self.store_port,
            database: database.clone(),
            user: user.clone(),
            schema: self.store_schema.clone(),
            password_file: self.store_password_file.clone(),
            encryption: None,
            root_certificate: None,
        })
    }
}

impl Arguments {
    /// The language: as asked, else by the locale.
    pub fn lang(&self) -> Lang {
        match self.lang {
            Some(LangArgument::Zh) => Lang::Zh,
            Some(LangArgument::En) => Lang::En,
            None => {
                let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
                    .iter()
                    .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
                Lang::from_locale(&locale.unwrap_or_default())
            }
        }
    }

    pub fn json(&self) -> bool {
        self.format == Format::Json
    }
}
