//! How a network's first weights are drawn.

/// How the first weights of a layer are drawn. Biases start at 0.
///
/// In a layer with `i` inputs and `o` neurons, weights are uniform between −b and b.
///
/// ```
/// use chainrule::Parameters;
/// use chainrule::nn::{Activation, Initialization, Mlp};
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let builder = Mlp::builder(6).layer(3, Activation::Linear).initialization(Initialization::He);
/// let mlp = builder.build(&mut StdRng::seed_from_u64(1))?;
/// assert!(mlp.parameters().iter().all(|p| p.abs() <= 1.0)); // √(6/6)
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Initialization {
    /// b = √(6/(i + o)): X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    /// networks" (2010), equation 16.
    Xavier,
    /// b = √(6/i), so that the variance is 2/i: K. He et al., "Delving deep into rectifiers" (2015), equation 10.
    He,
    /// b as given; micrograd takes 1.
    Uniform(f64),
}

impl Initialization {
    /// The bound b of the weights in a layer with this number of inputs and neurons.
    ///
    /// ```
    /// use chainrule::nn::Initialization;
    /// assert_eq!(Initialization::Xavier.bound(4, 2), 1.0);
    /// assert_eq!(Initialization::He.bound(6, 2), 1.0);
    /// assert_eq!(Initialization::Uniform(0.5).bound(6, 2), 0.5);
    /// ```
    pub fn bound(self, inputs: usize, neurons: usize) -> f64 {
        match self {
            Self::Xavier => (6.0 / (inputs + neurons) as f64).sqrt(),
            Self::He => (6.0 / inputs as f64).sqrt(),
            Self::Uniform(bound) => bound,
        }
    }
}
