//! Instants as people write them.

use gradus_grading::fold::{AsOf, Zone, closes_step};
use gradus_model::document::SpanUnit;
use gradus_model::{Finding, Place, Text};

use crate::clock::{Clock, instant, label, system_us};

/// Most instants of one grading.
const MAX_INSTANTS: usize = 1_000;

/// Instants as people write them: `2011-12-10`, or `2011-01-31..2011-12-10` with `every` month,
/// quarter, week or day. A stretch gives the closes of its steps, and its end.
pub fn parse_instants(text: &str, every: Option<&str>, zone: &Zone) -> Result<Vec<AsOf>, Finding> {
    let Some((from, to)) = text.split_once("..") else {
        return Ok(vec![AsOf::new(instant(text, zone)?, zone)]);
    };
    let unit = step_unit(every.unwrap_or("month"))?;
    let (first, last) = (AsOf::new(instant(from, zone)?, zone), AsOf::new(instant(to, zone)?, zone));
    let mut out: Vec<AsOf> = (first.day..=last.day)
        .filter(|day| closes_step(*day, unit))
        .map(|day| AsOf::close_of(day, zone))
        .collect();
    if out.last() != Some(&last) {
        out.push(last);
    }
    if first.day > last.day || out.len() > MAX_INSTANTS {
        return Err(Finding::error(
            "instants",
            Place::default(),
            Text::new(format!("{text} 不是可用的区间"), format!("{text} is no usable stretch")),
            Text::new(
                format!("从早到晚，最多 {MAX_INSTANTS} 个时点"),
                format!("early to late, {MAX_INSTANTS} instants at most"),
            ),
        ));
    }
    Ok(out)
}

/// What is kept is what was so: of instants that are still to come nothing is kept.
///
/// # Errors
/// A finding with the first instant that neither the workspace's clock nor the system's has reached.
pub(crate) fn reached(instants: &[AsOf], clock: Clock, zone: &Zone) -> Result<(), Finding> {
    let now = AsOf::close_of(AsOf::new(clock.now_us.max(system_us()), zone).day, zone);
    let Some(ahead) = instants.iter().find(|one| **one > now) else { return Ok(()) };
    let (ahead, today) = (label(*ahead, zone), label(now, zone));
    Err(Finding::error(
        "instant-ahead",
        Place::default().at("as_of"),
        Text::new(
            format!("{ahead} 还没有到：今天是 {today}，保存下来的评级不能属于将来"),
            format!("{ahead} is still to come: today is {today}, and no grading of the future is kept"),
        ),
        Text::new(
            format!("不晚于 {today} 的时点；只想看看而不保存时，命令行用 --no-store"),
            format!(
                "an instant until {today}; to look ahead without keeping it, `--no-store` at the command line"
            ),
        ),
    ))
}

/// A step as people write it.
pub(crate) fn step_unit(step: &str) -> Result<SpanUnit, Finding> {
    Ok(match step {
        "day" => SpanUnit::Day,
        "week" => SpanUnit::Week,
        "month" => SpanUnit::Month,
        "quarter" => SpanUnit::Quarter,
        "year" => SpanUnit::Year,
        other => {
            return Err(Finding::error(
                "unknown-step",
                Place::default().at("every"),
                Text::new(format!("不认识的步长「{other}」"), format!("“{other}” is no step")),
                Text::new("day、week、month、quarter 或 year", "day, week, month, quarter or year"),
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use gradus_grading::fold::date_of;

    use super::*;

    #[test]
    fn a_stretch_gives_month_ends_and_its_end() {
        let zone = Zone::new("Europe/London").unwrap();
        let instants = parse_instants("2011-01-31..2011-03-10", Some("month"), &zone).unwrap();
        let dates: Vec<String> =
            instants.iter().map(|as_of| date_of(as_of.day).unwrap().to_string()).collect();
        assert_eq!(dates, ["2011-01-31", "2011-02-28", "2011-03-10"]);
        assert!(parse_instants("2011-03-01..2011-01-01", None, &zone).is_err());
        assert!(parse_instants("2011-01-01..2011-12-31", Some("fortnight"), &zone).is_err());
    }

    #[test]
    fn nothing_is_kept_of_what_is_still_to_come() {
        let zone = Zone::new("Asia/Shanghai").unwrap();
        let of = |text: &str| parse_instants(text, None, &zone).unwrap();
        let long_ago = Clock { now_us: of("2011-12-10")[0].instant_us, stands: true };
        // The clock stands in the past: what came after it has long been.
        reached(&of("2011-12-31"), long_ago, &zone).unwrap();
        reached(
            &of("2100-01-01..2100-06-30"),
            Clock { now_us: of("2100-06-30")[0].instant_us, stands: true },
            &zone,
        )
        .unwrap();
        let today = label(AsOf::new(system_us(), &zone), &zone);
        let date = &today[..10];
        reached(&of(date), long_ago, &zone).unwrap();
        let years = parse_instants("2011-12-31..2199-12-31", Some("year"), &zone).unwrap();
        let error = reached(&years, long_ago, &zone);
        assert!(error.is_err_and(|error| error.code == "instant-ahead"));
    }
}
