//! Why somebody changed: which lines moved, and whether that alone would have been enough, or the cuts
//! moved. Worked out for those only who changed.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{cast, interleave_record_batch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::error::ArrowError;
use gradus_grading::fold::spec::Aggregate;
use gradus_grading::fold::{AS_OF, CUSTOMER, Zone, date_of, with_uncovered};
use gradus_grading::grade::{Compared, DECIDED, Fits, Side};
use serde::{Deserialize, Serialize};

use super::Graded;
use super::compare::{Kind, Levels, Move};
use crate::WorkspaceError;
use crate::chain::DECIDED_AS_COMPUTED;
use crate::decided::{standings, tier_columns};

/// Lines kept of one transition, the largest first; the others are summed.
pub(super) const MOST_LINES: usize = 5;

/// What a change came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A customer who was not there before.
    New,
    /// No customer any more: linked to another, erased, or all events taken back.
    Gone,
    /// Their own values moved; with the cuts of before they would have changed, too.
    Values,
    /// Only the cuts moved, because they are estimated anew on everybody.
    Cuts,
    /// Values and cuts moved, and neither alone explains the change.
    Both,
    /// A person set the tier, or what a person had set came to its end.
    Override,
    /// The scheme decided between the two instants; the lines are those of the instants.
    Decision,
    /// A new version of the model graded.
    Version,
}

impl Cause {
    pub fn code(self) -> &'static str {
        match self {
            Cause::New => "new",
            Cause::Gone => "gone",
            Cause::Values => "values",
            Cause::Cuts => "cuts",
            Cause::Both => "both",
            Cause::Override => "override",
            Cause::Decision => "decision",
            Cause::Version => "version",
        }
    }

    pub fn from_code(code: &str) -> Option<Cause> {
        use Cause::*;
        [New, Gone, Values, Cuts, Both, Override, Decision, Version]
            .into_iter()
            .find(|cause| cause.code() == code)
    }
}

/// Finds the causes of changes of customers who were and are there, some of them at a time.
pub(super) struct Explainer<'a> {
    before: &'a Graded<'a>,
    now: &'a Graded<'a>,
    /// The schemes whose tier stands as it was decided at an earlier instant.
    earlier: Vec<String>,
    later: Vec<String>,
    /// None if the columns of the fold are not stored.
    sides: Option<[Columns; 2]>,
}

impl<'a> Explainer<'a> {
    /// Reads what is known of these customers, ascending, on both sides.
    pub(super) async fn of(
        before: &'a Graded<'a>,
        now: &'a Graded<'a>,
        zone: &Zone,
        customers: Vec<i64>,
    ) -> Result<Explainer<'a>, WorkspaceError> {
        let [earlier, later] = [decided(before, zone), decided(now, zone)];
        let customers: Arc<[i64]> = customers.into();
        let sides = match Columns::of(before, &customers, &earlier).await? {
            Some(old) => Columns::of(now, &customers, &later).await?.map(|new| [old, new]),
            None => None,
        };
        Ok(Explainer { before, now, earlier, later, sides })
    }

    /// Says of each change how it came about.
    pub(super) fn explain(&self, moves: &mut [Move]) -> Result<(), WorkspaceError> {
        let (before, now) = (self.before, self.now);
        let customers: BTreeSet<i64> =
            moves.iter().filter(|one| one.cause == Cause::Values).map(|one| one.customer).collect();
        let customers: Vec<i64> = customers.into_iter().collect();
        let Some([old, new]) = &self.sides else { return Ok(()) };
        let (Some(old), Some(new)) = (old.rows(&customers)?, new.rows(&customers)?) else { return Ok(()) };
        let missing = || WorkspaceError::Defect("the instant has no date".into());
        let dates = [before, now].map(|graded| date_of(graded.as_of.day));
        let [Some(old_date), Some(new_date)] = dates else { return Err(missing()) };
        // Whatever decides none of what changed is left out.
        let changed: BTreeSet<&str> = moves.iter().map(|one| one.name.as_str()).collect();
        let [old_needed, new_needed] = [before, now]
            .map(|graded| graded.compiled.stage_b.needed_for(|column| changed.contains(column.of.as_str())));
        let side = |graded: &Graded<'a>, needed, rows, as_of| Side {
            stage: &graded.compiled.stage_b,
            needed,
            rows,
            fits: graded.fits,
            as_of,
        };
        let old_side = side(before, &old_needed, &old, old_date);
        let new_side = side(now, &new_needed, &new, new_date);
        // Where the cuts moved, too: what would each alone have given?
        // Cuts of one model say nothing to another.
        let same_model = before.compiled.hash == now.compiled.hash;
        let fits_moved = same_model && before.fits.fits != now.fits.fits;
        let alone = match fits_moved {
            true => Some([apply(new_side, before.fits), apply(old_side, now.fits)].map(Some)),
            false => None,
        };
        // Without anybody having set a tier.
        let computed = [apply(old_side, before.fits), apply(new_side, now.fits)].map(Some);
        let row_of: HashMap<i64, usize> = customers.iter().enumerate().map(|(row, id)| (*id, row)).collect();
        let mut compared = Compared::new(old_side, new_side);
        let mut names: Vec<(Kind, String)> = moves.iter().map(|one| (one.kind, one.name.clone())).collect();
        names.sort();
        names.dedup();
        for (kind, name) in names {
            let mut own: Vec<&mut Move> = moves
                .iter_mut()
                .filter(|one| one.kind == kind && one.name == name && one.cause == Cause::Values)
                .collect();
            let at: Vec<usize> = own.iter().filter_map(|one| row_of.get(&one.customer).copied()).collect();
            let found = compared.moved(&name, &at, MOST_LINES);
            let stands = [&self.earlier, &self.later].iter().any(|schemes| schemes.contains(&name));
            let levels = |sides: &[Option<RecordBatch>; 2]| -> Result<[Levels; 2], WorkspaceError> {
                let [first, second] = sides;
                Ok([Levels::of(kind, first, &name)?, Levels::of(kind, second, &name)?])
            };
            let computed = levels(&computed)?;
            let given = alone.as_ref().map(levels).transpose()?;
            for ((one, row), moved) in own.iter_mut().zip(&at).zip(found) {
                one.moved = moved;
                let is_computed =
                    |side: usize, level: &Option<String>| computed[side].at(*row) == level.as_deref();
                let is_set = kind == Kind::Tier && !(is_computed(0, &one.from) && is_computed(1, &one.to));
                if is_set {
                    one.cause = Cause::Override;
                } else if stands {
                    one.cause = Cause::Decision;
                } else if let Some([values, cuts]) = &given {
                    let reaches = |levels: &Levels| levels.at(*row) == one.to.as_deref();
                    one.cause = match (reaches(values), reaches(cuts)) {
                        (true, false) => Cause::Values,
                        (false, true) => Cause::Cuts,
                        _ => Cause::Both,
                    };
                }
            }
        }
        Ok(())
    }
}

/// The schemes whose tier stands as it was decided at an earlier instant.
fn decided(graded: &Graded<'_>, zone: &Zone) -> Vec<String> {
    standings(graded.model, graded.as_of, zone).into_keys().collect()
}

/// The columns of the fold of some customers on one side, as they lie.
struct Columns {
    /// As they are stored, with the names and types that stage B takes.
    fields: Vec<(String, String, DataType)>,
    parts: Vec<RecordBatch>,
    /// Customers ascending, with part and row.
    index: Vec<(i64, u32, u32)>,
    /// What nobody delivers.
    uncovered: BTreeSet<String>,
}

impl Columns {
    /// `None` if the columns are not there, or of nobody.
    async fn of(
        graded: &Graded<'_>,
        customers: &Arc<[i64]>,
        decided: &[String],
    ) -> Result<Option<Columns>, WorkspaceError> {
        let schema = graded.compiled.fold.output_schema();
        let mut fields: Vec<(String, String, DataType)> = schema
            .fields()
            .iter()
            .filter(|field| field.name() != AS_OF)
            .map(|field| (field.name().clone(), field.name().clone(), field.data_type().clone()))
            .collect();
        // Where a person set another tier, what was decided stands beside it.
        for name in decided {
            let Some(scheme) = graded.model.tiers.get(name) else { continue };
            for (column, data_type) in tier_columns(name, scheme) {
                let computed = format!("{DECIDED_AS_COMPUTED}{column}");
                let kept = if graded.rows.has(&computed) { computed } else { column.clone() };
                fields.push((kept, format!("{DECIDED}{column}"), data_type));
            }
        }
        if customers.is_empty() || !fields.iter().all(|(name, ..)| graded.rows.has(name)) {
            return Ok(None);
        }
        let names: Vec<&str> = fields.iter().map(|(name, ..)| name.as_str()).collect();
        let (parts, given) = graded.rows.read_of(&names, customers).await?;
        // What nobody delivers was nulled for everybody; its mark is not stored.
        let indicators = graded.compiled.fold.indicators().iter();
        let uncovered = indicators
            .filter(|one| is_never_null(&one.aggregate) && !given.contains(&one.name))
            .map(|one| one.name.clone())
            .collect();
        // One file may hold a text as it is, another its dictionary.
        let parts = parts.iter().map(|part| alike(part, &fields)).collect::<Result<Vec<_>, _>>()?;
        let mut index = Vec::with_capacity(customers.len());
        for (part, batch) in parts.iter().enumerate() {
            let ids = batch.column_by_name(CUSTOMER).and_then(|ids| ids.as_primitive_opt::<Int64Type>());
            let Some(ids) = ids else { return Ok(None) };
            let own = ids.values().iter().enumerate();
            let own = own.filter(|(_, id)| customers.binary_search(id).is_ok());
            index.extend(own.map(|(row, id)| (*id, part as u32, row as u32)));
        }
        index.sort_unstable();
        if index.len() != customers.len() {
            return Ok(None);
        }
        Ok(Some(Columns { fields, parts, index, uncovered }))
    }

    /// The rows of these customers, ascending, as stage B takes them.
    fn rows(&self, customers: &[i64]) -> Result<Option<RecordBatch>, WorkspaceError> {
        let mut at = Vec::with_capacity(customers.len());
        for customer in customers {
            let Ok(found) = self.index.binary_search_by_key(customer, |(id, _, _)| *id) else {
                return Ok(None);
            };
            let (_, part, row) = self.index[found];
            at.push((part as usize, row as usize));
        }
        let parts: Vec<&RecordBatch> = self.parts.iter().collect();
        if at.is_empty() || parts.is_empty() {
            return Ok(None);
        }
        let found = interleave_record_batch(&parts, &at)?;
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (name, given, data_type) in &self.fields {
            columns.push(found.column(found.schema().index_of(name)?).clone());
            fields.push(Field::new(given, data_type.clone(), true));
        }
        let all = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        Ok(Some(with_uncovered(&all, &self.uncovered)?))
    }
}

/// The customers and these columns of a stored part, in the types in which stage B takes them.
fn alike(part: &RecordBatch, fields: &[(String, String, DataType)]) -> Result<RecordBatch, ArrowError> {
    let column = |name: &str| part.schema().index_of(name).map(|at| part.column(at).clone());
    let mut columns = vec![column(CUSTOMER)?];
    let mut named = vec![Field::new(CUSTOMER, DataType::Int64, false)];
    for (name, _, data_type) in fields.iter().filter(|(name, ..)| name != CUSTOMER) {
        columns.push(cast(&column(name)?, data_type)?);
        named.push(Field::new(name, data_type.clone(), true));
    }
    RecordBatch::try_new(Arc::new(Schema::new(named)), columns)
}

/// True if the fold gives a value for everyone, whatever happened.
fn is_never_null(aggregate: &Aggregate) -> bool {
    use Aggregate::*;
    matches!(
        aggregate,
        Count
            | Orders
            | Sum { .. }
            | FirstDay { .. }
            | Distinct { .. }
            | Active { .. }
            | Streak { .. }
            | Decayed { .. }
            | Sequence { .. }
    )
}

/// What a side would give with other fits.
fn apply(side: Side<'_>, fits: &Fits) -> RecordBatch {
    side.stage.apply_needed(side.needed, side.rows, fits, side.as_of)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, DictionaryArray, Int64Array, StringArray};
    use arrow::datatypes::Int32Type;

    use super::*;

    /// A file that was written with dictionaries, and one that was not.
    #[test]
    fn texts_of_several_files_come_together() {
        let part = |customer: i64, country: ArrayRef| {
            let schema = Schema::new(vec![
                Field::new(CUSTOMER, DataType::Int64, false),
                Field::new("country", country.data_type().clone(), true),
            ]);
            let ids: ArrayRef = Arc::new(Int64Array::from(vec![customer]));
            RecordBatch::try_new(Arc::new(schema), vec![ids, country]).unwrap()
        };
        let coded: DictionaryArray<Int32Type> = vec!["France"].into_iter().collect();
        let stored = [part(1, Arc::new(StringArray::from(vec!["Spain"]))), part(2, Arc::new(coded))];
        let fields = vec![("country".to_string(), "country".to_string(), DataType::Utf8)];
        let parts: Vec<RecordBatch> = stored.iter().map(|part| alike(part, &fields).unwrap()).collect();
        let index = vec![(1, 0, 0), (2, 1, 0)];
        let columns = Columns { fields, parts, index, uncovered: BTreeSet::new() };
        let rows = columns.rows(&[1, 2]).unwrap().unwrap();
        let countries = rows.column(0).as_string::<i32>();
        assert_eq!((countries.value(0), countries.value(1)), ("Spain", "France"));
        assert!(columns.rows(&[3]).unwrap().is_none(), "nobody of that number is there");
    }
}
