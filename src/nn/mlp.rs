//! The multilayer perceptron: a sequence of layers, over any kind of number.

use super::layer::Layer;
use crate::error::Result;
use crate::parameters::Parameters;
use crate::{Gradients, Scalar, Var, tape};

/// A feed-forward network of fully connected layers: a *multilayer perceptron*.
///
/// The caller keeps the parameters as plain numbers, in an `Mlp<f64>`. To train it by hand, [record](Mlp::record) it as an
/// `Mlp<Var>`, compute a loss, sweep, and let an [optimizer](super::optimizer) take a step; [`Fit`](super::Fit) does this
/// for you. To use it, call [`forward`](Self::forward) on the `Mlp<f64>` itself. Both give the same bits.
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
    /// The layers, from inputs to outputs; each has as many inputs as the layer before it has outputs.
    pub layers: Vec<Layer<S>>,
}

crate::parameters!(Mlp { layers });

impl Mlp<f64> {
    /// Records every parameter as an input of the thread's current graph, and returns the network of these inputs.
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

    /// As [`record`](Self::record), and names each parameter `layer 1 neuron 2 w3` or `layer 1 neuron 2 b`, counted from 1.
    ///
    /// Names are for pictures and messages; a training loop does not need them.
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
    /// Computes the network's outputs for one row of inputs.
    ///
    /// Inputs are numbers of the network's own kind or anything that converts into it, for example the `f64`s of a data
    /// set, which a recorded network records once per row.
    ///
    /// # Errors
    ///
    /// [`Length`](crate::ErrorKind::Length) if `x.len()` is not the network's number of inputs, or if a layer does not
    /// have as many inputs as the layer before it has outputs.
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
    /// The derivatives with respect to every parameter, in the order of [`parameters`](Parameters::parameters).
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

    /// As [`forward`](Self::forward), and names each layer and neuron, counted from 1: pictures show them as boxes.
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
