//! What is learned from, and how: scorecards, trees, weights, chances.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gradus_model::document::PropensityMethod;
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Place, Text};
use gradus_workspace::learn::propensity::{CalibrationAsked, PropensityOptions, PropensityRequest};
use gradus_workspace::learn::scorecard::{ScorecardOptions, ScorecardRequest, TrendAsked};
use gradus_workspace::learn::tree::{TreeAs, TreeOptions, TreeRequest};
use gradus_workspace::learn::weights::{AhpMethod, WeightsRequest, read_comparisons};
use gradus_workspace::learn::{TrainingRequest, Write};

/// Who is learned from, when, and what of.
#[derive(Debug, Clone, Args)]
pub struct TrainingArguments {
    /// `draft` or `folder` or the number of a version; what is in force if left out (模型).
    #[arg(long, value_name = "WHICH")]
    model: Option<String>,
    /// `everyone`, a segment, or a condition (人群).
    #[arg(long, value_name = "BASE")]
    base: Option<String>,
    /// An outcome of the model's validation, or one written out in JSON; churn if left out (结果).
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// How long after a date outcomes are counted: 90d, 3 months; the model's, else 90 days (观察期).
    #[arg(long, value_name = "SPAN")]
    horizon: Option<String>,
    /// The date that is held out; the last one whose horizon is over if left out (留出检验的日期).
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// So many dates before it to learn from; 6 if left out (学习日期个数).
    #[arg(long, value_name = "N")]
    dates: Option<u32>,
    /// How far apart they are: day, week, month, quarter or year; a month if left out (间隔).
    #[arg(long, value_name = "STEP")]
    every: Option<String>,
    /// An indicator or an expression to learn from, repeatable; all indicators if left out (特征).
    #[arg(long = "feature", value_name = "FEATURE")]
    features: Vec<String>,
    /// Not this one, repeatable (排除的特征).
    #[arg(long, value_name = "FEATURE")]
    without: Vec<String>,
    /// Rows at most; more customers are drawn by seed (最多行数).
    #[arg(long, value_name = "N")]
    most_rows: Option<usize>,
    /// The seed of what is drawn (种子).
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
}

impl TrainingArguments {
    pub fn request(&self) -> TrainingRequest {
        TrainingRequest {
            model: self.model.clone(),
            base: self.base.clone(),
            outcome: self.outcome.clone(),
            horizon: self.horizon.clone(),
            as_of: self.as_of.clone(),
            dates: self.dates,
            every: self.every.clone(),
            features: self.features.clone(),
            without: self.without.clone(),
            most_rows: self.most_rows,
            seed: self.seed,
            known_us: None,
        }
    }
}

/// Where it goes.
#[derive(Debug, Clone, Args)]
pub struct OutArguments {
    /// Write it into the draft under this name (写入草稿，名称).
    #[arg(long, value_name = "NAME")]
    write: Option<String>,
    /// Take the place of what is called so in the draft (取代同名的).
    #[arg(long, requires = "write")]
    replace: bool,
    /// Write a page about it, too (网页文件).
    #[arg(long, short = 'o', value_name = "FILE")]
    pub out: Option<PathBuf>,
}

impl OutArguments {
    pub fn write(&self) -> Option<Write> {
        self.write.clone().map(|name| Write { name, replace: self.replace })
    }
}

/// How the bad rate goes with a number.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TrendWord {
    Auto,
    Rising,
    Falling,
    Peak,
    Valley,
    Any,
}

impl TrendWord {
    fn asked(self) -> TrendAsked {
        match self {
            TrendWord::Auto => TrendAsked::Auto,
            TrendWord::Rising => TrendAsked::Rising,
            TrendWord::Falling => TrendAsked::Falling,
            TrendWord::Peak => TrendAsked::Peak,
            TrendWord::Valley => TrendAsked::Valley,
            TrendWord::Any => TrendAsked::Any,
        }
    }
}

/// `FEATURE=TREND`.
fn trend_of(text: &str) -> Result<(String, TrendAsked), Finding> {
    let (name, trend) = text.rsplit_once('=').unwrap_or(("", text));
    Ok((name.trim().to_string(), trend_word(trend)?))
}

fn trend_word(text: &str) -> Result<TrendAsked, Finding> {
    let text = text.trim();
    TrendWord::from_str(text, true).map(TrendWord::asked).map_err(|_| {
        let all: Vec<String> = TrendWord::value_variants()
            .iter()
            .filter_map(|one| Some(one.to_possible_value()?.get_name().to_string()))
            .collect();
        Finding::error(
            "argument",
            Place::default().at("trend"),
            Text::new(format!("没有趋势「{text}」"), format!("there is no trend “{text}”")),
            Text::new(format!("可选：{}", all.join("、")), format!("one of {}", all.join(", "))),
        )
    })
}

/// `FEATURE=-1`.
fn special_of(text: &str) -> Result<(String, Fixed), String> {
    let (name, value) = text.rsplit_once('=').ok_or("FEATURE=NUMBER")?;
    Ok((name.trim().to_string(), value.parse().map_err(|error| format!("{error}"))?))
}

/// How a scorecard is learned.
#[derive(Debug, Clone, Args)]
#[command(allow_negative_numbers = true)]
pub struct ScorecardArguments {
    #[command(flatten)]
    training: TrainingArguments,
    /// What the card is called for people (标题).
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    /// Bins of an attribute at most (每项最多箱数).
    #[arg(long, value_name = "N", default_value_t = 6)]
    max_bins: usize,
    /// Of all customers, at least this share in each bin (每箱最小占比).
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    min_share: f64,
    /// How the bad rate may go with a number, or FEATURE=TREND for one, repeatable (趋势).
    #[arg(long, value_name = "TREND")]
    trend: Vec<String>,
    /// FEATURE=NUMBER: a number with a meaning of its own gets a bin of its own, repeatable (特殊值).
    #[arg(long, value_name = "FEATURE=NUMBER", value_parser = special_of)]
    special: Vec<(String, Fixed)>,
    /// Added to the good and the bad of every bin; plain counts if left out, and 0.5 in bins of one kind (平滑值).
    #[arg(long, value_name = "N")]
    smoothing: Option<f64>,
    /// Attributes with less information value are left out (最小信息值).
    #[arg(long, value_name = "IV", default_value_t = 0.02)]
    min_iv: f64,
    /// And those with more (最大信息值).
    #[arg(long, value_name = "IV")]
    max_iv: Option<f64>,
    /// Of two attributes that are correlated more strongly the weaker is left out (最大相关).
    #[arg(long, value_name = "R", default_value_t = 0.7)]
    max_correlation: f64,
    /// Attributes that may be chance are left out (显著性上限).
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    max_p: f64,
    /// Attributes at most (最多属性数).
    #[arg(long, value_name = "N", default_value_t = 10)]
    max_attributes: usize,
    /// So many points at --base-odds (基准分).
    #[arg(long, value_name = "POINTS", default_value_t = 600.0)]
    base_score: f64,
    /// Good to one bad (基准好坏比).
    #[arg(long, value_name = "ODDS", default_value_t = 1.0)]
    base_odds: f64,
    /// So many points more double the odds (翻倍分值，PDO).
    #[arg(long, value_name = "POINTS", default_value_t = 50.0)]
    pdo: f64,
    /// Digits of the points after the point (分值小数位).
    #[arg(long, value_name = "N", default_value_t = 0)]
    digits: u32,
    /// The intercept's points apart, as points that everybody starts with (截距单列).
    #[arg(long)]
    apart: bool,
    /// Customers with the rarer outcome at least (较少一类的最少人数).
    #[arg(long, value_name = "N", default_value_t = 50)]
    min_events: u64,
    #[command(flatten)]
    pub out: OutArguments,
}

impl ScorecardArguments {
    /// What is asked, or what cannot be read.
    pub fn request(&self) -> Result<ScorecardRequest, Finding> {
        let mut options = ScorecardOptions {
            max_bins: self.max_bins,
            min_share: self.min_share,
            smoothing: self.smoothing,
            min_iv: self.min_iv,
            max_iv: self.max_iv,
            max_correlation: self.max_correlation,
            max_p: self.max_p,
            max_attributes: self.max_attributes,
            base_score: self.base_score,
            base_odds: self.base_odds,
            points_to_double: self.pdo,
            digits: self.digits,
            apart: self.apart,
            min_events: self.min_events,
            ..ScorecardOptions::default()
        };
        for text in &self.trend {
            match text.contains('=') {
                true => options.trends.extend([trend_of(text)?]),
                false => options.trend = trend_word(text)?,
            }
        }
        for (name, value) in &self.special {
            options.specials.entry(name.clone()).or_default().push(*value);
        }
        Ok(ScorecardRequest {
            training: self.training.request(),
            options,
            title: self.title.as_deref().map(Text::plain),
            write: self.out.write(),
        })
    }
}

/// How chances are learned.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum MethodWord {
    Logistic,
    Boosting,
}

/// How sums are brought to chances.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum CalibrationWord {
    Auto,
    Platt,
    Isotonic,
    None,
}

/// How a propensity is learned.
#[derive(Debug, Clone, Args)]
pub struct PropensityArguments {
    #[command(flatten)]
    training: TrainingArguments,
    /// A propensity of the model: its own outcome, horizon and features; the fit is kept for gradings (预测名称).
    #[arg(long, value_name = "NAME")]
    prediction: Option<String>,
    /// What it is called for people (标题).
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    /// A regression, or boosted trees; that of the prediction, else a regression, if left out (方法).
    #[arg(long, value_name = "METHOD")]
    method: Option<MethodWord>,
    /// How sums of log-odds become chances (校准).
    #[arg(long, value_name = "CURVE", default_value = "auto")]
    calibration: CalibrationWord,
    /// Customers with the rarer outcome at least (较少一类的最少人数).
    #[arg(long, value_name = "N", default_value_t = 50)]
    min_events: u64,
    /// Leave out how long it takes until it happens (不做生存分析).
    #[arg(long)]
    no_survival: bool,
    #[command(flatten)]
    pub out: OutArguments,
}

impl PropensityArguments {
    pub fn request(&self) -> PropensityRequest {
        PropensityRequest {
            prediction: self.prediction.clone(),
            training: self.training.request(),
            options: PropensityOptions {
                method: self.method.map(|method| match method {
                    MethodWord::Logistic => PropensityMethod::Logistic,
                    MethodWord::Boosting => PropensityMethod::Boosting,
                }),
                calibration: match self.calibration {
                    CalibrationWord::Auto => CalibrationAsked::Auto,
                    CalibrationWord::Platt => CalibrationAsked::Platt,
                    CalibrationWord::Isotonic => CalibrationAsked::Isotonic,
                    CalibrationWord::None => CalibrationAsked::None,
                },
                min_events: self.min_events,
                survival: !self.no_survival,
            },
            title: self.title.as_deref().map(Text::plain),
            write: self.out.write(),
        }
    }
}

/// What a tree becomes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TreeWord {
    Segments,
    Tree,
}

/// How a tree is grown.
#[derive(Debug, Clone, Args)]
pub struct TreeArguments {
    /// A segment, tier scheme, grouping or prediction of groups to describe; else groups are found by --outcome (要描述的分群、等级等).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["outcome", "horizon", "dates", "every"])]
    describe: Option<String>,
    #[command(flatten)]
    training: TrainingArguments,
    /// What it is called for people (标题).
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    /// Questions one after the other at most (最大深度).
    #[arg(long, value_name = "N", default_value_t = 3)]
    depth: usize,
    /// Of the customers, at least this share in each leaf (叶子最小占比).
    #[arg(long, value_name = "SHARE", default_value_t = 0.02)]
    min_leaf: f64,
    /// Customers of the rarer side at least (较少一类的最少人数).
    #[arg(long, value_name = "N", default_value_t = 30)]
    min_events: u64,
    /// What --write makes of it: a segment for each leaf, or a decision tree (写成分群或决策树).
    #[arg(long = "as", value_name = "WHAT", default_value = "segments", requires = "write")]
    write_as: TreeWord,
    #[command(flatten)]
    pub out: OutArguments,
}

impl TreeArguments {
    pub fn request(&self) -> TreeRequest {
        TreeRequest {
            describe: self.describe.clone(),
            training: self.training.request(),
            options: TreeOptions {
                max_depth: self.depth,
                min_leaf: self.min_leaf,
                min_events: self.min_events,
                write_as: match self.write_as {
                    TreeWord::Segments => TreeAs::Segments,
                    TreeWord::Tree => TreeAs::Tree,
                },
            },
            title: self.title.as_deref().map(Text::plain),
            write: self.out.write(),
        }
    }
}

/// How weights come out of judgements.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum AhpWord {
    Eigenvector,
    GeometricMean,
    NormalisedColumns,
}

/// How the attributes of a card are weighed.
#[derive(Debug, Clone, Args)]
pub struct WeightsArguments {
    /// The scorecard whose attributes are weighed (评分卡).
    #[arg(long, value_name = "NAME")]
    card: Option<String>,
    /// Comparisons in pairs: a CSV file, or the table itself, lines ending at `;`: `a,b;1,3;1/3,1` (两两比较).
    #[arg(long, value_name = "FILE|TABLE", required_unless_present = "entropy")]
    compare: Option<String>,
    /// From the data instead: attributes on which customers differ more weigh more (熵权法).
    #[arg(long, conflicts_with = "compare")]
    entropy: bool,
    /// How weights come out of the comparisons (算法).
    #[arg(long, value_name = "METHOD", default_value = "eigenvector")]
    method: AhpWord,
    /// The later random indices in place of Saaty's of 1980 (新版随机指数).
    #[arg(long)]
    later_index: bool,
    /// `draft` or `folder` or the number of a version; what is in force if left out (模型).
    #[arg(long, value_name = "WHICH")]
    model: Option<String>,
    /// `everyone`, a segment, or a condition (人群).
    #[arg(long, value_name = "BASE")]
    base: Option<String>,
    /// The day of the data; the last one that is over if left out (截至).
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Set the weights of this card in the draft (写入草稿中的评分卡).
    #[arg(long, value_name = "CARD")]
    write: Option<String>,
    /// Write a page about it, too (网页文件).
    #[arg(long, short = 'o', value_name = "FILE")]
    pub out: Option<PathBuf>,
}

impl WeightsArguments {
    /// What is asked; else a finding, or what cannot be read.
    pub fn request(
        &self,
        read: impl FnOnce(&str) -> Result<String, Finding>,
    ) -> Result<WeightsRequest, Finding> {
        let comparisons = match &self.compare {
            None => None,
            Some(given) if given.contains(';') || given.contains('\n') => Some(read_comparisons(given)?),
            Some(path) => Some(read_comparisons(&read(path)?)?),
        };
        Ok(WeightsRequest {
            card: self.card.clone().or_else(|| self.write.clone()),
            comparisons,
            method: match self.method {
                AhpWord::Eigenvector => AhpMethod::Eigenvector,
                AhpWord::GeometricMean => AhpMethod::GeometricMean,
                AhpWord::NormalisedColumns => AhpMethod::NormalisedColumns,
            },
            later_index: self.later_index,
            training: TrainingRequest {
                model: self.model.clone(),
                base: self.base.clone(),
                as_of: self.as_of.clone(),
                ..TrainingRequest::default()
            },
            write: self.write.clone().map(|name| Write { name, replace: true }),
        })
    }
}
