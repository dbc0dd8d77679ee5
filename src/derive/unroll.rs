//! Long loops in bounded memory: the gradient through many steps, while keeping only some states.
//!
//! A step is recorded when it is swept, and then freed. Its state is computed again from the nearest earlier state that was
//! kept. The schedule is that of A. Griewank and A. Walther, *Algorithm 799: revolve* (2000), which reaches `C(s + r, s)`
//! steps with `s` kept states and `r` repetitions. The adjoints of the parameters go through the sweeps of all steps, so
//! they are added in the order of one sweep over everything.

use crate::error::{Error, Result};
use crate::sweep::Gradients;
use crate::tape;
use crate::var::Var;

/// The gradient through a loop, with the number of steps and states that it took.
///
/// ```
/// use chainrule::derive;
/// let run = derive::unroll(3, &[2.0], &[], 2, |_, x, _| vec![x[0] * x[0]], |x, _| x[0])?;
/// assert_eq!((run.value, run.by_state[0]), (256.0, 8.0 * 128.0));
/// assert_eq!(run.state, [256.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unrolled {
    /// The value of the loss.
    pub value: f64,
    /// The state after the last step.
    pub state: Vec<f64>,
    /// The loss's derivatives with respect to the state before the first step.
    pub by_state: Vec<f64>,
    /// The loss's derivatives with respect to the parameters.
    pub by_parameters: Vec<f64>,
    /// How many steps were computed, including those that were recorded and swept.
    pub steps: usize,
    /// The largest number of states that were kept at a time.
    pub kept: usize,
}

/// A running loop.
struct Loop<'a, S> {
    parameters: &'a [f64],
    step: S,
    steps: usize,
    grads: Gradients,
}

/// A state that was kept, and the step that it precedes.
struct Kept {
    before: usize,
    state: Vec<f64>,
}

/// The gradient of a loss after a loop of `steps` steps, in memory for `kept` states and one recorded step.
///
/// `step` computes the next state from the number of the step, counted from 0, the state and the parameters. `loss`
/// computes a value from the last state and the parameters. Both are called many times and must do the same each time.
///
/// The more states are kept, the fewer steps are computed again. If all are kept, each step is computed twice; with
/// `kept = √(2·steps)`, three times; with a few, about `kept/(kept + 1)·(kept!·steps)^(1/kept)` times. The bits do not
/// depend on `kept`: they are those of one recording of the whole loop in which every step begins with
/// [fresh](super::recorded::fresh) states.
///
/// ```
/// use chainrule::derive;
///
/// // A thousand steps of a damped pendulum. The loss is its final squared distance from rest.
/// let step = |_: usize, x: &[chainrule::Var], p: &[chainrule::Var]| {
///     let speed = x[1] - (x[0].sin() + p[0] * x[1]) * 0.01;
///     vec![x[0] + speed * 0.01, speed]
/// };
/// let loss = |x: &[chainrule::Var], _: &[chainrule::Var]| x[0].square() + x[1].square();
/// let few = derive::unroll(1000, &[1.0, 0.0], &[0.1], 5, step, loss)?;
/// let many = derive::unroll(1000, &[1.0, 0.0], &[0.1], 1000, step, loss)?;
/// assert_eq!((few.value, &few.by_state, &few.by_parameters), (many.value, &many.by_state, &many.by_parameters));
/// assert!(few.kept <= 5 && many.steps < few.steps);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// [`Length`](crate::ErrorKind::Length) if the number of values of a step is not that of the state, and
/// [`Argument`](crate::ErrorKind::Argument) if `kept` is 0.
///
/// # Panics
/// If `step` or `loss` computes with a value recorded outside of it: make it a parameter.
pub fn unroll(
    steps: usize,
    state: &[f64],
    parameters: &[f64],
    kept: usize,
    step: impl FnMut(usize, &[Var], &[Var]) -> Vec<Var>,
    loss: impl FnOnce(&[Var], &[Var]) -> Var,
) -> Result<Unrolled> {
    if kept == 0 {
        let problem = "must keep at least one state, found 0";
        return Err(Error::argument("kept", problem));
    }
    // There are no more states to keep than steps.
    let kept = kept.min(steps.max(1));
    let mut run = Loop {
        parameters,
        step,
        steps: 0,
        grads: Gradients::new(),
    };
    // On its own graph, because a sweep of more than a few nodes clears an adjoint for every node below it.
    let (_, result) = tape::record(|| run.reverse(steps, state, kept, loss));
    result
}

impl<S: FnMut(usize, &[Var], &[Var]) -> Vec<Var>> Loop<'_, S> {
    fn reverse(
        &mut self,
        steps: usize,
        state: &[f64],
        slots: usize,
        loss: impl FnOnce(&[Var], &[Var]) -> Var,
    ) -> Result<Unrolled> {
        let mut stack = vec![Kept {
            before: 0,
            state: state.to_vec(),
        }];
        let mut most = 1;
        self.keep_until(steps, slots, &mut stack, &mut most)?;
        let mut last = stack
            .last()
            .map(|kept| kept.state.clone())
            .unwrap_or_default();
        let from = stack.last().map_or(0, |kept| kept.before);
        self.advance(from..steps, &mut last)?;
        let (value, mut by_state, mut by_parameters) = self.end(&last, loss);
        for target in (0..steps).rev() {
            // Nothing after this step is needed any more.
            while stack.last().is_some_and(|kept| kept.before > target) {
                stack.pop();
            }
            self.keep_until(target, slots, &mut stack, &mut most)?;
            let Some(nearest) = stack.last() else { break };
            let (mut state, from) = (nearest.state.clone(), nearest.before);
            self.advance(from..target, &mut state)?;
            self.sweep(target, &state, &mut by_state, &mut by_parameters)?;
        }
        Ok(Unrolled {
            value,
            state: last,
            by_state,
            by_parameters,
            steps: self.steps,
            kept: most,
        })
    }

    /// Keeps states on the way to a step, at most as many as there is space for.
    fn keep_until(
        &mut self,
        target: usize,
        slots: usize,
        stack: &mut Vec<Kept>,
        most: &mut usize,
    ) -> Result<()> {
        while stack.len() < slots {
            let Some(nearest) = stack.last() else { break };
            let (before, rest) = (nearest.before, target - nearest.before);
            let stride = stride(rest, slots - stack.len() + 1);
            if rest <= 1 || stride >= rest {
                break;
            }
            let mut state = nearest.state.clone();
            self.advance(before..before + stride, &mut state)?;
            stack.push(Kept {
                before: before + stride,
                state,
            });
            *most = stack.len().max(*most);
        }
        Ok(())
    }

    /// Computes steps and keeps nothing of them.
    fn advance(&mut self, steps: std::ops::Range<usize>, state: &mut [f64]) -> Result<()> {
        for number in steps {
            tape::scope(|| {
                let (_, _, next) = self.record(number, state)?;
                for (value, next) in state.iter_mut().zip(next) {
                    *value = next.value();
                }
                Ok::<(), Error>(())
            })?;
        }
        Ok(())
    }

    /// Records a step: its state, its parameters and the next state.
    fn record(&mut self, number: usize, state: &[f64]) -> Result<(Vec<Var>, Vec<Var>, Vec<Var>)> {
        self.steps += 1;
        let parameters: Vec<Var> = self.parameters.iter().map(|&p| Var::new(p)).collect();
        let state: Vec<Var> = state.iter().map(|&x| Var::new(x)).collect();
        let next = (self.step)(number, &state, &parameters);
        if next.len() != state.len() {
            let name = format!("the state after step {number}");
            return Err(Error::length(&name, state.len(), next.len()));
        }
        Ok((state, parameters, next))
    }

    /// The loss, and its derivatives with respect to the last state and the parameters.
    fn end(
        &mut self,
        state: &[f64],
        loss: impl FnOnce(&[Var], &[Var]) -> Var,
    ) -> (f64, Vec<f64>, Vec<f64>) {
        tape::scope(|| {
            let parameters: Vec<Var> = self.parameters.iter().map(|&p| Var::new(p)).collect();
            let state: Vec<Var> = state.iter().map(|&x| Var::new(x)).collect();
            let y = loss(&state, &parameters);
            self.grads.sweep(&[(y, 1.0)]);
            (y.value(), self.grads.of(&state), self.grads.of(&parameters))
        })
    }

    /// Sweeps one step, from the derivatives with respect to the state after it to those with respect to the state before
    /// it.
    fn sweep(
        &mut self,
        number: usize,
        state: &[f64],
        by_state: &mut Vec<f64>,
        by_parameters: &mut Vec<f64>,
    ) -> Result<()> {
        tape::scope(|| {
            let (state, parameters, next) = self.record(number, state)?;
            // The latest first, in the order of a sweep over the whole loop. The sums of the parameters continue from those
            // of later steps.
            let next = next.into_iter().zip(by_state.iter().copied()).rev();
            let seeds: Vec<(Var, f64)> = next
                .chain(
                    parameters
                        .iter()
                        .copied()
                        .zip(by_parameters.iter().copied()),
                )
                .collect();
            self.grads.sweep(&seeds);
            *by_state = self.grads.of(&state);
            *by_parameters = self.grads.of(&parameters);
            Ok(())
        })
    }
}

/// How many of `rest` steps to go before the next state is kept, with `states` states including the present one.
fn stride(rest: usize, states: usize) -> usize {
    // The fewest repetitions with which `states` states reach the end: C(states + r, states) steps.
    let reached = |states: usize, repetitions: usize| {
        let factors = (1..=states.min(repetitions)).map(|k| (states.max(repetitions) + k, k));
        factors.fold(1_u128, |product, (over, under)| {
            product.saturating_mul(over as u128) / under as u128
        })
    };
    let mut repetitions = 0;
    while reached(states, repetitions) < rest as u128 {
        repetitions += 1;
    }
    if repetitions == 0 {
        return rest;
    }
    let stride = reached(states, repetitions - 1).min(rest as u128 - 1);
    (stride as usize).max(1)
}
