//! Laws of a training: what a session does is what the engine's own loop does, and what the page shows is what the network
//! computes.

use chainrule::nn::{Fit, Mlp, optimizer};
use chainrule::{Parameters, Var, tape};
use chainrule_web::training::{Hidden, Loss, Point, REACH, Rule, Session, Settings, Shape};

fn settings() -> Settings {
    Settings {
        data: Shape::Moons,
        points: 120.0,
        noise: 0.1,
        held: 25.0,
        data_seed: 3.0,
        hidden: vec![8.0, 8.0],
        activation: Hidden::Tanh,
        seed: 5.0,
        loss: Loss::Logistic,
        penalty: 0.0,
        rate: 0.03,
        batch: 0.0,
        optimizer: Rule::Adam,
    }
}

fn begin(settings: &Settings) -> Session {
    Session::new(settings.clone()).expect("the settings are allowed")
}

#[test]
fn a_session_learns_every_shape() {
    for (data, noise) in [
        (Shape::Moons, 0.1),
        (Shape::Circles, 0.1),
        (Shape::Spirals, 0.0),
        (Shape::Blobs, 0.1),
        (Shape::Xor, 0.1),
    ] {
        let mut session = begin(&Settings {
            data,
            noise,
            ..settings()
        });
        let first = session.progress().unwrap();
        session.advance(600);
        let last = session.progress().unwrap();
        assert!(last.accuracy > 0.95, "{data:?}: {last:?}");
        assert!(last.held_accuracy > 0.9, "{data:?}: {last:?}");
        assert!(last.loss < 0.5 * first.loss, "{data:?}: {last:?}");
        assert_eq!((last.step, last.epoch), (600, 600));
    }
}

#[test]
fn both_classes_are_about_equally_frequent_and_within_the_plane() {
    for data in [
        Shape::Moons,
        Shape::Circles,
        Shape::Spirals,
        Shape::Blobs,
        Shape::Xor,
    ] {
        let session = begin(&Settings {
            data,
            noise: 0.05,
            ..settings()
        });
        let points = session.points();
        assert_eq!(points.len(), 120, "{data:?}");
        assert_eq!(session.training(), 90, "{data:?}");
        let positive = points.iter().filter(|point| point[2] == 1.0).count();
        let negative = points.iter().filter(|point| point[2] == -1.0).count();
        assert_eq!((positive, negative), (60, 60), "{data:?}");
        let inside = |point: &&Point| point[0].abs() < REACH && point[1].abs() < REACH;
        assert_eq!(points.iter().filter(inside).count(), 120, "{data:?}");
    }
}

#[test]
fn any_number_of_points_and_any_noise_gives_that_many_points_in_the_plane() {
    let mut at_the_border = 0;
    for data in [
        Shape::Moons,
        Shape::Circles,
        Shape::Spirals,
        Shape::Blobs,
        Shape::Xor,
    ] {
        for (count, points) in [
            (10_u8, 10.0),
            (11, 11.0),
            (13, 13.0),
            (14, 14.0),
            (201, 201.0),
        ] {
            for noise in [0.0, 0.5, 1.0] {
                let session = begin(&Settings {
                    data,
                    points,
                    noise,
                    ..settings()
                });
                let points = session.points();
                assert_eq!(points.len(), usize::from(count), "{data:?}");
                let positive = points.iter().filter(|point| point[2] == 1.0).count();
                assert!(
                    positive.abs_diff(points.len() - positive) <= 1,
                    "{data:?}: {positive} of {count}"
                );
                for &[x, y, label] in points {
                    assert!(x.abs() < REACH && y.abs() < REACH, "{data:?}: {x}, {y}");
                    assert!(label.abs() == 1.0, "{data:?}: {label}");
                    at_the_border += usize::from(x.abs().max(y.abs()) == 0.975 * REACH);
                }
            }
        }
    }
    assert!(at_the_border > 100, "{at_the_border}");
}

#[test]
fn opposite_clouds_of_xor_have_the_same_class() {
    let session = begin(&Settings {
        data: Shape::Xor,
        noise: 0.0,
        ..settings()
    });
    for &[x, y, label] in session.points() {
        assert_eq!(label, -x * y);
    }
}

#[test]
fn the_same_seeds_give_the_same_bits_and_others_do_not() {
    let run = |settings: &Settings| {
        let mut session = begin(settings);
        session.advance(20);
        let points = session.points().to_vec();
        (
            session.network().parameters(),
            points,
            session.progress().unwrap(),
        )
    };
    let batched = Settings {
        batch: 16.0,
        ..settings()
    };
    assert_eq!(run(&batched), run(&batched));
    let reseeded = run(&Settings {
        seed: 6.0,
        ..batched.clone()
    });
    assert_ne!(reseeded.0, run(&batched).0);
    assert_eq!(reseeded.1, run(&batched).1);
    assert_ne!(
        run(&Settings {
            data_seed: 4.0,
            ..batched.clone()
        })
        .1,
        run(&batched).1
    );
}

/// The network before the first step, and the training points as rows.
fn start(settings: &Settings) -> (Mlp<f64>, Vec<Point>) {
    let session = begin(settings);
    (
        session.network().clone(),
        session.points()[..session.training()].to_vec(),
    )
}

fn rule(settings: &Settings) -> Box<dyn optimizer::Optimizer> {
    match settings.optimizer {
        Rule::Sgd => Box::new(optimizer::Sgd::new(settings.rate).unwrap()),
        Rule::Momentum => Box::new(
            optimizer::Sgd::new(settings.rate)
                .unwrap()
                .momentum(0.9)
                .unwrap(),
        ),
        Rule::RmsProp => Box::new(optimizer::RmsProp::new(settings.rate).unwrap()),
        Rule::Adam => Box::new(optimizer::Adam::new(settings.rate).unwrap()),
    }
}

#[test]
fn a_session_has_the_bits_of_fit() {
    const EPOCHS: usize = 7;
    let mut compared = 0;
    for optimizer in [Rule::Sgd, Rule::Momentum, Rule::RmsProp, Rule::Adam] {
        for loss in [Loss::Hinge, Loss::Logistic, Loss::Squared] {
            for (batch, penalty) in [(0_u8, 0.0), (0, 0.01), (32, 0.0), (7, 0.01)] {
                let settings = Settings {
                    optimizer,
                    loss,
                    batch: f64::from(batch),
                    penalty,
                    rate: 0.01,
                    ..settings()
                };
                let mut session = begin(&settings);
                let (mut network, rows) = start(&settings);
                while session.progress().unwrap().epoch < EPOCHS {
                    session.advance(1);
                }
                let size = if batch == 0 {
                    rows.len()
                } else {
                    usize::from(batch)
                };
                let fit = Fit::new().epochs(EPOCHS).batch(size).seed(5).l2(penalty);
                // A batch of all points keeps their order.
                let fit = if batch == 0 { fit.in_order() } else { fit };
                fit.run(
                    &mut network,
                    &rows,
                    &mut *rule(&settings),
                    |network, row| {
                        let score = network.forward(&row[..2])?[0];
                        Ok::<_, chainrule::Error>(loss.of(score, row[2]))
                    },
                )
                .unwrap();
                assert_eq!(
                    session.network(),
                    &network,
                    "{optimizer:?} {loss:?} {batch} {penalty}"
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 48);
}

#[test]
fn a_step_is_that_of_the_recorded_network() {
    let settings = Settings {
        optimizer: Rule::Sgd,
        rate: 0.5,
        ..settings()
    };
    let mut session = begin(&settings);
    let (network, rows) = start(&settings);
    session.advance(1);
    let gradient = tape::scope(|| {
        let recorded = network.record();
        let losses = rows.iter().map(|row| {
            let score = recorded.forward(&row[..2]).unwrap()[0];
            Loss::Logistic.of(score, Var::from(row[2]))
        });
        let loss = losses.sum::<Var>() / rows.len() as f64;
        recorded.gradient(&loss.backward())
    });
    let before = network.parameters();
    for ((now, before), slope) in session
        .network()
        .parameters()
        .iter()
        .zip(&before)
        .zip(&gradient)
    {
        assert!(
            (now - (before - 0.5 * slope)).abs() < 1e-14,
            "{now} {before} {slope}"
        );
    }
    assert!(gradient.iter().any(|slope| slope.abs() > 1e-3));
}

#[test]
fn the_map_is_what_the_network_computes() {
    for activation in [
        Hidden::Tanh,
        Hidden::Relu,
        Hidden::LeakyRelu,
        Hidden::Sigmoid,
        Hidden::Softplus,
        Hidden::Silu,
        Hidden::Linear,
    ] {
        for hidden in [vec![], vec![3.0], vec![5.0, 4.0, 1.0, 2.0]] {
            let mut session = begin(&Settings {
                activation,
                hidden,
                ..settings()
            });
            session.advance(3);
            let network = session.network().clone();
            for side in [50, 7] {
                let map = session.map(side).unwrap().to_vec();
                let neurons = network.layers.iter().map(|layer| layer.neurons.len());
                assert_eq!(map.len(), neurons.sum::<usize>() * side * side);
                for cell in 0..side * side {
                    let (row, column) = (cell / side, cell % side);
                    let middle =
                        |place: usize| (place as f64 + 0.5) / side as f64 * 2.0 * REACH - REACH;
                    let mut values = vec![middle(column), -middle(row)];
                    let mut expected = Vec::new();
                    for layer in &network.layers {
                        values = layer.forward(&values).unwrap();
                        expected.extend_from_slice(&values);
                    }
                    // The map adds products without fusing them, so the last bits differ.
                    for (neuron, expected) in expected.iter().enumerate() {
                        let found = map[neuron * side * side + cell];
                        assert!(
                            (found - expected).abs() < 1e-12,
                            "{activation:?} neuron {neuron} cell {cell}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn losses_and_accuracies_are_those_of_the_points() {
    for loss in [Loss::Hinge, Loss::Logistic, Loss::Squared] {
        let mut session = begin(&Settings { loss, ..settings() });
        session.advance(4);
        let progress = session.progress().unwrap();
        let (network, training) = (session.network().clone(), session.training());
        let measure = |points: &[Point]| {
            let score = |point: &Point| network.forward(&point[..2]).unwrap()[0];
            let sum: f64 = points
                .iter()
                .map(|point| loss.of(score(point), point[2]))
                .sum();
            let right = points
                .iter()
                .filter(|point| score(point).signum() == point[2])
                .count();
            (
                sum / points.len() as f64,
                right as f64 / points.len() as f64,
            )
        };
        let (own, held) = session.points().split_at(training);
        assert_eq!((progress.loss, progress.accuracy), measure(own));
        assert_eq!((progress.held_loss, progress.held_accuracy), measure(held));
        assert!(
            progress.accuracy > 0.5 && progress.accuracy < 1.0,
            "{progress:?}"
        );
    }
}

#[test]
fn a_moved_point_changes_its_loss_and_the_steps() {
    let mut session = begin(&settings());
    let training = session.training();
    let before = session.progress().unwrap();
    session.move_point(0, [1.9, -1.9]).unwrap();
    let moved = session.progress().unwrap();
    assert_ne!(moved.loss, before.loss);
    assert_eq!(moved.held_loss, before.held_loss);
    session.move_point(training, [1.9, -1.9]).unwrap();
    let both = session.progress().unwrap();
    assert_eq!(both.loss, moved.loss);
    assert_ne!(both.held_loss, moved.held_loss);
    let mut other = begin(&settings());
    session.advance(1);
    other.advance(1);
    assert_ne!(session.network(), other.network());
    // A point that does not exist, or no place, changes nothing.
    let points = session.points().to_vec();
    session.move_point(points.len(), [0.0, 0.0]).unwrap();
    session.move_point(0, [f64::NAN, 0.0]).unwrap();
    assert_eq!(session.points(), points);
}

#[test]
fn wrong_settings_name_their_field() {
    type Change = fn(&mut Settings);
    let wrong: [(&str, Change); 14] = [
        ("points", |s| s.points = 9.0),
        ("points", |s| s.points = 20.5),
        ("points", |s| s.points = f64::NAN),
        ("noise", |s| s.noise = -0.1),
        ("held", |s| s.held = 95.0),
        ("data_seed", |s| s.data_seed = -1.0),
        ("hidden", |s| s.hidden = vec![8.0; 5]),
        ("hidden", |s| s.hidden = vec![0.0]),
        ("hidden", |s| s.hidden = vec![17.0]),
        ("seed", |s| s.seed = 0.5),
        ("penalty", |s| s.penalty = f64::INFINITY),
        ("rate", |s| s.rate = 0.0),
        ("rate", |s| s.rate = f64::NAN),
        ("batch", |s| s.batch = -1.0),
    ];
    for (field, change) in wrong {
        let mut settings = settings();
        change(&mut settings);
        let error = Session::new(settings).unwrap_err();
        assert_eq!(error.field, field);
        assert!(error.problem.contains("found"), "{error:?}");
    }
    let error = Session::new(Settings {
        points: 9.0,
        ..settings()
    })
    .unwrap_err();
    assert_eq!(
        error.problem,
        "must be a whole number from 10 to 1000, found 9"
    );
}

#[test]
fn tuning_keeps_the_network_and_refuses_what_is_wrong() {
    let mut session = begin(&settings());
    session.advance(5);
    let network = session.network().clone();
    let error = session
        .tune(&Settings {
            rate: -1.0,
            ..settings()
        })
        .unwrap_err();
    assert_eq!(error.field, "rate");
    let before = session.progress().unwrap();
    session
        .tune(&Settings {
            loss: Loss::Hinge,
            optimizer: Rule::Sgd,
            ..settings()
        })
        .unwrap();
    assert_eq!(session.network(), &network);
    let after = session.progress().unwrap();
    assert_ne!(after.loss, before.loss);
    assert_eq!((after.step, after.accuracy), (5, before.accuracy));
    session.advance(50);
    assert!(session.progress().unwrap().loss < after.loss);
}

#[test]
fn tuning_the_rate_keeps_what_the_optimizer_knows() {
    let mut steady = begin(&settings());
    let mut tuned = begin(&settings());
    steady.advance(10);
    tuned.advance(5);
    tuned.tune(&settings()).unwrap();
    tuned.advance(5);
    assert_eq!(tuned.network(), steady.network());
    tuned
        .tune(&Settings {
            rate: 0.3,
            ..settings()
        })
        .unwrap();
    tuned.advance(1);
    steady.advance(1);
    assert_ne!(tuned.network(), steady.network());
}

#[test]
fn a_training_that_diverges_says_so_and_stops() {
    let mut session = begin(&Settings {
        activation: Hidden::Relu,
        loss: Loss::Squared,
        optimizer: Rule::Sgd,
        rate: 1000.0,
        ..settings()
    });
    session.advance(10_000);
    let progress = session.progress().unwrap();
    assert!(progress.diverged, "{progress:?}");
    assert!(progress.step < 10_000);
    session.advance(10);
    assert!(!session.advance_within_epoch(10));
    assert_eq!(session.progress().unwrap().step, progress.step);
    // Other settings do not help; new weights do.
    session.tune(&settings()).unwrap();
    assert!(session.progress().unwrap().diverged);
    session.restart(settings()).unwrap();
    assert!(!session.progress().unwrap().diverged);
}

#[test]
fn an_epoch_uses_every_training_point_once() {
    // With batches of 7, 90 points make 13 steps.
    let mut session = begin(&Settings {
        batch: 7.0,
        ..settings()
    });
    assert!(!session.advance_within_epoch(5));
    assert_eq!(session.progress().unwrap().step, 5);
    assert!(session.advance_within_epoch(100));
    let progress = session.progress().unwrap();
    assert_eq!((progress.epoch, progress.step), (1, 13));
    assert!(session.advance_within_epoch(13));
    assert_eq!(session.progress().unwrap().step, 26);
}

#[test]
fn a_restart_is_a_new_session() {
    let changes: [fn(&mut Settings); 6] = [
        |_| (),
        |s| s.seed = 9.0,
        |s| (s.data, s.points) = (Shape::Xor, 60.0),
        |s| s.loss = Loss::Hinge,
        |s| s.activation = Hidden::Relu,
        |s| s.hidden = vec![3.0],
    ];
    let mut session = begin(&settings());
    session.advance(3);
    session.map(20).unwrap();
    for change in changes {
        let mut settings = settings();
        change(&mut settings);
        session.restart(settings.clone()).unwrap();
        let mut new = begin(&settings);
        assert_eq!(session.points(), new.points());
        session.advance(4);
        new.advance(4);
        assert_eq!(session.network(), new.network());
        assert_eq!(session.progress().unwrap(), new.progress().unwrap());
        assert_eq!(session.map(20).unwrap(), new.map(20).unwrap());
    }
    let error = session
        .restart(Settings {
            noise: 2.0,
            ..settings()
        })
        .unwrap_err();
    assert_eq!(error.field, "noise");
    assert_eq!(session.progress().unwrap().step, 4);
}

#[test]
fn the_backward_pass_of_a_point_has_the_engines_numbers() {
    let mut session = begin(&settings());
    session.advance(3);
    let network = session.network().clone();
    for point in [0, 119] {
        let [x, y, label] = session.points()[point];
        let text = session.backward(point, None).unwrap();
        let model: serde_json::Value = serde_json::from_str(text.get()).unwrap();
        let nodes = model["nodes"].as_array().unwrap();
        // The inputs are in the order in which other values are given: x, y and the parameters.
        let leaves = nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node[4].as_array().unwrap().is_empty());
        let leaves: Vec<(usize, &str)> = leaves
            .map(|(place, node)| (place, node[1].as_str().unwrap()))
            .collect();
        assert_eq!(leaves.len(), 2 + network.parameter_count());
        assert_eq!(
            (leaves[0].1, leaves[1].1, leaves[2].1),
            ("x", "y", "layer 1 neuron 1 w1")
        );
        let number = |list: &str, place: usize| model[list][place].as_f64().unwrap();
        let found: Vec<f64> = leaves
            .iter()
            .map(|&(place, _)| number("values", place))
            .collect();
        assert_eq!(found[..2], [x, y]);
        assert_eq!(found[2..], network.parameters());
        let (loss, gradient) = tape::scope(|| {
            let recorded = network.record();
            let loss = Loss::Logistic.of(recorded.forward(&[x, y]).unwrap()[0], Var::from(label));
            (loss.value(), recorded.gradient(&loss.backward()))
        });
        assert_eq!(number("values", nodes.len() - 1), loss);
        let found: Vec<f64> = leaves[2..]
            .iter()
            .map(|&(place, _)| number("gradients", place))
            .collect();
        assert_eq!(found, gradient);
        // With the same inputs given, the graph is the same; with another x, it is not.
        let mut inputs: Vec<f64> = [x, y].into_iter().chain(network.parameters()).collect();
        assert_eq!(
            session.backward(point, Some(&inputs)).unwrap().get(),
            text.get()
        );
        inputs[0] += 0.5;
        assert_ne!(
            session.backward(point, Some(&inputs)).unwrap().get(),
            text.get()
        );
        assert!(session.backward(point, Some(&inputs[1..])).is_err());
    }
    assert!(session.backward(120, None).is_err());
}
