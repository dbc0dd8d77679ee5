//! Networks that travel.

use chainrule::nn::{Activation, Layer, Mlp, Neuron};
use rand::{SeedableRng, rngs::StdRng};

use super::travelled;

fn network() -> Mlp<f64> {
    let builder = Mlp::builder(2)
        .layer(3, Activation::LeakyRelu(0.1))
        .layer(2, Activation::Maxout(2))
        .layer(1, Activation::Linear);
    builder.build(&mut StdRng::seed_from_u64(1)).unwrap()
}

#[test]
fn a_network_has_the_same_bits_after_travelling() {
    let mlp = network();
    for loaded in travelled(&mlp) {
        assert_eq!(loaded, mlp);
        assert_eq!(
            loaded.forward(&[0.3, -0.7]).unwrap(),
            mlp.forward(&[0.3, -0.7]).unwrap()
        );
    }
}

#[test]
fn networks_of_earlier_versions_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/travel");
    let activations = [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu(0.1),
        Activation::Elu(0.5),
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
        Activation::Silu,
        Activation::Gelu,
        Activation::Maxout(1),
    ];
    let neuron = Neuron {
        weights: vec![0.5],
        bias: Some(-0.25),
    };
    let layers = activations.map(|activation| Layer {
        activation,
        neurons: vec![neuron.clone()],
    });
    let network = Mlp {
        layers: layers.to_vec(),
    };
    if std::env::var_os("UPDATE_TRAVEL").is_some() {
        let text = serde_json::to_string_pretty(&network).unwrap();
        std::fs::write(folder.join("network.json"), format!("{text}\n")).unwrap();
        let bytes = postcard::to_allocvec(&network).unwrap();
        std::fs::write(folder.join("network.postcard"), bytes).unwrap();
    }
    let text = std::fs::read_to_string(folder.join("network.json")).unwrap();
    assert_eq!(serde_json::from_str::<Mlp<f64>>(&text).unwrap(), network);
    let bytes = std::fs::read(folder.join("network.postcard")).unwrap();
    assert_eq!(postcard::from_bytes::<Mlp<f64>>(&bytes).unwrap(), network);
}

#[test]
fn a_network_that_cannot_compute_is_refused() {
    let text = |layers: Vec<Layer<f64>>| serde_json::to_string(&Mlp { layers });
    let neuron = |weights: &[f64]| Neuron {
        weights: weights.to_vec(),
        bias: None,
    };
    let layer = |activation, neurons| Layer {
        activation,
        neurons,
    };
    let linear = Activation::Linear;
    let refused = [
        (
            vec![layer(linear, vec![neuron(&[f64::NAN])])],
            "layer 1 neuron 1: a parameter must be finite, found NaN",
        ),
        (
            vec![layer(linear, vec![neuron(&[1.0]), neuron(&[])])],
            "layer 1 neuron 2: expected 1 weights, found 0",
        ),
        (
            vec![layer(Activation::Maxout(2), vec![neuron(&[1.0])])],
            "layer 1: 1 neurons are not a multiple of Maxout's 2 pieces",
        ),
        (
            vec![layer(Activation::Maxout(0), vec![])],
            "layer 1: activation: Maxout must have at least 1 piece, found 0",
        ),
    ];
    for (layers, problem) in refused {
        assert_eq!(text(layers).unwrap_err().to_string(), problem);
    }
    let good = serde_json::to_string(&network()).unwrap();
    let bad = [
        (
            "chainrule network",
            "chainrule program",
            "expected the format `chainrule network`, found `chainrule program`",
        ),
        (
            "\"version\":1",
            "\"version\":2",
            "expected version 1 of the format `chainrule network`, found version 2",
        ),
        ("0.1", "1e999", "number out of range"),
        ("\"LeakyRelu\"", "\"Relu7\"", "unknown variant `Relu7`"),
        (
            "{\"Maxout\":2}",
            "{\"Maxout\":3}",
            "layer 2: 4 neurons are not a multiple of Maxout's 3 pieces",
        ),
        ("\"bias\"", "\"beast\"", "unknown field `beast`"),
    ];
    for (from, to, problem) in bad {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let error = serde_json::from_str::<Mlp<f64>>(&text)
            .unwrap_err()
            .to_string();
        assert!(error.contains(problem), "{error}");
    }
}
