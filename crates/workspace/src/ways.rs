//! What lifts or keeps a tier (升级与保级办法): things that the customer can do by a date, found by adding
//! events to the customer's own and grading again by the same code, through both stages and the keep rules.
//! What is found suffices whether it is done at once or on the last day, and one unit less does not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray, UInt32Array, new_null_array,
};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::{DataType, Int64Type, Schema, SchemaRef};
use gradus_grading::fold::{AsOf, CUSTOMER, FoldPlan, closes_step, date_of, day_of, with_uncovered};
use gradus_grading::grade::{DECIDED, Fits, Held, NotGradedReason, OVERRIDDEN, Remembered, Standing};
use gradus_model::document::{Decide, Model, Promote, SpanUnit, TierScheme};
use gradus_model::event_stream::column;
use gradus_model::fixed::FIXED_ONE;
use gradus_model::{Lang, Text};
use serde::Serialize;

use crate::compiled::Compiled;
use crate::decided::{Chains, chain_instants};
use crate::grade::runs_of_customers;
use crate::{Workspace, WorkspaceError};

/// The kind of event that is an order.
const ORDER: &str = "order_line";
/// Kinds of event that nobody does to reach a tier.
const NO_DEEDS: [&str; 5] = ["refund", "list", "attribute", "identify", "campaign"];
/// Greatest amount of an order that is tried, in whole units of the workspace's currency.
const MOST_AMOUNT: i64 = 10_000_000;
/// Most orders of any amount, and most events of another kind, that are tried.
const MOST_ORDERS: u32 = 12;
const MOST_DEEDS: u32 = 6;
/// Kinds of event that are tried, those named first in the model.
const MOST_KINDS: usize = 8;
/// Variants that are graded at a time.
const VARIANTS: i64 = 40;
/// Days that there are to do something where tiers are decided every day, at least.
const FEW_DAYS: i32 = 7;

/// What would lift a customer to a level, or keep them there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Goal {
    pub scheme: String,
    pub level: String,
    /// The customer is in that level and would lose it.
    pub keeps: bool,
    /// The last local date on which to do it: that of the decision.
    pub by: String,
    /// Each alone suffices; empty if nothing more is needed, or nothing was found.
    pub ways: Vec<Vec<Deed>>,
    /// Why nothing was found.
    pub out_of_reach: Option<Text>,
    pub words: Text,
}

/// Something that a customer does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deed {
    pub kind: String,
    pub title: Text,
    pub times: u32,
    /// What each order amounts to at least, in whole units of the workspace's currency; none: any amount.
    pub amount: Option<i64>,
}

/// A customer as of an instant, as whoever explains the tier has found them.
pub(crate) struct Ground<'a> {
    pub workspace: &'a Workspace,
    pub model: &'a Model,
    pub compiled: &'a Compiled,
    /// The fold over the references' facts.
    pub plan: &'a FoldPlan,
    /// All events, under the identities that these are.
    pub events: &'a [RecordBatch],
    pub owners: &'a BTreeMap<i64, i64>,
    pub uncovered: &'a BTreeSet<String>,
    /// The customer's row, with what was decided.
    pub row: &'a RecordBatch,
    pub fits: &'a Fits,
    pub as_of: AsOf,
    /// Kinds of event with what they are called.
    pub kinds: Vec<(String, Text)>,
}

/// What would lift or keep the tier of every scheme.
pub(crate) fn goals(ground: &Ground<'_>, standings: &[Standing]) -> Result<Vec<Goal>, WorkspaceError> {
    let mut out = Vec::new();
    for standing in standings {
        let Some(scheme) = ground.model.tiers.get(&standing.scheme) else { continue };
        // A tier that a person set is neither lifted nor kept by what the customer does.
        let set = ground.row.column_by_name(&format!("{OVERRIDDEN}{}", standing.scheme));
        if set.is_some_and(|column| column.is_valid(0)) {
            continue;
        }
        let Some(deadline) = deadline(scheme, standing, ground.as_of) else { continue };
        let Some(search) = Search::new(ground, standing, scheme, deadline)? else { continue };
        out.extend(search.goals()?);
    }
    Ok(out)
}

/// The day by whose close something has to be done: the next review, or the end of a month where tiers are
/// decided every day; of a tier that is kept for a while, the end of that.
fn deadline(scheme: &TierScheme, standing: &Standing, as_of: AsOf) -> Option<i32> {
    let remembered: Option<&Remembered> = standing.remembered.as_ref();
    let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok()).map(day_of);
    let until = remembered.and_then(|one| day(&one.until)).filter(|until| *until > as_of.day);
    if until.is_some() {
        return until;
    }
    let at_once = scheme.promote == Some(Promote::AtOnce);
    let (from, unit) = match scheme.decide {
        Decide::Anniversary | Decide::TierAnniversary if !at_once => {
            return remembered.and_then(|one| day(&one.next_review));
        }
        Decide::Monthly if !at_once => (1, SpanUnit::Month),
        Decide::Quarterly if !at_once => (1, SpanUnit::Quarter),
        Decide::Yearly if !at_once => (1, SpanUnit::Year),
        _ => (FEW_DAYS, SpanUnit::Month),
    };
    (as_of.day + from..as_of.day + from + 367).find(|day| closes_step(*day, unit))
}

/// When a deed is done.
#[derive(Clone, Copy)]
enum When {
    AtOnce,
    OnTheLastDay,
}

struct Search<'a> {
    ground: &'a Ground<'a>,
    standing: &'a Standing,
    scheme: &'a TierScheme,
    deadline: AsOf,
    /// The instants at which is decided until then, the deadline last.
    instants: Vec<AsOf>,
    /// The customer's events, every column as it is.
    events: RecordBatch,
}

impl<'a> Search<'a> {
    /// `None` if the customer has no events to add to.
    fn new(
        ground: &'a Ground<'a>,
        standing: &'a Standing,
        scheme: &'a TierScheme,
        day: i32,
    ) -> Result<Option<Search<'a>>, WorkspaceError> {
        let zone = &ground.workspace.zone;
        let deadline = AsOf::close_of(day, zone);
        let closed = match zone.close_of(ground.as_of.day) == ground.as_of.instant_us {
            true => ground.as_of,
            false => AsOf::close_of(ground.as_of.day - 1, zone),
        };
        let instants = chain_instants(ground.model, &[deadline], zone, Some(closed));
        let instants = instants.into_iter().filter(|at| *at > closed).collect();
        let Some(first) = ground.events.first() else { return Ok(None) };
        let written = first.schema();
        let fields = written.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let mut own = Vec::new();
        for batch in ground.events {
            own.push(RecordBatch::try_new(schema.clone(), batch.columns().to_vec())?);
        }
        let events = concat_batches(&schema, &own)?;
        Ok(Some(Search { ground, standing, scheme, deadline, instants, events }))
    }

    fn goals(&self) -> Result<Vec<Goal>, WorkspaceError> {
        let nothing = self.levels(&[Vec::new()], When::AtOnce)?;
        let by_itself = nothing.first().copied().flatten();
        let level = self.standing.level.as_deref().and_then(|level| self.scheme.levels.position(level));
        let mut out = Vec::new();
        if let Some(level) = level
            && level > 0
            && by_itself.is_none_or(|then| usize::from(then) < level)
        {
            out.push(self.goal(level as u16, true)?);
        }
        let then = by_itself.map(usize::from);
        if let Some(reached) = then.filter(|then| level.is_none_or(|level| *then > level)) {
            out.push(self.told(reached as u16, false, Vec::new(), None));
        }
        let next = level.max(then).map_or(0, |level| level + 1);
        if next < self.scheme.levels.len() {
            out.push(self.goal(next as u16, false)?);
        }
        Ok(out)
    }

    /// Looks for what suffices.
    fn goal(&self, target: u16, keeps: bool) -> Result<Goal, WorkspaceError> {
        let order = |times: u32, amount: Option<i64>| Deed {
            kind: ORDER.into(),
            title: Text::new("订单", "order"),
            times,
            amount,
        };
        let mut ways: Vec<Vec<Deed>> = Vec::new();
        let once = self.least_amount(target, &|amount| vec![order(1, Some(amount))])?;
        match once {
            Some(1) => ways.push(vec![order(1, None)]),
            Some(amount) => ways.push(vec![order(1, Some(amount))]),
            None => {}
        }
        if once != Some(1) {
            let many = (2..=MOST_ORDERS).map(|times| vec![order(times, None)]);
            ways.extend(self.first(target, many.collect())?);
        }
        let deed = |(kind, title): &(String, Text), times: u32| Deed {
            kind: kind.clone(),
            title: title.clone(),
            times,
            amount: None,
        };
        for kind in &self.ground.kinds {
            ways.extend(self.first(target, (1..=MOST_DEEDS).map(|times| vec![deed(kind, times)]).collect())?);
        }
        if ways.is_empty() {
            // The smallest pair: of two things of which neither suffices alone.
            let mut pairs: Vec<(i64, Vec<Deed>)> = Vec::new();
            let twice = self.least_amount(target, &|amount| vec![order(2, Some(amount))])?;
            pairs.extend(
                twice.map(|amount| (2 * amount, vec![order(2, Some(amount).filter(|amount| *amount > 1))])),
            );
            for kind in &self.ground.kinds {
                let both =
                    self.least_amount(target, &|amount| vec![order(1, Some(amount)), deed(kind, 1)])?;
                let amount_of = |amount: i64| Some(amount).filter(|amount| *amount > 1);
                pairs.extend(both.map(|amount| (amount, vec![order(1, amount_of(amount)), deed(kind, 1)])));
            }
            ways.extend(pairs.into_iter().min_by_key(|(amount, _)| *amount).map(|(_, way)| way));
        }
        let reason = match ways.is_empty() {
            true => Some(self.why_not(target)?),
            false => None,
        };
        Ok(self.told(target, keeps, ways, reason))
    }

    /// The first of some ways that suffices.
    fn first(&self, target: u16, ways: Vec<Vec<Deed>>) -> Result<Option<Vec<Deed>>, WorkspaceError> {
        let found = self.suffices(target, &ways)?.iter().position(|found| *found);
        Ok(found.and_then(|at| ways.into_iter().nth(at)))
    }

    /// The least amount, in whole units, with which something suffices; one unit less does not.
    fn least_amount(
        &self,
        target: u16,
        way: &dyn Fn(i64) -> Vec<Deed>,
    ) -> Result<Option<i64>, WorkspaceError> {
        let mut ladder = Vec::new();
        let mut step = 1;
        while step <= MOST_AMOUNT {
            ladder.extend([step, 2 * step, 5 * step].into_iter().filter(|amount| *amount <= MOST_AMOUNT));
            step *= 10;
        }
        let (mut below, mut enough) = (0, None);
        loop {
            let ways: Vec<Vec<Deed>> = ladder.iter().map(|amount| way(*amount)).collect();
            match self.suffices(target, &ways)?.iter().position(|found| *found) {
                Some(at) => {
                    enough = Some(ladder[at]);
                    below = at.checked_sub(1).map_or(below, |at| ladder[at]);
                }
                None => below = ladder.last().copied().unwrap_or(below),
            }
            let Some(upper) = enough else { return Ok(None) };
            if upper - below <= 1 {
                return Ok(Some(upper));
            }
            let n = (upper - below - 1).min(VARIANTS);
            ladder =
                (1..=n).map(|at| below + (upper - below) * at / (n + 1)).filter(|at| *at > below).collect();
            ladder.dedup();
        }
    }

    /// Which ways lead to a level or above it, done at once as well as on the last day.
    fn suffices(&self, target: u16, ways: &[Vec<Deed>]) -> Result<Vec<bool>, WorkspaceError> {
        let early = self.levels(ways, When::AtOnce)?;
        let late = self.levels(ways, When::OnTheLastDay)?;
        let reaches = |level: Option<u16>| level.is_some_and(|level| level >= target);
        Ok(early.into_iter().zip(late).map(|(early, late)| reaches(early) && reaches(late)).collect())
    }

    /// The level at the deadline after each way.
    fn levels(&self, ways: &[Vec<Deed>], when: When) -> Result<Vec<Option<u16>>, WorkspaceError> {
        let graded = self.grade(ways, when)?;
        let mut out = vec![None; ways.len()];
        for batch in graded {
            let (Some(ids), Some(levels)) =
                (batch.column_by_name(CUSTOMER), batch.column_by_name(&self.standing.scheme))
            else {
                continue;
            };
            let levels = cast(levels, &DataType::Utf8)?;
            let levels = levels.as_string::<i32>();
            for (row, id) in ids.as_primitive::<Int64Type>().values().iter().enumerate() {
                let level = levels.is_valid(row).then(|| self.scheme.levels.position(levels.value(row)));
                if let Some(slot) = usize::try_from(*id - 1).ok().and_then(|at| out.get_mut(at)) {
                    *slot = level.flatten().map(|level| level as u16);
                }
            }
        }
        Ok(out)
    }

    /// Grades as many customers as there are ways, each with the customer's events and what the way adds.
    fn grade(&self, ways: &[Vec<Deed>], when: When) -> Result<Vec<RecordBatch>, WorkspaceError> {
        let ground = self.ground;
        let n = self.events.num_rows();
        let index = self.events.schema().index_of(column::IDENTITY)?;
        let mut batches = Vec::with_capacity(2 * ways.len());
        // Events of one customer under one number: whose they are was settled by the links.
        let own = self.events.column(index).as_primitive::<Int64Type>();
        let counts: BooleanArray =
            own.values().iter().map(|id| Some(ground.owners.contains_key(id))).collect();
        let events = arrow::compute::filter_record_batch(&self.events, &counts)?;
        debug_assert!(events.num_rows() <= n);
        for (at, way) in ways.iter().enumerate() {
            let customer = at as i64 + 1;
            let mut columns = events.columns().to_vec();
            columns[index] = Arc::new(Int64Array::from(vec![customer; events.num_rows()]));
            batches.push(RecordBatch::try_new(events.schema(), columns)?);
            let mut number = 0;
            for deed in way {
                for _ in 0..deed.times {
                    number += 1;
                    batches.push(self.added(customer, deed, number, when)?);
                }
            }
        }
        let owners: BTreeMap<i64, i64> = (1..=ways.len() as i64).map(|id| (id, id)).collect();
        let whole = runs_of_customers(&batches, &owners)?;
        let mut chains = Chains::default();
        chains.take_up(ground.model, ground.as_of, &ground.workspace.zone, &[self.begun(ways.len())?], "")?;
        let mut last = Vec::new();
        for as_of in &self.instants {
            let date =
                date_of(as_of.day).ok_or_else(|| WorkspaceError::Defect("the day has no date".into()))?;
            let mut rows = Vec::new();
            for runs in &whole {
                for batch in ground.plan.fold(runs, &[*as_of], &mut Default::default())? {
                    rows.push(with_uncovered(&batch, ground.uncovered)?);
                }
            }
            let rows = chains.put(ground.model, *as_of, &ground.workspace.zone, rows)?;
            last = rows
                .iter()
                .map(|rows| ground.compiled.stage_b.apply(rows, ground.fits, date).batch)
                .collect::<Vec<_>>();
            chains.note(ground.model, *as_of, &ground.workspace.zone, &last)?;
        }
        Ok(last)
    }

    /// What the schemes that remember had decided of the customer, once for each way.
    fn begun(&self, n: usize) -> Result<RecordBatch, WorkspaceError> {
        let mut columns: Vec<(String, ArrayRef)> =
            vec![(CUSTOMER.to_string(), Arc::new(Int64Array::from_iter_values(1..=n as i64)))];
        let first = UInt32Array::from(vec![0; n]);
        for (field, column) in self.ground.row.schema().fields().iter().zip(self.ground.row.columns()) {
            if let Some(name) = field.name().strip_prefix(DECIDED) {
                columns.push((name.to_string(), take(column, &first, None)?));
            }
        }
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
    }

    /// An event that is added: what nobody can know of it is null.
    fn added(
        &self,
        customer: i64,
        deed: &Deed,
        number: i64,
        when: When,
    ) -> Result<RecordBatch, WorkspaceError> {
        const SECOND: i64 = 1_000_000;
        let time = match when {
            When::AtOnce => self.ground.as_of.instant_us + number * SECOND,
            When::OnTheLastDay => self.deadline.instant_us - (100 - number) * SECOND,
        };
        let is_order = deed.kind == ORDER;
        let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
        let units = |units: i64| -> Result<ArrayRef, WorkspaceError> {
            let number = i128::from(units) * i128::from(FIXED_ONE);
            Ok(Arc::new(Decimal128Array::from(vec![number]).with_precision_and_scale(18, 4)?))
        };
        let moment =
            || -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(vec![time]).with_timezone("UTC")) };
        let schema = self.events.schema();
        let columns = schema.fields().iter().map(|field| {
            let value: Option<ArrayRef> = match field.name().as_str() {
                column::IDENTITY => Some(Arc::new(Int64Array::from(vec![customer]))),
                column::TIME | column::KNOWN => Some(moment()),
                column::EVENT_ID => {
                    let id = u128::MAX - number as u128;
                    Some(Arc::new(BinaryArray::from_iter_values([id.to_be_bytes()])))
                }
                column::RETRACTION => Some(Arc::new(BooleanArray::from(vec![false]))),
                column::POSITION => Some(Arc::new(Int64Array::from(vec![i64::MAX]))),
                column::KIND => Some(text(&deed.kind)),
                column::ORDER_ID if is_order => Some(text(&format!("+{number}"))),
                column::ORDER_KEY if is_order => Some(Arc::new(Int64Array::from(vec![i64::MAX - number]))),
                column::LINE if is_order => Some(text("product")),
                column::SPEND if is_order => Some(Arc::new(BooleanArray::from(vec![true]))),
                column::AMOUNT if is_order => Some(units(deed.amount.unwrap_or(1))?),
                column::CURRENCY if is_order => Some(text(&self.ground.workspace.settings.currency)),
                column::QUANTITY if is_order => Some(units(1)?),
                _ => None,
            };
            Ok::<ArrayRef, WorkspaceError>(match value {
                Some(value) => cast(&value, field.data_type())?,
                None => new_null_array(field.data_type(), 1),
            })
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        Ok(RecordBatch::try_new(schema, columns)?)
    }

    /// Why nothing that was tried suffices.
    fn why_not(&self, target: u16) -> Result<Text, WorkspaceError> {
        let remembered = self.standing.remembered.as_ref();
        let calm = remembered.filter(|one| one.held == Some(Held::AfterFall));
        if let Some(words) = calm.and_then(|one| one.words.clone()) {
            return Ok(words);
        }
        let graded = self.grade(&[Vec::new()], When::AtOnce)?;
        let name = format!("{}_reason", self.standing.scheme);
        let reason = graded.first().and_then(|batch| batch.column_by_name(&name));
        let reason = reason.map(|column| cast(column, &DataType::Utf8)).transpose()?;
        let reason = reason.as_ref().map(|column| column.as_string::<i32>());
        let reason = reason.filter(|column| !column.is_empty() && column.is_valid(0));
        if let Some(reason) = reason.and_then(|column| NotGradedReason::from_code(column.value(0))) {
            let title = reason.title();
            return Ok(Text::new(
                format!("到那时未定级：{}", title.zh),
                format!("not graded by then: {}", title.en),
            ));
        }
        let level = self.scheme.levels.0.get(usize::from(target));
        let by_rank = level.is_some_and(|(_, level)| level.top_percent.is_some() || level.from.is_none());
        let kinds: Vec<&Text> = self.ground.kinds.iter().map(|(_, title)| title).collect();
        let names = |of: fn(&Text) -> &String, between: &str| {
            kinds.iter().map(|title| of(title).as_str()).collect::<Vec<_>>().join(between)
        };
        let also = match kinds.is_empty() {
            true => Text::default(),
            false => Text::new(
                format!("，{}也各试到 {MOST_DEEDS} 次", names(|text| &text.zh, "、")),
                format!(", nor up to {MOST_DEEDS} times {}", names(|text| &text.en, ", ")),
            ),
        };
        let rank = match by_rank {
            true => Text::new("；门槛取决于其他客户", "; the threshold depends on the other customers"),
            false => Text::default(),
        };
        Ok(Text::new(
            format!(
                "到那时 {MOST_AMOUNT} 以内的订单、{MOST_ORDERS} 笔以内的订单都不够{}{}",
                also.zh, rank.zh
            ),
            format!(
                "no order up to {MOST_AMOUNT} and no {MOST_ORDERS} orders are enough by then{}{}",
                also.en, rank.en
            ),
        ))
    }

    fn told(&self, target: u16, keeps: bool, ways: Vec<Vec<Deed>>, out_of_reach: Option<Text>) -> Goal {
        let (level, title) = match self.scheme.levels.0.get(usize::from(target)) {
            Some((name, level)) => (name.clone(), level.title.clone().unwrap_or_else(|| Text::plain(name))),
            None => Default::default(),
        };
        let by = date_of(self.deadline.day).map(|date| date.to_string()).unwrap_or_default();
        let head = match keeps {
            true => Text::new(format!("{by} 仍为{}", title.zh), format!("still {} on {by}", title.en)),
            false => Text::new(format!("{by} 前升为{}", title.zh), format!("{} by {by}", title.en)),
        };
        let currency = &self.ground.workspace.settings.currency;
        let said: Vec<Text> = ways.iter().map(|way| way_words(way, currency)).collect();
        let join = |of: fn(&Text) -> &String, between: &str| {
            said.iter().map(|text| of(text).as_str()).collect::<Vec<_>>().join(between)
        };
        let tail = match &out_of_reach {
            Some(reason) => {
                Text::new(format!("够不着，{}", reason.zh), format!("out of reach, {}", reason.en))
            }
            None if ways.is_empty() => Text::new("无须再做什么", "nothing more is needed"),
            None => Text::new(join(|text| &text.zh, "，或"), join(|text| &text.en, ", or ")),
        };
        let words = Text::new(format!("{}：{}", head.zh, tail.zh), format!("{}: {}", head.en, tail.en));
        Goal { scheme: self.standing.scheme.clone(), level, keeps, by, ways, out_of_reach, words }
    }
}

fn way_words(way: &[Deed], currency: &str) -> Text {
    let deed = |deed: &Deed| -> Text {
        let Deed { times, title, .. } = deed;
        match (deed.kind == ORDER, deed.amount) {
            (true, Some(amount)) => {
                let amount = thousands(amount);
                match times {
                    1 => Text::new(
                        format!("一笔 {amount} {currency} 的订单"),
                        format!("one order of {currency} {amount}"),
                    ),
                    _ => Text::new(
                        format!("{times} 笔各 {amount} {currency} 的订单"),
                        format!("{times} orders of {currency} {amount} each"),
                    ),
                }
            }
            (true, None) => match times {
                1 => Text::new("一笔任意金额的订单", "one order of any amount"),
                _ => Text::new(format!("{times} 笔任意金额的订单"), format!("{times} orders of any amount")),
            },
            (false, _) => Text::new(format!("{times} 次“{}”", title.zh), format!("{times} × “{}”", title.en)),
        }
    };
    let parts: Vec<Text> = way.iter().map(deed).collect();
    let join = |of: fn(&Text) -> &String, between: &str| {
        parts.iter().map(|text| of(text).as_str()).collect::<Vec<_>>().join(between)
    };
    Text::new(join(|text| &text.zh, "加"), join(|text| &text.en, " and "))
}

fn thousands(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The kinds of event that are tried beside orders, with what they are called: those that the model names.
pub(crate) fn kinds_of(named: Vec<String>, titles: &BTreeMap<String, Text>) -> Vec<(String, Text)> {
    let mut out: Vec<(String, Text)> = Vec::new();
    for kind in named {
        let is_deed = kind != ORDER && !NO_DEEDS.contains(&kind.as_str());
        if is_deed && !out.iter().any(|(known, _)| *known == kind) && out.len() < MOST_KINDS {
            let title = titles.get(&kind).cloned().unwrap_or_else(|| Text::plain(&kind));
            out.push((kind, title));
        }
    }
    out
}

impl Goal {
    /// A line for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        format!("  {}\n", self.words.get(lang))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_told_as_people_would() {
        let order =
            |times, amount| Deed { kind: ORDER.into(), title: Text::new("订单", "order"), times, amount };
        let visit =
            Deed { kind: "visit".into(), title: Text::new("到店", "Visit"), times: 1, amount: None };
        let said = |way: &[Deed]| {
            let words = way_words(way, "CNY");
            [words.zh, words.en]
        };
        assert_eq!(said(&[order(1, Some(1240))]), ["一笔 1,240 CNY 的订单", "one order of CNY 1,240"]);
        assert_eq!(said(&[order(2, None)]), ["2 笔任意金额的订单", "2 orders of any amount"]);
        assert_eq!(
            said(&[order(1, Some(1_000_000)), visit]),
            ["一笔 1,000,000 CNY 的订单加1 次“到店”", "one order of CNY 1,000,000 and 1 × “Visit”"]
        );
    }
}
