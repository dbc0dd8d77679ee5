//! Tests the text of programs in other languages. The C is compiled with `cc`, which Rust itself needs to link programs, and
//! the Rust with `rustc`.

mod c;
mod compiled;
mod latex;
mod loops;
mod rust;

use chainrule::op::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};
use chainrule::{Mode, Program, Transform, Var};
use proptest::prelude::{Strategy, any, prop};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::expression::{Expression, Operand, arity};

use compiled::{BEFORE, Case, Language, compiled};

/// The questions that add no inputs.
const QUESTIONS: [Transform; 4] = [
    Transform::Values,
    Transform::Gradient,
    Transform::Jacobian(Mode::Cheaper),
    Transform::Hessian,
];

/// Compares each function with the engine at each point, bit by bit. Returns the number of comparisons.
fn compare(name: &str, language: Language, cases: &[Case]) -> usize {
    let mut compared = 0;
    for (case, answers) in cases.iter().zip(compiled(name, language, cases)) {
        for (point, answer) in case.points.iter().zip(answers) {
            let (about, question) = (&case.about, case.question);
            let Ok(expected) = case.expected(point) else {
                assert!(answer.returned > 0, "{about}, {question:?} at {point:?}");
                assert!(answer.outputs.iter().all(|&output| output == BEFORE));
                continue;
            };
            assert_eq!(answer.returned, 0, "{about}, {question:?} at {point:?}");
            assert_eq!(answer.outputs.len(), expected.len());
            for (place, (got, want)) in answer.outputs.iter().zip(&expected).enumerate() {
                assert!(
                    got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                    "{about}, {question:?} at {point:?}: output {place} is {got}, not {want}"
                );
                compared += 1;
            }
        }
    }
    compared
}

/// The operations whose bits C must have: arithmetic and comparisons.
fn arithmetic() -> Vec<Op> {
    use BinaryOp::{Add, Chain, Div, Greater, LessEqual, Max, Min, Mul, NotEqual, Sub};
    use NaryOp::{Adjoint, ArgmaxOf, ArgminOf, Dot, Gather, MaxOf, Mean, MinOf, Product, Sum};
    use TernaryOp::{ChainAdd, Chosen, Clamp, MulAdd, Select};
    use UnaryOp::{Abs, Ceil, Floor, Neg, Recip, Relu, Round, Sign, Sqrt, Square, Trunc};
    let unary = [
        Abs, Ceil, Floor, Neg, Recip, Relu, Round, Sign, Sqrt, Square, Trunc,
    ];
    let binary = [
        Add, Chain, Div, Greater, LessEqual, Max, Min, Mul, NotEqual, Sub,
    ];
    let ternary = [ChainAdd, Chosen, Clamp, MulAdd, Select];
    let nary = [
        Adjoint, ArgmaxOf, ArgminOf, Dot, Gather, MaxOf, Mean, MinOf, Product, Sum,
    ];
    let all = unary.map(Op::Unary).into_iter();
    let all = all.chain(binary.map(Op::Binary));
    let all = all.chain(ternary.map(Op::Ternary));
    all.chain(nary.map(Op::Nary)).collect()
}

/// Expressions of these operations, with three inputs.
fn expressions(ops: Vec<Op>) -> impl Strategy<Value = Expression> {
    let step = (
        prop::sample::select(ops),
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

/// Random functions of these operations at ordinary and extreme points, with every question of them.
fn random_cases(runner: &mut TestRunner, ops: &[Op], count: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for _ in 0..count {
        let tree = expressions(ops.to_vec()).new_tree(runner);
        let e = tree.unwrap().current();
        let f = Program::trace(3, |x| e.evaluate(x)).unwrap();
        let point = prop::array::uniform3(-4.0..4.0_f64);
        let mut points: Vec<Vec<f64>> = (0..4)
            .map(|_| point.new_tree(runner).unwrap().current().to_vec())
            .collect();
        points.extend([vec![0.0, -0.0, f64::NAN], vec![f64::INFINITY, -1.0, 5e-324]]);
        for question in QUESTIONS {
            cases.push(Case {
                about: format!("{e:?}"),
                f: f.clone(),
                question,
                points: points.clone(),
            });
        }
    }
    cases
}

/// A function with every kind of comparison.
fn branches() -> Program {
    Program::trace_at(&[1.0, 2.0], |x| {
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
        for index in [y * 2.0, y - 2.25, y * 1e16].map(Var::floor_index) {
            value += index.map_or(0.5, |index| index as f64);
        }
        value
    })
    .unwrap()
}

/// Points on every side of its comparisons.
const SIDES: [&[f64]; 8] = [
    &[1.0, 2.0],
    &[1.0, 2.125],
    &[1.0, 2.25],
    &[1.0, 3.0],
    &[3.0, 2.0],
    &[0.25, 2.0],
    &[0.75, 2.0],
    &[f64::NAN, 2.0],
];

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

/// Each language says which comparison changed, and writes nothing.
fn check_branches(language: Language) {
    let f = branches();
    let guards = i32::try_from(f.ir().guards().len()).unwrap();
    let case = Case::values("branches", &f, &SIDES);
    let answers = compiled("branches", language, std::slice::from_ref(&case)).remove(0);
    let mut changed = 0;
    for (point, answer) in case.points.iter().zip(answers) {
        if let Ok(values) = f.values(point) {
            assert_eq!((answer.returned, answer.outputs), (0, values), "{point:?}");
        } else {
            assert!(
                (1..=guards).contains(&answer.returned),
                "{point:?}: {answer:?}"
            );
            assert_eq!(answer.outputs, [BEFORE]);
            changed += 1;
        }
    }
    assert_eq!(changed, 6);
}

/// Names of inputs that would leave a comment.
const HOSTILE: [&str; 6] = ["*/ int evil;", "a\\", "line\nbreak", "??/", "/*", "// }"];

/// Functions whose inputs have such names.
fn hostile_cases() -> Vec<Case> {
    let case = |name: &str| {
        let f = Program::trace(1, |x| x[0].named(name) * 2.0).unwrap();
        Case::values(name, &f, &[&[3.0]])
    };
    HOSTILE.into_iter().map(case).collect()
}

/// Functions without inputs, without outputs, and without either.
fn empty_cases() -> Vec<Case> {
    let none: [f64; 0] = [];
    let constant = Program::trace(0, |_| Var::from(2.5)).unwrap();
    let without_outputs = Program::trace(2, |_| Vec::<Var>::new()).unwrap();
    let nothing = Program::trace(0, |_| Vec::<Var>::new()).unwrap();
    let unused = Program::trace(2, |x| x[1]).unwrap();
    vec![
        Case::values("a constant", &constant, &[&none]),
        Case::values("no outputs", &without_outputs, &[&[1.0, 2.0]]),
        Case::values("nothing", &nothing, &[&none]),
        Case {
            question: Transform::Gradient,
            ..Case::values("an unused input", &unused, &[&[1.0, 2.0]])
        },
    ]
}

/// Questions that add inputs.
fn directions() -> Vec<Case> {
    let f = Program::trace(2, |x| [x[0] * x[1], x[0].square() / x[1]]).unwrap();
    [Transform::Jvp, Transform::Hvp]
        .map(|question| Case {
            question,
            ..Case::values(
                "directions",
                &f,
                &[&[3.0, 2.0, 1.0, 10.0], &[0.1, 7.0, -2.0, 0.0]],
            )
        })
        .to_vec()
}
