//! Why a row was refused. A refused row is wrong: it goes to quarantine with its reason, and can
//! be mended and replayed.

use gradus_model::Text;
use serde::{Deserialize, Serialize};

/// Why a row is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// An expression of the mapping failed on this row.
    ExpressionFailed,
    MissingKind,
    MissingTime,
    /// Not in any of the forms that the source names.
    NotADate,
    /// In form, but there is no such day or time.
    ImpossibleDate,
    DateOutOfRange,
    NotANumber,
    NumberTooLarge,
    /// More than four digits after the point, and the source says not to round.
    TooManyDigits,
    NotAnInteger,
    UnknownCurrency,
    /// The amount is written with another currency than the row names.
    CurrencyMismatch,
    NotABoolean,
    UnknownLineType,
    InvalidId,
    InvalidPhone,
    InvalidEmail,
    InvalidExternalId,
    TextTooLong,
    /// Looks like somebody's telephone or identity card, where a number, date or code belongs.
    LooksPersonal,
    Outlier,
    MissingKey,
    /// The key stands on an earlier row of the file, with other values.
    KeyConflict,
    /// An earlier row of the file says something else of the same product or currency from the same date on.
    FactConflict,
    /// No number above zero that a rate can be.
    NotARate,
    /// The row retracts an event that is not in the ledger.
    NothingToRetract,
}

impl RefusalCode {
    /// The stable name in kebab case.
    pub fn name(self) -> &'static str {
        use RefusalCode::*;
        match self {
            ExpressionFailed => "expression-failed",
            MissingKind => "missing-kind",
            MissingTime => "missing-time",
            NotADate => "not-a-date",
            ImpossibleDate => "impossible-date",
            DateOutOfRange => "date-out-of-range",
            NotANumber => "not-a-number",
            NumberTooLarge => "number-too-large",
            TooManyDigits => "too-many-digits",
            NotAnInteger => "not-an-integer",
            UnknownCurrency => "unknown-currency",
            CurrencyMismatch => "currency-mismatch",
            NotABoolean => "not-a-boolean",
            UnknownLineType => "unknown-line-type",
            InvalidId => "invalid-id",
            InvalidPhone => "invalid-phone",
            InvalidEmail => "invalid-email",
            InvalidExternalId => "invalid-external-id",
            TextTooLong => "text-too-long",
            LooksPersonal => "looks-personal",
            Outlier => "outlier",
            MissingKey => "missing-key",
            KeyConflict => "key-conflict",
            FactConflict => "fact-conflict",
            NotARate => "not-a-rate",
            NothingToRetract => "nothing-to-retract",
        }
    }

    /// What is wrong and what would be right. `place` is the path in the source document; the
    /// value itself is never in it, since reasons are shown and logged.
    pub fn reason(self, place: &str) -> Text {
        use RefusalCode::*;
        let (zh, en) = match self {
            ExpressionFailed => (
                "表达式在这一行算不出：它用到的某个单元格不是所要的数字或日期；请改正单元格，或改写数据源里的表达式",
                "the expression cannot be worked out on this row: a cell that it reads is not the number or date that it \
                 asks for; mend the cell, or the expression in the source",
            ),
            MissingKind => ("没有事件类型", "no kind of event is given"),
            MissingTime => ("没有时间", "no time is given"),
            NotADate => (
                "不是日期；请改正，或在 cleaning.dates 写明日期格式",
                "this is no date; mend it, or name its form in cleaning.dates",
            ),
            ImpossibleDate => (
                "没有这一天或这一时刻；请改正，或在 cleaning.dates 写明年月日的顺序",
                "there is no such day or time; mend it, or name the order of day and month in cleaning.dates",
            ),
            DateOutOfRange => (
                "日期超出允许范围（cleaning.earliest 至 cleaning.latest；默认 1900 年至 2199 年）",
                "the date is out of range (cleaning.earliest to cleaning.latest; 1900 to 2199 by default)",
            ),
            NotANumber => (
                "不是数字；小数点用点号，逗号只用来三位分节（逗号作小数点时请写 decimal_comma: true）",
                "this is no number; the decimal sign is a point and commas group three digits \
                 (write decimal_comma: true where the comma is the decimal sign)",
            ),
            NumberTooLarge => {
                ("数字过大，最多整数 14 位", "the number is too large; at most 14 digits before the point")
            }
            TooManyDigits => (
                "小数超过四位，而数据源要求不得舍入",
                "more than four digits after the point, and the source says not to round",
            ),
            NotAnInteger => ("不是整数", "this is no whole number"),
            UnknownCurrency => {
                ("未知货币；请用 ISO 4217 代码，如 CNY", "unknown currency; use an ISO 4217 code such as CNY")
            }
            CurrencyMismatch => (
                "金额所写的货币与货币列不一致",
                "the amount is written with another currency than the row names",
            ),
            NotABoolean => ("不是“是/否”", "this is neither yes nor no"),
            UnknownLineType => (
                "未知明细类型；应为 product（商品）、service（服务）或 adjustment（调整）",
                "unknown line type; product, service or adjustment expected",
            ),
            InvalidId => ("客户编号无效", "the customer number is not valid"),
            InvalidPhone => (
                "电话号码无效，且没有其他身份",
                "the phone number is not valid, and no other identity is given",
            ),
            InvalidEmail => (
                "邮箱无效，且没有其他身份",
                "the e-mail address is not valid, and no other identity is given",
            ),
            InvalidExternalId => ("外部编号无效", "the external id is not valid"),
            TextTooLong => ("文字过长", "the text is too long"),
            LooksPersonal => (
                "像手机号、邮箱或证件号，不得进入账本；请改正这一列的映射，确为金额时写出小数或千分位",
                "this looks like a telephone or identity card number or an address of mail, which must not reach \
                 the ledger; mend the mapping, or write a true amount with its decimals or groups",
            ),
            Outlier => {
                ("数值超出 cleaning.outliers 的范围", "the value is outside the range of cleaning.outliers")
            }
            MissingKey => ("键列全部为空", "all key columns are empty"),
            KeyConflict => (
                "同一文件中已有相同键但内容不同的行；更正请先撤销再写新事件",
                "an earlier row of the file has this key and other values; correct by a retraction and a new event",
            ),
            FactConflict => (
                "同一文件中较早的一行对同一个键、同一生效日期写了不同的内容；请删去其一，或写明各自的生效日期",
                "an earlier row of the file says something else of the same key from the same date on; remove one of \
                 them, or give each its own date",
            ),
            NotARate => (
                "不是汇率；应为大于零、小于十亿的数字，per 为正整数",
                "this is no exchange rate: a number above zero and below a billion; `per` is a whole number above zero",
            ),
            NothingToRetract => (
                "要撤销的事件还不在账本中；先导入该事件，再用 gradus quarantine replay 重放这一行",
                "the event to retract is not in the ledger yet; import it, then replay this row \
                 with `gradus quarantine replay`",
            ),
        };
        if place.is_empty() {
            return Text::new(zh, en);
        }
        Text::new(format!("{place}：{zh}"), format!("{place}: {en}"))
    }
}

/// One refused row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// Data row, from 1.
    pub row: u64,
    /// Physical line, from 1, where the format has lines.
    pub line: Option<u64>,
    pub code: RefusalCode,
    /// Path in the source document of the rule that refused it.
    pub place: String,
    /// The column whose cell is to be mended, where the rule reads one column only.
    pub column: Option<String>,
    pub reason: Text,
    /// The cells as one JSON object, by column: what a person mends and replays.
    pub raw: String,
}
