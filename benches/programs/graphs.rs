//! Graphs of any size, regular and random, whose value needs every operation.

use crate::interpreter::{Graph, Op};
use crate::numbers::Numbers;

/// A growing graph, with the values so far.
struct Builder {
    graph: Graph,
    values: Vec<f64>,
}

impl Builder {
    fn new(at: Vec<f64>) -> Self {
        let inputs = at.len();
        let values = at.clone();
        Self {
            graph: Graph {
                ops: vec![Op::Input; inputs],
                at,
            },
            values,
        }
    }

    fn push(&mut self, op: Op) -> u32 {
        let value = self.graph.value(op, &self.values);
        self.values.push(value);
        self.graph.ops.push(op);
        (self.values.len() - 1) as u32
    }

    /// Adds a random operation on `a` and possibly `b`. Values stay between 1/20 and 2 in size, because vanishing or
    /// overflowing numbers would change the work.
    fn push_random(&mut self, numbers: &mut Numbers, a: u32, b: u32) -> u32 {
        let kinds = [Op::Add(a, b), Op::Sub(a, b), Op::Mul(a, b)];
        let first = numbers.below(3);
        let fits = |&op: &Op| (0.05..=2.0).contains(&self.graph.value(op, &self.values).abs());
        let mut turned = (0..3).map(|turn| kinds[(first + turn) % 3]);
        let op = turned
            .find(fits)
            .unwrap_or(Op::Scale(a, 1.0 / self.values[a as usize]));
        self.push(op)
    }

    fn sum(&mut self, places: &[u32]) -> u32 {
        let (first, rest) = places.split_first().expect("something to add");
        rest.iter()
            .fold(*first, |sum, &place| self.push(Op::Add(sum, place)))
    }
}

/// The log-likelihood of points under a mixture of Gaussians, with the points as numbers in the graph: 25 components in 10
/// dimensions, with 44 operations per component and point.
pub(crate) fn mixture(ops: usize) -> Graph {
    const COMPONENTS: usize = 25;
    const DIMENSIONS: usize = 10;
    // The number of inputs per component: a weight, means, and scales.
    const EACH: usize = 1 + 2 * DIMENSIONS;
    let mut numbers = Numbers::new(4);
    let mut at = numbers.take(COMPONENTS * EACH, 0.5);
    for component in at.chunks_exact_mut(EACH) {
        component[1 + DIMENSIONS..]
            .iter_mut()
            .for_each(|scale| *scale += 1.0);
    }
    let mut graph = Builder::new(at);
    let mut points = Vec::new();
    while graph.values.len() < ops {
        let point = numbers.take(DIMENSIONS, 1.0);
        let mut terms = Vec::with_capacity(COMPONENTS);
        for component in 0..COMPONENTS {
            let first = (component * EACH) as u32;
            let mut squares = Vec::with_capacity(DIMENSIONS);
            for (place, x) in (first + 1..).zip(&point) {
                let difference = graph.push(Op::Shift(place, -x));
                let scaled = graph.push(Op::Mul(difference, place + DIMENSIONS as u32));
                squares.push(graph.push(Op::Mul(scaled, scaled)));
            }
            let distance = graph.sum(&squares);
            let halved = graph.push(Op::Scale(distance, -0.5));
            let exponent = graph.push(Op::Add(halved, first));
            terms.push(graph.push(Op::Exp(exponent)));
        }
        let likelihood = graph.sum(&terms);
        points.push(graph.push(Op::Ln(likelihood)));
    }
    graph.sum(&points);
    graph.graph
}

/// The number of inputs of the random graphs.
const INPUTS: usize = 64;

fn random_inputs(numbers: &mut Numbers) -> Vec<f64> {
    (0..INPUTS).map(|_| 1.0 + 0.5 * numbers.number()).collect()
}

/// Blocks of 1000 random operations, each on the inputs and the block's own values. Their results are added.
pub(crate) fn blocks(ops: usize) -> Graph {
    const BLOCK: usize = 1000;
    let mut numbers = Numbers::new(5);
    let mut graph = Builder::new(random_inputs(&mut numbers));
    let mut results = Vec::new();
    while graph.values.len() < ops {
        let mut known: Vec<u32> = (0..INPUTS as u32).collect();
        let mut unused = known[..16].to_vec();
        grow(
            &mut graph,
            &mut numbers,
            &mut known,
            &mut unused,
            BLOCK - 16,
        );
        results.push(graph.sum(&unused));
    }
    graph.sum(&results);
    graph.graph
}

/// A deep random graph. One operand is recent and not yet used; the other is any earlier value.
pub(crate) fn deep(ops: usize) -> Graph {
    let mut numbers = Numbers::new(6);
    let mut graph = Builder::new(random_inputs(&mut numbers));
    let mut known: Vec<u32> = (0..INPUTS as u32).collect();
    let mut unused = known.clone();
    grow(
        &mut graph,
        &mut numbers,
        &mut known,
        &mut unused,
        ops - 2 * INPUTS,
    );
    graph.sum(&unused);
    graph.graph
}

/// Adds random operations. Each takes an unused value and any known one, so that every value is used.
fn grow(
    graph: &mut Builder,
    numbers: &mut Numbers,
    known: &mut Vec<u32>,
    unused: &mut [u32],
    count: usize,
) {
    for _ in 0..count {
        let place = numbers.below(unused.len());
        let other = known[numbers.below(known.len())];
        unused[place] = graph.push_random(numbers, unused[place], other);
        known.push(unused[place]);
    }
}
