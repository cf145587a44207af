//! Who may sign in, and keys of programs.

use clap::Subcommand;

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
    /// A user may not sign in any more, and is signed out at once (停用).
    Disable {
        /// Their address of mail (邮箱).
        user: String,
    },
    /// A user may sign in again (启用).
    Enable {
        /// Their address of mail (邮箱).
        user: String,
    },
    /// Another role, and whose customers they see; they are signed out at once (修改角色).
    Role {
        /// Their address of mail (邮箱).
        user: String,
        /// administrator, operator, approver, analyst, service or viewer (角色).
        role: String,
        /// See only the customers of this segment; what they see stays if nothing is said (只看一个分群).
        #[arg(long, value_name = "NAME", conflicts_with_all = ["own", "everyone"])]
        segment: Option<String>,
        /// See only the customers whom they look after (只看本人负责的客户).
        #[arg(long, conflicts_with = "everyone")]
        own: bool,
        /// See all customers (看所有客户).
        #[arg(long)]
        everyone: bool,
    },
    /// Name, language, sessions, a second factor that was lost (修改).
    #[command(group(clap::ArgGroup::new("change").required(true).multiple(true)))]
    Change {
        /// Their address of mail (邮箱).
        user: String,
        /// What they are called (姓名).
        #[arg(long, group = "change")]
        name: Option<String>,
        /// In which language the page and their mails are (语言).
        #[arg(long, group = "change", value_name = "LANG", value_parser = ["zh", "en"])]
        language: Option<String>,
        /// They signed in with a second factor that is lost: from now on without it (忘掉两步验证).
        #[arg(long, group = "change")]
        forget_second_factor: bool,
        /// Sign them out everywhere (结束其全部会话).
        #[arg(long, group = "change")]
        sign_out: bool,
    },
    /// Prints a one-time code with which they set a new password within a day (重置密码).
    PasswordReset {
        /// Their address of mail (邮箱).
        user: String,
    },
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
        /// Whether another person approves versions and overrides: on or off (四眼原则).
        #[arg(long, value_name = "ON|OFF", value_parser = ["on", "off"])]
        four_eyes: Option<String>,
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
