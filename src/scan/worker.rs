//! Runs a scan on one thread: forward through all steps, and backward through stretches of them.

use std::sync::Arc;

use super::stage::{Runs, Stage};
use crate::error::{BranchChanged, Error, Result};

/// The sequences that a worker computes side by side; at one state, there is one, with one lane.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    pub(super) steps: usize,
    /// The number of sequences, and the number of lanes: with some that repeat the last one.
    pub(super) count: usize,
    pub(super) lanes: usize,
    /// The index of the first sequence.
    pub(super) first: usize,
    /// The lanes of each value of the first state.
    pub(super) start: Vec<f64>,
    /// For each step, the lanes of each number of its row.
    pub(super) rows: Vec<f64>,
}

/// The memory to run a scan on one thread, and the results of the last run.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) step: Runs,
    pub(super) end: Option<Runs>,
    pub(super) sequences: Sequences,
    /// The lanes of what each step of a stretch left behind.
    pub(super) traces: Vec<f64>,
    /// The lanes of the states before each stretch.
    states: Vec<f64>,
    end_trace: Vec<f64>,
    /// The lanes of the sums of the step's own outputs over all steps, with those of the end added.
    pub(super) totals: Vec<f64>,
    /// The lanes of the adjoints of the first state.
    pub(super) of_start: Vec<f64>,
    /// The lanes of the adjoints of each step's row, if they are wanted.
    pub(super) of_rows: Vec<f64>,
    /// At one state, the adjoints of the parameters.
    pub(super) of_parameters: Vec<f64>,
    pub(super) failure: Option<Error>,
}

impl Worker {
    pub(super) fn new(step: &Arc<Stage>, end: Option<&Arc<Stage>>) -> Self {
        Self {
            step: Runs::new(step),
            end: end.map(Runs::new),
            sequences: Sequences::default(),
            traces: Vec::new(),
            states: Vec::new(),
            end_trace: Vec::new(),
            totals: Vec::new(),
            of_start: Vec::new(),
            of_rows: Vec::new(),
            of_parameters: Vec::new(),
            failure: None,
        }
    }

    pub(super) fn set_parameters(&mut self, parameters: &[f64]) -> Result<()> {
        let step = self.step.set_parameters(parameters);
        step.map_err(|error| named(error, "step"))?;
        if let Some(end) = &mut self.end {
            let set = end.set_parameters(parameters);
            set.map_err(|error| named(error, "end"))?;
        }
        Ok(())
    }

    /// Computes all steps, and keeps what the last stretch of at most `stretch` steps leaves behind.
    pub(super) fn forward(&mut self, stretch: usize) -> Result<()> {
        let (steps, lanes) = (self.sequences.steps, self.sequences.lanes);
        let (outputs, state) = (self.step.stage().outputs, self.step.stage().shape.state);
        let own = outputs - state;
        self.totals.clear();
        let of_end = self.end.as_ref().map_or(1, |end| end.stage().outputs);
        // Adding the first term to −0 changes no bit of it. Without terms, a sum has no sign.
        let has_terms = steps > 0 || self.end.is_some();
        let nothing = if has_terms { -0.0 } else { 0.0 };
        self.totals.resize(own.max(of_end) * lanes, nothing);
        self.states.clear();
        self.states.extend_from_slice(&self.sequences.start);
        let size = self.step.stage().trace() * lanes;
        self.traces.resize(stretch.min(steps) * size, 0.0);
        for first in (0..steps).step_by(stretch) {
            let count = stretch.min(steps - first);
            self.stretch(first, count)?;
            for trace in self.traces.chunks_exact(size).take(count) {
                let values = &trace[state * lanes..][..own * lanes];
                for (total, value) in self.totals.iter_mut().zip(values) {
                    *total += value;
                }
            }
            if first + count < steps {
                let last = &self.traces[(count - 1) * size..];
                self.states.extend_from_slice(&last[..state * lanes]);
            }
        }
        // Where the last state is in the traces, if there are steps.
        let last = steps.checked_sub(1).map(|last| last % stretch * size);
        let Some(end) = &mut self.end else {
            return Ok(());
        };
        let last = match last {
            Some(start) => &self.traces[start..][..state * lanes],
            None => &self.sequences.start,
        };
        self.end_trace.resize(end.stage().trace() * lanes, 0.0);
        let Sequences { count, first, .. } = self.sequences;
        end.forward(last, &[], count, first, &mut self.end_trace)
            .map_err(|error| named(error, "end"))?;
        let values = &self.end_trace[..end.stage().outputs * lanes];
        for (total, value) in self.totals.iter_mut().zip(values) {
            *total += value;
        }
        Ok(())
    }

    /// Computes `count` steps from the last state that was kept before them.
    fn stretch(&mut self, first: usize, count: usize) -> Result<()> {
        let stage = self.step.stage();
        let lanes = self.sequences.lanes;
        let (of_state, of_row) = (stage.shape.state * lanes, stage.shape.row * lanes);
        let size = stage.trace() * lanes;
        let Sequences {
            count: sequences,
            first: sequence,
            ..
        } = self.sequences;
        for index in 0..count {
            let (before, after) = self.traces.split_at_mut(index * size);
            let from = match index {
                0 => &self.states[self.states.len() - of_state..],
                _ => &before[before.len() - size..][..of_state],
            };
            let step = first + index;
            let row = &self.sequences.rows[step * of_row..][..of_row];
            self.step
                .forward(from, row, sequences, sequence, &mut after[..size])
                .map_err(|error| named(error, &format!("step {step}")))?;
        }
        Ok(())
    }

    /// Goes back through all steps, after [`forward`](Self::forward) with the same stretch.
    pub(super) fn backward(&mut self, stretch: usize) -> Result<()> {
        let Sequences {
            steps,
            lanes,
            count,
            ..
        } = self.sequences;
        let shape = self.step.stage().shape;
        self.of_start.clear();
        self.of_start.resize(shape.state * lanes, 0.0);
        self.of_parameters.clear();
        self.of_parameters.resize(shape.parameters, 0.0);
        if let Some(end) = &mut self.end {
            end.begin(&self.of_parameters, &[]);
            end.backward(&self.end_trace, count, &mut self.of_start)?;
            end.read_parameters(&mut self.of_parameters);
        }
        self.step.begin(&self.of_parameters, &self.of_start);
        let row = if shape.by_row { shape.row * lanes } else { 0 };
        self.of_rows.clear();
        self.of_rows.resize(row * steps, 0.0);
        let size = self.step.stage().trace() * lanes;
        for (nth, first) in (0..steps).step_by(stretch).rev().enumerate() {
            let length = stretch.min(steps - first);
            if nth > 0 {
                self.stretch(first, length)?;
            }
            for index in (0..length).rev() {
                let trace = &self.traces[index * size..][..size];
                let of_row = &mut self.of_rows[(first + index) * row..][..row];
                self.step.backward(trace, count, of_row)?;
            }
            self.states
                .truncate(self.states.len() - shape.state * lanes);
        }
        self.step.read_state(&mut self.of_start);
        self.step.read_parameters(&mut self.of_parameters);
        Ok(())
    }
}

/// The error with its place in the scan in front. The row of a changed branch is a sequence, because a row of a scan is that of
/// a step.
pub(super) fn named(error: Error, place: &str) -> Error {
    let Some(branch) = error.branch() else {
        return error.of_argument(place);
    };
    let place = match branch.row {
        Some(sequence) => format!("sequence {sequence}: {place}"),
        None => place.to_owned(),
    };
    let without_row = BranchChanged {
        row: None,
        ..branch.clone()
    };
    let reason = "a scan has one program for all its steps (`trace_rows_at` traces it at your state and row)";
    Error::changed_in_one_program(without_row, reason).of_argument(&place)
}
