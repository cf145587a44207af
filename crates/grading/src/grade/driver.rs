//! Grading a whole base: as many passes as there are fits that depend on each other, each pass in
//! parallel over the batches.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use jiff::civil::Date;

use super::CUSTOMER;
use super::fit::{FITS_FORMAT, Fit, FitKind, FitRequest, FitValue, Fits, Piece, Places, estimate, settle};
use super::frame::Frame;
use super::node::Node;
use super::number::Numbers;
use super::output::Graded;
use super::prediction::clusters::{Alike, ClusterOptions};
use super::prediction::{Prediction, fit_key};
use super::stage::StageB;

impl StageB {
    /// Grades all batches of a base. Fits that are given are applied; those that are missing are
    /// estimated over all batches together, each after what it depends on, and returned with the
    /// others. The result does not depend on how the base is cut into batches or on `n_threads`.
    pub fn grade(
        &self,
        batches: &[RecordBatch],
        fits: Option<Fits>,
        as_of: Date,
        n_threads: NonZeroUsize,
    ) -> (Vec<Graded>, Fits) {
        let (graded, fits) = self.grade_and_look(batches, fits, as_of, n_threads, |_, _| ());
        (graded.into_iter().map(|(graded, ())| graded).collect(), fits)
    }

    /// As [`StageB::grade`], and what `look` sees in each frame once everything is evaluated in it.
    pub(super) fn grade_and_look<T: Send>(
        &self,
        batches: &[RecordBatch],
        fits: Option<Fits>,
        as_of: Date,
        n_threads: NonZeroUsize,
        look: impl Fn(&mut Frame, &Fits) -> T + Sync,
    ) -> (Vec<(Graded, T)>, Fits) {
        let mut fits = fits.unwrap_or_default();
        fits.format = FITS_FORMAT;
        let mut frames: Vec<Frame> = batches.iter().map(|batch| self.frame(batch)).collect();
        self.evaluate_first(self.nodes.len(), &mut frames, &mut fits, as_of, n_threads);
        fits.before.clear();
        let columns = self.output_columns();
        let mut slots: Vec<(Option<Frame>, Option<(Graded, T)>)> =
            frames.into_iter().map(|frame| (Some(frame), None)).collect();
        in_parallel(&mut slots, n_threads, |(frame, done)| {
            *done = frame.take().map(|mut frame| {
                let faults = frame.faults.clone();
                let seen = look(&mut frame, &fits);
                // What is looked at once more fails once more; it counts once.
                frame.faults = faults;
                (self.graded(frame, &columns), seen)
            });
        });
        (slots.into_iter().filter_map(|(_, done)| done).collect(), fits)
    }

    /// The customers whom a prediction groups, and how it does: what learning begins with. `None` if there is no
    /// such prediction, or it does not group anybody. Fits that are given are applied to what it reads.
    pub fn alike(
        &self,
        prediction: &str,
        batches: &[RecordBatch],
        mut fits: Fits,
        as_of: Date,
        n_threads: NonZeroUsize,
    ) -> Option<(Alike, ClusterOptions)> {
        let own = |node: &Node| matches!(node, Node::Prediction(one) if one.name == prediction);
        let at = self.nodes.iter().position(own)?;
        let mut frames: Vec<Frame> = batches.iter().map(|batch| self.frame(batch)).collect();
        self.evaluate_first(at, &mut frames, &mut fits, as_of, n_threads);
        let Node::Prediction(prediction) = &self.nodes[at] else { return None };
        prediction.alike(&inputs_of(prediction, &mut frames, n_threads))
    }

    /// Evaluates the first nodes, and estimates what they need on the way.
    fn evaluate_first(
        &self,
        n_nodes: usize,
        frames: &mut [Frame],
        fits: &mut Fits,
        as_of: Date,
        n_threads: NonZeroUsize,
    ) {
        let mut done = 0;
        while done < n_nodes {
            // What can be evaluated without a fit that is still missing makes one pass.
            let missing = |node: usize, fits: &Fits| -> Vec<FitRequest> {
                let requests = self.nodes[node].fit_requests();
                requests.into_iter().filter(|request| !fits.fits.contains_key(&request.key)).collect()
            };
            let mut until = done;
            while until < n_nodes && missing(until, fits).is_empty() {
                until += 1;
            }
            let nodes = &self.nodes[done..until];
            let known = &*fits;
            in_parallel(frames, n_threads, |frame| {
                nodes.iter().for_each(|node| node.evaluate(frame, known, as_of));
            });
            done = until;
            if done < n_nodes {
                // Those of later nodes too, as far as all that they read is there.
                let mut requests = missing(done, fits);
                let later = (done + 1..n_nodes).flat_map(|node| missing(node, fits));
                requests.extend(
                    later.filter(|request| frames.first().is_some_and(|frame| can_be_read(request, frame))),
                );
                let (predictions, requests): (Vec<_>, Vec<_>) =
                    requests.into_iter().partition(|request| request.kind == FitKind::Prediction);
                for request in predictions {
                    let before = fits.before.get(&request.key);
                    let fit = self.predicted(&request.key, frames, before, n_threads);
                    fits.fits.extend(fit.map(|fit| (request.key, fit)));
                    fits.as_of = Some(as_of.to_string());
                }
                // A few at a time: each holds a value of everyone.
                for requests in requests.chunks(n_threads.get()) {
                    for (request, fit) in requests.iter().zip(estimated(frames, requests, n_threads)) {
                        fits.fits.insert(request.key.clone(), fit);
                        fits.as_of = Some(as_of.to_string());
                    }
                }
            }
        }
    }

    /// Estimates the parameters of a prediction.
    fn predicted(
        &self,
        key: &str,
        frames: &mut [Frame],
        before: Option<&Fit>,
        n_threads: NonZeroUsize,
    ) -> Option<Fit> {
        let prediction = self.nodes.iter().find_map(|node| match node {
            Node::Prediction(prediction) if fit_key(&prediction.name) == key => Some(prediction),
            _ => None,
        })?;
        Some(prediction.estimate(&inputs_of(prediction, frames, n_threads), before))
    }

    /// Estimates one fit on values of the whole base that the caller has chosen, in as many arrays
    /// as it likes. [`StageB::grade`] does so by itself.
    pub fn estimate(&self, request: &FitRequest, values: &[ArrayRef]) -> Fit {
        let pieces: Vec<Piece> = values.iter().map(|array| Piece::of(array, None)).collect();
        estimate(&request.kind, &pieces)
    }
}

/// What a prediction reads of everybody of whom it is asked.
fn inputs_of(prediction: &Prediction, frames: &mut [Frame], n_threads: NonZeroUsize) -> Vec<Vec<ArrayRef>> {
    let mut slots: Vec<(&mut Frame, Vec<ArrayRef>)> =
        frames.iter_mut().map(|frame| (frame, Vec::new())).collect();
    in_parallel(&mut slots, n_threads, |(frame, inputs)| *inputs = prediction.inputs_in(frame));
    slots.into_iter().map(|(_, inputs)| inputs).collect()
}

/// True if every column that the request reads is there.
fn can_be_read(request: &FitRequest, frame: &Frame) -> bool {
    let is_there = |name: &String| frame.columns.contains_key(name);
    request.among.iter().all(|formula| formula.references.iter().all(is_there))
        && match &request.value {
            FitValue::Formula(formula) => formula.references.iter().all(is_there),
            FitValue::Score(name) => is_there(&format!("{name}_low")),
            FitValue::Inputs(inputs) => inputs.iter().all(|formula| formula.references.iter().all(is_there)),
        }
}

/// Estimates fits that do not depend on each other.
fn estimated(frames: &mut [Frame], requests: &[FitRequest], n_threads: NonZeroUsize) -> Vec<Fit> {
    if let Some(at) = requests.iter().position(|request| matches!(request.kind, FitKind::Places { .. })) {
        // Places need to know whose values they are.
        let mut fits = estimated(frames, &requests[..at], n_threads);
        fits.push(settled(frames, &requests[at]));
        fits.extend(estimated(frames, &requests[at + 1..], n_threads));
        return fits;
    }
    let mut slots: Vec<(&mut Frame, Vec<Option<Piece>>)> =
        frames.iter_mut().map(|frame| (frame, Vec::new())).collect();
    in_parallel(&mut slots, n_threads, |(frame, pieces)| {
        *pieces = requests.iter().map(|request| piece(frame, request)).collect();
    });
    let mut of_requests: Vec<(&FitRequest, Vec<Piece>, Option<Fit>)> =
        requests.iter().map(|request| (request, Vec::with_capacity(slots.len()), None)).collect();
    for (_, pieces) in slots {
        for ((_, own, _), piece) in of_requests.iter_mut().zip(pieces) {
            own.extend(piece);
        }
    }
    in_parallel(&mut of_requests, n_threads, |(request, pieces, fit)| {
        *fit = Some(estimate(&request.kind, pieces));
    });
    of_requests.into_iter().filter_map(|(_, _, fit)| fit).collect()
}

/// The values of a request in one frame. Faults are counted when the value is graded, not here.
fn piece(frame: &mut Frame, request: &FitRequest) -> Option<Piece> {
    let faults = frame.faults.clone();
    let among = request.among.as_ref().map(|formula| super::node::only_true(&frame.condition(formula).0));
    let array = match &request.value {
        FitValue::Formula(formula) => Some(frame.evaluate(formula).array),
        FitValue::Score(name) => frame.columns.get(&format!("{name}_low")).map(|column| column.array.clone()),
        FitValue::Inputs(_) => None,
    };
    frame.faults = faults;
    array.map(|array| Piece::of(&array, among.as_ref()))
}

/// Who has the last place in each level.
fn settled(frames: &mut [Frame], request: &FitRequest) -> Fit {
    let FitKind::Places { quotas } = &request.kind else { return estimate(&request.kind, &[]) };
    let places: Vec<Places> = frames.iter_mut().filter_map(|frame| places(frame, request)).collect();
    settle(quotas, &places)
}

/// The values of a request in one frame, with whose they are; who has none is left out.
fn places(frame: &mut Frame, request: &FitRequest) -> Option<Places> {
    let faults = frame.faults.clone();
    let among = request.among.as_ref().map(|formula| super::node::only_true(&frame.condition(formula).0));
    let array = match &request.value {
        FitValue::Formula(formula) => frame.evaluate(formula).array,
        FitValue::Score(name) => frame.columns.get(&format!("{name}_low"))?.array.clone(),
        FitValue::Inputs(_) => return None,
    };
    frame.faults = faults;
    let customers = frame.columns.get(CUSTOMER)?.array.clone();
    let numbers = Numbers::of(&array)?;
    let nulls = array.logical_nulls();
    let keep: BooleanArray = (0..frame.rows)
        .map(|row| {
            let is_there = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) && !numbers.is_nan(row);
            Some(is_there && among.as_ref().is_none_or(|mask| mask.is_valid(row) && mask.value(row)))
        })
        .collect();
    let array = arrow::compute::filter(&array, &keep).ok()?;
    let customers = arrow::compute::filter(&customers, &keep).ok()?;
    Some(Places {
        values: Piece::of(&array, None),
        customers: customers.as_primitive_opt::<Int64Type>()?.values().to_vec(),
    })
}

/// Runs `work` on every item, each by one of `n_threads` threads.
pub(super) fn in_parallel<T: Send>(items: &mut [T], n_threads: NonZeroUsize, work: impl Fn(&mut T) + Sync) {
    let n_threads = n_threads.get().min(items.len());
    if n_threads <= 1 {
        return items.iter_mut().for_each(work);
    }
    let queue = Mutex::new(items.iter_mut());
    let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                while let Some(item) = next() {
                    work(item);
                }
            });
        }
    });
}
