//! Tests optimizers against hand calculations of their papers' formulas, on convex functions, and with bad arguments.

use chainrule::ErrorKind;
use chainrule::Parameters;
use chainrule::nn::optimizer::{Adam, AdamW, Optimizer, RmsProp, Schedule, Sgd};
use chainrule::nn::{Activation, Mlp};
use proptest::prelude::{Strategy, prop, prop_assert, prop_assert_eq, proptest};

use super::message;

/// The parameter after each of these derivatives in turn, starting at 1.
fn path(mut optimizer: impl Optimizer, derivatives: &[f64]) -> Vec<f64> {
    let mut p = [1.0];
    let step = |&g| {
        optimizer.step(&mut p, &[g]).unwrap();
        p[0]
    };
    derivatives.iter().map(step).collect()
}

#[track_caller]
fn assert_path(ours: &[f64], expected: &[f64]) {
    for (a, b) in ours.iter().zip(expected) {
        assert!((a - b).abs() < 1e-14, "{ours:?} is not {expected:?}");
    }
}

const DERIVATIVES: [f64; 3] = [0.5, -1.0, 2.0];

#[test]
fn sgd_by_hand() {
    assert_path(
        &path(Sgd::new(0.1).unwrap(), &DERIVATIVES),
        &[0.95, 1.05, 0.85],
    );
    // Velocities 0.5, −0.55, 1.505.
    let momentum = Sgd::new(0.1).unwrap().momentum(0.9).unwrap();
    assert_path(&path(momentum, &DERIVATIVES), &[0.95, 1.005, 0.8545]);
    // Steps 0.5 + 0.9·0.5, −1 − 0.9·0.55, 2 + 0.9·1.505.
    let nesterov = Sgd::new(0.1).unwrap().nesterov(0.9).unwrap();
    assert_path(&path(nesterov, &DERIVATIVES), &[0.905, 1.0545, 0.719_05]);
}

#[test]
fn adam_by_its_paper() {
    let (rate, beta1, beta2, epsilon): (f64, f64, f64, f64) = (0.1, 0.8, 0.9, 1e-3);
    let by_hand = |decay: f64| {
        // The moments as explicit sums instead of recursions.
        let (mut p, mut path) = (1.0, Vec::new());
        for t in 1..=3_i32 {
            let past = (1..=t).zip(DERIVATIVES);
            let mean = |beta: f64, power| {
                let terms = past.clone().map(|(i, g)| beta.powi(t - i) * g.powi(power));
                (1.0 - beta) * terms.sum::<f64>() / (1.0 - beta.powi(t))
            };
            p -= rate * decay * p;
            p -= rate * mean(beta1, 1) / (mean(beta2, 2).sqrt() + epsilon);
            path.push(p);
        }
        path
    };
    let adam = Adam::new(rate)
        .unwrap()
        .betas(beta1, beta2)
        .unwrap()
        .epsilon(epsilon)
        .unwrap();
    assert_path(&path(adam, &DERIVATIVES), &by_hand(0.0));
    let adamw = AdamW::new(rate, 0.3)
        .unwrap()
        .betas(beta1, beta2)
        .unwrap()
        .epsilon(epsilon)
        .unwrap();
    assert_path(&path(adamw, &DERIVATIVES), &by_hand(0.3));
}

#[test]
fn adamw_without_decay_is_adam() {
    let adam = path(Adam::new(0.01).unwrap(), &DERIVATIVES);
    assert_eq!(path(AdamW::new(0.01, 0.0).unwrap(), &DERIVATIVES), adam);
}

#[test]
fn defaults_are_those_of_the_papers() {
    // Derivatives beside which ε counts.
    let small = [1e-8, -3e-8, 2e-9];
    let adam = Adam::new(0.1).unwrap().betas(0.9, 0.999).unwrap();
    let expected = path(adam.epsilon(1e-8).unwrap(), &small);
    assert_eq!(path(Adam::new(0.1).unwrap(), &small), expected);
    assert_eq!(path(AdamW::new(0.1, 0.0).unwrap(), &small), expected);
    let rmsprop = RmsProp::new(0.1).unwrap().smoothing(0.99).unwrap();
    assert_eq!(
        path(RmsProp::new(0.1).unwrap(), &small),
        path(rmsprop.epsilon(1e-8).unwrap(), &small)
    );
}

#[test]
fn rmsprop_by_hand() {
    let rmsprop = RmsProp::new(0.1)
        .unwrap()
        .smoothing(0.75)
        .unwrap()
        .epsilon(0.5)
        .unwrap();
    let squares: [f64; 3] = [0.0625, 0.296_875, 1.222_656_25];
    let mut p = 1.0;
    let expected = squares.iter().zip(DERIVATIVES).map(|(v, g)| {
        p -= 0.1 * g / (v.sqrt() + 0.5);
        p
    });
    assert_path(&path(rmsprop, &DERIVATIVES), &expected.collect::<Vec<_>>());
}

/// Descends `Σ kᵢ(pᵢ − cᵢ)²/2`, and returns the remaining distance in each coordinate.
fn descend(
    mut optimizer: impl Optimizer,
    schedule: Schedule,
    curvatures: &[f64],
    centre: &[f64],
) -> Vec<f64> {
    let mut p = vec![0.0; centre.len()];
    for step in 0..2000 {
        let slopes: Vec<f64> = (0..p.len())
            .map(|i| curvatures[i] * (p[i] - centre[i]))
            .collect();
        optimizer.set_rate(schedule.rate(step)).unwrap();
        optimizer.step(&mut p, &slopes).unwrap();
    }
    p.iter().zip(centre).map(|(p, c)| (p - c).abs()).collect()
}

proptest! {
    #[test]
    fn every_optimizer_finds_the_bottom_of_a_bowl(
        (curvatures, centre) in (1_usize..5).prop_flat_map(|n| {
            (prop::collection::vec(0.5..4.0, n), prop::collection::vec(-3.0..3.0, n))
        }),
    ) {
        let schedule = Schedule::cosine(0.1, 0.0, 2000).unwrap();
        let sgd = Sgd::new(0.1).unwrap();
        let runs = [
            descend(sgd.clone(), schedule, &curvatures, &centre),
            descend(sgd.clone().momentum(0.9).unwrap(), schedule, &curvatures, &centre),
            descend(sgd.nesterov(0.9).unwrap(), schedule, &curvatures, &centre),
            descend(Adam::new(0.1).unwrap(), schedule, &curvatures, &centre),
            descend(AdamW::new(0.1, 0.0).unwrap(), schedule, &curvatures, &centre),
            descend(RmsProp::new(0.1).unwrap(), schedule, &curvatures, &centre),
        ];
        for left in runs.iter().flatten() {
            prop_assert!(*left < 1e-3, "{:?}", runs);
        }
    }

    #[test]
    fn a_refused_step_changes_nothing(place in 0_usize..3, bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY])) {
        let mut gradient = vec![1.0; 3];
        let mut refused = Adam::new(0.1).unwrap();
        let mut plain = refused.clone();
        let (mut p, mut q) = (vec![1.0, 2.0, 3.0], vec![1.0, 2.0, 3.0]);
        gradient[place] = bad;
        let error = refused.step(&mut p, &gradient).unwrap_err();
        let expected = format!("gradient: the derivative with respect to parameter {place} must be finite, found {bad}");
        prop_assert_eq!(error.to_string(), expected);
        prop_assert_eq!(&p, &q);
        refused.step(&mut p, &[1.0; 3]).unwrap();
        plain.step(&mut q, &[1.0; 3]).unwrap();
        prop_assert_eq!(&p, &q);
    }
}

/// An optimizer refuses a derivative whose square overflows, and the next step is as if it had never been given.
fn refuses_what_it_cannot_square(mut optimizer: impl Optimizer + Clone) {
    let (mut p, mut q) = ([1.0, 2.0], [1.0, 2.0]);
    let mut plain = optimizer.clone();
    for big in [1e200, -f64::MAX] {
        let error = optimizer.step(&mut p, &[1.0, big]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert_eq!(
            error.to_string(),
            format!(
                "gradient: the derivative with respect to parameter 1 must be small enough to square, found {big:?}"
            )
        );
        assert_eq!(p, [1.0, 2.0]);
    }
    for gradient in [[1.0, 1e150], [1.0, -1.0]] {
        optimizer.step(&mut p, &gradient).unwrap();
        plain.step(&mut q, &gradient).unwrap();
        assert_eq!(p, q);
    }
    assert!(p.iter().all(|p| p.is_finite()));
}

#[test]
fn squares_that_overflow_are_refused() {
    refuses_what_it_cannot_square(Adam::new(0.1).unwrap());
    refuses_what_it_cannot_square(AdamW::new(0.1, 0.5).unwrap());
    refuses_what_it_cannot_square(RmsProp::new(0.1).unwrap());
    let mut p = [1.0];
    Sgd::new(1.0).unwrap().step(&mut p, &[1e200]).unwrap();
    assert_eq!(p, [-1e200]);
}

#[test]
fn a_structure_in_parts_moves_like_one_list_of_numbers() {
    let optimizers = || -> [Box<dyn Optimizer>; 4] {
        [
            Box::new(Sgd::new(0.1).unwrap().nesterov(0.9).unwrap()),
            Box::new(Adam::new(0.1).unwrap()),
            Box::new(AdamW::new(0.1, 0.5).unwrap()),
            Box::new(RmsProp::new(0.1).unwrap()),
        ]
    };
    let start = (vec![(1.0, [2.0, 3.0]), (4.0, [5.0, 6.0])], Some(7.0));
    for (mut in_parts, mut in_one) in optimizers().into_iter().zip(optimizers()) {
        let (mut structure, mut numbers) = (start.clone(), start.parameters());
        for step in 0..3 {
            let gradient: Vec<f64> = (0..7).map(|i| f64::from(i - step)).collect();
            in_parts.step_parameters(&mut structure, &gradient).unwrap();
            in_one.step(&mut numbers, &gradient).unwrap();
            assert_eq!(structure.parameters(), numbers);
        }
        for gradient in [&[1.0; 6][..], &[f64::NAN; 7]] {
            let before = structure.clone();
            let error = in_parts.step_parameters(&mut structure, gradient);
            assert!(message(error).starts_with("gradient: "));
            assert_eq!(structure, before);
        }
    }
}

#[test]
fn a_network_is_moved_in_its_order() {
    let builder = Mlp::builder(1).layer(2, Activation::Relu);
    let mut mlp = builder.build_from(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    Sgd::new(1.0)
        .unwrap()
        .step_parameters(&mut mlp, &[0.0, 1.0, 2.0, 3.0])
        .unwrap();
    assert_eq!(mlp.parameters(), [1.0; 4]);
}

#[test]
fn bad_rates_are_refused() {
    for rate in [0.0, -0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let expected = format!("rate: must be finite and positive, found {rate}");
        assert_eq!(Sgd::new(rate).unwrap_err().kind(), ErrorKind::Argument);
        assert_eq!(message(Sgd::new(rate)), expected);
        assert_eq!(message(Adam::new(rate)), expected);
        assert_eq!(message(AdamW::new(rate, 0.0)), expected);
        assert_eq!(message(RmsProp::new(rate)), expected);
        assert_eq!(message(Schedule::constant(rate)), expected);
    }
    let mut adam = Adam::new(0.1).unwrap();
    assert_eq!(
        message(adam.set_rate(-1.0)),
        "rate: must be finite and at least 0, found -1"
    );
    assert_eq!(adam.rate(), 0.1);
}

#[test]
fn bad_shares_are_refused() {
    for share in [-0.1, 1.0, 1.5, f64::NAN] {
        let expected = format!("must be at least 0 and below 1, found {share}");
        let sgd = Sgd::new(0.1).unwrap();
        assert_eq!(
            message(sgd.clone().momentum(share)),
            format!("momentum: {expected}")
        );
        assert_eq!(
            message(sgd.nesterov(share)),
            format!("momentum: {expected}")
        );
        let adam = Adam::new(0.1).unwrap();
        assert_eq!(
            message(adam.clone().betas(share, 0.5)),
            format!("beta1: {expected}")
        );
        assert_eq!(
            message(adam.betas(0.5, share)),
            format!("beta2: {expected}")
        );
        let rmsprop = RmsProp::new(0.1).unwrap();
        assert_eq!(
            message(rmsprop.smoothing(share)),
            format!("smoothing: {expected}")
        );
    }
}

#[test]
fn bad_lengths_are_refused() {
    let mut sgd = Sgd::new(0.1).unwrap();
    let mut p = vec![1.0, 2.0];
    assert_eq!(
        message(sgd.step(&mut p, &[1.0])),
        "gradient: expected 2 values, found 1"
    );
    sgd.step(&mut p, &[1.0, 1.0]).unwrap();
    assert_eq!(
        message(sgd.step(&mut [1.0], &[1.0])),
        "parameters: expected 2 values, found 1"
    );
}

#[test]
fn schedules_run_their_course() {
    let rates = |schedule: Schedule| [0, 1, 2, 3, 4, 5].map(|step| schedule.rate(step));
    assert_eq!(rates(Schedule::constant(0.5).unwrap()), [0.5; 6]);
    let linear = Schedule::linear(1.0, 0.5, 4).unwrap();
    assert_eq!(rates(linear), [1.0, 0.875, 0.75, 0.625, 0.5, 0.5]);
    let steps = Schedule::step_decay(1.0, 0.5, 2).unwrap();
    assert_eq!(rates(steps), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]);
    let exponential = Schedule::exponential(1.0, 0.5).unwrap();
    assert_eq!(rates(exponential), [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125]);
    assert_eq!(
        rates(exponential.warmup(2)),
        [0.5, 1.0, 1.0, 0.5, 0.25, 0.125]
    );
    let cosine = Schedule::cosine(1.0, 0.5, 4).unwrap();
    assert_eq!(
        (cosine.rate(0), cosine.rate(4), cosine.rate(5)),
        (1.0, 0.5, 0.5)
    );
    assert!((cosine.rate(2) - 0.75).abs() < 1e-15);
    // A factor of 1 is allowed: the rate stays.
    assert_eq!(rates(Schedule::exponential(0.5, 1.0).unwrap()), [0.5; 6]);
    // The demo's rate as computed by NumPy.
    let demo = Schedule::linear(1.0, 0.1, 100).unwrap();
    for k in 0..100 {
        assert!((demo.rate(k) - (1.0 - 0.9 * k as f64 / 100.0)).abs() < 1e-15);
    }
}

#[test]
fn bad_schedules_are_refused() {
    assert_eq!(
        message(Schedule::linear(f64::NAN, 0.1, 10)),
        "first: must be finite and positive, found NaN"
    );
    assert_eq!(
        message(Schedule::linear(1.0, -0.1, 10)),
        "last: must be finite and at least 0, found -0.1"
    );
    assert_eq!(
        message(Schedule::cosine(1.0, 0.1, 0)),
        "steps: must be positive, found 0"
    );
    assert_eq!(
        message(Schedule::step_decay(1.0, 0.1, 0)),
        "every: must be positive, found 0"
    );
    assert_eq!(
        message(Schedule::step_decay(1.0, 1.5, 1)),
        "factor: must be at most 1, found 1.5"
    );
    assert_eq!(
        message(Schedule::exponential(1.0, 0.0)),
        "factor: must be finite and positive, found 0"
    );
}
