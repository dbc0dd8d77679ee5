//! The multilayer perceptron: layers one after another, over any kind of number.

use rand::Rng;

use super::{Activation, Layer, MlpBuilder};
use crate::error::{Error, Result};
use crate::parameters::Parameters;
use crate::{Gradients, Scalar, Var, tape};

/// A feed-forward network of fully connected layers, a *multilayer perceptron*.
///
/// The parameters are plain numbers in an `Mlp<f64>`, which the caller keeps. To train it, [record](Mlp::record) it
/// as an `Mlp<Var>`, compute a loss, sweep, and let an [optimizer](super::optimizer) step; to use it, call
/// [`forward`](Self::forward) on the `Mlp<f64>` itself. Both give the same bits.
///
/// Its [`Parameters`] are in micrograd's order: layer by layer, neuron by neuron, weights before the bias.
///
/// ```
/// use chainrule::nn::optimizer::{Adam, Optimizer};
/// use chainrule::nn::{Activation, Mlp, loss};
/// use chainrule::{Var, tape};
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let xor = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)];
/// let targets = xor.map(|(_, target)| target);
/// let mut mlp = Mlp::new(&mut StdRng::seed_from_u64(1), &[2, 8, 1], Activation::Tanh)?;
/// let mut adam = Adam::new(0.05)?;
/// for _ in 0..200 {
///     let gradient = tape::scope(|| {
///         let recorded = mlp.record();
///         let outputs: chainrule::Result<Vec<Var>> = xor.iter().map(|(x, _)| Ok(recorded.forward(x)?[0])).collect();
///         let loss = loss::mean_squared_error(&outputs?, &targets)?;
///         Ok::<_, chainrule::Error>(recorded.gradient(&loss.backward()))
///     })?;
///     adam.step_parameters(&mut mlp, &gradient)?;
/// }
/// for (x, target) in xor {
///     assert_eq!(mlp.forward(&x)?[0].round(), target);
/// }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mlp<S> {
    /// The layers, inputs first; each has as many inputs as the one before has outputs.
    pub layers: Vec<Layer<S>>,
}

crate::parameters!(Mlp { layers });

impl Mlp<f64> {
    /// A network with random weights: `sizes` are the number of inputs, of each hidden layer's neurons and of outputs.
    ///
    /// Hidden layers have the activation, the output is linear. Weights are drawn as
    /// [suits the activation](Activation::initialization), biases are 0; [`builder`](Self::builder) leaves every choice
    /// open.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) when there are fewer than two sizes, a size is 0, the sizes are more
    /// than any memory holds, or the activation's parameter is not finite or not positive where it must be.
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
        if let Some(position) = sizes.iter().position(|&size| size == 0) {
            let problem = format!("must all be positive, found 0 at position {position}");
            return Err(Error::argument("sizes", problem));
        }
        let [inputs, hidden @ .., outputs] = sizes else {
            let problem = format!(
                "must be at least 2, inputs and outputs, found {}",
                sizes.len()
            );
            return Err(Error::argument("sizes", problem));
        };
        let builder = Self::builder(*inputs);
        let builder = hidden
            .iter()
            .fold(builder, |builder, &size| builder.layer(size, activation));
        let builder = builder.layer(*outputs, Activation::Linear);
        if let Some(layer) = builder.first_too_large() {
            let (next, from, to) = (layer + 1, sizes[layer], sizes[layer + 1]);
            let problem =
                format!("too large for any memory, {from} by {to} at positions {layer} and {next}");
            return Err(Error::argument("sizes", problem));
        }
        builder.build(rng)
    }

    /// Starts a network of so many inputs, to be given its layers one by one.
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
        MlpBuilder::new(inputs)
    }

    /// The same network with every parameter recorded as an input of the thread's current graph.
    ///
    /// ```
    /// # use chainrule::nn::Mlp;
    /// use chainrule::nn::Activation;
    ///
    /// let mlp = Mlp::builder(1).layer(1, Activation::Tanh).build_from(&[2.0, 0.5])?;
    /// let recorded = mlp.record();
    /// let grads = recorded.forward(&[3.0])?[0].backward();
    /// let slope = 1.0 - 6.5_f64.tanh().powi(2);
    /// assert!((grads[recorded.layers[0].neurons[0].weights[0]] - 3.0 * slope).abs() < 1e-12);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn record(&self) -> Mlp<Var> {
        self.map_parameters(&mut Var::new)
    }

    /// As [`record`](Self::record), each parameter with a name: `layer 1 neuron 2 w3` or `layer 1 neuron 2 b`, counted
    /// from 1.
    ///
    /// Names are for pictures and messages; a training loop does without.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// use chainrule::nn::{Activation, Mlp};
    /// use chainrule::tape;
    ///
    /// let mlp = Mlp::builder(1).layer(1, Activation::Tanh).build_from(&[2.0, 0.5])?;
    /// let (graph, recorded) = tape::record(|| mlp.record_named());
    /// let names: Vec<_> = recorded.parameters().iter().map(|p| graph.name(p.key().unwrap())).collect();
    /// assert_eq!(names, [Some("layer 1 neuron 1 w1"), Some("layer 1 neuron 1 b")]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn record_named(&self) -> Mlp<Var> {
        let mut recorded = self.record();
        for (l, layer) in recorded.layers.iter_mut().enumerate() {
            for (n, neuron) in layer.neurons.iter_mut().enumerate() {
                let place = format!("layer {} neuron {}", l + 1, n + 1);
                for (w, weight) in neuron.weights.iter_mut().enumerate() {
                    *weight = weight.named(format!("{place} w{}", w + 1));
                }
                neuron.bias = neuron.bias.map(|bias| bias.named(format!("{place} b")));
            }
        }
        recorded
    }
}

impl<S: Scalar> Mlp<S> {
    /// The network's outputs for one row of inputs.
    ///
    /// Inputs may be of the network's own kind of number or anything that becomes it, such as the `f64`s of a data
    /// set, which a recorded network records once a row.
    ///
    /// # Errors
    ///
    /// [`Length`](crate::ErrorKind::Length) when the row has not as many values as the network has inputs, or a layer
    /// not as many inputs as the one before has outputs.
    ///
    /// ```
    /// use chainrule::nn::{Activation, Mlp};
    ///
    /// let mlp = Mlp::builder(2).layer(1, Activation::Linear).build_from(&[1.0, 10.0, 0.5])?;
    /// assert_eq!(mlp.forward(&[3.0, 2.0])?, [23.5]);
    /// let error = mlp.forward(&[3.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "x: expected 2 values, found 1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn forward<X: Copy + Into<S>>(&self, x: &[X]) -> Result<Vec<S>> {
        let mut x: Vec<S> = x.iter().map(|&x| x.into().shared()).collect();
        let mut outputs = Vec::new();
        for layer in &self.layers {
            layer.forward_into(&x, &mut outputs)?;
            std::mem::swap(&mut x, &mut outputs);
        }
        Ok(x)
    }
}

impl Mlp<Var> {
    /// The derivatives by every parameter, in the order of [`parameters`](Parameters::parameters).
    ///
    /// ```
    /// use chainrule::nn::{Activation, Mlp};
    ///
    /// let mlp = Mlp::builder(2).layer(1, Activation::Linear).build_from(&[1.0, 10.0, 0.5])?;
    /// let recorded = mlp.record();
    /// let output = recorded.forward(&[3.0, 2.0])?[0];
    /// assert_eq!(recorded.gradient(&output.backward()), [3.0, 2.0, 1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Panics
    /// If a parameter is a constant, or was not alive on the graph when it was swept.
    pub fn gradient(&self, grads: &Gradients) -> Vec<f64> {
        self.parameters().iter().map(|&p| grads[p]).collect()
    }

    /// As [`forward`](Self::forward), with a name for each layer and neuron: boxes in pictures, counted from 1.
    ///
    /// # Errors
    ///
    /// As [`forward`](Self::forward).
    ///
    /// ```
    /// use chainrule::nn::{Activation, Mlp};
    /// use chainrule::tape;
    ///
    /// let mlp = Mlp::builder(1).layer(1, Activation::Tanh).build_from(&[2.0, 0.5])?;
    /// let (graph, outputs) = tape::record(|| mlp.record_named().forward_named(&[3.0]));
    /// assert_eq!(outputs?, mlp.forward(&[3.0])?);
    /// let labels: Vec<&str> = graph.groups().iter().map(|group| group.label.as_str()).collect();
    /// assert_eq!(labels, ["layer 1", "neuron 1"]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn forward_named<X: Copy + Into<Var>>(&self, x: &[X]) -> Result<Vec<Var>> {
        let mut x: Vec<Var> = x.iter().map(|&x| x.into().shared()).collect();
        for (index, layer) in self.layers.iter().enumerate() {
            x = tape::named(format!("layer {}", index + 1), || layer.forward_named(&x))?;
        }
        Ok(x)
    }
}
