//! Segments (分群): a condition over a stated base population.

use arrow::array::{ArrayRef, BooleanArray};
use arrow::compute::and_kleene;
use gradus_expression::{Want, quote_name};
use gradus_model::document::Segment;
use gradus_model::{Place, Text};

use super::compile::{Compiler, unknown_name};
use super::frame::{Formula, Frame};
use super::why::WhyTree;

/// The base population of everybody.
pub const EVERYONE: &str = "everyone";

#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub name: String,
    pub title: Text,
    pub base: String,
    pub base_segment: Option<Formula>,
    pub condition: Formula,
    pub tree: WhyTree,
}

impl Membership {
    /// True, false, or null where it cannot be told. `not` speaks of the base and of nobody else,
    /// because the base is always required.
    pub(crate) fn evaluate(&self, frame: &mut Frame) -> ArrayRef {
        let values = frame.condition(&self.condition).0;
        let Some(base) = &self.base_segment else { return std::sync::Arc::new(values) };
        let base = frame.condition(base).0;
        let both = and_kleene(&base, &values).unwrap_or_else(|_| BooleanArray::new_null(frame.rows));
        std::sync::Arc::new(both)
    }
}

pub(crate) fn compile_segment(
    compiler: &mut Compiler<'_>,
    name: &str,
    segment: &Segment,
) -> Option<Membership> {
    let place = compiler.root().key("segments").key(name);
    let base_segment = base(compiler, &segment.base, &place.key("base"));
    let (condition, tree) = compiler.condition(&segment.condition, &place.key("where"))?;
    let title = segment.title.clone().unwrap_or_else(|| Text::plain(name));
    let base_segment = base_segment?;
    Some(Membership {
        name: name.to_string(),
        title,
        base: segment.base.clone(),
        base_segment,
        condition,
        tree,
    })
}

/// The base as a formula: `Some(None)` is everyone, `None` means findings.
pub(crate) fn base(compiler: &mut Compiler<'_>, base: &str, place: &Place) -> Option<Option<Formula>> {
    if base == EVERYONE {
        return Some(None);
    }
    if compiler.model.segments.get(base).is_none() {
        let known = std::iter::once(EVERYONE).chain(compiler.model.segments.names());
        let findings = unknown_name(base, "人群", "population", known, place);
        compiler.findings.extend(findings);
        return None;
    }
    compiler.formula(&quote_name(base), Want::Boolean, place).map(Some)
}
