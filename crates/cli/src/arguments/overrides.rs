//! Tiers that a person sets.

use clap::Subcommand;

use super::PageArguments;

#[derive(Debug, Subcommand)]
pub enum OverrideCommand {
    /// Ask for another tier for a customer; another person approves it (申请).
    Add {
        /// A customer number, phone, e-mail, or # and the ledger's number (客户).
        customer: String,
        /// The tier (等级).
        #[arg(long, value_name = "SCHEME=LEVEL")]
        tier: String,
        /// Why; kept in the vault (理由).
        #[arg(long)]
        reason: String,
        /// The last day on which it holds: at its end the computed tier stands again (到期日).
        #[arg(long, value_name = "DATE")]
        until: String,
    },
    /// All of them, newest first (列出).
    List {
        /// Only those of a customer (客户).
        #[arg(long, conflicts_with_all = ["state", "cursor"])]
        customer: Option<String>,
        /// Only those that stand so (状态).
        #[arg(long, value_parser = ["waiting", "active", "rejected", "ended", "expired"])]
        state: Option<String>,
        #[command(flatten)]
        page: PageArguments,
    },
    /// Approve one that waits; another person asked for it (批准).
    Approve {
        /// As `gradus override list` shows it (编号).
        id: String,
    },
    /// Reject one that waits; another person asked for it (驳回).
    Reject {
        /// As `gradus override list` shows it (编号).
        id: String,
    },
    /// From now on the computed tier stands again (结束).
    End {
        /// As `gradus override list` shows it (编号).
        id: String,
    },
}
