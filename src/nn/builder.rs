//! Building a network layer by layer, and drawing its first weights.

use rand::{Rng, RngExt};

use super::{Activation, Layer, Mlp, Neuron};
use crate::error::{Error, Result};
use crate::parameters::Parameters;

/// How the first weights of a layer are drawn. Biases start at 0.
///
/// With `i` inputs and `o` neurons, weights are uniform between −b and b.
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
pub enum Initialization {
    /// b = √(6/(i + o)): X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    /// networks" (2010), equation 16.
    Xavier,
    /// b = √(6/i), the variance 2/i: K. He et al., "Delving deep into rectifiers" (2015), equation 10.
    He,
    /// b as given; micrograd takes 1.
    Uniform(f64),
}

impl Initialization {
    /// The bound b of the weights in a layer of so many inputs and neurons.
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

/// A network under construction, made by [`Mlp::builder`].
///
/// ```
/// use chainrule::nn::{Activation, Mlp, MlpBuilder};
///
/// let mut builder: MlpBuilder = Mlp::builder(2);
/// for outputs in [8, 4] {
///     builder = builder.layer(outputs, Activation::Tanh);
/// }
/// let mlp = builder.layer(1, Activation::Sigmoid).build_from(&[0.0; 65])?;
/// assert_eq!(mlp.forward(&[3.0, 2.0])?, [0.5]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MlpBuilder {
    inputs: usize,
    layers: Vec<(usize, Activation)>,
    initialization: Option<Initialization>,
    biases: bool,
}

impl MlpBuilder {
    pub(super) fn new(inputs: usize) -> Self {
        Self {
            inputs,
            layers: Vec::new(),
            initialization: None,
            biases: true,
        }
    }

    /// Adds a layer of so many outputs; under [`Activation::Maxout`] each has its own pieces.
    ///
    /// ```
    /// use chainrule::nn::{Activation, Mlp};
    /// let builder = Mlp::builder(2).layer(16, Activation::Relu).layer(1, Activation::Linear);
    /// assert_eq!(builder.build_from(&[0.0; 65])?.layers.len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn layer(mut self, outputs: usize, activation: Activation) -> Self {
        self.layers.push((outputs, activation));
        self
    }

    /// Draws the weights of every layer so, instead of as [suits its activation](Activation::initialization).
    ///
    /// ```
    /// use chainrule::Parameters;
    /// use chainrule::nn::{Activation, Initialization, Mlp};
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let builder = Mlp::builder(2).layer(3, Activation::Relu).initialization(Initialization::Uniform(0.1));
    /// let mlp = builder.build(&mut StdRng::seed_from_u64(1))?;
    /// assert!(mlp.parameters().iter().all(|p| p.abs() <= 0.1));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn initialization(mut self, initialization: Initialization) -> Self {
        self.initialization = Some(initialization);
        self
    }

    /// Leaves the biases out of every layer.
    ///
    /// ```
    /// use chainrule::nn::{Activation, Mlp};
    /// let mlp = Mlp::builder(2).layer(1, Activation::Linear).without_biases().build_from(&[1.0, 10.0])?;
    /// assert_eq!(mlp.forward(&[3.0, 2.0])?, [23.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn without_biases(mut self) -> Self {
        self.biases = false;
        self
    }

    /// The network with weights drawn from `rng`, layer by layer and neuron by neuron, and biases 0.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) when there are no layers, a size is 0, the sizes are more than any
    /// memory holds, an activation's parameter is of no use, or the bound of [`Initialization::Uniform`] is negative or
    /// not finite.
    ///
    /// ```
    /// use chainrule::nn::{Activation, Mlp};
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let builder = Mlp::builder(2).layer(0, Activation::Relu);
    /// let error = builder.build(&mut StdRng::seed_from_u64(1)).unwrap_err();
    /// assert_eq!(error.to_string(), "layer 1: outputs must be positive, found 0");
    /// ```
    pub fn build<R: Rng + ?Sized>(self, rng: &mut R) -> Result<Mlp<f64>> {
        if let Some(Initialization::Uniform(bound)) = self.initialization
            && !(bound.is_finite() && bound >= 0.0)
        {
            let problem = format!("the bound must be finite and at least 0, found {bound}");
            return Err(Error::argument("initialization", problem));
        }
        let mut mlp = self.zeros()?;
        for layer in &mut mlp.layers {
            let initialization = self
                .initialization
                .unwrap_or(layer.activation.initialization());
            let bound = initialization.bound(layer.inputs(), layer.neurons.len());
            for weight in layer
                .neurons
                .iter_mut()
                .flat_map(|neuron| &mut neuron.weights)
            {
                *weight = bound * (2.0 * rng.random::<f64>() - 1.0);
            }
        }
        Ok(mlp)
    }

    /// The network with these parameters, in their [order](Mlp).
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), but for the [`Initialization`], which is not used and so not checked;
    /// [`Length`](crate::ErrorKind::Length) when the network does not have so many parameters;
    /// [`Argument`](crate::ErrorKind::Argument) when one is NaN or infinite: the message names its position, counted
    /// from 0.
    ///
    /// ```
    /// use chainrule::nn::{Activation, Mlp};
    /// let error = Mlp::builder(2).layer(1, Activation::Tanh).build_from(&[1.0, 10.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "parameters: expected 3 values, found 2");
    /// ```
    pub fn build_from(self, parameters: &[f64]) -> Result<Mlp<f64>> {
        let mut mlp = self.zeros()?;
        mlp.set_parameters(parameters)?;
        if let Some(index) = parameters.iter().position(|p| !p.is_finite()) {
            let problem = format!(
                "parameter {index} must be finite, found {}",
                parameters[index]
            );
            return Err(Error::argument("parameters", problem));
        }
        Ok(mlp)
    }

    /// The place of the first layer with which the network is more than any memory holds, from 0.
    pub(super) fn first_too_large(&self) -> Option<usize> {
        let mut inputs = self.inputs;
        let mut total: usize = 0;
        self.layers.iter().position(|&(outputs, activation)| {
            let sum = outputs
                .checked_mul(activation.pieces())
                .and_then(|neurons| neurons.checked_mul(neuron_bytes(inputs)?))
                .and_then(|bytes| total.checked_add(bytes));
            inputs = outputs;
            total = sum.unwrap_or(usize::MAX);
            isize::try_from(total).is_err()
        })
    }

    /// The network with all parameters 0.
    fn zeros(&self) -> Result<Mlp<f64>> {
        if self.layers.is_empty() {
            return Err(Error::argument(
                "layers",
                "must be at least one, found none",
            ));
        }
        if self.inputs == 0 {
            return Err(Error::argument("inputs", "must be positive, found 0"));
        }
        if let Some(index) = self.first_too_large() {
            let before = index.checked_sub(1);
            let inputs = before.map_or(self.inputs, |before| self.layers[before].0);
            let outputs = self.layers[index].0;
            let problem = format!("too large for any memory, {inputs} inputs by {outputs} outputs");
            return Err(Error::argument(&format!("layer {}", index + 1), problem));
        }
        let mut layers = Vec::with_capacity(self.layers.len());
        let mut inputs = self.inputs;
        for (index, &(outputs, activation)) in self.layers.iter().enumerate() {
            if outputs == 0 {
                let name = format!("layer {}", index + 1);
                return Err(Error::argument(&name, "outputs must be positive, found 0"));
            }
            activation.check()?;
            let bias = self.biases.then_some(0.0);
            let neuron = Neuron {
                weights: vec![0.0; inputs],
                bias,
            };
            let neurons = vec![neuron; outputs * activation.pieces()];
            layers.push(Layer {
                neurons,
                activation,
            });
            inputs = outputs;
        }
        Ok(Mlp { layers })
    }
}

/// The memory that a neuron of so many inputs takes, if that is a number.
fn neuron_bytes(inputs: usize) -> Option<usize> {
    let weights = inputs.checked_mul(size_of::<f64>())?;
    weights.checked_add(size_of::<Neuron<f64>>())
}
