//! The types an expression knows, and the words people know them by.

use arrow::datatypes::{DataType, TimeUnit};
use gradus_model::Text;

/// A type of value. Amounts are decimals and stay exact; a float comes only from a float column
/// or from exp, ln, power and their like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The value nobody knows; fits everywhere.
    Null,
    Boolean,
    /// 64-bit.
    Integer,
    /// 38 digits, this many of them after the point.
    Decimal(i8),
    Float,
    Text,
    Date,
    /// Microseconds, UTC.
    Timestamp,
}

impl Kind {
    /// The kind of a column, or `None` if expressions cannot read it.
    pub fn of(data_type: &DataType) -> Option<Kind> {
        Some(match data_type {
            DataType::Null => Kind::Null,
            DataType::Boolean => Kind::Boolean,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Kind::Integer,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Kind::Integer,
            DataType::UInt64 => Kind::Decimal(0),
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale) => Kind::Decimal((*scale).max(0)),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Kind::Float,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
            DataType::Dictionary(_, value) => match Kind::of(value)? {
                Kind::Text => Kind::Text,
                _ => return None,
            },
            DataType::Date32 | DataType::Date64 => Kind::Date,
            DataType::Timestamp(_, _) => Kind::Timestamp,
            _ => return None,
        })
    }

    /// The Arrow type that values of this kind have when an expression gives them.
    pub fn data_type(self) -> DataType {
        match self {
            Kind::Null => DataType::Null,
            Kind::Boolean => DataType::Boolean,
            Kind::Integer => DataType::Int64,
            Kind::Decimal(scale) => DataType::Decimal128(38, scale),
            Kind::Float => DataType::Float64,
            Kind::Text => DataType::Utf8,
            Kind::Date => DataType::Date32,
            Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, Kind::Integer | Kind::Decimal(_) | Kind::Float | Kind::Null)
    }

    /// What people call it.
    pub fn words(self) -> Text {
        match self {
            Kind::Null => Text::new("空值", "null"),
            Kind::Boolean => Text::new("是/否", "yes/no"),
            Kind::Integer => Text::new("整数", "a whole number"),
            Kind::Decimal(_) => Text::new("小数", "a decimal number"),
            Kind::Float => Text::new("浮点数", "a floating-point number"),
            Kind::Text => Text::new("文本", "text"),
            Kind::Date => Text::new("日期", "a date"),
            Kind::Timestamp => Text::new("时刻", "an instant"),
        }
    }

    /// The kind that holds both, if there is one: whole numbers widen to decimals, decimals to
    /// floats, null to anything.
    pub fn common(self, other: Kind) -> Option<Kind> {
        use Kind::*;
        Some(match (self, other) {
            (a, b) if a == b => a,
            (Null, k) | (k, Null) => k,
            (Integer, Decimal(s)) | (Decimal(s), Integer) => Decimal(s),
            (Decimal(a), Decimal(b)) => Decimal(a.max(b)),
            (Float, k) | (k, Float) if k.is_number() => Float,
            (Date, Timestamp) | (Timestamp, Date) => Timestamp,
            _ => return None,
        })
    }
}
