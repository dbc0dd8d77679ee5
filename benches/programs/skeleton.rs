//! A skeleton like a hand: the angles of its joints give the positions of its points, and each point has a measured
//! position. A finger's angles move only its own points, so the Jacobian of the differences is sparse.

use std::hint::black_box;

use chainrule::{Level, Program, Var};

use crate::numbers::{Numbers, check};
use crate::race::Race;
use crate::skeleton_by_hand::by_hand;
use crate::table::Line;

const FINGERS: usize = 5;
pub(crate) const BONES: usize = 3;
/// The inputs of the palm: three angles and a position.
pub(crate) const PALM: usize = 6;
/// The inputs of a finger: how far it is spread, and how far each of its joints is bent.
pub(crate) const EACH: usize = 1 + BONES;
const INPUTS: usize = PALM + FINGERS * EACH;
pub(crate) const LENGTHS: [f64; BONES] = [0.5, 0.3, 0.2];

pub(crate) type Vector = [f64; 3];

pub(crate) fn root(finger: usize) -> Vector {
    [1.0, 0.25 * finger as f64 - 0.5, 0.0]
}

/// All differences, point by point.
fn differences(x: &[Var], measured: &[Vector]) -> Vec<Var> {
    let ([sa, sb, sc], [ca, cb, cc]) =
        ([0, 1, 2].map(|i| x[i].sin()), [0, 1, 2].map(|i| x[i].cos()));
    let mut all = Vec::new();
    for (finger, measured) in measured.chunks_exact(BONES).enumerate() {
        let angles = &x[PALM + finger * EACH..][..EACH];
        let (spread_sin, spread_cos) = (angles[0].sin(), angles[0].cos());
        let mut q = root(finger).map(Var::from);
        let mut bent = Var::from(0.0);
        for ((&angle, length), measured) in angles[1..].iter().zip(LENGTHS).zip(measured) {
            bent += angle;
            let reach = bent.cos() * length;
            q[0] += spread_cos * reach;
            q[1] += spread_sin * reach;
            q[2] -= bent.sin() * length;
            // Turned about the first axis, the second, and the third.
            let (y, z) = (ca * q[1] - sa * q[2], sa * q[1] + ca * q[2]);
            let (x1, z) = (cb * q[0] + sb * z, cb * z - sb * q[0]);
            let turned = [cc * x1 - sc * y, sc * x1 + cc * y, z];
            all.extend((0..3).map(|i| turned[i] + x[3 + i] - measured[i]));
        }
    }
    all
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let mut numbers = Numbers::new(14);
    let x = numbers.take(INPUTS, 0.5);
    let measured: Vec<Vector> = (0..FINGERS * BONES)
        .map(|_| [(); 3].map(|()| numbers.number()))
        .collect();
    let program = Program::trace(INPUTS, |x| differences(x, &measured)).expect("a program");
    let fast = program.at_level(Level::Fast);
    let jacobians = [
        program.sparse_jacobian(),
        fast.sparse_jacobian(),
        program.compressed_jacobian(),
    ];
    let (mut found, mut right) = (Vec::new(), Vec::new());
    by_hand(&x, &measured, &mut found, Some(&mut right));
    let mut evaluator = program.evaluator();
    check(evaluator.values(&x).expect("values"), &found);
    for jacobian in &jacobians {
        check(&jacobian.entries(&x).expect("entries"), &right);
    }
    let [exact, fast, groups] = &jacobians;
    let mut buffers = [(); 3].map(|()| Vec::new());
    let [a, b, c] = &mut buffers;
    let mut alone = Vec::new();
    let [values, exact, fast, groups, value_by_hand, jacobian_by_hand] = race.run([
        &mut || _ = evaluator.values(&x).expect("values"),
        &mut || exact.entries_into(&x, a).expect("entries"),
        &mut || fast.entries_into(&x, b).expect("entries"),
        &mut || groups.entries_into(&x, c).expect("entries"),
        &mut || by_hand(black_box(&x), &measured, black_box(&mut alone), None),
        &mut || {
            right.clear();
            by_hand(
                black_box(&x),
                &measured,
                &mut found,
                Some(black_box(&mut right)),
            );
        },
    ]);
    let (title, floor) = ("skeleton, 26 inputs, 45 outputs", "Jacobian by hand");
    let line = |suffix: &str, what: &str, ours| {
        Line::new(
            format!("skeleton{suffix}"),
            format!("{title}, {what}"),
            ours,
        )
    };
    vec![
        line("-value", "values, Exact", values).beside("values by hand", value_by_hand),
        line("", "sparse Jacobian, Exact", exact).beside(floor, jacobian_by_hand),
        line("-fast", "sparse Jacobian, Fast", fast).beside(floor, jacobian_by_hand),
        line("-groups", "Jacobian in groups, Exact", groups).beside(floor, jacobian_by_hand),
    ]
}
