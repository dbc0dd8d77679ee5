//! A compiled step: forward, and backward from what the forward step kept.

use std::ops::Range;
use std::sync::Arc;

use crate::backend::{Compiled, Runner};
use crate::error::Result;
use crate::program::Program;
use crate::transform::{StepCode, StepShape, adjoint_step, split_step};

/// The compiled code of a step. All sizes are numbers of values, without lanes.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) shape: StepShape,
    /// The step's outputs: the next state, then its own.
    pub(super) outputs: usize,
    /// The values that the backward step reads.
    pub(super) kept: usize,
    /// The values that all steps share.
    shared_values: usize,
    shared: Arc<Compiled>,
    forward: Arc<Compiled>,
    /// `None` if only values are asked for.
    backward: Option<Arc<Compiled>>,
}

impl Stage {
    /// Compiles a step; `backward` says whether its derivatives are needed.
    pub(super) fn new(step: &Program, shape: StepShape, backward: bool) -> Self {
        let base = step.base();
        let outputs = base.outputs().len();
        let code = if backward {
            adjoint_step(base, &shape)
        } else {
            base
        };
        let code = step.shortened(code);
        let StepCode {
            shared,
            forward,
            backward: back,
        } = split_step(&code, &shape, outputs);
        Self {
            shape,
            outputs,
            kept: forward.outputs().len() - outputs,
            shared_values: shared.outputs().len(),
            shared: Arc::new(step.compile_part(&shared, &[])),
            forward: Arc::new(step.compile_part(&forward, step.guards())),
            backward: backward.then(|| Arc::new(step.compile_part(&back, &[]))),
        }
    }

    /// Whether derivatives can be computed.
    pub(super) fn goes_back(&self) -> bool {
        self.backward.is_some()
    }

    /// The numbers that a step leaves behind: its outputs, and what it keeps.
    pub(super) fn trace(&self) -> usize {
        self.outputs + self.kept
    }
}

/// Runs a stage on one thread, on one state or on the states of a block of sequences side by side.
#[derive(Debug)]
pub(super) struct Runs {
    stage: Arc<Stage>,
    forward: Runner,
    backward: Option<Runner>,
    /// The lanes of the inputs of a step forward, and backward.
    inputs: Vec<f64>,
    backward_inputs: Vec<f64>,
    /// The lanes of the adjoints that a step backward returns.
    adjoints: Vec<f64>,
    /// The sums over rows and steps so far.
    sums: Vec<f64>,
}

impl Runs {
    pub(super) fn new(stage: &Arc<Stage>) -> Self {
        let backward = stage.backward.as_ref().map(Runner::new);
        Self {
            forward: Runner::new(&stage.forward),
            sums: vec![0.0; backward.as_ref().map_or(0, |runner| runner.sums().len())],
            backward,
            stage: Arc::clone(stage),
            inputs: Vec::new(),
            backward_inputs: Vec::new(),
            adjoints: Vec::new(),
        }
    }

    pub(super) fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Where the adjoints so far are among the uniform inputs of the backward step.
    fn adjoints(&self) -> Range<usize> {
        let first = self.stage.shape.parameters + self.stage.shared_values;
        first..first + self.stage.shape.parameters + self.stage.shape.next
    }

    /// Sets the parameters, and computes what all steps share.
    pub(super) fn set_parameters(&mut self, parameters: &[f64]) -> Result<()> {
        let mut shared = Runner::new(&self.stage.shared);
        shared.uniform().copy_from_slice(parameters);
        shared.at_point()?;
        let mut common = parameters.to_vec();
        common.resize(parameters.len() + self.stage.shared_values, 0.0);
        shared.read(&mut common[parameters.len()..]);
        for runner in std::iter::once(&mut self.forward).chain(&mut self.backward) {
            runner.uniform()[..common.len()].copy_from_slice(&common);
            if self.stage.shape.many {
                runner.at_point()?;
            }
        }
        Ok(())
    }

    /// One step from the lanes of a state and a row. Writes the lanes of what it leaves behind. `first` is the number that an
    /// error gives to the step, or to the first of the sequences.
    pub(super) fn forward(
        &mut self,
        state: &[f64],
        row: &[f64],
        count: usize,
        first: usize,
        trace: &mut [f64],
    ) -> Result<()> {
        if self.stage.shape.many {
            self.inputs.clear();
            self.inputs.extend_from_slice(state);
            self.inputs.extend_from_slice(row);
            return self.forward.block(&self.inputs, first, count, 0, trace);
        }
        let common = self.stage.shape.parameters + self.stage.shared_values;
        let (of_state, of_row) = self.forward.uniform()[common..].split_at_mut(state.len());
        of_state.copy_from_slice(state);
        of_row.copy_from_slice(row);
        self.forward.at_point()?;
        self.forward.read(trace);
        Ok(())
    }

    /// Begins to go backward, with these adjoints of the parameters (at one state only) and of the last state.
    pub(super) fn begin(&mut self, parameters: &[f64], state: &[f64]) {
        self.sums.fill(0.0);
        let place = self.adjoints();
        if self.stage.shape.many {
            self.backward_inputs.clear();
            self.backward_inputs.extend_from_slice(state);
        } else if let Some(backward) = &mut self.backward {
            let (of_parameters, of_state) =
                backward.uniform()[place].split_at_mut(parameters.len());
            of_parameters.copy_from_slice(parameters);
            of_state.copy_from_slice(state);
        }
    }

    /// One step backward, from what the forward step left behind. The adjoints of the parameters and of the state are kept for
    /// the next step backward. `rest` receives the lanes of the others: those of the row, or of a state that no step follows.
    pub(super) fn backward(&mut self, trace: &[f64], count: usize, rest: &mut [f64]) -> Result<()> {
        let place = self.adjoints();
        let Some(backward) = &mut self.backward else {
            return Ok(());
        };
        let stage = &*self.stage;
        let lanes = trace.len() / stage.trace().max(1);
        let kept = &trace[stage.outputs * lanes..];
        if !stage.shape.many {
            backward.uniform()[place.end..].copy_from_slice(kept);
            backward.at_point()?;
            backward.feed_back(place.start, rest, &mut self.adjoints);
            return Ok(());
        }
        let of_state = stage.shape.next * lanes;
        self.backward_inputs.truncate(of_state);
        self.backward_inputs.extend_from_slice(kept);
        self.adjoints.resize(of_state + rest.len(), 0.0);
        let skipped = stage.shape.parameters;
        backward.block(&self.backward_inputs, 0, count, skipped, &mut self.adjoints)?;
        for (sum, term) in self.sums.iter_mut().zip(backward.sums()) {
            *sum += term;
        }
        let (of_state, others) = self.adjoints.split_at(of_state);
        self.backward_inputs[..of_state.len()].copy_from_slice(of_state);
        rest.copy_from_slice(others);
        Ok(())
    }

    /// The lanes of the adjoints of the first state, after the steps backward.
    pub(super) fn read_state(&mut self, lanes: &mut [f64]) {
        let place = self.adjoints();
        if self.stage.shape.many {
            lanes.copy_from_slice(&self.backward_inputs[..lanes.len()]);
        } else if let Some(backward) = &mut self.backward {
            lanes.copy_from_slice(&backward.uniform()[place.end - lanes.len()..place.end]);
        }
    }

    /// The adjoints of the parameters after the steps backward, if there is one state.
    pub(super) fn read_parameters(&mut self, adjoints: &mut [f64]) {
        let start = self.adjoints().start;
        if let Some(backward) = &mut self.backward
            && !self.stage.shape.many
        {
            adjoints.copy_from_slice(&backward.uniform()[start..][..adjoints.len()]);
        }
    }

    /// The sums over the steps backward, for many states.
    pub(super) fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// The adjoints of the parameters, from the sums over all steps and sequences.
    pub(super) fn parameters_of_sums(&mut self, sums: &[f64], adjoints: &mut [f64]) {
        if let Some(backward) = &mut self.backward {
            backward.after(sums, adjoints);
        }
    }
}
