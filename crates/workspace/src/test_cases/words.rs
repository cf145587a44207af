//! What became of the cases, for a terminal and for findings.

use gradus_model::{Lang, Text};

use super::compared::{CaseResult, said};
use super::{CasesCoverage, Tested};

/// Parts that a terminal lists.
const LISTED: usize = 40;

impl CaseResult {
    /// What is not as it should be, in one sentence.
    pub(super) fn says(&self) -> Text {
        let of = |lang: Lang| {
            let parts: Vec<String> = self
                .differences
                .iter()
                .map(|one| {
                    let (expected, got) = (said(&one.expected, lang), said(&one.got, lang));
                    let title = one.title.get(lang);
                    match (one.expected.is_none() && one.got.is_none(), lang) {
                        (true, _) => title.to_string(),
                        (false, Lang::Zh) => format!("{title}：期望 {expected}，得到 {got}"),
                        (false, Lang::En) => format!("{title}: expected {expected}, got {got}"),
                    }
                })
                .collect();
            parts.join(if lang == Lang::Zh { "；" } else { "; " })
        };
        Text::new(
            format!("测试用例“{}”不通过：{}", self.title.zh, of(Lang::Zh)),
            format!("the test case “{}” fails: {}", self.title.en, of(Lang::En)),
        )
    }

    pub(super) fn remedy(&self) -> Text {
        Text::new(
            "更正规则；若规则本来就要这样改，更正用例的 expect。gradus test 逐行说明原因",
            "mend the rules; or, if they are meant to change so, what the case expects. `gradus test` says why, line by line",
        )
    }

    fn render(&self, lang: Lang, out: &mut String) {
        let mark = if self.passed { "✓" } else { "✗" };
        let name =
            if self.title.get(lang) == self.name { String::new() } else { format!("  [{}]", self.name) };
        out.push_str(&format!("{mark} {}{name}\n", self.title.get(lang)));
        for one in &self.differences {
            if one.expected.is_none() && one.got.is_none() {
                out.push_str(&format!("    {}\n", one.title.get(lang)));
                continue;
            }
            let (expected, got) = (said(&one.expected, lang), said(&one.got, lang));
            out.push_str(&match lang {
                Lang::Zh => format!("    {}：期望 {expected}，得到 {got}\n", one.title.zh),
                Lang::En => format!("    {}: expected {expected}, got {got}\n", one.title.en),
            });
            for line in &one.why {
                out.push_str(&format!("      {}\n", line.get(lang)));
            }
        }
    }
}

impl CasesCoverage {
    fn render(&self, lang: Lang, out: &mut String) {
        let percent = self.percent();
        let (n_met, n_parts) = (self.n_met, self.n_parts);
        out.push_str(&match lang {
            Lang::Zh => format!("\n覆盖 {percent:.1} %（{n_met}/{n_parts}）："),
            Lang::En => format!("\ncoverage {percent:.1} % ({n_met} of {n_parts}): "),
        });
        let parts: Vec<String> = self
            .kinds
            .iter()
            .map(|one| format!("{} {}/{}", one.title.get(lang), one.n_met, one.n_parts))
            .collect();
        out.push_str(&parts.join(if lang == Lang::Zh { "，" } else { ", " }));
        out.push('\n');
        if self.unmet.is_empty() {
            return;
        }
        out.push_str(if lang == Lang::Zh { "没有用例触及：\n" } else { "met by no case:\n" });
        for part in self.unmet.iter().take(LISTED) {
            out.push_str(&format!(
                "  {}  {}  [{}]\n",
                part.kind.title().get(lang),
                part.title.get(lang),
                part.path
            ));
        }
        if self.unmet.len() > LISTED {
            let n = self.unmet.len() - LISTED;
            out.push_str(&match lang {
                Lang::Zh => format!("  另有 {n} 处（--format json 给出全部）\n"),
                Lang::En => format!("  {n} more (--format json gives all)\n"),
            });
        }
    }
}

impl Tested {
    /// The whole of it for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let mut out = String::new();
        for case in &self.cases {
            case.render(lang, &mut out);
        }
        let (n, n_failed) = (self.cases.len(), self.n_failed());
        out.push_str(&match (lang, n, n_failed) {
            (Lang::Zh, 0, _) => "模型里没有测试用例（tests:）\n".to_string(),
            (Lang::En, 0, _) => "the model has no test cases (`tests:`)\n".to_string(),
            (Lang::Zh, _, 0) => format!("\n{n} 个用例全部通过\n"),
            (Lang::En, _, 0) => format!("\nall of {n} cases pass\n"),
            (Lang::Zh, ..) => format!("\n{n} 个用例中 {n_failed} 个不通过\n"),
            (Lang::En, ..) => format!("\n{n_failed} of {n} cases fail\n"),
        });
        self.coverage.render(lang, &mut out);
        if let (Some(least), false) = (self.min_coverage, self.reached) {
            out.push_str(&match lang {
                Lang::Zh => format!("覆盖低于要求的 {least} %\n"),
                Lang::En => format!("that is below the {least} % that are asked for\n"),
            });
        }
        out
    }
}
