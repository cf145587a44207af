//! A DMN file becomes decision tables and a flow.

use std::collections::BTreeMap;

use super::super::feel::{self, Known};
use super::super::xml::Element;
use super::super::{Input, ReadCell, free_name, unsupported};
use super::{NAMESPACES, table};
use crate::document::{Flow, FlowStep, Model};
use crate::{Finding, Findings, Text};

/// Elements that say nothing about what a decision gives.
const BESIDE: [&str; 11] = [
    "extensionElements",
    "description",
    "DMNDI",
    "textAnnotation",
    "association",
    "group",
    "knowledgeSource",
    "performanceIndicator",
    "organizationUnit",
    "elementCollection",
    "artifact",
];

/// Parts of a decision that say nothing about what it gives.
const OF_A_DECISION: [&str; 17] = [
    "extensionElements",
    "description",
    "question",
    "allowedAnswers",
    "variable",
    "informationRequirement",
    "authorityRequirement",
    "supportedObjective",
    "impactedPerformanceIndicator",
    "decisionMaker",
    "decisionOwner",
    "usingProcess",
    "usingTask",
    "knowledgeRequirement",
    "relatedTo",
    "propertyRequirement",
    "label",
];

pub(crate) fn is_dmn(root: Element<'_>) -> bool {
    root.name() == "definitions" && NAMESPACES.contains(&root.namespace())
}

pub(crate) fn read(
    root: Element<'_>,
    inputs: &mut Vec<Input>,
    cells: &mut Vec<ReadCell>,
    findings: &mut Findings,
) -> Model {
    let mut part = Model::default();
    let mut decisions = Vec::new();
    let mut data: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for element in root.own() {
        match element.name() {
            "decision" => decisions.push(element),
            "inputData" => {
                let variable = element.child("variable");
                let name = name_of(element).or_else(|| variable.and_then(name_of)).unwrap_or_default();
                let kind = variable.and_then(|variable| variable.attribute("typeRef")).unwrap_or("Any");
                if let Some(id) = element.attribute("id") {
                    data.insert(id, (name, kind));
                }
            }
            "itemDefinition" | "decisionService" => findings.push(left_out(element)),
            name if BESIDE.contains(&name) => {}
            name => findings.push(unsupported(
                element.place(),
                Text::new(format!("不支持 `{name}`"), format!("`{name}` is not supported")),
                Text::new(
                    "决策表、字面表达式，以及它们之间的依赖",
                    "decision tables, literal expressions, and what they require of each other",
                ),
            )),
        }
    }
    let Some(order) = order(&decisions, findings) else { return part };
    let flow_name = name_of(root).unwrap_or("flow").to_owned();
    let flow_name = free_name(&flow_name, |name| decisions.iter().any(|one| name_of(*one) == Some(name)));
    // What each decision's result is called here.
    let mut columns: BTreeMap<&str, (&str, Vec<(String, String)>)> = BTreeMap::new();
    let mut steps: Vec<(String, FlowStep)> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut computed = false;
    for index in order {
        let decision = decisions[index];
        let Some(name) = name_of(decision) else {
            findings.push(missing(decision, "name"));
            continue;
        };
        if seen.contains(&name) {
            findings.push(Finding::error(
                "duplicate-name",
                decision.place(),
                Text::new(format!("「{name}」写了两次"), format!("“{name}” is given twice")),
                Text::new("每个决策一个不同的名字", "a name of its own for each decision"),
            ));
            continue;
        }
        seen.push(name);
        let known = known(decision, &data, &columns, inputs, findings);
        for other in decision.own().filter(|child| child.name() == "knowledgeRequirement") {
            findings.push(unsupported(
                other.place(),
                Text::new("不支持业务知识模型", "business knowledge models are not supported"),
                Text::new("把表达式写进决策里", "the expression written out in the decision"),
            ));
        }
        let logic = decision.own().find(|child| !OF_A_DECISION.contains(&child.name()));
        let Some(logic) = logic else {
            findings.push(missing(decision, "decisionTable"));
            continue;
        };
        let title = table::description(decision);
        let gives = match logic.name() {
            "decisionTable" => {
                let mut read = table::read(logic, decision, &known, inputs, findings);
                table::cells(logic, &known, cells);
                read.description = title;
                let gives: Vec<(String, String)> = if read.outputs.len() == 1 {
                    vec![(name.to_owned(), name.to_owned())]
                } else {
                    let output = |output: &str| (format!("{name}.{output}"), format!("{name}_{output}"));
                    read.outputs.names().map(output).collect()
                };
                for (_, column) in &gives {
                    let takes = Some(super::super::term::quoted(column));
                    steps.push((column.clone(), FlowStep { takes, ..FlowStep::default() }));
                }
                part.decision_tables.0.push((name.to_owned(), read));
                gives
            }
            "literalExpression" => {
                computed = true;
                match expression(logic, &known) {
                    Ok(sql) => {
                        let step = FlowStep { title, takes: Some(sql), ..FlowStep::default() };
                        steps.push((name.to_owned(), step));
                    }
                    Err(finding) => findings.push(finding),
                }
                vec![(name.to_owned(), format!("{flow_name}_{name}"))]
            }
            other => {
                findings.push(unsupported(
                    logic.place(),
                    Text::new(format!("不支持 `{other}`"), format!("`{other}` is not supported")),
                    Text::plain("decisionTable / literalExpression"),
                ));
                // What requires it is not wrong for that.
                vec![(name.to_owned(), name.to_owned())]
            }
        };
        if let Some(id) = decision.attribute("id") {
            columns.insert(id, (name, gives));
        }
    }
    if decisions.is_empty() {
        findings.push(missing(root, "decision"));
    }
    // One table alone needs no flow.
    if seen.len() > 1 || computed {
        let flow = Flow {
            title: None,
            description: table::description(root),
            steps: steps.into_iter().collect(),
            gives: None,
        };
        part.flows.0.push((flow_name, flow));
    }
    part
}

/// `name` is required; some programs write only `id`.
pub(super) fn name_of<'x>(element: Element<'x>) -> Option<&'x str> {
    let name = element.attribute("name").map(str::trim).filter(|name| !name.is_empty());
    name.or_else(|| element.attribute("id").filter(|id| !id.is_empty()))
}

pub(super) fn missing(element: Element<'_>, part: &str) -> Finding {
    Finding::error(
        "exchange-missing-part",
        element.place(),
        Text::new(format!("缺少 {part}"), format!("{part} is missing")),
        Text::new(format!("补上 {part}"), format!("{part} given")),
    )
}

fn left_out(element: Element<'_>) -> Finding {
    Finding::note(
        "exchange-left-out",
        element.place(),
        Text::new(
            format!("`{}` 不影响决策的结果，没有导入", element.name()),
            format!("`{}` does not bear on what the decisions give and is left out", element.name()),
        ),
        Text::default(),
    )
}

/// The decisions, each after those that it requires, otherwise as written.
fn order(decisions: &[Element<'_>], findings: &mut Findings) -> Option<Vec<usize>> {
    let by_id: BTreeMap<&str, usize> = decisions
        .iter()
        .enumerate()
        .filter_map(|(index, decision)| Some((decision.attribute("id")?, index)))
        .collect();
    let required: Vec<Vec<usize>> = decisions
        .iter()
        .map(|decision| {
            requirements(*decision)
                .filter(|(kind, ..)| *kind == "requiredDecision")
                .filter_map(|(_, id, _)| by_id.get(id).copied())
                .collect()
        })
        .collect();
    let mut waits: Vec<usize> = required.iter().map(Vec::len).collect();
    let mut needed_by = vec![Vec::new(); decisions.len()];
    for (index, required) in required.iter().enumerate() {
        required.iter().for_each(|other| needed_by[*other].push(index));
    }
    let mut ready: std::collections::BTreeSet<usize> =
        waits.iter().enumerate().filter(|(_, waits)| **waits == 0).map(|(index, _)| index).collect();
    let mut order = Vec::new();
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for other in &needed_by[next] {
            waits[*other] -= 1;
            if waits[*other] == 0 {
                ready.insert(*other);
            }
        }
    }
    if order.len() < decisions.len() {
        let around = waits.iter().position(|waits| *waits > 0).and_then(|index| decisions.get(index));
        if let Some(decision) = around {
            findings.push(Finding::error(
                "exchange-circle",
                decision.place(),
                Text::new("这些决策互相依赖，成了一个圈", "decisions require each other in a circle"),
                Text::new("去掉圈里的一个依赖", "one of the requirements removed"),
            ));
        }
        return None;
    }
    Some(order)
}

/// What a decision requires: the kind, the id, and the element.
fn requirements<'x>(decision: Element<'x>) -> impl Iterator<Item = (&'x str, &'x str, Element<'x>)> {
    decision.all("informationRequirement").flat_map(Element::own).filter_map(|required| {
        let href = required.attribute("href")?;
        Some((required.name(), href.strip_prefix('#').unwrap_or(href), required))
    })
}

/// Names that the expressions of a decision may use.
fn known(
    decision: Element<'_>,
    data: &BTreeMap<&str, (&str, &str)>,
    columns: &BTreeMap<&str, (&str, Vec<(String, String)>)>,
    inputs: &mut Vec<Input>,
    findings: &mut Findings,
) -> Known {
    let mut known = Known::default();
    for (kind, id, element) in requirements(decision) {
        match (kind, data.get(id), columns.get(id)) {
            ("requiredInput", Some((name, kind)), _) => {
                let input = Input { name: (*name).to_owned(), kind: (*kind).to_owned() };
                if !inputs.contains(&input) {
                    inputs.push(input);
                }
                known.add(name, name);
            }
            ("requiredDecision", _, Some((_, gives))) => {
                gives.iter().for_each(|(name, column)| known.add(name, column));
            }
            ("requiredInput" | "requiredDecision", ..) => findings.push(Finding::error(
                "exchange-unknown-field",
                element.place(),
                Text::new(format!("文件里没有 `{id}`"), format!("the file has no `{id}`")),
                Text::new(
                    "同一文件里的 inputData 或 decision 的 id",
                    "the id of an inputData or decision of this file",
                ),
            )),
            _ => {}
        }
    }
    known
}

/// A literal expression as SQL.
pub(super) fn expression(element: Element<'_>, known: &Known) -> Result<String, Finding> {
    language(element)?;
    let text = element.child("text").map(Element::text).unwrap_or_default();
    if text.is_empty() {
        return Err(missing(element, "text"));
    }
    feel::read(text, known, false).map(|term| term.to_string()).map_err(|from| no_form(element, text, from))
}

/// `from`: what is left of the text from the first thing on that is not understood.
pub(super) fn no_form(element: Element<'_>, text: &str, from: &str) -> Finding {
    let cut = |text: &str, most: usize| -> String { text.chars().take(most).collect() };
    let (shown, at) = (cut(text, 120), cut(from, 40));
    let what = if at.is_empty() {
        Text::new(format!("表达式 `{shown}` 没有写完"), format!("the expression `{shown}` ends too early"))
    } else if let Some(function) = function_at(from) {
        Text::new(
            format!("表达式 `{shown}` 里不支持函数 `{function}`，或不支持这样的参数"),
            format!(
                "in the expression `{shown}` the function `{function}`, or what it is given, is not supported"
            ),
        )
    } else if shown == at {
        Text::new(format!("不支持表达式 `{shown}`"), format!("the expression `{shown}` is not supported"))
    } else {
        Text::new(
            format!("表达式 `{shown}` 从 `{at}` 起无法理解"),
            format!("the expression `{shown}` is not understood from `{at}` on"),
        )
    };
    unsupported(
        element.place(),
        what,
        Text::new(
            "数值、文本、比较、区间、and/or/not、if-then-else、四则运算、abs、floor、ceiling、min、max、modulo、round half up、substring、starts with 等；用到的名称须在 informationRequirement 里",
            "numbers, texts, comparisons, intervals, and/or/not, if-then-else, arithmetic, abs, floor, ceiling, min, max, modulo, round half up, substring, starts with and the like; names that it reads are in informationRequirement",
        ),
    )
}

/// The function whose call the text begins with.
fn function_at(text: &str) -> Option<&str> {
    let (name, _) = text.split_once('(')?;
    let name = name.trim_end();
    let is_name = name.starts_with(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_'))
        && !["if", "for", "some", "every", "function", "in", "then", "else", "and", "or"]
            .contains(&name.split(' ').next().unwrap_or_default());
    is_name.then_some(name)
}

/// Only FEEL.
pub(super) fn language(element: Element<'_>) -> Result<(), Finding> {
    match element.attribute("expressionLanguage") {
        Some(language) if !language.to_ascii_lowercase().contains("feel") => Err(unsupported(
            element.place(),
            Text::new(
                format!("不支持表达式语言 {language}"),
                format!("the expression language {language} is not supported"),
            ),
            Text::plain("FEEL"),
        )),
        _ => Ok(()),
    }
}
