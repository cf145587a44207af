//! How conditions are said: by the titles of lists, levels and kinds of event, where the expression alone
//! would show what only the document calls them.

use gradus_expression::{Scope, Want, compile};
use gradus_model::document::{Condition, Model};
use gradus_model::event_stream::column;
use gradus_model::{Lang, Place, Text};

use super::stretch::stretch_words;
use crate::fold::spec::{Aggregate, FoldIndicator};

/// How people say that somebody is on a list or stands in a tier; none of other conditions.
pub(super) fn said(condition: &Condition, model: &Model) -> Option<Text> {
    let Condition::Node(node) = condition else { return None };
    if let Some(list) = &node.in_list {
        return Some(Text::new(format!("在名单「{list}」上"), format!("is on the list “{list}”")));
    }
    let test = node.tier.as_ref()?;
    let scheme = model.tiers.get(&test.scheme)?;
    let title = scheme.title.clone().unwrap_or_else(|| Text::plain(&test.scheme));
    let level = |name: &str| {
        let level = scheme.levels.get(name);
        level.and_then(|level| level.title.clone()).unwrap_or_else(|| Text::plain(name))
    };
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for (name, before, after) in [
        (&test.is, "为", ""),
        (&test.at_least, "不低于", " or higher"),
        (&test.at_most, "不高于", " or lower"),
    ] {
        let Some(level) = name.as_deref().map(level) else { continue };
        zh.push(format!("{before}「{}」", level.zh));
        en.push(format!("“{}”{after}", level.en));
    }
    Some(Text::new(
        format!("{} {}", title.zh, zh.join("且")),
        format!("{} is {}", title.en, en.join(" and ")),
    ))
}

/// What a hidden column of the fold counts, as people say it.
pub(super) fn in_words(indicator: &FoldIndicator, events: Option<&Scope>) -> Text {
    let words = |sql: &str| {
        let compiled = events.and_then(|scope| compile(sql, scope, Want::Boolean, &Place::default()).ok());
        match compiled {
            Some(filter) => Text::new(filter.words(Lang::Zh), filter.words(Lang::En)),
            None => Text::plain(sql),
        }
    };
    // An event whose kind has a title goes by that.
    let happening = |sql: &str| {
        let titled =
            kind_of(sql).and_then(|(kind, rest)| Some((events?.value_title(column::KIND, kind)?, rest)));
        match titled {
            None => words(sql),
            Some((title, None)) => title.clone(),
            Some((title, Some(rest))) => {
                let rest = words(rest);
                Text::new(format!("{}（{}）", title.zh, rest.zh), format!("{} where {}", title.en, rest.en))
            }
        }
    };
    let stretch = stretch_words(&indicator.window);
    let what = match &indicator.aggregate {
        Aggregate::Sequence { steps } => {
            let steps: Vec<Text> = steps.iter().map(|step| happening(&step.filter)).collect();
            let join = |lang: Lang, with: &str| {
                steps.iter().map(|step| step.get(lang)).collect::<Vec<_>>().join(with)
            };
            Text::new(join(Lang::Zh, "，然后 "), join(Lang::En, ", then "))
        }
        _ => happening(indicator.filter.as_deref().unwrap_or("true")),
    };
    Text::new(
        format!("{}（{}）的次数", stretch.zh, what.zh),
        format!("the number of times{} ({})", stretch.en, what.en),
    )
}

/// The kind and the rest of what `event_filter` wrote.
fn kind_of(sql: &str) -> Option<(&str, Option<&str>)> {
    let (kind, rest) = sql.strip_prefix("kind = '")?.split_once('\'')?;
    match rest {
        "" => Some((kind, None)),
        _ => Some((kind, Some(rest.strip_prefix(" and (")?.strip_suffix(')')?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_read_where_a_filter_begins_with_it_and_nowhere_else() {
        assert_eq!(kind_of("kind = 'visit'"), Some(("visit", None)));
        assert_eq!(kind_of("kind = 'visit' and (a = 'b')"), Some(("visit", Some("a = 'b'"))));
        assert_eq!(kind_of("kind = 'list' and list = 'x'"), None);
        assert_eq!(kind_of("kind in ('a', 'b')"), None);
    }
}
