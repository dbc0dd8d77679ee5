//! Tests guards: a program takes the branches of its trace at every point, or reports where it would not.
//!
//! Random expressions with random branches are traced at one point and replayed at others. The oracle runs the same code on
//! plain numbers, along the branches of the trace, and notes the true outcome of each comparison.

#![expect(
    clippy::if_not_else,
    reason = "tests every comparison exactly as written"
)]

use chainrule::{Dual, Error, ErrorKind, Program, Retraced, Scalar, Var, derive, tape};
use proptest::prelude::*;

use crate::compare::same;
use crate::expression::{Expression, Operand};

/// A number that can be read as a plain number.
trait Number: Scalar + PartialOrd + PartialOrd<f64> {
    fn number(self) -> f64;
}

impl Number for f64 {
    fn number(self) -> f64 {
        self
    }
}

impl Number for Var {
    fn number(self) -> f64 {
        self.peek()
    }
}

/// A comparison and its outcome.
#[derive(Clone, Debug, PartialEq)]
struct Decision {
    outcome: i8,
    text: String,
    line: u32,
}

/// A branch: the comparison, the compared values, and possibly a constant on one side.
type Branch = (usize, [usize; 4], Option<(f64, bool)>);

/// Makes one of seven comparisons and reports its place.
macro_rules! decide {
    ($kind:expr, $left:expr, $right:expr) => {{
        let (left, right) = ($left, $right);
        let (outcome, symbol) = match $kind {
            0 => (i8::from(left < right), "<"),
            1 => (i8::from(left <= right), "<="),
            2 => (i8::from(left > right), ">"),
            3 => (i8::from(left >= right), ">="),
            4 => (i8::from(left == right), "=="),
            5 => (i8::from(!(left != right)), "=="),
            _ => (
                left.partial_cmp(&right).map_or(2, |order| order as i8),
                "cmp",
            ),
        };
        (outcome, symbol, line!())
    }};
}

/// An expression with branches after it.
#[derive(Clone, Debug)]
struct Branching {
    expression: Expression,
    branches: Vec<Branch>,
}

impl Branching {
    fn any() -> impl Strategy<Value = Self> {
        let constant = prop::option::weighted(
            0.3,
            (
                prop::sample::select(vec![0.0, 0.5, f64::NAN]),
                any::<bool>(),
            ),
        );
        let pick = || 0..usize::MAX;
        let branch = (0..7_usize, [pick(), pick(), pick(), pick()], constant);
        (
            Expression::any(6, false),
            prop::collection::vec(branch, 1..6),
        )
            .prop_map(|(expression, branches)| Self {
                expression,
                branches,
            })
    }

    /// The result and every decision. Follows the given decisions, if any.
    fn run<S: Number>(&self, inputs: &[S], along: Option<&[Decision]>) -> (S, Vec<Decision>)
    where
        f64: PartialOrd<S>,
    {
        let mut values = inputs.to_vec();
        for (op, operands) in &self.expression.steps {
            let arguments: Vec<S> = operands
                .iter()
                .map(|operand| match *operand {
                    Operand::Value(i) => values[i],
                    Operand::Constant(constant) => S::from(constant),
                })
                .collect();
            values.push(op.apply(&arguments).expect("operands fit"));
        }
        let mut decisions = Vec::new();
        for &(kind, picks, constant) in &self.branches {
            let [a, b, c, d] = picks.map(|pick| values[pick % values.len()]);
            let (left, right, (outcome, symbol, line)) = match constant {
                None => (a.number(), b.number(), decide!(kind, a, b)),
                Some((constant, false)) => (a.number(), constant, decide!(kind, a, constant)),
                Some((constant, true)) => (constant, b.number(), decide!(kind, constant, b)),
            };
            let text = format!("{left:?} {symbol} {right:?}");
            let taken = along.map_or(outcome, |along| along[decisions.len()].outcome);
            decisions.push(Decision {
                outcome,
                text,
                line,
            });
            values.push(match taken {
                1 => c * d,
                0 => c + d,
                -1 => c - d,
                _ => c.max(d),
            });
        }
        (values[values.len() - 1], decisions)
    }
}

/// Whether an error describes this decision.
fn tells(error: &Error, row: Option<usize>, decision: &Decision) -> bool {
    let branch = error.branch().expect("a branch that changed");
    let place = row.map_or(String::new(), |row| format!("row {row}: "));
    let message = format!(
        "{place}the comparison at {} took a different branch than when the program was traced: {}; choose between two values by `select`, `max` or `min`, and among many by `min_of`, or by `argmin_of` and `gather`; or trace at this point (`trace_at`, for rows `trace_rows_at`) or use `Retraced`",
        branch.at, branch.comparison
    );
    error.kind() == ErrorKind::Branch
        && error.to_string() == message
        && branch.row == row
        && branch.comparison == decision.text
        && branch.at.line() == decision.line
        && branch.at.file().ends_with("guards.rs")
}

fn values() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => -3.0..3.0,
        1 => prop::sample::select(vec![0.0, -0.0, 0.5, f64::INFINITY, f64::NAN]),
    ]
}

/// Points at and near the first point, and others.
fn points(first: &[f64], others: &[[f64; 3]]) -> Vec<Vec<f64>> {
    let near = first.iter().map(|x| x * (1.0 + 1e-9)).collect();
    let mut points = vec![first.to_vec(), near];
    points.extend(others.iter().map(|point| point[..first.len()].to_vec()));
    points
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_point_gets_its_value_or_the_first_decision_that_changed(
        f in Branching::any(),
        others in prop::collection::vec([values(), values(), values()], 3),
    ) {
        let first = f.expression.inputs.clone();
        let program = Program::trace_at(&first, |x| f.run(x, None).0).unwrap();
        let (_, traced) = f.run(&first, None);
        let mut at = program.evaluator();
        for point in points(&first, &others) {
            let (want, there) = f.run(&point, None);
            let changed = traced.iter().zip(&there).find(|(here, there)| here.outcome != there.outcome);
            let direction = vec![1.0; point.len()];
            let errors = [
                at.value(&point).err(),
                at.gradient(&point).err(),
                at.vjp(&point, &[1.0]).err(),
                at.jvp(&point, &direction).err(),
                at.jacobian(&point).err(),
            ];
            if let Some((_, decision)) = changed {
                for error in errors {
                    let error = error.expect("a changed decision is caught");
                    prop_assert!(tells(&error, None, decision), "{error}, must be {decision:?}");
                }
            } else {
                prop_assert!(errors.iter().all(Option::is_none), "{errors:?}");
                prop_assert!(same(at.value(&point).unwrap(), want));
                let slopes = tape::scope(|| {
                    let xs: Vec<Var> = point.iter().map(|&x| Var::new(x)).collect();
                    f.run(&xs, None).0.backward().of(&xs)
                });
                let (_, gradient) = at.gradient(&point).unwrap();
                prop_assert!(gradient.iter().zip(&slopes).all(|(&a, &b)| same(a, b)));
            }
        }
    }

    #[test]
    fn rows_get_their_values_or_the_first_changed_decision(
        f in Branching::any(),
        uniform in 0..3_usize,
        at in [values(), values(), values()],
        others in prop::collection::vec(([values(), values(), values()], 0..200_usize), 0..3),
        threads in 1..3_usize,
    ) {
        let first = f.expression.inputs.clone();
        let (p, row) = first.split_at(uniform.min(first.len()));
        let program = Program::trace_rows_at(p, row, |p, row| {
            let inputs: Vec<Var> = p.iter().chain(row).copied().collect();
            f.run(&inputs, None).0
        }).unwrap();
        let (_, traced) = f.run(&first, None);
        let mut rows = vec![row.to_vec(); 150];
        for (other, place) in &others {
            if let Some(row) = rows.get_mut(*place) {
                let width = row.len();
                row.copy_from_slice(&other[..width]);
            }
        }
        let mut batch = program.batch(&rows).unwrap().threads(threads);
        for p in [p, &at[..p.len()]] {
            let along: Vec<_> = rows.iter().map(|row| f.run(&[p, row].concat(), Some(&traced))).collect();
            let changes = |row: usize| traced.iter().zip(&along[row].1).filter(|(a, b)| a.outcome != b.outcome).map(|(_, b)| b);
            let any = (0..rows.len()).any(|row| changes(row).next().is_some());
            let errors = [batch.values(p).err(), batch.gradients(p).err(), batch.mean_gradient(p).err()];
            for error in errors {
                let Some(error) = error else {
                    prop_assert!(!any, "a decision changed without an error");
                    continue;
                };
                let row = error.branch().expect("a branch that changed").row;
                // If only uniform values are compared, all rows have the same decision.
                prop_assert!(match row {
                    Some(row) => changes(row).next().is_some_and(|decision| tells(&error, Some(row), decision))
                        && (0..row).all(|before| changes(before).next().is_none()),
                    None => (0..rows.len()).all(|row| changes(row).any(|decision| tells(&error, None, decision))),
                }, "{error}");
            }
            if !any {
                let values = batch.values(p).unwrap();
                prop_assert!(values.iter().zip(&along).all(|(&value, (want, _))| same(value, *want)));
            }
        }
    }
}

#[test]
fn a_program_without_outputs_checks_its_rows() {
    let program = Program::trace_rows_at(&[], &[1.0], |_, row| {
        assert!(row[0] > 0.0);
        Vec::<Var>::new()
    })
    .unwrap();
    let mut batch = program.batch(&[[1.0], [2.0], [-1.0]]).unwrap();
    let error = batch.values(&[]).unwrap_err();
    assert_eq!(error.branch().unwrap().row, Some(2));
}

/// Fails with this comparison, made on the line of this file that contains this text.
#[track_caller]
fn refuses(program: &Program, point: &[f64], comparison: &str, line_of: &str) {
    let error = program.value(point).unwrap_err();
    let branch = error.branch().expect("a branch that changed");
    assert_eq!(branch.comparison, comparison);
    assert!(branch.at.file().ends_with("guards.rs"), "{}", branch.at);
    let line = include_str!("guards.rs")
        .lines()
        .nth(branch.at.line() as usize - 1);
    assert!(line.is_some_and(|line| line.contains(line_of)), "{line:?}");
}

#[test]
fn every_comparison_names_its_own_line() {
    let f = |x: &[Var]| if x[0] != x[1] { x[0] } else { x[1] };
    refuses(
        &Program::trace(2, f).unwrap(),
        &[1.0, 2.0],
        "1.0 == 2.0",
        "x[0] != x[1]",
    );
    let f = |x: &[Var]| if 0.5 < x[0] { x[0] } else { -x[0] };
    refuses(
        &Program::trace(1, f).unwrap(),
        &[1.0],
        "0.5 < 1.0",
        "0.5 < x[0]",
    );
    let f = |x: &[Var]| if x[0] >= 0.5 { x[0] } else { -x[0] };
    refuses(
        &Program::trace(1, f).unwrap(),
        &[1.0],
        "1.0 >= 0.5",
        "x[0] >= 0.5",
    );
}

#[test]
fn comparisons_of_duals_are_guarded_and_name_their_own_line() {
    let dual = |x: &[Var]| Dual::variable(x[0]);
    let f = move |x: &[Var]| if dual(x) > 0.0 { x[0] } else { -x[0] };
    refuses(
        &Program::trace_at(&[1.0], f).unwrap(),
        &[-1.0],
        "-1.0 > 0.0",
        "dual(x) > 0.0",
    );
    let f = move |x: &[Var]| {
        if dual(x) != Dual::constant(x[1]) {
            x[0]
        } else {
            x[1]
        }
    };
    refuses(
        &Program::trace(2, f).unwrap(),
        &[1.0, 2.0],
        "1.0 == 2.0",
        "dual(x) != Dual",
    );
    // `<` and the total order are different questions.
    let f = move |x: &[Var]| if dual(x) < 0.0 { -x[0] } else { x[0] };
    assert_eq!(
        Program::trace_at(&[1.0], f).unwrap().value(&[0.0]).unwrap(),
        0.0
    );
}

#[test]
fn sorting_is_guarded() {
    let f = |x: &[Var]| {
        let mut x = x.to_vec();
        x.sort_by(|a, b| a.partial_cmp(b).expect("no NaN"));
        x
    };
    let program = Program::trace_at(&[3.0, 1.0, 2.0], f).unwrap();
    assert_eq!(
        program.values(&[30.0, 10.0, 20.0]).unwrap(),
        [10.0, 20.0, 30.0]
    );
    for point in [
        [1.0, 2.0, 3.0],
        [3.0, 2.0, 1.0],
        [f64::NAN, 1.0, 2.0],
        [1.0, 1.0, 1.0],
    ] {
        let error = program.values(&point).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Branch);
        assert!(error.branch().unwrap().comparison.contains(" cmp "));
    }
}

#[test]
fn uniform_values_are_compared_without_a_row() {
    let f = |p: &[Var; 1], row: &[Var]| if p[0] > 1.0 { p[0] * row[0] } else { row[0] };
    let program = Program::trace_rows(&[2.0], 1, f).unwrap();
    let mut batch = program.batch(&[[1.0], [2.0]]).unwrap();
    assert_eq!(batch.values(&[3.0]).unwrap(), [3.0, 6.0]);
    let error = batch.values(&[0.5]).unwrap_err();
    assert_eq!(
        (
            error.branch().unwrap().row,
            &*error.branch().unwrap().comparison
        ),
        (None, "0.5 > 1.0")
    );
    // A stream compares at once, before any row.
    assert_eq!(
        program.stream(&[0.5]).unwrap_err().kind(),
        ErrorKind::Branch
    );
}

#[test]
fn a_stream_names_the_row_among_all() {
    let f = |p: &[Var; 1], row: &[Var]| if row[0] < 0.5 { p[0] } else { row[0] };
    let program = Program::trace_rows(&[2.0], 1, f).unwrap();
    let mut stream = program.stream(&[1.0]).unwrap();
    for row in 0..5000 {
        stream.push(&[f64::from(u8::from(row == 4321))]).unwrap();
    }
    let error = stream.mean_gradient().unwrap_err();
    let branch = error.branch().unwrap();
    assert_eq!((branch.row, &*branch.comparison), (Some(4321), "1.0 < 0.5"));
}

#[test]
fn choices_among_values_need_no_guard() {
    let f = |x: &[Var]| {
        Var::select(x[0].greater(x[1]), x[0].sqrt(), x[1]) + x[0].max(x[1]).clamp(-1.0, 1.0).relu()
    };
    let program = Program::trace(2, f).unwrap();
    for point in [
        [4.0, 1.0],
        [1.0, 4.0],
        [-1.0, -2.0],
        [f64::NAN, 1.0],
        [0.0, -0.0],
    ] {
        let want = tape::scope(|| f(&point.map(Var::new)).value());
        assert!(same(program.value(&point).unwrap(), want));
    }
}

#[test]
fn a_comparison_of_a_freed_value_is_refused() {
    let f = |x: &[Var]| {
        let large = tape::scope(|| x[0].exp() > 2.0);
        x[0] * f64::from(u8::from(large))
    };
    let error = Program::trace(1, f).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("comparison at tests/suite/program/guards.rs:"),
        "{error}"
    );
}

#[test]
fn a_retraced_function_answers_at_every_point() {
    let f = |x: &[Var]| {
        let y = if x[0] < x[1] {
            x[0] * x[1]
        } else {
            x[0] - x[1]
        };
        if y > 1.0 { y.ln() } else { y.square() }
    };
    let retraced = Retraced::new(2, f);
    let rows: Vec<[f64; 2]> = (0..200)
        .map(|k| [f64::from(k % 17) - 8.0, f64::from(k % 11) - 5.0])
        .collect();
    let (values, gradients) = retraced.gradients(&rows).unwrap();
    for (row, x) in rows.iter().enumerate() {
        let (value, slopes) = tape::scope(|| {
            let x = x.map(Var::new);
            let y = f(&x);
            (y.value(), y.backward().of(&x))
        });
        assert_eq!(values[row].to_bits(), value.to_bits());
        assert_eq!(gradients[2 * row..][..2], slopes);
        assert_eq!(retraced.gradient(x).unwrap(), (value, slopes.clone()));
    }
    assert_eq!(retraced.programs(), 4);

    // The first input is the same for all rows.
    for shared in [-1.5, 0.5, 2.0] {
        let seconds: Vec<[f64; 1]> = rows.iter().map(|row| [row[1]]).collect();
        let (sum, slopes) = retraced.sum_gradient(&[shared], &seconds).unwrap();
        let (mut total, mut slope) = (0.0, 0.0);
        for [second] in seconds {
            let (value, gradient) = retraced.gradient(&[shared, second]).unwrap();
            (total, slope) = (total + value, slope + gradient[0]);
        }
        assert!((sum - total).abs() <= 1e-12 * total.abs(), "{sum} {total}");
        assert!((slopes[0] - slope).abs() <= 1e-12 * slope.abs());
    }
    let error = retraced.sum_gradient(&[1.0; 3], &[[0.0; 0]]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "uniform: expected at most 2 values, found 3"
    );
    assert_eq!(
        retraced.sum_gradient(&[1.0], &[[0.0; 1]; 0]).unwrap(),
        (0.0, vec![0.0])
    );

    let constant = Retraced::new(0, |_: &[Var]| Var::from(5.0));
    assert_eq!(
        constant.gradients(&[[0.0; 0]; 2]).unwrap(),
        (vec![5.0; 2], vec![])
    );
    let error = retraced
        .gradients(&[[1.0; 2], [2.0; 2]].map(|row| row[..1].to_vec()))
        .unwrap_err();
    assert_eq!(error.to_string(), "row 0: expected 2 values, found 1");
}

/// Linear interpolation between squares. `index` takes the index from the point.
fn interpolated(x: Var, index: impl Fn(Var) -> usize) -> Var {
    let table = [0.0, 1.0, 4.0, 9.0, 16.0];
    let i = index(x);
    (x - i as f64) * (table[i + 1] - table[i]) + table[i]
}

/// The whole part of a number that is read.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as users write it"
)]
fn read_index(x: Var) -> usize {
    x.value() as usize
}

#[test]
fn a_number_that_was_read_is_checked() {
    let f = Program::trace_at(&[0.5], |x| interpolated(x[0], read_index)).unwrap();
    assert_eq!(f.gradient(&[0.5]).unwrap(), (0.5, vec![1.0]));
    let error = f.gradient(&[2.5]).unwrap_err();
    let read = error.branch().unwrap();
    assert_eq!(
        (read.is_read, read.comparison.as_str()),
        (true, "2.5 traced as 0.5")
    );
    assert!(read.at.file().ends_with("guards.rs"));
    assert!(error.to_string().contains("floor_index"));

    let rows = f.with_uniform_inputs(0).unwrap();
    let error = rows
        .batch(&[[0.5], [0.5], [1.5]])
        .unwrap()
        .gradients(&[])
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.branch().unwrap().row, Some(2));
}

#[test]
fn programs_whose_comparisons_found_the_same_are_kept() {
    let f = Retraced::new(1, |x: &[Var]| {
        let is_positive = x[0].peek() > 0.0;
        let confirmed = if is_positive { x[0] > 0.0 } else { x[0] <= 0.0 };
        assert!(confirmed);
        if is_positive { x[0] } else { -x[0] }
    });
    for _ in 0..2 {
        for x in [2.0, -3.0, 1.0, -0.5] {
            assert_eq!(f.values(&[x]).unwrap(), [x.abs()]);
        }
    }
    assert_eq!(f.programs(), 2);
}

#[test]
fn an_index_is_checked_and_traced_once() {
    let index = |x: Var| x.floor_index().unwrap();
    let f = Program::trace_at(&[0.5], |x| interpolated(x[0], index)).unwrap();
    assert_eq!(f.value(&[0.25]).unwrap(), 0.25);
    for outside in [-0.1, 1.0, 2.5, f64::NAN] {
        assert_eq!(f.value(&[outside]).unwrap_err().kind(), ErrorKind::Branch);
    }
    let message = |f: &Program, x: f64| f.value(&[x]).unwrap_err().to_string();
    let at = f
        .value(&[1.0])
        .unwrap_err()
        .branch()
        .unwrap()
        .at
        .to_string();
    for (outside, comparison) in [
        (f64::NAN, "NaN has no index, traced for 0 <= x < 1"),
        (-0.5, "-0.5 has no index, traced for 0 <= x < 1"),
        (2.5, "2.5 has the index 2, traced for 0 <= x < 1"),
    ] {
        assert_eq!(
            message(&f, outside),
            format!(
                "`floor_index` at {at} found another index than when the program was traced: {comparison}; look up a value by \
                 `gather`, which follows the index and is NaN outside its list; or trace at this point (`trace_at`, for rows `trace_rows_at`) or use `Retraced`"
            )
        );
        let rows = f.with_uniform_inputs(0).unwrap();
        let error = rows
            .batch(&[[0.5], [outside]])
            .unwrap()
            .values(&[])
            .map(|_| ())
            .unwrap_err();
        let branch = error.branch().unwrap();
        assert_eq!(
            (branch.row, branch.is_index, branch.comparison.as_str()),
            (Some(1), true, comparison)
        );
    }
    // Where there is no index, all negative numbers are one branch, with NaN, and all large ones another.
    let is_index = |x: &[Var]| x[0].floor_index().map_or(x[0] * 2.0, |_| x[0]);
    let negative = Program::trace_at(&[-1.5], is_index).unwrap();
    assert_eq!(negative.value(&[-7.0]).unwrap(), -14.0);
    assert!(negative.value(&[f64::NAN]).unwrap().is_nan());
    assert!(message(&negative, -0.0).contains(": -0.0 has the index 0, traced for x < 0 or NaN; "));
    let large = Program::trace_at(&[1e16], is_index).unwrap();
    assert_eq!(large.value(&[f64::INFINITY]).unwrap(), f64::INFINITY);
    assert!(
        message(&large, -1.0).contains(": -1.0 has no index, traced for x >= 9007199254740992; ")
    );
    // The function catches the error of a program whose index changed. Its own program then holds for every other index.
    let inner = Program::trace_at(&[1.5], |x| {
        x[0].floor_index().map_or(x[0], |i| x[0] + i as f64)
    });
    let inner = inner.unwrap();
    let caught = |x: &[Var]| match inner.call(x) {
        Ok(y) => y[0],
        Err(error) => {
            assert!(error.branch().is_some(), "{error}");
            x[0] * 2.0
        }
    };
    let outer = Program::trace_at(&[2.5], caught).unwrap();
    assert_eq!(outer.value(&[3.5]).unwrap(), 7.0);
    assert!(message(&outer, 1.25).contains(": 1.25 has the index 1, traced for any other; "));
    let both = Retraced::new(1, caught);
    for (x, y) in [(2.5, 5.0), (1.25, 2.25), (3.5, 7.0), (1.75, 2.75)] {
        assert_eq!(both.value(&[x]).unwrap(), y);
    }
    assert_eq!(both.programs(), 2);
    let f = Retraced::new(1, |x: &[Var]| interpolated(x[0], index));
    for (x, y, slope) in [
        (0.5, 0.5, 1.0),
        (2.5, 6.5, 5.0),
        (2.75, 7.75, 5.0),
        (3.0, 9.0, 7.0),
    ] {
        assert_eq!(f.gradient(&[x]).unwrap(), (y, vec![slope]));
    }
    assert_eq!(f.programs(), 3);
    for (x, index) in [
        (0.0, Some(0)),
        (-0.0, Some(0)),
        (-0.5, None),
        (1e16, None),
        (f64::NAN, None),
        (7.999, Some(7)),
    ] {
        assert_eq!(Var::new(x).floor_index(), index);
        assert_eq!(Var::from(x).floor_index(), index);
    }
}

#[test]
fn decisions_by_numbers_are_right_or_refused() {
    // A branch, a loop until convergence, and a count, each decided by plain numbers.
    let branch = |x: &[Var]| {
        if x[0].value() > 0.0 {
            x[0].square()
        } else {
            -x[0]
        }
    };
    let halved = |x: &[Var]| {
        let mut y = x[0].square();
        while y.value() > 0.1 {
            y *= 0.5;
        }
        y
    };
    let power = |x: &[Var]| {
        let mut y = x[0];
        for _ in 0..read_index(x[0]) {
            y *= x[0];
        }
        y
    };
    let slope = |x: &[Var]| x[0] * x[0].square().backward()[x[0]];
    let nested = |x: &[Var]| {
        let k = x[0].value();
        x[0] * derive::gradient(|z| z[0].square() * k, &[3.0]).unwrap().0
    };
    let functions: [fn(&[Var]) -> Var; 5] = [branch, halved, power, slope, nested];
    for f in functions {
        let traced = Program::trace_at(&[1.5], f).unwrap();
        let retraced = Retraced::new(1, f);
        let numbers = [[1.5], [-1.5], [2.5], [0.25], [4.0]];
        for x in numbers {
            let right = derive::gradient(f, &x).unwrap();
            match traced.gradient(&x) {
                Ok(found) => assert_eq!(found, right),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Branch),
            }
            assert_eq!(retraced.gradient(&x).unwrap(), right);
        }
        assert_eq!(retraced.programs(), 0);
        let (values, slopes) = retraced.gradients(&numbers).unwrap();
        for ((value, slope), x) in values.iter().zip(&slopes).zip(numbers) {
            assert_eq!((*value, vec![*slope]), derive::gradient(f, &x).unwrap());
        }
    }
}

#[test]
fn shown_numbers_are_not_checked() {
    let f = Program::trace_at(&[2.0], |x| {
        let _shown = format!("{} {:?} {}", x[0], x[0], x[0].peek());
        x[0].square()
    });
    assert_eq!(f.unwrap().value(&[3.0]).unwrap(), 9.0);
}

#[test]
fn compiled_graphs_know_their_branches() {
    tape::clear();
    let (x, limit) = (Var::new(2.0), Var::new(1.0));
    let y = if x > limit { x.square() } else { -x };
    let f = Program::compile(&[x, limit], &[y]).unwrap();
    assert_eq!(f.gradient(&[3.0, 0.0]).unwrap(), (9.0, vec![6.0, 0.0]));
    assert_eq!(f.value(&[0.5, 1.0]).unwrap_err().kind(), ErrorKind::Branch);

    // Comparisons of freed values are forgotten, others stay, whether made in a scope or not.
    let z = tape::scope(|| {
        let inner = x * 3.0;
        assert!(inner > 1.0 && x > -5.0);
        inner.value()
    });
    assert_eq!(z, 6.0);
    let f = Program::compile(&[x, limit], &[y]).unwrap();
    assert_eq!(f.value(&[-4.0, -6.0]).unwrap(), 16.0);
    assert_eq!(
        f.value(&[-6.0, -7.0]).unwrap_err().kind(),
        ErrorKind::Branch
    );

    tape::clear();
    let x = Var::new(2.0);
    let f = Program::compile(&[x], &[x.square()]).unwrap();
    assert_eq!(f.value(&[-6.0]).unwrap(), 36.0);

    let (graph, (x, y)) = tape::record(|| {
        let x = Var::new(2.0);
        (x, if x < 0.0 { -x } else { x })
    });
    let f = Program::compile_graph(&graph, &[x], &[y]).unwrap();
    assert_eq!(f.value(&[-1.0]).unwrap_err().kind(), ErrorKind::Branch);
}

#[test]
fn a_graph_with_an_opaque_function_is_right_or_refused() {
    tape::clear();
    let x = Var::new(3.0);
    let y = derive::opaque(&[x], |x| (x[0] * x[0], vec![2.0 * x[0]])).unwrap();
    let f = Program::compile(&[x], &[y]).unwrap();
    assert_eq!(f.gradient(&[3.0]).unwrap(), (9.0, vec![6.0]));
    assert!(f.gradient(&[4.0]).unwrap_err().branch().unwrap().is_read);
}
