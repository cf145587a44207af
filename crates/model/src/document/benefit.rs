//! Benefits (权益): what a level gives, and what that costs.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Number, SpanUnit};
use crate::Text;

/// What a level gives. Written as a text, or with what it costs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Benefit {
    pub title: Text,
    /// What programs call it, where they ask whether a customer has it.
    pub key: Option<String>,
    /// What it costs for each customer, in the workspace's currency.
    pub cost: Option<Number>,
    /// How often that is paid; each year if left out.
    pub per: Option<SpanUnit>,
}

impl Benefit {
    /// What it costs for each customer in a year of 365 days or 52 weeks.
    pub fn cost_a_year(&self) -> Option<f64> {
        let times = match self.per.unwrap_or(SpanUnit::Year) {
            SpanUnit::Day => 365.0,
            SpanUnit::Week => 52.0,
            SpanUnit::Month => 12.0,
            SpanUnit::Quarter => 4.0,
            SpanUnit::Year => 1.0,
        };
        Some(self.cost?.to_f64() * times)
    }

    /// Whether a program or a person means this one.
    pub fn is_called(&self, name: &str) -> bool {
        self.key.as_deref() == Some(name) || self.title.zh == name || self.title.en == name
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Written {
    /// Only what it is called.
    Plain(Text),
    Full(FullBenefit),
}

/// A benefit with what it costs.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FullBenefit {
    title: Text,
    /// What programs call it, where they ask whether a customer has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// What it costs for each customer, in the workspace's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<Number>,
    /// How often that is paid; each year if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    per: Option<SpanUnit>,
}

impl<'de> Deserialize<'de> for Benefit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Plain(title) => Benefit { title, ..Benefit::default() },
            Written::Full(FullBenefit { title, key, cost, per }) => Benefit { title, key, cost, per },
        })
    }
}

impl Serialize for Benefit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.key.is_none() && self.cost.is_none() && self.per.is_none() {
            return self.title.serialize(serializer);
        }
        let Benefit { title, key, cost, per } = self.clone();
        FullBenefit { title, key, cost, per }.serialize(serializer)
    }
}

impl JsonSchema for Benefit {
    fn schema_name() -> Cow<'static, str> {
        "Benefit".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_ways_of_writing_come_back_as_they_were() {
        for written in [
            json!({ "zh": "免运费", "en": "Free postage" }),
            json!({ "title": { "zh": "免运费", "en": "Free postage" }, "key": "postage", "cost": 2.5, "per": "month" }),
        ] {
            let read: Benefit = serde_json::from_value(written.clone()).unwrap();
            let again: Benefit = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
            assert_eq!(again, read);
            assert!(read.is_called("免运费") && read.is_called("Free postage") && !read.is_called("x"));
        }
        let costly: Benefit =
            serde_json::from_value(json!({ "title": "顾问", "cost": 2.5, "per": "month" })).unwrap();
        assert_eq!(costly.cost_a_year(), Some(30.0));
        let plain: Benefit = serde_json::from_value(json!("生日券")).unwrap();
        assert_eq!((plain.cost_a_year(), plain.title.en.as_str()), (None, "生日券"));
        assert_eq!(serde_json::to_value(&plain).unwrap(), json!({ "zh": "生日券", "en": "生日券" }));
        assert!(serde_json::from_value::<Benefit>(json!({ "title": "x", "price": 1 })).is_err());
    }
}
