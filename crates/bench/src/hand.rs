//! The limit: a loop written by hand for this one query over the same files. It knows the
//! indicators, the order of the rows and the zone's fixed offset; it can do nothing else.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Decimal128Type, Field, Int32Type, Int64Type, Schema, TimestampMicrosecondType,
};
use gradus_grading::fold::{AsOf, Zone, date_of};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use crate::answer::{Answer, Outcome as Measured, cpu_seconds, peak_mb};
use crate::grade_by_hand::{Graded, grade};
use crate::{Outcome, data};

const DAY_US: i64 = 86_400_000_000;
/// Asia/Shanghai in the years of the benchmark.
const OFFSET_US: i64 = 8 * 3_600_000_000;
const BATCH_ROWS: usize = 32_768;
/// No value.
pub const NONE: i64 = i64::MIN;

/// The indicators, one column each; money and units in ten-thousandths, `NONE` where there is none.
#[derive(Default)]
pub struct Indicators {
    pub customer: Vec<i64>,
    pub recency_days: Vec<i64>,
    pub tenure_days: Vec<i64>,
    pub orders: Vec<i64>,
    pub monetary: Vec<i64>,
    pub largest_line: Vec<i64>,
    pub units: Vec<i64>,
    pub active_months: Vec<i64>,
    pub spend_90: Vec<i64>,
    pub orders_90: Vec<i64>,
    pub spend_90_before: Vec<i64>,
    pub returns_value: Vec<i64>,
    pub visits: Vec<i64>,
    /// Whether the last source is `web`.
    pub last_source: Vec<i64>,
    pub average_order_value: Vec<f64>,
    /// Customers whose last order lines share one instant but not one source.
    pub n_ambiguous: i64,
}

/// Runs the loop on every file, each on one of `n_threads` threads.
pub fn run(files: &[PathBuf], n_threads: usize) -> Outcome<Measured> {
    let zone = Zone::new(data::ZONE)?;
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let clock = Clock::new(data::as_of(&zone))?;
    let queue = Mutex::new(files.iter());
    let done = Mutex::new(Vec::new());
    let failed = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                while let Some(file) = queue.lock().ok().and_then(|mut files| files.next()) {
                    match fold(file, &clock) {
                        Ok(part) => done.lock().unwrap().push((file, part)),
                        Err(error) => *failed.lock().unwrap() = Some(error.to_string()),
                    }
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_default() {
        return Err(error.into());
    }
    let mut parts = done.into_inner().unwrap_or_default();
    parts.sort_by_key(|(file, _)| *file);
    let parts: Vec<Indicators> = parts.into_iter().map(|(_, part)| part).collect();
    let grading = Instant::now();
    let graded = grade(&parts, n_threads);
    let grade_seconds = grading.elapsed().as_secs_f64();
    let (seconds, cpu_seconds, peak_mb) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu, peak_mb());
    Ok(Measured { seconds, cpu_seconds, grade_seconds, peak_mb, answer: answer(&parts, &graded) })
}

/// Everything that depends on the instant alone.
struct Clock {
    day: i64,
    end: i64,
    start_90: i64,
    start_180: i64,
    /// First instants of the local months, ascending.
    months: Vec<i64>,
}

impl Clock {
    fn new(as_of: AsOf) -> Outcome<Clock> {
        let start_of = |day: i64| day * DAY_US - OFFSET_US;
        let day = i64::from(as_of.day);
        let mut months = Vec::new();
        for before in 0..1_200 {
            if date_of(as_of.day - before).ok_or("no date")?.day() == 1 {
                months.push(start_of(day - i64::from(before)));
            }
        }
        months.reverse();
        Ok(Clock {
            day,
            end: as_of.instant_us,
            start_90: start_of(day - 89),
            start_180: start_of(day - 179),
            months,
        })
    }

    fn days_before(&self, instant: i64) -> i64 {
        self.day - (instant + OFFSET_US).div_euclid(DAY_US)
    }

    /// The stretch of the local month of an instant.
    fn month(&self, instant: i64) -> (i64, i64) {
        let next = self.months.partition_point(|start| *start <= instant);
        let start = next.checked_sub(1).map_or(i64::MIN, |at| self.months[at]);
        (start, self.months.get(next).copied().unwrap_or(i64::MAX))
    }
}

/// One customer while their rows go by.
struct Run {
    customer: i64,
    first: i64,
    last: i64,
    last_web: bool,
    ambiguous: bool,
    orders: Vec<i64>,
    orders_90: Vec<i64>,
    monetary: i64,
    largest: i64,
    units: i64,
    months: i64,
    month: (i64, i64),
    spend_90: i64,
    spend_90_before: i64,
    returns: i64,
    visits: i64,
    seen: bool,
}

impl Run {
    fn new() -> Run {
        Run {
            customer: 0,
            first: NONE,
            last: NONE,
            last_web: false,
            ambiguous: false,
            orders: Vec::new(),
            orders_90: Vec::new(),
            monetary: 0,
            largest: NONE,
            units: 0,
            months: 0,
            month: (0, 0),
            spend_90: 0,
            spend_90_before: 0,
            returns: 0,
            visits: 0,
            seen: false,
        }
    }

    fn restart(&mut self, customer: i64) {
        let (mut orders, mut orders_90) =
            (std::mem::take(&mut self.orders), std::mem::take(&mut self.orders_90));
        orders.clear();
        orders_90.clear();
        *self = Run { customer, orders, orders_90, seen: true, ..Run::new() };
    }

    fn order_line(&mut self, time: i64, web: bool, order: i64, amount: i64, units: i64, clock: &Clock) {
        if self.first == NONE {
            self.first = time;
        }
        self.ambiguous = time == self.last && (self.ambiguous || web != self.last_web);
        self.last = time;
        self.last_web = web;
        // Lines of one order are neighbours, so the newest is asked first.
        if self.orders.last() != Some(&order) && !self.orders.contains(&order) {
            self.orders.push(order);
        }
        self.monetary += amount;
        self.largest = self.largest.max(amount);
        self.units += units;
        if time < self.month.0 || time >= self.month.1 {
            self.month = clock.month(time);
            self.months += 1;
        }
        if time >= clock.start_90 {
            self.spend_90 += amount;
            if self.orders_90.last() != Some(&order) && !self.orders_90.contains(&order) {
                self.orders_90.push(order);
            }
        } else if time >= clock.start_180 {
            self.spend_90_before += amount;
        }
    }

    fn finish(&self, clock: &Clock, out: &mut Indicators) {
        if !self.seen {
            return;
        }
        let bought = self.first != NONE;
        let orders = self.orders.len() as i64;
        out.customer.push(self.customer);
        out.recency_days.push(if bought { clock.days_before(self.last) } else { NONE });
        out.tenure_days.push(if bought { clock.days_before(self.first) } else { NONE });
        out.orders.push(orders);
        out.monetary.push(self.monetary);
        out.largest_line.push(self.largest);
        out.units.push(self.units);
        out.active_months.push(self.months);
        out.spend_90.push(self.spend_90);
        out.orders_90.push(self.orders_90.len() as i64);
        out.spend_90_before.push(self.spend_90_before);
        out.returns_value.push(self.returns);
        out.visits.push(self.visits);
        out.last_source.push(if bought { i64::from(self.last_web) } else { NONE });
        out.average_order_value.push(self.monetary as f64 / orders as f64);
        out.n_ambiguous += i64::from(self.ambiguous);
    }
}

fn fold(file: &Path, clock: &Clock) -> Outcome<Indicators> {
    let names = ["identity", "time", "kind", "source", "order_key", "amount", "quantity"];
    let plain = ParquetRecordBatchReaderBuilder::try_new(File::open(file)?)?;
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let fields: Vec<Field> = plain
        .schema()
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "kind" | "source" => field.as_ref().clone().with_data_type(dictionary.clone()),
            _ => field.as_ref().clone(),
        })
        .collect();
    let options = ArrowReaderOptions::new().with_schema(Schema::new(fields).into());
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(File::open(file)?, options)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), names);
    let mut run = Run::new();
    let mut out = Indicators::default();
    for batch in builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()? {
        rows(&batch?, clock, &mut run, &mut out)?;
    }
    run.finish(clock, &mut out);
    Ok(out)
}

fn rows(batch: &RecordBatch, clock: &Clock, run: &mut Run, out: &mut Indicators) -> Outcome<()> {
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| format!("no column {name}"));
    let identities = column("identity")?.as_primitive::<Int64Type>().values();
    let times = column("time")?.as_primitive::<TimestampMicrosecondType>().values();
    let orders = column("order_key")?.as_primitive::<Int64Type>().values();
    let amounts = column("amount")?.as_primitive::<Decimal128Type>().values();
    let units = column("quantity")?.as_primitive::<Decimal128Type>().values();
    let kind = column("kind")?.as_dictionary::<Int32Type>();
    let source = column("source")?.as_dictionary::<Int32Type>();
    let key_of = |texts: &dyn Array, wanted: &str| {
        texts.as_string::<i32>().iter().position(|text| text == Some(wanted)).map_or(-1, |at| at as i32)
    };
    let order_line = key_of(kind.values().as_ref(), "order_line");
    let refund = key_of(kind.values().as_ref(), "refund");
    let visit = key_of(kind.values().as_ref(), "visit");
    let web = key_of(source.values().as_ref(), "web");
    let (kinds, sources) = (kind.keys().values(), source.keys().values());
    for row in 0..batch.num_rows() {
        if identities[row] != run.customer || !run.seen {
            run.finish(clock, out);
            run.restart(identities[row]);
        }
        if times[row] > clock.end {
            continue;
        }
        if kinds[row] == order_line {
            let (amount, units) = (amounts[row] as i64, units[row] as i64);
            run.order_line(times[row], sources[row] == web, orders[row], amount, units, clock);
        } else if kinds[row] == visit {
            run.visits += 1;
        } else if kinds[row] == refund {
            run.returns -= amounts[row] as i64;
        }
    }
    Ok(())
}

fn answer(parts: &[Indicators], graded: &Graded) -> Answer {
    let mut answer = Answer::new();
    for part in parts {
        *answer.entry("n".into()).or_default() += part.customer.len() as i64;
        *answer.entry("ambiguous".into()).or_default() += part.n_ambiguous;
        for (name, values) in [
            ("recency_days", &part.recency_days),
            ("tenure_days", &part.tenure_days),
            ("orders", &part.orders),
            ("monetary", &part.monetary),
            ("largest_line", &part.largest_line),
            ("units", &part.units),
            ("active_months", &part.active_months),
            ("spend_90", &part.spend_90),
            ("orders_90", &part.orders_90),
            ("spend_90_before", &part.spend_90_before),
            ("returns_value", &part.returns_value),
            ("visits", &part.visits),
            ("last_source", &part.last_source),
        ] {
            add(&mut answer, name, values.iter().copied().filter(|value| *value != NONE));
        }
        let cents = part.monetary.iter().zip(&part.orders).filter(|(_, orders)| **orders > 0);
        let cents = cents.map(|(money, orders)| (2 * money + 100 * orders).div_euclid(200 * orders));
        add(&mut answer, "average_order_value", cents);
    }
    for scores in &graded.scores {
        add(&mut answer, "value", scores.iter().copied());
    }
    answer.extend(graded.counts.iter().map(|(name, n)| (name.clone(), *n)));
    answer
}

fn add(answer: &mut Answer, name: &str, values: impl Iterator<Item = i64>) {
    let (n, sum) = values.fold((0, 0), |(n, sum), value| (n + 1, sum + value));
    *answer.entry(format!("n.{name}")).or_default() += n;
    *answer.entry(format!("sum.{name}")).or_default() += sum;
}
