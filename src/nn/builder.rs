//! Building a network layer by layer, and drawing its first weights.

use rand::{Rng, RngExt};

use super::activation::Activation;
use super::check::{at_least_one, ensure, finite_parameters};
use super::initialization::Initialization;
use super::layer::{Layer, Neuron};
use super::mlp::Mlp;
use crate::error::{Error, Result};
use crate::parameters::Parameters;
use crate::setters::setters;

impl Mlp<f64> {
    /// A network with random weights: `sizes` are the numbers of inputs, of neurons in each hidden layer, and of outputs.
    ///
    /// Hidden layers apply the activation; the last layer is linear. Weights are drawn as
    /// [suits the activation](Activation::initialization), biases are 0. With [`builder`](Self::builder) you choose all of
    /// this yourself.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if there are fewer than two sizes, a size is 0, the network is too large
    /// for any memory, or the activation's parameter is not finite, or 0 in [`Activation::Maxout`].
    ///
    /// ```
    /// use chainrule::Parameters;
    /// use chainrule::nn::{Activation, Mlp};
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let mut rng = StdRng::seed_from_u64(1);
    /// let mlp = Mlp::new(&mut rng, &[2, 16, 16, 1], Activation::Relu)?;
    /// assert_eq!(mlp.parameter_count(), 337);
    ///
    /// let error = Mlp::new(&mut rng, &[2, 0, 1], Activation::Relu).unwrap_err();
    /// assert_eq!(error.to_string(), "sizes: must all be positive, found 0 at position 1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn new<R: Rng + ?Sized>(
        rng: &mut R,
        sizes: &[usize],
        activation: Activation,
    ) -> Result<Self> {
        activation.check()?;
        let refused = |problem: String| Err(Error::argument("sizes", problem));
        if let Some(at) = sizes.iter().position(|&size| size == 0) {
            return refused(format!("must all be positive, found 0 at position {at}"));
        }
        let [inputs, hidden @ .., outputs] = sizes else {
            let problem = "must be at least 2 (inputs and outputs), found";
            return refused(format!("{problem} {}", sizes.len()));
        };
        let mut builder = Self::builder(*inputs);
        for &size in hidden {
            builder = builder.layer(size, activation);
        }
        let builder = builder.layer(*outputs, Activation::Linear);
        if let Some(layer) = builder.first_too_large() {
            let (next, from, to) = (layer + 1, sizes[layer], sizes[layer + 1]);
            let place = format!("{from} by {to} at positions {layer} and {next}");
            return refused(format!("too large for memory, {place}"));
        }
        builder.build(rng)
    }

    /// Starts a network with this number of inputs, to which layers are added one by one.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// use chainrule::nn::{Activation, Initialization, Mlp};
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let mlp = Mlp::builder(2)
    ///     .layer(8, Activation::Maxout(3))
    ///     .layer(1, Activation::Sigmoid)
    ///     .initialization(Initialization::Uniform(1.0))
    ///     .build(&mut StdRng::seed_from_u64(1))?;
    /// assert_eq!(mlp.parameter_count(), 8 * 3 * (2 + 1) + 8 + 1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn builder(inputs: usize) -> MlpBuilder {
        MlpBuilder {
            inputs,
            layers: Vec::new(),
            initialization: None,
            biases: true,
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
    /// Adds a layer with this number of outputs; under [`Activation::Maxout`] each output has its own pieces.
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

    setters! {
        /// Draws the weights of every layer in this way, instead of as [suits its activation](Activation::initialization).
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
        initialization(initialization: Initialization) => initialization = Some(initialization);

        /// Builds every layer without biases.
        ///
        /// ```
        /// use chainrule::nn::{Activation, Mlp};
        /// let mlp = Mlp::builder(2).layer(1, Activation::Linear).without_biases().build_from(&[1.0, 10.0])?;
        /// assert_eq!(mlp.forward(&[3.0, 2.0])?, [23.0]);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        without_biases() => biases = false;
    }

    /// Builds the network with weights drawn from `rng`, layer by layer and neuron by neuron, and biases 0.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if there are no layers, a size is 0, the network is too large for any
    /// memory, an activation's parameter is not finite, a maxout unit has no pieces, or the bound of
    /// [`Initialization::Uniform`] is negative or not finite.
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
        for (index, layer) in mlp.layers.iter_mut().enumerate() {
            let suited = layer.activation.initialization();
            let initialization = self.initialization.unwrap_or(suited);
            let bound = initialization.bound(self.inputs_of(index), layer.neurons.len());
            for weight in layer.neurons.iter_mut().flat_map(|n| &mut n.weights) {
                *weight = bound * (2.0 * rng.random::<f64>() - 1.0);
            }
        }
        Ok(mlp)
    }

    /// Builds the network with these parameters, in the order of [`Mlp`]'s [`Parameters`].
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), except that the [`Initialization`] is not used and so not checked;
    /// [`Length`](crate::ErrorKind::Length) if this is not the network's number of parameters;
    /// [`Argument`](crate::ErrorKind::Argument) if one is NaN or infinite: the message names its position, counted from 0.
    ///
    /// ```
    /// use chainrule::nn::{Activation, Mlp};
    /// let error = Mlp::builder(2).layer(1, Activation::Tanh).build_from(&[1.0, 10.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "parameters: expected 3 values, found 2");
    /// ```
    pub fn build_from(self, parameters: &[f64]) -> Result<Mlp<f64>> {
        let mut mlp = self.zeros()?;
        mlp.set_parameters(parameters)?;
        finite_parameters(parameters)?;
        Ok(mlp)
    }

    /// The number of inputs of a layer, which is counted from 0.
    fn inputs_of(&self, layer: usize) -> usize {
        match layer {
            0 => self.inputs,
            _ => self.layers[layer - 1].0,
        }
    }

    /// The first layer, counted from 0, with which the network takes more bytes than any memory has.
    fn first_too_large(&self) -> Option<usize> {
        let mut total: usize = 0;
        (0..self.layers.len()).find(|&layer| {
            let (outputs, activation) = self.layers[layer];
            let neurons = outputs.saturating_mul(activation.pieces());
            let weights = self.inputs_of(layer).saturating_mul(size_of::<f64>());
            let neuron = weights.saturating_add(size_of::<Neuron<f64>>());
            total = total.saturating_add(neurons.saturating_mul(neuron));
            isize::try_from(total).is_err()
        })
    }

    /// The network with all parameters 0.
    fn zeros(&self) -> Result<Mlp<f64>> {
        let some = !self.layers.is_empty();
        ensure(some, "layers", || "must be at least one, found 0")?;
        at_least_one("inputs", self.inputs)?;
        if let Some(index) = self.first_too_large() {
            let (inputs, outputs) = (self.inputs_of(index), self.layers[index].0);
            let problem = format!("too large for memory, {inputs} inputs by {outputs} outputs");
            return Err(Error::argument(&format!("layer {}", index + 1), problem));
        }
        let mut layers = Vec::with_capacity(self.layers.len());
        for (index, &(outputs, activation)) in self.layers.iter().enumerate() {
            let name = format!("layer {}", index + 1);
            ensure(outputs > 0, &name, || "outputs must be positive, found 0")?;
            activation.check()?;
            let weights = vec![0.0; self.inputs_of(index)];
            let bias = self.biases.then_some(0.0);
            let neurons = vec![Neuron { weights, bias }; outputs * activation.pieces()];
            layers.push(Layer {
                neurons,
                activation,
            });
        }
        Ok(Mlp { layers })
    }
}
