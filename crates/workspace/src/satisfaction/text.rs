//! Satisfaction for a terminal.

use gradus_model::Lang;

use super::{Corner, Satisfaction};
use crate::summary::{aligned_table, grouped, percent};

impl Satisfaction {
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let question = &self.question;
        let mut out = match lang {
            Lang::Zh => {
                format!("{}：{}（{}）\n", question.measure.title().zh, question.title.zh, self.stretch.zh)
            }
            Lang::En => {
                format!("{}: {} ({})\n", question.measure.title().en, question.title.en, self.stretch.en)
            }
        };
        out += &format!("{}\n", self.overall.words.get(lang));
        let (n, all) = (grouped(self.n_answered as f64, 0), grouped(self.n_customers as f64, 0));
        if let Some(rate) = &self.rate {
            let rate = percent(rate.value, 1);
            out += &match lang {
                Lang::Zh => format!("{all} 位客户中 {n} 位回答（{rate}）\n"),
                Lang::En => format!("{n} of {all} customers answered ({rate})\n"),
            };
        }
        if self.n_off_scale > 0 {
            out += &match lang {
                Lang::Zh => format!("{} 个回答不在分制内，未计入\n", self.n_off_scale),
                Lang::En => format!("{} answers are off the scale and left out\n", self.n_off_scale),
            };
        }
        if let Some(bias) = &self.bias {
            out += &format!("{}\n", bias.words.get(lang));
        }
        if let Some(by) = &self.by {
            let head = [
                by.title.get(lang).to_string(),
                say("客户数", "customers").into(),
                say("回答", "answered").into(),
                say("值", "value").into(),
                say("95% 区间", "95% interval").into(),
            ];
            let rows = by.groups.iter().map(|group| {
                let (value, interval) = match &group.measured {
                    None => (String::new(), String::new()),
                    Some(found) => {
                        let one = found.value;
                        (format!("{:.1}", one.value), format!("{:.1}–{:.1}", one.low, one.high))
                    }
                };
                let (all, n) = (grouped(group.n_customers as f64, 0), grouped(group.n_answered as f64, 0));
                vec![group.title.get(lang).into(), all, n, value, interval]
            });
            out += &aligned_table(&head, &rows.collect::<Vec<_>>());
        }
        if let Some(grid) = &self.grid {
            let mut head = vec![String::new()];
            head.extend(grid.columns.iter().map(|column| column.title.get(lang).to_string()));
            let rows = grid.rows.iter().zip(&grid.cells).map(|(row, cells)| {
                let mut line = vec![row.title.get(lang).to_string()];
                line.extend(cells.iter().map(|cell| match cell.share {
                    Some(share) => format!("{} ({})", grouped(cell.n as f64, 0), percent(share, 0)),
                    None => String::from("0"),
                }));
                line
            });
            out += &aligned_table(&head, &rows.collect::<Vec<_>>());
        }
        let mut corner = |title: &str, one: &Option<Corner>| {
            if let Some(one) = one {
                let share =
                    one.share.map(|share| format!(" ({})", percent(share.value, 1))).unwrap_or_default();
                out += &format!("{title}: {}{share}: {}\n", grouped(one.n as f64, 0), one.words.get(lang));
            }
        };
        corner(say("满意但在流失", "satisfied but leaving"), &self.satisfied_leaving);
        corner(say("不满意但忠诚", "dissatisfied but loyal"), &self.dissatisfied_loyal);
        if let Some(topics) = &self.topics {
            let head = [
                say("需求主题", "topic of need").to_string(),
                say("客户数", "customers").into(),
                say("占比", "share").into(),
                question.band_title(0).get(lang).into(),
                question.band_title(2).get(lang).into(),
            ];
            let rows = topics.topics.iter().map(|topic| {
                let share = percent(topic.share.value, 1);
                vec![
                    topic.name.clone(),
                    topic.n.to_string(),
                    share,
                    topic.low.to_string(),
                    topic.high.to_string(),
                ]
            });
            out += &aligned_table(&head, &rows.collect::<Vec<_>>());
        }
        out
    }
}
