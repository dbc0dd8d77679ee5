//! Tests networks by their laws: one formula over every type of number, gradients in three ways, and messages for bad
//! arguments.

use chainrule::nn::{Activation, Initialization, Layer, Mlp, Neuron, softmax};
use chainrule::{Dual, ErrorKind, Parameters, Var, tape};
use proptest::prelude::{Just, Strategy, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{message, rng};

/// The activations, with and without a parameter where they have one.
fn activation() -> impl Strategy<Value = Activation> {
    prop_oneof![
        Just(Activation::Linear),
        Just(Activation::Relu),
        (0.0..0.5).prop_map(Activation::LeakyRelu),
        (0.1..2.0).prop_map(Activation::Elu),
        Just(Activation::Sigmoid),
        Just(Activation::Tanh),
        Just(Activation::Softplus),
        Just(Activation::Silu),
        Just(Activation::Gelu),
        (1_usize..4).prop_map(Activation::Maxout),
    ]
}

/// A network with random layers and biases, and a row of its inputs.
fn network() -> impl Strategy<Value = (Mlp<f64>, Vec<f64>)> {
    let layers = prop::collection::vec((1_usize..5, activation()), 1..4);
    let rows = prop::collection::vec(-2.0..2.0, 1..5);
    (layers, rows, 0_u64..).prop_map(|(layers, row, seed)| {
        let builder = layers
            .into_iter()
            .fold(Mlp::builder(row.len()), |builder, (size, activation)| {
                builder.layer(size, activation)
            });
        let mut mlp = builder.build(&mut rng(seed)).unwrap();
        let biases = mlp.layers.iter_mut().flat_map(|layer| &mut layer.neurons);
        for (i, bias) in biases.filter_map(|neuron| neuron.bias.as_mut()).enumerate() {
            *bias = 0.1 * (i as f64).cos();
        }
        (mlp, row)
    })
}

proptest! {
    #[test]
    fn every_type_of_number_gives_the_same_bits((mlp, row) in network()) {
        let plain = mlp.forward(&row).unwrap();
        tape::scope(|| {
            let recorded = mlp.record().forward(&row).unwrap();
            let named = mlp.record_named().forward_named(&row).unwrap();
            let dual = mlp.map_parameters(&mut Dual::<f64>::from).forward(&row).unwrap();
            for (i, y) in plain.iter().enumerate() {
                prop_assert_eq!(y.to_bits(), recorded[i].value().to_bits());
                prop_assert_eq!(y.to_bits(), named[i].value().to_bits());
                prop_assert_eq!(y.to_bits(), dual[i].value.to_bits());
            }
            Ok(())
        })?;
    }

    #[test]
    fn reverse_and_forward_gradients_agree((mlp, row) in network()) {
        let swept = tape::scope(|| {
            let recorded = mlp.record();
            let output = recorded.forward(&row).unwrap()[0];
            recorded.gradient(&output.backward())
        });
        for (i, slope) in swept.into_iter().enumerate() {
            let mut seen = 0;
            let dual = mlp.map_parameters(&mut |p| {
                seen += 1;
                if seen == i + 1 { Dual::variable(p) } else { Dual::from(p) }
            });
            let tangent = dual.forward(&row).unwrap()[0].tangent;
            prop_assert!((tangent - slope).abs() <= 1e-12 * (1.0 + slope.abs()), "{}: {} {}", i, tangent, slope);
        }
    }

    #[test]
    fn the_gradient_agrees_with_difference_quotients(seed: u64, row in prop::collection::vec(-2.0..2.0, 3)) {
        let mlp = Mlp::new(&mut rng(seed), &[3, 4, 2], Activation::Tanh).unwrap();
        let swept = tape::scope(|| {
            let recorded = mlp.record();
            let output = recorded.forward(&row).unwrap()[1];
            recorded.gradient(&output.backward())
        });
        let parameters = mlp.parameters();
        for (i, slope) in swept.into_iter().enumerate() {
            let output = |change: f64| {
                let mut moved = mlp.clone();
                let mut parameters = parameters.clone();
                parameters[i] += change;
                moved.set_parameters(&parameters).unwrap();
                moved.forward(&row).unwrap()[1]
            };
            let quotient = (output(1e-5) - output(-1e-5)) / 2e-5;
            prop_assert!((quotient - slope).abs() < 1e-8 * (1.0 + slope.abs()), "{}: {} {}", i, quotient, slope);
        }
    }

    #[test]
    fn parameters_are_read_in_the_order_they_are_written((mlp, _) in network()) {
        let parameters = mlp.parameters();
        prop_assert_eq!(parameters.len(), mlp.parameter_count());
        let mut other = mlp.map_parameters(&mut |_| 0.0);
        other.set_parameters(&parameters).unwrap();
        prop_assert_eq!(other, mlp);
    }

    #[test]
    fn softmax_shares_add_up_to_one(xs in prop::collection::vec(-1000.0..1000.0, 1..20)) {
        let shares = softmax(&xs).unwrap();
        prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
    }

    #[test]
    fn softmax_depends_only_on_differences(xs in prop::collection::vec(-8_i32..8, 1..9), shift in -64_i32..64) {
        let xs: Vec<f64> = xs.into_iter().map(f64::from).collect();
        let shifted: Vec<f64> = xs.iter().map(|x| x + f64::from(shift)).collect();
        prop_assert_eq!(softmax(&xs).unwrap(), softmax(&shifted).unwrap());
    }
}

#[test]
fn softmax_slopes_match_the_textbook() {
    let xs = [0.5, -1.0, 2.0].map(Var::new);
    let shares = softmax(&xs).unwrap();
    for (i, share) in shares.iter().enumerate() {
        let slopes = share.backward();
        for (j, &x) in xs.iter().enumerate() {
            let (p, q) = (shares[i].value(), shares[j].value());
            let expected = if i == j { p * (1.0 - p) } else { -p * q };
            assert!((slopes[x] - expected).abs() < 1e-15);
        }
    }
}

#[test]
fn softmax_at_the_edges() {
    let infinity = f64::INFINITY;
    assert_eq!(
        softmax(&[infinity, 0.0, infinity]).unwrap(),
        [0.5, 0.0, 0.5]
    );
    assert_eq!(softmax(&[-infinity, 3.0]).unwrap(), [0.0, 1.0]);
    assert_eq!(
        message(softmax::<f64>(&[])),
        "xs: must contain at least one value"
    );
}

#[test]
fn initial_weights_fill_their_bound() {
    for initialization in [
        Initialization::Xavier,
        Initialization::He,
        Initialization::Uniform(0.25),
    ] {
        let builder = Mlp::builder(50)
            .layer(40, Activation::Relu)
            .initialization(initialization);
        let mlp = builder.build(&mut rng(1)).unwrap();
        let bound = initialization.bound(50, 40);
        let neurons = &mlp.layers[0].neurons;
        assert!(neurons.iter().all(|neuron| neuron.bias == Some(0.0)));
        let weights: Vec<f64> = neurons.iter().flat_map(|n| n.weights.clone()).collect();
        assert!(weights.iter().all(|w| w.abs() <= bound));
        let variance = weights.iter().map(|w| w * w).sum::<f64>() / weights.len() as f64;
        assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 0.1);
    }
}

#[test]
fn the_same_seed_gives_the_same_network() {
    let draw = |seed| Mlp::new(&mut rng(seed), &[2, 3, 1], Activation::Relu).unwrap();
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn names_follow_micrograds_order() {
    let mlp = Mlp::builder(2)
        .layer(2, Activation::Relu)
        .build_from(&[0.0; 6])
        .unwrap();
    let (graph, recorded) = tape::record(|| mlp.record_named());
    let parameters = recorded.parameters();
    let names: Vec<_> = parameters
        .iter()
        .map(|p| graph.name(p.key().unwrap()).unwrap())
        .collect();
    assert_eq!(
        names[..3],
        [
            "layer 1 neuron 1 w1",
            "layer 1 neuron 1 w2",
            "layer 1 neuron 1 b"
        ]
    );
    assert_eq!(names[5], "layer 1 neuron 2 b");
}

#[test]
fn a_row_is_recorded_once_and_a_neuron_in_three_nodes() {
    let mlp = Mlp::new(&mut rng(1), &[4, 8, 1], Activation::Relu).unwrap();
    tape::scope(|| {
        let recorded = mlp.record();
        let before = tape::stats().nodes;
        recorded.forward(&[1.0; 4]).unwrap();
        assert_eq!(tape::stats().nodes - before, 4 + 8 * 3 + 2);
    });
}

#[test]
fn bad_sizes_are_refused() {
    let new = |sizes: &[usize]| message(Mlp::new(&mut rng(1), sizes, Activation::Relu));
    assert_eq!(
        new(&[]),
        "sizes: must be at least 2 (inputs and outputs), found 0"
    );
    assert_eq!(
        new(&[3]),
        "sizes: must be at least 2 (inputs and outputs), found 1"
    );
    assert_eq!(
        new(&[0, 1]),
        "sizes: must all be positive, found 0 at position 0"
    );
    assert_eq!(
        new(&[2, 4, 0, 1]),
        "sizes: must all be positive, found 0 at position 2"
    );

    let build = |builder: chainrule::nn::MlpBuilder| message(builder.build(&mut rng(1)));
    assert_eq!(
        build(Mlp::builder(2)),
        "layers: must be at least one, found 0"
    );
    assert_eq!(
        build(Mlp::builder(0).layer(1, Activation::Relu)),
        "inputs: must be positive, found 0"
    );
    assert_eq!(
        build(
            Mlp::builder(2)
                .layer(1, Activation::Relu)
                .layer(0, Activation::Relu)
        ),
        "layer 2: outputs must be positive, found 0"
    );
}

#[test]
fn sizes_too_large_for_memory_are_refused() {
    let quarter = usize::MAX / 4;
    let error = Mlp::new(&mut rng(1), &[1, quarter, 1], Activation::Relu).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert_eq!(
        error.to_string(),
        format!("sizes: too large for memory, 1 by {quarter} at positions 0 and 1")
    );
    assert_eq!(
        message(Mlp::new(
            &mut rng(1),
            &[2, 3, 1],
            Activation::Maxout(usize::MAX)
        )),
        "sizes: too large for memory, 2 by 3 at positions 0 and 1"
    );
    // Neurons take memory besides their weights.
    for (inputs, outputs) in [(quarter, 1), (usize::MAX, usize::MAX), (1, quarter / 16)] {
        let builder = Mlp::builder(inputs).layer(outputs, Activation::Relu);
        assert_eq!(
            message(builder.without_biases().build_from(&[])),
            format!("layer 1: too large for memory, {inputs} inputs by {outputs} outputs")
        );
    }
    let builder = Mlp::builder(2).layer(quarter / 128, Activation::Relu);
    assert_eq!(
        message(
            builder
                .layer(5, Activation::Maxout(quarter))
                .build_from(&[])
        ),
        format!(
            "layer 2: too large for memory, {} inputs by 5 outputs",
            quarter / 128
        )
    );
}

#[test]
fn bad_activations_and_bounds_are_refused() {
    let new = |activation| message(Mlp::new(&mut rng(1), &[2, 2, 1], activation));
    assert_eq!(
        new(Activation::LeakyRelu(f64::NAN)),
        "activation: the parameter of LeakyRelu must be finite, found NaN"
    );
    assert_eq!(
        new(Activation::Elu(f64::INFINITY)),
        "activation: the parameter of Elu must be finite, found inf"
    );
    assert_eq!(
        new(Activation::Maxout(0)),
        "activation: Maxout must have at least 1 piece, found 0"
    );
    for bound in [-1.0, f64::NAN, f64::INFINITY] {
        let builder = Mlp::builder(1).layer(1, Activation::Relu);
        let result = builder
            .initialization(Initialization::Uniform(bound))
            .build(&mut rng(1));
        assert_eq!(
            message(result),
            format!("initialization: the bound must be finite and at least 0, found {bound}")
        );
    }
}

#[test]
fn bad_rows_and_parameters_are_refused() {
    let mut mlp = Mlp::new(&mut rng(1), &[2, 3, 1], Activation::Relu).unwrap();
    let error = mlp.forward(&[1.0, 2.0, 3.0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Length);
    assert_eq!(error.to_string(), "x: expected 2 values, found 3");
    assert_eq!(
        message(mlp.forward::<f64>(&[])),
        "x: expected 2 values, found 0"
    );
    assert_eq!(
        message(mlp.record().forward(&[1.0])),
        "x: expected 2 values, found 1"
    );

    let before = mlp.clone();
    let error = mlp.set_parameters(&[0.0; 12]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "parameters: expected 13 values, found 12"
    );
    assert_eq!(mlp, before);

    for bad in [f64::NAN, f64::INFINITY] {
        let builder = Mlp::builder(1).layer(1, Activation::Relu);
        assert_eq!(
            message(builder.build_from(&[0.5, bad])),
            format!("parameters: parameter 1 must be finite, found {bad}")
        );
    }
    let builder = Mlp::builder(1).layer(1, Activation::Relu);
    let unused = builder.initialization(Initialization::Uniform(f64::NAN));
    assert!(unused.build_from(&[0.5, 0.0]).is_ok());
}

#[test]
fn mismatched_layers_are_refused() {
    let neuron = Neuron {
        weights: vec![1.0],
        bias: None,
    };
    let neurons = vec![neuron; 3];
    let layer = Layer {
        neurons: neurons.clone(),
        activation: Activation::Maxout(2),
    };
    assert_eq!(
        message(layer.forward(&[1.0])),
        "neurons: 3 are not a multiple of Maxout's 2 pieces"
    );
    let layer = Layer {
        neurons: neurons.clone(),
        activation: Activation::Maxout(0),
    };
    assert_eq!(
        message(layer.forward(&[1.0])),
        "activation: Maxout must have at least 1 piece, found 0"
    );
    let layer = Layer {
        neurons,
        activation: Activation::Relu,
    };
    let mlp = Mlp {
        layers: vec![layer.clone(), layer],
    };
    assert_eq!(message(mlp.forward(&[1.0])), "x: expected 1 value, found 3");
}
