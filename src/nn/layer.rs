//! Neurons, and layers of neurons: they take the values of the inputs and return one value per output.

use super::activation::Activation;
use super::check::ensure;
use crate::error::{Result, check_length};
use crate::{Scalar, Var, tape};

/// A linear neuron: one weight per input, and a bias that is added to the weighted sum.
///
/// ```
/// use chainrule::nn::Neuron;
/// let neuron = Neuron { weights: vec![2.0, 3.0], bias: Some(0.5) };
/// assert_eq!(neuron.sum(&[10.0, 1.0])?, 23.5);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Neuron<S> {
    /// One weight per input, in the order of the inputs.
    pub weights: Vec<S>,
    /// The number that is added to the weighted sum; `None` adds nothing and is not a parameter.
    pub bias: Option<S>,
}

impl<S: Scalar> Neuron<S> {
    /// The weighted sum `b + Σ wᵢxᵢ`, computed as a fused dot product and one addition.
    ///
    /// # Errors
    ///
    /// [`Length`](crate::ErrorKind::Length) if `x.len()` is not the number of weights.
    ///
    /// ```
    /// use chainrule::nn::Neuron;
    /// let neuron = Neuron { weights: vec![2.0, 3.0], bias: None };
    /// assert_eq!(neuron.sum(&[1.0]).unwrap_err().to_string(), "x: expected 2 values, found 1");
    /// ```
    #[inline]
    pub fn sum(&self, x: &[S]) -> Result<S> {
        check_length("x", self.weights.len(), x.len())?;
        let sum = S::dot_product(&self.weights, x)?;
        Ok(self.bias.map_or(sum, |bias| bias + sum))
    }
}

crate::parameters!(Neuron { weights, bias });

/// Neurons that share their inputs, and the activation that is applied to their sums.
///
/// Each neuron has one output; under [`Activation::Maxout`] each group of consecutive neurons has one.
///
/// ```
/// use chainrule::nn::{Activation, Layer, Neuron};
///
/// let neuron = |weight| Neuron { weights: vec![weight], bias: None };
/// let mut layer = Layer { neurons: vec![neuron(1.0), neuron(-1.0)], activation: Activation::Relu };
/// assert_eq!(layer.forward(&[-3.0])?, [0.0, 3.0]);
///
/// layer.activation = Activation::Maxout(2); // the absolute value, of two linear pieces
/// assert_eq!(layer.forward(&[-3.0])?, [3.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Layer<S> {
    /// The neurons: one per output, or one per piece of a maxout unit.
    pub neurons: Vec<Neuron<S>>,
    /// The function applied to their sums.
    pub activation: Activation,
}

impl<S: Scalar> Layer<S> {
    /// Computes the layer's outputs for these inputs.
    ///
    /// # Errors
    ///
    /// [`Length`](crate::ErrorKind::Length) if `x.len()` is not the number of weights of every neuron;
    /// [`Argument`](crate::ErrorKind::Argument) if the neurons do not make whole maxout units.
    ///
    /// ```
    /// use chainrule::nn::{Activation, Layer, Neuron};
    ///
    /// let neuron = Neuron { weights: vec![2.0, 3.0], bias: Some(-1.0) };
    /// let layer = Layer { neurons: vec![neuron], activation: Activation::Linear };
    /// assert_eq!(layer.forward(&[10.0, 1.0])?, [22.0]);
    /// assert_eq!(layer.forward(&[10.0]).unwrap_err().to_string(), "x: expected 2 values, found 1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn forward(&self, x: &[S]) -> Result<Vec<S>> {
        let mut outputs = Vec::new();
        self.forward_into(x, &mut outputs)?;
        Ok(outputs)
    }

    /// As [`forward`](Self::forward), into a buffer.
    pub(super) fn forward_into(&self, x: &[S], outputs: &mut Vec<S>) -> Result<()> {
        outputs.clear();
        for unit in self.units()? {
            outputs.push(self.output(unit, x)?);
        }
        Ok(())
    }

    /// The neurons of each output in turn.
    fn units(&self) -> Result<std::slice::ChunksExact<'_, Neuron<S>>> {
        self.activation.check()?;
        let pieces = self.activation.pieces();
        let neurons = self.neurons.len();
        ensure(neurons.is_multiple_of(pieces), "neurons", || {
            format!("{neurons} are not a multiple of Maxout's {pieces} pieces")
        })?;
        Ok(self.neurons.chunks_exact(pieces))
    }

    /// The output of one unit, which is a neuron or the pieces of a maxout unit.
    #[inline]
    fn output(&self, unit: &[Neuron<S>], x: &[S]) -> Result<S> {
        if let [neuron] = unit {
            return Ok(self.activation.apply(neuron.sum(x)?));
        }
        let sums: Result<Vec<S>> = unit.iter().map(|piece| piece.sum(x)).collect();
        Ok(S::max_of(&sums?))
    }
}

crate::parameters!(Layer { neurons; fixed: activation });

impl Layer<Var> {
    /// As [`forward`](Self::forward), and records each output under the name of its neuron.
    pub(super) fn forward_named(&self, x: &[Var]) -> Result<Vec<Var>> {
        let units = self.units()?.enumerate();
        let named = units.map(|(index, unit)| {
            tape::named(format!("neuron {}", index + 1), || self.output(unit, x))
        });
        named.collect()
    }
}
