//! The model document as written: everything that decides a grade, in one versioned,
//! human-readable document. The types here are the single source of the JSON Schema; what they
//! cannot say (names that exist, bins that do not overlap) is checked later.

mod benefit;
mod condition;
mod cross_table;
mod decision_table;
mod decision_tree;
mod flow;
mod indicator;
mod next;
mod prediction;
mod purpose;
mod rule_set;
mod scorecard;
mod segment;
mod settings;
mod sign_in;
mod source;
mod test_case;
mod tier;
mod tour;
mod validation;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use benefit::Benefit;
pub use condition::{Behaviour, Condition, ConditionNode, Sequence, SequenceStep, TierTest, Times};
pub use cross_table::{CrossAxis, CrossBand, CrossTable};
pub use decision_table::{
    Cell, DecisionTable, Outcome, SqlCell, TableHit, TableInput, TableOutput, TableRow, Undecided,
};
pub use decision_tree::{DecisionTree, TreeBranch, TreeElse, TreeLevel};
pub use flow::{Flow, FlowBranch, FlowStep};
pub use indicator::{
    Calendar, Compare, Indicator, IndicatorKind, Period, RefundDate, Span, SpanUnit, Window,
};
pub use next::{Next, NextMethod};
pub use prediction::{
    ClusterMethod, ClusterScale, Clusters, Contract, Lifetime, LifetimeModel, Link, Prediction, Propensity,
    PropensityMethod, Trained, TrainedNode, TrainedTree,
};
pub use purpose::{KNOWN as KNOWN_PURPOSES, Purpose, Purposes, SERVICE};
pub use rule_set::{HitPolicy, Rule, RuleSet};
pub use scorecard::{
    Adjustment, Attribute, Bin, Caps, Combine, Decay, Monotone, PerEvent, QuantileBins, ReasonRank, Reasons,
    ScoreCase, Scorecard, Slope, Ties, Unknown,
};
pub use segment::{Grouping, GroupingKind, Layer, RfmSplit, Segment};
pub use settings::{
    ClockSetting, EncryptionSetting, FailingTests, PostgresqlSetting, StoreSetting, Workspace,
};
pub use sign_in::{GroupRole, NewPeople, OpenidSetting, Rights, RoleSetting, SeesSetting, SignIn};
pub use source::{
    Cleaning, FieldDeclaration, IdentityKind, IdentityMapping, KindDeclaration, LineMapping, Mapping,
    OutlierAction, OutlierRule, Source,
};
pub use test_case::{Expected, ExpectedScore, TestCase};
pub use tier::{Decide, Freeze, Grid, GridAxis, Keep, Level, NotGraded, Promote, TierScheme};
pub use tour::{Tour, TourStep};
pub use validation::{Better, Counts, OfWhom, Validation, ValidationOutcome};

use crate::Text;

/// Format number of model documents. The newest binary opens all older ones.
pub const MODEL_FORMAT: u32 = 1;

/// A map from names to definitions that keeps the order in which they are written.
pub type Named<T> = indexed::Named<T>;

mod indexed;

/// An expression: one SQL scalar expression over the names in scope.
pub type Sql = String;

/// A fixed-point number as written: points, weights, cuts. Four digits after the point at most.
pub type Number = crate::fixed::Fixed;

/// The model document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Format number of this document: 1.
    pub gradus: u32,
    #[serde(default)]
    pub title: Text,
    /// What the model is for, in words that a reviewer can judge.
    #[serde(default)]
    pub description: Text,
    /// Indicators (指标): one number or category per customer as of an instant.
    #[serde(default)]
    pub indicators: Named<Indicator>,
    /// Predictions (预测): lifetime value, churn, clusters.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub predictions: Named<Prediction>,
    /// How the lists of what customers may want next (接下来买什么) are learned. They decide no grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// Scorecards (评分卡).
    #[serde(default)]
    pub scorecards: Named<Scorecard>,
    /// Rule sets (规则集): ordered rules that give points or a category.
    #[serde(default)]
    pub rule_sets: Named<RuleSet>,
    /// Decision tables (决策表): rows of cells over inputs, with DMN's hit policies.
    #[serde(default)]
    pub decision_tables: Named<DecisionTable>,
    /// Cross tables (交叉决策表): two axes and a value where they meet.
    #[serde(default)]
    pub cross_tables: Named<CrossTable>,
    /// Decision trees (决策树): nested branches.
    #[serde(default)]
    pub decision_trees: Named<DecisionTree>,
    /// Rule flows (规则流): named steps in order.
    #[serde(default)]
    pub flows: Named<Flow>,
    /// Tier schemes (等级体系).
    #[serde(default)]
    pub tiers: Named<TierScheme>,
    /// Segments (分群): named sets of customers over a stated base.
    #[serde(default)]
    pub segments: Named<Segment>,
    /// Groupings (分群方案): families of disjoint segments, such as the eight RFM classes.
    #[serde(default)]
    pub groupings: Named<Grouping>,
    /// Validation (验证): which outcomes tell afterwards whether the grades were right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// Test cases (测试用例): customers, and what shall come out of them. They decide no grade.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub tests: Named<TestCase>,
}

impl Default for Model {
    /// A model that says nothing.
    fn default() -> Model {
        Model {
            gradus: MODEL_FORMAT,
            title: Text::default(),
            description: Text::default(),
            indicators: Named::default(),
            predictions: Named::default(),
            next: None,
            scorecards: Named::default(),
            rule_sets: Named::default(),
            decision_tables: Named::default(),
            cross_tables: Named::default(),
            decision_trees: Named::default(),
            flows: Named::default(),
            tiers: Named::default(),
            segments: Named::default(),
            groupings: Named::default(),
            validation: None,
            tests: Named::default(),
        }
    }
}

impl Model {
    /// All of it that decides a grade: test cases and lists of items do not.
    pub fn that_grades(&self) -> Model {
        Model { tests: Named::default(), next: None, ..self.clone() }
    }
}

/// Free-form labels for people: owner, reviewer, ticket.
pub type Labels = BTreeMap<String, String>;
