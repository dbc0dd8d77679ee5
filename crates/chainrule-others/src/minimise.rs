//! Runs argmin's solvers and counts what they evaluate.

use std::time::{Duration, Instant};

use anyhow::bail;
use argmin::core::{
    CostFunction, Error, Executor, Gradient, Hessian, IterState, KV, OptimizationResult, Problem,
    Solver, State, TerminationReason, TerminationStatus,
};
use argmin::solver::linesearch::{HagerZhangLineSearch, MoreThuenteLineSearch};
use argmin::solver::newton::NewtonCG;
use argmin::solver::quasinewton::LBFGS;
use argmin::solver::trustregion::{Steihaug, TrustRegion};
use chainrule::{Program, Scalar};

/// A solver of argmin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Uses gradients; remembers seven steps.
    Lbfgs,
    /// Uses Hessians, with a line search.
    NewtonCg,
    /// Uses Hessians, in a region that grows and shrinks.
    TrustRegion,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Lbfgs, Self::NewtonCg, Self::TrustRegion];
}

/// Where a solver ended, and what it evaluated.
#[derive(Clone, Debug)]
pub struct Minimum {
    /// The last point. (argmin's best point has the least value, which rounding decides near a minimum.)
    pub x: Vec<f64>,
    /// The value there.
    pub value: f64,
    /// The number of steps.
    pub iterations: u64,
    /// How many values were computed.
    pub costs: u64,
    /// How many gradients were computed.
    pub gradients: u64,
    /// How many Hessians were computed.
    pub hessians: u64,
    /// How long it took.
    pub time: Duration,
}

/// Minimises from `start`, until the gradient is at most `flat` long.
///
/// # Errors
/// Those of the problem, and if the solver gives up or takes more than 200 steps.
pub fn minimise<O>(method: Method, problem: O, start: &[f64], flat: f64) -> Result<Minimum, Error>
where
    O: CostFunction<Param = Vec<f64>, Output = f64>
        + Gradient<Param = Vec<f64>, Gradient = Vec<f64>>
        + Hessian<Param = Vec<f64>, Hessian = Vec<Vec<f64>>>,
{
    match method {
        Method::Lbfgs => {
            // This line search can see progress by the gradient alone, where values differ only by rounding. The one of
            // Moré and Thuente may never return there.
            let solver = LBFGS::new(HagerZhangLineSearch::new(), 7);
            let solver = solver.with_tolerance_grad(flat)?.with_tolerance_cost(0.0)?;
            run(solver, problem, start)
        }
        Method::NewtonCg => {
            let found = run(
                UntilFlat(NewtonCG::new(MoreThuenteLineSearch::new()), flat * SCALE),
                Scaled(problem),
                start,
            )?;
            Ok(Minimum {
                value: found.value / SCALE,
                ..found
            })
        }
        Method::TrustRegion => run(
            UntilFlat(TrustRegion::new(Steihaug::new()), flat),
            problem,
            start,
        ),
    }
}

/// A solver that also stops where the gradient is at most this long. A trust region in argmin stops only after a number of
/// steps or at a known minimum, and Newton-CG fails if it starts a step where the gradient is 0.
struct UntilFlat<S>(S, f64);

type Steps = IterState<Vec<f64>, Vec<f64>, (), Vec<Vec<f64>>, (), f64>;

impl<O, S> Solver<O, Steps> for UntilFlat<S>
where
    O: Gradient<Param = Vec<f64>, Gradient = Vec<f64>>,
    S: Solver<O, Steps>,
{
    fn name(&self) -> &str {
        self.0.name()
    }

    fn init(
        &mut self,
        problem: &mut Problem<O>,
        state: Steps,
    ) -> Result<(Steps, Option<KV>), Error> {
        self.0.init(problem, state)
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<O>,
        mut state: Steps,
    ) -> Result<(Steps, Option<KV>), Error> {
        let slopes = match (state.take_gradient(), state.get_param()) {
            (None, Some(x)) => problem.gradient(x)?,
            (slopes, _) => slopes.unwrap_or_default(),
        };
        let length = slopes.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
        let state = state.gradient(slopes);
        if length <= self.1 {
            return Ok((
                state.terminate_with(TerminationReason::SolverConverged),
                None,
            ));
        }
        self.0.next_iter(problem, state)
    }

    fn terminate(&mut self, state: &Steps) -> TerminationStatus {
        self.0.terminate(state)
    }
}

/// A problem times [`SCALE`]. Newton-CG of argmin 0.11 solves its linear systems until the *square* of the residual is
/// small compared with the gradient, so it needs gradients above 1 to converge fast.
struct Scaled<O>(O);

const SCALE: f64 = 1e12;

impl<O: CostFunction<Output = f64>> CostFunction for Scaled<O> {
    type Param = O::Param;
    type Output = f64;
    fn cost(&self, x: &O::Param) -> Result<f64, Error> {
        Ok(self.0.cost(x)? * SCALE)
    }
}

impl<O: Gradient<Gradient = Vec<f64>>> Gradient for Scaled<O> {
    type Param = O::Param;
    type Gradient = Vec<f64>;
    fn gradient(&self, x: &O::Param) -> Result<Vec<f64>, Error> {
        let slopes = self.0.gradient(x)?;
        Ok(slopes.into_iter().map(|slope| slope * SCALE).collect())
    }
}

impl<O: Hessian<Hessian = Vec<Vec<f64>>>> Hessian for Scaled<O> {
    type Param = O::Param;
    type Hessian = Vec<Vec<f64>>;
    fn hessian(&self, x: &O::Param) -> Result<Vec<Vec<f64>>, Error> {
        let mut rows = self.0.hessian(x)?;
        rows.iter_mut().flatten().for_each(|entry| *entry *= SCALE);
        Ok(rows)
    }
}

fn run<O, S, G, H>(solver: S, problem: O, start: &[f64]) -> Result<Minimum, Error>
where
    S: Solver<O, IterState<Vec<f64>, G, (), H, (), f64>>,
    IterState<Vec<f64>, G, (), H, (), f64>: State<Param = Vec<f64>, Float = f64>,
{
    let began = Instant::now();
    let OptimizationResult { problem, state, .. } = Executor::new(problem, solver)
        .configure(|state| state.param(start.to_vec()).max_iters(200))
        .run()?;
    // L-BFGS does not return an error of the problem, but ends with its text as the reason.
    match state.get_termination_reason() {
        Some(TerminationReason::SolverConverged) => {}
        reason => bail!("no convergence: {reason:?}"),
    }
    let count = |name| problem.counts.get(name).copied().unwrap_or(0);
    Ok(Minimum {
        x: state.get_param().cloned().unwrap_or_default(),
        value: state.get_cost(),
        iterations: state.get_iter(),
        costs: count("cost_count"),
        gradients: count("gradient_count"),
        hessians: count("hessian_count"),
        time: began.elapsed(),
    })
}

/// Rosenbrock's function, with its minimum 0 where all inputs are 1.
pub fn rosenbrock<S: Scalar>(x: &[S]) -> S {
    let terms = x
        .windows(2)
        .map(|x| (x[1] - x[0].square()).square() * 100.0 + (x[0] - 1.0).square());
    S::sum(terms)
}

/// Rosenbrock's function of `n` inputs, as a program, and the start 0. (The usual start −1.2, 1, −1.2, … leads to another
/// minimum, 3.99.)
///
/// # Errors
/// Never: the function neither branches nor reads.
pub fn rosenbrock_program(n: usize) -> chainrule::Result<(Program, Vec<f64>)> {
    Ok((Program::trace(n, rosenbrock)?, vec![0.0; n]))
}
