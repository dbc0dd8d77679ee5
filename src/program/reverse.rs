//! Reverse mode as code: from outputs back to inputs, each adjoint a value of its own.
//!
//! Takes code and seeds, gives the code with the adjoints of the inputs as further outputs. The adjoint of a value is the
//! sum `Σ u·p` over its uses, latest first, which is the order and the rounding of the tape's sweep: the bits are the
//! same. Values are merged only afterwards, so every use keeps a term of its own.

use super::code::{Class, Code, Id, Kind};
use super::symbol::{self, Symbol};
use crate::op::{Op, Scalar, chain};

/// What becomes of a uniform value's adjoint, of which every row has a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// The shares are added.
    Sum,
    /// Every row keeps its own.
    Each,
}

/// A use in a row's computation of a value that all rows share.
const BY_ROW: Id = 1 << 31;

/// Appends the adjoints of the inputs `wanted`, in their order, to code and outputs; 0 for those that nothing depends on.
pub(crate) fn adjoints(code: &Code, seeds: &[(Id, Symbol)], wanted: &[u32], rows: Rows) -> Code {
    let sweep = Sweep::new(code, seeds, wanted, rows);
    let len = code.len();
    let mut work = code.clone();
    work.reserve(2 * len, 2 * code.operand_count());
    let (mut work, adjoints) = symbol::extend(work, || sweep.run(code, seeds, wanted));
    work.outputs.extend(adjoints);
    work
}

struct Sweep {
    classes: Vec<Class>,
    rows: Rows,
    /// Whether a wanted input is reached from a value.
    reaches: Vec<bool>,
    /// Where the uses of each value begin in `uses`, and one past the end of the last.
    starts: Vec<u32>,
    filled: Vec<u32>,
    /// Adjoint of the user, marked where it is by row, and partial.
    uses: Vec<[Id; 2]>,
}

impl Sweep {
    fn new(code: &Code, seeds: &[(Id, Symbol)], wanted: &[u32], rows: Rows) -> Self {
        let classes = code.classes();
        let mut is_wanted = vec![false; code.inputs.len()];
        for &place in wanted {
            is_wanted[place as usize] = true;
        }
        let mut reaching = vec![false; code.len()];
        let mut starts = vec![0; code.len() + 1];
        for id in code.ids() {
            let operands = code.operands(id);
            let reached = match code.kind(id) {
                Kind::Input(place) => is_wanted[place as usize],
                _ => operands.iter().any(|&operand| reaching[operand as usize]),
            };
            reaching[id as usize] = reached;
            if reached {
                for &operand in operands {
                    starts[operand as usize + 1] += 1;
                }
            }
        }
        for &(id, _) in seeds {
            starts[id as usize + 1] += 1;
        }
        for id in 1..starts.len() {
            starts[id] += starts[id - 1];
        }
        Self {
            filled: starts[..code.len()].to_vec(),
            uses: vec![[0; 2]; starts[code.len()] as usize],
            classes,
            rows,
            reaches: reaching,
            starts,
        }
    }

    fn run(mut self, code: &Code, seeds: &[(Id, Symbol)], wanted: &[u32]) -> Vec<Id> {
        for &(id, seed) in seeds {
            // Every row has the output, also one that is the same for all.
            self.add(id, true, seed, Symbol::Constant(1.0));
        }
        let mut of_input = vec![Symbol::Constant(0.0); code.inputs.len()];
        for id in code.ids().rev() {
            if !self.reaches[id as usize] {
                continue;
            }
            let adjoint = self.adjoint(id);
            if adjoint.vanishes() {
                continue;
            }
            match code.kind(id) {
                Kind::Input(place) => of_input[place as usize] = adjoint,
                Kind::Apply(op) => self.pass(op, code.operands(id), id, adjoint),
                Kind::Constant(_) | Kind::Rows => {}
            }
        }
        let wanted = wanted.iter();
        wanted.map(|&place| of_input[place as usize].id()).collect()
    }

    /// Notes a use of a value: `u·p` is its term.
    fn add(&mut self, id: Id, by_row: bool, u: Symbol, p: Symbol) {
        if !self.reaches[id as usize] || u.vanishes() || p.vanishes() {
            return;
        }
        let shared = self.classes[id as usize] < Class::Varying;
        let mark = if shared && by_row && self.rows == Rows::Sum {
            BY_ROW
        } else {
            0
        };
        let place = &mut self.filled[id as usize];
        self.uses[*place as usize] = [u.id() | mark, p.id()];
        *place += 1;
    }

    /// Passes an adjoint on to the operands.
    fn pass(&mut self, op: Op, operands: &[Id], id: Id, u: Symbol) {
        let by_row = self.classes[id as usize] == Class::Varying;
        let y = Symbol::of(id);
        let reached = |sweep: &Self, place: usize| sweep.reaches[operands[place] as usize];
        match (op, operands) {
            (Op::Unary(op), &[x]) => {
                let partial = op.partial(Symbol::of(x), y);
                self.add(x, by_row, u, partial);
            }
            (Op::Binary(op), &[a, b]) => {
                let (left, right) = (Symbol::of(a), Symbol::of(b));
                if reached(self, 0) {
                    self.add(a, by_row, u, op.left(left, right, y));
                }
                if reached(self, 1) {
                    self.add(b, by_row, u, op.right(left, right, y));
                }
            }
            (Op::Ternary(op), &[a, b, c]) => {
                let [x, z, w] = [a, b, c].map(Symbol::of);
                if reached(self, 0) {
                    self.add(a, by_row, u, op.first(x, z, w, y));
                }
                if reached(self, 1) {
                    self.add(b, by_row, u, op.second(x, z, w, y));
                }
                if reached(self, 2) {
                    self.add(c, by_row, u, op.third(x, z, w, y));
                }
            }
            (Op::Nary(op), _) => {
                let xs: Vec<Symbol> = operands
                    .iter()
                    .map(|&operand| Symbol::of(operand))
                    .collect();
                op.partials(&xs, y, &mut |place, partial| {
                    self.add(operands[place], by_row, u, partial);
                });
            }
            _ => {}
        }
    }

    /// The sum of a value's uses so far, which are all there are.
    fn adjoint(&self, id: Id) -> Symbol {
        let (start, end) = (self.starts[id as usize], self.filled[id as usize]);
        let uses = &self.uses[start as usize..end as usize];
        if uses.iter().all(|[u, _]| u & BY_ROW == 0) {
            return sum(uses);
        }
        let by_row: Vec<Id> = uses
            .iter()
            .filter(|[u, _]| u & BY_ROW != 0)
            .flat_map(|&[u, p]| [u & !BY_ROW, p])
            .collect();
        let one = Symbol::Constant(1.0).id();
        let mut terms = vec![[symbol::push(Kind::Rows, &by_row), one]];
        terms.extend(uses.iter().filter(|[u, _]| u & BY_ROW == 0));
        sum(&terms)
    }
}

/// The sum `Σ u·p` of the chain rule, each term added with one rounding. Factors ±1 make plain sums: the same bits.
pub(super) fn sum(terms: &[[Id; 2]]) -> Symbol {
    let unit = |p: Id| Symbol::of(p).constant().filter(|p| p.abs() == 1.0);
    match *terms {
        [] => return Symbol::Constant(0.0),
        [[u, p]] => {
            let (u, p) = (Symbol::of(u), Symbol::of(p));
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
        let terms = terms.iter().map(|&[u, p]| (Symbol::of(u), unit(p)));
        let sum = terms.fold(None, |sum: Option<Symbol>, (u, p)| {
            Some(match (sum, p) {
                (None, Some(1.0)) => u,
                (None, _) => -u,
                (Some(sum), Some(1.0)) => sum + u,
                (Some(sum), _) => sum - u,
            })
        });
        return sum.unwrap_or(Symbol::Constant(0.0));
    }
    let operands: Vec<Symbol> = terms.iter().flatten().map(|&id| Symbol::of(id)).collect();
    Symbol::apply_n::<crate::op::rows::Adjoint>(&operands)
}
