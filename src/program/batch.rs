//! Evaluation over rows of data: in blocks of rows side by side, the blocks on all cores.
//!
//! Sums over rows are added row by row within a block of 64 and as a fixed tree over the blocks, so their bits depend on
//! the rows alone, not on the number of threads or the width of the processor's vectors.

use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use super::blocks::Blocks;
use super::elementwise::Source;
use super::parallel;
use super::plan::{Machine, Plan, RowData};
use super::rows::{BLOCK, Rows};
use super::tree::Tree;
use super::{Program, Question};
use crate::error::{Error, Result};
use crate::math::fused::{Inline, with_fma};
use crate::parameters::Parameters;

/// A program with rows of data to evaluate it on, again and again with other uniform inputs.
///
/// After the first call of a kind nothing is allocated on a single thread.
///
/// ```
/// use chainrule::Program;
///
/// let rows = [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]];
/// let f = Program::trace_rows(&[0.0, 0.0], 2, |p, row| (p[0] * row[0] + p[1] - row[1]).square())?;
/// let mut batch = f.batch(&rows)?;
/// let mut p = [0.0, 0.0];
/// for _ in 0..500 {
///     let (_, gradient) = batch.mean_gradient(&p)?;
///     for (p, g) in p.iter_mut().zip(gradient) {
///         *p -= 0.1 * g;
///     }
/// }
/// assert!((p[0] - 2.0).abs() < 1e-6 && (p[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Batch {
    program: Program,
    rows: Blocks,
    values: Option<Answer>,
    gradients: Option<Answer>,
    sum: Option<Answer>,
    outputs: Vec<f64>,
    threads: usize,
}

/// Fewer rows of lanes to compute than this, over all blocks, are done before another thread has woken.
const WORTHWHILE: usize = 1024;

/// A plan with the numbers of one or several threads.
#[derive(Debug)]
pub(super) struct Answer {
    plan: Arc<Plan>,
    machine: Machine,
    workers: Vec<Worker>,
    tree: Tree,
    outputs: Vec<f64>,
}

/// What one thread computes with.
#[derive(Debug, Default)]
struct Worker {
    rows: Rows,
    tree: Tree,
    /// Sums of the subtrees that this thread has computed.
    sums: Vec<Vec<f64>>,
    failure: Option<Error>,
}

fn answer<'a>(
    slot: &'a mut Option<Answer>,
    program: &Program,
    question: Question,
) -> &'a mut Answer {
    slot.get_or_insert_with(|| Answer::new(program, question))
}

impl Program {
    /// This program over rows of data, each with a value for every varying input.
    ///
    /// The rows are copied into the order in which they are computed.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0] * x[1])?;
    /// let mut batch = f.batch(&[[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(batch.values(&[])?, [2.0, 12.0]);
    /// assert_eq!(batch.gradients(&[])?.1, [2.0, 1.0, 4.0, 3.0]);
    ///
    /// let error = f.batch(&[&[1.0, 2.0][..], &[3.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "row 1: expected 2 values, found 1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if a row has not as many values; it names the row, counted from 0.
    pub fn batch<R: AsRef<[f64]>>(&self, rows: &[R]) -> Result<Batch> {
        Ok(Batch {
            rows: Blocks::new(self.inputs() - self.uniform_inputs(), rows)?,
            program: self.clone(),
            values: None,
            gradients: None,
            sum: None,
            outputs: Vec::new(),
            threads: 0,
        })
    }
}

impl Batch {
    /// The program that it evaluates.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(1, |x| x[0])?;
    /// assert_eq!(f.batch(&[[1.0]])?.program().outputs(), 1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// How many rows there are.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| x[0])?.batch(&[[1.0], [2.0]])?.len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.rows.count
    }

    /// Whether there are no rows.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert!(Program::trace(1, |x| x[0])?.batch::<[f64; 1]>(&[])?.is_empty());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.rows.count == 0
    }

    /// Uses up to so many threads; 0, the default, as many as there are cores. The bits are the same for any number.
    /// Where there is little work, some tens of microseconds, one thread does it alone.
    ///
    /// The calling thread is one of them. The others are the crate's own, for one caller at a time: a second one does
    /// its work alone meanwhile. They stay awake for half a millisecond after their last work, so that a loop of small
    /// batches does not wake them each time.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut batch = Program::trace(1, |x| x[0])?.batch(&[[1.0]])?.threads(1);
    /// assert_eq!(batch.values(&[])?, [1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Replaces the rows, and keeps the memory: for one mini-batch after another.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut batch = Program::trace(1, |x| x[0].square())?.batch(&[[1.0]])?;
    /// batch.set_rows(&[[2.0], [3.0]])?;
    /// assert_eq!(batch.values(&[])?, [4.0, 9.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::batch`]; the old rows stay then.
    pub fn set_rows<R: AsRef<[f64]>>(&mut self, rows: &[R]) -> Result<()> {
        self.rows.fill(rows)
    }

    /// Passes if every value of every row is finite.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0] * x[1])?;
    /// let error = f.batch(&[[1.0, 2.0], [3.0, f64::NAN]])?.check_finite().unwrap_err();
    /// assert_eq!(error.to_string(), "row 1: the value in column 1 must be finite, found NaN");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) for the first that is not; it names row and column, counted from 0.
    pub fn check_finite(&self) -> Result<()> {
        for index in 0..self.rows.blocks() {
            let block = self.rows.block(index);
            for row in 0..block.count {
                for column in 0..self.rows.width {
                    let value = block.inputs[column * block.lanes + row];
                    if !value.is_finite() {
                        let problem =
                            format!("the value in column {column} must be finite, found {value:?}");
                        return Err(Error::argument(
                            &format!("row {}", block.first + row),
                            problem,
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Every output of every row, row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| [p[0] * row[0], row[0]])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.values(&[10.0])?, [10.0, 1.0, 20.0, 2.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if `uniform` has not as many values as there are uniform inputs;
    /// [`Branch`](crate::ErrorKind::Branch) if a comparison comes out otherwise than when the program was traced.
    pub fn values<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<&[f64]> {
        self.check(uniform)?;
        let values = answer(&mut self.values, &self.program, Question::RowValues);
        values.each_row(uniform, &self.rows, self.threads)?;
        Ok(&values.outputs)
    }

    /// The first output of every row, and its derivatives by every input, row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let mut batch = f.batch(&[[1.0], [2.0]])?;
    /// let (values, gradients) = batch.gradients(&[10.0])?;
    /// assert_eq!((values, gradients), (&[10.0, 20.0][..], &[1.0, 10.0, 2.0, 10.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn gradients<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<(&[f64], &[f64])> {
        self.check(uniform)?;
        self.some_output()?;
        let gradients = answer(&mut self.gradients, &self.program, Question::RowGradients);
        gradients.each_row(uniform, &self.rows, self.threads)?;
        let inputs = self.program.inputs();
        self.outputs.clear();
        self.outputs
            .extend(gradients.outputs.iter().step_by(inputs + 1));
        let mut place = 0;
        gradients.outputs.retain_mut(|derivative| {
            *derivative += 0.0;
            place += 1;
            (place - 1) % (inputs + 1) != 0
        });
        Ok((&self.outputs, &gradients.outputs))
    }

    /// The sum of the first output over all rows, and its derivatives by the uniform inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.sum_gradient(&[10.0])?, (30.0, &[3.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn sum_gradient<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<(f64, &[f64])> {
        self.weighted_gradient(uniform, 1.0)
    }

    /// The mean of the first output over all rows, and its derivatives by the uniform inputs: the sum's, divided by the
    /// number of rows.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.mean_gradient(&[10.0])?, (15.0, &[1.5][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values), and if there are no rows.
    pub fn mean_gradient<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<(f64, &[f64])> {
        if self.is_empty() {
            return Err(Error::argument(
                "rows",
                "there are none to take the mean of",
            ));
        }
        self.weighted_gradient(uniform, self.len() as f64)
    }

    fn weighted_gradient<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
        divisor: f64,
    ) -> Result<(f64, &[f64])> {
        self.check(uniform)?;
        self.some_output()?;
        let threads = self.threads;
        let answer = answer(&mut self.sum, &self.program, Question::SumGradient);
        answer.set_uniform(uniform)?;
        answer.sums(&self.rows, threads)?;
        Ok(answer.finish(divisor))
    }

    fn check<U: Parameters + ?Sized>(&self, uniform: &U) -> Result<()> {
        Program::check_len(
            "uniform",
            self.program.uniform_inputs(),
            uniform.parameter_count(),
        )
    }

    fn some_output(&self) -> Result<()> {
        if self.program.outputs() > 0 {
            return Ok(());
        }
        Err(Error::argument("outputs", "the program has none"))
    }
}

impl Answer {
    pub(super) fn new(program: &Program, question: Question) -> Self {
        let plan = program.plan(question);
        Self {
            machine: plan.machine(),
            workers: vec![Worker::default()],
            outputs: Vec::new(),
            tree: Tree::default(),
            plan,
        }
    }

    /// How many sums there are, that of the first output counted.
    pub(super) fn width(&self) -> usize {
        self.plan.sums() + 1
    }

    /// As many workers as threads can be used.
    fn workers(&mut self, threads: usize, blocks: usize) -> &mut [Worker] {
        let threads = parallel::threads(threads);
        // The threads that blocks do not keep busy may share a large product.
        let share_products = blocks == 1 && self.plan.has_large_products();
        self.machine.threads = if share_products { threads } else { 1 };
        let worthwhile = blocks * self.plan.rows_of_lanes() >= WORTHWHILE;
        let count = if worthwhile {
            threads.clamp(1, blocks.max(1))
        } else {
            1
        };
        if self.workers.len() < count {
            self.workers.resize_with(count, Worker::default);
        }
        &mut self.workers[..count]
    }

    /// Every output of every row.
    fn each_row<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
        rows: &Blocks,
        threads: usize,
    ) -> Result<()> {
        self.set_uniform(uniform)?;
        let workers = self.workers(threads, rows.blocks());
        for worker in &mut *workers {
            worker.failure = None;
        }
        let count = workers.len();
        let Self {
            plan,
            machine,
            workers,
            outputs,
            ..
        } = self;
        let width = plan.outputs();
        outputs.resize(rows.count * width, 0.0);
        if outputs.is_empty() {
            // Without outputs there are comparisons to be checked all the same.
            let worker = &mut workers[0];
            return (0..rows.blocks()).try_for_each(|index| {
                plan.run_rows(machine, &mut worker.rows, rows.block(index), &mut [])
            });
        }
        let share = rows.blocks().div_ceil(count);
        let mut shares: SmallVec<[(&mut Worker, &mut [f64]); 1]> = workers
            .iter_mut()
            .zip(outputs.chunks_mut(share * BLOCK * width))
            .collect();
        parallel::for_each(count, &mut shares, |index, (worker, outputs)| {
            let mut work = || -> Result<()> {
                for (offset, outputs) in outputs.chunks_mut(BLOCK * width).enumerate() {
                    let block = rows.block(index * share + offset);
                    plan.run_rows(machine, &mut worker.rows, block, &mut [])?;
                    let all = plan.row_outputs(machine, &worker.rows, block);
                    for (output, values) in all.enumerate() {
                        let places = outputs[output..].iter_mut().step_by(width);
                        places
                            .enumerate()
                            .for_each(|(row, place)| *place = values.at(row));
                    }
                }
                Ok(())
            };
            worker.failure = work().err();
        });
        drop(shares);
        first_failure(&mut workers[..count])
    }

    /// Computes what depends on the uniform inputs alone.
    pub(super) fn set_uniform<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<()> {
        self.plan
            .run_before(&mut self.machine, |inputs| uniform.write_parameters(inputs))
    }

    /// The sum of the first output over all rows, then the sums that the derivatives are made of.
    ///
    /// Every worker computes whole subtrees of the blocks, so the tree is the same for any number of them.
    pub(super) fn sums(&mut self, rows: &Blocks, threads: usize) -> Result<&mut [f64]> {
        let blocks = rows.blocks();
        let count = self.workers(threads, blocks).len();
        let Self {
            plan,
            machine,
            workers,
            tree,
            ..
        } = self;
        let workers = &mut workers[..count];
        let width = plan.sums() + 1;
        tree.clear(width);
        if let [worker] = workers {
            for index in 0..blocks {
                let block = rows.block(index);
                sum_block(plan, machine, &mut worker.rows, block, tree.next())?;
                tree.push();
            }
            return Ok(tree.total());
        }
        let subtree = (blocks / (4 * count)).max(1).next_power_of_two();
        let share = blocks.div_ceil(subtree).div_ceil(count);
        for worker in &mut *workers {
            worker.failure = None;
        }
        parallel::for_each(count, workers, |index, worker| {
            let subtrees = index * share..(index + 1) * share;
            let result = worker.sum(plan, machine, rows, subtree, subtrees, width);
            worker.failure = result.err();
        });
        first_failure(workers)?;
        for sums in workers.iter().flat_map(|worker| &worker.sums) {
            tree.next().copy_from_slice(sums);
            tree.push();
        }
        Ok(tree.total())
    }

    /// The first output's sum and its derivatives, divided, from the sums over all rows.
    pub(super) fn finish(&mut self, divisor: f64) -> (f64, &[f64]) {
        let Self {
            plan,
            machine,
            tree,
            outputs,
            ..
        } = self;
        let (total, sums) = tree.next().split_at_mut(1);
        let derivatives = if plan.gives_sums() {
            sums
        } else {
            plan.run_after(machine, sums);
            outputs.clear();
            plan.extend_shared(machine, 1, outputs);
            outputs
        };
        with_fma(Inline(
            #[inline(always)]
            || {
                // A sum needs no division, and there may be many derivatives.
                if divisor != 1.0 {
                    for slope in &mut *derivatives {
                        *slope /= divisor;
                    }
                }
                // Derivatives of 0 have no sign.
                for slope in &mut *derivatives {
                    *slope += 0.0;
                }
            },
        ));
        (total[0] / divisor, derivatives)
    }

    /// Puts sums over all rows in the place of those just computed.
    pub(super) fn set_sums(&mut self, sums: &[f64]) {
        self.tree.clear(sums.len());
        self.tree.next().copy_from_slice(sums);
    }
}

impl Worker {
    /// Computes the sums of some subtrees, each of so many blocks.
    fn sum(
        &mut self,
        plan: &Plan,
        machine: &Machine,
        rows: &Blocks,
        subtree: usize,
        subtrees: Range<usize>,
        width: usize,
    ) -> Result<()> {
        let mut done = 0;
        for index in subtrees {
            let blocks = index * subtree..rows.blocks().min((index + 1) * subtree);
            if blocks.is_empty() {
                break;
            }
            self.tree.clear(width);
            for block in blocks {
                sum_block(
                    plan,
                    machine,
                    &mut self.rows,
                    rows.block(block),
                    self.tree.next(),
                )?;
                self.tree.push();
            }
            if done == self.sums.len() {
                self.sums.push(Vec::new());
            }
            self.sums[done].clear();
            self.sums[done].extend_from_slice(self.tree.total());
            done += 1;
        }
        self.sums.truncate(done);
        Ok(())
    }
}

/// The failure of the first worker that has one: that of the first row, for workers stand in the order of rows.
fn first_failure(workers: &mut [Worker]) -> Result<()> {
    match workers.iter_mut().find_map(|worker| worker.failure.take()) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// Computes a block: the sum of its outputs, then its sums.
fn sum_block(
    plan: &Plan,
    machine: &Machine,
    rows: &mut Rows,
    block: RowData<'_>,
    sums: &mut [f64],
) -> Result<()> {
    let (total, sums) = sums.split_at_mut(1);
    plan.run_rows(machine, rows, block, sums)?;
    total[0] = match plan.row_outputs(machine, rows, block).next() {
        Some(Source::Slice(values)) => values[..block.count].iter().sum(),
        Some(Source::Splat(y)) => (0..block.count).map(|_| y).sum(),
        None => 0.0,
    };
    Ok(())
}
