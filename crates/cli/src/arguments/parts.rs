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
        /// From the beginning of this date, or from this instant on; from now on if left out (生效时间).
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// Why (理由).
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Take back a publication that is still to come (撤回待生效的发布).
    Withdraw {
        /// As `gradus versions list` shows it (版本号).
        number: i64,
    },
    /// Begin a draft with the text of a version (以某版本为草稿).
    Restore {
        /// As `gradus versions list` shows it (版本号).
        number: i64,
        /// Take the place of a draft that is there (替换已有草稿).
        #[arg(long)]
        replace_draft: bool,
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
        /// The name of the document, instead of the file's, and of a trained model that is all it holds (名称).
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
pub enum VaultCommand {
    /// Another master key: a new one in .gradus/master.key, or the one in GRADUS_NEW_MASTER_KEY (更换主密钥).
    Rekey,
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
