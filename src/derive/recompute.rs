//! Gradients through parts that are not kept. Only the operands of a part are kept, and the part is recorded again when the
//! sweep reaches it.
//!
//! The outer graph contains the results of a part as fresh inputs, and the sweep runs from the end down to them. Then the
//! part is recorded on its own graph and swept. The seeds are the derivatives with respect to its results, and the sums of
//! its operands continue from their derivatives so far. So all sums are added in the order of one sweep over everything.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use super::custom::custom;
use crate::graph::{Graph, GraphId, NodeKey};
use crate::sweep::Gradients;
use crate::tape;
use crate::var::Var;

type Function<'f> = dyn Fn(&[Var], &mut Segments<'f>) -> Vec<Var> + 'f;

/// The parts of a function that are not kept, in the order of their calls. See [`recomputed`].
pub struct Segments<'f> {
    /// The graph that the function is recorded on.
    graph: GraphId,
    segments: Vec<Segment<'f>>,
}

/// A part that is not kept.
struct Segment<'f> {
    function: Box<Function<'f>>,
    /// Its operands and results, on the surrounding graph.
    operands: Vec<Var>,
    results: Vec<Var>,
    /// The slots of the nodes recorded for the results.
    slots: Range<usize>,
}

/// The value of a function and its gradient, without keeping the intermediate values of [`Segments::call`].
///
/// The memory holds the outer function's own operations and one part at a time. Each part is computed twice, and nested
/// parts once more per level. The bits are those of one recording of everything, in which every part's results are made
/// [fresh](super::recorded::fresh). Derivatives taken *within* the function do not pass through parts: they are NaN.
///
/// ```
/// use chainrule::derive;
///
/// // A hundred stretches of a hundred steps: the memory holds one stretch, not all 20 000 operations.
/// let stretch = |x: &[chainrule::Var], _: &mut derive::Segments<'_>| {
///     let mut x = x[0];
///     for _ in 0..100 {
///         x = x.sin() * 1.001;
///     }
///     vec![x]
/// };
/// let (value, gradient) = derive::recomputed(&[0.5], |x, parts| {
///     let mut x = x.to_vec();
///     for _ in 0..100 {
///         x = parts.call(&x, stretch);
///     }
///     x[0]
/// });
/// let whole = |x: &[chainrule::Var]| (0..10_000).fold(x[0], |x, _| x.sin() * 1.001);
/// assert_eq!(gradient, derive::gradient(whole, &[0.5])?.1);
/// assert_eq!(value, whole(&[0.5.into()]).value());
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// Parts may contain parts. With halves of halves, the memory grows as the logarithm of the steps, but every level is
/// computed once more. Segments of `√n` steps side by side take memory for `√n` steps and are computed twice.
///
/// ```
/// use chainrule::{Var, derive};
/// use chainrule::derive::Segments;
///
/// fn steps<'f>(x: Var, count: usize, parts: &mut Segments<'f>) -> Var {
///     if count == 1 {
///         return x.sin() * 1.001;
///     }
///     let half = parts.call(&[x], move |x, parts| vec![steps(x[0], count / 2, parts)])[0];
///     parts.call(&[half], move |x, parts| vec![steps(x[0], count - count / 2, parts)])[0]
/// }
/// let (_, gradient) = derive::recomputed(&[0.5], |x, parts| steps(x[0], 1000, parts));
/// let whole = |x: &[Var]| (0..1000).fold(x[0], |x, _| x.sin() * 1.001);
/// assert_eq!(gradient, derive::gradient(whole, &[0.5])?.1);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Panics
/// If the function, or a part, computes with a value recorded outside of it, or returns one: make it an operand. If a part
/// gives different results when it is called again.
#[track_caller]
pub fn recomputed<'f>(
    x: &[f64],
    f: impl FnOnce(&[Var], &mut Segments<'f>) -> Var,
) -> (f64, Vec<f64>) {
    let recorded = Recorded::of(|parts| {
        let xs: Vec<Var> = x.iter().map(|&x| Var::new(x)).collect();
        let y = f(&xs, parts);
        (xs, vec![y])
    });
    recorded.results[0].check_on(&recorded.graph);
    let value = recorded.results[0].value();
    let mut adjoints = vec![0.0; x.len()];
    recorded.sweep(&[1.0], &mut adjoints);
    (value, adjoints)
}

impl fmt::Debug for Segments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments")
            .field("parts", &self.segments.len())
            .finish_non_exhaustive()
    }
}

impl<'f> Segments<'f> {
    /// Computes a part, and forgets everything except its results until the sweep.
    ///
    /// The sweep calls the part again, and the part must do the same.
    ///
    /// ```
    /// use chainrule::derive;
    /// let (value, gradient) = derive::recomputed(&[3.0, 2.0], |x, parts| {
    ///     let y = parts.call(x, |x, _| vec![x[0] * x[1], x[0].square()]);
    ///     y[0] + y[1]
    /// });
    /// assert_eq!((value, &gradient[..]), (15.0, &[8.0, 3.0][..]));
    /// ```
    ///
    /// # Panics
    /// If an operand was freed or is not on the current graph, and if the part computes with, or returns, a value that is
    /// neither one of its operands nor recorded in it.
    #[track_caller]
    pub fn call(
        &mut self,
        operands: &[Var],
        part: impl Fn(&[Var], &mut Segments<'f>) -> Vec<Var> + 'f,
    ) -> Vec<Var> {
        let (graph, start) = tape::with(|graph| (graph.id(), graph.len() + 1));
        assert!(
            graph == self.graph,
            "a part is called within another recording than its function's: call it outside of `tape::record` and of \
             functions that differentiate"
        );
        for x in operands {
            x.check();
        }
        let function: Box<Function<'f>> = Box::new(part);
        let recorded = Recorded::again(&*function, operands).results;
        // A derivative taken within the function stops here and must not appear as 0.
        let unknown: Vec<(Var, Var)> = operands.iter().map(|&x| (x, Var::from(f64::NAN))).collect();
        let through = [(custom(Var::from(0.0), &unknown), Var::from(1.0))];
        let mut results = Vec::with_capacity(recorded.len());
        for result in recorded {
            results.push(custom(Var::from(result.value()), &through));
        }
        let end = tape::with(|graph| graph.len() + 1);
        self.segments.push(Segment {
            function,
            operands: operands.to_vec(),
            results: results.clone(),
            slots: start..end,
        });
        results
    }
}

/// A function recorded on its own graph, without its parts.
struct Recorded<'f> {
    graph: Graph,
    operands: Vec<Var>,
    results: Vec<Var>,
    segments: Vec<Segment<'f>>,
}

impl<'f> Recorded<'f> {
    fn of(work: impl FnOnce(&mut Segments<'f>) -> (Vec<Var>, Vec<Var>)) -> Self {
        let (graph, (operands, results, segments)) = tape::record(|| {
            let mut parts = Segments {
                graph: tape::with(|graph| graph.id()),
                segments: Vec::new(),
            };
            let (operands, results) = work(&mut parts);
            (operands, results, parts.segments)
        });
        Self {
            graph,
            operands,
            results,
            segments,
        }
    }

    /// Records a part. Constants become numbers, and a repeated operand becomes one value.
    #[track_caller]
    fn again(function: &Function<'f>, operands: &[Var]) -> Self {
        let recorded = Self::of(|parts| {
            let mut copies: HashMap<NodeKey, Var> = HashMap::new();
            let copy = |&x: &Var| match x.key() {
                Some(key) => *copies.entry(key).or_insert_with(|| Var::new(x.value())),
                None => x,
            };
            let operands: Vec<Var> = operands.iter().map(copy).collect();
            let results = function(&operands, parts);
            (operands, results)
        });
        for result in &recorded.results {
            result.check_on(&recorded.graph);
        }
        recorded
    }

    /// Adds the derivatives with respect to the operands to `adjoints`, from those with respect to the results.
    fn sweep(&self, seeds: &[f64], adjoints: &mut [f64]) {
        // The latest first, in the order of a sweep over everything.
        let results = self
            .results
            .iter()
            .copied()
            .zip(seeds.iter().copied())
            .rev();
        let mut seen = HashSet::new();
        let operands = self.operands.iter().copied().zip(adjoints.iter().copied());
        let operands = operands.filter(|(x, _)| seen.insert(x.key()));
        let seeds: Vec<(Var, f64)> = operands.chain(results).collect();
        let mut grads = Gradients::new();
        let mut top = self.graph.begin_sweep(&seeds, &mut grads);
        for segment in self.segments.iter().rev() {
            // Nothing is left of a part whose scope has ended.
            if segment
                .results
                .iter()
                .all(|&result| grads.get(result).is_none())
            {
                continue;
            }
            // Values recorded after a part are swept before it.
            self.graph.sweep_slots(segment.slots.end..top, &mut grads);
            top = segment.slots.start;
            let of = |x: &Var| grads.get(*x).unwrap_or(0.0);
            let seeds: Vec<f64> = segment.results.iter().map(of).collect();
            if seeds.iter().all(|&seed| seed == 0.0) {
                continue;
            }
            let mut adjoints: Vec<f64> = segment.operands.iter().map(of).collect();
            let again = Recorded::again(&*segment.function, &segment.operands);
            let bits = |results: &[Var]| -> Vec<u64> {
                results.iter().map(|y| y.value().to_bits()).collect()
            };
            assert!(
                bits(&again.results) == bits(&segment.results),
                "the part returned different results when it was called again; it must depend on its operands only"
            );
            again.sweep(&seeds, &mut adjoints);
            for (&x, &adjoint) in segment.operands.iter().zip(&adjoints) {
                grads.set(x, adjoint);
            }
        }
        self.graph.sweep_slots(1..top.max(1), &mut grads);
        for (adjoint, &x) in adjoints.iter_mut().zip(&self.operands) {
            *adjoint = grads.get(x).unwrap_or(0.0);
        }
    }
}
