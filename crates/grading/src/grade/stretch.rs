//! Stretches of time in words.

use gradus_model::Text;
use gradus_model::document::{Calendar, Span, SpanUnit};

use crate::fold::spec::FoldWindow;

/// A window as people say it, with a space before it in English; empty for the whole life.
pub(crate) fn stretch_words(window: &FoldWindow) -> Text {
    match window {
        FoldWindow::Rolling { last, before: None } => {
            Text::new(format!("近 {}", span_zh(*last)), format!(" in the last {last}"))
        }
        FoldWindow::Rolling { last, before: Some(before) } => Text::new(
            format!("{}以前的 {}", span_zh(*before), span_zh(*last)),
            format!(" in the {last} that ended {before} ago"),
        ),
        FoldWindow::Calendar { stretch, back } => {
            let (zh, en) = match stretch {
                Calendar::ThisMonth => ("本月至今", "this month so far"),
                Calendar::LastMonth => ("上月", "last month"),
                Calendar::ThisQuarter => ("本季度至今", "this quarter so far"),
                Calendar::LastQuarter => ("上季度", "last quarter"),
                Calendar::ThisYear => ("今年至今", "this year so far"),
                Calendar::LastYear => ("去年", "last year"),
            };
            match back {
                None => Text::new(zh, format!(" {en}")),
                Some(back) => Text::new(
                    format!("{zh}（{}以前的同一段）", span_zh(*back)),
                    format!(" {en} (the same stretch {back} earlier)"),
                ),
            }
        }
        FoldWindow::ByOrder { window } => stretch_words(window),
        FoldWindow::Whole { window, .. } => {
            let inner = stretch_words(window);
            Text::new(format!("{}（只计整段）", inner.zh), format!("{} (whole steps)", inner.en))
        }
        FoldWindow::Lifetime | FoldWindow::Since { .. } => Text::default(),
    }
}

fn span_zh(span: Span) -> String {
    let unit = match span.unit {
        SpanUnit::Day => "天",
        SpanUnit::Week => "周",
        SpanUnit::Month => "个月",
        SpanUnit::Quarter => "个季度",
        SpanUnit::Year => "年",
    };
    format!("{} {unit}", span.n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_says_up_to_when_it_goes() {
        let month = |back: Option<&str>| FoldWindow::Calendar {
            stretch: Calendar::ThisMonth,
            back: back.map(|back| back.parse().unwrap()),
        };
        assert_eq!(stretch_words(&month(None)).en, " this month so far");
        assert_eq!(stretch_words(&month(Some("1 month"))).zh, "本月至今（1 个月以前的同一段）");
        let window = Box::new(FoldWindow::Rolling { last: "12 months".parse().unwrap(), before: None });
        let whole = FoldWindow::Whole { step: SpanUnit::Month, window };
        assert_eq!(stretch_words(&whole).en, " in the last 12 months (whole steps)");
        assert_eq!(stretch_words(&FoldWindow::Lifetime), Text::default());
    }
}
