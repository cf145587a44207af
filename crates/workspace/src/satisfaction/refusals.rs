//! What cannot be measured or opened, and what would be right.

use gradus_model::{Finding, Place, Text};

use super::looked::Looked;
use super::{Question, SatisfactionRequest};
use crate::WorkspaceError;

pub(super) fn no_answers(looked: &Looked, request: &SatisfactionRequest) -> WorkspaceError {
    let (question, stretch) = (&looked.question, &looked.stretch);
    if looked.n_off_scale > 0 {
        let (from, to, n) = (question.from, question.to, looked.n_off_scale);
        return Finding::error(
            "answers-off-scale",
            Place::default().at("scale"),
            Text::new(
                format!("{n} 个回答都不在 {from} 至 {to} 之间"),
                format!("none of {n} answers is from {from} to {to}"),
            ),
            Text::new(
                "换一个 measure 或 scale，或在数据源里把答案换算到这个分制",
                "another measure or scale, or a field that brings the answers to this scale",
            ),
        )
        .into();
    }
    let remedy = match (&request.kind, &request.window) {
        (_, Some(_)) => {
            Text::new("放宽 window，或导入更近的问卷", "a longer window, or import newer answers")
        }
        (Some(_), None) => {
            Text::new("检查 kind 是否写对，或导入问卷", "see whether `kind` is right, or import the survey")
        }
        (None, None) => Text::new("导入问卷后再看", "import the survey first"),
    };
    Finding::error(
        "no-answers",
        Place::default().at("field"),
        Text::new(
            format!("{}里没有「{}」的回答", stretch.zh, question.title.zh),
            format!("there is no answer to “{}” in {}", question.title.en, stretch.en),
        ),
        remedy,
    )
    .into()
}

pub(super) fn no_cell(place: &'static str, given: &str, zh: &str, en: &str) -> WorkspaceError {
    Finding::error(
        "satisfaction-cell",
        Place::default().at(place),
        Text::new(format!("没有「{given}」"), format!("there is no “{given}”")),
        Text::new(zh, en),
    )
    .into()
}

pub(super) fn not_stored(question: &Question) -> Finding {
    Finding::warning(
        "answer-not-stored",
        Place::default().at("indicators"),
        Text::new(
            "没有一个指标等于每位客户最近一次的回答，格子不能按条件筛选打开",
            "no indicator is everybody's latest answer, so cells cannot be opened by filters",
        ),
        Text::new(
            format!("在模型里加一个指标：{{ kind: last, of: {} }}", question.field),
            format!("an indicator of the model: {{ kind: last, of: {} }}", question.field),
        ),
    )
}

pub(super) fn unknown_corner(corner: &str) -> Finding {
    match corner {
        "satisfied_leaving" => Finding::warning(
            "leaving-unknown",
            Place::default().at("leaving"),
            Text::new(
                "模型没有说明谁正在流失（没有 RFM 的最近一次购买）",
                "the model does not say who is leaving: it has no recency of an RFM grouping",
            ),
            Text::new(
                "用 leaving 指明：一个分群，或一个条件，例如 recency_days > 90",
                "say so with `leaving`: a segment, or a condition such as recency_days > 90",
            ),
        ),
        _ => Finding::warning(
            "loyal-unknown",
            Place::default().at("loyal"),
            Text::new("没有说明谁算忠诚客户", "nothing says who is loyal"),
            Text::new(
                "用 loyalty 指明等级方案或指标，或用 loyal 写一个分群或条件",
                "a scheme or a number as `loyalty`, or a segment or a condition as `loyal`",
            ),
        ),
    }
}
