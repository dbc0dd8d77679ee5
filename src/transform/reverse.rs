//! Reverse mode as code, from outputs back to inputs. Each adjoint is a value.
//!
//! The adjoint of a value is the sum `Σ u·p` over its uses, the latest first. The order and the rounding are those of the
//! tape's sweep, so the bits are the same. Values are merged only afterwards, so every use has its own term.

use smallvec::SmallVec;

use super::outputs;
use super::parts::Parts;
use crate::error::Result;
use crate::ir::{Class, Id, Ir, Kind, Symbol, extend, len, push};
use crate::op::{Op, Scalar, chain, rows};

/// Marks the term of a varying value that uses a shared one: such terms are added over all rows.
const BY_ROW: Id = 1 << 31;

/// The first output and its gradient.
pub(super) fn gradient(ir: &Ir) -> Result<(Ir, Parts)> {
    let (first, variables) = (outputs::first(ir)?, ir.variables());
    let mut gradient = append_adjoints(ir, &[(first, Symbol::ONE)], &variables);
    gradient.outputs.drain(1..ir.outputs.len());
    Ok((gradient, Parts::new(&[1, variables.len()], 1)))
}

/// All outputs, and the derivatives of their weighted sum. The weights are new inputs.
pub(super) fn vjp(ir: &Ir) -> (Ir, Parts) {
    let classes = ir.classes();
    weighted(ir.clone(), |y| classes[y as usize].max(Class::Uniform))
}

/// Like [`vjp`], but `class` gives the class of each output's weight.
pub(super) fn weighted(mut ir: Ir, class: impl Fn(Id) -> Class) -> (Ir, Parts) {
    let (outputs, variables) = (ir.outputs.clone(), ir.variables());
    let seed = |&y: &Id| (y, Symbol::Value(ir.push_input(class(y))));
    let seeds: Vec<(Id, Symbol)> = outputs.iter().map(seed).collect();
    let ir = append_adjoints(&ir, &seeds, &variables);
    (ir, Parts::new(&[outputs.len(), variables.len()], 1))
}

/// Appends the derivatives of `Σ seed·value` with respect to these inputs, in their order, to the code and its outputs.
pub(super) fn append_adjoints(ir: &Ir, seeds: &[(Id, Symbol)], variables: &[u32]) -> Ir {
    append_adjoints_over(ir, seeds, variables, false)
}

/// Like [`append_adjoints`]. If `many`, every row has its own seeds, and the derivatives with respect to uniform inputs are
/// sums over rows.
pub(super) fn append_adjoints_over(
    ir: &Ir,
    seeds: &[(Id, Symbol)],
    variables: &[u32],
    many: bool,
) -> Ir {
    let (mut work, (adjoints, passed)) = extend(ir.with_room(3), || {
        let mut sweep = Sweep::new(ir, variables);
        sweep.sums |= many;
        for &(id, seed) in seeds {
            sweep.add(id, many, seed, Symbol::ONE);
        }
        let mut of_input = vec![Symbol::ZERO; ir.inputs.len()];
        sweep.run(ir.ids().rev(), |input, adjoint| {
            of_input[input as usize] = adjoint;
        });
        let adjoints = variables.iter().map(|&place| of_input[place as usize].id());
        let adjoints: Vec<Id> = adjoints.collect();
        (adjoints, sweep.passed)
    });
    let count = work.len();
    work.sources.append_derivatives(&passed, count);
    work.outputs.extend(adjoints);
    work
}

/// Collects adjoints.
pub(super) struct Sweep<'a> {
    ir: &'a Ir,
    classes: Vec<Class>,
    /// Whether the outputs are sums over rows. Then the adjoint of a value that all rows share is a sum over rows as well;
    /// otherwise every row has its own adjoint.
    sums: bool,
    /// Whether a value depends on a variable.
    varies: Vec<bool>,
    /// The terms of each value's adjoint so far: the partial, and the adjoint of the user, marked if added over rows.
    terms: Vec<SmallVec<[[Id; 2]; 2]>>,
    /// For each value whose adjoint was passed on: the length of the code before, and the value.
    passed: Vec<(Id, Id)>,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(ir: &'a Ir, variables: &[u32]) -> Self {
        Self {
            classes: ir.classes(),
            sums: ir.ids().any(|id| ir.kind(id) == Kind::SumOverRows),
            varies: varies(ir, variables),
            terms: vec![SmallVec::new(); ir.len()],
            passed: Vec::new(),
            ir,
        }
    }

    /// Adds `u·p` to the adjoint of a value.
    pub(super) fn add(&mut self, id: Id, by_row: bool, u: Symbol, p: Symbol) {
        if !self.varies[id as usize] || u.vanishes() || p.vanishes() {
            return;
        }
        let shared = self.classes[id as usize] < Class::Varying;
        let mark = if self.sums && shared && by_row {
            BY_ROW
        } else {
            0
        };
        self.terms[id as usize].push([u.id() | mark, p.id()]);
    }

    /// Passes adjoints on, from the last value to the first, and reports those of inputs. No term is left afterwards.
    pub(super) fn run(
        &mut self,
        ids: impl Iterator<Item = Id>,
        mut found: impl FnMut(u32, Symbol),
    ) {
        for id in ids {
            let terms = std::mem::take(&mut self.terms[id as usize]);
            if terms.is_empty() {
                continue;
            }
            if self.ir.sources.are_known() {
                self.passed.push((len() as Id, id));
            }
            let adjoint = adjoint(&terms);
            if adjoint.vanishes() {
                continue;
            }
            match self.ir.kind(id) {
                Kind::Input(place) => found(place, adjoint),
                Kind::Apply(op) => self.pass(op, id, adjoint),
                Kind::SumOverRows => self.pass_to_rows(id, adjoint),
                Kind::Constant(_) => {}
            }
        }
    }

    /// Passes the adjoint of an operation on to its operands.
    fn pass(&mut self, op: Op, id: Id, u: Symbol) {
        let by_row = self.classes[id as usize] == Class::Varying;
        let operands = self.ir.operands(id);
        let symbols = Symbol::all(operands);
        let wanted = operands
            .iter()
            .map(|&operand| self.varies[operand as usize]);
        let wanted: SmallVec<[bool; 4]> = wanted.collect();
        let wanted = |place: usize| wanted[place];
        let mut add = |place: usize, partial| self.add(operands[place], by_row, u, partial);
        op.each_partial(&symbols, Symbol::at(id), wanted, &mut add);
    }

    /// Passes the adjoint of a sum over rows on to the factors of its products, in every row.
    fn pass_to_rows(&mut self, id: Id, u: Symbol) {
        for &[a, b] in self.ir.operands(id).as_chunks::<2>().0 {
            self.add(a, true, u, Symbol::at(b));
            self.add(b, true, u, Symbol::at(a));
        }
    }
}

/// Which values depend on one of these inputs.
pub(crate) fn varies(ir: &Ir, variables: &[u32]) -> Vec<bool> {
    let mut is_variable = vec![false; ir.inputs.len()];
    for &place in variables {
        is_variable[place as usize] = true;
    }
    let mut varies = vec![false; ir.len()];
    for id in ir.ids() {
        varies[id as usize] = match ir.kind(id) {
            Kind::Input(place) => is_variable[place as usize],
            _ => ir
                .operands(id)
                .iter()
                .any(|&operand| varies[operand as usize]),
        };
    }
    varies
}

/// The sum of all terms, beginning with those that are added over rows.
fn adjoint(terms: &[[Id; 2]]) -> Symbol {
    let is_by_row = |&&[u, _]: &&[Id; 2]| u & BY_ROW != 0;
    if !terms.iter().any(|term| is_by_row(&term)) {
        return sum(terms);
    }
    let by_row = terms.iter().filter(is_by_row);
    let by_row: SmallVec<[Id; 8]> = by_row.flat_map(|&[u, p]| [u & !BY_ROW, p]).collect();
    let mut all: SmallVec<[[Id; 2]; 2]> = SmallVec::new();
    all.push([push(Kind::SumOverRows, &by_row), Symbol::ONE.id()]);
    all.extend(terms.iter().filter(|term| !is_by_row(term)).copied());
    sum(&all)
}

/// The sum `Σ u·p` of the chain rule, with one rounding per term. Factors ±1 become plain sums, with the same bits.
pub(super) fn sum(terms: &[[Id; 2]]) -> Symbol {
    let unit = |p: Id| Symbol::at(p).constant().filter(|p| p.abs() == 1.0);
    match *terms {
        [] => return Symbol::ZERO,
        [[u, p]] => {
            let (u, p) = (Symbol::at(u), Symbol::at(p));
            return match (u.constant(), p.constant()) {
                (_, Some(1.0)) => u,
                (_, Some(-1.0)) => -u,
                (Some(1.0), _) => p,
                _ => chain(u, p),
            };
        }
        _ => {}
    }
    if terms.iter().all(|&[_, p]| unit(p).is_some()) {
        let terms = terms.iter().map(|&[u, p]| (Symbol::at(u), unit(p)));
        let sum = terms.fold(None, |sum: Option<Symbol>, (u, p)| {
            Some(match (sum, p) {
                (None, Some(1.0)) => u,
                (None, _) => -u,
                (Some(sum), Some(1.0)) => sum + u,
                (Some(sum), _) => sum - u,
            })
        });
        return sum.unwrap_or(Symbol::ZERO);
    }
    Symbol::apply_n::<rows::Adjoint>(&Symbol::all(terms.as_flattened()))
}
