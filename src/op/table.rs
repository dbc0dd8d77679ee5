//! The one table: every operation of the engine is one row.
//!
//! A row holds, in this order:
//!
//! - its documentation, its type, its symbol in pictures, and, if users call it by name, its method with one
//!   worked point: value and slopes there, computed with 50 digits by another program (mpmath);
//! - the `domain` outside which the value is NaN, and the `laws` that hold; tests are made from both;
//! - the `rule`, in words and letters, as explanations show it: the formula, then for each operand its letter and the
//!   derivative with respect to it. An operation of any number of operands repeats these. What a tie or a corner does is in
//!   the row's documentation;
//! - `value`, over `f64`;
//! - its partials, over any [`Scalar`](super::Scalar), from the operands and the result `y`: with plain numbers they
//!   compute the derivative, with recording values they *record* it. The letters are those of the formula. A partial keeps
//!   its digits over the whole domain, so it often differs from the textbook's form (`docs/numerics.md`).
//!
//! `table!(consumer)` passes all rows to the macro `consumer`: one makes the names and types, one the formulas and dispatch.
//! `methods!` makes methods of [`Scalar`](super::Scalar) and of recording values from the rows that users call by name.

/// Passes every row of the table to the macro with this name, for crates that make functions of their own from them.
#[doc(hidden)]
#[macro_export]
macro_rules! table {
    ($consumer:ident $(, $argument:tt)?) => {
        $consumer! {
$($argument)?
unary {
    /// The negation `−x`.
    Neg "−" {
        domain (REALS); laws [Odd, Involution, Nonincreasing, Linear];
        rule "−x" ["x": "−1"];
        value |x| -x;
        partial |_x, _y| S::from(-1.0);
    }
    /// The reciprocal `1/x`.
    Recip "1/x": recip(2.0) = 0.5, slope -0.25 {
        domain (REALS); laws [Odd, Involution, Break(0, 0.0)];
        rule "1/x" ["x": "−1/x²"];
        value |x| 1.0 / x;
        partial |_x, y| -(y * y);
    }
    /// The square `x²`.
    Square "x²": square(3.0) = 9.0, slope 6.0 {
        domain (REALS); laws [Even, Range(0.0, INFINITY)];
        rule "x²" ["x": "2·x"];
        value |x| x * x;
        partial |x, _y| x * 2.0;
    }
    /// The square root.
    Sqrt "√": sqrt(2.0) = 1.4142135623730951, slope 0.3535533905932738 {
        domain (NOT_NEGATIVE); laws [Nondecreasing, Range(0.0, INFINITY), At(0.0, 0.0), InverseOf(UnaryOp::Square)];
        rule "√x" ["x": "1/(2·√x)"];
        value |x| x.sqrt();
        partial |_x, y| y.apply::<RecipPositive>() * 0.5;
    }
    /// The cube root, also of negative numbers.
    Cbrt "∛": cbrt(2.0) = 1.2599210498948732, slope 0.20998684164914552 {
        domain (REALS); laws [Odd, Nondecreasing, At(0.0, 0.0)];
        rule "∛x" ["x": "1/(3·(∛x)²)"];
        value |x| math::cbrt(x);
        partial |_x, y| (y * y * 3.0).recip();
    }

    /// The exponential `eˣ`.
    Exp "exp": exp(1.0) = 2.718281828459045, slope 2.718281828459045 {
        domain (REALS); laws [Nondecreasing, Range(0.0, INFINITY), At(0.0, 1.0)];
        rule "e^x" ["x": "e^x"];
        value |x| math::exp(x);
        partial |_x, y| y;
    }
    /// The power of two `2ˣ`.
    Exp2 "exp2": exp2(0.5) = 1.4142135623730951, slope 0.9802581434685472 {
        domain (REALS); laws [Nondecreasing, Range(0.0, INFINITY), At(0.0, 1.0), At(10.0, 1024.0)];
        rule "2^x" ["x": "ln(2)·2^x"];
        value |x| math::exp2(x);
        partial |x, _y| x.apply2::<ScaledExp2>(S::from(LN_2));
    }
    /// The exponential minus one, `eˣ − 1`, accurate near 0.
    ExpM1 "expm1": exp_m1(0.5) = 0.6487212707001282, slope 1.6487212707001282 {
        domain (REALS); laws [Nondecreasing, Range(-1.0, INFINITY), At(0.0, 0.0)];
        rule "e^x − 1" ["x": "e^x"];
        value |x| math::exp_m1(x);
        partial |x, _y| x.exp();
    }
    /// The natural logarithm.
    Ln "ln": ln(2.0) = 0.6931471805599453, slope 0.5 {
        domain (NOT_NEGATIVE); laws [Nondecreasing, At(1.0, 0.0), InverseOf(UnaryOp::Exp)];
        rule "ln(x)" ["x": "1/x"];
        value |x| math::ln(x);
        partial |x, _y| x.apply::<RecipPositive>();
    }
    /// The natural logarithm of one plus x, `ln(1 + x)`, accurate near 0.
    Ln1p "ln1p": ln_1p(0.5) = 0.4054651081081644, slope 0.6666666666666666 {
        domain ([-1.0, INFINITY]); laws [Nondecreasing, At(0.0, 0.0), InverseOf(UnaryOp::ExpM1)];
        rule "ln(1 + x)" ["x": "1/(1 + x)"];
        value |x| math::ln_1p(x);
        partial |x, _y| (x + 1.0).apply::<RecipPositive>();
    }
    /// The logarithm of one minus an exponential, `ln(1 − eˣ)`, for x ≤ 0, accurate at both ends.
    Log1mExp "ln(1−exp)": log1mexp(-0.5) = -0.9327521295671886, slope -1.5414940825367982 {
        domain (NOT_POSITIVE); laws [Nonincreasing, Range(NEG_INFINITY, 0.0)];
        rule "ln(1 − e^x)" ["x": "−e^x/(1 − e^x)"];
        value |x| math::log1mexp(x);
        partial |x, _y| x.apply::<Log1mExpSlope>();
    }
    /// The logarithm to base 2.
    Log2 "log2": log2(3.0) = 1.584962500721156, slope 0.4808983469629878 {
        domain (NOT_NEGATIVE); laws [Nondecreasing, At(8.0, 3.0), InverseOf(UnaryOp::Exp2)];
        rule "log2(x)" ["x": "1/(x·ln(2))"];
        value |x| math::log2(x);
        partial |x, _y| S::from(LOG2_E).apply2::<DivPositive>(x);
    }
    /// The logarithm to base 10.
    Log10 "log10": log10(2.0) = 0.3010299956639812, slope 0.2171472409516259 {
        domain (NOT_NEGATIVE); laws [Nondecreasing, At(1000.0, 3.0)];
        rule "log10(x)" ["x": "1/(x·ln(10))"];
        value |x| math::log10(x);
        partial |x, _y| S::from(LOG10_E).apply2::<DivPositive>(x);
    }

    /// The sine, of radians.
    Sin "sin": sin(0.5) = 0.479425538604203, slope 0.8775825618903728 {
        domain (FINITE); laws [Odd, Range(-1.0, 1.0), At(0.0, 0.0)];
        rule "sin(x)" ["x": "cos(x)"];
        value |x| math::sin(x);
        partial |x, _y| x.cos();
    }
    /// The cosine, of radians.
    Cos "cos": cos(0.5) = 0.8775825618903728, slope -0.479425538604203 {
        domain (FINITE); laws [Even, Range(-1.0, 1.0), At(0.0, 1.0)];
        rule "cos(x)" ["x": "−sin(x)"];
        value |x| math::cos(x);
        partial |x, _y| -x.sin();
    }
    /// The tangent, of radians.
    Tan "tan": tan(0.5) = 0.5463024898437905, slope 1.2984464104095248 {
        domain (FINITE); laws [Odd, At(0.0, 0.0), Breaks];
        rule "tan(x)" ["x": "1 + tan(x)²"];
        value |x| math::tan(x);
        partial |_x, y| y * y + 1.0;
    }
    /// The inverse sine in radians, for x from −1 to 1.
    Asin "asin": asin(0.5) = 0.5235987755982989, slope 1.1547005383792515 {
        domain (UNIT); laws [Odd, Nondecreasing, Range(-FRAC_PI_2, FRAC_PI_2), At(0.0, 0.0)];
        rule "asin(x)" ["x": "1/√(1 − x²)"];
        value |x| math::asin(x);
        partial |x, _y| x.apply::<AsinSlope>();
    }
    /// The inverse cosine in radians, for x from −1 to 1.
    Acos "acos": acos(0.5) = 1.0471975511965979, slope -1.1547005383792515 {
        domain (UNIT); laws [Nonincreasing, Range(0.0, PI), At(1.0, 0.0)];
        rule "acos(x)" ["x": "−1/√(1 − x²)"];
        value |x| math::acos(x);
        partial |x, _y| -x.apply::<AsinSlope>();
    }
    /// The inverse tangent, in radians.
    Atan "atan": atan(0.5) = 0.4636476090008061, slope 0.8 {
        domain (REALS); laws [Odd, Nondecreasing, Range(-FRAC_PI_2, FRAC_PI_2), At(0.0, 0.0)];
        rule "atan(x)" ["x": "1/(1 + x²)"];
        value |x| math::atan(x);
        partial |x, _y| x.hypot(1.0).recip().square();
    }
    /// The cardinal sine `sin(x)/x`, of radians, not normalised by π: 1 at 0, and the limit 0 at the infinities.
    Sinc "sinc": sinc(0.5) = 0.958851077208406, slope -0.16253703063606657 {
        domain (REALS); laws [Even, Range(-0.2173, 1.0), At(0.0, 1.0)];
        rule "sin(x)/x" ["x": "(cos(x) − sin(x)/x)/x"];
        value |x| math::sinc(x);
        partial |x, _y| x.apply2::<SincDerivative>(S::from(1.0));
    }
    /// The hyperbolic sine.
    Sinh "sinh": sinh(0.5) = 0.5210953054937474, slope 1.1276259652063807 {
        domain (REALS); laws [Odd, Nondecreasing, At(0.0, 0.0)];
        rule "sinh(x)" ["x": "cosh(x)"];
        value |x| math::sinh(x);
        partial |x, _y| x.cosh();
    }
    /// The hyperbolic cosine.
    Cosh "cosh": cosh(0.5) = 1.1276259652063807, slope 0.5210953054937474 {
        domain (REALS); laws [Even, Range(1.0, INFINITY), At(0.0, 1.0)];
        rule "cosh(x)" ["x": "sinh(x)"];
        value |x| math::cosh(x);
        partial |x, _y| x.sinh();
    }
    /// The hyperbolic tangent.
    Tanh "tanh": tanh(0.5) = 0.46211715726000974, slope 0.7864477329659274 {
        domain (REALS); laws [Odd, Nondecreasing, Range(-1.0, 1.0), At(0.0, 0.0)];
        rule "tanh(x)" ["x": "1 − tanh(x)²"];
        value |x| math::tanh(x);
        partial |x, _y| x.apply::<TanhSlope>();
    }
    /// The inverse hyperbolic sine.
    Asinh "asinh": asinh(0.5) = 0.48121182505960347, slope 0.8944271909999159 {
        domain (REALS); laws [Odd, Nondecreasing, At(0.0, 0.0), InverseOf(UnaryOp::Sinh)];
        rule "asinh(x)" ["x": "1/√(x² + 1)"];
        value |x| math::asinh(x);
        partial |x, _y| x.hypot(1.0).recip();
    }
    /// The inverse hyperbolic cosine, for x ≥ 1.
    Acosh "acosh": acosh(2.0) = 1.3169578969248168, slope 0.5773502691896257 {
        domain ([1.0, INFINITY]); laws [Nondecreasing, Range(0.0, INFINITY), At(1.0, 0.0), InverseOf(UnaryOp::Cosh)];
        rule "acosh(x)" ["x": "1/√(x² − 1)"];
        value |x| math::acosh(x);
        partial |x, _y| ((x - 1.0).sqrt() * (x + 1.0).sqrt()).apply::<RecipPositive>();
    }
    /// The inverse hyperbolic tangent, for x from −1 to 1.
    Atanh "atanh": atanh(0.5) = 0.5493061443340549, slope 1.3333333333333333 {
        domain (UNIT); laws [Odd, Nondecreasing, At(0.0, 0.0), InverseOf(UnaryOp::Tanh)];
        rule "atanh(x)" ["x": "1/(1 − x²)"];
        value |x| math::atanh(x);
        partial |x, _y| x.apply::<AtanhSlope>();
    }

    /// The absolute value; slope 0 at 0, the subgradient of least norm.
    Abs "|x|": abs(-2.0) = 2.0, slope -1.0 {
        domain (REALS); laws [Even, Idempotent, Range(0.0, INFINITY), Kink(0, 0.0)];
        rule "|x|" ["x": "1 if x > 0, −1 if x < 0, else 0"];
        value |x| x.abs();
        partial |x, _y| x.sign();
    }
    /// The sign: −1, 0 or 1; slope 0 everywhere.
    Sign "sign": sign(-2.0) = -1.0, slope 0.0 {
        domain (REALS); laws [Odd, Idempotent, Nondecreasing, Range(-1.0, 1.0), At(0.0, 0.0), Break(0, 0.0), Blocks];
        rule "sign(x)" ["x": "0"];
        value |x| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { x + 0.0 };
        partial |x, _y| x.apply::<Flat>();
    }
    /// The largest integer not above; slope 0 everywhere.
    Floor "⌊x⌋": floor(2.5) = 2.0, slope 0.0 {
        domain (REALS); laws [Idempotent, Nondecreasing, Breaks, Blocks];
        rule "⌊x⌋" ["x": "0"];
        value |x| x.floor();
        partial |x, _y| x.apply::<Flat>();
    }
    /// The smallest integer not below; slope 0 everywhere.
    Ceil "⌈x⌉": ceil(2.5) = 3.0, slope 0.0 {
        domain (REALS); laws [Idempotent, Nondecreasing, Breaks, Blocks];
        rule "⌈x⌉" ["x": "0"];
        value |x| x.ceil();
        partial |x, _y| x.apply::<Flat>();
    }
    /// The nearest integer, halves away from 0; slope 0 everywhere.
    Round "round": round(2.25) = 2.0, slope 0.0 {
        domain (REALS); laws [Odd, Idempotent, Nondecreasing, Breaks, Blocks];
        rule "round(x)" ["x": "0"];
        value |x| x.round();
        partial |x, _y| x.apply::<Flat>();
    }
    /// The integer part, towards 0; slope 0 everywhere.
    Trunc "trunc": trunc(-2.5) = -2.0, slope 0.0 {
        domain (REALS); laws [Odd, Idempotent, Nondecreasing, Breaks, Blocks];
        rule "trunc(x)" ["x": "0"];
        value |x| x.trunc();
        partial |x, _y| x.apply::<Flat>();
    }
    /// The rectifier `max(0, x)`; slope 0 at 0, the subgradient of least norm.
    Relu "ReLU": relu(2.0) = 2.0, slope 1.0 {
        domain (REALS); laws [Idempotent, Nondecreasing, Range(0.0, INFINITY), Kink(0, 0.0), Routes];
        rule "max(0, x)" ["x": "1 if x > 0, else 0"];
        value |x| if x > 0.0 { x } else if x.is_nan() { x } else { 0.0 };
        partial |x, _y| x.greater(0.0);
    }

    /// The logistic function `1/(1 + e⁻ˣ)`.
    Sigmoid "σ": sigmoid(0.5) = 0.6224593312018546, slope 0.2350037122015945 {
        domain (REALS); laws [Nondecreasing, Range(0.0, 1.0), At(0.0, 0.5)];
        rule "σ(x)" ["x": "σ(x)·(1 − σ(x))"];
        value |x| math::sigmoid(x);
        partial |x, _y| x.apply::<SigmoidSlope>();
    }
    /// The smooth rectifier `ln(1 + eˣ)`.
    Softplus "softplus": softplus(0.5) = 0.9740769841801067, slope 0.6224593312018546 {
        domain (REALS); laws [Nondecreasing, Range(0.0, INFINITY), At(0.0, LN_2)];
        rule "ln(1 + e^x)" ["x": "σ(x)"];
        value |x| math::softplus(x);
        partial |x, _y| x.sigmoid();
    }
    /// The sigmoid linear unit `x·σ(x)`, also called swish.
    Silu "SiLU": silu(0.5) = 0.3112296656009273, slope 0.7399611873026518 {
        domain (REALS); laws [At(0.0, 0.0)];
        rule "x·σ(x)" ["x": "σ(x)·(1 + x·(1 − σ(x)))"];
        value |x| math::silu(x);
        partial |x, _y| x.apply::<SiluSlope>();
    }
    /// The Gaussian error linear unit `x·Φ(x)`, Φ the normal distribution function (the exact form, not the approximation by tanh).
    Gelu "GELU": gelu(0.5) = 0.34573123063700656, slope 0.8674951246561629 {
        domain (REALS); laws [At(0.0, 0.0)];
        rule "x·Φ(x)" ["x": "Φ(x) + x·φ(x)"];
        value |x| math::gelu(x);
        partial |x, _y| x.apply::<GeluSlope>();
    }

    /// The error function `2/√π ∫₀ˣ e^(−t²) dt`.
    Erf "erf": erf(0.5) = 0.5204998778130465, slope 0.8787825789354448 {
        domain (REALS); laws [Odd, Nondecreasing, Range(-1.0, 1.0), At(0.0, 0.0)];
        rule "erf(x)" ["x": "2/√π·e^(−x²)"];
        value |x| math::erf(x);
        partial |x, _y| x.apply::<Gaussian>() * FRAC_2_SQRT_PI;
    }
    /// The complementary error function `1 − erf(x)`, accurate in the tail.
    Erfc "erfc": erfc(0.5) = 0.4795001221869535, slope -0.8787825789354448 {
        domain (REALS); laws [Nonincreasing, Range(0.0, 2.0), At(0.0, 1.0)];
        rule "erfc(x)" ["x": "−2/√π·e^(−x²)"];
        value |x| math::erfc(x);
        partial |x, _y| x.apply::<Gaussian>() * -FRAC_2_SQRT_PI;
    }
    /// The logarithm of the complementary error function, `ln erfc(x)`, accurate also where erfc is 0 or 1.
    LogErfc "ln erfc": log_erfc(0.5) = -0.7350111298370844, slope -1.8327056412986984 {
        domain (REALS); laws [Nonincreasing, Range(NEG_INFINITY, LN_2), At(0.0, 0.0)];
        rule "ln(erfc(x))" ["x": "−2/√π·e^(−x²)/erfc(x)"];
        value |x| math::log_erfc(x);
        partial |x, _y| x.apply2::<LogErfcDerivative>(S::from(1.0));
    }
    /// The logarithm of the normal distribution function, `ln Φ(x)`, accurate in both tails.
    LogNormalCdf "ln Φ": log_normal_cdf(-1.5) = -2.70594440082389, slope 1.938677166622543 {
        domain (REALS); laws [Nondecreasing, Range(NEG_INFINITY, 0.0), At(0.0, -LN_2)];
        rule "ln(Φ(x))" ["x": "φ(x)/Φ(x)"];
        value |x| math::log_normal_cdf(x);
        partial |x, _y| x.apply2::<LogNormalCdfDerivative>(S::from(1.0));
    }
    /// The logarithm of the size of the gamma function, `ln |Γ(x)|`: +∞ at its poles, which are the whole numbers x ≤ 0.
    LnGamma "lnΓ": ln_gamma(2.5) = 0.2846828704729192, slope 0.7031566406452432 {
        domain (FROM_LEAST); laws [At(1.0, 0.0), At(2.0, 0.0)];
        rule "ln|Γ(x)|" ["x": "ψ(x)"];
        value |x| math::ln_gamma(x);
        partial |x, _y| x.digamma();
    }
    /// The digamma function `ψ(x) = d/dx ln |Γ(x)|`; NaN at its poles below 0.
    Digamma "ψ": digamma(2.5) = 0.7031566406452432, slope 0.49035775610023485 {
        domain (FROM_LEAST); laws [Poles];
        rule "ψ(x)" ["x": "ψ′(x)"];
        value |x| math::digamma(x);
        partial |x, _y| x.polygamma(1);
    }
    /// The entropy term `x·ln x`, with the limit 0 at 0.
    Xlogx "x ln x": xlogx(0.5) = -0.34657359027997264, slope 0.3068528194400547 {
        domain (NOT_NEGATIVE); laws [At(0.0, 0.0), At(1.0, 0.0)];
        rule "x·ln(x)" ["x": "ln(x) + 1"];
        value |x| math::xlogx(x);
        partial |x, _y| x.apply::<XlogxSlope>();
    }
    /// The reciprocal on the domain of a logarithm: `1/|x|` for `x ≥ 0`, NaN below.
    RecipPositive "1/|x|" {
        domain (NOT_NEGATIVE); laws [Nonincreasing, Range(0.0, INFINITY)];
        rule "1/|x|" ["x": "−1/x²"];
        value |x| math::recip_positive(x);
        partial |_x, y| -(y * y);
    }
    /// The unscaled normal density `e^(−x²)`.
    Gaussian "exp(−x²)" {
        domain (REALS); laws [Even, Range(0.0, 1.0), At(0.0, 1.0)];
        rule "e^(−x²)" ["x": "−2·x·e^(−x²)"];
        value |x| math::gaussian(x);
        partial |x, y| chain(x * -2.0, y);
    }
    /// The slope of `Tanh`: `4·σ(2x)·σ(−2x)`.
    TanhSlope "tanh′" {
        domain (REALS); laws [Even, At(0.0, 1.0)];
        rule "tanh′(x)" ["x": "−2·tanh(x)·tanh′(x)"];
        value |x| 4.0 * math::sigmoid_slope(2.0 * x);
        partial |x, y| chain(x.tanh() * -2.0, y);
    }
    /// The slope of `Sigmoid`: `σ(x)·σ(−x)`.
    SigmoidSlope "σ′" {
        domain (REALS); laws [Even, At(0.0, 0.25)];
        rule "σ′(x)" ["x": "σ′(x)·(1 − 2·σ(x))"];
        value |x| math::sigmoid_slope(x);
        partial |x, y| chain(-(x * 0.5).tanh(), y);
    }
    /// The slope of `Asin`: `1/√((1 − x)(1 + x))`.
    AsinSlope "asin′" {
        domain (UNIT); laws [Even, Range(1.0, INFINITY), At(0.0, 1.0)];
        rule "1/√(1 − x²)" ["x": "x/√(1 − x²)³"];
        value |x| math::recip_positive(((1.0 - x) * (1.0 + x)).sqrt());
        partial |x, y| chain(x, y * y * y);
    }
    /// The slope of `Atanh`: `1/((1 − x)(1 + x))`.
    AtanhSlope "atanh′" {
        domain (UNIT); laws [Even, Range(1.0, INFINITY), At(0.0, 1.0)];
        rule "1/(1 − x²)" ["x": "2·x/(1 − x²)²"];
        value |x| math::recip_positive((1.0 - x) * (1.0 + x));
        partial |x, y| chain(x * 2.0, y * y);
    }
    /// The slope of `Log1mExp`: `−eˣ/(1 − eˣ)`.
    Log1mExpSlope "ln(1−exp)′" {
        domain (NOT_POSITIVE); laws [Nonincreasing, Range(NEG_INFINITY, 0.0)];
        rule "−e^x/(1 − e^x)" ["x": "−e^x/(1 − e^x)²"];
        value |x| math::log1mexp_slope(x);
        partial |_x, y| chain(y, -y + 1.0);
    }
    /// The slope of `Silu`: `σ(x)·(1 + x·σ(−x))`.
    SiluSlope "SiLU′" {
        domain (REALS); laws [At(0.0, 0.5)];
        rule "SiLU′(x)" ["x": "SiLU″(x)"];
        value |x| math::silu_slope(x);
        partial |x, _y| x.apply::<SiluCurvature>();
    }
    /// The second derivative of `Silu`: `σ(x)·σ(−x)·(2 − x·tanh(x/2))`.
    SiluCurvature "SiLU″" {
        domain (REALS); laws [Even, At(0.0, 0.5)];
        rule "SiLU″(x)" ["x": "σ′(x)·(1 − 6·σ′(x))·x + 3·σ′(x)·(1 − 2·σ(x))"];
        value |x| math::silu_curvature(x);
        partial |x, _y| {
            let (slope, t) = (x.apply::<SigmoidSlope>(), (x * 0.5).tanh());
            chain(slope, chain(t, chain(x, t) - 3.0) - chain(x, slope) * 2.0)
        };
    }
    /// The slope of `Gelu`: `Φ(x) + x·φ(x)`.
    GeluSlope "GELU′" {
        domain (REALS); laws [At(0.0, 0.5)];
        rule "Φ(x) + x·φ(x)" ["x": "(2 − x²)·φ(x)"];
        value |x| math::gelu_slope(x);
        partial |x, _y| x.apply2::<ScaledDensity>((-x).apply3::<MulAdd>(x, S::from(2.0)));
    }
    /// The slope of `Xlogx`: `ln x + 1`.
    XlogxSlope "ln x + 1" {
        domain (NOT_NEGATIVE); laws [Nondecreasing, At(1.0, 1.0)];
        rule "ln(x) + 1" ["x": "1/x"];
        value |x| math::xlogx_slope(x);
        partial |x, _y| x.apply::<RecipPositive>();
    }
    /// The identity through which no derivative passes: slope 0.
    StopGradient "stop" {
        domain (REALS); laws [Idempotent, Stop];
        rule "stop(x)" ["x": "0"];
        value |x| x;
        partial |x, _y| x.apply::<Flat>();
    }
    /// The slope of a flat function: 0, or NaN where `x` is NaN.
    Flat "0" {
        domain (REALS); laws [Idempotent, Range(0.0, 0.0), Blocks];
        rule "0·x" ["x": "0"];
        value |x| if x.is_nan() { x } else { 0.0 };
        partial |_x, y| y;
    }
}
binary {
    /// The sum `a + b`.
    Add "+" {
        domain (REALS, REALS); laws [Commutative, Identity(-0.0), Linear];
        rule "a + b" ["a": "1", "b": "1"];
        value |a, b| a + b;
        left |_a, _b, _y| S::from(1.0);
        right |_a, _b, _y| S::from(1.0);
    }
    /// The difference `a − b`.
    Sub "−" {
        domain (REALS, REALS); laws [Identity(0.0), Linear];
        rule "a − b" ["a": "1", "b": "−1"];
        value |a, b| a - b;
        left |_a, _b, _y| S::from(1.0);
        right |_a, _b, _y| S::from(-1.0);
    }
    /// The product `a·b`.
    Mul "×" {
        domain (REALS, REALS); laws [Commutative, Identity(1.0), Bilinear];
        rule "a·b" ["a": "b", "b": "a"];
        value |a, b| a * b;
        left |_a, b, _y| b;
        right |a, _b, _y| a;
    }
    /// The quotient `a/b`.
    Div "÷" {
        domain (REALS, REALS); laws [Identity(1.0), Break(1, 0.0)];
        rule "a/b" ["a": "1/b", "b": "−a/b²"];
        value |a, b| a / b;
        left |_a, b, _y| b.recip();
        right |a, b, _y| a.apply2::<DivSlope>(b);
    }
    /// The slope of `Div` with respect to its divisor, `−a/b²`.
    DivSlope "−a/b²" {
        domain (REALS, REALS); laws [Break(1, 0.0)];
        rule "−a/b²" ["a": "−1/b²", "b": "2·a/b³"];
        value |a, b| slope::div(a, b);
        left |_a, b, _y| -b.recip().square();
        right |_a, b, y| y * -2.0 / b;
    }
    /// The remainder of a division, `a − q·b` with `q = a/b` rounded towards 0, so it has the sign of `a`; at a jump, the slopes of its piece.
    Rem "rem" {
        domain (REALS, REALS); laws [Remainder, Breaks];
        rule "a rem b" ["a": "1", "b": "−trunc(a/b)"];
        value |a, b| remainder::truncated(a, b);
        left |_a, _b, y| y.apply::<Flat>() + 1.0;
        right |a, b, y| -(a / b - y / b).round();
    }
    /// The remainder that is not negative, `a − q·b` with `q = a/b` rounded so that `0 ≤ a − q·b < |b|`; at a jump, the slopes of its piece.
    RemEuclid "mod": rem_euclid(-7.5, 2.0) = 0.5, slopes 1.0, 4.0 {
        domain (REALS, REALS); laws [Remainder, Breaks, Range(0.0, INFINITY)];
        rule "a mod b" ["a": "1", "b": "−(a − (a mod b))/b"];
        value |a, b| remainder::euclidean(a, b);
        left |_a, _b, y| y.apply::<Flat>() + 1.0;
        right |a, b, y| -(a / b - y / b).round();
    }
    /// The quotient on the domain of a logarithm: `a/|b|` for `b ≥ 0`, NaN below.
    DivPositive "a/|b|" {
        domain (REALS, NOT_NEGATIVE); laws [Break(1, 0.0)];
        rule "a/|b|" ["a": "1/|b|", "b": "−a/b²"];
        value |a, b| slope::div_positive(a, b);
        left |_a, b, _y| b.apply::<RecipPositive>();
        right |_a, b, y| -y / b;
    }
    /// The scaled power of two `c·2ˣ`, also if `2ˣ` alone overflows.
    ScaledExp2 "c·2ˣ" {
        domain (REALS, REALS); laws [];
        rule "c·2^x" ["x": "ln(2)·c·2^x", "c": "2^x"];
        value |x, c| math::scaled_exp2(x, c);
        left |x, c, _y| x.apply2::<ScaledExp2>(c * LN_2);
        right |x, _c, _y| x.exp2();
    }
    /// The scaled normal density `c·φ(x)`, also if `φ(x)` alone is subnormal.
    ScaledDensity "c·φ" {
        domain (REALS, REALS); laws [];
        rule "c·φ(x)" ["x": "−c·x·φ(x)", "c": "φ(x)"];
        value |x, c| math::scaled_density(x, c);
        left |x, c, _y| x.apply2::<ScaledDensity>(-chain(c, x));
        right |x, _c, _y| x.apply2::<ScaledDensity>(S::from(1.0));
    }
    /// The share `t/(t + r)` of a positive term in its sum with the rest.
    Share "t/(t+r)" {
        domain (NOT_NEGATIVE, NOT_NEGATIVE); laws [];
        rule "t/(t + r)" ["t": "r/(t + r)²", "r": "−t/(t + r)²"];
        value |t, r| slope::share(t, r);
        left |t, r, _y| r.apply2::<Share>(t) / (t + r);
        right |t, r, y| -y / (t + r);
    }
    /// The power `a^b` of a variable or constant exponent; the slope with respect to the exponent is NaN where `a < 0`.
    Pow "^": pow(2.0, 1.5) = 2.8284271247461903, slopes 2.1213203435596424, 1.9605162869370945 {
        domain (NOT_NEGATIVE, REALS); laws [Identity(1.0)];
        rule "a^b" ["a": "b·a^(b − 1)", "b": "a^b·ln(a)"];
        value |a, b| math::pow(a, b);
        left |a, b, _y| a.apply2::<PowSlope>(b);
        right |a, b, _y| a.apply2::<PowLog>(b);
    }
    /// The power `aⁿ` of an integer exponent.
    Powi "ⁿ" {
        domain (REALS, REALS); laws [Identity(1.0), Break(0, 0.0), IntegerRight];
        rule "a^n" ["a": "n·a^(n − 1)", "n": "a^n·ln(a)"];
        value |a, n| math::powi(a, n);
        left |a, n, _y| a.apply2::<PowSlope>(n);
        right |a, n, _y| a.apply2::<PowLog>(n);
    }
    /// The slope of `Pow` with respect to its base, `b·a^(b−1)`.
    PowSlope "b·a^(b−1)" {
        domain (NOT_NEGATIVE, REALS); laws [];
        rule "b·a^(b − 1)" ["a": "b·(b − 1)·a^(b − 2)", "b": "a^(b − 1)·(1 + b·ln(a))"];
        value |a, b| slope::pow(a, b);
        left |a, b, _y| a.apply2::<PowCurvature>(b);
        right |a, b, _y| a.apply2::<PowMixed>(b);
    }
    /// The slope of `Pow` with respect to its exponent, `a^b·ln a`, 0 where the power vanishes.
    PowLog "a^b·ln a" {
        domain (NOT_NEGATIVE, REALS); laws [];
        rule "a^b·ln(a)" ["a": "a^(b − 1)·(1 + b·ln(a))", "b": "a^b·ln(a)²"];
        value |a, b| slope::pow_log(a, b);
        left |a, b, _y| a.apply2::<PowMixed>(b);
        right |a, b, _y| a.apply2::<PowLogSquared>(b);
    }
    /// The second derivative of `Pow` with respect to its base, `b(b−1)·a^(b−2)`.
    PowCurvature "b(b−1)·a^(b−2)" {
        domain (NOT_NEGATIVE, REALS); laws [];
        rule "b·(b − 1)·a^(b − 2)" ["a": "b·(b − 1)·(b − 2)·a^(b − 3)", "b": "a^(b − 2)·(b·(b − 1)·ln(a) + 2·b − 1)"];
        value |a, b| slope::pow_curvature(a, b);
        left |a, b, _y| chain(b, a.apply2::<PowCurvature>(b - 1.0));
        right |a, b, _y| pow_mixed_by_base(a, b);
    }
    /// The derivative of `Pow` with respect to both operands, `a^(b−1)·(1 + b·ln a)`.
    PowMixed "a^(b−1)·(1 + b·ln a)" {
        domain (NOT_NEGATIVE, REALS); laws [];
        rule "a^(b − 1)·(1 + b·ln(a))" ["a": "a^(b − 2)·(b·(b − 1)·ln(a) + 2·b − 1)", "b": "a^(b − 1)·ln(a)·(2 + b·ln(a))"];
        value |a, b| slope::pow_mixed(a, b);
        left |a, b, _y| pow_mixed_by_base(a, b);
        right |a, b, _y| pow_mixed_by_exponent(a, b);
    }
    /// The second derivative of `Pow` with respect to its exponent, `a^b·ln²a`, 0 where the power vanishes.
    PowLogSquared "a^b·ln²a" {
        domain (NOT_NEGATIVE, REALS); laws [];
        rule "a^b·ln(a)²" ["a": "a^(b − 1)·ln(a)·(2 + b·ln(a))", "b": "a^b·ln(a)³"];
        value |a, b| slope::pow_log_squared(a, b);
        left |a, b, _y| pow_mixed_by_exponent(a, b);
        right |a, _b, y| chain(y, a.ln());
    }
    /// The length `√(a² + b²)` of a vector, without overflow; slopes 0 at the origin, the subgradient of least norm.
    Hypot "hypot": hypot(3.0, 4.0) = 5.0, slopes 0.6, 0.8 {
        domain (REALS, REALS); laws [Commutative, Range(0.0, INFINITY), KinkAtOrigin];
        rule "√(a² + b²)" ["a": "a/√(a² + b²)", "b": "b/√(a² + b²)"];
        value |a, b| math::hypot(a, b);
        left |a, b, _y| a.apply2::<HypotSlope>(b);
        right |a, b, _y| b.apply2::<HypotSlope>(a);
    }
    /// The slope of `Hypot` with respect to its first operand: `a/√(a² + b²)`.
    HypotSlope "a/hypot" {
        domain (FINITE, FINITE); laws [Range(-1.0, 1.0)];
        rule "a/√(a² + b²)" ["a": "b²/√(a² + b²)³", "b": "−a·b/√(a² + b²)³"];
        value |a, b| slope::hypot(a, b);
        left |a, b, _y| a.apply2::<HypotCurvature>(b);
        right |a, b, _y| a.apply2::<HypotMixed>(b);
    }
    /// The second derivative of `Hypot` with respect to its first operand: `b²/h³`, `h` the length.
    HypotCurvature "b²/h³" {
        domain (FINITE, FINITE); laws [Range(0.0, INFINITY)];
        rule "b²/√(a² + b²)³" ["a": "−3·a·b²/√(a² + b²)^5", "b": "b·(2·a² − b²)/√(a² + b²)^5"];
        value |a, b| plane::hypot_curvature(a, b);
        left |a, b, y| chain(y, chain(a.apply2::<HypotSlope>(b), a.hypot(b).recip()) * -3.0);
        right |a, b, _y| hypot_mixed_by_first(a, b);
    }
    /// The derivative of `Hypot` with respect to both operands: `−ab/h³`, `h` the length.
    HypotMixed "−ab/h³" {
        domain (FINITE, FINITE); laws [Commutative];
        rule "−a·b/√(a² + b²)³" ["a": "b·(2·a² − b²)/√(a² + b²)^5", "b": "a·(2·b² − a²)/√(a² + b²)^5"];
        value |a, b| plane::hypot_mixed(a, b);
        left |a, b, _y| hypot_mixed_by_first(a, b);
        right |a, b, _y| hypot_mixed_by_first(b, a);
    }
    /// The angle of the point `(b, a)` in radians, from −π to π: `a` is the ordinate, `b` the abscissa.
    Atan2 "atan2": atan2(1.0, 2.0) = 0.4636476090008061, slopes 0.4, -0.2 {
        domain (REALS, REALS); laws [Range(-PI, PI), Break(0, 0.0)];
        rule "atan2(a, b)" ["a": "b/(a² + b²)", "b": "−a/(a² + b²)"];
        value |a, b| math::atan2(a, b);
        left |a, b, _y| a.apply2::<Atan2Slope>(b);
        right |a, b, _y| -b.apply2::<Atan2Slope>(a);
    }
    /// The slope of `Atan2` with respect to its first operand: `b/h²`, `h` the length.
    Atan2Slope "b/h²" {
        domain (REALS, REALS); laws [];
        rule "b/(a² + b²)" ["a": "−2·a·b/(a² + b²)²", "b": "(a² − b²)/(a² + b²)²"];
        value |a, b| plane::atan2(a, b);
        left |a, b, _y| a.apply2::<Atan2Curvature>(b);
        right |a, b, _y| a.apply2::<Atan2Mixed>(b);
    }
    /// The second derivative of `Atan2` with respect to its first operand: `−2ab/h⁴`, `h` the length.
    Atan2Curvature "−2ab/h⁴" {
        domain (REALS, REALS); laws [Commutative];
        rule "−2·a·b/(a² + b²)²" ["a": "2·b·(3·a² − b²)/(a² + b²)³", "b": "2·a·(3·b² − a²)/(a² + b²)³"];
        value |a, b| plane::atan2_curvature(a, b);
        left |a, b, _y| atan2_curvature_slope(a, b);
        right |a, b, _y| atan2_curvature_slope(b, a);
    }
    /// The derivative of `Atan2` with respect to both operands: `(a − b)(a + b)/h⁴`, `h` the length.
    Atan2Mixed "(a²−b²)/h⁴" {
        domain (REALS, REALS); laws [];
        rule "(a² − b²)/(a² + b²)²" ["a": "2·a·(3·b² − a²)/(a² + b²)³", "b": "−2·b·(3·a² − b²)/(a² + b²)³"];
        value |a, b| plane::atan2_mixed(a, b);
        left |a, b, _y| atan2_curvature_slope(b, a);
        right |a, b, _y| -atan2_curvature_slope(a, b);
    }
    /// The larger; a tie gives each operand half the slope.
    Max "max": max(2.0, 1.0) = 2.0, slopes 1.0, 0.0 {
        domain (REALS, REALS); laws [Commutative, SelfIdentity, Identity(NEG_INFINITY), KinkAtTie, Routes];
        rule "max(a, b)" ["a": "1 if a > b, 0.5 if a = b, else 0", "b": "1 if b > a, 0.5 if a = b, else 0"];
        value |a, b| compare::larger(a, b);
        left |a, b, _y| (a.greater(b) + a.greater_equal(b)) * 0.5;
        right |a, b, _y| (b.greater(a) + b.greater_equal(a)) * 0.5;
    }
    /// The smaller; a tie gives each operand half the slope.
    Min "min": min(2.0, 1.0) = 1.0, slopes 0.0, 1.0 {
        domain (REALS, REALS); laws [Commutative, SelfIdentity, Identity(INFINITY), KinkAtTie, Routes];
        rule "min(a, b)" ["a": "1 if a < b, 0.5 if a = b, else 0", "b": "1 if b < a, 0.5 if a = b, else 0"];
        value |a, b| compare::smaller(a, b);
        left |a, b, _y| (a.less(b) + a.less_equal(b)) * 0.5;
        right |a, b, _y| (b.less(a) + b.less_equal(a)) * 0.5;
    }
    /// Whether `a > b`: 1 or 0, NaN if either is NaN; slope 0.
    Greater ">": greater(2.0, 1.0) = 1.0, slopes 0.0, 0.0 {
        domain (REALS, REALS); laws [Range(0.0, 1.0), BreakAtTie, Blocks];
        rule "1 if a > b, else 0" ["a": "0", "b": "0"];
        value |a, b| compare::truth(a, b, a > b);
        left |_a, _b, y| y.apply::<Flat>();
        right |_a, _b, y| y.apply::<Flat>();
    }
    /// Whether `a < b`: 1 or 0, NaN if either is NaN; slope 0.
    Less "<": less(2.0, 1.0) = 0.0, slopes 0.0, 0.0 {
        domain (REALS, REALS); laws [Range(0.0, 1.0), BreakAtTie, Blocks];
        rule "1 if a < b, else 0" ["a": "0", "b": "0"];
        value |a, b| compare::truth(a, b, a < b);
        left |_a, _b, y| y.apply::<Flat>();
        right |_a, _b, y| y.apply::<Flat>();
    }
    /// Whether `a ≥ b`: 1 or 0, NaN if either is NaN; slope 0.
    GreaterEqual "≥": greater_equal(2.0, 1.0) = 1.0, slopes 0.0, 0.0 {
        domain (REALS, REALS); laws [Range(0.0, 1.0), BreakAtTie, Blocks];
        rule "1 if a ≥ b, else 0" ["a": "0", "b": "0"];
        value |a, b| compare::truth(a, b, a >= b);
        left |_a, _b, y| y.apply::<Flat>();
        right |_a, _b, y| y.apply::<Flat>();
    }
    /// Whether `a ≤ b`: 1 or 0, NaN if either is NaN; slope 0.
    LessEqual "≤": less_equal(2.0, 1.0) = 0.0, slopes 0.0, 0.0 {
        domain (REALS, REALS); laws [Range(0.0, 1.0), BreakAtTie, Blocks];
        rule "1 if a ≤ b, else 0" ["a": "0", "b": "0"];
        value |a, b| compare::truth(a, b, a <= b);
        left |_a, _b, y| y.apply::<Flat>();
        right |_a, _b, y| y.apply::<Flat>();
    }
    /// Whether `a = b`: 1 or 0, NaN if either is NaN; slope 0.
    Equal "=": equal(2.0, 1.0) = 0.0, slopes 0.0, 0.0 {
        domain (REALS, REALS); laws [Commutative, Range(0.0, 1.0), BreakAtTie, Blocks];
        rule "1 if a = b, else 0" ["a": "0", "b": "0"];
        value |a, b| compare::truth(a, b, a == b);
        left |_a, _b, y| y.apply::<Flat>();
        right |_a, _b, y| y.apply::<Flat>();
    }
    /// Whether `a ≠ b`: 1 or 0, NaN if either is NaN; slope 0.
    NotEqual "≠": not_equal(2.0, 1.0) = 1.0, slopes 0.0, 0.0 {
        domain (REALS, REALS); laws [Commutative, Range(0.0, 1.0), BreakAtTie, Blocks];
        rule "1 if a ≠ b, else 0" ["a": "0", "b": "0"];
        value |a, b| compare::truth(a, b, a != b);
        left |_a, _b, y| y.apply::<Flat>();
        right |_a, _b, y| y.apply::<Flat>();
    }

    /// The leaky rectifier: `x` above 0, `α·x` below; at 0 the slope of least norm between `α` and 1.
    LeakyRelu "leaky ReLU" {
        domain (REALS, UNIT); laws [Identity(1.0), Kink(0, 0.0)];
        rule "x if x > 0, else α·x" ["x": "1 if x > 0, else α", "α": "0 if x > 0, else x"];
        value |x, alpha| slope::joined(x, alpha, x, if alpha == 0.0 { 0.0 } else { alpha * x });
        left |x, alpha, _y| x.apply2::<LeakyReluSlope>(alpha);
        right |x, _alpha, _y| x.min(0.0);
    }
    /// The slope of `LeakyRelu`.
    LeakyReluSlope "leaky ReLU′" {
        domain (REALS, UNIT); laws [Break(0, 0.0), BlocksAt(0)];
        rule "1 if x > 0, else α" ["x": "0", "α": "0 if x > 0, else 1"];
        value |x, alpha| slope::joined(x, alpha, 1.0, if x == 0.0 { alpha.clamp(0.0, 1.0) } else { alpha });
        left |_x, _alpha, y| y.apply::<Flat>();
        right |x, alpha, _y| x.less(0.0) + x.equal(0.0) * alpha.greater(0.0) * alpha.less(1.0);
    }
    /// The exponential linear unit: `x` above 0, `α·(eˣ − 1)` below; at 0 the slope of least norm between `α` and 1.
    Elu "ELU" {
        domain (REALS, UNIT); laws [Kink(0, 0.0)];
        rule "x if x > 0, else α·(e^x − 1)" ["x": "1 if x > 0, else α·e^x", "α": "0 if x > 0, else e^x − 1"];
        value |x, alpha| slope::joined(x, alpha, x, alpha * math::exp_m1(x));
        left |x, alpha, _y| x.apply2::<EluSlope>(alpha);
        right |x, _alpha, _y| x.min(0.0).exp_m1();
    }
    /// The slope of `Elu`.
    EluSlope "ELU′" {
        domain (REALS, UNIT); laws [Break(0, 0.0)];
        rule "1 if x > 0, else α·e^x" ["x": "0 if x > 0, else α·e^x", "α": "0 if x > 0, else e^x"];
        value |x, alpha| slope::joined(x, alpha, 1.0, if x == 0.0 { alpha.clamp(0.0, 1.0) } else { alpha * math::exp(x) });
        left |x, alpha, _y| chain(x.less(0.0), chain(alpha, x.exp()));
        right |x, alpha, _y| chain(x.less(0.0), x.exp()) + x.equal(0.0) * alpha.greater(0.0) * alpha.less(1.0);
    }
    /// The polygamma function `ψ⁽ⁿ⁾(x)`: derivative `n` of `Digamma`; NaN at its poles below 0.
    Polygamma "ψ⁽ⁿ⁾" {
        domain (FROM_LEAST, [1.0, 20.0]); laws [IntegerRight, Poles];
        rule "ψ⁽ⁿ⁾(x)" ["x": "ψ⁽ⁿ⁺¹⁾(x)", "n": "undefined"];
        value |x, n| math::polygamma(n, x);
        left |x, n, _y| x.apply2::<Polygamma>(n + 1.0);
        right |x, n, _y| (x + n) * NAN;
    }
    /// Derivative `n` of `Sinc`, for orders up to 40.
    SincDerivative "sinc⁽ⁿ⁾" {
        domain (REALS, [1.0, 20.0]); laws [IntegerRight, Range(-1.0, 1.0)];
        rule "sinc⁽ⁿ⁾(x)" ["x": "sinc⁽ⁿ⁺¹⁾(x)", "n": "undefined"];
        value |x, n| math::sinc_derivative(x, n);
        left |x, n, _y| x.apply2::<SincDerivative>(n + 1.0);
        right |x, n, _y| (x + n) * NAN;
    }
    /// Derivative `n` of `LogErfc`, for orders up to 20.
    LogErfcDerivative "ln erfc⁽ⁿ⁾" {
        domain (REALS, [1.0, 10.0]); laws [IntegerRight];
        rule "(ln erfc)⁽ⁿ⁾(x)" ["x": "(ln erfc)⁽ⁿ⁺¹⁾(x)", "n": "undefined"];
        value |x, n| math::log_erfc_derivative(x, n);
        left |x, n, _y| x.apply2::<LogErfcDerivative>(n + 1.0);
        right |x, n, _y| (x + n) * NAN;
    }
    /// Derivative `n` of `LogNormalCdf`, for orders up to 20.
    LogNormalCdfDerivative "ln Φ⁽ⁿ⁾" {
        domain (REALS, [1.0, 10.0]); laws [IntegerRight];
        rule "(ln Φ)⁽ⁿ⁾(x)" ["x": "(ln Φ)⁽ⁿ⁺¹⁾(x)", "n": "undefined"];
        value |x, n| math::log_normal_cdf_derivative(x, n);
        left |x, n, _y| x.apply2::<LogNormalCdfDerivative>(n + 1.0);
        right |x, n, _y| (x + n) * NAN;
    }
    /// The exponential of a difference, `e^(x−m)`, 1 if both are +∞.
    ExpDifference "exp(x−m)" {
        domain (FINITE, FINITE); laws [Range(0.0, INFINITY)];
        rule "e^(x − m)" ["x": "e^(x − m)", "m": "−e^(x − m)"];
        value |x, m| if x == NEG_INFINITY && m == NEG_INFINITY { NAN } else { math::exp_difference(x, m) };
        left |_x, _m, y| y;
        right |_x, _m, y| -y;
    }
    /// The product of the chain rule, `u·p`: 0 if either factor is exactly 0, whatever the other is.
    Chain "u·p" {
        domain (REALS, REALS); laws [Commutative, Bilinear, ZeroRule];
        rule "u·p" ["u": "p", "p": "u"];
        value |u, p| if u == 0.0 || p == 0.0 { 0.0 } else { u * p };
        left |_u, p, _y| p;
        right |u, _p, _y| u;
    }
}
ternary {
    /// The fused `a·b + c`, rounded once.
    MulAdd "fma": mul_add(2.0, 3.0, 4.0) = 10.0, slopes 3.0, 2.0, 1.0 {
        domain (REALS, REALS, REALS); laws [Bilinear];
        rule "a·b + c" ["a": "b", "b": "a", "c": "1"];
        value |a, b, c| a.mul_add(b, c);
        first |_a, b, _c, _y| b;
        second |a, _b, _c, _y| a;
        third |_a, _b, _c, _y| S::from(1.0);
    }
    /// The term of the chain rule, `u·p + a` rounded once: `a` if either factor is exactly 0, whatever the other is.
    ChainAdd "u·p+a" {
        domain (REALS, REALS, REALS); laws [Bilinear, ZeroRule];
        rule "u·p + a" ["u": "p", "p": "u", "a": "1"];
        value |u, p, a| if u == 0.0 || p == 0.0 { a } else { u.mul_add(p, a) };
        first |_u, p, _a, _y| p;
        second |u, _p, _a, _y| u;
        third |_u, _p, _a, _y| S::from(1.0);
    }
    /// Selects `a` where the condition (this value) is not 0, otherwise `b`; no derivative passes to the branch not taken.
    Select "select": select(1.0, 2.0, 3.0) = 2.0, slopes 0.0, 1.0, 0.0 {
        domain (REALS, REALS, REALS); laws [Break(0, 0.0), BlocksAt(0), Routes];
        rule "a if c ≠ 0, else b" ["c": "0", "a": "1 if c ≠ 0, else 0", "b": "1 if c = 0, else 0"];
        value |c, a, b| if c.is_nan() { c } else if c == 0.0 { b } else { a };
        first |c, _a, _b, _y| c.apply::<Flat>();
        second |c, _a, _b, _y| c.not_equal(0.0);
        third |c, _a, _b, _y| c.equal(0.0);
    }
    /// The nearest value within bounds, NaN if the bounds are crossed; at a bound the slope is 0, and 1 with respect to the bound.
    Clamp "clamp": clamp(2.5, 1.0, 3.0) = 2.5, slopes 1.0, 0.0, 0.0 {
        domain (REALS, REALS, REALS); laws [KinkAtTie, Routes];
        rule "min(max(x, l), h)" ["x": "1 if l < x < h, else 0", "l": "1 if x ≤ l, else 0", "h": "1 if x ≥ h, else 0"];
        value |x, low, high| compare::clamp(x, low, high);
        first |x, low, high, y| x.greater(low) * x.less(high) + y.apply::<Flat>();
        second |x, low, _high, y| x.less_equal(low) + y.apply::<Flat>();
        third |x, low, high, y| x.greater_equal(high) * x.greater(low) + y.apply::<Flat>();
    }
    /// Whether an index, rounded down, is `i` of `n` places: 1 or 0, NaN if there is no such place; slope 0.
    Chosen "⌊x⌋=i" {
        domain (REALS, REALS, REALS); laws [Range(0.0, 1.0), Breaks, Blocks];
        rule "1 if ⌊x⌋ = i, else 0" ["x": "0", "i": "0", "n": "0"];
        value |x, i, n| compare::chosen(x, i, n);
        first |_x, _i, _n, _y| S::from(0.0);
        second |_x, _i, _n, _y| S::from(0.0);
        third |_x, _i, _n, _y| S::from(0.0);
    }
}
nary {
    /// The sum, added from left to right.
    Sum "Σ" {
        domain (REALS); laws [Linear];
        rule "x₁ + x₂ + …" ["xᵢ": "1"];
        value |xs| total(xs);
        partials |xs, _y, emit| for i in 0..xs.len() { emit(i, S::from(1.0)); };
    }
    /// The product, multiplied from left to right.
    Product "Π" {
        domain (REALS); laws [];
        rule "x₁·x₂·…" ["xᵢ": "the product of the others"];
        value |xs| product(xs);
        partials |xs, _y, emit| product_partials(xs, emit);
    }
    /// The dot product `w₀x₀ + w₁x₁ + …`, each term added with one rounding; its operands alternate `w₀ x₀ w₁ x₁ …`.
    Dot "w·x" {
        domain (REALS); laws [Pairs, Bilinear];
        rule "w₁·x₁ + w₂·x₂ + …" ["wᵢ": "xᵢ", "xᵢ": "wᵢ"];
        value |xs| dot(xs);
        partials |xs, _y, emit| for i in 0..xs.len() / 2 * 2 { emit(i, xs[i ^ 1]); };
    }
    /// An adjoint, `u₀p₀ + u₁p₁ + …`, each term added with one rounding; a term with a factor of exactly 0 adds nothing.
    Adjoint "u·p…" {
        domain (REALS); laws [Pairs, Bilinear, ZeroRule];
        rule "u₁·p₁ + u₂·p₂ + …" ["uᵢ": "pᵢ", "pᵢ": "uᵢ"];
        value |xs| adjoint(xs);
        partials |xs, _y, emit| for i in 0..xs.len() / 2 * 2 { emit(i, xs[i ^ 1]); };
    }
    /// The largest of many, −∞ of none; `k` tied operands get `1/k` of the slope each.
    MaxOf "max": max_of(1.0, 3.0, 2.0) = 3.0, slopes 0.0, 1.0, 0.0 {
        domain (REALS); laws [KinkAtTie, Routes];
        rule "max(x₁, x₂, …)" ["xᵢ": "1 if xᵢ alone is the largest, 1/k if k are, else 0"];
        value |xs| largest(xs);
        partials |xs, y, emit| ties(xs, y, emit);
    }
    /// The smallest of many, ∞ of none; `k` tied operands get `1/k` of the slope each.
    MinOf "min": min_of(2.0, 1.0, 3.0) = 1.0, slopes 0.0, 1.0, 0.0 {
        domain (REALS); laws [KinkAtTie, Routes];
        rule "min(x₁, x₂, …)" ["xᵢ": "1 if xᵢ alone is the smallest, 1/k if k are, else 0"];
        value |xs| smallest(xs);
        partials |xs, y, emit| ties(xs, y, emit);
    }
    /// The logarithm of a sum of exponentials, `ln Σ e^xᵢ`, without overflow, −∞ of none; its slopes are the softmax.
    LogSumExp "logΣexp": log_sum_exp(1.0, 3.0, 2.0) = 3.40760596444438, slopes 0.09003057317038046, 0.6652409557748219, 0.24472847105479764 {
        domain (REALS); laws [Composed];
        rule "ln(e^x₁ + e^x₂ + …)" ["xᵢ": "e^xᵢ/(e^x₁ + e^x₂ + …)"];
        value |xs| log_sum_exp(xs);
        partials |xs, _y, emit| {
            let largest = S::max_of(xs).apply::<StopGradient>();
            let terms: Vec<S> = xs.iter().map(|x| x.apply2::<ExpDifference>(largest)).collect();
            shares(&terms, emit);
        };
    }
    /// The arithmetic mean, NaN of none.
    Mean "mean": mean(1.0, 3.0, 2.0) = 2.0, slopes 0.3333333333333333, 0.3333333333333333, 0.3333333333333333 {
        domain (REALS); laws [Linear];
        rule "(x₁ + x₂ + …)/n" ["xᵢ": "1/n"];
        value |xs| total(xs) / xs.count() as f64;
        partials |xs, _y, emit| for i in 0..xs.len() { emit(i, S::from(1.0 / xs.len() as f64)); };
    }
    /// A value with declared slopes: its operands are the value, then pairs of an operand and the slope with respect to it.
    Custom "custom" {
        domain (REALS); laws [Declared];
        rule "f" ["s": "0", "xᵢ": "as declared"];
        value |xs| if xs.count() == 0 { S::from(NAN) } else { xs.at(0) };
        partials |xs, _y, emit| declared_slopes(xs, emit);
    }
    /// The place of the largest of many, counted from 0, the first one among ties; NaN of none or if one is NaN; slope 0.
    ArgmaxOf "argmax": argmax_of(1.0, 3.0, 2.0) = 1.0, slopes 0.0, 0.0, 0.0 {
        domain (REALS); laws [Breaks, Blocks];
        rule "argmax(x₁, x₂, …)" ["xᵢ": "0"];
        value |xs| place_of_largest(xs);
        partials |xs, y, emit| for i in 0..xs.len() { emit(i, y.apply::<Flat>()); };
    }
    /// The place of the smallest of many, counted from 0, the first one among ties; NaN of none or if one is NaN; slope 0.
    ArgminOf "argmin": argmin_of(2.0, 1.0, 3.0) = 1.0, slopes 0.0, 0.0, 0.0 {
        domain (REALS); laws [Breaks, Blocks];
        rule "argmin(x₁, x₂, …)" ["xᵢ": "0"];
        value |xs| place_of_smallest(xs);
        partials |xs, y, emit| for i in 0..xs.len() { emit(i, y.apply::<Flat>()); };
    }
    /// The value at an index: its operands are the index, which is rounded down, then the values; NaN if there is no such value.
    Gather "x[i]" {
        domain (REALS); laws [Breaks, BlocksAt(0), Routes];
        rule "x[⌊i⌋]" ["i": "0", "xⱼ": "1 if ⌊i⌋ = j, else 0"];
        value |xs| gather(xs);
        partials |xs, _y, emit| chosen_places(xs, emit);
    }
}
parameter {
    /// The power `xⁿ` of an integer exponent.
    powi(n: i32) = Powi; at (3.0, 2) = 9.0, slope 6.0;
    /// The power `x^c` of a constant exponent.
    powf(c: f64) = Pow; at (2.0, 1.5) = 2.8284271247461903, slope 2.1213203435596424;
    /// The leaky rectifier: `x` above 0, `α·x` below; at 0 the slope of least norm between `α` and 1.
    leaky_relu(alpha: f64) = LeakyRelu; at (-2.0, 0.1) = -0.2, slope 0.1;
    /// The exponential linear unit: `x` above 0, `α·(eˣ − 1)` below; at 0 the slope of least norm between `α` and 1.
    elu(alpha: f64) = Elu; at (-2.0, 1.0) = -0.8646647167633873, slope 0.1353352832366127;
    /// The polygamma function `ψ⁽ⁿ⁾(x)`, derivative `n` of [`digamma`](Self::digamma); NaN at its poles below 0.
    polygamma(n: u32) = Polygamma; at (2.5, 1) = 0.49035775610023485, slope -0.2362040516417274;
}
        }
    };
}
