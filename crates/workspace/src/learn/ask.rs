//! What somebody wants to learn from, as it is typed.

use gradus_model::{Finding, Place, Text};
use serde::{Deserialize, Serialize};

use crate::access::Principal;
use crate::simulate::What;
use crate::{Documents, Workspace, WorkspaceError, versions};

/// Rows that a training set holds at most unless it is asked otherwise.
pub(super) const MOST_ROWS: usize = 1_000_000;
/// Values that it holds at most, whatever is asked: what stays in memory is eight bytes times this.
pub(super) const MOST_VALUES: usize = 60_000_000;
/// Dates to learn from unless it is asked otherwise, and at most.
pub(super) const DATES: u32 = 6;
pub(super) const MOST_DATES: u32 = 60;

/// Who is learned from, when, and what of. Everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingRequest {
    /// `draft`, `folder` or a version; what is in force if left out.
    pub model: Option<String>,
    /// `everyone`, a segment, or a condition over what is known of a customer.
    pub base: Option<String>,
    /// An outcome of the model's `validation`, or one written out as there, in JSON. Left out: churn.
    pub outcome: Option<String>,
    /// `90d`, `3 months`; that of the model if left out.
    pub horizon: Option<String>,
    /// The date that is held out; the last one whose horizon is over if left out.
    pub as_of: Option<String>,
    /// So many dates before it to learn from; 6 if left out.
    pub dates: Option<u32>,
    /// How far apart they are: `day`, `week`, `month`, `quarter`, `year` or a stretch such as `2 weeks`; a month if
    /// left out.
    pub every: Option<String>,
    /// Names of indicators (or of what else a grading gives), or expressions over indicators; all indicators if
    /// left out.
    pub features: Vec<String>,
    /// Names that are not to be learned from.
    pub without: Vec<String>,
    /// Rows at most; more customers are drawn by seed.
    pub most_rows: Option<usize>,
    pub seed: u64,
    /// Only what was known by then counts, as outcomes too: microseconds UTC. All that is known now if left out.
    #[serde(skip)]
    pub known_us: Option<i64>,
}

impl TrainingRequest {
    pub(super) fn base(&self) -> &str {
        self.base.as_deref().map(str::trim).filter(|base| !base.is_empty()).unwrap_or("everyone")
    }

    /// The documents to learn with.
    pub(super) async fn documents(
        &self,
        workspace: &Workspace,
        who: &Principal,
    ) -> Result<Documents, WorkspaceError> {
        match self.model.as_deref() {
            None | Some("in_force") => versions::now_in_force(workspace).await,
            Some(name) => match What::parse(name) {
                Some(what) => what.documents(workspace, who).await,
                None => Err(argument(
                    "model",
                    Text::new(format!("不认识版本「{name}」"), format!("“{name}” is no version")),
                    Text::new("draft、folder 或版本号", "draft, folder or the number of a version"),
                )
                .into()),
            },
        }
    }
}

/// Something that was asked for is wrong.
pub(super) fn argument(at: &str, what: Text, right: Text) -> Finding {
    Finding::error("argument", Place::default().at(at), what, right)
}

/// A part of what was asked for has not the shape that it must have.
pub fn unreadable(at: &str, why: &str) -> Finding {
    argument(
        at,
        Text::new(format!("这一部分读不懂：{why}"), format!("this part cannot be read: {why}")),
        Text::new("对照接口文档中的字段", "compare it with the fields in the API's description"),
    )
}
