//! Why somebody changed: which lines moved, and whether that alone would have been enough, or the cuts
//! moved. Worked out for those only who changed.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::{
    SortColumn, cast, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use gradus_grading::fold::spec::Aggregate;
use gradus_grading::fold::{AS_OF, CUSTOMER, Zone, date_of, with_uncovered};
use gradus_grading::grade::{Compared, DECIDED, Fits, Side};
use serde::{Deserialize, Serialize};

use super::Graded;
use super::compare::{Kind, Levels, Move};
use crate::WorkspaceError;
use crate::decided::{decision_instants, tier_columns};

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

/// Finds the causes of changes of customers who were and are there.
pub(super) async fn explain(
    before: &Graded<'_>,
    now: &Graded<'_>,
    zone: &Zone,
    n_threads: NonZeroUsize,
    moves: &mut [Move],
) -> Result<(), WorkspaceError> {
    let customers: BTreeSet<i64> =
        moves.iter().filter(|one| one.cause == Cause::Values).map(|one| one.customer).collect();
    let customers: Vec<i64> = customers.into_iter().collect();
    let [earlier, later] = [decided(before, zone), decided(now, zone)];
    let (Some(old), Some(new)) =
        (rows(before, &customers, &earlier).await?, rows(now, &customers, &later).await?)
    else {
        return Ok(());
    };
    let missing = || WorkspaceError::Defect("the instant has no date".into());
    let dates = [before, now].map(|graded| date_of(graded.as_of.day));
    let [Some(old_date), Some(new_date)] = dates else { return Err(missing()) };
    let old_side = Side { stage: &before.compiled.stage_b, rows: &old, fits: before.fits, as_of: old_date };
    let new_side = Side { stage: &now.compiled.stage_b, rows: &new, fits: now.fits, as_of: new_date };
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
        let found = compared.moved(&name, &at, MOST_LINES, n_threads);
        let stands = [&earlier, &later].iter().any(|schemes| schemes.contains(&name));
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

/// The schemes whose tier stands as it was decided at an earlier instant.
fn decided(graded: &Graded<'_>, zone: &Zone) -> Vec<String> {
    decision_instants(graded.model, graded.as_of, zone).into_keys().collect()
}

/// The fold's columns of some customers, ascending, with what was decided earlier; `None` if they were
/// not kept.
async fn rows(
    graded: &Graded<'_>,
    customers: &[i64],
    decided: &[String],
) -> Result<Option<RecordBatch>, WorkspaceError> {
    let schema = graded.compiled.fold.output_schema();
    let fields: Vec<&Field> =
        schema.fields().iter().map(AsRef::as_ref).filter(|field| field.name() != AS_OF).collect();
    let mut names: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
    names.extend(decided.iter().flat_map(|scheme| tier_columns(scheme)));
    if customers.is_empty() || !names.iter().all(|name| graded.rows.has(name)) {
        return Ok(None);
    }
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let everybody = graded.rows.read(&columns).await?;
    // What nobody delivers was nulled for everybody; its mark is not stored.
    let is_null = |name: &str| {
        everybody
            .iter()
            .all(|batch| batch.column_by_name(name).is_some_and(|column| column.null_count() == column.len()))
    };
    let indicators = graded.compiled.fold.indicators().iter();
    let uncovered: BTreeSet<String> = indicators
        .filter(|one| is_never_null(&one.aggregate) && is_null(&one.name))
        .map(|one| one.name.clone())
        .collect();
    let mut parts = Vec::new();
    for batch in everybody {
        let Some(ids) =
            batch.column_by_name(CUSTOMER).and_then(|ids| ids.as_primitive_opt::<Int64Type>().cloned())
        else {
            return Ok(None);
        };
        let keep: BooleanArray =
            ids.values().iter().map(|id| Some(customers.binary_search(id).is_ok())).collect();
        let batch = filter_record_batch(&batch, &keep)?;
        let mut own: Vec<(String, ArrayRef)> = Vec::with_capacity(names.len());
        for field in &fields {
            let at = batch.schema().index_of(field.name())?;
            own.push((field.name().clone(), cast(batch.column(at), field.data_type())?));
        }
        for name in &names[fields.len()..] {
            let at = batch.schema().index_of(name)?;
            let data_type = match batch.column(at).data_type() {
                DataType::Boolean => DataType::Boolean,
                _ => DataType::Utf8,
            };
            own.push((format!("{DECIDED}{name}"), cast(batch.column(at), &data_type)?));
        }
        let fields: Vec<Field> =
            own.iter().map(|(name, values)| Field::new(name, values.data_type().clone(), true)).collect();
        let arrays = own.into_iter().map(|(_, values)| values).collect();
        parts.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?);
    }
    let Some(first) = parts.first() else { return Ok(None) };
    let all = concat_batches(&first.schema(), &parts)?;
    let ids = all
        .column_by_name(CUSTOMER)
        .cloned()
        .unwrap_or_else(|| Arc::new(Int64Array::from(Vec::<i64>::new())));
    let order = lexsort_to_indices(&[SortColumn { values: ids, options: None }], None)?;
    let all = with_uncovered(&take_record_batch(&all, &order)?, &uncovered)?;
    Ok((all.num_rows() == customers.len()).then_some(all))
}

/// True if the fold gives a value for everyone, whatever happened.
fn is_never_null(aggregate: &Aggregate) -> bool {
    use Aggregate::*;
    matches!(
        aggregate,
        Count
            | Orders
            | Sum { .. }
            | Distinct { .. }
            | Active { .. }
            | Streak { .. }
            | Decayed { .. }
            | Sequence { .. }
    )
}

/// What a side would give with other fits.
fn apply(side: Side<'_>, fits: &Fits) -> RecordBatch {
    side.stage.apply(side.rows, fits, side.as_of).batch
}
