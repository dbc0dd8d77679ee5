//! The value of each operation in JavaScript: one line per row of the operations' table, in its order.
//!
//! Each is a function of the operands, or of their list for an operation of any number of operands. It may call the
//! functions of `functions.js`. The partials need no JavaScript: the page's script is made of values only.

use crate::op::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};

/// The functions that the table's JavaScript calls.
pub(super) const FUNCTIONS: &str = include_str!("functions.js");

/// The value of an operation as a function in JavaScript; an input has none.
pub(super) fn function(op: Op) -> Option<&'static str> {
    Some(match op {
        Op::Input => return None,
        Op::Unary(op) => unary(op),
        Op::Binary(op) => binary(op),
        Op::Ternary(op) => ternary(op),
        Op::Nary(op) => nary(op),
    })
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "x => -x",
        UnaryOp::Recip => "x => 1 / x",
        UnaryOp::Square => "x => x * x",
        UnaryOp::Sqrt => "x => Math.sqrt(x)",
        UnaryOp::Cbrt => "x => Math.cbrt(x)",
        UnaryOp::Exp => "x => Math.exp(x)",
        UnaryOp::Exp2 => "x => Math.pow(2, x)",
        UnaryOp::ExpM1 => "x => Math.expm1(x)",
        UnaryOp::Ln => "x => Math.log(x)",
        UnaryOp::Ln1p => "x => Math.log1p(x)",
        UnaryOp::Log1mExp => "x => log1mexp(x)",
        UnaryOp::Log2 => "x => Math.log2(x)",
        UnaryOp::Log10 => "x => Math.log10(x)",
        UnaryOp::Sin => "x => Math.sin(x)",
        UnaryOp::Cos => "x => Math.cos(x)",
        UnaryOp::Tan => "x => Math.tan(x)",
        UnaryOp::Asin => "x => Math.asin(x)",
        UnaryOp::Acos => "x => Math.acos(x)",
        UnaryOp::Atan => "x => Math.atan(x)",
        UnaryOp::Sinc => "x => sincDerivative(x, 0)",
        UnaryOp::Sinh => "x => Math.sinh(x)",
        UnaryOp::Cosh => "x => Math.cosh(x)",
        UnaryOp::Tanh => "x => Math.tanh(x)",
        UnaryOp::Asinh => "x => Math.asinh(x)",
        UnaryOp::Acosh => "x => Math.acosh(x)",
        UnaryOp::Atanh => "x => Math.atanh(x)",
        UnaryOp::Abs => "x => Math.abs(x)",
        UnaryOp::Sign => "x => Math.sign(x) + 0",
        UnaryOp::Floor => "x => Math.floor(x)",
        UnaryOp::Ceil => "x => Math.ceil(x)",
        UnaryOp::Round => "x => round(x)",
        UnaryOp::Trunc => "x => Math.trunc(x)",
        UnaryOp::Relu => "x => x > 0 || x !== x ? x : 0",
        UnaryOp::Sigmoid => "x => sigmoid(x)",
        UnaryOp::Softplus => "x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))",
        UnaryOp::Silu => "x => silu(x)",
        UnaryOp::Gelu => "x => gelu(x)",
        UnaryOp::Erf => "x => erf(x)",
        UnaryOp::Erfc => "x => erfc(x)",
        UnaryOp::LogErfc => "x => logErfc(x)",
        UnaryOp::LogNormalCdf => "x => logNormalCdf(x)",
        UnaryOp::LnGamma => "x => lnGamma(x)",
        UnaryOp::Digamma => "x => digamma(x)",
        UnaryOp::Xlogx => "x => x === 0 ? 0 : x * Math.log(x)",
        UnaryOp::RecipPositive => "x => x >= 0 ? 1 / Math.abs(x) : NaN",
        UnaryOp::Gaussian => "x => Math.exp(-x * x)",
        UnaryOp::TanhSlope => "x => 4 * sigmoid(2 * x) * sigmoid(-2 * x)",
        UnaryOp::SigmoidSlope => "x => sigmoid(x) * sigmoid(-x)",
        UnaryOp::AsinSlope => "x => 1 / Math.sqrt((1 - x) * (1 + x))",
        UnaryOp::AtanhSlope => "x => Math.abs(x) <= 1 ? 1 / ((1 - x) * (1 + x)) : NaN",
        UnaryOp::Log1mExpSlope => "x => x <= 0 ? -Math.exp(x) / Math.abs(Math.expm1(x)) : NaN",
        UnaryOp::SiluSlope => "x => siluSlope(x)",
        UnaryOp::SiluCurvature => "x => siluCurvature(x)",
        UnaryOp::GeluSlope => "x => geluSlope(x)",
        UnaryOp::XlogxSlope => "x => Math.log(x) + 1",
        UnaryOp::StopGradient => "x => x",
        UnaryOp::Flat => "x => x !== x ? x : 0",
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "(a, b) => a + b",
        BinaryOp::Sub => "(a, b) => a - b",
        BinaryOp::Mul => "(a, b) => a * b",
        BinaryOp::Div => "(a, b) => a / b",
        BinaryOp::DivSlope => "(a, b) => -(a / b) / b",
        BinaryOp::Rem => "(a, b) => a % b",
        BinaryOp::RemEuclid => "(a, b) => remEuclid(a, b)",
        BinaryOp::DivPositive => "(a, b) => b >= 0 ? a / Math.abs(b) : NaN",
        BinaryOp::ScaledExp2 => {
            "(x, c) => x > 1000 ? Math.pow(2, x - 512) * c * Math.pow(2, 512) : Math.pow(2, x) * c"
        }
        BinaryOp::ScaledDensity => "(x, c) => scaledDensity(x, c)",
        BinaryOp::Share => "(t, r) => t >= 0 && r >= 0 ? Math.abs(t) / (t + r) : NaN",
        BinaryOp::Pow => "(a, b) => pow(a, b)",
        BinaryOp::Powi => "(a, n) => pow(a, n)",
        BinaryOp::PowSlope => "(a, b) => scaledPow(b, a, b - 1)",
        BinaryOp::PowLog => "(a, b) => scaledPow(Math.log(a), a, b)",
        BinaryOp::PowCurvature => "(a, b) => scaledPow(b * (b - 1), a, b - 2)",
        BinaryOp::PowMixed => "(a, b) => powMixed(a, b)",
        BinaryOp::PowLogSquared => "(a, b) => scaledPow(Math.log(a) ** 2, a, b)",
        BinaryOp::Hypot => "(a, b) => hypot(a, b)",
        BinaryOp::HypotSlope => "(a, b) => hypotSlope(a, b)",
        BinaryOp::HypotCurvature => "(a, b) => hypotCurvature(a, b)",
        BinaryOp::HypotMixed => "(a, b) => hypotMixed(a, b)",
        BinaryOp::Atan2 => "(a, b) => Math.atan2(a, b)",
        BinaryOp::Atan2Slope => "(a, b) => atan2Slope(a, b)",
        BinaryOp::Atan2Curvature => "(a, b) => -2 * atan2Slope(a, b) * atan2Slope(b, a)",
        BinaryOp::Atan2Mixed => "(a, b) => atan2Mixed(a, b)",
        BinaryOp::Max => "(a, b) => Math.max(a, b)",
        BinaryOp::Min => "(a, b) => Math.min(a, b)",
        BinaryOp::Greater => "(a, b) => truth(a, b, a > b)",
        BinaryOp::Less => "(a, b) => truth(a, b, a < b)",
        BinaryOp::GreaterEqual => "(a, b) => truth(a, b, a >= b)",
        BinaryOp::LessEqual => "(a, b) => truth(a, b, a <= b)",
        BinaryOp::Equal => "(a, b) => truth(a, b, a === b)",
        BinaryOp::NotEqual => "(a, b) => truth(a, b, a !== b)",
        BinaryOp::LeakyRelu => "(x, alpha) => joined(x, alpha, x, alpha === 0 ? 0 : alpha * x)",
        BinaryOp::LeakyReluSlope => {
            "(x, alpha) => joined(x, alpha, 1, x === 0 ? Math.min(Math.max(alpha, 0), 1) : alpha)"
        }
        BinaryOp::Elu => "(x, alpha) => joined(x, alpha, x, alpha * Math.expm1(x))",
        BinaryOp::EluSlope => {
            "(x, alpha) => joined(x, alpha, 1, x === 0 ? Math.min(Math.max(alpha, 0), 1) : alpha * Math.exp(x))"
        }
        BinaryOp::Polygamma => "(x, n) => polygamma(n, x)",
        BinaryOp::SincDerivative => "(x, n) => sincDerivative(x, n)",
        BinaryOp::LogErfcDerivative => "(x, n) => logErfcDerivative(x, n)",
        BinaryOp::LogNormalCdfDerivative => "(x, n) => logNormalCdfDerivative(x, n)",
        BinaryOp::ExpDifference => "(x, m) => expDifference(x, m)",
        BinaryOp::Chain => "(u, p) => chain(u, p)",
    }
}

fn ternary(op: TernaryOp) -> &'static str {
    match op {
        TernaryOp::MulAdd => "(a, b, c) => fma(a, b, c)",
        TernaryOp::ChainAdd => "(u, p, a) => chainAdd(u, p, a)",
        TernaryOp::Select => "(c, a, b) => c !== c ? c : c === 0 ? b : a",
        TernaryOp::Clamp => {
            "(x, low, high) => low <= high ? Math.min(Math.max(x, low), high) : NaN"
        }
        TernaryOp::Chosen => {
            "(x, i, n) => x >= 0 && x < n ? truth(x, i, Math.floor(x) === i) : NaN"
        }
    }
}

fn nary(op: NaryOp) -> &'static str {
    match op {
        NaryOp::Sum => "xs => xs.reduce((sum, x) => sum + x, -0)",
        NaryOp::Product => "xs => xs.reduce((product, x) => product * x, 1)",
        NaryOp::Dot => "xs => dot(xs)",
        NaryOp::Adjoint => "xs => adjoint(xs)",
        NaryOp::MaxOf => "xs => xs.reduce((max, x) => Math.max(max, x), -Infinity)",
        NaryOp::MinOf => "xs => xs.reduce((min, x) => Math.min(min, x), Infinity)",
        NaryOp::LogSumExp => "xs => logSumExp(xs)",
        NaryOp::Mean => "xs => xs.reduce((sum, x) => sum + x, -0) / xs.length",
        NaryOp::Custom => "xs => xs.length ? xs[0] : NaN",
        NaryOp::ArgmaxOf => {
            "xs => bestPlace(xs, xs.reduce((max, x) => Math.max(max, x), -Infinity))"
        }
        NaryOp::ArgminOf => {
            "xs => bestPlace(xs, xs.reduce((min, x) => Math.min(min, x), Infinity))"
        }
        NaryOp::Gather => {
            "xs => xs[0] >= 0 && xs[0] < xs.length - 1 ? xs[Math.floor(xs[0]) + 1] : NaN"
        }
    }
}
