//! Dates that begin with the year, read by hand: this is what nearly every row holds.

use super::{DAY, DateFault, SECOND, Written};

/// A date with a year of four digits, or of eight digits without marks; a time and an offset may follow.
pub(super) fn read(text: &str) -> Result<Written, DateFault> {
    let mut rest = Digits(text.as_bytes());
    let (year, n) = rest.number(8).ok_or(DateFault::NotADate)?;
    let mut chinese = false;
    let (year, month, day) = match n {
        8 => (year / 10_000, year / 100 % 100, year % 100),
        4 => {
            let year_mark = rest.separator().ok_or(DateFault::NotADate)?;
            let (month, _) = rest.number(2).ok_or(DateFault::NotADate)?;
            let second = rest.separator().ok_or(DateFault::NotADate)?;
            let (day, _) = rest.number(2).ok_or(DateFault::NotADate)?;
            chinese = year_mark == Mark::Year;
            let matching = if chinese {
                second == Mark::Month && (rest.take("日".as_bytes()) || rest.take("号".as_bytes()))
            } else {
                second == year_mark
            };
            if !matching {
                return Err(DateFault::NotADate);
            }
            (year, month, day)
        }
        _ => return Err(DateFault::NotADate),
    };
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) || year < 1 {
        return Err(DateFault::Impossible);
    }
    let midnight = days_from_civil(year.into(), month, day) * DAY;
    if rest.0.is_empty() {
        return Ok(Written { clock: midnight, offset: None, has_time: false });
    }
    if !(rest.take(b"T") || rest.take(b"t") || rest.spaces() || chinese) {
        return Err(DateFault::NotADate);
    }
    let time = rest.time()?;
    let offset = rest.offset()?;
    if !rest.0.is_empty() {
        return Err(DateFault::NotADate);
    }
    Ok(Written { clock: midnight + time, offset, has_time: true })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Ascii(u8),
    Year,
    Month,
}

/// What is left to read.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    /// A number of at most `max` digits and how many there were.
    #[inline]
    fn number(&mut self, max: usize) -> Option<(u32, usize)> {
        let mut value = 0u32;
        let mut n = 0;
        while let Some(digit) = self.0.get(n).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        {
            if n == max {
                return None;
            }
            value = value * 10 + u32::from(digit);
            n += 1;
        }
        self.0 = &self.0[n..];
        (n > 0).then_some((value, n))
    }

    #[inline]
    fn take(&mut self, expected: &[u8]) -> bool {
        match self.0.strip_prefix(expected) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn spaces(&mut self) -> bool {
        let before = self.0.len();
        while self.take(b" ") {}
        self.0.len() < before
    }

    #[inline]
    fn separator(&mut self) -> Option<Mark> {
        match *self.0.first()? {
            byte @ (b'-' | b'/' | b'.') => {
                self.0 = &self.0[1..];
                Some(Mark::Ascii(byte))
            }
            _ if self.take("年".as_bytes()) => Some(Mark::Year),
            _ if self.take("月".as_bytes()) => Some(Mark::Month),
            _ => None,
        }
    }

    /// Hours, minutes and, where given, seconds with a fraction; microseconds of the day.
    fn time(&mut self) -> Result<i64, DateFault> {
        let (hour, _) = self.number(2).ok_or(DateFault::NotADate)?;
        if !(self.take(b":") || self.take("时".as_bytes())) {
            return Err(DateFault::NotADate);
        }
        let (minute, _) = self.number(2).ok_or(DateFault::NotADate)?;
        let mut second = 0;
        let mut micros = 0;
        self.take("分".as_bytes());
        if self.take(b":") || self.0.first().is_some_and(u8::is_ascii_digit) {
            second = self.number(2).ok_or(DateFault::NotADate)?.0;
            self.take("秒".as_bytes());
            if self.take(b".") || self.take(b",") {
                micros = self.fraction().ok_or(DateFault::NotADate)?;
            }
        }
        let end_of_day = hour == 24 && minute == 0 && second == 0 && micros == 0;
        if (hour > 23 && !end_of_day) || minute > 59 || second > 60 {
            return Err(DateFault::Impossible);
        }
        // A leap second has no place of its own on a UTC clock of microseconds.
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second.min(59));
        Ok(seconds * SECOND + micros)
    }

    /// Digits after the point as microseconds; what is finer is cut off.
    fn fraction(&mut self) -> Option<i64> {
        let n = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if n == 0 {
            return None;
        }
        let mut micros = 0;
        for index in 0..6 {
            let digit = self.0.get(index).filter(|_| index < n).map_or(0, |byte| byte - b'0');
            micros = micros * 10 + i64::from(digit);
        }
        self.0 = &self.0[n..];
        Some(micros)
    }

    fn offset(&mut self) -> Result<Option<i32>, DateFault> {
        self.spaces();
        if self.0.is_empty() {
            return Ok(None);
        }
        if self.take(b"Z") || self.take(b"z") || self.take(b"UTC") {
            return Ok(Some(0));
        }
        let sign = if self.take(b"+") {
            1
        } else if self.take(b"-") {
            -1
        } else {
            return Err(DateFault::NotADate);
        };
        let (hours, minutes) = match self.number(4).ok_or(DateFault::NotADate)? {
            (value, 4) => (value / 100, value % 100),
            (hours, 1..=2) if self.take(b":") => (hours, self.number(2).ok_or(DateFault::NotADate)?.0),
            (hours, 1..=2) => (hours, 0),
            _ => return Err(DateFault::NotADate),
        };
        if hours > 15 || minutes > 59 {
            return Err(DateFault::Impossible);
        }
        Ok(Some(sign * (hours * 3600 + minutes * 60) as i32))
    }
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date. Years count from March, so that the leap
/// day comes last.
pub(super) fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}
