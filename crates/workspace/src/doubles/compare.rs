//! Two customers side by side: what agrees, what nearly does, what differs, and how much each says.
//!
//! The chance `m` of each outcome for one person with two records is assumed and stands here; the chance `u` for
//! two people is that of the very value among all customers, where it is shared, and assumed where it is near.

use gradus_model::{Text, distance};
use gradus_stats::linkage::{Outcome, chance_of_value};
use gradus_store::Revealed;
use serde::{Deserialize, Serialize};

/// What was compared, and how it turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Rows name both numbers with one phone, e-mail address or other identifier.
    SharedIdentifier,
    SameName,
    SimilarName,
    OtherName,
    SameAddress,
    OtherAddress,
    /// One digit away.
    NearPhone,
    OtherPhone,
    /// The same before the @.
    NearEmail,
    OtherEmail,
}

impl ReasonCode {
    /// What people read.
    pub fn title(self) -> Text {
        match self {
            ReasonCode::SharedIdentifier => Text::new(
                "数据行把同一个标识（手机、邮箱等）记在两者名下",
                "rows name both with one identifier, such as a phone",
            ),
            ReasonCode::SameName => Text::new("姓名相同", "the same name"),
            ReasonCode::SimilarName => Text::new("姓名相近", "a similar name"),
            ReasonCode::OtherName => Text::new("姓名不同", "another name"),
            ReasonCode::SameAddress => Text::new("地址相同", "the same address"),
            ReasonCode::OtherAddress => Text::new("地址不同", "another address"),
            ReasonCode::NearPhone => Text::new("手机号只差一位", "a phone that is one digit away"),
            ReasonCode::OtherPhone => Text::new("手机号不同", "another phone"),
            ReasonCode::NearEmail => Text::new("邮箱 @ 之前相同", "the same e-mail address before the @"),
            ReasonCode::OtherEmail => Text::new("邮箱不同", "another e-mail address"),
        }
    }

    /// The chances for one person, and for two; the latter counts where no frequency says it better.
    fn assumed(self) -> Outcome {
        let (m, u) = match self {
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
}

/// One comparison of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    pub code: ReasonCode,
    /// The weight of evidence in bits: above zero it speaks for one person.
    pub bits: f64,
    /// How many customers have the value that both have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_with: Option<u64>,
}

impl Reason {
    fn of(code: ReasonCode) -> (Reason, Outcome) {
        let outcome = code.assumed();
        (Reason { code, bits: outcome.bits(), n_with: None }, outcome)
    }

    /// Both have a value that `n_with` of `n` have.
    fn shared(code: ReasonCode, n_with: u64, n: u64) -> (Reason, Outcome) {
        let outcome = Outcome { u: chance_of_value(n_with, n), ..code.assumed() };
        (Reason { code, bits: outcome.bits(), n_with: Some(n_with) }, outcome)
    }
}

/// What a pair shares, as it was found without opening anything: how many have it, of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) identifier: bool,
    pub(super) name: Option<(u64, u64)>,
    pub(super) address: Option<(u64, u64)>,
}

/// Compares what two customers are known by. What one side lacks says nothing.
pub(super) fn compare(shared: Shared, one: &[Revealed], other: &[Revealed]) -> (Vec<Reason>, Vec<Outcome>) {
    let mut all: Vec<(Reason, Outcome)> = Vec::new();
    if shared.identifier {
        all.push(Reason::of(ReasonCode::SharedIdentifier));
    }
    match shared.name {
        Some((n_with, n)) => all.push(Reason::shared(ReasonCode::SameName, n_with, n)),
        None => all.extend(both(one, other, "name").map(|(a, b)| {
            let near = any(&a, &b, is_similar_name);
            Reason::of(if near { ReasonCode::SimilarName } else { ReasonCode::OtherName })
        })),
    }
    match shared.address {
        Some((n_with, n)) => all.push(Reason::shared(ReasonCode::SameAddress, n_with, n)),
        None => all.extend(both(one, other, "address").map(|_| Reason::of(ReasonCode::OtherAddress))),
    }
    // An equal phone or e-mail address is one identity, and links by itself: it is found as a shared identifier.
    all.extend(both(one, other, "phone").map(|(a, b)| {
        let near = any(&a, &b, is_one_away);
        Reason::of(if near { ReasonCode::NearPhone } else { ReasonCode::OtherPhone })
    }));
    all.extend(both(one, other, "email").map(|(a, b)| {
        let near = any(&a, &b, is_same_before_at);
        Reason::of(if near { ReasonCode::NearEmail } else { ReasonCode::OtherEmail })
    }));
    all.into_iter().unzip()
}

/// The values of a kind, where both sides have one.
fn both<'r>(one: &'r [Revealed], other: &'r [Revealed], kind: &str) -> Option<(Vec<&'r str>, Vec<&'r str>)> {
    let of = |side: &'r [Revealed]| -> Vec<&'r str> {
        side.iter().filter(|known| known.kind == kind).map(|known| known.normalized.as_str()).collect()
    };
    let (a, b) = (of(one), of(other));
    (!a.is_empty() && !b.is_empty()).then_some((a, b))
}

fn any(one: &[&str], other: &[&str], fits: fn(&str, &str) -> bool) -> bool {
    one.iter().any(|a| other.iter().any(|b| fits(a, b)))
}

/// The same words in another order, or one slip in a long name. Of two or three characters each one tells people
/// apart.
fn is_similar_name(a: &str, b: &str) -> bool {
    let words = |name: &str| {
        let mut words: Vec<String> = name.split_whitespace().map(str::to_string).collect();
        words.sort();
        words
    };
    let n = a.chars().count().min(b.chars().count());
    words(a) == words(b) || (n >= 6 && distance(a, b) <= 1) || (n >= 12 && distance(a, b) <= 2)
}

/// The same digits but for one that is other, missing, or swapped with its neighbour.
fn is_one_away(a: &str, b: &str) -> bool {
    a.chars().count().min(b.chars().count()) >= 7 && a != b && distance(a, b) == 1
}

fn is_same_before_at(a: &str, b: &str) -> bool {
    match (a.split_once('@'), b.split_once('@')) {
        // `info` and `li` are many people's.
        (Some((a, _)), Some((b, _))) => a == b && a.chars().count() >= 6,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(pairs: &[(&str, &str)]) -> Vec<Revealed> {
        let of = |(kind, value): &(&str, &str)| Revealed {
            kind: kind.to_string(),
            normalized: value.to_string(),
            value: value.to_string(),
        };
        pairs.iter().map(of).collect()
    }

    fn codes(shared: Shared, one: &[(&str, &str)], other: &[(&str, &str)]) -> Vec<ReasonCode> {
        compare(shared, &known(one), &known(other)).0.into_iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn one_slip_is_near_and_two_are_not() {
        for (a, b, near) in [
            ("13800138000", "13800138001", true),
            ("13800138000", "13800183000", true),
            ("13800138000", "1380013800", true),
            ("13800138000", "13800138000", false),
            ("13800138000", "13800138012", false),
            ("138001", "138002", false),
        ] {
            assert_eq!(is_one_away(a, b), near, "{a} {b}");
        }
        assert!(is_similar_name("lee mary ann", "mary ann lee"));
        assert!(is_similar_name("jonathan smith", "jonathon smith"));
        assert!(!is_similar_name("王小明", "王小红") && !is_similar_name("张三", "张四"));
        assert!(is_same_before_at("wang.fang@a.com", "wang.fang@b.cn"));
        assert!(!is_same_before_at("info@a.com", "info@b.com") && !is_same_before_at("wangfang", "wangfang"));
    }

    #[test]
    fn what_one_side_lacks_says_nothing() {
        assert!(codes(Shared::default(), &[("phone", "13800138000")], &[("email", "a@b.cn")]).is_empty());
        let shared = Shared { identifier: true, name: Some((2, 1_000)), address: None };
        let found = codes(
            shared,
            &[("name", "王芳"), ("phone", "13800138000"), ("address", "一号")],
            &[("name", "王芳"), ("phone", "13800138001"), ("address", "二号")],
        );
        let wanted = [
            ReasonCode::SharedIdentifier,
            ReasonCode::SameName,
            ReasonCode::OtherAddress,
            ReasonCode::NearPhone,
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn each_outcome_speaks_as_it_should() {
        for (code, speaks_for) in [
            (ReasonCode::SharedIdentifier, true),
            (ReasonCode::SimilarName, true),
            (ReasonCode::OtherName, false),
            (ReasonCode::OtherAddress, false),
            (ReasonCode::NearPhone, true),
            (ReasonCode::OtherPhone, false),
            (ReasonCode::NearEmail, true),
            (ReasonCode::OtherEmail, false),
        ] {
            assert_eq!(Reason::of(code).0.bits > 0.0, speaks_for, "{code:?}");
            assert_ne!(code.title().zh, code.title().en);
        }
        let rare = Reason::shared(ReasonCode::SameName, 2, 10_000).0;
        let common = Reason::shared(ReasonCode::SameName, 50, 10_000).0;
        assert!(rare.bits > common.bits && common.bits > 0.0);
    }
}
