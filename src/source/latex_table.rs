//! Each operation in LaTeX: one line per row of the operations' table, in its order.
//!
//! In a template, `<a2>` is the first operand, in parentheses if it binds less tightly than 2; `b` and `c` are the next two.
//! `<b1-2>` is the second operand minus 2, and `<a?>` the first operand as a condition.

use crate::op::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};

/// How tightly a formula binds: a sum, a product, a power, and what needs no parentheses anywhere.
pub(super) const SUM: u8 = 1;
pub(super) const PRODUCT: u8 = 2;
pub(super) const POWER: u8 = 3;
pub(super) const ATOM: u8 = 4;

/// How an operation is written.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// A template, and how tightly the result binds.
    Template(&'static str, u8),
    /// A template with a minus before it, and how tightly it binds without the minus.
    Negative(&'static str, u8),
    /// The operand with the other sign.
    Opposite,
    /// The first operand minus the second.
    Difference,
    /// All operands, added.
    Terms,
    /// All operands, multiplied.
    Factors,
    /// Products of two consecutive operands each, added; a last operand without a partner is added.
    Pairs,
    /// The first template around all operands with commas between them.
    Listed(&'static str),
    /// The first operand alone.
    First,
}

/// The form of an operation.
pub(super) fn form(op: Op) -> Form {
    match op {
        Op::Input => Form::First,
        Op::Unary(op) => unary(op),
        Op::Binary(op) => binary(op),
        Op::Ternary(op) => ternary(op),
        Op::Nary(op) => nary(op),
    }
}

fn unary(op: UnaryOp) -> Form {
    let (template, binds) = match op {
        UnaryOp::Neg => return Form::Opposite,
        UnaryOp::Recip | UnaryOp::RecipPositive => (r"\frac{1}{<a0>}", PRODUCT),
        UnaryOp::Square => (r"<a4>^{2}", POWER),
        UnaryOp::Sqrt => (r"\sqrt{<a0>}", ATOM),
        UnaryOp::Cbrt => (r"\sqrt[3]{<a0>}", ATOM),
        UnaryOp::Exp => (r"e^{<a0>}", POWER),
        UnaryOp::Exp2 => (r"2^{<a0>}", POWER),
        UnaryOp::ExpM1 => (r"e^{<a0>} - 1", SUM),
        UnaryOp::Ln => (r"\ln\left(<a0>\right)", ATOM),
        UnaryOp::Ln1p => (r"\ln\left(1 + <a1>\right)", ATOM),
        UnaryOp::Log1mExp => (r"\ln\left(1 - e^{<a0>}\right)", ATOM),
        UnaryOp::Log2 => (r"\log_{2}\left(<a0>\right)", ATOM),
        UnaryOp::Log10 => (r"\log_{10}\left(<a0>\right)", ATOM),
        UnaryOp::Sin => (r"\sin\left(<a0>\right)", ATOM),
        UnaryOp::Cos => (r"\cos\left(<a0>\right)", ATOM),
        UnaryOp::Tan => (r"\tan\left(<a0>\right)", ATOM),
        UnaryOp::Asin => (r"\arcsin\left(<a0>\right)", ATOM),
        UnaryOp::Acos => (r"\arccos\left(<a0>\right)", ATOM),
        UnaryOp::Atan => (r"\arctan\left(<a0>\right)", ATOM),
        UnaryOp::Sinc => (r"\operatorname{sinc}\left(<a0>\right)", ATOM),
        UnaryOp::Sinh => (r"\sinh\left(<a0>\right)", ATOM),
        UnaryOp::Cosh => (r"\cosh\left(<a0>\right)", ATOM),
        UnaryOp::Tanh => (r"\tanh\left(<a0>\right)", ATOM),
        UnaryOp::Asinh => (r"\operatorname{arsinh}\left(<a0>\right)", ATOM),
        UnaryOp::Acosh => (r"\operatorname{arcosh}\left(<a0>\right)", ATOM),
        UnaryOp::Atanh => (r"\operatorname{artanh}\left(<a0>\right)", ATOM),
        UnaryOp::Abs => (r"\left|<a0>\right|", ATOM),
        UnaryOp::Sign => (r"\operatorname{sgn}\left(<a0>\right)", ATOM),
        UnaryOp::Floor => (r"\left\lfloor <a0> \right\rfloor", ATOM),
        UnaryOp::Ceil => (r"\left\lceil <a0> \right\rceil", ATOM),
        UnaryOp::Round => (r"\operatorname{round}\left(<a0>\right)", ATOM),
        UnaryOp::Trunc => (r"\operatorname{trunc}\left(<a0>\right)", ATOM),
        UnaryOp::Relu => (r"\max\left(0, <a0>\right)", ATOM),
        UnaryOp::Sigmoid => (r"\sigma\left(<a0>\right)", ATOM),
        UnaryOp::Softplus => (r"\ln\left(1 + e^{<a0>}\right)", ATOM),
        UnaryOp::Silu => (r"<a2> \cdot \sigma\left(<a0>\right)", PRODUCT),
        UnaryOp::Gelu => (r"<a2> \cdot \Phi\left(<a0>\right)", PRODUCT),
        UnaryOp::Erf => (r"\operatorname{erf}\left(<a0>\right)", ATOM),
        UnaryOp::Erfc => (r"\operatorname{erfc}\left(<a0>\right)", ATOM),
        UnaryOp::LogErfc => (r"\ln \operatorname{erfc}\left(<a0>\right)", PRODUCT),
        UnaryOp::LogNormalCdf => (r"\ln \Phi\left(<a0>\right)", PRODUCT),
        UnaryOp::LnGamma => (r"\ln \left|\Gamma\left(<a0>\right)\right|", PRODUCT),
        UnaryOp::Digamma => (r"\psi\left(<a0>\right)", ATOM),
        UnaryOp::Xlogx => (r"<a2> \cdot \ln\left(<a0>\right)", PRODUCT),
        UnaryOp::Gaussian => (r"e^{-<a4>^{2}}", POWER),
        UnaryOp::TanhSlope => (r"\tanh'\left(<a0>\right)", ATOM),
        UnaryOp::SigmoidSlope => (r"\sigma'\left(<a0>\right)", ATOM),
        UnaryOp::AsinSlope => (r"\arcsin'\left(<a0>\right)", ATOM),
        UnaryOp::AtanhSlope => (r"\operatorname{artanh}'\left(<a0>\right)", ATOM),
        UnaryOp::Log1mExpSlope => (r"\frac{1}{1 - e^{-<a2>}}", PRODUCT),
        UnaryOp::SiluSlope => (r"\operatorname{SiLU}'\left(<a0>\right)", ATOM),
        UnaryOp::SiluCurvature => (r"\operatorname{SiLU}''\left(<a0>\right)", ATOM),
        UnaryOp::GeluSlope => (r"\operatorname{GELU}'\left(<a0>\right)", ATOM),
        UnaryOp::XlogxSlope => (r"\ln\left(<a0>\right) + 1", SUM),
        UnaryOp::StopGradient => return Form::First,
        UnaryOp::Flat => (r"0", ATOM),
    };
    Form::Template(template, binds)
}

fn binary(op: BinaryOp) -> Form {
    let (template, binds) = match op {
        BinaryOp::Add => return Form::Terms,
        BinaryOp::Sub => return Form::Difference,
        BinaryOp::Mul | BinaryOp::Chain => return Form::Factors,
        BinaryOp::Div | BinaryOp::DivPositive => (r"\frac{<a0>}{<b0>}", PRODUCT),
        BinaryOp::DivSlope => return Form::Negative(r"\frac{<a0>}{<b4>^{2}}", PRODUCT),
        BinaryOp::Rem => (r"\operatorname{rem}\left(<a0>, <b0>\right)", ATOM),
        BinaryOp::RemEuclid => (r"<a3> \bmod <b3>", PRODUCT),
        BinaryOp::ScaledExp2 => (r"<b2> \cdot 2^{<a0>}", PRODUCT),
        BinaryOp::ScaledDensity => (r"<b2> \cdot \varphi\left(<a0>\right)", PRODUCT),
        BinaryOp::Share => (r"\frac{<a0>}{<a1> + <b1>}", PRODUCT),
        BinaryOp::Pow | BinaryOp::Powi => (r"<a4>^{<b0>}", POWER),
        BinaryOp::PowSlope => (r"<b2> \cdot <a4>^{<b1-1>}", PRODUCT),
        BinaryOp::PowLog => (r"<a4>^{<b0>} \cdot \ln\left(<a0>\right)", PRODUCT),
        BinaryOp::PowCurvature => (
            r"<b2> \cdot \left(<b1-1>\right) \cdot <a4>^{<b1-2>}",
            PRODUCT,
        ),
        BinaryOp::PowMixed => (
            r"<a4>^{<b1-1>} \cdot \left(1 + <b2> \cdot \ln\left(<a0>\right)\right)",
            PRODUCT,
        ),
        BinaryOp::PowLogSquared => (r"<a4>^{<b0>} \cdot \ln^{2}\left(<a0>\right)", PRODUCT),
        BinaryOp::Hypot => (r"\sqrt{<a4>^{2} + <b4>^{2}}", ATOM),
        BinaryOp::HypotSlope => (r"\frac{<a0>}{\sqrt{<a4>^{2} + <b4>^{2}}}", PRODUCT),
        BinaryOp::HypotCurvature => (
            r"\frac{<b4>^{2}}{\left(<a4>^{2} + <b4>^{2}\right)^{3/2}}",
            PRODUCT,
        ),
        BinaryOp::HypotMixed => {
            return Form::Negative(
                r"\frac{<a2> \cdot <b2>}{\left(<a4>^{2} + <b4>^{2}\right)^{3/2}}",
                PRODUCT,
            );
        }
        BinaryOp::Atan2 => (r"\operatorname{atan2}\left(<a0>, <b0>\right)", ATOM),
        BinaryOp::Atan2Slope => (r"\frac{<b0>}{<a4>^{2} + <b4>^{2}}", PRODUCT),
        BinaryOp::Atan2Curvature => {
            return Form::Negative(
                r"\frac{2 \cdot <a2> \cdot <b2>}{\left(<a4>^{2} + <b4>^{2}\right)^{2}}",
                PRODUCT,
            );
        }
        BinaryOp::Atan2Mixed => (
            r"\frac{<a4>^{2} - <b4>^{2}}{\left(<a4>^{2} + <b4>^{2}\right)^{2}}",
            PRODUCT,
        ),
        BinaryOp::Max => (r"\max\left(<a0>, <b0>\right)", ATOM),
        BinaryOp::Min => (r"\min\left(<a0>, <b0>\right)", ATOM),
        BinaryOp::Greater => (r"\left[<a0> > <b0>\right]", ATOM),
        BinaryOp::Less => (r"\left[<a0> < <b0>\right]", ATOM),
        BinaryOp::GreaterEqual => (r"\left[<a0> \ge <b0>\right]", ATOM),
        BinaryOp::LessEqual => (r"\left[<a0> \le <b0>\right]", ATOM),
        BinaryOp::Equal => (r"\left[<a0> = <b0>\right]", ATOM),
        BinaryOp::NotEqual => (r"\left[<a0> \ne <b0>\right]", ATOM),
        BinaryOp::LeakyRelu => (r"\operatorname{leakyReLU}\left(<a0>, <b0>\right)", ATOM),
        BinaryOp::LeakyReluSlope => (r"\operatorname{leakyReLU}'\left(<a0>, <b0>\right)", ATOM),
        BinaryOp::Elu => (r"\operatorname{ELU}\left(<a0>, <b0>\right)", ATOM),
        BinaryOp::EluSlope => (r"\operatorname{ELU}'\left(<a0>, <b0>\right)", ATOM),
        BinaryOp::Polygamma => (r"\psi^{\left(<b0>\right)}\left(<a0>\right)", ATOM),
        BinaryOp::SincDerivative => (
            r"\operatorname{sinc}^{\left(<b0>\right)}\left(<a0>\right)",
            ATOM,
        ),
        BinaryOp::LogErfcDerivative => (
            r"\left(\ln \operatorname{erfc}\right)^{\left(<b0>\right)}\left(<a0>\right)",
            ATOM,
        ),
        BinaryOp::LogNormalCdfDerivative => (
            r"\left(\ln \Phi\right)^{\left(<b0>\right)}\left(<a0>\right)",
            ATOM,
        ),
        BinaryOp::ExpDifference => (r"e^{<a1> - <b2>}", POWER),
    };
    Form::Template(template, binds)
}

fn ternary(op: TernaryOp) -> Form {
    let (template, binds) = match op {
        TernaryOp::MulAdd | TernaryOp::ChainAdd => return Form::Pairs,
        TernaryOp::Select => (
            r"\begin{cases} <b0> & \text{if } <a?> \\ <c0> & \text{otherwise} \end{cases}",
            SUM,
        ),
        TernaryOp::Clamp => (r"\operatorname{clamp}\left(<a0>, <b0>, <c0>\right)", ATOM),
        TernaryOp::Chosen => (r"\left[\lfloor <a0> \rfloor = <b0>\right]", ATOM),
    };
    Form::Template(template, binds)
}

fn nary(op: NaryOp) -> Form {
    match op {
        NaryOp::Sum => Form::Terms,
        NaryOp::Product => Form::Factors,
        NaryOp::Dot | NaryOp::Adjoint => Form::Pairs,
        NaryOp::MaxOf => Form::Listed(r"\max\left(<>\right)"),
        NaryOp::MinOf => Form::Listed(r"\min\left(<>\right)"),
        NaryOp::LogSumExp => Form::Listed(r"\operatorname{logsumexp}\left(<>\right)"),
        NaryOp::Mean => Form::Listed(r"\operatorname{mean}\left(<>\right)"),
        NaryOp::Custom => Form::First,
        NaryOp::ArgmaxOf => Form::Listed(r"\operatorname{argmax}\left(<>\right)"),
        NaryOp::ArgminOf => Form::Listed(r"\operatorname{argmin}\left(<>\right)"),
        NaryOp::Gather => Form::Listed(r"\operatorname{gather}\left(<>\right)"),
    }
}
