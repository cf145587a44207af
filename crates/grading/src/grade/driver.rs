//! Grading a whole base: as many passes as there are fits that depend on each other, each pass in
//! parallel over the batches.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use arrow::array::{ArrayRef, RecordBatch};
use jiff::civil::Date;

use super::fit::{FITS_FORMAT, Fit, FitRequest, FitValue, Fits, Piece, estimate};
use super::frame::Frame;
use super::stage::{Graded, StageB};

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
        let mut fits = fits.unwrap_or_default();
        fits.format = FITS_FORMAT;
        let mut frames: Vec<Frame> = batches.iter().map(|batch| self.frame(batch)).collect();
        let mut done = 0;
        while done < self.nodes.len() {
            // What can be evaluated without a fit that is still missing makes one pass.
            let missing = |node: usize| -> Vec<FitRequest> {
                let requests = self.nodes[node].fit_requests();
                requests.into_iter().filter(|request| !fits.fits.contains_key(&request.key)).collect()
            };
            let mut until = done;
            while until < self.nodes.len() && missing(until).is_empty() {
                until += 1;
            }
            let nodes = &self.nodes[done..until];
            let known = &fits;
            in_parallel(&mut frames, n_threads, |frame| {
                nodes.iter().for_each(|node| node.evaluate(frame, known, as_of));
            });
            done = until;
            if done < self.nodes.len() {
                for request in missing(done) {
                    let fit = estimate(&request.kind, &pieces(&mut frames, &request, n_threads));
                    fits.fits.insert(request.key, fit);
                    fits.as_of = Some(as_of.to_string());
                }
            }
        }
        (frames.into_iter().map(|frame| self.graded(frame)).collect(), fits)
    }

    /// Estimates one fit on values of the whole base that the caller has chosen, in as many arrays
    /// as it likes. [`StageB::grade`] does so by itself.
    pub fn estimate(&self, request: &FitRequest, values: &[ArrayRef]) -> Fit {
        let pieces: Vec<Piece> = values.iter().map(|array| Piece::of(array, None)).collect();
        estimate(&request.kind, &pieces)
    }
}

/// The values of a request in every frame. Faults are counted when the value is graded, not here.
fn pieces(frames: &mut [Frame], request: &FitRequest, n_threads: NonZeroUsize) -> Vec<Piece> {
    let mut slots: Vec<(&mut Frame, Option<Piece>)> = frames.iter_mut().map(|frame| (frame, None)).collect();
    in_parallel(&mut slots, n_threads, |(frame, piece)| {
        let faults = frame.faults.clone();
        let among =
            request.among.as_ref().map(|formula| super::stage::only_true(&frame.condition(formula).0));
        let array = match &request.value {
            FitValue::Formula(formula) => Some(frame.evaluate(formula).array),
            FitValue::Score(name) => {
                frame.columns.get(&format!("{name}_low")).map(|column| column.array.clone())
            }
        };
        *piece = array.map(|array| Piece::of(&array, among.as_ref()));
        frame.faults = faults;
    });
    slots.into_iter().filter_map(|(_, piece)| piece).collect()
}

/// Runs `work` on every item, each by one of `n_threads` threads.
fn in_parallel<T: Send>(items: &mut [T], n_threads: NonZeroUsize, work: impl Fn(&mut T) + Sync) {
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
