//! What can be proved of a model before anybody is graded: see `gradus_grading::grade::proof`.

use gradus_grading::fold::{AS_OF, CUSTOMER};
use gradus_grading::grade::proof::{Input, Proof, prove};
use gradus_grading::grade::{IndicatorColumn, NullMeaning};

use crate::Documents;
use crate::compiled::Compiled;

/// Proves what can be proved. Findings know their lines.
pub fn proved(documents: &Documents, compiled: &Compiled) -> Proof {
    let schema = compiled.fold.output_schema();
    let fields = schema.fields().iter().filter(|field| ![CUSTOMER, AS_OF].contains(&field.name().as_str()));
    let inputs = fields
        .zip(compiled.fold.indicators())
        .map(|(field, indicator)| {
            let column = IndicatorColumn {
                name: field.name().clone(),
                data_type: field.data_type().clone(),
                null_meaning: match indicator.null_is_not_applicable() {
                    true => NullMeaning::NotApplicable,
                    false => NullMeaning::Unknown,
                },
                title: documents.model.indicators.get(field.name()).and_then(|written| written.title.clone()),
            };
            Input::new(column, Some(indicator.clone()))
        })
        .collect();
    let proof = prove(&compiled.stage_b, &documents.model, inputs, Some(&compiled.events), None);
    Proof { findings: proof.findings.locate(&documents.locations), ..proof }
}
