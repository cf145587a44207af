//! DMN 1.2 to 1.5 in, 1.5 out: decision tables, literal expressions, and decisions that require
//! decisions as the steps of a flow. Cells stay the FEEL that they are; other expressions become SQL
//! with FEEL's meaning of null. <https://www.omg.org/spec/DMN/1.5>

mod read;
mod table;
mod write;

pub(crate) use read::{is_dmn, read};
pub use write::write;

const NAMESPACE: &str = "https://www.omg.org/spec/DMN/20230324/MODEL/";

/// Namespaces that are read. Decision tables of 1.1 say the same in the same words.
const NAMESPACES: [&str; 5] = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    NAMESPACE,
];

/// Hit policies as DMN writes them: policy, aggregation.
const HITS: [(crate::document::TableHit, &str, &str); 11] = {
    use crate::document::TableHit::*;
    [
        (Unique, "UNIQUE", ""),
        (Any, "ANY", ""),
        (Priority, "PRIORITY", ""),
        (First, "FIRST", ""),
        (RuleOrder, "RULE ORDER", ""),
        (OutputOrder, "OUTPUT ORDER", ""),
        (Collect, "COLLECT", ""),
        (CollectSum, "COLLECT", "SUM"),
        (CollectMin, "COLLECT", "MIN"),
        (CollectMax, "COLLECT", "MAX"),
        (CollectCount, "COLLECT", "COUNT"),
    ]
};
