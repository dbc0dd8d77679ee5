//! The instructions of the operations, for one number or for a vector of lanes.
//!
//! Every value has the bits of the table's function, NaN payloads aside.

use chainrule::op::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{ConstantData, InstBuilder, MemFlags, Type, Value, types};
use cranelift_frontend::FunctionBuilder;

/// An operand, and its number if it is a constant.
#[derive(Clone, Copy)]
pub(crate) struct Operand {
    pub(crate) value: Value,
    pub(crate) constant: Option<f64>,
}

impl Operand {
    fn is(self, number: f64) -> bool {
        self.constant == Some(number)
    }

    /// Whether it is a constant other than 0 and NaN.
    fn is_not_zero(self) -> bool {
        self.constant.is_some_and(|c| c != 0.0 && !c.is_nan())
    }
}

/// Whether the operation is computed by instructions, and not by a call.
pub(crate) fn is_inline(op: Op) -> bool {
    matches!(
        op,
        Op::Unary(
            UnaryOp::Neg
                | UnaryOp::Recip
                | UnaryOp::Square
                | UnaryOp::Sqrt
                | UnaryOp::Abs
                | UnaryOp::Floor
                | UnaryOp::Ceil
                | UnaryOp::Trunc
                | UnaryOp::Sign
                | UnaryOp::Relu
                | UnaryOp::RecipPositive
                | UnaryOp::StopGradient
                | UnaryOp::Flat
        ) | Op::Binary(
            BinaryOp::Chain
                | BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Mul
                | BinaryOp::Div
                | BinaryOp::DivPositive
                | BinaryOp::Share
                | BinaryOp::Max
                | BinaryOp::Min
                | BinaryOp::Greater
                | BinaryOp::Less
                | BinaryOp::GreaterEqual
                | BinaryOp::LessEqual
                | BinaryOp::Equal
                | BinaryOp::NotEqual
                | BinaryOp::LeakyRelu
        ) | Op::Ternary(
            TernaryOp::MulAdd | TernaryOp::ChainAdd | TernaryOp::Select | TernaryOp::Clamp
        ) | Op::Nary(
            NaryOp::Dot
                | NaryOp::Adjoint
                | NaryOp::Sum
                | NaryOp::Product
                | NaryOp::MaxOf
                | NaryOp::MinOf
                | NaryOp::Mean
                | NaryOp::Custom
        )
    )
}

/// An operation that adds its operands, or pairs of them, one after another to a total.
pub(crate) struct Fold {
    op: NaryOp,
    /// The total of no operands. Adding to it gives the same bits as beginning with the first operands.
    pub(crate) start: f64,
    /// How many operands are added at a time.
    pub(crate) step: usize,
    count: usize,
    /// Whether every pair has a whole number, so that the zero rule needs no care.
    is_whole: bool,
}

impl Fold {
    /// The fold of an operation, given which operands are constants; `None` if it is no fold.
    pub(crate) fn of(
        op: NaryOp,
        constants: impl ExactSizeIterator<Item = Option<f64>>,
    ) -> Option<Self> {
        let (start, step) = match op {
            NaryOp::Sum | NaryOp::Mean => (-0.0, 1),
            NaryOp::Product => (1.0, 1),
            NaryOp::MaxOf => (f64::NEG_INFINITY, 1),
            NaryOp::MinOf => (f64::INFINITY, 1),
            NaryOp::Dot => (-0.0, 2),
            NaryOp::Adjoint => (0.0, 2),
            _ => return None,
        };
        let count = constants.len();
        let whole: Vec<bool> = constants.map(is_whole).collect();
        Some(Self {
            op,
            start,
            step,
            count,
            is_whole: whole.chunks(step).all(|some| some.contains(&true)),
        })
    }
}

/// Whether it is a whole number other than 0. Its products with other numbers are whole multiples of the smallest positive
/// number.
fn is_whole(constant: Option<f64>) -> bool {
    constant.is_some_and(|c| c != 0.0 && c.is_finite() && c.fract() == 0.0)
}

/// Writes instructions for one number, or for vectors of two.
pub(crate) struct Emit<'e, 'f> {
    pub(crate) builder: &'e mut FunctionBuilder<'f>,
    /// `F64` or `F64X2`.
    pub(crate) shape: Type,
}

impl Emit<'_, '_> {
    /// A number, in every lane.
    pub(crate) fn number(&mut self, number: f64) -> Value {
        if self.shape == types::F64 {
            return self.builder.ins().f64const(number);
        }
        let bytes = number.to_bits().to_le_bytes();
        let constant = ConstantData::from([bytes, bytes].concat());
        let constant = self.builder.func.dfg.constants.insert(constant);
        self.builder.ins().vconst(types::F64X2, constant)
    }

    /// In which lanes a comparison holds.
    fn compare(&mut self, condition: FloatCC, a: Value, b: Value) -> Value {
        self.builder.ins().fcmp(condition, a, b)
    }

    fn is_zero(&mut self, x: Value) -> Value {
        let zero = self.number(0.0);
        self.compare(FloatCC::Equal, x, zero)
    }

    fn either(&mut self, a: Value, b: Value) -> Value {
        self.builder.ins().bor(a, b)
    }

    /// Lane by lane, `a` where the comparison holds and `b` elsewhere.
    fn choose(&mut self, mask: Value, a: Value, b: Value) -> Value {
        if self.shape == types::F64 {
            return self.builder.ins().select(mask, a, b);
        }
        let mask = self
            .builder
            .ins()
            .bitcast(types::F64X2, MemFlags::new(), mask);
        self.builder.ins().bitselect(mask, a, b)
    }

    /// `value`, or NaN where `a` or `b` is.
    fn unless_nan(&mut self, value: Value, a: Value, b: Value) -> Value {
        let (unordered, nan) = (
            self.compare(FloatCC::Unordered, a, b),
            self.number(f64::NAN),
        );
        self.choose(unordered, nan, value)
    }

    fn truth(&mut self, condition: FloatCC, a: Value, b: Value) -> Value {
        let (one, zero) = (self.number(1.0), self.number(0.0));
        let holds = self.compare(condition, a, b);
        let truth = self.choose(holds, one, zero);
        self.unless_nan(truth, a, b)
    }

    /// The value of an operation for which [`is_inline`] holds; `None` if it does not take this number of operands.
    pub(crate) fn apply(&mut self, op: Op, operands: &[Operand]) -> Option<Value> {
        match (op, operands) {
            (Op::Unary(op), &[x]) => self.unary(op, x.value),
            (Op::Binary(BinaryOp::Chain), &[u, p]) => {
                let zero = self.number(0.0);
                Some(self.add_products(None, zero, &[[u, p]]))
            }
            (Op::Binary(op), &[a, b]) => self.binary(op, a.value, b.value),
            (Op::Ternary(op), &[a, b, c]) => self.ternary(op, [a, b, c]),
            (Op::Nary(op), all) => self.nary(op, all),
            _ => None,
        }
    }

    fn unary(&mut self, op: UnaryOp, x: Value) -> Option<Value> {
        Some(match op {
            UnaryOp::Neg => self.builder.ins().fneg(x),
            UnaryOp::Recip => {
                let one = self.number(1.0);
                self.builder.ins().fdiv(one, x)
            }
            UnaryOp::Square => self.builder.ins().fmul(x, x),
            UnaryOp::Sqrt => self.builder.ins().sqrt(x),
            UnaryOp::Abs => self.builder.ins().fabs(x),
            UnaryOp::Floor => self.builder.ins().floor(x),
            UnaryOp::Ceil => self.builder.ins().ceil(x),
            UnaryOp::Trunc => self.builder.ins().trunc(x),
            UnaryOp::Sign => {
                let (zero, one, minus) = (self.number(0.0), self.number(1.0), self.number(-1.0));
                let (above, below) = (
                    self.compare(FloatCC::GreaterThan, x, zero),
                    self.compare(FloatCC::LessThan, x, zero),
                );
                let other = self.builder.ins().fadd(x, zero);
                let other = self.choose(below, minus, other);
                self.choose(above, one, other)
            }
            UnaryOp::Relu => {
                let zero = self.number(0.0);
                let keeps = self.compare(FloatCC::UnorderedOrGreaterThan, x, zero);
                self.choose(keeps, x, zero)
            }
            UnaryOp::RecipPositive => {
                let one = self.number(1.0);
                return self.binary(BinaryOp::DivPositive, one, x);
            }
            UnaryOp::StopGradient => x,
            UnaryOp::Flat => {
                let zero = self.number(0.0);
                let nan = self.compare(FloatCC::Unordered, x, x);
                self.choose(nan, x, zero)
            }
            _ => return None,
        })
    }

    fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Option<Value> {
        Some(match op {
            BinaryOp::Add => self.builder.ins().fadd(a, b),
            BinaryOp::Sub => self.builder.ins().fsub(a, b),
            BinaryOp::Mul => self.builder.ins().fmul(a, b),
            BinaryOp::Div => self.builder.ins().fdiv(a, b),
            BinaryOp::DivPositive => {
                let (zero, nan) = (self.number(0.0), self.number(f64::NAN));
                let inside = self.compare(FloatCC::GreaterThanOrEqual, b, zero);
                let size = self.builder.ins().fabs(b);
                let quotient = self.builder.ins().fdiv(a, size);
                self.choose(inside, quotient, nan)
            }
            BinaryOp::Share => {
                let (zero, nan) = (self.number(0.0), self.number(f64::NAN));
                let (size, sum) = (self.builder.ins().fabs(a), self.builder.ins().fadd(a, b));
                let share = self.builder.ins().fdiv(size, sum);
                let inside = self.compare(FloatCC::GreaterThanOrEqual, b, zero);
                let share = self.choose(inside, share, nan);
                let inside = self.compare(FloatCC::GreaterThanOrEqual, a, zero);
                self.choose(inside, share, nan)
            }
            BinaryOp::Max => self.builder.ins().fmax(a, b),
            BinaryOp::Min => self.builder.ins().fmin(a, b),
            BinaryOp::Greater => self.truth(FloatCC::GreaterThan, a, b),
            BinaryOp::Less => self.truth(FloatCC::LessThan, a, b),
            BinaryOp::GreaterEqual => self.truth(FloatCC::GreaterThanOrEqual, a, b),
            BinaryOp::LessEqual => self.truth(FloatCC::LessThanOrEqual, a, b),
            BinaryOp::Equal => self.truth(FloatCC::Equal, a, b),
            BinaryOp::NotEqual => self.truth(FloatCC::NotEqual, a, b),
            BinaryOp::LeakyRelu => {
                let zero = self.number(0.0);
                let product = self.builder.ins().fmul(b, a);
                let flat = self.is_zero(b);
                let below = self.choose(flat, zero, product);
                let above = self.compare(FloatCC::GreaterThan, a, zero);
                let joined = self.choose(above, a, below);
                self.unless_nan(joined, a, b)
            }
            _ => return None,
        })
    }

    fn ternary(&mut self, op: TernaryOp, operands: [Operand; 3]) -> Option<Value> {
        let [a, b, c] = operands.map(|operand| operand.value);
        Some(match op {
            TernaryOp::MulAdd => self.builder.ins().fma(a, b, c),
            TernaryOp::ChainAdd => {
                let [u, p, start] = operands;
                self.add_products(Some(start), c, &[[u, p]])
            }
            TernaryOp::Select => {
                let zero = self.is_zero(a);
                let chosen = self.choose(zero, c, b);
                let nan = self.compare(FloatCC::Unordered, a, a);
                self.choose(nan, a, chosen)
            }
            TernaryOp::Clamp => {
                let nan = self.number(f64::NAN);
                let larger = self.builder.ins().fmax(a, b);
                let nearest = self.builder.ins().fmin(larger, c);
                let inside = self.compare(FloatCC::LessThanOrEqual, b, c);
                self.choose(inside, nearest, nan)
            }
            _ => return None,
        })
    }

    fn nary(&mut self, op: NaryOp, operands: &[Operand]) -> Option<Value> {
        let first = operands.first()?;
        let (pairs, rest) = operands.as_chunks::<2>();
        let fold = match op {
            NaryOp::Custom => return Some(first.value),
            NaryOp::Adjoint if rest.is_empty() => {
                let zero = self.number(0.0);
                return Some(self.add_products(None, zero, pairs));
            }
            _ => Fold::of(op, operands.iter().map(|operand| operand.constant))?,
        };
        if !operands.len().is_multiple_of(fold.step) {
            return None;
        }
        let mut total = None;
        for some in operands.chunks(fold.step) {
            total = Some(match total {
                Some(total) => self.fold(&fold, total, some),
                // The first value alone: that of adding it to the start, with one instruction less.
                None if fold.step == 1 => some[0].value,
                None => self.builder.ins().fmul(some[0].value, some[1].value),
            });
        }
        Some(self.finish_fold(&fold, total?))
    }

    /// The next value of a fold.
    pub(crate) fn fold(&mut self, fold: &Fold, total: Value, operands: &[Operand]) -> Value {
        match (fold.op, operands) {
            (NaryOp::Sum | NaryOp::Mean, &[x]) => self.builder.ins().fadd(total, x.value),
            (NaryOp::Product, &[x]) => self.builder.ins().fmul(total, x.value),
            (NaryOp::MaxOf, &[x]) => self.builder.ins().fmax(total, x.value),
            (NaryOp::MinOf, &[x]) => self.builder.ins().fmin(total, x.value),
            (NaryOp::Dot, &[w, x]) => self.add(total, [w, x]),
            (_, &[u, p]) if fold.is_whole => self.add_whole(total, [u, p]),
            (_, &[u, p]) => self.add_unless_zero(total, [u, p]),
            _ => unreachable!("operands of one turn of a fold"),
        }
    }

    /// The result of a fold.
    pub(crate) fn finish_fold(&mut self, fold: &Fold, total: Value) -> Value {
        if fold.op == NaryOp::Mean {
            let count = self.number(fold.count as f64);
            return self.builder.ins().fdiv(total, count);
        }
        total
    }

    /// Adds products to a sum, each with one rounding; a product with a factor of 0 adds nothing. The sum starts at `from`, or
    /// at 0.
    pub(crate) fn add_products(
        &mut self,
        from: Option<Operand>,
        start: Value,
        pairs: &[[Operand; 2]],
    ) -> Value {
        let pairs: Vec<[Operand; 2]> = pairs
            .iter()
            .copied()
            .filter(|pair| !pair.iter().any(|factor| factor.is(0.0)))
            .collect();
        let whole = |[u, p]: &[Operand; 2]| is_whole(u.constant) || is_whole(p.constant);
        if from.is_none() && pairs.iter().all(whole) {
            // No product of 0 is NaN, and no sum is −0: all sums are whole multiples of the smallest number. So adding 0 is
            // adding nothing.
            return pairs
                .iter()
                .fold(start, |sum, &pair| self.add_whole(sum, pair));
        }
        if self.shape != types::F64 {
            return pairs
                .iter()
                .fold(start, |sum, &pair| self.add_unless_zero(sum, pair));
        }
        // One by one, products of 0 differ from nothing only if one is NaN, and then so is the sum, or if they turn a sum of −0
        // into 0, and then it is 0 in the end.
        let sum = pairs.iter().fold(start, |sum, [u, p]| {
            self.builder.ins().fma(u.value, p.value, sum)
        });
        let (careful, done) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(careful);
        self.builder.append_block_param(done, self.shape);
        let zero = self.number(0.0);
        let is_certain = self.builder.ins().fcmp(FloatCC::OrderedNotEqual, sum, zero);
        self.builder
            .ins()
            .brif(is_certain, done, &[sum.into()], careful, &[]);
        self.builder.switch_to_block(careful);
        let sum = pairs
            .iter()
            .fold(start, |sum, &pair| self.add_unless_zero(sum, pair));
        self.builder.ins().jump(done, &[sum.into()]);
        self.builder.switch_to_block(done);
        self.builder.block_params(done)[0]
    }

    /// `sum + u·p`, one of them a whole number.
    fn add_whole(&mut self, sum: Value, [u, p]: [Operand; 2]) -> Value {
        match (u, p) {
            (one, x) | (x, one) if one.is(1.0) => self.builder.ins().fadd(sum, x.value),
            (minus, x) | (x, minus) if minus.is(-1.0) => self.builder.ins().fsub(sum, x.value),
            (u, p) => self.builder.ins().fma(u.value, p.value, sum),
        }
    }

    /// `sum + u·p`.
    pub(crate) fn add(&mut self, sum: Value, [u, p]: [Operand; 2]) -> Value {
        self.builder.ins().fma(u.value, p.value, sum)
    }

    /// `sum + u·p`; `sum` where a factor is 0.
    pub(crate) fn add_unless_zero(&mut self, sum: Value, [u, p]: [Operand; 2]) -> Value {
        let next = self.builder.ins().fma(u.value, p.value, sum);
        let masks: Vec<Value> = [u, p]
            .into_iter()
            .filter(|factor| !factor.is_not_zero())
            .map(|factor| self.is_zero(factor.value))
            .collect();
        match masks[..] {
            [] => next,
            [mask] => self.choose(mask, sum, next),
            [a, b, ..] => {
                let mask = self.either(a, b);
                self.choose(mask, sum, next)
            }
        }
    }
}
