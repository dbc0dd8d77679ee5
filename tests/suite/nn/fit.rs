//! Tests training runs: the same bits as a hand-written loop, with any callbacks, validation or number of threads.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chainrule::nn::data::{Dataset, Tabular, moons};
use chainrule::nn::fit::{Ended, Epoch, History};
use chainrule::nn::optimizer::{Adam, Optimizer, Schedule, Sgd};
use chainrule::nn::{Activation, Fit, Mlp, loss};
use chainrule::{
    Error, ErrorKind, Level, Parameters, Program, Result, Scalar, Transform, Var, tape,
};
use proptest::prelude::{prop, prop_assert_eq, proptest};

use super::{message, rng};

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// The squared error of a network with two inputs, for a row of two inputs and a target.
fn error<S: Scalar>(mlp: &Mlp<S>, row: &[S]) -> Result<S> {
    Ok((mlp.forward(&row[..2])?[0] - row[2]).square())
}

fn network(seed: u64) -> Mlp<f64> {
    Mlp::new(&mut rng(seed), &[2, 5, 1], Activation::Tanh).unwrap()
}

fn descent() -> Sgd {
    Sgd::new(0.05).unwrap()
}

/// A row's loss and gradient on the tape.
fn on_tape(mlp: &Mlp<f64>, row: &[f64]) -> (f64, Vec<f64>) {
    tape::scope(|| {
        let recorded = mlp.record();
        let row: Vec<Var> = row.iter().map(|&x| Var::new(x)).collect();
        let loss = error(&recorded, &row).unwrap();
        (loss.value(), recorded.gradient(&loss.backward()))
    })
}

proptest! {
    #[test]
    fn a_run_has_the_bits_of_a_hand_written_loop(
        rows in prop::collection::vec(prop::array::uniform3(-2.0..2.0), 1..40),
        size in 1_usize..50,
        seed: u64,
        l2 in prop::sample::select(vec![0.0, 1e-3]),
    ) {
        let schedule = Schedule::linear(0.1, 0.01, 20).unwrap();
        let mut seen = Vec::new();
        let mut fitted = network(seed);
        let mut adam = Adam::new(0.1).unwrap();
        let fit = Fit::new().epochs(3).batch(size).in_order().l2(l2).schedule(schedule);
        let history = fit
            .on_step(|step, _| seen.push(step.loss))
            .run(&mut fitted, &rows, &mut adam, error)
            .unwrap();

        let mut mlp = network(seed);
        let mut adam = Adam::new(0.1).unwrap();
        let program = Program::trace_rows(&mlp, 3, error).unwrap();
        let (mut losses, mut means) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let mut total = 0.0;
            for chunk in rows.chunks(size) {
                let mut batch = program.batch(chunk).unwrap();
                let (mean, gradient) = batch.mean_gradient(&mlp).unwrap();
                let parameters = mlp.parameters();
                let mut loss = mean;
                let mut gradient = gradient.to_vec();
                if l2 > 0.0 {
                    loss += loss::l2_penalty(&parameters, l2).unwrap();
                    gradient.iter_mut().zip(&parameters).for_each(|(g, p)| *g += 2.0 * l2 * p);
                }
                adam.set_rate(schedule.rate(losses.len())).unwrap();
                adam.step_parameters(&mut mlp, &gradient).unwrap();
                total += loss * chunk.len() as f64;
                losses.push(loss);
            }
            means.push(total / rows.len() as f64);
        }
        prop_assert_eq!(bits(&fitted.parameters()), bits(&mlp.parameters()));
        prop_assert_eq!(bits(&seen), bits(&losses));
        let epochs: Vec<f64> = history.epochs.iter().map(|epoch| epoch.loss).collect();
        prop_assert_eq!(bits(&epochs), bits(&means));
        prop_assert_eq!(history.epochs[2].steps, losses.len());
    }

    #[test]
    fn a_step_of_one_row_has_the_bits_of_the_tape(row in prop::array::uniform3(-2.0..2.0), seed: u64) {
        let mut fitted = network(seed);
        let history = Fit::new().epochs(1).run(&mut fitted, &[row], &mut descent(), error).unwrap();
        let mut mlp = network(seed);
        let (loss, gradient) = on_tape(&mlp, &row);
        descent().step_parameters(&mut mlp, &gradient).unwrap();
        prop_assert_eq!(history.epochs[0].loss.to_bits(), loss.to_bits());
        prop_assert_eq!(bits(&fitted.parameters()), bits(&mlp.parameters()));
    }

    #[test]
    fn every_epoch_takes_every_row_once_in_a_new_order(
        count in 1_usize..60, size in 1_usize..70, seed: u64,
    ) {
        // The loss of a row is its number times a power. With one row per batch, the losses tell which rows were taken.
        let rows: Vec<[f64; 1]> = (0..count).map(|row| [row as f64]).collect();
        let sums = RefCell::new(vec![Vec::new(); 4]);
        Fit::new()
            .epochs(4)
            .batch(size)
            .seed(seed)
            .on_step(|step, _| sums.borrow_mut()[step.epoch].push(step.loss))
            .run(&mut [1.0], &rows, &mut Sgd::new(1e-300).unwrap(), |p, row| p[0] * row[0])
            .unwrap();
        let sums = sums.into_inner();
        for epoch in &sums {
            prop_assert_eq!(epoch.len(), count.div_ceil(size));
            let places = epoch.iter().enumerate();
            let all: f64 = places.map(|(i, mean)| mean * size.min(count - i * size) as f64).sum();
            prop_assert_eq!(all.round(), (0..count).sum::<usize>() as f64);
        }
        if size == 1 {
            let numbers = |epoch: &Vec<f64>| epoch.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            for epoch in &sums {
                let distinct: BTreeSet<u64> = numbers(epoch).into_iter().collect();
                prop_assert_eq!(distinct.len(), count);
            }
            if count > 20 {
                let orders: BTreeSet<Vec<u64>> = sums.iter().map(numbers).collect();
                prop_assert_eq!(orders.len(), 4);
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_run_on_any_number_of_threads(seed: u64) {
        let data = moons(150, 0.1, &mut rng(seed)).unwrap();
        let run = |threads| {
            let mut mlp = network(seed);
            let fit = Fit::new().epochs(2).batch(100).seed(seed).threads(threads);
            let history = fit.run(&mut mlp, &data, &mut descent(), error).unwrap();
            (history, mlp)
        };
        prop_assert_eq!(run(1), run(3));
    }
}

#[test]
fn a_network_lists_its_parameters_as_it_records_them() {
    let mlp = network(1);
    let mut values = vec![0.0; mlp.parameter_count()];
    mlp.write_parameters(&mut values);
    assert_eq!(values, mlp.parameters());
    let traced: Mlp<Var> = tape::scope(|| {
        let mut inputs = Vec::new();
        let traced = mlp.map_parameters(&mut |x| {
            inputs.push(x);
            Var::new(x)
        });
        assert_eq!(inputs, mlp.parameters());
        traced
    });
    assert_eq!(traced.layers.len(), mlp.layers.len());
}

#[test]
fn a_program_has_the_tape_s_gradient_for_every_row() {
    let data = moons(70, 0.1, &mut rng(1)).unwrap();
    let mlp = network(1);
    let rows: Vec<Vec<f64>> = (0..data.len())
        .map(|row| {
            let mut values = Vec::new();
            data.append_row(row, &mut values);
            values
        })
        .collect();
    let mut batch = Program::trace_rows(&mlp, 3, error)
        .unwrap()
        .batch(&rows)
        .unwrap();
    let (losses, gradients) = batch.gradients(&mlp).unwrap();
    for (row, values) in rows.iter().enumerate() {
        let (loss, gradient) = on_tape(&mlp, values);
        assert_eq!(losses[row].to_bits(), loss.to_bits());
        let all = &gradients[row * (gradient.len() + 3)..];
        assert_eq!(bits(&all[..gradient.len()]), bits(&gradient));
    }
}

#[test]
fn fast_and_exact_agree_except_for_the_last_digits() {
    let data = moons(150, 0.1, &mut rng(1)).unwrap();
    let run = |level| {
        let mut mlp = network(1);
        Fit::new()
            .level(level)
            .run(&mut mlp, &data, &mut descent(), error)
            .unwrap();
        mlp.parameters()
    };
    for (a, b) in run(Level::Exact).iter().zip(run(Level::Fast)) {
        assert!((a - b).abs() < 1e-9);
    }
}

/// A line that lists its numbers.
#[derive(Debug, PartialEq)]
struct Line<S> {
    slope: S,
    offset: S,
}

chainrule::parameters!(Line { slope, offset });

#[test]
fn any_structure_that_lists_its_numbers_trains() {
    let points: Vec<[f64; 2]> = (0..10)
        .map(|x| [0.1 * f64::from(x), 3.0 - 0.2 * f64::from(x)])
        .collect();
    let mut line = Line {
        slope: 0.0,
        offset: 0.0,
    };
    let fit = Fit::new().epochs(2000).batch(5);
    fit.run(
        &mut line,
        &points,
        &mut Sgd::new(0.2).unwrap(),
        |line, row| (line.slope * row[0] + line.offset - row[1]).square(),
    )
    .unwrap();
    assert!((line.slope + 2.0).abs() < 1e-9 && (line.offset - 3.0).abs() < 1e-9);
}

fn epochs(history: &History) -> usize {
    history.epochs.len()
}

#[test]
fn early_stopping_uses_the_validation_loss() {
    // Training moves p from 0 to 4. The validation loss is smallest at 1.
    let run = |patience, min_delta| {
        Fit::new()
            .epochs(100)
            .patience(patience)
            .min_delta(min_delta)
            .validation(&[[1.0]])
            .run(
                &mut [0.0],
                &[[4.0]],
                &mut Sgd::new(0.05).unwrap(),
                |p, x| (p[0] - x[0]).square(),
            )
            .unwrap()
    };
    let history = run(3, 0.0);
    assert_eq!(history.ended, Ended::Patience);
    let best = history.best().unwrap();
    let validation: Vec<f64> = history
        .epochs
        .iter()
        .map(|epoch| epoch.validation.unwrap())
        .collect();
    assert!(
        validation
            .iter()
            .all(|&loss| loss >= best.validation.unwrap())
    );
    assert_eq!(epochs(&history), best.epoch + 1 + 3);
    assert!(
        history
            .epochs
            .windows(2)
            .all(|pair| pair[1].loss < pair[0].loss)
    );

    assert_eq!(epochs(&run(7, 0.0)), best.epoch + 1 + 7);
    // The first epoch always counts as better. With this delta, no other does.
    assert_eq!(epochs(&run(4, 1e6)), 1 + 4);
    assert_eq!(run(100, 0.0).ended, Ended::Epochs);
}

#[test]
fn early_stopping_without_validation_uses_the_training_loss() {
    let fit = Fit::new().epochs(50).patience(5);
    let history = fit
        .run(&mut [0.0], &[[0.0]], &mut descent(), |p, _| p[0].square())
        .unwrap();
    assert_eq!((epochs(&history), history.ended), (6, Ended::Patience));
    let fit = Fit::new().epochs(50).patience(5);
    let history = fit
        .run(&mut [1.0], &[[0.0]], &mut descent(), |p, _| p[0].square())
        .unwrap();
    assert_eq!((epochs(&history), history.ended), (50, Ended::Epochs));
}

#[test]
fn callbacks_see_every_step_and_epoch() {
    let log = RefCell::new(Vec::new());
    let mut p = [8.0];
    Fit::new()
        .epochs(2)
        .batch(2)
        .in_order()
        .on_step(|step, p: &[f64; 1]| {
            let at = format!(
                "{}/{} {}/{}",
                step.epoch, step.epochs, step.step, step.steps
            );
            log.borrow_mut().push(format!(
                "{at} loss {} rate {} at {}",
                step.loss, step.rate, p[0]
            ));
        })
        .on_epoch(|epoch: &Epoch, p: &[f64; 1]| {
            log.borrow_mut().push(format!(
                "epoch {} loss {} at {}",
                epoch.epoch, epoch.loss, p[0]
            ));
        })
        .run(
            &mut p,
            &[[1.0], [3.0], [4.0]],
            &mut Sgd::new(0.25).unwrap(),
            |p, x| p[0] * x[0],
        )
        .unwrap();
    let expected = [
        "0/2 0/4 loss 16 rate 0.25 at 8",
        "0/2 1/4 loss 30 rate 0.25 at 7.5",
        "epoch 0 loss 20.666666666666668 at 6.5",
        "1/2 2/4 loss 13 rate 0.25 at 6.5",
        "1/2 3/4 loss 24 rate 0.25 at 6",
        "epoch 1 loss 16.666666666666668 at 5",
    ];
    assert_eq!(log.into_inner(), expected);
}

#[test]
fn callbacks_stop_before_the_step_and_after_the_epoch() {
    let mut p = [0.0];
    let history = Fit::new()
        .batch(1)
        .on_step(|step, _| {
            if step.step == 5 {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
        .run(
            &mut p,
            &[[1.0], [1.0]],
            &mut Sgd::new(1.0).unwrap(),
            |p, x| p[0] * x[0],
        )
        .unwrap();
    assert_eq!(
        (epochs(&history), history.ended, p),
        (2, Ended::Callback, [-5.0])
    );

    let fit = Fit::new().epochs(1).on_epoch(|_, _| ControlFlow::Break(()));
    let history = fit
        .run(&mut p, &[[1.0]], &mut descent(), |p, x| p[0] * x[0])
        .unwrap();
    assert_eq!((epochs(&history), history.ended), (1, Ended::Callback));

    let fit = Fit::new().on_epoch(|_, _| Err::<(), _>(Error::argument("disk", "is full")));
    assert_eq!(
        message(fit.run(&mut p, &[[1.0]], &mut descent(), |p, x| p[0] * x[0])),
        "disk: is full"
    );
}

#[test]
fn zero_epochs_change_nothing() {
    let mut p = [1.0];
    let history = Fit::new()
        .epochs(0)
        .run(&mut p, &[[1.0]], &mut descent(), |p, x| p[0] * x[0])
        .unwrap();
    assert_eq!(
        (epochs(&history), history.ended, p),
        (0, Ended::Epochs, [1.0])
    );
    assert!(history.best().is_none());
}

/// Trains one parameter on rows that are nearly always wrong.
fn refused(fit: Fit<'_, [f64; 1]>, rows: &dyn Tabular) -> String {
    let mut p = [1.0];
    let mut sgd = descent();
    let found = message(fit.run(&mut p, rows, &mut sgd, |p, x| p[0] * x[0]));
    assert_eq!(p, [1.0], "nothing changes");
    found
}

#[test]
fn a_loss_that_depends_on_no_parameter_is_refused() {
    let mut p = [1.0];
    let constant = Fit::new().run(&mut p, &[[1.0]], &mut descent(), |_, x| x[0].square());
    let expected = "loss: depends on no parameter, so there is nothing to train";
    assert_eq!(message(constant), expected);
    // A slope of 0 is a slope.
    let flat = Fit::new()
        .epochs(1)
        .run(&mut p, &[[1.0]], &mut descent(), |p, x| {
            p[0].relu() * 0.0 + x[0]
        });
    assert!(flat.is_ok());
}

#[test]
fn wrong_data_and_choices_are_refused_by_name() {
    let rows = [[1.0], [2.0]];
    let none: [[f64; 1]; 0] = [];
    let ragged = vec![vec![1.0, 2.0], vec![1.0, 2.0], vec![1.0]];
    assert_eq!(
        refused(Fit::new(), &none),
        "data: must contain at least one row"
    );
    assert_eq!(
        refused(Fit::new(), &Dataset::default()),
        "data: must contain at least one row"
    );
    assert_eq!(
        refused(Fit::new(), &ragged),
        "data, row 2: expected 2 values, found 1"
    );
    assert_eq!(
        refused(Fit::new().validation(&none), &rows),
        "validation: must contain at least one row"
    );
    assert_eq!(
        refused(Fit::new().validation(&ragged), &rows),
        "validation, row 2: expected 2 values, found 1"
    );
    assert_eq!(
        refused(Fit::new().validation(&[[1.0, 2.0]]), &rows),
        "validation, row 0: expected 1 value, found 2"
    );
    assert_eq!(
        refused(Fit::new().batch(0), &rows),
        "batch: must be positive, found 0"
    );
    assert_eq!(
        refused(Fit::new().patience(0), &rows),
        "patience: must be positive, found 0"
    );
    assert_eq!(
        refused(Fit::new().l2(-1.0), &rows),
        "l2: must be finite and at least 0, found -1"
    );
    assert_eq!(
        refused(Fit::new().min_delta(f64::NAN), &rows),
        "min_delta: must be finite and at least 0, found NaN"
    );
}

#[test]
fn a_loss_that_is_not_finite_names_the_row_of_the_data() {
    let rows = [[1.0], [2.0], [f64::NAN], [3.0]];
    let mut p = [1.0];
    let fit = Fit::new().batch(2).in_order();
    let found = message(fit.run(&mut p, &rows, &mut Sgd::new(1.0).unwrap(), |p, x| {
        p[0] * x[0]
    }));
    assert_eq!(
        found,
        "data: row 2: the loss must be finite, found NaN in epoch 0, step 1, because the value in column 0 is NaN"
    );
    assert_eq!(p, [-0.5], "the first step was taken, the second was not");

    let fit = Fit::new().seed(3).batch(1);
    let found = message(fit.run(&mut p, &rows, &mut Sgd::new(1.0).unwrap(), |p, x| {
        p[0] * x[0]
    }));
    assert!(
        found.starts_with("data: row 2: the loss must be finite, found NaN in epoch 0"),
        "{found}"
    );

    let fit = Fit::new().validation(&rows);
    let found = message(fit.run(&mut p, &[[1.0]], &mut descent(), |p, x| p[0] * x[0]));
    assert_eq!(
        found,
        "validation: row 2: the loss must be finite, found NaN after epoch 0, because the value in column 0 is NaN"
    );
}

#[test]
fn a_loss_that_is_not_finite_names_the_cause() {
    // The second output does not matter. The logarithm fails in row 1.
    let fit = Fit::new().batch(3).in_order();
    let run = fit.run(
        &mut [1.0],
        &[[1.0], [-2.0], [3.0]],
        &mut descent(),
        |p, x| [(p[0] * x[0]).ln(), x[0] / 0.0],
    );
    let found = message(run);
    let expected = "data: row 1: the loss must be finite, found NaN in epoch 0, step 0, because of Ln(-2.0) = NaN";
    assert!(found.starts_with(expected), "{found}");
    // A rate that is too large.
    let fit = Fit::new().batch(1).epochs(50);
    let run = fit.run(&mut [1.0], &[[1e9]], &mut Sgd::new(1e9).unwrap(), |p, x| {
        (p[0] * x[0]).square()
    });
    let found = message(run);
    assert!(
        found.contains("the loss must be finite, found inf in epoch "),
        "{found}"
    );
    assert!(found.contains("because of Square("), "{found}");
}

#[test]
fn labels_are_checked_before_the_run() {
    let refused = |rows: &[[f64; 2]], loss: fn(Var, Var) -> Var| {
        let mut p = [0.5];
        let run = Fit::new().run(&mut p, &rows, &mut descent(), |p, x| {
            loss(p[0] * x[0], x[1])
        });
        assert_eq!(p, [0.5]);
        message(run)
    };
    let signs = |score, label| loss::hinge(&[score], &[label], 1.0).unwrap();
    let classes =
        |score: Var, label| loss::row_cross_entropy(&[score, score * 2.0], label).unwrap();
    let margins =
        |score: Var, label| loss::row_multiclass_hinge(&[score, -score], label, 1.0).unwrap();
    let sign = "the label in column 1 must be −1 or 1, found";
    let class = "the label in column 1 must be a whole number from 0 to 1, found";
    assert_eq!(
        refused(&[[1.0, 1.0], [1.0, 0.0]], signs),
        format!("data: row 1: {sign} 0.0")
    );
    assert_eq!(
        refused(&[[1.0, 0.5]], signs),
        format!("data: row 0: {sign} 0.5")
    );
    assert_eq!(
        refused(&[[1.0, 0.0], [1.0, 2.0]], classes),
        format!("data: row 1: {class} 2.0")
    );
    assert_eq!(
        refused(&[[1.0, -1.0]], margins),
        format!("data: row 0: {class} -1.0")
    );
    assert_eq!(
        refused(&[[1.0, f64::NAN]], margins),
        format!("data: row 0: {class} NaN")
    );
    // Rows held out are checked too.
    let fit = Fit::new().validation(&[[1.0, 3.0]]);
    let run = fit.run(&mut [0.5], &[[1.0, 1.0]], &mut descent(), |p, x| {
        classes(p[0] * x[0], x[1])
    });
    assert_eq!(message(run), format!("validation: row 0: {class} 3.0"));
    // A program within a loss knows its labels, also after it was transformed.
    let inner = Program::trace(2, |x| classes(x[0], x[1])).unwrap();
    let outer = Program::trace(3, |x| inner.call(&[x[0] * x[2], x[1]]).unwrap()).unwrap();
    let gradient = outer
        .transform(Transform::Gradient)
        .unwrap()
        .select(&[0])
        .unwrap();
    let error = gradient
        .batch(&[[1.0, 1.0, 1.0], [1.0, 9.0, 1.0]])
        .unwrap()
        .check_labels();
    assert_eq!(
        error.unwrap_err().to_string(),
        format!("row 1: {class} 9.0")
    );
    // What is computed from an input cannot be checked there.
    let shifted = Program::trace(2, |x| signs(x[0], x[1] * 2.0 - 1.0)).unwrap();
    assert!(shifted.batch(&[[1.0, 7.0]]).unwrap().check_labels().is_ok());
}

#[test]
fn errors_name_the_row_that_branches_differently() {
    let rows: Vec<[f64; 1]> = (0..20)
        .map(|row| [if row == 13 { -1.0 } else { 1.0 }])
        .collect();
    let fit = Fit::new().seed(5).batch(4);
    let result = fit.run(&mut [1.0], &rows, &mut descent(), |p, x| {
        if x[0] > 0.0 { p[0] } else { -p[0] }
    });
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Branch);
    assert_eq!(error.branch().unwrap().row, Some(13));
    assert!(error.to_string().starts_with("data: row 13: "), "{error}");
    let advice = "; a fit has one program for all rows, so choose between two values by `select`";
    assert!(error.to_string().contains(advice), "{error}");

    let (data, held_out) = (vec![[1.0]; 4], [[1.0], [-1.0]]);
    let fit = Fit::new().validation(&held_out);
    let result = fit.run(&mut [1.0], &data, &mut descent(), |p, x| {
        if x[0] > 0.0 { p[0] } else { -p[0] }
    });
    let error = result.unwrap_err();
    assert_eq!(error.branch().unwrap().row, Some(1));
    assert!(
        error.to_string().starts_with("validation: row 1: "),
        "{error}"
    );
    assert!(error.to_string().contains(advice), "{error}");
}

#[test]
fn the_loss_s_own_error_is_returned() {
    let mut mlp = network(1);
    let result = Fit::new().run(&mut mlp, &[[1.0]], &mut descent(), |mlp, row| {
        Ok(mlp.forward(row)?[0])
    });
    assert_eq!(message(result), "x: expected 2 values, found 1");
    let result = Fit::new().run(&mut [1.0], &[[1.0]], &mut descent(), |_, _| Vec::new());
    assert_eq!(message(result), "outputs: expected at least 1, found 0");
}
