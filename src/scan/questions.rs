//! The questions about a scan: values, gradients, directions, and sums over many sequences.

use super::worker::{Worker, named};
use super::{Plan, Question, Scan};
use crate::backend::{BLOCK, Table, VECTOR, for_each, threads};
use crate::error::{Error, Result, check_length};
use crate::parameters::Parameters;
use crate::var::Var;

impl Scan {
    /// Every output of every step: the next state, then the step's own outputs, one step after another.
    ///
    /// The rows are a [`Table`] with one row per step.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// // Fibonacci's numbers, and their sums as an own output.
    /// let step = Program::trace_rows::<[f64; 0], _>(&[], 2, |_, x| [x[1], x[0] + x[1], x[0] + x[1]])?;
    /// let scan = Scan::new(&step, 2)?;
    /// assert_eq!(scan.values(&[], &[0.0, 1.0], &[[]; 3])?, [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if the parameters, the start or a row have the wrong number of values;
    /// [`Branch`](crate::ErrorKind::Branch) if a comparison in a step took another branch than when it was traced. The message
    /// names the step, counted from 0.
    pub fn values<U: Parameters + ?Sized, T: Table + ?Sized>(
        &self,
        parameters: &U,
        start: &[f64],
        rows: &T,
    ) -> Result<Vec<f64>> {
        let parameters = self.checked(parameters, start.len(), rows)?;
        self.at_one(false, &parameters, start, rows, |worker, _| {
            worker.forward(rows.rows().max(1))?;
            Ok(worker.traces.clone())
        })
    }

    /// The value: the sum of the first own output over all steps, plus the first output of the end; 0 if there are no steps
    /// and no end.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[0.5], 1, |p, x| [x[0] * p[0], x[0]])?;
    /// assert_eq!(Scan::new(&step, 1)?.value(&[0.5], &[8.0], &[[]; 3])?, 8.0 + 4.0 + 2.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values), and [`Argument`](crate::ErrorKind::Argument) if the step has no output besides its state
    /// and the scan has no end.
    pub fn value<U: Parameters + ?Sized, T: Table + ?Sized>(
        &self,
        parameters: &U,
        start: &[f64],
        rows: &T,
    ) -> Result<f64> {
        let parameters = self.checked(parameters, start.len(), rows)?;
        self.check_value()?;
        self.at_one(false, &parameters, start, rows, |worker, stretch| {
            worker.forward(stretch)?;
            Ok(worker.totals[0])
        })
    }

    /// The value, and its derivatives with respect to the parameters, then to the start, then to the rows if
    /// [wanted](Self::with_rows).
    ///
    /// A gradient takes one pass forward and one back, like a gradient of the whole loop.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[0.5], 1, |p, x| [x[0] * p[0], x[0]])?;
    /// let (value, gradient) = Scan::new(&step, 1)?.gradient(&[0.5], &[8.0], &[[]; 3])?;
    /// assert_eq!((value, gradient), (14.0, vec![8.0 + 2.0 * 0.5 * 8.0, 1.0 + 0.5 + 0.25]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn gradient<U: Parameters + ?Sized, T: Table + ?Sized>(
        &self,
        parameters: &U,
        start: &[f64],
        rows: &T,
    ) -> Result<(f64, Vec<f64>)> {
        let parameters = self.checked(parameters, start.len(), rows)?;
        self.check_value()?;
        self.at_one(true, &parameters, start, rows, |worker, stretch| {
            worker.forward(stretch)?;
            worker.backward(stretch)?;
            let parts = [&worker.of_parameters, &worker.of_start, &worker.of_rows];
            let gradient = parts.into_iter().flatten().map(|slope| slope + 0.0);
            Ok((worker.totals[0], gradient.collect()))
        })
    }

    /// The value, and its derivative in the direction `v`: a number for each parameter, then for each value of the start. The rows
    /// are constant, also after `with_rows`.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[0.5], 1, |p, x| [x[0] * p[0], x[0]])?;
    /// let scan = Scan::new(&step, 1)?;
    /// assert_eq!(scan.jvp(&[0.5], &[8.0], &[[]; 3], &[0.0, 1.0])?, (14.0, 1.75));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value), and [`Length`](crate::ErrorKind::Length) if `v` has the wrong number of values.
    pub fn jvp<U: Parameters + ?Sized, T: Table + ?Sized>(
        &self,
        parameters: &U,
        start: &[f64],
        rows: &T,
        v: &[f64],
    ) -> Result<(f64, f64)> {
        let (tangent, parameters, start) = self.along(parameters, start, rows, v)?;
        tangent.at_one(false, &parameters, &start, rows, |worker, stretch| {
            worker.forward(stretch)?;
            Ok((worker.totals[1], worker.totals[0] + 0.0))
        })
    }

    /// The value, its gradient, and its Hessian times the direction `v`: a number for each parameter, then for each value of
    /// the start.
    ///
    /// The rows stay as they are, and the gradient leaves them out. This is reverse mode over forward mode: the scan of the
    /// values with their derivatives in the direction is differentiated once more.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[0.5], 1, |p, x| [x[0] * p[0], x[0]])?;
    /// let scan = Scan::new(&step, 1)?;
    /// let (value, gradient, hv) = scan.hvp(&[0.5], &[8.0], &[[]; 3], &[1.0, 0.0])?;
    /// assert_eq!((value, gradient, hv), (14.0, vec![16.0, 1.75], vec![16.0, 2.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`jvp`](Self::jvp).
    pub fn hvp<U: Parameters + ?Sized, T: Table + ?Sized>(
        &self,
        parameters: &U,
        start: &[f64],
        rows: &T,
        v: &[f64],
    ) -> Result<(f64, Vec<f64>, Vec<f64>)> {
        let (p, s) = (self.parameters(), self.state);
        let (tangent, parameters, start) = self.along(parameters, start, rows, v)?;
        tangent.at_one(true, &parameters, &start, rows, |worker, stretch| {
            worker.forward(stretch)?;
            worker.backward(stretch)?;
            // The derivatives with respect to the direction are the gradient.
            let part = |from: usize, len: usize, of: &[f64]| -> Vec<f64> {
                of[from..from + len]
                    .iter()
                    .map(|slope| slope + 0.0)
                    .collect()
            };
            let [of_parameters, of_start] = [&worker.of_parameters, &worker.of_start];
            let gradient = [part(p, p, of_parameters), part(s, s, of_start)].concat();
            let product = [part(0, p, of_parameters), part(0, s, of_start)].concat();
            Ok((worker.totals[1], gradient, product))
        })
    }

    /// The sum of the values of many sequences, one for each row of `starts`. All have the same number of steps.
    ///
    /// The sequences are computed side by side, 64 at a time, on all cores. The values of each block of 64 are added in order,
    /// then the sums of the blocks. So the bits do not depend on the number of threads.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[0.5], 2, |p, inputs| [inputs[0] * p[0] + inputs[1], inputs[0]])?;
    /// let scan = Scan::new(&step, 1)?;
    /// let sequences = [[[1.0], [0.0]], [[0.0], [0.0]]];
    /// let sum = scan.sum_value(&[0.5], &[[8.0], [4.0]], &sequences)?;
    /// assert_eq!(sum, (8.0 + 5.0) + (4.0 + 2.0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value), and [`Argument`](crate::ErrorKind::Argument) if the numbers of starts and sequences or the
    /// numbers of steps differ. The message of a changed branch names the sequence and the step; a comparison of parameters alone is
    /// checked once, before the steps.
    pub fn sum_value<U, S, T>(&self, parameters: &U, starts: &S, sequences: &[T]) -> Result<f64>
    where
        U: Parameters + ?Sized,
        S: Table + Sync + ?Sized,
        T: Table + Sync,
    {
        Ok(self
            .sum(false, &parameters.parameters(), starts, sequences)?
            .0)
    }

    /// The sum of the values of many sequences, and its derivatives with respect to the parameters.
    ///
    /// It has no derivatives with respect to the starts and the rows: for those, call [`gradient`](Self::gradient) for each
    /// sequence.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[0.5], 1, |p, x| [x[0] * p[0], x[0]])?;
    /// let scan = Scan::new(&step, 1)?;
    /// let sum = scan.sum_gradient(&[0.5], &[[8.0], [4.0]], &[[[]; 3]; 2])?;
    /// assert_eq!(sum, (14.0 + 7.0, vec![16.0 + 8.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`sum_value`](Self::sum_value), and [`Argument`](crate::ErrorKind::Argument) if derivatives with respect to the rows are
    /// [wanted](Self::with_rows).
    pub fn sum_gradient<U, S, T>(
        &self,
        parameters: &U,
        starts: &S,
        sequences: &[T],
    ) -> Result<(f64, Vec<f64>)>
    where
        U: Parameters + ?Sized,
        S: Table + Sync + ?Sized,
        T: Table + Sync,
    {
        if self.by_rows {
            let problem = "cannot differentiate with respect to the rows, which `with_rows` asks for; build the scan without it, \
                           or call `gradient` for each sequence";
            return Err(Error::argument("sum_gradient", problem));
        }
        self.sum(true, &parameters.parameters(), starts, sequences)
    }

    /// Records all steps on the current graph, and returns the value. So other functions can use a scan, and every mode can
    /// differentiate it; the graph, or a program that is traced, then holds every step.
    ///
    /// ```
    /// use chainrule::{Program, Scan, Var};
    /// let step = Program::trace_rows(&[0.5], 1, |p, x| [x[0] * p[0], x[0]])?;
    /// let scan = Scan::new(&step, 1)?;
    /// let p = Var::new(0.5);
    /// let y = scan.call(&[p], &[Var::new(8.0)], &[[]; 3])?;
    /// assert_eq!((y.value(), y.backward()[p]), (14.0, 16.0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    ///
    /// # Panics
    /// If a parameter or a value of the start was freed or is not on the current graph.
    #[track_caller]
    pub fn call<U: Parameters<Var> + ?Sized, T: Table + ?Sized>(
        &self,
        parameters: &U,
        start: &[Var],
        rows: &T,
    ) -> Result<Var> {
        let parameters = self.checked(parameters, start.len(), rows)?;
        self.check_value()?;
        let mut state = start.to_vec();
        let mut total: Option<Var> = None;
        let mut add = |value: Var| total = Some(total.map_or(value, |total| total + value));
        for step in 0..rows.rows() {
            let row = (0..self.row()).map(|column| Var::from(rows.at(step, column)));
            let inputs: Vec<Var> = parameters.iter().copied().chain(state).chain(row).collect();
            let at_step = |error| named(error, &format!("step {step}"));
            let mut outputs = self.step.call(&inputs).map_err(at_step)?;
            if let Some(&own) = outputs.get(self.state) {
                add(own);
            }
            outputs.truncate(self.state);
            state = outputs;
        }
        if let Some(end) = &self.end {
            let inputs = [parameters, state].concat();
            let at_end = |error| named(error, "end");
            add(end.call(&inputs).map_err(at_end)?[0]);
        }
        Ok(total.unwrap_or_else(|| Var::from(0.0)))
    }

    /// The scan in a direction, and the parameters and the start with their directions.
    fn along<U: Parameters + ?Sized, T: Table + ?Sized>(
        &self,
        parameters: &U,
        start: &[f64],
        rows: &T,
        v: &[f64],
    ) -> Result<(std::sync::Arc<Self>, Vec<f64>, Vec<f64>)> {
        let parameters = self.checked(parameters, start.len(), rows)?;
        self.check_value()?;
        check_length("v", parameters.len() + start.len(), v.len())?;
        let (of_parameters, of_start) = v.split_at(parameters.len());
        let tangent = self.tangent();
        let (parameters, start) = (
            [&parameters, of_parameters].concat(),
            [start, of_start].concat(),
        );
        Ok((tangent, parameters, start))
    }

    /// Runs one sequence. `work` gets the worker and the number of steps of a stretch.
    fn at_one<T: Table + ?Sized, R>(
        &self,
        derivatives: bool,
        parameters: &[f64],
        start: &[f64],
        rows: &T,
        work: impl FnOnce(&mut Worker, usize) -> Result<R>,
    ) -> Result<R> {
        let question = Question {
            derivatives,
            many: false,
        };
        let plan = self.plan(question);
        plan.with_workers(1, |workers| {
            let worker = &mut workers[0];
            worker.set_parameters(parameters)?;
            worker.sequences.set_one(start, rows, self.row());
            work(worker, self.stretch(&plan, 1))
        })
    }

    /// The number of steps whose intermediate values are kept at a time.
    fn stretch(&self, plan: &Plan, lanes: usize) -> usize {
        /// Without derivatives, no step needs those of another.
        const FEW: usize = 64;
        let bytes = plan.step.trace() * lanes * size_of::<f64>();
        let most = if plan.step.goes_back() {
            usize::MAX
        } else {
            FEW
        };
        (self.memory / bytes.max(1)).clamp(1, most)
    }

    fn sum<S: Table + Sync + ?Sized, T: Table + Sync>(
        &self,
        derivatives: bool,
        parameters: &[f64],
        starts: &S,
        sequences: &[T],
    ) -> Result<(f64, Vec<f64>)> {
        self.check_parameters(parameters.len())?;
        let steps = self.check_many(starts, sequences)?;
        self.check_value()?;
        let question = Question {
            derivatives,
            many: true,
        };
        let plan = self.plan(question);
        let blocks = sequences.len().div_ceil(BLOCK);
        let lanes = BLOCK.min(sequences.len().next_multiple_of(VECTOR));
        let stretch = self.stretch(&plan, lanes);
        let count = threads(0).clamp(1, blocks.max(1));
        plan.with_workers(count, |workers| {
            for worker in &mut *workers {
                worker.set_parameters(parameters)?;
            }
            let (mut value, mut sums) = (0.0, Sums::of(&workers[0]));
            for first in (0..blocks).step_by(count) {
                let busy = count.min(blocks - first);
                let run = |index: usize, worker: &mut Worker| {
                    let start = (first + index) * BLOCK;
                    let some = BLOCK.min(sequences.len() - start);
                    let sizes = [self.state, self.row()];
                    let place = [start, some, steps];
                    worker.sequences.set_many(starts, sequences, place, sizes);
                    let mut result = worker.forward(stretch);
                    if derivatives {
                        result = result.and_then(|()| worker.backward(stretch));
                    }
                    worker.failure = result.err();
                };
                for_each(count, &mut workers[..busy], run);
                // In the order of the sequences, whichever thread was first.
                for worker in &mut workers[..busy] {
                    if let Some(failure) = worker.failure.take() {
                        return Err(failure);
                    }
                    let values = &worker.totals[..worker.sequences.count];
                    value += values.iter().sum::<f64>();
                    sums.add(worker);
                }
            }
            let mut gradient = Vec::new();
            if derivatives {
                gradient = sums.parameters(&mut workers[0], parameters.len());
            }
            Ok((value, gradient))
        })
    }
}

/// The sums over sequences that give the derivatives with respect to the parameters.
struct Sums {
    step: Vec<f64>,
    end: Vec<f64>,
}

impl Sums {
    fn of(worker: &Worker) -> Self {
        let zeros = |sums: &[f64]| vec![0.0; sums.len()];
        Self {
            step: zeros(worker.step.sums()),
            end: worker
                .end
                .as_ref()
                .map_or(Vec::new(), |end| zeros(end.sums())),
        }
    }

    fn add(&mut self, worker: &Worker) {
        let add = |to: &mut [f64], terms: &[f64]| {
            for (sum, term) in to.iter_mut().zip(terms) {
                *sum += term;
            }
        };
        add(&mut self.step, worker.step.sums());
        if let Some(end) = &worker.end {
            add(&mut self.end, end.sums());
        }
    }

    fn parameters(&self, worker: &mut Worker, count: usize) -> Vec<f64> {
        let mut adjoints = vec![0.0; count];
        worker.step.parameters_of_sums(&self.step, &mut adjoints);
        if let Some(end) = &mut worker.end {
            let mut of_end = vec![0.0; count];
            end.parameters_of_sums(&self.end, &mut of_end);
            for (adjoint, of_end) in adjoints.iter_mut().zip(of_end) {
                *adjoint += of_end;
            }
        }
        adjoints.iter().map(|adjoint| adjoint + 0.0).collect()
    }
}
