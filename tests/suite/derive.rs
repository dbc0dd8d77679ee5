//! Tests every derivative against every other way to compute it.

use chainrule::derive;
use chainrule::ir::{Ir, Kind};
use chainrule::op::{Law, rows};
use chainrule::{Dual, ErrorKind, Graph, Mode, Program, Scalar, Transform, Var, tape};
use proptest::prelude::*;

use crate::compare::same;
use crate::expression::Expression;
use crate::scale::Scale;

/// Equal except for rounding of terms of size `scale`.
fn close(a: f64, b: f64, scale: f64) -> bool {
    same(a, b) || (a - b).abs() <= 1e-9 * (a.abs() + b.abs() + scale) + 1e-290
}

/// The second derivatives from gradients recorded within gradients.
fn on_tape(e: &Expression) -> (Graph, Vec<Var>) {
    tape::record(|| {
        let xs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
        let gradient = e.evaluate(&xs).gradient(&xs);
        gradient.iter().flat_map(|g| g.gradient(&xs)).collect()
    })
}

/// The second derivatives from duals of duals.
fn by_duals(e: &Expression) -> (Graph, Vec<Var>) {
    let n = e.inputs.len();
    let unit = |at: bool| f64::from(u8::from(at));
    tape::record(|| {
        let xs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
        let second = |place: usize| {
            let (i, j) = (place / n, place % n);
            let along = |k: usize| Dual {
                value: Dual {
                    value: xs[k],
                    tangent: Var::from(unit(k == i)),
                },
                tangent: Dual::constant(Var::from(unit(k == j))),
            };
            let xs: Vec<Dual<Dual<Var>>> = (0..n).map(along).collect();
            e.evaluate(&xs).tangent.tangent
        };
        (0..n * n).map(second).collect()
    })
}

/// The second derivatives from tangents that are recorded on the tape and then swept.
fn mixed(e: &Expression) -> Vec<f64> {
    let n = e.inputs.len();
    let row = |i: usize| {
        tape::scope(|| {
            let xs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
            let along = |k: usize| Var::from(f64::from(u8::from(k == i)));
            let duals: Vec<Dual<Var>> = (0..n)
                .map(|k| Dual {
                    value: xs[k],
                    tangent: along(k),
                })
                .collect();
            let tangent = e.evaluate(&duals).tangent;
            if tangent.is_constant() {
                return vec![0.0; n];
            }
            tangent.backward().of(&xs)
        })
    };
    (0..n).flat_map(row).collect()
}

/// The effect of rounding on a recorded value, to first order.
fn rounding(graph: &Graph, y: Var) -> f64 {
    f64::EPSILON * Scale::of(graph, y).output
}

fn declares_slopes(e: &Expression) -> bool {
    let declared = |law: &Law| matches!(law, Law::Stop | Law::Declared);
    e.steps
        .iter()
        .any(|(op, _)| op.row().laws.iter().any(declared))
}

/// The same for the values that the result depends on.
fn result_declares_slopes(e: &Expression) -> bool {
    let (graph, y) = tape::record(|| {
        let xs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
        e.evaluate(&xs)
    });
    let outputs: Vec<_> = y.key().into_iter().collect();
    let declared = |law: &Law| matches!(law, Law::Stop | Law::Declared);
    let order = graph.order(&outputs);
    let mut ops = order.iter().map(|&key| graph[key].op());
    ops.any(|op| op.row().laws.iter().any(declared))
}

fn largest(values: &[f64]) -> f64 {
    values
        .iter()
        .fold(0.0, |largest: f64, x| largest.max(x.abs()))
}

fn finite(values: &[f64]) -> bool {
    values.iter().all(|x| x.is_finite())
}

/// Several outputs of a program: the last few values of an expression.
fn outputs(e: &Expression, xs: &[Var]) -> Vec<Var> {
    let y = e.evaluate(xs);
    vec![y, y * xs[0], xs[xs.len() - 1].sin()]
}

/// The largest derivative of these outputs, without cancellation.
fn uncancelled(e: &Expression) -> f64 {
    let (graph, (xs, ys)) = tape::record(|| {
        let xs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
        let ys = outputs(e, &xs);
        (xs, ys)
    });
    let sizes = ys.iter().flat_map(|&y| {
        let scale = Scale::of(&graph, y);
        xs.iter().map(move |&x| scale.by(x))
    });
    largest(&sizes.collect::<Vec<f64>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn first_derivatives_have_the_bits_of_the_sweep(e in Expression::any(14, false)) {
        let f = Program::trace(e.inputs.len(), |x| e.evaluate(x)).unwrap();
        let x = &e.inputs;
        let (_, gradient) = f.gradient(x).unwrap();
        let again = f.transform(Transform::Gradient).unwrap().values(x).unwrap();
        let reverse = f.transform(Transform::Jacobian(Mode::Reverse)).unwrap().values(x).unwrap();
        let vjp = f.transform(Transform::Vjp).unwrap().values(&[&x[..], &[1.0]].concat()).unwrap();
        for (i, &g) in gradient.iter().enumerate() {
            prop_assert!(same(g, again[i]) && same(g, reverse[i]) && same(g, vjp[i]), "{g:e} {:e} {:e} {:e}", again[i], reverse[i], vjp[i]);
            let mut unit = vec![0.0; x.len()];
            unit[i] = 1.0;
            let forward = f.transform(Transform::Jacobian(Mode::Forward)).unwrap().values(x).unwrap();
            let jvp = f.evaluator().jvp(x, &unit).unwrap().1[0];
            let program = f.transform(Transform::Jvp).unwrap().values(&[&x[..], &unit].concat()).unwrap();
            prop_assert!(same(forward[i], jvp) && same(program[0], jvp), "{:e} {jvp:e}", forward[i]);
        }
    }

    #[test]
    fn forward_and_reverse_agree(e in Expression::any(12, true), u in [-2.0..2.0, -2.0..2.0, -2.0..2.0], v in [-2.0..2.0, -2.0..2.0, -2.0..2.0]) {
        let f = Program::trace(e.inputs.len(), |x| outputs(&e, x)).unwrap();
        let mut at = f.evaluator();
        let x = &e.inputs;
        let v = &v[..x.len()];
        let along = at.jvp(x, v).unwrap().1.to_vec();
        let back = at.vjp(x, &u).unwrap().1.to_vec();
        let left: f64 = u.iter().zip(&along).map(|(u, y)| u * y).sum();
        let right: f64 = v.iter().zip(&back).map(|(v, x)| v * x).sum();
        let jacobian = at.jacobian(x).unwrap().1;
        let size = uncancelled(&e).max(1.0);
        // Where 0 meets infinity or NaN, the zero rule makes the result depend on the order of factors.
        if size < 1e6 && finite(jacobian) && finite(&along) && finite(&back) && f.value(x).unwrap().is_finite() {
            prop_assert!(close(left, right, size), "uᵀ(Jv) = {left:e}, (uᵀJ)v = {right:e}");
            for mode in [Mode::Forward, Mode::Reverse] {
                let other = f.transform(Transform::Jacobian(mode)).unwrap().values(x).unwrap();
                prop_assume!(finite(&other));
                for (a, b) in jacobian.iter().zip(&other) {
                    prop_assert!(close(*a, *b, size), "{a:e} {b:e}");
                }
            }
        }
    }

    #[test]
    fn all_ways_to_second_derivatives_agree(e in Expression::any(9, true), v in [-2.0..2.0, -2.0..2.0, -2.0..2.0]) {
        let n = e.inputs.len();
        let x = &e.inputs;
        let f = Program::trace(n, |x| e.evaluate(x)).unwrap();
        let (recorded, tape) = on_tape(&e);
        let (forward, duals) = by_duals(&e);
        let stops = declares_slopes(&e);
        // Each way rounds as its own graph does.
        let bounds: Vec<f64> = (0..n * n).map(|place| {
            256.0 * (rounding(&recorded, tape[place]) + rounding(&forward, duals[place])) + 1e-290
        }).collect();
        let values = |vars: &[Var]| -> Vec<f64> { vars.iter().map(|var| var.value()).collect() };
        let (tape, duals, mixed) = (values(&tape), values(&duals), mixed(&e));
        // Where 0 meets infinity or NaN, the zero rule makes the result depend on the order of factors.
        if finite(&tape) && finite(&duals) && finite(&bounds) && f.value(x).unwrap().is_finite() {
            let hessian = f.hessian(x).unwrap().2;
            let program = f.transform(Transform::Gradient).unwrap().transform(Transform::Jacobian(Mode::Cheaper)).unwrap().values(x).unwrap();
            let reverse = f.transform(Transform::Gradient).unwrap().transform(Transform::Jacobian(Mode::Reverse)).unwrap().values(x).unwrap();
            for place in 0..n * n {
                let mirrored = place % n * n + place / n;
                let (h, bound) = (hessian[place], bounds[place]);
                let close = |other: f64| (h - other).abs() <= bound;
                prop_assert!(close(tape[place]), "tape {h:e} {:e} ± {bound:e}", tape[place]);
                prop_assert!(close(program[place]), "program {h:e} {:e} ± {bound:e}", program[place]);
                prop_assert!(close(reverse[place]), "reverse {h:e} {:e} ± {bound:e}", reverse[place]);
                prop_assert!(stops || close(duals[place]), "duals {h:e} {:e} ± {bound:e}", duals[place]);
                prop_assert!(stops || close(mixed[place]), "mixed {h:e} {:e} ± {bound:e}", mixed[place]);
                prop_assert!(stops || same(h, hessian[mirrored]));
            }
            let mut at = f.evaluator();
            let v = &v[..n];
            let along = |i: usize, of: &[f64]| -> f64 { (0..n).map(|j| of[i * n + j] * v[j]).sum() };
            let hvp = at.hvp(x, v).unwrap().2.to_vec();
            let diagonal = at.hessian_diagonal(x).unwrap().2.to_vec();
            let laplacian = at.laplacian(x).unwrap().2;
            let vhp = at.vhp(x, v).unwrap().2;
            let trace: f64 = (0..n).map(|i| hessian[i * n + i]).sum();
            let size = largest(&hessian);
            let all: f64 = 2.0 * bounds.iter().sum::<f64>() + 16.0 * f64::EPSILON * size;
            prop_assert!((laplacian - trace).abs() <= all, "{laplacian:e} {trace:e} ± {all:e}");
            for i in 0..n {
                let product = along(i, &hessian);
                prop_assert!((hvp[i] - product).abs() <= 2.0 * all, "{:e} {product:e} ± {all:e}", hvp[i]);
                prop_assert!(stops || (vhp[i] - product).abs() <= 2.0 * all, "{:e} {product:e} ± {all:e}", vhp[i]);
                prop_assert!((diagonal[i] - hessian[i * n + i]).abs() <= bounds[i * n + i]);
            }
        }
    }

    /// Sums of products of four inputs, whose derivatives at whole numbers are exact.
    #[test]
    fn third_derivatives_of_products_are_exact(
        terms in prop::collection::vec((-3..=3_i32, [0..3_usize, 0..3_usize, 0..3_usize, 0..3_usize]), 1..5),
        at in prop::array::uniform9(-3..=3_i32),
    ) {
        let at = at.map(f64::from);
        let (x, u, v) = (&at[..3], &at[3..6], &at[6..]);
        let f = Program::trace(3, |x| {
            let product = |&(c, of): &(i32, [usize; 4])| {
                of.iter().fold(Var::from(f64::from(c)), |product, &i| product * x[i])
            };
            terms.iter().map(product).sum::<Var>()
        });
        let f = f.unwrap();
        // One factor is differentiated along `u`, another one along `v`, and a third one with respect to an input.
        let mut third = [0.0; 3];
        for (c, of) in &terms {
            for [a, b, d] in (0..64).map(|place| [place % 4, place / 4 % 4, place / 16]) {
                if a != b && b != d && a != d {
                    third[of[d]] += f64::from(*c) * u[of[a]] * v[of[b]] * x[of[6 - a - b - d]];
                }
            }
        }
        let (value, gradient) = f.gradient(x).unwrap();
        prop_assert_eq!(f.third(x, u, v).unwrap(), (value, gradient, third.to_vec()));
        let program = f.transform(Transform::Third).unwrap();
        prop_assert_eq!(program.inputs(), at.len());
        prop_assert_eq!(program.values(&at).unwrap(), third);
    }

    #[test]
    fn taylor_coefficients_are_repeated_derivatives(e in Expression::any(7, true), v in [-2.0..2.0, -2.0..2.0, -2.0..2.0]) {
        let n = e.inputs.len();
        let f = Program::trace(n, |x| e.evaluate(x)).unwrap();
        let v = &v[..n];
        let found = f.evaluator().taylor(&e.inputs, v, 4).unwrap().to_vec();
        // The derivative in the direction, repeatedly recorded within itself.
        let (graph, (t, derivatives)) = tape::record(|| {
            let t = Var::new(0.0);
            let xs: Vec<Var> = e.inputs.iter().zip(v).map(|(&x, &v)| t * v + x).collect();
            let mut derivatives = vec![e.evaluate(&xs)];
            for k in 0..3 {
                let next = derivatives[k].gradient(&[t])[0];
                derivatives.push(next);
            }
            (t, derivatives)
        });
        let (mut factorial, mut sizes) = (1.0, 0.0);
        let scale = Scale::of(&graph, derivatives[0]);
        let slopes = graph.backward(&[(derivatives[0], 1.0)]);
        for (k, &d) in derivatives.iter().enumerate() {
            let size = Scale::of(&graph, d).by(t);
            let fourth = graph.backward(&[(d, 1.0)]).get(t).unwrap_or(0.0) / (factorial * (k + 1) as f64);
            factorial *= (k + 1) as f64;
            // If terms cancel completely on the tape, a series may keep a rounding error, which moves all further
            // coefficients.
            sizes += size;
            // If slopes are only the rounding error of cancelled terms, the next ones cannot be compared.
            let cancels = k > 0 && scale.cancels(&slopes);
            if !cancels && size < 1e6 && derivatives.iter().all(|d| d.value().is_finite()) {
                let small = (found[k + 1] - fourth).abs() <= 1e-12 * sizes;
                prop_assert!(small || close(found[k + 1], fourth, 10.0 * size), "{}: {:e} {fourth:e}", k + 1, found[k + 1]);
            }
        }
        prop_assert!(same(found[0], derivatives[0].value()));
    }

    #[test]
    fn sparse_is_dense(e in Expression::any(12, false)) {
        let f = Program::trace(e.inputs.len(), |x| outputs(&e, x)).unwrap();
        let columns = f.inputs();
        let x = &e.inputs;
        let dense = |mode| f.transform(Transform::Jacobian(mode)).unwrap().values(x).unwrap();
        let sparse = f.sparse_jacobian().matrix(x).unwrap();
        // Outside the pattern, the zeros of a step function are NaN where it is NaN.
        let (graph, slopes) = on_tape(&e);
        let is_nan = |value: f64| value.is_nan();
        let undefined = graph.iter().any(|(_, node)| is_nan(node.value())) || slopes.iter().any(|slope| is_nan(slope.value()));
        // Where 0 meets infinity or NaN, the two modes may differ, so each is compared with itself.
        for mode in [Mode::Forward, Mode::Reverse] {
            let (program, pattern) = f.sparse_jacobian_program(mode);
            prop_assert_eq!(&pattern, &f.jacobian_sparsity());
            let mut entries = program.values(x).unwrap().into_iter();
            for (place, a) in dense(mode).into_iter().enumerate() {
                let (row, column) = (place / columns, place % columns);
                let inside = pattern.row(row).binary_search(&column).is_ok();
                let b = if inside { entries.next().unwrap() } else { 0.0 };
                prop_assert!(same(a, b) || !inside && a.is_nan() && undefined, "{mode:?} {a:e} {b:e} at {row} {column}");
            }
        }
        let either = [Mode::Forward, Mode::Reverse].map(|mode| f.sparse_jacobian_program(mode).0.values(x).unwrap());
        let is = |values: &Vec<f64>| values.iter().zip(sparse.values()).all(|(a, b)| same(*a, *b));
        prop_assert!(either.iter().any(is), "{:?}", sparse.values());
        // At 0 and infinite slopes, one mode may be finite where the other is NaN, and the compressed matrix may be of either mode.
        let both_modes_are_finite = either.iter().all(|values| finite(values));
        let dense = dense(Mode::Cheaper);
        prop_assert_eq!(sparse.sparsity(), &f.jacobian_sparsity());
        prop_assert!(sparse.sparsity().entries().all(|(row, column)| depends(f.ir(), row, column)));
        // Every entry outside the pattern is 0 along every direction.
        let pattern = f.jacobian_sparsity();
        let mut at = f.evaluator();
        for column in 0..columns {
            let mut unit = vec![0.0; columns];
            unit[column] = 1.0;
            let along = at.jvp(x, &unit).unwrap().1;
            for (row, &tangent) in along.iter().enumerate() {
                let outside = pattern.row(row).binary_search(&column).is_err();
                prop_assert!(!outside || tangent == 0.0 || tangent.is_nan() && undefined);
            }
        }
        let compressed = f.compressed_jacobian().matrix(x).unwrap();
        let hessian = f.sparse_hessian().unwrap().matrix(x).unwrap();
        let squeezed = f.compressed_hessian().unwrap().matrix(x).unwrap();
        let whole = f.transform(Transform::Hessian).unwrap().values(x).unwrap();
        let gradient = f.transform(Transform::Gradient).unwrap();
        for (place, (a, b)) in whole.iter().zip(hessian.to_dense()).enumerate() {
            let outside = f.hessian_sparsity().unwrap().row(place / columns).binary_search(&(place % columns)).is_err();
            prop_assert!(same(*a, b) || outside && a.is_nan() && undefined, "{a:e} {b:e} at {place}");
        }
        prop_assert_eq!(hessian.sparsity(), &f.hessian_sparsity().unwrap());
        prop_assert!(hessian.sparsity().entries().all(|(row, column)| depends(gradient.ir(), row, column)));
        let size = largest(&dense).max(largest(&whole));
        if size < 1e6 && both_modes_are_finite && finite(&whole) && f.value(x).unwrap().is_finite() {
            for (a, b) in dense.iter().zip(compressed.to_dense()) {
                prop_assert!(close(*a, b, size), "{a:e} {b:e}");
            }
            // At a kink, the two mixed derivatives may differ, and the result may be either of them.
            let both = f.transform(Transform::Gradient).unwrap().transform(Transform::Jacobian(Mode::Forward)).unwrap().values(x).unwrap();
            for (place, b) in squeezed.to_dense().into_iter().enumerate() {
                let mirrored = place % columns * columns + place / columns;
                let kink = !result_declares_slopes(&e) && !close(both[place], both[mirrored], size);
                let found = close(both[place], b, size) || kink && close(both[mirrored], b, size);
                prop_assert!(found, "{b:e}, {:e} or {:e} at {place}", both[place], both[mirrored]);
            }
        }
    }
}

/// Whether an output of the code uses an input, by any way.
fn depends(ir: &Ir, output: usize, input: usize) -> bool {
    let mut reached = vec![false; ir.len()];
    for id in ir.ids() {
        let mut operands = ir.operands(id).iter();
        reached[id as usize] = ir.kind(id) == Kind::Input(input as u32)
            || operands.any(|&operand| reached[operand as usize]);
    }
    reached[ir.outputs()[output] as usize]
}

#[test]
fn patterns_follow_the_laws() {
    let jacobian = |f: fn(&[Var]) -> Var| {
        let f = Program::trace(2, f).unwrap();
        f.jacobian_sparsity().row(0).to_vec()
    };
    assert_eq!(jacobian(|x| x[0].floor() * x[1]), [1]);
    assert!(jacobian(|x| x[0].greater(x[1])).is_empty());
    assert_eq!(jacobian(|x| (x[0] - 1.0).select(x[1], 2.0)), [1]);
    assert_eq!(jacobian(|x| x[0].apply::<rows::StopGradient>() * x[1]), [1]);
    assert_eq!(jacobian(|x| x[0] * 0.0 + x[1]), [1]);
    assert_eq!(jacobian(|x| (x[0].floor() * x[1]).exp() + x[0]), [0, 1]);
    let hessian = |f: fn(&[Var]) -> Var| {
        let f = Program::trace(2, f).unwrap();
        f.hessian_sparsity().unwrap().entries().collect::<Vec<_>>()
    };
    let none: [(usize, usize); 0] = [];
    let both = [(0, 1), (1, 0)];
    assert_eq!(hessian(|x| x[0].relu() + x[1].abs()), none);
    assert_eq!(hessian(|x| x[0].max(x[1]) - x[0].min(x[1])), none);
    assert_eq!(hessian(|x| x[0].clamp(-1.0, x[1])), none);
    assert_eq!(hessian(|x| Var::max_of(x) + Var::min_of(x)), none);
    assert_eq!(hessian(|x| x[0].leaky_relu(0.1) + x[1]), none);
    assert_eq!(hessian(|x| x[0].sin().floor() * x[1]), none);
    assert_eq!(hessian(|x| x[0].elu(0.1) + x[1]), [(0, 0)]);
    assert_eq!(hessian(|x| x[0].relu() * x[1]), both);
    assert_eq!(hessian(|x| x[0].max(x[1]).square()).len(), 4);
}

#[test]
fn a_pattern_is_drawn_up_to_40_rows_and_100_columns() {
    let lines = |rows: usize, columns: usize| {
        let f = Program::trace(columns, |x| vec![x[0] + x[columns - 1]; rows]).unwrap();
        let text = format!("{:?}", f.jacobian_sparsity());
        let mut lines = text.lines();
        let header = format!("Sparsity {rows} × {columns}, {} entries", 2 * rows);
        assert_eq!(lines.next(), Some(header.as_str()));
        let row = format!("x{}x", "·".repeat(columns - 2));
        assert!(lines.clone().all(|line| line == row), "{text}");
        lines.count()
    };
    assert_eq!([lines(3, 4), lines(40, 100)], [3, 40]);
    assert_eq!([lines(41, 100), lines(40, 101)], [0, 0]);
}

#[test]
fn the_hessian_of_a_hinge_costs_no_entry() {
    for n in [50, 100, 200] {
        let row = |j: usize| (0..n).map(move |i| ((i * j) as f64).sin());
        let hinge = |w: &[Var], ridge: f64| {
            let margins = (0..n).map(|j| w.iter().zip(row(j)).map(|(&w, x)| w * x).sum::<Var>());
            let loss: Var = margins.map(|margin| (-margin + 1.0).max(0.0)).sum();
            loss + w.iter().map(|w| w.square() * ridge).sum::<Var>()
        };
        let w = vec![0.1; n];
        let f = Program::trace(n, |w| hinge(w, 0.0)).unwrap();
        let hessian = f.sparse_hessian().unwrap();
        assert_eq!(hessian.sparsity().len(), 0);
        assert!(hessian.entries(&w).unwrap().is_empty());
        let (program, _) = f.sparse_hessian_program().unwrap();
        assert_eq!(program.ir().len(), 0);
        let f = Program::trace(n, |w| hinge(w, 0.5)).unwrap();
        let hessian = f.sparse_hessian().unwrap();
        assert_eq!(hessian.sparsity().len(), n);
        assert_eq!(hessian.entries(&w).unwrap(), vec![1.0; n]);
        assert!(hessian.groups() <= 1);
    }
}

#[test]
fn a_band_stored_with_its_zeros_is_a_band() {
    for n in [20, 40, 80] {
        let f = Program::trace(n, |x| {
            let entry = |i: usize, j: usize| if i.abs_diff(j) < 2 { 1.5 } else { 0.0 };
            let row = |i: usize| -> Var { (0..n).map(|j| x[j] * entry(i, j)).sum() };
            (0..n).map(|i| row(i).sin()).collect::<Vec<_>>()
        })
        .unwrap();
        let x: Vec<f64> = (0..n).map(|i| 0.1 * i as f64).collect();
        let jacobian = f.sparse_jacobian();
        assert_eq!(jacobian.sparsity().len(), 3 * n - 2);
        assert_eq!(f.compressed_jacobian().groups(), 3);
        let dense = f.jacobian(&x).unwrap().1;
        assert_eq!(jacobian.matrix(&x).unwrap().to_dense(), dense);
        let energy = Program::trace(n, |x| f.call(x).unwrap().into_iter().sum::<Var>()).unwrap();
        assert!(energy.hessian_sparsity().unwrap().len() <= 5 * n);
    }
}

fn rosenbrock<S: Scalar>(x: &[S]) -> S {
    x.windows(2)
        .map(|p| (p[1] - p[0] * p[0]).square() * 100.0 + (-p[0] + 1.0).square())
        .sum()
}

#[test]
fn the_hessian_of_rosenbrock_has_a_band_of_three() {
    let n = 50;
    let f = Program::trace(n, rosenbrock).unwrap();
    let x: Vec<f64> = (0..n).map(|i| 0.5 + 0.02 * i as f64).collect();
    let sparse = f.sparse_hessian().unwrap();
    assert_eq!(sparse.sparsity().len(), 148);
    assert_eq!(sparse.groups(), 0);
    let matrix = sparse.matrix(&x).unwrap();
    for i in 0..n {
        let right = if i < n - 1 {
            1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0
        } else {
            0.0
        };
        let left = if i > 0 { 200.0 } else { 0.0 };
        assert!((matrix.get(i, i) - left - right).abs() < 1e-10);
        if i < n - 1 {
            assert!((matrix.get(i, i + 1) + 400.0 * x[i]).abs() < 1e-12);
        }
    }
    let compressed = f.compressed_hessian().unwrap();
    assert_eq!(compressed.groups(), 3);
}

#[test]
fn a_long_band_takes_linear_time() {
    let n = 20_000;
    let f = Program::trace(n, |x| {
        (0..n)
            .map(|i| (x[i] * 3.0 - x[i.saturating_sub(1)]).sin() - x[(i + 1).min(n - 1)])
            .collect::<Vec<_>>()
    })
    .unwrap();
    let x: Vec<f64> = (0..n).map(|i| 1e-4 * i as f64).collect();
    let direct = f.sparse_jacobian();
    assert_eq!(direct.groups(), 0);
    assert_eq!(direct.sparsity().len(), 3 * n - 2);
    let compressed = f.compressed_jacobian();
    assert_eq!(compressed.groups(), 3);
    assert_eq!(direct.entries(&x).unwrap(), compressed.entries(&x).unwrap());
}

#[test]
fn an_arrow_takes_a_few_groups() {
    for n in [50, 100, 200] {
        let x: Vec<f64> = (0..n).map(|i| (0.7 * i as f64).cos() + 1.5).collect();
        let f = Program::trace(n, |x| {
            let first: Var = x.iter().map(|x| x.sin()).sum();
            let others = x[1..].iter().map(|&y| x[0] * y.square());
            std::iter::once(first).chain(others).collect::<Vec<_>>()
        })
        .unwrap();
        let jacobian = f.compressed_jacobian();
        assert_eq!(
            (jacobian.groups(), jacobian.sparsity().len()),
            (3, 3 * n - 2)
        );
        assert_eq!(
            jacobian.entries(&x).unwrap(),
            f.sparse_jacobian().entries(&x).unwrap()
        );
        let sum =
            Program::trace(n, |x| x[1..].iter().map(|&y| (x[0] * y).sin()).sum::<Var>()).unwrap();
        let hessian = sum.compressed_hessian().unwrap();
        assert_eq!((hessian.groups(), hessian.sparsity().len()), (2, 3 * n - 2));
        let (found, whole) = (
            hessian.matrix(&x).unwrap().to_dense(),
            sum.hessian(&x).unwrap().2,
        );
        for (a, b) in found.iter().zip(whole) {
            assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} {b}");
        }
    }
}

#[test]
fn a_dense_problem_is_evaluated_by_directions() {
    let n = 300;
    let f = |x: &[Var]| {
        let sum: Var = x.iter().map(|x| x.sin()).sum();
        let coupled: Var = x
            .iter()
            .enumerate()
            .map(|(i, x)| (sum * x * (1.0 / (i + 1) as f64)).tanh())
            .sum();
        [coupled, sum.exp()]
    };
    let program = Program::trace(n, f).unwrap();
    let x: Vec<f64> = (0..n).map(|i| (0.7 * i as f64).cos() * 0.1).collect();
    let mut at = program.evaluator();
    let hessian = at.hessian(&x).unwrap().2.to_vec();
    let v: Vec<f64> = (0..n).map(|i| (0.3 * i as f64).sin()).collect();
    let hvp = at.hvp(&x, &v).unwrap().2;
    for i in 0..n {
        let product: f64 = (0..n).map(|j| hessian[i * n + j] * v[j]).sum();
        assert!((product - hvp[i]).abs() < 1e-9 * product.abs().max(1.0));
    }
    let many = Program::trace(n, |x| {
        let y = f(x);
        x.iter().map(|x| x * y[0] + y[1]).collect::<Vec<_>>()
    })
    .unwrap();
    let jacobian = many.jacobian(&x).unwrap().1;
    let along = many.jvp(&x, &v).unwrap().1;
    for i in 0..n {
        let product: f64 = (0..n).map(|j| jacobian[i * n + j] * v[j]).sum();
        assert!((product - along[i]).abs() < 1e-9 * product.abs().max(1.0));
    }
}

#[test]
fn the_diagonal_of_a_dense_hessian_is_evaluated_by_directions() {
    let n = 300;
    let program = Program::trace(n, |x| {
        let sum: Var = x.iter().map(|x| x.sin()).sum();
        let terms = x.iter().zip(1..);
        terms
            .map(|(x, i)| (sum * x / f64::from(i)).tanh())
            .sum::<Var>()
    })
    .unwrap();
    let x: Vec<f64> = (0..n).map(|i| (0.7 * i as f64).cos() * 0.1).collect();
    let (value, gradient, diagonal) = program.hessian_diagonal(&x).unwrap();
    let code = program.transform(Transform::HessianDiagonal).unwrap();
    assert_eq!(diagonal, code.values(&x).unwrap());
    let (_, _, whole) = program.hessian(&x).unwrap();
    assert!((0..n).all(|i| diagonal[i].to_bits() == whole[i * n + i].to_bits()));
    let laplacian = program.laplacian(&x).unwrap();
    assert_eq!(laplacian, (value, gradient, diagonal.iter().sum()));
    let sum = program.transform(Transform::Laplacian).unwrap();
    assert_eq!(sum.values(&x).unwrap(), [laplacian.2]);
}

#[test]
fn errors_name_the_argument() {
    let f = Program::trace(2, |x| x[0] * x[1]).unwrap();
    let mut at = f.evaluator();
    assert_eq!(
        at.hessian(&[1.0]).unwrap_err().to_string(),
        "x: expected 2 values, found 1"
    );
    assert_eq!(
        at.hvp(&[1.0, 2.0], &[1.0]).unwrap_err().to_string(),
        "v: expected 2 values, found 1"
    );
    assert_eq!(
        at.vhp(&[1.0, 2.0], &[1.0]).unwrap_err().to_string(),
        "u: expected 2 values, found 1"
    );
    assert_eq!(
        at.third(&[1.0, 2.0], &[1.0, 2.0], &[])
            .unwrap_err()
            .to_string(),
        "v: expected 2 values, found 0"
    );
    assert_eq!(
        f.sparse_jacobian().entries(&[]).unwrap_err().kind(),
        ErrorKind::Length
    );
    assert_eq!(
        f.compressed_hessian()
            .unwrap()
            .entries(&[])
            .unwrap_err()
            .kind(),
        ErrorKind::Length
    );
    let error = f.partials(&[&[0], &[2]]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "lists: index 2 is out of range: the program has 2 inputs"
    );
    assert_eq!(f.select(&[1]).unwrap_err().kind(), ErrorKind::Argument);
    let none = Program::trace(2, |_| Vec::new()).unwrap();
    assert!(none.hessian(&[1.0, 2.0]).is_err() && none.transform(Transform::Gradient).is_err());
    assert!(none.jacobian(&[1.0, 2.0]).unwrap().1.is_empty());
    assert!(
        none.sparse_jacobian()
            .entries(&[1.0, 2.0])
            .unwrap()
            .is_empty()
    );
    assert!(derive::gradient(|_| Vec::new(), &[1.0]).is_err());
}

#[test]
fn independent_values_have_derivative_zero() {
    let f = Program::trace(3, |x| [x[1].exp(), Var::from(7.0), x[1]]).unwrap();
    let mut at = f.evaluator();
    let x = [1.0, 0.0, 2.0];
    assert_eq!(
        at.jacobian(&x).unwrap().1,
        [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    );
    assert_eq!(
        at.hessian(&x).unwrap().2,
        [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    );
    assert_eq!(f.compressed_jacobian().entries(&x).unwrap(), [1.0, 1.0]);
    assert_eq!(
        f.partials(&[&[0, 2], &[1, 1, 1]])
            .unwrap()
            .values(&x)
            .unwrap(),
        [0.0, 1.0]
    );
    let constant = Program::trace(2, |_| Var::from(3.0)).unwrap();
    assert_eq!(constant.hessian(&[1.0, 2.0]).unwrap().2, [0.0; 4]);
    assert_eq!(constant.evaluator().laplacian(&[1.0, 2.0]).unwrap().2, 0.0);
    assert_eq!(
        derive::gradient(|_| Var::from(3.0), &[1.0]).unwrap().1,
        [0.0]
    );
    let sparse = constant.compressed_hessian().unwrap();
    assert!(sparse.entries(&[1.0, 2.0]).unwrap().is_empty());
}

#[test]
fn guards_hold_in_derived_programs() {
    let f = Program::trace_at(&[1.0], |x| if x[0] > 0.0 { x[0].ln() } else { x[0] }).unwrap();
    assert_eq!(
        f.transform(Transform::Gradient)
            .unwrap()
            .values(&[2.0])
            .unwrap(),
        [0.5]
    );
    for derived in [
        f.transform(Transform::Gradient).unwrap(),
        f.transform(Transform::Hessian).unwrap(),
        f.transform(Transform::Laplacian).unwrap(),
        f.select(&[0]).unwrap(),
    ] {
        assert_eq!(
            derived.values(&[-2.0]).unwrap_err().kind(),
            ErrorKind::Branch
        );
    }
    assert_eq!(
        f.sparse_hessian()
            .unwrap()
            .entries(&[-1.0])
            .unwrap_err()
            .kind(),
        ErrorKind::Branch
    );
    assert_eq!(
        f.compressed_hessian()
            .unwrap()
            .entries(&[-1.0])
            .unwrap_err()
            .kind(),
        ErrorKind::Branch
    );
}

#[test]
fn derived_programs_run_over_rows() {
    let f = Program::trace_rows(&[0.0, 0.0], 1, |p, row| (p[0] * row[0]).exp() * p[1]).unwrap();
    let rows = [[0.5], [1.0], [-0.25]];
    let p = [0.3, 2.0];
    // Uniform inputs have uniform directions, and rows have varying ones.
    let hvp = f.transform(Transform::Hvp).unwrap();
    assert_eq!((hvp.uniform_inputs(), hvp.inputs()), (4, 6));
    let found = hvp
        .batch(&rows.map(|[x]| [x, 10.0]))
        .unwrap()
        .values(&[p[0], p[1], 1.0, 2.0])
        .unwrap()
        .to_vec();
    for (row, found) in rows.iter().zip(found.chunks(3)) {
        let alone = f.hvp(&[p[0], p[1], row[0]], &[1.0, 2.0, 10.0]).unwrap().2;
        assert_eq!(found, alone);
    }
    // The Hessian of a sum over rows times a direction is the gradient of the sum of directional derivatives.
    let along = f.transform(Transform::Jvp).unwrap();
    let mut batch = along.batch(&rows.map(|[x]| [x, 0.0])).unwrap();
    let (_, gradient) = batch.sum_gradient(&[p[0], p[1], 1.0, 2.0]).unwrap();
    let summed: Vec<f64> = (0..2)
        .map(|i| {
            rows.iter()
                .map(|r| f.hvp(&[p[0], p[1], r[0]], &[1.0, 2.0, 0.0]).unwrap().2[i])
                .sum()
        })
        .collect();
    for (a, b) in gradient.iter().zip(&summed) {
        assert!((a - b).abs() < 1e-12);
    }
}

#[test]
fn taylor_series_of_powers_and_quotients() {
    let order = 12;
    let series = |f: &dyn Fn(Var) -> Var, x: f64| {
        let f = Program::trace(1, |x| f(x[0])).unwrap();
        f.taylor(&[x], &[1.0], order).unwrap()
    };
    let agree = |found: Vec<f64>, known: &dyn Fn(usize) -> f64| {
        for (k, &found) in found.iter().enumerate() {
            let known = known(k);
            let near = (found - known).abs() <= 1e-13 * known.abs() || same(found, known);
            assert!(near, "{k}: {found:e} {known:e}");
        }
    };
    for x in [1.5, 0.25] {
        for b in [-2.5, -1.0, 0.5, 1.5, 2.0, 2.5, 3.0, 7.0, 9.75] {
            // The binomial series.
            let known = |k: usize| {
                let factors = (0..k).map(|j| (b - j as f64) / (j + 1) as f64);
                let binomial: f64 = factors.product();
                binomial * f64::powf(x, b - k as f64)
            };
            agree(series(&|x| x.powf(b), x), &known);
            if b == f64::floor(b) {
                agree(series(&|x| x.powi(b as i32), x), &known);
            }
        }
        let divisor = 2.0 * x + 1.0;
        let geometric = |k: usize| f64::powf(-2.0 / divisor, k as f64) / divisor;
        agree(series(&|x| Var::from(3.0) / (x * 2.0 + 1.0), x), &|k| {
            3.0 * geometric(k)
        });
        agree(series(&|x| x / (x * 2.0 + 1.0), x), &|k| match k {
            0 => x / (2.0 * x + 1.0),
            _ => x * geometric(k) + geometric(k - 1),
        });
        let growth = |k: usize| {
            (1..=k)
                .map(|j| std::f64::consts::LN_2 / j as f64)
                .product::<f64>()
        };
        agree(series(&|x| x.exp2(), x), &|k| x.exp2() * growth(k));
    }
    // Whole powers have a series at 0, and others have one up to the first infinite slope.
    for n in [1, 2, 3, 5, 11] {
        let known = |k: usize| f64::from(u8::from(i32::try_from(k) == Ok(n)));
        agree(series(&|x| x.powi(n), 0.0), &known);
    }
    assert_eq!(series(&|x| x.powf(2.5), 0.0)[..3], [0.0; 3]);
    assert_eq!(
        series(&|x| x.powf(1.5), 0.0)[..3],
        [0.0, 0.0, f64::INFINITY]
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of numbers")]
fn taylor_series_of_known_functions() {
    let f = Program::trace(1, |x| {
        let x = x[0];
        [
            x.exp(),
            x.sin(),
            (x + 1.0).ln(),
            x.tanh(),
            x.atan(),
            (x + 1.0).powf(0.5),
            x.erf(),
        ]
    })
    .unwrap();
    let found = f.evaluator().taylor(&[0.0], &[1.0], 9).unwrap().to_vec();
    let two_over_root_pi = std::f64::consts::FRAC_2_SQRT_PI;
    let known: [[f64; 10]; 7] = [
        [
            1.0,
            1.0,
            1.0 / 2.0,
            1.0 / 6.0,
            1.0 / 24.0,
            1.0 / 120.0,
            1.0 / 720.0,
            1.0 / 5040.0,
            1.0 / 40320.0,
            1.0 / 362_880.0,
        ],
        [
            0.0,
            1.0,
            0.0,
            -1.0 / 6.0,
            0.0,
            1.0 / 120.0,
            0.0,
            -1.0 / 5040.0,
            0.0,
            1.0 / 362_880.0,
        ],
        [
            0.0,
            1.0,
            -1.0 / 2.0,
            1.0 / 3.0,
            -1.0 / 4.0,
            1.0 / 5.0,
            -1.0 / 6.0,
            1.0 / 7.0,
            -1.0 / 8.0,
            1.0 / 9.0,
        ],
        [
            0.0,
            1.0,
            0.0,
            -1.0 / 3.0,
            0.0,
            2.0 / 15.0,
            0.0,
            -17.0 / 315.0,
            0.0,
            62.0 / 2835.0,
        ],
        [
            0.0,
            1.0,
            0.0,
            -1.0 / 3.0,
            0.0,
            1.0 / 5.0,
            0.0,
            -1.0 / 7.0,
            0.0,
            1.0 / 9.0,
        ],
        [
            1.0,
            0.5,
            -0.125,
            0.0625,
            -5.0 / 128.0,
            7.0 / 256.0,
            -21.0 / 1024.0,
            33.0 / 2048.0,
            -429.0 / 32768.0,
            715.0 / 65536.0,
        ],
        [
            0.0,
            1.0,
            0.0,
            -1.0 / 3.0,
            0.0,
            1.0 / 10.0,
            0.0,
            -1.0 / 42.0,
            0.0,
            1.0 / 216.0,
        ]
        .map(|c| c * two_over_root_pi),
    ];
    for (found, known) in found.iter().zip(known.as_flattened()) {
        assert!((found - known).abs() < 1e-14, "{found:e} {known:e}");
    }
    assert!((derive::derivative(Var::exp, 0.0, 30).unwrap() - 1.0).abs() < 1e-13);
    assert_eq!(derive::derivative(|x| x * x, 3.0, 0).unwrap(), 9.0);
}

#[test]
fn joined_programs_have_both_outputs_and_guards() {
    let f = Program::trace_at(&[1.0, 0.0], |x| if x[0] > 0.0 { x[0].ln() } else { x[1] }).unwrap();
    let g = Program::trace_at(&[1.0, 1.0], |x| {
        if x[1] > 0.5 {
            [x[0] * x[1], x[1]]
        } else {
            [x[0], x[0]]
        }
    })
    .unwrap();
    let both = f.join(&g).unwrap();
    assert_eq!(both.values(&[1.0, 3.0]).unwrap(), [0.0, 3.0, 3.0]);
    assert_eq!(
        both.value(&[-1.0, 3.0]).unwrap_err().kind(),
        ErrorKind::Branch
    );
    assert_eq!(
        both.value(&[1.0, 0.0]).unwrap_err().kind(),
        ErrorKind::Branch
    );
    assert_eq!(
        both.jacobian(&[2.0, 3.0]).unwrap().1,
        [0.5, 0.0, 3.0, 2.0, 0.0, 1.0]
    );
    let one = Program::trace(1, |x| x[0]).unwrap();
    assert_eq!(f.join(&one).unwrap_err().kind(), ErrorKind::Length);
    let rows = Program::trace_rows(&[1.0], 1, |p, row| p[0] * row[0]).unwrap();
    assert_eq!(f.join(&rows).unwrap_err().kind(), ErrorKind::Argument);
}

/// The points of docs/numerics.md: second derivatives of a program equal those of the tape, even at kinks and edges.
#[test]
fn second_derivatives_at_edges() {
    type Case = (fn(Var) -> Var, f64, f64);
    let cases: [Case; 14] = [
        (Var::relu, 0.0, 0.0),
        (Var::abs, 0.0, 0.0),
        (|x| x.max(x), 2.0, 0.0),
        (|x| x.max(1.0) * x, 1.0, 1.0),
        (|x| x.clamp(0.0, 1.0) * x, 1.0, 0.0),
        (|x| x.greater(0.0).select(x.sqrt(), 0.0), 0.0, 0.0),
        (|x| x.greater(0.0).select(x.sqrt(), 0.0), -1.0, 0.0),
        (|x| x.powf(2.0), 0.0, 2.0),
        (|x| x.powi(3), 0.0, 0.0),
        (Var::tanh, 800.0, 0.0),
        (Var::sigmoid, -800.0, 0.0),
        (Var::softplus, 800.0, 0.0),
        (Var::sqrt, -1.0, f64::NAN),
        (Var::ln, f64::NAN, f64::NAN),
    ];
    for (place, (f, x, second)) in cases.into_iter().enumerate() {
        let program = Program::trace(1, |x| f(x[0])).unwrap();
        for found in [
            program.hessian(&[x]).unwrap().2[0],
            program.hvp(&[x], &[1.0]).unwrap().2[0],
            program
                .compressed_hessian()
                .unwrap()
                .matrix(&[x])
                .unwrap()
                .get(0, 0),
        ] {
            assert!(
                found == second || (found.is_nan() && second.is_nan()),
                "case {place}: {found:e}, {second:e}"
            );
        }
        let v = Var::new(x);
        let tape = f(v).gradient(&[v])[0].backward().get(v).unwrap_or(0.0);
        assert!(
            tape == second || (tape.is_nan() && second.is_nan()),
            "case {place}, tape: {tape:e}"
        );
    }
}

#[test]
fn depth_needs_no_stack() {
    let work = || {
        let f = Program::trace(2, |x| {
            (0..100_000).fold(
                x[0],
                |y, i| if i % 2 == 0 { y.sin() + x[1] } else { y * 0.5 },
            )
        })
        .unwrap();
        let mut at = f.evaluator();
        let (x, v) = ([0.3, 0.2], [1.0, -1.0]);
        let hessian = at.hessian(&x).unwrap().2.to_vec();
        let hvp = at.hvp(&x, &v).unwrap().2;
        let size = hessian
            .iter()
            .fold(1e-300, |size: f64, h| size.max(h.abs()));
        assert!((hvp[0] - (hessian[0] - hessian[1])).abs() <= 1e-12 * size);
        let taylor = at.taylor(&x, &v, 2).unwrap();
        let curved = hessian[0] - hessian[1] - hessian[2] + hessian[3];
        assert!((2.0 * taylor[2] - curved).abs() <= 1e-9 * size);
        assert_eq!(f.nearest_kink(&x).unwrap(), f64::INFINITY);
        assert_eq!(f.jacobian_sparsity().len(), 2);
        let x = x.map(Var::new);
        assert!(f.call(&x).unwrap()[0].value().is_finite());
    };
    std::thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn recorded_seeds_of_an_output_given_twice_are_added() {
    let (x, u) = (Var::new(3.0), Var::new(10.0));
    let y = x.square();
    let slope = chainrule::gradient_with(&[(y, 1.0.into()), (x, 5.0.into()), (y, u)], &[x])[0];
    assert_eq!(slope.value(), 11.0 * 6.0 + 5.0);
    assert_eq!(slope.backward().of(&[x, u]), [22.0, 6.0]);
}

#[test]
fn the_series_of_an_infinite_power_has_an_end() {
    for exponent in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX] {
        let f = Program::trace_at(&[0.5], |x| x[0].powf(exponent)).unwrap();
        let slope = f.transform(Transform::Gradient).unwrap();
        let curvature = slope.transform(Transform::Gradient).unwrap();
        for x in [0.0, 0.5, 1.0, 2.0] {
            let series = slope.taylor(&[x], &[1.0], 2).unwrap();
            assert!(same(series[0], slope.value(&[x]).unwrap()));
            // Where the sign of a derivative that is infinite or 0 is not known, it is NaN.
            let second = curvature.value(&[x]).unwrap();
            let agree = same(series[1], second) || series[1].is_nan() || second.is_nan();
            assert!(agree, "{x}^{exponent}: {:e}, {second:e}", series[1]);
        }
    }
}
