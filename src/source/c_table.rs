//! The value of each operation in C: one line per row of the operations' table, in its order.
//!
//! It may call the functions of `functions.c` and those of C's `math.h`. The partials need no C: the code of a derivative
//! is made of values only.

use crate::op::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};

/// The functions that the table's C calls; each follows those that it calls itself.
pub(super) const FUNCTIONS: &str = include_str!("functions.c");

/// What the names of these functions begin with.
pub(super) const PREFIX: &str = "chainrule_";

/// How C computes an operation.
pub(super) enum Form {
    /// An expression of the operands `$a`, `$b` and `$c`, which are names.
    Expression(&'static str),
    /// A function of the number of operands and their array.
    Fold(&'static str),
}

/// The value of an operation in C.
pub(super) fn form(op: Op) -> Form {
    match op {
        Op::Input => Form::Expression("NAN"),
        Op::Unary(op) => Form::Expression(unary(op)),
        Op::Binary(op) => Form::Expression(binary(op)),
        Op::Ternary(op) => Form::Expression(ternary(op)),
        Op::Nary(op) => Form::Fold(nary(op)),
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "-$a",
        UnaryOp::Recip => "1.0 / $a",
        UnaryOp::Square => "$a * $a",
        UnaryOp::Sqrt => "sqrt($a)",
        UnaryOp::Cbrt => "cbrt($a)",
        UnaryOp::Exp => "exp($a)",
        UnaryOp::Exp2 => "exp2($a)",
        UnaryOp::ExpM1 => "expm1($a)",
        UnaryOp::Ln => "log($a)",
        UnaryOp::Ln1p => "log1p($a)",
        UnaryOp::Log1mExp => "chainrule_log1mexp($a)",
        UnaryOp::Log2 => "log2($a)",
        UnaryOp::Log10 => "log10($a)",
        UnaryOp::Sin => "sin($a)",
        UnaryOp::Cos => "cos($a)",
        UnaryOp::Tan => "tan($a)",
        UnaryOp::Asin => "asin($a)",
        UnaryOp::Acos => "acos($a)",
        UnaryOp::Atan => "atan($a)",
        UnaryOp::Sinc => "chainrule_sinc_derivative($a, 0.0)",
        UnaryOp::Sinh => "sinh($a)",
        UnaryOp::Cosh => "cosh($a)",
        UnaryOp::Tanh => "tanh($a)",
        UnaryOp::Asinh => "asinh($a)",
        UnaryOp::Acosh => "acosh($a)",
        UnaryOp::Atanh => "atanh($a)",
        UnaryOp::Abs => "fabs($a)",
        UnaryOp::Sign => "chainrule_sign($a)",
        UnaryOp::Floor => "floor($a)",
        UnaryOp::Ceil => "ceil($a)",
        UnaryOp::Round => "round($a)",
        UnaryOp::Trunc => "trunc($a)",
        UnaryOp::Relu => "$a > 0.0 || isnan($a) ? $a : 0.0",
        UnaryOp::Sigmoid => "chainrule_sigmoid($a)",
        UnaryOp::Softplus => "chainrule_softplus($a)",
        UnaryOp::Silu => "chainrule_silu($a)",
        UnaryOp::Gelu => "chainrule_gelu($a)",
        UnaryOp::Erf => "erf($a)",
        UnaryOp::Erfc => "erfc($a)",
        UnaryOp::LogErfc => "chainrule_log_erfc($a)",
        UnaryOp::LogNormalCdf => "chainrule_log_normal_cdf($a)",
        UnaryOp::LnGamma => "chainrule_ln_gamma($a)",
        UnaryOp::Digamma => "chainrule_digamma($a)",
        UnaryOp::Xlogx => "chainrule_xlogx($a)",
        UnaryOp::RecipPositive => "chainrule_recip_positive($a)",
        UnaryOp::Gaussian => "exp(-$a * $a)",
        UnaryOp::TanhSlope => "4.0 * chainrule_sigmoid(2.0 * $a) * chainrule_sigmoid(-2.0 * $a)",
        UnaryOp::SigmoidSlope => "chainrule_sigmoid($a) * chainrule_sigmoid(-$a)",
        UnaryOp::AsinSlope => "chainrule_recip_positive(sqrt((1.0 - $a) * (1.0 + $a)))",
        UnaryOp::AtanhSlope => "chainrule_recip_positive((1.0 - $a) * (1.0 + $a))",
        UnaryOp::Log1mExpSlope => "chainrule_log1mexp_slope($a)",
        UnaryOp::SiluSlope => "chainrule_silu_slope($a)",
        UnaryOp::SiluCurvature => "chainrule_silu_curvature($a)",
        UnaryOp::GeluSlope => "chainrule_gelu_slope($a)",
        UnaryOp::XlogxSlope => "log($a) + 1.0",
        UnaryOp::StopGradient => "$a",
        UnaryOp::Flat => "isnan($a) ? $a : 0.0",
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "$a + $b",
        BinaryOp::Sub => "$a - $b",
        BinaryOp::Mul => "$a * $b",
        BinaryOp::Div => "$a / $b",
        BinaryOp::DivSlope => "chainrule_div_slope($a, $b)",
        BinaryOp::Rem => "fmod($a, $b)",
        BinaryOp::RemEuclid => "chainrule_rem_euclid($a, $b)",
        BinaryOp::DivPositive => "chainrule_div_positive($a, $b)",
        BinaryOp::ScaledExp2 => "chainrule_scaled_exp2($a, $b)",
        BinaryOp::ScaledDensity => "chainrule_scaled_density($a, $b)",
        BinaryOp::Share => "chainrule_share($a, $b)",
        BinaryOp::Pow => "chainrule_pow($a, $b)",
        BinaryOp::Powi => "chainrule_powi($a, $b)",
        BinaryOp::PowSlope => "chainrule_scaled_pow($b, $a, $b - 1.0)",
        BinaryOp::PowLog => "chainrule_pow_log($a, $b)",
        BinaryOp::PowCurvature => "chainrule_scaled_pow($b * ($b - 1.0), $a, $b - 2.0)",
        BinaryOp::PowMixed => "chainrule_pow_mixed($a, $b)",
        BinaryOp::PowLogSquared => "chainrule_pow_log_squared($a, $b)",
        BinaryOp::Hypot => "chainrule_hypot($a, $b)",
        BinaryOp::HypotSlope => "chainrule_hypot_slope($a, $b)",
        BinaryOp::HypotCurvature => "chainrule_hypot_curvature($a, $b)",
        BinaryOp::HypotMixed => "chainrule_hypot_mixed($a, $b)",
        BinaryOp::Atan2 => "atan2($a, $b)",
        BinaryOp::Atan2Slope => "chainrule_atan2_slope($a, $b)",
        BinaryOp::Atan2Curvature => {
            "-2.0 * chainrule_atan2_slope($a, $b) * chainrule_atan2_slope($b, $a)"
        }
        BinaryOp::Atan2Mixed => "chainrule_atan2_mixed($a, $b)",
        BinaryOp::Max => "chainrule_max($a, $b)",
        BinaryOp::Min => "chainrule_min($a, $b)",
        BinaryOp::Greater => "chainrule_truth($a, $b, $a > $b)",
        BinaryOp::Less => "chainrule_truth($a, $b, $a < $b)",
        BinaryOp::GreaterEqual => "chainrule_truth($a, $b, $a >= $b)",
        BinaryOp::LessEqual => "chainrule_truth($a, $b, $a <= $b)",
        BinaryOp::Equal => "chainrule_truth($a, $b, $a == $b)",
        BinaryOp::NotEqual => "chainrule_truth($a, $b, $a != $b)",
        BinaryOp::LeakyRelu => "chainrule_joined($a, $b, $a, $b == 0.0 ? 0.0 : $b * $a)",
        BinaryOp::LeakyReluSlope => {
            "chainrule_joined($a, $b, 1.0, $a == 0.0 ? chainrule_unit($b) : $b)"
        }
        BinaryOp::Elu => "chainrule_joined($a, $b, $a, $b * expm1($a))",
        BinaryOp::EluSlope => {
            "chainrule_joined($a, $b, 1.0, $a == 0.0 ? chainrule_unit($b) : $b * exp($a))"
        }
        BinaryOp::Polygamma => "chainrule_polygamma($a, $b)",
        BinaryOp::SincDerivative => "chainrule_sinc_derivative($a, $b)",
        BinaryOp::LogErfcDerivative => "chainrule_log_erfc_derivative($a, $b)",
        BinaryOp::LogNormalCdfDerivative => "chainrule_log_normal_cdf_derivative($a, $b)",
        BinaryOp::ExpDifference => "chainrule_exp_difference($a, $b)",
        BinaryOp::Chain => "chainrule_chain($a, $b)",
    }
}

fn ternary(op: TernaryOp) -> &'static str {
    match op {
        TernaryOp::MulAdd => "fma($a, $b, $c)",
        TernaryOp::ChainAdd => "chainrule_chain_add($a, $b, $c)",
        TernaryOp::Select => "isnan($a) ? $a : $a == 0.0 ? $c : $b",
        TernaryOp::Clamp => "chainrule_clamp($a, $b, $c)",
        TernaryOp::Chosen => "chainrule_chosen($a, $b, $c)",
    }
}

fn nary(op: NaryOp) -> &'static str {
    match op {
        NaryOp::Sum => "chainrule_sum",
        NaryOp::Product => "chainrule_product",
        NaryOp::Dot => "chainrule_dot",
        NaryOp::Adjoint => "chainrule_adjoint",
        NaryOp::MaxOf => "chainrule_max_of",
        NaryOp::MinOf => "chainrule_min_of",
        NaryOp::LogSumExp => "chainrule_log_sum_exp",
        NaryOp::Mean => "chainrule_mean",
        NaryOp::Custom => "chainrule_first",
        NaryOp::ArgmaxOf => "chainrule_place_of_largest",
        NaryOp::ArgminOf => "chainrule_place_of_smallest",
        NaryOp::Gather => "chainrule_gather",
    }
}
