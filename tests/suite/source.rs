//! Tests the text of programs in other languages. The C is compiled with `cc`, which Rust itself needs to link programs.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, process};

use chainrule::op::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};
use chainrule::{Level, Program, Transform, Var, tape};
use proptest::prelude::{Strategy, any, prop};
use proptest::strategy::ValueTree;

use crate::expression::{Expression, Operand, all_ops, arity};
use crate::page::agreement::{operands, runner};

/// A program in C, the points at which it is called, and what Rust finds there.
struct Case {
    about: String,
    code: Program,
    points: Vec<Vec<f64>>,
}

/// What a function in C returns and writes.
#[derive(Debug)]
struct Answer {
    returned: i32,
    outputs: Vec<f64>,
}

/// Compiles all cases as one program, with warnings as errors, and calls each function at its points.
fn in_c(name: &str, cases: &[Case]) -> Vec<Vec<Answer>> {
    let folder = env::temp_dir().join(format!("chainrule-source-{name}-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut main = String::from("#include <stdio.h>\n#include <stdint.h>\n#include <string.h>\n");
    let mut calls = String::new();
    for (i, case) in cases.iter().enumerate() {
        let file = folder.join(format!("f{i}.c"));
        fs::write(&file, case.code.to_c(&format!("f{i}")).unwrap()).unwrap();
        let _ = writeln!(main, "#include {:?}", file.display().to_string());
        for point in &case.points {
            let bits: Vec<String> = point
                .iter()
                .map(|x| format!("{:#x}ull", x.to_bits()))
                .collect();
            let (bits, outputs) = (bits.join(", "), case.code.outputs());
            let _ = writeln!(
                calls,
                "{{ uint64_t bits[] = {{{bits}}}; call(f{i}, bits, {}, {outputs}); }}",
                point.len()
            );
        }
    }
    main.push_str(
        "static void call(int (*f)(const double *, double *), const uint64_t *bits, int n, int m) {\n\
         double x[64], y[256]; memcpy(x, bits, n * sizeof *x);\n\
         for (int i = 0; i < m; i++) y[i] = -7.0;\n\
         printf(\"%d\", f(x, y));\n\
         for (int i = 0; i < m; i++) { uint64_t out; memcpy(&out, &y[i], 8); printf(\" %llx\", (unsigned long long)out); }\n\
         printf(\"\\n\"); }\n",
    );
    let _ = writeln!(main, "int main(void) {{\n{calls}return 0; }}");
    let (source, binary) = (folder.join("main.c"), folder.join("main"));
    fs::write(&source, main).unwrap();
    let text = run(Command::new("cc")
        .args([
            "-std=c99",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-ffp-contract=off",
            "-o",
        ])
        .args([&binary, &source])
        .arg("-lm"))
        + &run(&mut Command::new(PathBuf::from(&binary)));
    fs::remove_dir_all(&folder).unwrap();
    let mut lines = text.lines();
    let answer = |line: &str| {
        let (returned, outputs) = line.split_once(' ').unwrap_or((line, ""));
        let number = |bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        Answer {
            returned: returned.parse().unwrap(),
            outputs: outputs
                .split(' ')
                .filter(|bits| !bits.is_empty())
                .map(number)
                .collect(),
        }
    };
    let answers = |case: &Case| {
        case.points
            .iter()
            .map(|_| answer(lines.next().unwrap()))
            .collect()
    };
    cases.iter().map(answers).collect()
}

/// The standard output of a command that must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the C compiler `cc` runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A program and the programs of its first and second derivatives.
fn derivatives(f: &Program) -> [Program; 3] {
    let of = |transform| f.transform(transform).unwrap();
    [f.clone(), of(Transform::Gradient), of(Transform::Hessian)]
}

/// Orders of the derivatives of ln Φ and ln erfc that C does not compute.
fn is_beyond(op: Op, point: &[f64], order: usize) -> bool {
    let first = match op {
        Op::Unary(UnaryOp::LogErfc | UnaryOp::LogNormalCdf) => 0.0,
        Op::Binary(BinaryOp::LogErfcDerivative | BinaryOp::LogNormalCdfDerivative) => point[1],
        _ => return false,
    };
    first + order as f64 > 2.0
}

#[test]
fn every_operation_and_its_slopes_agree_in_c() {
    let mut runner = runner();
    let (mut cases, mut ops) = (Vec::new(), Vec::new());
    for op in all_ops() {
        let inputs = arity(op).unwrap_or(4);
        let f = Program::trace(inputs, |x| op.apply(x).unwrap()).unwrap();
        let points: Vec<Vec<f64>> = (0..60).map(|_| operands(op, &mut runner)).collect();
        for (order, code) in derivatives(&f).into_iter().take(2).enumerate() {
            let points = points.clone();
            ops.push((op, order));
            cases.push(Case {
                about: format!("{op:?}, order {order}"),
                code,
                points,
            });
        }
    }
    let mut compared = 0;
    for ((case, (op, order)), answers) in cases.iter().zip(ops).zip(in_c("operations", &cases)) {
        for (point, answer) in case.points.iter().zip(answers) {
            assert_eq!(answer.returned, 0);
            let expected = case.code.values(point).unwrap();
            for (&got, &want) in answer.outputs.iter().zip(&expected) {
                let close = got == want || (got - want).abs() <= 1e-12 * want.abs().max(0.01);
                let unknown = got.is_nan() && (want.is_nan() || is_beyond(op, point, order));
                assert!(
                    close || unknown,
                    "{} at {point:?}: {got}, not {want}",
                    case.about
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 15_000, "{compared}");
}

/// The operations whose bits C must have: arithmetic and comparisons.
fn exact() -> Vec<Op> {
    use BinaryOp::{Add, Chain, Div, Greater, LessEqual, Max, Min, Mul, NotEqual, Sub};
    use NaryOp::{Adjoint, Dot, MaxOf, Mean, MinOf, Product, Sum};
    use TernaryOp::{ChainAdd, Clamp, MulAdd, Select};
    use UnaryOp::{Abs, Floor, Neg, Recip, Relu, Round, Sign, Sqrt, Square};
    let unary = [Abs, Floor, Neg, Recip, Relu, Round, Sign, Sqrt, Square].map(Op::Unary);
    let binary = [
        Add, Chain, Div, Greater, LessEqual, Max, Min, Mul, NotEqual, Sub,
    ]
    .map(Op::Binary);
    let ternary = [ChainAdd, Clamp, MulAdd, Select].map(Op::Ternary);
    let nary = [Adjoint, Dot, MaxOf, Mean, MinOf, Product, Sum].map(Op::Nary);
    unary
        .into_iter()
        .chain(binary)
        .chain(ternary)
        .chain(nary)
        .collect()
}

/// Expressions of these operations, with three inputs.
fn expressions() -> impl Strategy<Value = Expression> {
    let step = (
        prop::sample::select(exact()),
        any::<[u8; 4]>(),
        prop::option::weighted(0.2, -3.0..3.0),
    );
    prop::collection::vec(step, 1..12).prop_map(|steps| {
        let steps = steps
            .into_iter()
            .enumerate()
            .map(|(place, (op, chosen, constant))| {
                let values = |byte: u8| Operand::Value(usize::from(byte) % (place + 3));
                let mut operands: Vec<Operand> = chosen.into_iter().map(values).collect();
                operands.truncate(arity(op).unwrap_or(4));
                if let Some(number) = constant {
                    operands[0] = Operand::Constant(number);
                }
                (op, operands)
            });
        Expression::new(vec![0.5, -1.5, 2.0], steps.collect())
    })
}

#[test]
fn arithmetic_has_the_same_bits_in_c() {
    let mut runner = runner();
    let mut cases = Vec::new();
    for _ in 0..60 {
        let e = expressions().new_tree(&mut runner).unwrap().current();
        let f = Program::trace(3, |x| e.evaluate(x)).unwrap();
        let point = prop::array::uniform3(-4.0..4.0_f64);
        let mut points: Vec<Vec<f64>> = (0..4)
            .map(|_| point.new_tree(&mut runner).unwrap().current().to_vec())
            .collect();
        points.extend([vec![0.0, -0.0, f64::NAN], vec![f64::INFINITY, -1.0, 5e-324]]);
        for code in derivatives(&f) {
            cases.push(Case {
                about: format!("{e:?}"),
                code,
                points: points.clone(),
            });
        }
    }
    for (case, answers) in cases.iter().zip(in_c("arithmetic", &cases)) {
        for (point, answer) in case.points.iter().zip(answers) {
            let expected = case.code.values(point).unwrap();
            for (got, want) in answer.outputs.iter().zip(&expected) {
                let same = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
                assert!(same, "{} at {point:?}: {got}, not {want}", case.about);
            }
        }
    }
}

#[test]
fn another_branch_is_returned_and_nothing_is_written() {
    let branches = Program::trace_at(&[1.0, 2.0], |x| {
        let [x, y] = [x[0], x[1]];
        let mut value = x * y;
        for holds in [
            x < y,
            x > 0.5,
            x <= 1.0,
            x >= 1.0,
            x == 1.0,
            x.total_cmp_of(y),
        ] {
            value = if holds { value + 1.0 } else { value * 2.0 };
        }
        value + x.floor_index().map_or(0.0, |floor| floor as f64)
    })
    .unwrap();
    let guards = i32::try_from(branches.ir().guards().len()).unwrap();
    let points = [
        [1.0, 2.0],
        [1.0, 3.0],
        [3.0, 2.0],
        [0.25, 2.0],
        [0.75, 2.0],
        [f64::NAN, 2.0],
    ];
    let points: Vec<Vec<f64>> = points.iter().map(|point| point.to_vec()).collect();
    let case = Case {
        about: String::new(),
        code: branches.clone(),
        points,
    };
    let answers = in_c("branches", std::slice::from_ref(&case)).remove(0);
    for (point, answer) in case.points.iter().zip(answers) {
        if let Ok(values) = branches.values(point) {
            assert_eq!((answer.returned, answer.outputs), (0, values), "{point:?}");
        } else {
            assert!(
                (1..=guards).contains(&answer.returned),
                "{point:?}: {answer:?}"
            );
            assert_eq!(answer.outputs, [-7.0]);
        }
    }
    let code = branches.to_c("f").unwrap();
    assert!(
        code.contains("source.rs:"),
        "the places of comparisons are named"
    );
}

/// The comparison that sorting makes.
trait TotalCmp {
    fn total_cmp_of(self, other: Self) -> bool;
}

impl TotalCmp for Var {
    fn total_cmp_of(self, other: Self) -> bool {
        self.partial_cmp(&other)
            .is_some_and(std::cmp::Ordering::is_lt)
    }
}

#[test]
fn names_cannot_leave_their_comments() {
    for name in ["*/ int evil;", "a\\", "line\nbreak", "??/", "/*"] {
        let f = Program::trace(1, |x| x[0].named(name) * 2.0).unwrap();
        let points = vec![vec![3.0]];
        let case = Case {
            about: name.to_owned(),
            code: f,
            points,
        };
        let answers = in_c("names", std::slice::from_ref(&case));
        assert_eq!(answers[0][0].outputs, [6.0], "{name}");
    }
    let f = Program::trace(1, |x| x[0] * 2.0).unwrap();
    for name in ["", "2x", "a-b", "größe", "a b"] {
        let error = f.to_c(name).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("name: expected letters of ASCII, digits and _, found `{name}`")
        );
    }
    for name in ["for", "main", "exp", "fmaf", "memcpy", "isnan", "NAN", "y1"] {
        let error = f.to_c(name).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("name: the name is taken or reserved in C, found `{name}`")
        );
    }
    assert!(f.to_c("fprime").is_ok());
    assert!(f.to_c("_f2").unwrap().contains("int _f2("));
}

fn latex_of(f: impl FnOnce([Var; 3]) -> Var) -> String {
    let f = Program::trace(3, |x| {
        f([
            x[0].named("a"),
            x[1].named("alpha2"),
            x[2].named("the_rest"),
        ])
    });
    let text = f.unwrap().at_level(Level::Fast).to_latex(&["f"]).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        (lines[0], lines[lines.len() - 1]),
        ("\\begin{aligned}", "\\end{aligned}")
    );
    lines[1..lines.len() - 1].join("\n")
}

#[test]
fn latex_has_the_parentheses_that_it_needs() {
    let rest = r"\text{the\_rest}";
    assert_eq!(
        latex_of(|[a, b, c]| (a - (b - c)) / (b * c)),
        format!(
            r"f &= \frac{{a - \left(\alpha_{{2}} - {rest}\right)}}{{\alpha_{{2}} \cdot {rest}}}"
        )
    );
    assert_eq!(
        latex_of(|[a, _, _]| (-a).powi(2)),
        r"f &= \left(-a\right)^{2}"
    );
    assert_eq!(latex_of(|[a, _, _]| -(a.powi(2))), r"f &= -a^{2}");
    assert_eq!(
        latex_of(|[a, b, _]| a.pow(b).pow(a)),
        r"f &= \left(a^{\alpha_{2}}\right)^{a}"
    );
    assert_eq!(
        latex_of(|[a, b, _]| (a + b).sin().exp().recip()),
        r"f &= \frac{1}{e^{\sin\left(a + \alpha_{2}\right)}}"
    );
    assert_eq!(
        latex_of(|[a, b, _]| a.less(b).select(a, 2e-30)),
        "f &= \\begin{cases} a & \\text{if } a < \\alpha_{2} \\\\ 2 \\cdot 10^{-30} & \\text{otherwise} \\end{cases}"
    );
    assert_eq!(
        latex_of(|[a, _, _]| a * std::f64::consts::PI - f64::INFINITY),
        r"f &= a \cdot \pi - \infty"
    );
}

#[test]
fn latex_names_what_is_used_twice() {
    let text = latex_of(|[a, b, _]| {
        let shared = (a * b).exp();
        shared.sin() * shared
    });
    assert_eq!(
        text,
        "v_{1} &= e^{a \\cdot \\alpha_{2}} \\\\\nf &= \\sin\\left(v_{1}\\right) \\cdot v_{1}"
    );
    let f = Program::trace(1, |x| x[0].powi(5)).unwrap();
    let slope = f
        .transform(Transform::Gradient)
        .unwrap()
        .to_latex(&["f'"])
        .unwrap();
    assert_eq!(slope.lines().nth(1), Some(r"f' &= 5 \cdot x_{0}^{4}"));
    assert_eq!(
        f.to_latex(&[]).unwrap_err().to_string(),
        "outputs: expected 1 value, found 0"
    );
}

#[test]
fn lines_of_latex_stay_short_and_the_text_grows_with_the_code() {
    let text = |n: usize| {
        let chain =
            tape::scope(|| Program::trace(1, |x| (0..n).fold(x[0], |y, _| (y + 1.5).sin())));
        chain.unwrap().to_latex(&["f"]).unwrap()
    };
    let (short, long) = (text(1000), text(4000));
    assert!(long.lines().all(|line| line.len() < 600));
    assert!(
        long.len() < 5 * short.len(),
        "{} and {}",
        short.len(),
        long.len()
    );
}
