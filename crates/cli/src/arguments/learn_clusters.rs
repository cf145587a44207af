//! How groups of customers and cuts are asked for.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct LearnClusters {
    /// Indicators, or expressions over them, separated by commas; those of the model's RFM grouping if left out (特征).
    #[arg(long, value_name = "FEATURE,…", value_delimiter = ',')]
    pub features: Vec<String>,
    /// How many groups; as many as fit best if left out (群数).
    #[arg(long, value_name = "K")]
    pub k: Option<u32>,
    /// Try 2 to this many groups; 8 if left out (最多群数).
    #[arg(long, value_name = "N")]
    pub most: Option<u32>,
    /// How groups are sought; k-means if left out (方法).
    #[arg(long, value_enum)]
    pub method: Option<ClusterMethodArgument>,
    /// How numbers are brought to one scale; standard if left out (标准化方式).
    #[arg(long, value_enum)]
    pub scale: Option<ClusterScaleArgument>,
    /// Another seed is another start (随机种子).
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// `everyone`, or a condition over indicators (范围).
    #[arg(long, value_name = "CONDITION")]
    pub base: Option<String>,
    /// A date or an instant; now if left out (截至).
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out (模型).
    #[arg(long, value_name = "WHICH")]
    pub model: Option<String>,
    /// Write the prediction under this name into the draft (写入草稿的预测名称).
    #[arg(long, value_name = "NAME")]
    pub write: Option<String>,
    /// Take the place of what is called so already (取代同名的).
    #[arg(long)]
    pub replace: bool,
    /// Write a segment for each group into the draft, by rules that describe it (写成分群).
    #[arg(long)]
    pub segments: bool,
    /// Write what was found as a page, too (网页文件).
    #[arg(long, short = 'o', value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ClusterMethodArgument {
    KMeans,
    /// Gaussian mixture: groups of different width (高斯混合).
    Mixture,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ClusterScaleArgument {
    Standard,
    Robust,
    MinMax,
    Log,
}

#[derive(Debug, Args)]
pub struct LearnCuts {
    /// The number: an indicator, or an expression over indicators (数值).
    #[arg(long, value_name = "EXPRESSION")]
    pub of: String,
    /// Into how many parts (段数).
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub k: u32,
    /// How (方法).
    #[arg(long, value_enum, default_value_t = CutMethodArgument::Jenks)]
    pub method: CutMethodArgument,
    /// `everyone`, or a condition over indicators (范围).
    #[arg(long, value_name = "CONDITION")]
    pub base: Option<String>,
    /// A date or an instant; now if left out (截至).
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out (模型).
    #[arg(long, value_name = "WHICH")]
    pub model: Option<String>,
    /// Write the cuts into the draft: scorecards.CARD.attributes.NAME, groupings.NAME (bands, or an axis of eight
    /// classes of RFM in two parts), or tiers.NAME (写入草稿的位置).
    #[arg(long, value_name = "PATH")]
    pub write: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum CutMethodArgument {
    /// Natural breaks (自然断点).
    Jenks,
    /// Halfway between the means of the classes.
    KMeans,
    /// Equally many in each part (分位).
    Quantiles,
}
