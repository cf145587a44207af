//! Currencies: ISO 4217 codes, the signs and words people write instead.

use super::text;

/// What stands beside an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// One currency for sure.
    Code(&'static str),
    /// `$`: of any country that calls its money dollar (or peso).
    Dollar,
    /// `¥`: yuan or yen.
    YuanOrYen,
}

/// Codes in use (ISO 4217 list one, funds and metals left out), sorted.
const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN \
BZD CAD CDF CHF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF \
GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR \
LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP \
PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP \
TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG DEM FRF ITL ESP NLG BEF \
ATS IEP FIM PTE GRD";

const DOLLARS: [&str; 22] = [
    "USD", "AUD", "BBD", "BMD", "BND", "BSD", "BZD", "CAD", "FJD", "GYD", "HKD", "JMD", "KYD", "LRD", "MXN",
    "NAD", "NZD", "SBD", "SGD", "SRD", "TTD", "TWD",
];

/// Words and signs, longest first where one begins another. Compared without case.
const WORDS: [(&str, Sign); 34] = [
    ("人民币", Sign::Code("CNY")),
    ("人民幣", Sign::Code("CNY")),
    ("RMB", Sign::Code("CNY")),
    ("CN¥", Sign::Code("CNY")),
    ("JP¥", Sign::Code("JPY")),
    ("US$", Sign::Code("USD")),
    ("HK$", Sign::Code("HKD")),
    ("NT$", Sign::Code("TWD")),
    ("MOP$", Sign::Code("MOP")),
    ("A$", Sign::Code("AUD")),
    ("C$", Sign::Code("CAD")),
    ("S$", Sign::Code("SGD")),
    ("美元", Sign::Code("USD")),
    ("美金", Sign::Code("USD")),
    ("港币", Sign::Code("HKD")),
    ("港元", Sign::Code("HKD")),
    ("港幣", Sign::Code("HKD")),
    ("澳门元", Sign::Code("MOP")),
    ("新台币", Sign::Code("TWD")),
    ("台币", Sign::Code("TWD")),
    ("日元", Sign::Code("JPY")),
    ("日圆", Sign::Code("JPY")),
    ("欧元", Sign::Code("EUR")),
    ("英镑", Sign::Code("GBP")),
    ("韩元", Sign::Code("KRW")),
    ("澳元", Sign::Code("AUD")),
    ("加元", Sign::Code("CAD")),
    ("新加坡元", Sign::Code("SGD")),
    ("¥", Sign::YuanOrYen),
    ("$", Sign::Dollar),
    ("£", Sign::Code("GBP")),
    ("€", Sign::Code("EUR")),
    ("₩", Sign::Code("KRW")),
    ("₹", Sign::Code("INR")),
];

impl Sign {
    /// The currency it means in a workspace whose own is `default`.
    pub fn code(self, default: &'static str) -> &'static str {
        match self {
            Sign::Code(code) => code,
            Sign::Dollar if DOLLARS.contains(&default) => default,
            Sign::Dollar => "USD",
            Sign::YuanOrYen if default == "JPY" => "JPY",
            Sign::YuanOrYen => "CNY",
        }
    }

    /// True if an amount with this sign may be in this currency.
    pub fn may_be(self, code: &str) -> bool {
        match self {
            Sign::Code(own) => own == code || (own == "CNY" && code == "CNH"),
            Sign::Dollar => DOLLARS.contains(&code),
            Sign::YuanOrYen => matches!(code, "CNY" | "CNH" | "JPY"),
        }
    }
}

/// The ISO 4217 code of a code or a name as people write it.
///
/// ```
/// use gradus_ledger::clean::currency::named;
/// assert_eq!(named(" rmb ", "CNY"), Some("CNY"));
/// assert_eq!(named("$", "AUD"), Some("AUD"));
/// assert_eq!(named("XYZ", "CNY"), None);
/// ```
pub fn named(written: &str, default: &'static str) -> Option<&'static str> {
    let written = text::canonical_code(text::trimmed(written));
    if let Some(code) = iso(&written) {
        return Some(code);
    }
    if matches!(written.as_ref(), "元" | "圆") {
        return Some("CNY");
    }
    WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(&written)).map(|(_, sign)| sign.code(default))
}

/// The code in its one spelling, if ISO 4217 has it.
pub fn iso(code: &str) -> Option<&'static str> {
    if code.len() != 3 {
        return None;
    }
    CODES.split_ascii_whitespace().find(|known| known.eq_ignore_ascii_case(code))
}

/// The currency that a text begins with, and what follows.
pub(super) fn prefix(text: &str) -> Option<(Sign, &str)> {
    for (word, sign) in WORDS {
        if let Some(head) = text.get(..word.len())
            && head.eq_ignore_ascii_case(word)
        {
            return Some((sign, &text[word.len()..]));
        }
    }
    let code = iso(text.get(..3)?)?;
    Some((Sign::Code(code), &text[3..]))
}

/// The currency that a text ends with, and what stands before.
pub(super) fn suffix(text: &str) -> Option<(Sign, &str)> {
    let tail = |length: usize| {
        text.len().checked_sub(length).and_then(|at| Some((text.get(at..)?, text.get(..at)?)))
    };
    for (word, sign) in WORDS {
        if let Some((end, before)) = tail(word.len())
            && end.eq_ignore_ascii_case(word)
        {
            return Some((sign, before));
        }
    }
    if let Some((end, before)) = tail(3) {
        if matches!(end, "元" | "圆" | "块") {
            return Some((Sign::Code("CNY"), before));
        }
        if let Some(code) = iso(end) {
            return Some((Sign::Code(code), before));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_signs_become_codes() {
        for (written, code) in
            [("cny", "CNY"), ("人民币", "CNY"), ("美元", "USD"), ("￥", "CNY"), ("Gbp", "GBP")]
        {
            assert_eq!(named(written, "CNY"), Some(code), "{written}");
        }
        assert_eq!(named("¥", "JPY"), Some("JPY"));
        assert_eq!(named("bitcoin", "CNY"), None);
        assert!(Sign::Dollar.may_be("HKD") && !Sign::Dollar.may_be("CNY"));
    }

    #[test]
    fn the_code_list_is_three_letters_each() {
        assert!(CODES.split_ascii_whitespace().all(|code| code.len() == 3));
    }
}
