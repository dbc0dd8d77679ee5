//! A recurrent network with gates, an LSTM: 32 steps of 16 units at one point, and the gradient with respect to the weights.

use chainrule::{Level, Program, Scan, Var};

use crate::numbers::Numbers;
use crate::race::Race;
use crate::table::Line;
use crate::value_and_gradient::{self, Answering, Ready};

const STEPS: usize = 32;
const UNITS: usize = 16;
const INPUTS: usize = 4;
/// The weights of one gate: for the inputs, for the units, and the bias.
const EACH: usize = INPUTS + UNITS + 1;
/// The gates of all units: those for new input, for the old state and for the output, then the candidates.
const GATES: usize = 4 * UNITS;

/// The units and their cells after a step, from those before and the inputs.
fn step(w: &[Var], h: &[Var], c: &[Var], x: &[Var]) -> Vec<Var> {
    let z: Vec<Var> = x.iter().chain(h).copied().collect();
    let gate = |index: usize| {
        let w = &w[index * EACH..][..EACH];
        Var::dot_product(&w[..EACH - 1], &z).expect("one weight per input") + w[EACH - 1]
    };
    let cell = |u: usize| {
        let [new, old] = [0, 1].map(|kind| gate(kind * UNITS + u).sigmoid());
        old * c[u] + new * gate(3 * UNITS + u).tanh()
    };
    let c: Vec<Var> = (0..UNITS).map(cell).collect();
    let h = (0..UNITS).map(|u| gate(2 * UNITS + u).sigmoid() * c[u].tanh());
    h.chain(c.iter().copied()).collect()
}

/// The sum of the squares of the outputs.
fn squares(h: &[Var]) -> Var {
    h.iter().map(|h| h.square()).sum()
}

/// All steps, written out.
fn loss(w: &[Var], inputs: &[[f64; INPUTS]]) -> Var {
    let mut state = vec![Var::from(0.0); 2 * UNITS];
    for x in inputs {
        let (h, c) = state.split_at(UNITS);
        state = step(w, h, c, &x.map(Var::from));
    }
    squares(&state[..UNITS])
}

fn scan(w: &[f64], level: Level) -> Scan {
    let step = Program::trace_rows(w, 2 * UNITS + INPUTS, |w, given| {
        let (h, rest) = given.split_at(UNITS);
        let (c, x) = rest.split_at(UNITS);
        step(w, h, c, x)
    });
    let end = Program::trace_rows(w, 2 * UNITS, |_, state| squares(&state[..UNITS]));
    let [step, end] = [step, end].map(|program| program.expect("a program").at_level(level));
    let scan = Scan::new(&step, 2 * UNITS).expect("a scan");
    scan.with_end(&end).expect("an end")
}

/// What the backward pass needs of one step: the inputs with the units and a 1, the gates, the states before and after.
struct Step {
    z: [f64; EACH],
    gates: [f64; GATES],
    before: [f64; UNITS],
    tanh: [f64; UNITS],
}

/// The loss, and the outputs. `keep` receives every step.
fn forward(w: &[f64], inputs: &[[f64; INPUTS]], mut keep: impl FnMut(Step)) -> (f64, [f64; UNITS]) {
    let w = w.as_chunks::<EACH>().0;
    let [mut h, mut c] = [[0.0; UNITS]; 2];
    for x in inputs {
        let mut z = [1.0; EACH];
        z[..INPUTS].copy_from_slice(x);
        z[INPUTS..][..UNITS].copy_from_slice(&h);
        let mut gates = [0.0; GATES];
        for (index, (gate, w)) in gates.iter_mut().zip(w).enumerate() {
            let sum: f64 = w.iter().zip(&z).map(|(w, z)| w * z).sum();
            *gate = if index < 3 * UNITS {
                1.0 / (1.0 + (-sum).exp())
            } else {
                sum.tanh()
            };
        }
        let (before, mut tanh) = (c, [0.0; UNITS]);
        for u in 0..UNITS {
            c[u] = gates[UNITS + u] * c[u] + gates[u] * gates[3 * UNITS + u];
            tanh[u] = c[u].tanh();
            h[u] = gates[2 * UNITS + u] * tanh[u];
        }
        keep(Step {
            z,
            gates,
            before,
            tanh,
        });
    }
    (h.iter().map(|h| h * h).sum(), h)
}

fn gradient_by_hand(
    w: &[f64],
    inputs: &[[f64; INPUTS]],
    steps: &mut Vec<Step>,
    gradient: &mut [f64],
) -> f64 {
    steps.clear();
    let (value, h) = forward(w, inputs, |step| steps.push(step));
    let w = w.as_chunks::<EACH>().0;
    let gradient = gradient.as_chunks_mut::<EACH>().0;
    gradient.fill([0.0; EACH]);
    let (mut dh, mut dc) = (h.map(|h| 2.0 * h), [0.0; UNITS]);
    for step in steps.iter().rev() {
        let mut d = [0.0; GATES];
        for u in 0..UNITS {
            let [new, old, out, candidate] = [0, 1, 2, 3].map(|kind| step.gates[kind * UNITS + u]);
            let dt = dc[u] + dh[u] * out * (1.0 - step.tanh[u] * step.tanh[u]);
            d[u] = dt * candidate * new * (1.0 - new);
            d[UNITS + u] = dt * step.before[u] * old * (1.0 - old);
            d[2 * UNITS + u] = dh[u] * step.tanh[u] * out * (1.0 - out);
            d[3 * UNITS + u] = dt * new * (1.0 - candidate * candidate);
            dc[u] = dt * old;
        }
        let mut dz = [0.0; EACH];
        for ((d, w), g) in d.iter().zip(w).zip(&mut *gradient) {
            for j in 0..EACH {
                g[j] += d * step.z[j];
                dz[j] += d * w[j];
            }
        }
        dh.copy_from_slice(&dz[INPUTS..][..UNITS]);
    }
    value
}

/// The scan's answers for these inputs.
fn answering(w: &[f64], inputs: &[[f64; INPUTS]; STEPS], level: Level) -> impl Ready {
    let [values, gradients] = [(); 2].map(|()| scan(w, level));
    let (inputs, same, start) = (*inputs, *inputs, [0.0; 2 * UNITS]);
    let gradient = move |w: &[f64]| {
        let (value, mut gradient) = gradients.gradient(w, &start, &inputs)?;
        gradient.truncate(w.len());
        Ok((value, gradient))
    };
    Answering::new(move |w: &[f64]| values.value(w, &start, &same), gradient)
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let mut numbers = Numbers::new(11);
    let w = numbers.take(GATES * EACH, 0.5);
    let inputs = [(); STEPS].map(|()| [(); INPUTS].map(|()| numbers.number()));
    let program = Program::trace(w.len(), |w| loss(w, &inputs)).expect("a program");
    let mut steps = Vec::with_capacity(STEPS);
    let mut lines = value_and_gradient::lines(
        race,
        ("recurrence", "LSTM, 32 steps of 16 units"),
        |level| program.at_level(level).evaluator(),
        &w,
        |w| forward(w, &inputs, |_| {}).0,
        |w, gradient| gradient_by_hand(w, &inputs, &mut steps, gradient),
    );
    lines.extend(value_and_gradient::lines(
        race,
        ("recurrence-scan", "LSTM as a scan"),
        |level| answering(&w, &inputs, level),
        &w,
        |w| forward(w, &inputs, |_| {}).0,
        |w, gradient| gradient_by_hand(w, &inputs, &mut steps, gradient),
    ));
    lines
}
