//! Activations: the functions that layers apply to weighted sums. Each activation is one row of the list below.

use super::check::{ensure, not_empty};
use super::initialization::Initialization;
use crate::Scalar;
use crate::error::Result;
use crate::op::rows::{ExpDifference, StopGradient};
use crate::op::shares;

/// Makes the enum and its methods from rows `Name(parameter: type) = |x| value, initialization that suits it`.
macro_rules! activations {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident $(($parameter:ident: $type:ty))? = |$x:ident| $value:expr, $initialization:ident;
    )+) => {
        /// The function that a layer applies to the weighted sums of its neurons.
        ///
        /// Slopes at kinks are those of the crate's operations: the subgradient of least norm, 0 for the rectifier at 0.
        ///
        /// ```
        /// use chainrule::nn::Activation;
        ///
        /// assert_eq!(Activation::Relu.apply(-2.0), 0.0);
        /// assert_eq!(Activation::LeakyRelu(0.1).apply(-2.0), -0.2);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub enum Activation {
            $(
                $(#[doc = $doc])+
                $name $(($type))?,
            )+
            /// The largest of this many sums: each output of the layer has this many consecutive neurons.
            ///
            /// I. Goodfellow et al., "Maxout Networks" (2013).
            Maxout(usize),
        }

        impl Activation {
            /// Applies the activation to one weighted sum; [`Maxout`](Self::Maxout), which needs several, returns the sum.
            ///
            /// ```
            /// use chainrule::{Var, nn::Activation};
            /// let x = Var::new(0.0);
            /// let y = Activation::Sigmoid.apply(x);
            /// assert_eq!((y.value(), y.backward()[x]), (0.5, 0.25));
            /// ```
            #[inline]
            pub fn apply<S: Scalar>(self, sum: S) -> S {
                match self {
                    $( Self::$name $(($parameter))? => { let $x = sum; $value } )+
                    Self::Maxout(_) => sum,
                }
            }

            /// The initialization that keeps the size of signals from layer to layer under this activation.
            ///
            /// [`Initialization::He`] for the rectifier and its smooth or leaky variants, else [`Initialization::Xavier`].
            ///
            /// ```
            /// use chainrule::nn::{Activation, Initialization};
            /// assert_eq!(Activation::Relu.initialization(), Initialization::He);
            /// assert_eq!(Activation::Tanh.initialization(), Initialization::Xavier);
            /// ```
            pub fn initialization(self) -> Initialization {
                match self {
                    $( Self::$name { .. } => Initialization::$initialization, )+
                    Self::Maxout(_) => Initialization::Xavier,
                }
            }

            /// Refuses a parameter that is not finite, and maxout units without pieces.
            pub(super) fn check(self) -> Result<()> {
                match self {
                    $( Self::$name $(($parameter))? => { $( finite(stringify!($name), $parameter)?; )? } )+
                    Self::Maxout(pieces) => ensure(pieces > 0, "activation", || "Maxout must have at least 1 piece, found 0")?,
                }
                Ok(())
            }
        }
    };
}

activations! {
    /// The sum itself.
    Linear = |x| x, Xavier;
    /// The rectifier `max(0, x)`.
    Relu = |x| x.relu(), He;
    /// The leaky rectifier: `x` above 0, `α·x` below.
    LeakyRelu(alpha: f64) = |x| x.leaky_relu(alpha), He;
    /// The exponential linear unit: `x` above 0, `α·(eˣ − 1)` below.
    Elu(alpha: f64) = |x| x.elu(alpha), He;
    /// The logistic function `1/(1 + e⁻ˣ)`.
    Sigmoid = |x| x.sigmoid(), Xavier;
    /// The hyperbolic tangent.
    Tanh = |x| x.tanh(), Xavier;
    /// The smooth rectifier `ln(1 + eˣ)`.
    Softplus = |x| x.softplus(), He;
    /// The sigmoid linear unit `x·σ(x)`.
    Silu = |x| x.silu(), He;
    /// The Gaussian error linear unit `x·Φ(x)`.
    Gelu = |x| x.gelu(), He;
}

impl Activation {
    /// The number of consecutive neurons per output of a layer: 1, except for [`Maxout`](Self::Maxout).
    ///
    /// ```
    /// use chainrule::nn::Activation;
    /// assert_eq!(Activation::Relu.pieces(), 1);
    /// assert_eq!(Activation::Maxout(3).pieces(), 3);
    /// ```
    pub fn pieces(self) -> usize {
        match self {
            Self::Maxout(pieces) => pieces,
            _ => 1,
        }
    }
}

fn finite(activation: &str, parameter: f64) -> Result<()> {
    ensure(parameter.is_finite(), "activation", || {
        format!("the parameter of {activation} must be finite, found {parameter}")
    })
}

/// The softmax `e^xᵢ / Σⱼ e^xⱼ`: positive shares that add up to 1.
///
/// The largest value is subtracted from all values first (cs231n, "Practical issues: numeric stability"), so nothing
/// overflows. Values of +∞ divide the 1 equally among them. If all values are −∞, the result is NaN.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if there are no values.
///
/// ```
/// use chainrule::nn::softmax;
///
/// let shares = softmax(&[1000.0, 1000.0, 0.0])?;
/// assert_eq!(shares, [0.5, 0.5, 0.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn softmax<S: Scalar>(xs: &[S]) -> Result<Vec<S>> {
    not_empty("xs", xs.len())?;
    // The shares do not depend on what is subtracted, so no derivative passes through it.
    let largest = S::max_of(xs).apply::<StopGradient>();
    let terms = xs.iter().map(|x| x.apply2::<ExpDifference>(largest));
    let terms: Vec<S> = terms.collect();
    let mut softmax = Vec::with_capacity(terms.len());
    shares(&terms, &mut |_, share| softmax.push(share));
    Ok(softmax)
}
