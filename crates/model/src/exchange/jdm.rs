//! JDM, the decision graphs of GoRules, in: decision tables, expressions and switches. Each table
//! becomes a decision table, and the graph a flow whose steps are what the nodes write, one after the
//! other; where a switch decides whether a node runs, its steps say when.

mod cell;
mod graph;
mod json;
mod zen;

use std::path::Path;

use super::Input;
use crate::Findings;
use crate::document::Model;
use graph::Graph;
pub(crate) use json::looks_like_jdm;

pub(crate) fn read(
    document_name: &str,
    bytes: &[u8],
    inputs: &mut Vec<Input>,
    findings: &mut Findings,
) -> Model {
    let root = match json::parse(document_name, bytes, findings) {
        Ok(root) => root,
        Err(finding) => {
            findings.push(finding);
            return Model::default();
        }
    };
    let stem = Path::new(document_name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = stem.filter(|stem| !stem.is_empty()).unwrap_or_else(|| "flow".into());
    let mut graph = Graph::new(name, inputs, findings);
    graph.read(json::Value::root(document_name, &root));
    graph.finish()
}
