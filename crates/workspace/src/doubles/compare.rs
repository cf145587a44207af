//! Two customers side by side: what agrees, what nearly does, and what differs. How much each says is weighed in
//! `chances`.

use gradus_model::{Text, distance};
use gradus_store::Revealed;
use serde::{Deserialize, Serialize};

use super::find::Shared;

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

/// How one field turned out, before it is weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) code: ReasonCode,
    /// How many have the value that both have, of how many.
    pub(super) shared_by: Option<(u64, u64)>,
}

/// Compares what two customers are known by. What one side lacks says nothing.
pub(super) fn compare(shared: Shared, one: &[Revealed], other: &[Revealed]) -> Vec<Comparison> {
    let mut all = Vec::new();
    let mut add = |code: ReasonCode, shared_by: Option<(u64, u64)>| all.push(Comparison { code, shared_by });
    if shared.identifier {
        add(ReasonCode::SharedIdentifier, None);
    }
    if shared.name.is_some() {
        add(ReasonCode::SameName, shared.name);
    } else if let Some((a, b)) = both(one, other, "name") {
        let near = any(&a, &b, is_similar_name);
        add(if near { ReasonCode::SimilarName } else { ReasonCode::OtherName }, None);
    }
    if shared.address.is_some() {
        add(ReasonCode::SameAddress, shared.address);
    } else if both(one, other, "address").is_some() {
        add(ReasonCode::OtherAddress, None);
    }
    // An equal phone or e-mail address is one identity, and links by itself: it is found as a shared identifier.
    if let Some((a, b)) = both(one, other, "phone") {
        let near = any(&a, &b, is_one_away);
        add(if near { ReasonCode::NearPhone } else { ReasonCode::OtherPhone }, None);
    }
    if let Some((a, b)) = both(one, other, "email") {
        let near = any(&a, &b, is_same_before_at);
        add(if near { ReasonCode::NearEmail } else { ReasonCode::OtherEmail }, None);
    }
    all
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
        compare(shared, &known(one), &known(other)).into_iter().map(|reason| reason.code).collect()
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
}
