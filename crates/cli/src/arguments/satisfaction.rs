//! What can be asked of `gradus satisfaction`.

use std::path::PathBuf;

use clap::Args;

use super::PageArguments;

#[derive(Debug, Args)]
pub struct SatisfactionArguments {
    /// nps, csat or ces; by the names of fields if left out (指标).
    #[arg(long, value_name = "MEASURE")]
    pub measure: Option<String>,
    /// The field of events with the answer, or an expression over them; found if left out (答案字段).
    #[arg(long, value_name = "FIELD")]
    pub field: Option<String>,
    /// The kind of event that holds it; any if left out (事件类型).
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// The greatest answer of CSAT: 5, 7 or 10 (分制).
    #[arg(long, value_name = "N")]
    pub scale: Option<u32>,
    /// How others rate customers, and not what customers answer (对客户的评价).
    #[arg(long)]
    pub of_customers: bool,
    /// Answers of so long: 90d, 12 months; all if left out (时间段).
    #[arg(long, value_name = "SPAN")]
    pub window: Option<String>,
    /// A scheme, segment, grouping, indicator or score; the first tier scheme if left out (分组依据).
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// What the answers are weighted by, separated by commas; as --by if left out (加权依据).
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub weigh_by: Vec<String>,
    /// What says how loyal somebody is; as --by if left out (忠诚度依据).
    #[arg(long, value_name = "NAME")]
    pub loyalty: Option<String>,
    /// Who is leaving: a segment, or a condition over what is stored of customers (谁在流失).
    #[arg(long, value_name = "SEGMENT|CONDITION")]
    pub leaving: Option<String>,
    /// Who is loyal, in the same way; the upper half of --loyalty if left out (谁忠诚).
    #[arg(long, value_name = "SEGMENT|CONDITION")]
    pub loyal: Option<String>,
    /// The field of events with coded answers, such as "price, delivery" (编码字段).
    #[arg(long, value_name = "FIELD")]
    pub codes: Option<String>,
    /// Any day; the newest graded one if left out (截至).
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// List customers instead: low, middle, high, answered or unanswered (名单：回答分档).
    #[arg(long, value_name = "BAND")]
    pub band: Option<String>,
    /// List those of a group of --loyalty; $none for those without a value (名单：组).
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// List satisfied_leaving or dissatisfied_loyal (名单：满意但流失、不满意但忠诚).
    #[arg(long, value_name = "CORNER")]
    pub corner: Option<String>,
    /// List those who named a topic (名单：主题).
    #[arg(long, value_name = "TOPIC", requires = "codes")]
    pub topic: Option<String>,
    #[command(flatten)]
    pub page: PageArguments,
    /// Write it as a page, too (网页文件).
    #[arg(long, short = 'o', value_name = "FILE")]
    pub out: Option<PathBuf>,
}
