//! ONNX in: trees, ensembles of trees and weighted sums of `ai.onnx.ml`, with what prepares their inputs, as one
//! prediction. A graph is taken apart into what it computes; an operator that is not understood is named, and then
//! nothing is read.
//! <https://onnx.ai/onnx/operators/>

mod graph;
mod operators;
mod sum;
mod trees;
mod wire;

use self::graph::Graph;
use self::sum::Inputs;
use super::{Input, name_of_file, usable_name};
use crate::document::{Model, Prediction};
use crate::{Finding, Findings, Place, Text};

/// True if bytes begin as an ONNX file does: with the version of the format, which is small.
pub(crate) fn looks_like_onnx(bytes: &[u8]) -> bool {
    matches!(bytes, [0x08, version, rest @ ..] if (1..=64).contains(version) && !rest.is_empty())
}

pub(crate) fn read(
    document_name: &str,
    bytes: &[u8],
    inputs: &mut Vec<Input>,
    findings: &mut Findings,
) -> Model {
    let place = Place::document(document_name);
    if bytes.len() > super::MAX_BYTES {
        let most = super::MAX_BYTES >> 20;
        findings.push(Finding::error(
            "onnx-too-big",
            place,
            Text::new(format!("文件超过 {most} MB"), format!("the file is larger than {most} MB")),
            Text::new("更少或更浅的树", "fewer or shallower trees"),
        ));
        return Model::default();
    }
    match prediction(bytes, &place, inputs, findings) {
        Ok((name, prediction)) => {
            let own = Some(name).filter(|name| usable_name(name));
            let name = name_of_file(document_name).or(own).unwrap_or_else(|| "trained".into());
            Model { predictions: [(name, prediction)].into_iter().collect(), ..Model::default() }
        }
        Err(finding) => {
            findings.push(finding);
            Model::default()
        }
    }
}

fn prediction(
    bytes: &[u8],
    place: &Place,
    inputs: &mut Vec<Input>,
    findings: &mut Findings,
) -> Result<(String, Prediction), Finding> {
    let graph = Graph::read(bytes, place)?;
    let mut known = Inputs::default();
    let made = graph.result(&mut known)?;
    let trained = made.into_trained(known, graph.made_by(), place)?;
    for (name, _) in trained.inputs.iter() {
        inputs.push(Input { name: name.to_string(), kind: "float".into() });
    }
    if let Some(class) = graph.class_told() {
        let what = Text::new(
            format!("预测的是类别「{class}」的概率"),
            format!("what is predicted is the chance of class “{class}”"),
        );
        findings.push(Finding::note("exchange-class", place.clone(), what, Text::default()));
    }
    let prediction = Prediction {
        title: None,
        description: None,
        among: None,
        lifetime: None,
        contract: None,
        propensity: None,
        clusters: None,
        trained: Some(trained),
    };
    Ok((graph.name.clone(), prediction))
}

/// The bytes are no ONNX file.
fn broken(place: &Place) -> Finding {
    Finding::error(
        "onnx-broken",
        place.clone(),
        Text::new("文件已损坏，或不是 ONNX", "the file is damaged, or no ONNX"),
        Text::new("重新导出模型", "the model exported again"),
    )
}

/// Something that is not understood, with its name.
fn unsupported(place: &Place, what: Text, right: Text) -> Finding {
    Finding::error("exchange-unsupported", place.clone(), what, right)
}
