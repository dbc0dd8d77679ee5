//! A graph as a list of operations, and its simplest interpreter: one `match` per operation, forward and in reverse.

use chainrule::Var;

/// An operation. Its operands are the indices of earlier ones.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// The next input. Inputs come first.
    Input,
    Add(u32, u32),
    Sub(u32, u32),
    Mul(u32, u32),
    /// The sum with a constant.
    Shift(u32, f64),
    /// The product with a constant.
    Scale(u32, f64),
    Exp(u32),
    Ln(u32),
}

/// A function of scalars as a list of operations. The last one is its value.
pub(crate) struct Graph {
    pub(crate) ops: Vec<Op>,
    /// The point at which the function is evaluated.
    pub(crate) at: Vec<f64>,
}

impl Graph {
    /// Computes the value of one operation.
    pub(crate) fn value(&self, op: Op, values: &[f64]) -> f64 {
        let v = |place: u32| values[place as usize];
        match op {
            Op::Input => self.at[values.len()],
            Op::Add(a, b) => v(a) + v(b),
            Op::Sub(a, b) => v(a) - v(b),
            Op::Mul(a, b) => v(a) * v(b),
            Op::Shift(a, c) => v(a) + c,
            Op::Scale(a, c) => v(a) * c,
            Op::Exp(a) => v(a).exp(),
            Op::Ln(a) => v(a).ln(),
        }
    }

    /// Computes the value of every operation.
    pub(crate) fn forward(&self, values: &mut Vec<f64>) {
        values.clear();
        for &op in &self.ops {
            let value = self.value(op, values);
            values.push(value);
        }
    }

    /// Computes the adjoint of every operation.
    pub(crate) fn reverse(&self, values: &[f64], adjoints: &mut Vec<f64>) {
        adjoints.clear();
        adjoints.resize(values.len(), 0.0);
        *adjoints.last_mut().expect("an operation") = 1.0;
        for (place, &op) in self.ops.iter().enumerate().rev() {
            let (u, v) = (adjoints[place], |place: u32| values[place as usize]);
            match op {
                Op::Input => {}
                Op::Add(a, b) => {
                    adjoints[a as usize] += u;
                    adjoints[b as usize] += u;
                }
                Op::Sub(a, b) => {
                    adjoints[a as usize] += u;
                    adjoints[b as usize] -= u;
                }
                Op::Mul(a, b) => {
                    adjoints[a as usize] += u * v(b);
                    adjoints[b as usize] += u * v(a);
                }
                Op::Shift(a, _) => adjoints[a as usize] += u,
                Op::Scale(a, c) => adjoints[a as usize] += u * c,
                Op::Exp(a) => adjoints[a as usize] += u * values[place],
                Op::Ln(a) => adjoints[a as usize] += u / v(a),
            }
        }
    }

    /// The same function on recorded values.
    pub(crate) fn record(&self, x: &[Var]) -> Var {
        let mut values: Vec<Var> = Vec::with_capacity(self.ops.len());
        for &op in &self.ops {
            let v = |place: u32| values[place as usize];
            let value = match op {
                Op::Input => x[values.len()],
                Op::Add(a, b) => v(a) + v(b),
                Op::Sub(a, b) => v(a) - v(b),
                Op::Mul(a, b) => v(a) * v(b),
                Op::Shift(a, c) => v(a) + c,
                Op::Scale(a, c) => v(a) * c,
                Op::Exp(a) => v(a).exp(),
                Op::Ln(a) => v(a).ln(),
            };
            values.push(value);
        }
        values[values.len() - 1]
    }
}
