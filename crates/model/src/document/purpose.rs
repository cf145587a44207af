//! Purposes (用途): what data may be used for. Fields, kinds of event and indicators name theirs, so that
//! a customer's consent to a purpose can later decide what of their events is seen.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Named;
use crate::shape::closest;
use crate::{Finding, Findings, Place, Text};

/// The purpose of whatever names none: what serving the customer needs anyway.
pub const SERVICE: &str = "service";

/// Purposes that need no declaration.
pub const KNOWN: [&str; 3] = [SERVICE, "marketing", "research"];

/// A purpose that the workspace declares beside `service`, `marketing` and `research`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The wider purpose that it is part of: what was given for that may be used for this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// All purposes of a workspace, and which is part of which.
#[derive(Debug, Clone, Default)]
pub struct Purposes {
    within: BTreeMap<String, Option<String>>,
}

impl Purposes {
    /// The purposes of `gradus.yaml`; what is wrong with them is at `place`.
    pub fn of(declared: &Named<Purpose>, place: &Place) -> (Purposes, Findings) {
        let mut findings = Findings::default();
        let mut within: BTreeMap<String, Option<String>> =
            KNOWN.iter().map(|name| (name.to_string(), None)).collect();
        for (name, purpose) in declared.iter() {
            if name == SERVICE && purpose.within.is_some() {
                findings.push(Finding::error(
                    "purpose-of-service",
                    place.key(name).key("within"),
                    Text::new(
                        "service 是最宽的用途，不属于别的用途",
                        "service is the widest purpose and part of no other",
                    ),
                    Text::new("去掉 within", "without `within`"),
                ));
                continue;
            }
            within.insert(name.to_string(), purpose.within.clone());
        }
        let purposes = Purposes { within };
        for (name, purpose) in declared.iter() {
            let Some(wider) = &purpose.within else { continue };
            let here = place.key(name).key("within");
            findings.extend(purposes.check(wider, &here));
            if purposes.wider(wider).any(|above| above == name) {
                findings.push(Finding::error(
                    "purpose-in-itself",
                    here,
                    Text::new(
                        format!("用途「{name}」属于它自己"),
                        format!("the purpose “{name}” is part of itself"),
                    ),
                    Text::new("去掉其中一个 within", "without one of the `within`"),
                ));
            }
        }
        (purposes, findings)
    }

    /// What is wrong with the name of a purpose.
    pub fn check(&self, name: &str, place: &Place) -> Option<Finding> {
        if self.within.contains_key(name) {
            return None;
        }
        let names: Vec<&str> = self.within.keys().map(String::as_str).collect();
        let right = match closest(name, &names) {
            Some(near) => Text::new(format!("是否想写 {near}？"), format!("did you mean {near}?")),
            None => Text::new(
                format!("{}；或在 gradus.yaml 的 purposes 中声明", names.join("、")),
                format!("one of {}, or declare it under `purposes` of gradus.yaml", names.join(", ")),
            ),
        };
        Some(Finding::error(
            "unknown-purpose",
            place.clone(),
            Text::new(format!("没有名为「{name}」的用途"), format!("there is no purpose called “{name}”")),
            right,
        ))
    }

    /// True if what was given for one purpose may be used for another: for itself, for what is part of
    /// it, and everything that service needs anyway for all.
    ///
    /// ```
    /// use gradus_model::document::{Named, Purposes};
    /// use gradus_model::Place;
    /// let (purposes, _) = Purposes::of(&Named::default(), &Place::default());
    /// assert!(purposes.may_serve("service", "marketing") && !purposes.may_serve("marketing", "service"));
    /// ```
    pub fn may_serve(&self, given: &str, used: &str) -> bool {
        given == SERVICE || self.wider(used).any(|purpose| purpose == given)
    }

    /// A purpose, what it is part of, and so on.
    fn wider<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let above = |name: &&'a str| self.within.get(*name).and_then(Option::as_deref);
        // A circle, which is a finding, ends after everything was met once.
        std::iter::successors(Some(name), above).take(self.within.len() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purposes(declared: &[(&str, Option<&str>)]) -> (Purposes, Vec<&'static str>) {
        let declared = declared.iter().map(|(name, within)| {
            (name.to_string(), Purpose { title: None, within: within.map(String::from) })
        });
        let (purposes, findings) = Purposes::of(&declared.collect(), &Place::default());
        (purposes, findings.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn what_was_given_for_a_purpose_serves_what_is_part_of_it() {
        let (purposes, codes) = purposes(&[("loyalty", Some("marketing")), ("birthday", Some("loyalty"))]);
        assert_eq!(codes, [""; 0]);
        assert!(purposes.may_serve("marketing", "birthday") && purposes.may_serve("loyalty", "birthday"));
        assert!(!purposes.may_serve("birthday", "marketing") && !purposes.may_serve("research", "birthday"));
        let unknown = purposes.check("marketting", &Place::default()).unwrap();
        assert_eq!((unknown.code, unknown.right.en.as_str()), ("unknown-purpose", "did you mean marketing?"));
    }

    #[test]
    fn circles_and_unknown_wider_purposes_are_found() {
        assert_eq!(
            purposes(&[("a", Some("b")), ("b", Some("a"))]).1,
            ["purpose-in-itself", "purpose-in-itself"]
        );
        assert_eq!(purposes(&[("a", Some("nowhere"))]).1, ["unknown-purpose"]);
        assert_eq!(purposes(&[("service", Some("marketing"))]).1, ["purpose-of-service"]);
    }
}
