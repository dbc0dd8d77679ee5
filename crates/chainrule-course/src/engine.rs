//! Chapter 12's engine: backpropagation in a hundred lines, without any crate.

use std::cell::RefCell;
use std::ops::{Add, Mul, Neg, Sub};

/// A number that knows how it was computed: its place on the tape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    place: usize,
}

/// What the tape keeps about a number.
struct Node {
    value: f64,
    /// The operands' places, each with the local gradient.
    operands: Vec<(usize, f64)>,
}

thread_local! {
    /// All numbers in the order in which they were computed.
    static TAPE: RefCell<Vec<Node>> = const { RefCell::new(Vec::new()) };
}

impl Value {
    /// An input: it has no operands.
    pub(crate) fn new(value: f64) -> Self {
        Self::computed(value, Vec::new())
    }

    /// Writes a number on the tape.
    fn computed(value: f64, operands: Vec<(usize, f64)>) -> Self {
        TAPE.with_borrow_mut(|tape| {
            tape.push(Node { value, operands });
            Self {
                place: tape.len() - 1,
            }
        })
    }

    /// The number itself.
    pub(crate) fn value(self) -> f64 {
        TAPE.with_borrow(|tape| tape[self.place].value)
    }

    pub(crate) fn exp(self) -> Self {
        let value = self.value().exp();
        Self::computed(value, vec![(self.place, value)])
    }

    pub(crate) fn recip(self) -> Self {
        let value = 1.0 / self.value();
        Self::computed(value, vec![(self.place, -value * value)])
    }

    pub(crate) fn relu(self) -> Self {
        let is_open = self.value() > 0.0;
        let slope = if is_open { 1.0 } else { 0.0 };
        Self::computed(self.value().max(0.0), vec![(self.place, slope)])
    }

    /// The derivatives of this number with respect to everything before it.
    pub(crate) fn backward(self) -> Gradients {
        TAPE.with_borrow(|tape| {
            let mut gradients = vec![0.0; self.place + 1];
            gradients[self.place] = 1.0;
            for place in (0..=self.place).rev() {
                let upstream = gradients[place];
                for &(operand, local) in &tape[place].operands {
                    gradients[operand] += upstream * local;
                }
            }
            Gradients(gradients)
        })
    }
}

/// The derivative with respect to each number on the tape.
pub(crate) struct Gradients(Vec<f64>);

impl Gradients {
    /// The derivative with respect to `x`; 0 for numbers that came later.
    pub(crate) fn of(&self, x: Value) -> f64 {
        self.0.get(x.place).copied().unwrap_or(0.0)
    }
}

impl Add for Value {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let operands = vec![(self.place, 1.0), (other.place, 1.0)];
        Self::computed(self.value() + other.value(), operands)
    }
}

impl Mul for Value {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let operands = vec![(self.place, other.value()), (other.place, self.value())];
        Self::computed(self.value() * other.value(), operands)
    }
}

impl Neg for Value {
    type Output = Self;
    fn neg(self) -> Self {
        Self::computed(-self.value(), vec![(self.place, -1.0)])
    }
}

impl Sub for Value {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}
