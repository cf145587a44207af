//! What the values of a column look like, counted over a sample.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::collect::value::{self, DateOrder};

/// How a source names the day numbers of spreadsheets.
pub(crate) const EXCEL: &str = "excel";

#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) rows: usize,
    pub(crate) filled: usize,
    pub(crate) distinct: usize,
    pub(crate) numbers: usize,
    pub(crate) integers: usize,
    /// Numbers that begin with a zero or have more than 15 digits: codes.
    pub(crate) codes: usize,
    pub(crate) with_currency: usize,
    pub(crate) currency: Option<&'static str>,
    /// `1.234,50`.
    pub(crate) decimal_commas: usize,
    pub(crate) dates: usize,
    pub(crate) with_time: usize,
    pub(crate) only_day_first: usize,
    pub(crate) only_month_first: usize,
    pub(crate) either_first: usize,
    /// Day numbers of a spreadsheet that are taken for dates, and so for no numbers.
    pub(crate) serials: usize,
    /// Looks of dates, with their counts; the format in day-first order where both are possible.
    formats: BTreeMap<(String, String), usize>,
    pub(crate) phones: usize,
    pub(crate) masked: usize,
    pub(crate) emails: usize,
    pub(crate) identity_cards: usize,
    pub(crate) booleans: usize,
    pub(crate) person_names: usize,
    pub(crate) currency_codes: usize,
    characters: usize,
    pub(crate) longest: usize,
}

/// Surnames of nine in ten people in China.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔\
                        钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤";

const CURRENCIES: [&str; 12] =
    ["CNY", "RMB", "USD", "EUR", "GBP", "HKD", "JPY", "KRW", "TWD", "SGD", "AUD", "人民币"];

impl Profile {
    /// `serial_days`: the day numbers that are dates in a column of this name, if any can be.
    pub(crate) fn of<'a>(
        values: impl Iterator<Item = Option<&'a str>>,
        serial_days: Option<RangeInclusive<u32>>,
    ) -> Profile {
        let mut profile = Profile::default();
        let mut serials = Serials::default();
        let mut distinct = BTreeSet::new();
        for value in values {
            profile.rows += 1;
            let Some(text) = value.map(str::trim).filter(|text| !text.is_empty()) else { continue };
            profile.filled += 1;
            distinct.insert(text);
            profile.count(text);
            if let Some(days) = &serial_days {
                serials.count(text, days);
            }
        }
        profile.distinct = distinct.len();
        profile.take_serials(&serials);
        profile
    }

    /// Takes day numbers for dates, if the column holds hardly anything but dates with them.
    fn take_serials(&mut self, serials: &Serials) {
        let n = serials.whole + serials.with_time;
        if n == 0 || self.share(n + self.dates) < 0.9 {
            return;
        }
        self.serials = n;
        self.dates += n;
        self.with_time += serials.with_time;
        self.numbers -= n;
        self.integers -= serials.whole;
        self.formats.insert((EXCEL.into(), EXCEL.into()), n);
    }

    fn count(&mut self, text: &str) {
        let n_characters = text.chars().count();
        self.characters += n_characters;
        self.longest = self.longest.max(n_characters);
        if let Some(number) = value::number(text) {
            self.numbers += 1;
            self.integers += usize::from(number.integer && !number.percent);
            self.codes += usize::from(number.leading_zero || number.digits > 15);
            if number.currency.is_some() {
                self.with_currency += 1;
                self.currency = self.currency.or(number.currency);
            }
        } else if is_decimal_comma(text) {
            self.decimal_commas += 1;
        }
        if let Some(date) = value::date(text) {
            self.dates += 1;
            self.with_time += usize::from(date.has_time);
            match date.orders[..] {
                [DateOrder::DayMonthYear] => self.only_day_first += 1,
                [DateOrder::MonthDayYear] => self.only_month_first += 1,
                [_, _] => self.either_first += 1,
                _ => {}
            }
            let key = (date.format_in(DateOrder::DayMonthYear), date.format_in(DateOrder::MonthDayYear));
            *self.formats.entry(key).or_default() += 1;
        }
        self.phones += usize::from(value::is_phone(text));
        self.masked += usize::from(text.contains("***") || text.contains("xxxx"));
        self.emails += usize::from(value::is_email(text));
        self.identity_cards += usize::from(value::is_identity_card(text));
        self.booleans += usize::from(value::is_boolean(text));
        let surname = text.chars().next().is_some_and(|first| SURNAMES.contains(first));
        let chinese = text.chars().all(|c| ('\u{3400}'..='\u{9fff}').contains(&c) || c == '·');
        self.person_names += usize::from(surname && chinese && (2..=4).contains(&n_characters));
        self.currency_codes += usize::from(CURRENCIES.iter().any(|code| code.eq_ignore_ascii_case(text)));
    }

    /// The share of the filled cells that `n` is.
    pub(crate) fn share(&self, n: usize) -> f64 {
        if self.filled == 0 { 0.0 } else { n as f64 / self.filled as f64 }
    }

    pub(crate) fn mean_characters(&self) -> f64 {
        self.share(self.characters)
    }

    /// Formats of the dates, the most frequent first.
    pub(crate) fn formats(&self, month_first: bool) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for ((day, month), count) in &self.formats {
            *counts.entry(if month_first { month } else { day }).or_default() += count;
        }
        let mut formats: Vec<(String, usize)> =
            counts.into_iter().map(|(format, count)| (format.to_string(), count)).collect();
        formats.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
        formats
    }
}

/// Numbers that a spreadsheet would show as dates.
#[derive(Debug, Default)]
struct Serials {
    whole: usize,
    with_time: usize,
}

impl Serials {
    /// Five digits, and as many as a spreadsheet writes after the point.
    fn count(&mut self, text: &str, days: &RangeInclusive<u32>) {
        let (whole, fraction) =
            text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() != 5 || !digits(whole) || !whole.parse().is_ok_and(|day| days.contains(&day)) {
            return;
        }
        match fraction {
            None => self.whole += 1,
            Some(part) if (1..=17).contains(&part.len()) && digits(part) => self.with_time += 1,
            Some(_) => {}
        }
    }
}

fn is_decimal_comma(text: &str) -> bool {
    let text = text.trim_start_matches(['-', '€', ' ']).trim_end_matches(['€', ' ']);
    let Some((whole, fraction)) = text.rsplit_once(',') else { return false };
    (1..=4).contains(&fraction.len())
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && !whole.is_empty()
        && whole.split('.').enumerate().all(|(index, group)| {
            group.bytes().all(|byte| byte.is_ascii_digit())
                && !group.is_empty()
                && (index == 0 || group.len() == 3)
        })
}
