//! Networks in any format of serde.

use serde::de::Deserializer;
use serde::ser::{self, Serializer};
use serde::{Deserialize, Serialize};

use super::activation::Activation;
use super::layer::{Layer, Neuron};
use super::mlp::Mlp;
use crate::saved::{Format, Name, Version, faulty};

struct NetworkFormat;

impl Format for NetworkFormat {
    const NAME: &'static str = "chainrule network";
    const VERSION: u32 = 1;
}

/// A network: its layers, from inputs to outputs.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: Name<NetworkFormat>,
    version: Version<NetworkFormat>,
    layers: Vec<LayerForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerForm {
    activation: Activation,
    neurons: Vec<NeuronForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NeuronForm {
    weights: Vec<f64>,
    bias: Option<f64>,
}

/// Passes if the network can compute: every parameter is finite, and every neuron has a weight for each output of the layer
/// before it.
fn check(layers: &[Layer<f64>]) -> Result<(), String> {
    let mut inputs = None;
    for (l, layer) in layers.iter().enumerate() {
        let place = format!("layer {}", l + 1);
        layer
            .activation
            .check()
            .map_err(|error| format!("{place}: {error}"))?;
        let (neurons, pieces) = (layer.neurons.len(), layer.activation.pieces());
        if !neurons.is_multiple_of(pieces) {
            return Err(format!(
                "{place}: {neurons} neurons are not a multiple of Maxout's {pieces} pieces"
            ));
        }
        for (n, neuron) in layer.neurons.iter().enumerate() {
            let place = format!("{place} neuron {}", n + 1);
            let found = neuron.weights.len();
            let expected = *inputs.get_or_insert(found);
            if found != expected {
                return Err(format!(
                    "{place}: expected {expected} weights, found {found}"
                ));
            }
            let mut parameters = neuron.weights.iter().chain(&neuron.bias);
            if let Some(parameter) = parameters.find(|parameter| !parameter.is_finite()) {
                return Err(format!(
                    "{place}: a parameter must be finite, found {parameter}"
                ));
            }
        }
        inputs = Some(neurons / pieces);
    }
    Ok(())
}

impl Serialize for Mlp<f64> {
    /// The network with every digit of its parameters.
    ///
    /// # Errors
    /// If a parameter is NaN or infinite, or the layers do not fit together.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Formats of text have no NaN and no infinities.
        check(&self.layers).map_err(ser::Error::custom)?;
        let neuron = |neuron: &Neuron<f64>| NeuronForm {
            weights: neuron.weights.clone(),
            bias: neuron.bias,
        };
        let layer = |layer: &Layer<f64>| LayerForm {
            activation: layer.activation,
            neurons: layer.neurons.iter().map(neuron).collect(),
        };
        let form = Form {
            format: Name::default(),
            version: Version::default(),
            layers: self.layers.iter().map(layer).collect(),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Mlp<f64> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let neuron = |NeuronForm { weights, bias }| Neuron { weights, bias };
        let layer = |form: LayerForm| Layer {
            neurons: form.neurons.into_iter().map(neuron).collect(),
            activation: form.activation,
        };
        let form = Form::deserialize(deserializer)?;
        let layers: Vec<Layer<f64>> = form.layers.into_iter().map(layer).collect();
        check(&layers).map_err(|problem| faulty::<D::Error>(NetworkFormat::NAME, &problem))?;
        Ok(Self { layers })
    }
}
