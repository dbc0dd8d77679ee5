//! Tests the interpreter against a minimal backend, which computes one value after another with the table's own functions.
//! Both must have the same bits.

use std::fmt;
use std::sync::Arc;

use chainrule::backend::{Backend, Block, Executable, Layout, Machine, Place, Source};
use chainrule::ir::{Class, Ir, Kind};
use chainrule::{Level, Program, Var};
use proptest::prelude::*;

use super::compare::same;
use super::expression::Expression;

/// A backend that computes every value separately.
#[derive(Debug)]
struct OneByOne;

#[derive(Debug)]
struct Compiled {
    ir: Ir,
    layout: Layout,
    /// The place of each value.
    places: Vec<Place>,
    /// Whether a value is known only after all rows.
    late: Vec<bool>,
}

impl Backend for OneByOne {
    fn compile(&self, ir: &Ir, _: Level) -> Arc<dyn Executable> {
        let classes = ir.classes();
        let is_sum = |id: u32| ir.kind(id) == Kind::SumOverRows;
        let mut places = vec![Place::Shared(0); ir.len()];
        let mut late = vec![false; ir.len()];
        let uniform = ir.inputs().iter().filter(|&&class| class == Class::Uniform);
        let uniform = uniform.count();
        let mut shared = vec![0.0; uniform];
        for id in ir.ids().filter(|&id| is_sum(id)) {
            places[id as usize] = Place::Shared(shared.len() as u32);
            shared.push(0.0);
        }
        let sums = uniform..shared.len();
        for id in ir.ids().filter(|&id| !is_sum(id)) {
            let before = |class| {
                let inputs = ir.inputs().iter();
                move |index: u32| {
                    inputs.take(index as usize).filter(|&&c| c == class).count() as u32
                }
            };
            places[id as usize] = match (classes[id as usize], ir.kind(id)) {
                (Class::Varying, Kind::Input(index)) => Place::Input(before(Class::Varying)(index)),
                (Class::Varying, _) => Place::Row(id),
                (_, Kind::Input(index)) => Place::Shared(before(Class::Uniform)(index)),
                _ => {
                    shared.push(ir.constant(id).unwrap_or(0.0));
                    Place::Shared(shared.len() as u32 - 1)
                }
            };
        }
        for id in ir.ids() {
            let mut operands = ir.operands(id).iter();
            late[id as usize] = is_sum(id) || operands.any(|&operand| late[operand as usize]);
        }
        let place = |id: &u32| places[*id as usize];
        let outputs: Vec<Place> = ir.outputs().iter().map(place).collect();
        let guards = ir
            .guards()
            .iter()
            .map(|sides| sides.map(|id| places[id as usize]));
        let layout = Layout::new(shared, uniform, sums, &outputs, guards.collect());
        Arc::new(Compiled {
            ir: ir.clone(),
            layout,
            places,
            late,
        })
    }
}

impl fmt::Display for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ir.fmt(f)
    }
}

impl Executable for Compiled {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn machine(self: Arc<Self>) -> Box<dyn Machine> {
        let rows = vec![Vec::new(); self.ir.len()];
        Box::new(Running { code: self, rows })
    }

    fn work(&self) -> usize {
        self.ir.len()
    }

    fn bytes(&self) -> usize {
        size_of_val(&self.places[..])
    }
}

#[derive(Debug)]
struct Running {
    code: Arc<Compiled>,
    /// The lanes of each varying value.
    rows: Vec<Vec<f64>>,
}

impl Running {
    /// Computes the shared values that are known before the rows, or those that are known after them.
    fn uniform(&self, shared: &mut [f64], late: bool) {
        let Compiled {
            ir,
            places,
            late: is_late,
            ..
        } = &*self.code;
        for id in ir.ids() {
            if let (Kind::Apply(op), Place::Shared(slot)) = (ir.kind(id), places[id as usize])
                && is_late[id as usize] == late
            {
                let operand = |&operand: &u32| match places[operand as usize] {
                    Place::Shared(slot) => shared[slot as usize],
                    _ => f64::NAN,
                };
                let operands: Vec<f64> = ir.operands(id).iter().map(operand).collect();
                shared[slot as usize] = op.apply(&operands).unwrap();
            }
        }
    }
}

impl Machine for Running {
    fn before(&mut self, shared: &mut [f64]) {
        self.uniform(shared, false);
    }

    fn block(&mut self, shared: &[f64], block: &Block<'_>, sums: &mut [f64]) {
        let code = Arc::clone(&self.code);
        let mut sum = 0;
        for id in code.ir.ids() {
            let operands = code.ir.operands(id);
            let value = |machine: &Self, operand: u32, row: usize| {
                let place = code.places[operand as usize];
                machine.lanes(shared, block, place).at(row)
            };
            match code.ir.kind(id) {
                Kind::Apply(op) if code.places[id as usize] == Place::Row(id) => {
                    let lanes = (0..block.lanes).map(|row| {
                        let operands = operands.iter().map(|&operand| value(self, operand, row));
                        op.apply(&operands.collect::<Vec<f64>>()).unwrap()
                    });
                    self.rows[id as usize] = lanes.collect();
                }
                Kind::SumOverRows if !sums.is_empty() => {
                    let mut total = 0.0;
                    for pair in operands.chunks(2) {
                        for row in 0..block.count {
                            let [u, p] =
                                [pair[0], pair[1]].map(|operand| value(self, operand, row));
                            if u != 0.0 && p != 0.0 {
                                total = f64::mul_add(u, p, total);
                            }
                        }
                    }
                    sums[sum] = total;
                    sum += 1;
                }
                _ => {}
            }
        }
    }

    fn lanes<'a>(&'a self, shared: &'a [f64], block: &Block<'a>, place: Place) -> Source<'a> {
        match place {
            Place::Shared(slot) => Source::Splat(shared[slot as usize]),
            Place::Input(index) => {
                Source::Slice(&block.inputs[index as usize * block.lanes..][..block.lanes])
            }
            Place::Row(id) => Source::Slice(&self.rows[id as usize]),
        }
    }

    fn after(&mut self, shared: &mut [f64]) {
        self.uniform(shared, true);
    }
}

fn all_same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| same(a, b))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_interpreter_has_the_bits_of_another_backend(
        e in Expression::any(12, false),
        uniform in 0..4_usize,
        rows in prop::collection::vec(prop::array::uniform4(-2.0..2.0), 0..140),
    ) {
        let uniform = uniform.min(e.inputs.len());
        let width = e.inputs.len() - uniform;
        prop_assume!(width <= 4);
        let (p, row) = e.inputs.split_at(uniform);
        let interpreted = Program::trace_rows_at(p, row, |p, row| {
            let inputs: Vec<Var> = p.iter().chain(row).copied().collect();
            e.evaluate(&inputs)
        })
        .unwrap();
        let other = interpreted.with_backend(Arc::new(OneByOne));
        let (value, gradient, hessian) = interpreted.hessian(&e.inputs).unwrap();
        let (value_too, gradient_too, hessian_too) = other.hessian(&e.inputs).unwrap();
        prop_assert!(same(value, value_too) && all_same(&gradient, &gradient_too) && all_same(&hessian, &hessian_too));

        let rows: Vec<&[f64]> = rows.iter().map(|row| &row[..width]).collect();
        let [mut ours, mut theirs] = [&interpreted, &other].map(|program| program.batch(&rows).unwrap());
        let (a, b) = (ours.gradients(p).unwrap(), theirs.gradients(p).unwrap());
        prop_assert!(all_same(a.0, b.0) && all_same(a.1, b.1));
        let (a, b) = (ours.sum_hessian(p).unwrap(), theirs.sum_hessian(p).unwrap());
        prop_assert!(same(a.0, b.0) && all_same(a.1, b.1) && all_same(a.2, b.2), "{a:?}\n{b:?}\n{interpreted}");
    }
}

#[test]
fn guards_hold_in_any_backend() {
    let f = |x: &[Var]| if x[0] > 0.0 { x[0].ln() } else { x[0] };
    let program = Program::trace_at(&[1.0], f)
        .unwrap()
        .with_backend(Arc::new(OneByOne));
    assert_eq!(program.value(&[1.0]).unwrap(), 0.0);
    let error = program
        .batch(&[[1.0], [2.0], [-1.0]])
        .unwrap()
        .values(&[])
        .unwrap_err();
    assert!(error.to_string().contains("row 2"), "{error}");
}

/// Forgets the comparisons.
#[derive(Debug)]
struct Forgetful;

impl Backend for Forgetful {
    fn compile(&self, ir: &Ir, level: Level) -> Arc<dyn Executable> {
        let Layout {
            shared,
            uniform,
            sums,
            ..
        } = OneByOne.compile(ir, level).layout().clone();
        Arc::new(Compiled {
            ir: ir.clone(),
            layout: Layout::new(shared, uniform, sums, &[Place::Shared(0)], Vec::new()),
            places: vec![Place::Shared(0); ir.len()],
            late: vec![false; ir.len()],
        })
    }
}

#[test]
#[should_panic(expected = "the backend has places for 0 comparisons of 1")]
fn a_backend_without_guards_is_refused() {
    let f = |x: &[Var]| if x[0] > 0.0 { x[0].ln() } else { x[0] };
    let program = Program::trace_at(&[1.0], f)
        .unwrap()
        .with_backend(Arc::new(Forgetful));
    let _ = program.value(&[-1.0]);
}
