//! How much each outcome of a comparison says: the chance `m` that it comes out so for one person with two records,
//! and `u` for two people. Both are assumed to begin with, and learned from the pairs of the company itself where
//! there are enough of them ([`gradus_stats::linkage::learn`]).

use gradus_model::Text;
use gradus_stats::linkage::{Compared, NotLearned, Outcome, Pair, chance_of_value, learn};

use super::compare::{Comparison, Reason, ReasonCode};
use super::find::Shared;

/// What is compared, each with every way in which it can turn out.
const FIELDS: [(&str, &str, &[ReasonCode]); 5] = [
    ("姓名", "names", &[ReasonCode::SameName, ReasonCode::SimilarName, ReasonCode::OtherName]),
    ("地址", "addresses", &[ReasonCode::SameAddress, ReasonCode::OtherAddress]),
    ("手机", "phones", &[ReasonCode::NearPhone, ReasonCode::OtherPhone]),
    ("邮箱", "e-mail addresses", &[ReasonCode::NearEmail, ReasonCode::OtherEmail]),
    // That none is shared is nowhere said, so how often one is cannot be learned.
    ("标识", "identifiers", &[ReasonCode::SharedIdentifier]),
];
const NAME: usize = 0;
const ADDRESS: usize = 1;
const IDENTIFIER: usize = 4;

/// The chances assumed for one person, and for two; the latter counts where no frequency says it better.
fn assumed(code: ReasonCode) -> Outcome {
    let (m, u) = match code {
        ReasonCode::SharedIdentifier => (0.4, 1e-6),
        ReasonCode::SameName => (0.85, 1e-3),
        ReasonCode::SimilarName => (0.1, 1e-3),
        ReasonCode::OtherName => (0.05, 0.998),
        ReasonCode::SameAddress => (0.6, 1e-4),
        ReasonCode::OtherAddress => (0.4, 0.999),
        ReasonCode::NearPhone => (0.1, 1e-6),
        ReasonCode::OtherPhone => (0.5, 0.999),
        ReasonCode::NearEmail => (0.15, 1e-5),
        ReasonCode::OtherEmail => (0.6, 0.999),
    };
    Outcome { m, u }
}

/// The chances of every outcome.
#[derive(Debug, Clone)]
pub(super) struct Chances(Vec<Vec<Outcome>>);

impl Chances {
    pub(super) fn assumed() -> Chances {
        Chances(FIELDS.iter().map(|(.., codes)| codes.iter().copied().map(assumed).collect()).collect())
    }

    /// What the pairs themselves say, and how that is told; the chances assumed where they say too little.
    pub(super) fn learned(before: f64, pairs: &[Pair]) -> (Chances, Text) {
        let assumed = Chances::assumed();
        match learn(before, pairs, &assumed.0) {
            Ok(found) => {
                let told = told(&found.is_learned, found.expected, pairs.len());
                (Chances(found.fields), told)
            }
            Err(why) => (assumed, not_learned(why)),
        }
    }

    fn of(&self, one: &Comparison) -> Outcome {
        let (field, outcome) = place(one.code);
        let known = self.0.get(field).and_then(|own| own.get(outcome)).copied();
        let known = known.unwrap_or_else(|| self::assumed(one.code));
        Outcome { u: one.u_of_value().unwrap_or(known.u), ..known }
    }

    /// What was compared, with how much each says.
    pub(super) fn reasons(&self, all: &[Comparison]) -> Vec<Reason> {
        let reason = |one: &Comparison| Reason {
            code: one.code,
            bits: self.of(one).bits(),
            n_with: one.shared_by.map(|(n_with, _)| n_with),
        };
        all.iter().map(reason).collect()
    }

    pub(super) fn probability(&self, before: f64, pair: &Pair) -> f64 {
        pair.probability(before, &self.0)
    }
}

impl Comparison {
    fn u_of_value(&self) -> Option<f64> {
        self.shared_by.map(|(n_with, n)| chance_of_value(n_with, n))
    }
}

/// What was compared, as the mathematics takes it.
pub(super) fn pair_of(all: &[Comparison], shared: &Shared) -> Pair {
    let compared = |one: &Comparison| {
        let (field, outcome) = place(one.code);
        Compared { field, outcome, u_of_value: one.u_of_value() }
    };
    let found_by =
        [(NAME, shared.name.is_some()), (ADDRESS, shared.address.is_some()), (IDENTIFIER, shared.identifier)];
    Pair {
        compared: all.iter().map(compared).collect(),
        found_by: found_by.into_iter().filter(|(_, is_shared)| *is_shared).map(|(field, _)| field).collect(),
    }
}

/// Field and outcome.
fn place(code: ReasonCode) -> (usize, usize) {
    let at = |(.., codes): &(&str, &str, &[ReasonCode])| codes.iter().position(|own| *own == code);
    let found = FIELDS.iter().enumerate().find_map(|(field, own)| Some((field, at(own)?)));
    found.unwrap_or_default()
}

fn told(is_learned: &[bool], expected: f64, n_pairs: usize) -> Text {
    let learned = || FIELDS.iter().zip(is_learned).filter(|(_, is_learned)| **is_learned);
    let zh: Vec<&str> = learned().map(|((zh, ..), _)| *zh).collect();
    let en: Vec<&str> = learned().map(|((_, en, _), _)| *en).collect();
    Text::new(
        format!("{}的权重由数据学得：比较了 {n_pairs} 对，预计 {expected:.0} 对是同一人", zh.join("、")),
        format!(
            "weights of {} are learned from the data: of {n_pairs} pairs compared {expected:.0} are expected to be one person",
            en.join(", ")
        ),
    )
}

fn not_learned(why: NotLearned) -> Text {
    match why {
        NotLearned::TooFew { expected, least } => Text::new(
            format!(
                "可用来学习权重的客户对太少（预计 {expected:.0} 对是同一人，至少要 {least:.0} 对），用的是假定的权重"
            ),
            format!(
                "weights are assumed: too few pairs to learn them from ({expected:.0} are expected to be one person, {least:.0} are needed)"
            ),
        ),
        NotLearned::NotDoubles { .. } => Text::new(
            "客户对的相似更像同住一户等情形，而不是同一人，用的是假定的权重",
            "weights are assumed: pairs are alike as households are, and not as doubles",
        ),
        NotLearned::Restless => Text::new(
            "权重从数据中学不稳定，用的是假定的权重",
            "weights are assumed: those of the data do not come to rest",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [ReasonCode; 10] = [
        ReasonCode::SharedIdentifier,
        ReasonCode::SameName,
        ReasonCode::SimilarName,
        ReasonCode::OtherName,
        ReasonCode::SameAddress,
        ReasonCode::OtherAddress,
        ReasonCode::NearPhone,
        ReasonCode::OtherPhone,
        ReasonCode::NearEmail,
        ReasonCode::OtherEmail,
    ];

    fn bits(code: ReasonCode, shared_by: Option<(u64, u64)>) -> f64 {
        Chances::assumed().reasons(&[Comparison { code, shared_by }])[0].bits
    }

    #[test]
    fn each_outcome_has_its_place_and_speaks_as_it_should() {
        let speaks_for = [
            ReasonCode::SharedIdentifier,
            ReasonCode::SameName,
            ReasonCode::SimilarName,
            ReasonCode::SameAddress,
            ReasonCode::NearPhone,
            ReasonCode::NearEmail,
        ];
        for code in ALL {
            let (field, outcome) = place(code);
            assert_eq!(FIELDS[field].2[outcome], code);
            assert_eq!(bits(code, None) > 0.0, speaks_for.contains(&code), "{code:?}");
            assert_ne!(code.title().zh, code.title().en);
        }
        let (rare, common) =
            (bits(ReasonCode::SameName, Some((2, 10_000))), bits(ReasonCode::SameName, Some((50, 10_000))));
        assert!(rare > common && common > 0.0);
    }

    #[test]
    fn few_pairs_leave_the_weights_as_assumed_and_say_so() {
        let shared = Shared { name: Some((2, 1_000)), ..Shared::default() };
        let all = [
            Comparison { code: ReasonCode::SameName, shared_by: shared.name },
            Comparison { code: ReasonCode::NearPhone, shared_by: None },
        ];
        let pair = pair_of(&all, &shared);
        assert_eq!((pair.found_by.as_slice(), pair.compared.len()), (&[NAME][..], 2));
        let (chances, words) = Chances::learned(1e-4, &[pair.clone(), pair.clone()]);
        assert!(words.en.contains("assumed") && words.zh.contains("假定"), "{words:?}");
        assert_eq!(chances.reasons(&all), Chances::assumed().reasons(&all));
        // Sixty such pairs say how near phones are.
        let (chances, words) = Chances::learned(1e-4, &vec![pair; 60]);
        assert!(words.en.contains("phones are learned") && words.zh.contains("手机的权重"), "{words:?}");
        assert!(chances.reasons(&all)[1].bits > bits(ReasonCode::NearPhone, None));
        assert_eq!(
            chances.reasons(&all)[0],
            Chances::assumed().reasons(&all)[0],
            "what found them is not learned"
        );
    }
}
