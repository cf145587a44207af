//! What customers need, counted from answers that somebody coded: `price, delivery` are two topics. A customer counts
//! once for a topic, however often they said so.

use std::collections::{BTreeMap, BTreeSet};

use gradus_feedback::interval::Interval;
use gradus_stats::proportion::wilson;
use serde::Serialize;

use super::LEVEL;

/// Topics that are told apart in the result; the rarer ones are counted only.
const MOST_TOPICS: usize = 50;

/// Topics, those of most customers first.
#[derive(Debug, Clone, Serialize)]
pub struct Topics {
    /// Customers of whom any topic is known.
    pub n_customers: u64,
    /// Different topics in all.
    pub n_topics: usize,
    pub topics: Vec<Topic>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Topic {
    pub name: String,
    pub n: u64,
    /// Of the customers of whom any topic is known.
    pub share: Interval,
    /// Of those who answered the question, too: by band, the least content first.
    pub low: u64,
    pub middle: u64,
    pub high: u64,
}

/// The codes of a text, each once: they are parted by commas, semicolons, bars or line ends, of either width.
pub(super) fn codes(text: &str) -> BTreeSet<&str> {
    text.split([',', ';', '|', '\n', '，', '；', '、', '｜'])
        .map(str::trim)
        .filter(|code| !code.is_empty())
        .collect()
}

/// Who named what: by place of the customer.
#[derive(Debug, Default)]
pub(super) struct Named(BTreeMap<String, Written>);

/// A topic in the ways in which it was written, each with its number, and by whom.
#[derive(Debug, Default)]
struct Written {
    ways: BTreeMap<String, u64>,
    who: BTreeSet<usize>,
}

impl Written {
    /// As most wrote it; of equally many the first by letters.
    fn name(&self) -> String {
        let most = self.ways.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
        most.map(|(way, _)| way.clone()).unwrap_or_default()
    }
}

/// One topic whatever its case and width: `PRICE` and `ｐｒｉｃｅ` are `price`.
fn folded(code: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    };
    code.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

impl Named {
    pub fn add(&mut self, place: usize, text: &str) {
        for code in codes(text) {
            let topic = self.0.entry(folded(code)).or_default();
            *topic.ways.entry(code.to_string()).or_default() += 1;
            topic.who.insert(place);
        }
    }

    pub fn who(&self, topic: &str) -> Option<&BTreeSet<usize>> {
        self.0.get(&folded(topic.trim())).map(|topic| &topic.who)
    }

    /// Counts them; `bands` are those of `grid::bands`.
    pub fn counted(&self, bands: &[u8]) -> Topics {
        let all: BTreeSet<usize> = self.0.values().flat_map(|topic| &topic.who).copied().collect();
        let mut topics: Vec<Topic> = self
            .0
            .values()
            .filter_map(|topic| {
                let (name, who) = (topic.name(), &topic.who);
                let of = |band: u8| who.iter().filter(|at| bands[**at] == band).count() as u64;
                Some(Topic {
                    name,
                    n: who.len() as u64,
                    share: wilson(who.len() as u64, all.len() as u64, LEVEL)?.into(),
                    low: of(0),
                    middle: of(1),
                    high: of(2),
                })
            })
            .collect();
        topics.sort_by(|a, b| b.n.cmp(&a.n).then(a.name.cmp(&b.name)));
        let n_topics = topics.len();
        topics.truncate(MOST_TOPICS);
        Topics { n_customers: all.len() as u64, n_topics, topics }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_parted_by_commas_of_either_width() {
        let found: Vec<&str> = codes(" price,delivery；售后、 price ,,|").into_iter().collect();
        assert_eq!(found, ["delivery", "price", "售后"]);
        assert!(codes(" ；, ").is_empty());
    }

    #[test]
    fn case_and_width_make_no_other_topic() {
        let mut named = Named::default();
        for (place, text) in [(0, "price"), (1, "PRICE"), (2, "ｐｒｉｃｅ"), (3, "price"), (4, "delivery")]
        {
            named.add(place, text);
        }
        let found = named.counted(&[0; 5]);
        assert_eq!((found.n_topics, found.topics[0].name.as_str(), found.topics[0].n), (2, "price", 4));
        assert_eq!(named.who("Price").map(BTreeSet::len), Some(4));
    }

    #[test]
    fn a_customer_counts_once_for_a_topic() {
        let mut named = Named::default();
        for (place, text) in [(0, "price"), (0, "price,delivery"), (1, "price"), (2, "")] {
            named.add(place, text);
        }
        let found = named.counted(&[0, 2, 3]);
        assert_eq!((found.n_customers, found.n_topics), (2, 2));
        let price = &found.topics[0];
        assert_eq!((price.name.as_str(), price.n, price.low, price.high), ("price", 2, 1, 1));
        assert_eq!((found.topics[1].share.value, found.topics[1].low), (0.5, 1));
    }
}
