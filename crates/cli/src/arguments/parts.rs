//! Commands below commands, and options that several commands take.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gradus_model::document::{PostgresqlSetting, StoreSetting};

#[derive(Debug, Subcommand)]
pub enum ChallengerCommand {
    /// This version grades in shadow from now on (设为挑战者).
    Set {
        /// The number of a version (版本号).
        version: i64,
    },
    /// No version does (停止).
    Off,
    /// Who would stand elsewhere by it (差异名单).
    Show {
        /// A graded date; the newest if left out (截至).
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
        /// How many lines (条数).
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// The customer after whom to go on (从其后继续).
        #[arg(long, value_name = "CUSTOMER")]
        after: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum HoldOutCommand {
    /// From the close of the last day that is over this share keeps that version's tiers (开始).
    Begin {
        /// The earlier version (版本号).
        #[arg(long, value_name = "NUMBER")]
        version: i64,
        /// Of all customers, such as 0.1 (比例).
        #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
        share: f64,
        /// Another seed is another draw (随机种子).
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
    },
    /// Everybody has the tier of the version in force again (结束).
    End,
    /// What the new tiers did, with interval, power and what to do next (效果).
    Effect {
        /// How long after its beginning; as far as the data go at most (观察期).
        #[arg(long, value_name = "SPAN")]
        horizon: Option<String>,
        /// The difference that is planned for: 0.02 are two points of a share; of an amount a share of its mean (计划的差别).
        #[arg(long, value_name = "CHANGE")]
        change: Option<f64>,
    },
}

/// Where a new workspace keeps its store. The password is in GRADUS_STORE_PASSWORD or in a file.
#[derive(Debug, Args)]
pub struct StoreArguments {
    /// Keep the store in PostgreSQL on this host, or at this Unix socket's folder (PostgreSQL 主机).
    #[arg(long, value_name = "HOST", requires_all = ["store_database", "store_user"])]
    pub store_host: Option<String>,
    /// Its port (端口).
    #[arg(long, value_name = "PORT", default_value_t = 5432, requires = "store_host")]
    pub store_port: u16,
    /// The database, which must exist (数据库名).
    #[arg(long, value_name = "NAME", requires = "store_host")]
    pub store_database: Option<String>,
    /// The user who owns the schema (数据库用户).
    #[arg(long, value_name = "NAME", requires = "store_host")]
    pub store_user: Option<String>,
    /// The schema for this workspace alone (模式).
    #[arg(long, value_name = "NAME", default_value = "gradus", requires = "store_host")]
    pub store_schema: String,
    /// A file with the password alone (密码文件).
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
    /// All of them, newest first (列出).
    List,
    /// Approve a version in review; another person submitted it (批准).
    Approve {
        /// As `gradus versions list` shows it (版本号).
        number: i64,
        /// A remark (意见).
        #[arg(long, default_value = "", hide_default_value = true)]
        note: String,
    },
    /// Reject a version in review; another person submitted it (驳回).
    Reject {
        /// As `gradus versions list` shows it (版本号).
        number: i64,
        /// Why: whoever submitted it reads this (理由).
        #[arg(long)]
        note: String,
    },
    /// Put an approved version in force; also an earlier one once more (发布).
    Publish {
        /// As `gradus versions list` shows it (版本号).
        number: i64,
        /// From this date or instant on; from now on if left out (生效时间).
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// Why (理由).
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
}

/// A page of a list.
#[derive(Debug, Args)]
pub struct PageArguments {
    /// How many, 1000 at most (条数).
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// What the page before gave (下一页).
    #[arg(long)]
    pub cursor: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// Every industry and every template, with what it brings (列出).
    List,
    /// Write a template to model/NAME.yaml (加入模型).
    Add {
        /// As `gradus template list` shows it (名称).
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Make a file of another program a document of model/ (导入); nothing is written if it says more than a model can.
    Import {
        /// PMML (scorecards, regressions, trees and their ensembles; of classes two), ONNX (the same models), DMN, or
        /// JDM (文件).
        file: PathBuf,
        /// The name of the document, instead of the file's (名称).
        #[arg(long)]
        name: Option<String>,
        /// Show the document instead of writing it (只看不写).
        #[arg(long)]
        dry_run: bool,
    },
    /// Write a scorecard as PMML 4.4, a decision table or a flow as DMN 1.5 (导出).
    Export {
        /// The name of the form in the model (名称).
        name: String,
        /// `pmml` or `dmn` (格式).
        #[arg(long, value_name = "FORMAT")]
        to: String,
        /// `in_force`, `draft`, `folder`, or the number of a version (生效的、草稿、文件夹或版本号).
        #[arg(long, value_name = "VERSION", default_value = "folder")]
        version: String,
        /// The file to write; printed if left out (文件).
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
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
        /// Their address of mail, with which they sign in (邮箱).
        email: String,
        /// What they are called (姓名).
        #[arg(long)]
        name: String,
        /// administrator, operator, approver, analyst, service or viewer (角色).
        #[arg(long)]
        role: String,
        /// See only the customers of this segment (只看一个分群).
        #[arg(long, value_name = "NAME", conflicts_with = "own")]
        segment: Option<String>,
        /// See only the customers whom they look after (只看本人负责的客户).
        #[arg(long)]
        own: bool,
    },
    /// Everybody who may sign in (列出).
    List,
    /// A one-time link that signs a user in from this machine, within 15 minutes; the one before is void (一次性链接).
    Link {
        /// The user's address of mail (邮箱).
        email: String,
        /// Where `gradus serve` listens (服务地址).
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
        at: String,
    },
    /// What is demanded of those who sign in; shown as it is without options (登录要求).
    Demand {
        /// Of whom a second factor: nobody, approvers (and administrators), or everybody (两步验证).
        #[arg(long, value_name = "WHOM")]
        second_factor: Option<String>,
        /// After so many minutes they show anew that it is they, before something sensitive (再次确认的间隔).
        #[arg(long, value_name = "MINUTES")]
        presence_minutes: Option<u32>,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// All of them, without what opens (列出).
    List,
    /// Make a key of a user; it is printed this once (新建).
    Create {
        /// What it is for (名称).
        name: String,
        /// The user whose rights bound its own (所属用户的邮箱).
        #[arg(long = "for", value_name = "EMAIL")]
        owner: String,
        /// What it may do, separated by commas, such as see_grades,import_data (权限).
        #[arg(long, value_name = "RIGHTS", value_delimiter = ',', required = true)]
        scope: Vec<String>,
        /// Until this date or instant; always if left out (到期).
        #[arg(long, value_name = "DATE")]
        expires: Option<String>,
        /// From where it is taken, such as 203.0.113.0/24,2001:db8::/32; from everywhere if left out (允许的网络).
        #[arg(long, value_name = "NETWORKS", value_delimiter = ',')]
        network: Vec<String>,
    },
    /// Take a key from these networks only, or from everywhere (修改允许的网络).
    Networks {
        /// As `gradus key list` shows it (编号).
        id: String,
        /// Such as 203.0.113.0/24,2001:db8::/32 (允许的网络).
        #[arg(long, value_name = "NETWORKS", value_delimiter = ',', required_unless_present = "everywhere")]
        network: Vec<String>,
        /// From everywhere (不限).
        #[arg(long, conflicts_with = "network")]
        everywhere: bool,
    },
    /// From now on a key opens nothing (吊销).
    Revoke {
        /// As `gradus key list` shows it (编号).
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Another master key: a new one in .gradus/master.key, or the one in GRADUS_NEW_MASTER_KEY (更换主密钥).
    Rekey,
}

#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// Open rows with their reasons, without their content (列出).
    List {
        /// Only those of this import (导入编号).
        #[arg(long, value_name = "NUMBER")]
        import: Option<i64>,
    },
    /// Write open rows with their content to a new JSON lines file (导出); this is in the audit log.
    Export {
        /// The file; it must not be there yet (文件).
        to: PathBuf,
        /// Only those of this import (导入编号).
        #[arg(long, value_name = "NUMBER")]
        import: Option<i64>,
    },
    /// Import the mended rows of an exported file (重新导入).
    Replay {
        /// The file that `gradus quarantine export` wrote, with its cells mended (文件).
        from: PathBuf,
        /// The source of the rows (数据源).
        #[arg(long, value_name = "NAME")]
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
