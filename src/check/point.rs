//! Compares the derivatives of a program at one point with difference quotients.

use std::cell::OnceCell;

use super::accuracy::Accuracy;
use super::cause::Causes;
use super::difference::{Bend, Estimate, Pair, Sample, Side, bend, central, scan, to_one_side};
use super::evaluate::{Evaluated, evaluate};
use super::report::Verdict;
use crate::error::{BranchChanged, Result};
use crate::program::Program;
use crate::sweep::diagnosis::ZeroProduct;
use crate::transform::varies;

/// How much smaller than the derivative an error bound must be to decide anything.
const RESOLUTION: f64 = 1e-3;

/// How much smaller than the function's steepest change an error bound must be to tell that a derivative is 0.
const ZERO: f64 = 1e-6;

/// The verdict if there is no estimate.
pub(super) const UNKNOWN: Verdict = Verdict::BelowNoise {
    quotient: f64::NAN,
    bound: f64::INFINITY,
};

/// A program at the point where its derivatives are checked.
pub(super) struct Point<'a> {
    program: &'a Program,
    x: &'a [f64],
    there: Evaluated,
    causes: Causes,
    /// What was asked about one output after the other.
    outputs: Vec<Output>,
}

/// What is known about one output; each is found when it is first needed.
#[derive(Default)]
struct Output {
    accuracy: OnceCell<Accuracy>,
    diagnosis: OnceCell<(Vec<f64>, Vec<ZeroProduct>)>,
}

/// The outputs along one input, at smaller and smaller steps from the point.
pub(super) struct Line {
    input: usize,
    /// Which values of the program depend on the input.
    depends: Vec<bool>,
    /// Whether a comparison depends on the input, so that steps may change the branch.
    decides: bool,
    ladders: Vec<Vec<Pair<Step>>>,
    /// For each side, the piece at the nearest step, or why that is on another branch.
    nearest: [Result<u64, Option<BranchChanged>>; 2],
}

/// The outputs at one step.
struct Step {
    outputs: Vec<Sample>,
    piece: u64,
}

impl<'a> Point<'a> {
    pub(super) fn new(program: &'a Program, x: &'a [f64]) -> Result<Self> {
        let ir = program.ir();
        let there = evaluate(ir, |place| x[place]);
        program.check_guards(&there.values)?;
        Ok(Self {
            program,
            x,
            there,
            causes: Causes::default(),
            outputs: ir.outputs().iter().map(|_| Output::default()).collect(),
        })
    }

    /// The outputs along one input.
    pub(super) fn line(&self, input: usize) -> Line {
        let mut nearest = [Err(None), Err(None)];
        let x = self.x[input];
        let ladders = scan(x, |side, at| {
            let step = self.step(input, at);
            // Steps get smaller, so the last one is the nearest.
            let piece = step.as_ref().map(|step| step.piece);
            nearest[side as usize] = piece.map_err(|error| error.branch().cloned());
            step.ok()
        });
        let depends = varies(self.program.ir(), &[input as u32]);
        let mut sides = self.program.ir().guards().iter().flatten();
        Line {
            input,
            decides: sides.any(|&side| depends[side as usize]),
            depends,
            ladders,
            nearest,
        }
    }

    /// Evaluates the program with one input replaced. An error if a guard does not hold there.
    fn step(&self, replaced: usize, x: f64) -> Result<Step> {
        let ir = self.program.ir();
        let of_input = |place| if place == replaced { x } else { self.x[place] };
        let evaluated = evaluate(ir, of_input);
        self.program.check_guards(&evaluated.values)?;
        let outputs = ir.outputs().iter().map(|&id| evaluated.sample(id));
        Ok(Step {
            outputs: outputs.collect(),
            piece: evaluated.piece,
        })
    }

    /// What the line says about the derivative of an output. `place` is the index of the input among the variables.
    pub(super) fn verdict(
        &self,
        line: &Line,
        (output, place): (usize, usize),
        derivative: f64,
    ) -> Result<Verdict> {
        let id = self.program.ir().outputs()[output];
        let there = self.there.sample(id);
        if !there.value.is_finite() || !derivative.is_finite() {
            let program = self.program.select(&[output])?;
            let first = match program.first_nonfinite(self.x)? {
                Some(first) if !there.value.is_finite() => Some(first),
                _ => program.first_nonfinite_gradient(self.x)?,
            };
            return Ok(Verdict::NonFinite { first });
        }
        if derivative == 0.0 && !line.depends[id as usize] && !line.decides {
            return Ok(Verdict::Agrees {
                error: 0.0,
                bound: 0.0,
            });
        }
        let both = line.samples(output, |_| Some(self.there.piece));
        if there.error > largest(&both, there) {
            // No digit of the value is known.
            return Ok(UNKNOWN);
        }
        let nearest = line.nearest.iter();
        let is_inside = nearest.eq([&Ok(self.there.piece); 2]) && continues(&both);
        let bend = bend(&both, (self.x[line.input], there));
        let verdict = match (bend, central(&both)) {
            (Bend::Smooth, Some(estimate)) => decide(derivative, estimate, spread(&both, there)),
            (Bend::Smooth, None) if is_inside => UNKNOWN,
            (Bend::Smooth | Bend::Corner, _) => self.beside(line, (output, there), derivative),
            (Bend::Rough, _) => UNKNOWN,
        };
        if let Verdict::BelowNoise { quotient, bound } = verdict
            && bound <= ZERO * spread(&both, there)
            && let rounding = self.rounding((output, place))?
            && rounding.is_finite()
            && derivative.abs() <= rounding
        {
            // The derivative is 0 but for its own rounding errors, and so are the quotients beside the function's change.
            let error = (derivative - quotient).abs();
            return Ok(Verdict::Agrees { error, bound });
        }
        let Verdict::Wrong {
            quotient, bound, ..
        } = verdict
        else {
            return Ok(verdict);
        };
        // The derivative is rounded too, which matters if large terms cancel in it.
        let rounding = self.rounding((output, place))?;
        if rounding.is_finite() {
            let bound = bound + rounding;
            let slope = quotient;
            let rounded = decide(derivative, Estimate { slope, bound }, spread(&both, there));
            if !matches!(rounded, Verdict::Wrong { .. }) {
                return Ok(rounded);
            }
        }
        let (gradient, zeros) = self.diagnosis(output)?;
        let indeterminate = zeros.iter().find(|zero| !zero.is_exact).cloned();
        Ok(match indeterminate.filter(|_| gradient[place].is_nan()) {
            Some(zero) => Verdict::Indeterminate(zero),
            None => Verdict::Wrong {
                quotient,
                bound,
                cause: self
                    .causes
                    .between(self.program.ir(), &self.there, line.input, id),
            },
        })
    }

    /// The bound for the rounding error of a derivative.
    fn rounding(&self, (output, place): (usize, usize)) -> Result<f64> {
        let known = &self.outputs[output].accuracy;
        if known.get().is_none() {
            _ = known.set(self.program.select(&[output])?.accuracy(self.x)?);
        }
        Ok(known
            .get()
            .map_or(f64::NAN, |accuracy| accuracy.gradient[place].bound))
    }

    /// The strict derivatives of an output, and the products of 0 and an infinity in them.
    fn diagnosis(&self, output: usize) -> Result<(&[f64], &[ZeroProduct])> {
        let known = &self.outputs[output].diagnosis;
        if known.get().is_none() {
            let (_, gradient, zeros) = self.program.select(&[output])?.diagnose(self.x)?;
            _ = known.set((gradient, zeros));
        }
        Ok(known
            .get()
            .map_or((&[], &[]), |(gradient, zeros)| (gradient, zeros)))
    }

    /// What the slopes to both sides say, where no step to both sides stays on the piece of the point.
    fn beside(&self, line: &Line, (output, there): (usize, Sample), derivative: f64) -> Verdict {
        let nearest = |side: Side| &line.nearest[side as usize];
        let samples = line.samples(output, |side| nearest(side).as_ref().ok().copied());
        let x = self.x[line.input];
        let slope = |side| to_one_side(&samples, (x, there), side);
        let decide = |estimate| decide(derivative, estimate, spread(&samples, there));
        let branch = |side| nearest(side).as_ref().err().cloned().flatten();
        match (slope(Side::Below), slope(Side::Above)) {
            (Some(left), Some(right)) => between(derivative, (left, right), decide),
            (left, right) if continues(&samples) => {
                let or_nan = |slope: Option<Estimate>| slope.map_or(f64::NAN, |slope| slope.slope);
                Verdict::Kink {
                    left: or_nan(left),
                    right: or_nan(right),
                }
            }
            (left, right) => {
                let known = left.or(right).map(decide);
                let unknown = if left.is_none() {
                    Side::Below
                } else {
                    Side::Above
                };
                match (known, branch(unknown).or(branch(Side::Above))) {
                    (
                        Some(Verdict::Wrong {
                            quotient,
                            bound,
                            cause,
                        }),
                        _,
                    ) => Verdict::Wrong {
                        quotient,
                        bound,
                        cause,
                    },
                    (_, Some(branch)) => Verdict::Branch(branch),
                    (Some(verdict), None) => verdict,
                    (None, None) => UNKNOWN,
                }
            }
        }
    }
}

impl Line {
    /// One output along the line, without the samples on other pieces than those that are asked for.
    fn samples(
        &self,
        output: usize,
        piece: impl Fn(Side) -> Option<u64>,
    ) -> Vec<Vec<Pair<Sample>>> {
        let sample =
            |side, step: &Step| (piece(side) == Some(step.piece)).then(|| step.outputs[output]);
        let ladders = self.ladders.iter();
        ladders
            .map(|ladder| ladder.iter().map(|pair| pair.map(sample)).collect())
            .collect()
    }
}

/// Whether the function has numbers on both sides.
pub(super) fn continues(ladders: &[Vec<Pair<Sample>>]) -> bool {
    let pairs = || ladders.iter().flatten();
    let is_number = |sample: Option<Sample>| sample.is_some_and(|sample| sample.value.is_finite());
    pairs().any(|pair| is_number(pair.below)) && pairs().any(|pair| is_number(pair.above))
}

/// The largest value.
fn largest(ladders: &[Vec<Pair<Sample>>], there: Sample) -> f64 {
    let pairs = ladders.iter().flatten();
    let samples = pairs.flat_map(|pair| [pair.below, pair.above].into_iter().flatten());
    let values = samples
        .map(|sample| sample.value.abs())
        .filter(|value| value.is_finite());
    values.fold(there.value.abs(), f64::max)
}

/// The steepest slope between the point and a sample.
pub(super) fn spread(ladders: &[Vec<Pair<Sample>>], there: Sample) -> f64 {
    let pairs = ladders.iter().flatten();
    let slopes = pairs.flat_map(|pair| {
        let sides = [pair.below, pair.above].into_iter().flatten();
        sides.map(|sample| (sample.value - there.value).abs() / pair.step)
    });
    slopes.filter(|slope| slope.is_finite()).fold(0.0, f64::max)
}

/// Compares a derivative with the slopes to the left and to the right.
pub(super) fn between(
    derivative: f64,
    (left, right): (Estimate, Estimate),
    decide: impl Fn(Estimate) -> Verdict,
) -> Verdict {
    if (left.slope - right.slope).abs() <= left.bound + right.bound {
        return decide(if left.bound < right.bound {
            left
        } else {
            right
        });
    }
    let (low, high) = if left.slope < right.slope {
        (left, right)
    } else {
        (right, left)
    };
    if derivative < low.slope - low.bound {
        decide(low)
    } else if derivative > high.slope + high.bound {
        decide(high)
    } else {
        Verdict::Kink {
            left: left.slope,
            right: right.slope,
        }
    }
}

/// Compares a derivative with an estimate.
pub(super) fn decide(derivative: f64, estimate: Estimate, spread: f64) -> Verdict {
    let Estimate { slope, bound } = estimate;
    let error = (derivative - slope).abs();
    // A derivative of 0 has no size of its own.
    let is_zero = derivative == 0.0 && bound <= ZERO * spread;
    let size = derivative.abs().max(slope.abs());
    if error > bound {
        Verdict::Wrong {
            quotient: slope,
            bound,
            cause: None,
        }
    } else if is_zero || bound <= RESOLUTION * size {
        Verdict::Agrees { error, bound }
    } else {
        Verdict::BelowNoise {
            quotient: slope,
            bound,
        }
    }
}
