//! What of a row that was read may be shown to somebody who may not see identifiers in clear.

use gradus_ledger::clean::personal::PersonalRules;
use gradus_ledger::collect::propose::{IdentityGuess, Proposal, Role, names_a_person};
use gradus_model::document::{IdentityKind, Source};
use gradus_store::masked;

/// Which columns identify people, and how their values are masked.
pub(crate) struct RowMask {
    /// Column, and the kind of what stands in it.
    personal: Vec<(String, &'static str)>,
    rules: PersonalRules,
}

impl RowMask {
    /// By what the columns of a file probably mean.
    pub(crate) fn proposed(proposal: &Proposal, region: &str) -> RowMask {
        let kind = |role: &Role| match role {
            Role::Identity { kind: IdentityGuess::Phone } => Some("phone"),
            Role::Identity { kind: IdentityGuess::Email } => Some("email"),
            Role::Identity { .. } => Some("id"),
            Role::Name => Some("name"),
            Role::Address => Some("address"),
            Role::FreeText => Some("text"),
            _ => None,
        };
        let of = |one: &gradus_ledger::collect::propose::ColumnProposal| {
            Some((one.column.clone(), kind(&one.role)?))
        };
        RowMask {
            personal: proposal.columns.iter().filter_map(of).collect(),
            rules: PersonalRules::new(region),
        }
    }

    /// By what a source says of the columns: what it maps to identities or to the vault.
    pub(crate) fn of(source: Option<&Source>, columns: &[&str], region: &str) -> RowMask {
        let mut expressions: Vec<(&str, &'static str)> = Vec::new();
        if let Some(source) = source {
            for identity in &source.mapping.identity {
                let kind = match identity.kind {
                    IdentityKind::Phone => "phone",
                    IdentityKind::Email => "email",
                    IdentityKind::Id | IdentityKind::External => "id",
                };
                expressions.push((&identity.value, kind));
            }
            expressions.extend(source.mapping.private.iter().map(|(_, sql)| (sql.as_str(), "text")));
        }
        let mut personal = Vec::new();
        for column in columns {
            // Rather one column too many than one too few: the name may stand in the middle of a word.
            let named = expressions.iter().find(|(sql, _)| sql.contains(column)).map(|(_, kind)| *kind);
            if let Some(kind) = named.or_else(|| names_a_person(column).then_some("text")) {
                personal.push((column.to_string(), kind));
            }
        }
        RowMask { personal, rules: PersonalRules::new(region) }
    }

    /// The value as it is shown, and whether that hides something.
    pub(crate) fn shown(&self, column: &str, value: &str) -> (String, bool) {
        if value.trim().is_empty() {
            return (value.to_string(), false);
        }
        match self.personal.iter().find(|(name, _)| name == column) {
            Some((_, kind)) => (masked(kind, value), true),
            None if self.rules.is_in(value) => (masked("text", value), true),
            None => (value.to_string(), false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_source_maps_to_an_identity_is_masked_and_so_is_what_only_looks_like_one() {
        let text = "gradus: 1\nmapping:\n  identity:\n    - { kind: phone, value: trim(mobile) }\n  kind: \"'visit'\"\n";
        let source = gradus_model::load::load_source("s.yaml", text).value.unwrap();
        let mask = RowMask::of(Some(&source), &["mobile", "shop", "姓名"], "CN");
        assert_eq!(mask.shown("mobile", "13800138000"), ("138****8000".into(), true));
        assert_eq!(mask.shown("shop", "Shop 7"), ("Shop 7".into(), false));
        assert!(mask.shown("姓名", "张三丰").1, "a name by its column's name");
        let (hidden, is) = mask.shown("shop", "请联系 138-1234-5678");
        assert!(is && !hidden.contains("1234"), "{hidden}");
        assert_eq!(mask.shown("mobile", " "), (" ".into(), false));
    }
}
