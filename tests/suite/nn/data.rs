//! Tests data sets and metrics: generating, splitting and counting, and the messages for bad arguments.

use chainrule::nn::data::{Dataset, blobs, circles, moons, read_csv, spirals};
use chainrule::nn::metrics::{ConfusionMatrix, accuracy};
use chainrule::{Error, ErrorKind};
use proptest::prelude::{Just, Strategy, prop, prop_assert, prop_assert_eq, proptest};
use rand::rngs::StdRng;

use super::{message, rng};

/// A data set whose rows contain their own index, in both inputs and target.
fn numbered(len: usize) -> Dataset {
    let index = |row: usize| row as f64;
    let inputs = (0..len).map(|row| vec![index(row), -index(row)]).collect();
    Dataset::new(inputs, (0..len).map(index).collect()).unwrap()
}

/// The sorted indices in `rows`. Panics if inputs and target of a row differ.
fn numbers<'a>(rows: impl IntoIterator<Item = (&'a [f64], f64)>) -> Vec<f64> {
    let mut numbers: Vec<f64> = Vec::new();
    for (inputs, target) in rows {
        assert_eq!(inputs, [target, -target]);
        numbers.push(target);
    }
    numbers.sort_by(f64::total_cmp);
    numbers
}

proptest! {
    #[test]
    fn split_keeps_every_row_once(len in 2_usize..200, fraction in 0.0_f64..1.0, seed: u64) {
        let data = numbered(len);
        match data.split(fraction, &mut rng(seed)) {
            Ok((first, second)) => {
                prop_assert!(!first.is_empty() && !second.is_empty());
                prop_assert!((first.len() as f64 - len as f64 * fraction).abs() < 1.0);
                prop_assert_eq!(numbers(first.rows().chain(second.rows())), data.targets());
            }
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Argument);
                prop_assert!(len as f64 * fraction < 1.0);
            }
        }
    }

    #[test]
    fn batches_cover_every_row_once(len in 0_usize..200, size in 1_usize..64, seed: u64) {
        let data = numbered(len);
        let batches = data.batches(size, &mut rng(seed)).unwrap();
        prop_assert_eq!(batches.len(), len.div_ceil(size));
        let batches: Vec<_> = batches.collect();
        prop_assert_eq!(batches.len(), len.div_ceil(size));
        for (index, batch) in batches.iter().enumerate() {
            prop_assert_eq!(batch.len(), size.min(len - index * size));
        }
        prop_assert_eq!(numbers(batches.into_iter().flatten()), data.targets());
    }

    #[test]
    fn shuffle_keeps_rows_whole(len in 0_usize..200, seed: u64) {
        let data = numbered(len);
        let mut shuffled = data.clone();
        shuffled.shuffle(&mut rng(seed));
        prop_assert_eq!(numbers(shuffled.rows()), data.targets());
    }

    #[test]
    fn equal_seeds_give_equal_data(n in 2_usize..50, noise in 0.0_f64..2.0, seed: u64) {
        let twice = |make: &dyn Fn(&mut StdRng) -> Result<Dataset, Error>| {
            assert_eq!(make(&mut rng(seed)).unwrap(), make(&mut rng(seed)).unwrap());
        };
        twice(&|rng| moons(n, noise, rng));
        twice(&|rng| circles(n, 0.5, noise, rng));
        twice(&|rng| spirals(3, n, noise, rng));
        twice(&|rng| blobs(&[[0.0; 3], [1.0; 3]], n, noise, rng));
        twice(&|rng| Ok(moons(n.max(4), noise, rng)?.split(0.5, rng)?.0));
    }

    #[test]
    fn moons_without_noise_are_on_half_circles(n in 2_usize..300, seed: u64) {
        let data = moons(n, 0.0, &mut rng(seed)).unwrap();
        prop_assert_eq!((data.len(), data.width()), (n, 2));
        prop_assert_eq!(data.targets().iter().filter(|&&label| label == -1.0).count(), n / 2);
        prop_assert_eq!(data.targets().iter().filter(|&&label| label == 1.0).count(), n - n / 2);
        for (point, label) in data.rows() {
            // The second moon is the first, rotated by 180° about (1/2, 1/4).
            let (x, y) = if label < 0.0 { (point[0], point[1]) } else { (1.0 - point[0], 0.5 - point[1]) };
            prop_assert!((x.hypot(y) - 1.0).abs() < 1e-14 && y >= 0.0, "{x} {y}");
        }
    }

    #[test]
    fn circles_without_noise_are_evenly_spaced(n in 2_usize..300, factor in 0.0_f64..1.0, seed: u64) {
        let data = circles(n, factor, 0.0, &mut rng(seed)).unwrap();
        prop_assert_eq!((data.len(), data.width()), (n, 2));
        let (outer, inner) = data.inputs().split_at(n / 2);
        prop_assert!(data.targets()[..n / 2].iter().all(|&label| label == -1.0));
        prop_assert!(data.targets()[n / 2..].iter().all(|&label| label == 1.0));
        for (points, radius) in [(outer, 1.0), (inner, factor)] {
            let side = 2.0 * radius * (std::f64::consts::PI / points.len() as f64).sin();
            for (index, point) in points.iter().enumerate() {
                prop_assert!((point[0].hypot(point[1]) - radius).abs() < 1e-14);
                let next = &points[(index + 1) % points.len()];
                prop_assert!(((next[0] - point[0]).hypot(next[1] - point[1]) - side).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn spirals_keep_their_radii_under_noise(
        classes in 1_usize..6, per_class in 2_usize..60, noise in 0.0_f64..1.0, seed: u64,
    ) {
        let data = spirals(classes, per_class, noise, &mut rng(seed)).unwrap();
        prop_assert_eq!((data.len(), data.width()), (classes * per_class, 2));
        for (row, class) in data.classes(classes).unwrap().into_iter().enumerate() {
            prop_assert_eq!(class, row / per_class);
            let radius = (row % per_class) as f64 / (per_class - 1) as f64;
            let point = &data.inputs()[row];
            prop_assert!((point[0].hypot(point[1]) - radius).abs() < 1e-14);
        }
    }

    #[test]
    fn spirals_without_noise_wind_by_four_radians(classes in 1_usize..6, per_class in 2_usize..60) {
        let data = spirals(classes, per_class, 0.0, &mut rng(1)).unwrap();
        for (row, point) in data.inputs().iter().enumerate() {
            let r = (row % per_class) as f64 / (per_class - 1) as f64;
            let t = 4.0 * ((row / per_class) as f64 + r);
            prop_assert!((point[0] - r * t.sin()).abs() < 1e-13);
            prop_assert!((point[1] - r * t.cos()).abs() < 1e-13);
        }
    }

    #[test]
    fn blobs_without_deviation_are_their_centers(
        centers in (1_usize..5).prop_flat_map(|width| {
            prop::collection::vec(prop::collection::vec(-1e3..1e3, width), 1..5)
        }),
        per_class in 1_usize..10,
    ) {
        let data = blobs(&centers, per_class, 0.0, &mut rng(1)).unwrap();
        prop_assert_eq!(data.len(), centers.len() * per_class);
        for (point, class) in data.inputs().iter().zip(data.classes(centers.len()).unwrap()) {
            prop_assert_eq!(point, &centers[class]);
        }
    }

    #[test]
    fn confusion_matrix_counts_every_row(
        (classes, rows) in (1_usize..6).prop_flat_map(|k| {
            (Just(k), prop::collection::vec((0..k, 0..k), 1..60))
        }),
    ) {
        let (predicted, actual): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
        let matrix = ConfusionMatrix::new(&predicted, &actual, classes).unwrap();
        prop_assert_eq!(matrix.accuracy(), accuracy(&predicted, &actual).unwrap());
        for a in 0..classes {
            for p in 0..classes {
                let count = rows.iter().filter(|&&row| row == (p, a)).count();
                prop_assert_eq!(matrix.counts()[a][p], count);
            }
            // Precision and recall swap if predictions and truth do.
            let turned = ConfusionMatrix::new(&actual, &predicted, classes).unwrap();
            prop_assert_eq!(matrix.precision(a), turned.recall(a));
        }
        let table = matrix.to_string();
        let recall = table.lines().next().unwrap().len();
        prop_assert!(table.lines().take(classes + 1).all(|line| line.len() == recall));
    }
}

#[test]
fn generated_moons_match_the_reference_in_shape() {
    // The reference points have noise of deviation 0.1, so their distance from the noise-free curves is Gaussian.
    let off_curve = |data: &Dataset| {
        let squares = data.rows().map(|(point, label)| {
            let (x, y) = if label < 0.0 {
                (point[0], point[1])
            } else {
                (1.0 - point[0], 0.5 - point[1])
            };
            (x.hypot(y) - 1.0).powi(2)
        });
        (squares.sum::<f64>() / data.len() as f64).sqrt()
    };
    let reference = read_csv("tests/data/moons/points.csv", "label").unwrap();
    assert!((off_curve(&reference) - 0.1).abs() < 0.03);
    let generated = moons(10_000, 0.1, &mut rng(7)).unwrap();
    assert!((off_curve(&generated) - 0.1).abs() < 0.003);
}

#[test]
fn gaussian_noise_has_the_moments_of_a_gaussian() {
    let data = blobs(&[[0.0; 3]], 100_000, 2.0, &mut rng(11)).unwrap();
    for axis in 0..3 {
        let moment = |power| {
            let powers = data
                .inputs()
                .iter()
                .map(|point| (point[axis] / 2.0).powi(power));
            powers.sum::<f64>() / data.len() as f64
        };
        // Standard errors are 0.003, 0.005, 0.012 and 0.031.
        assert!(moment(1).abs() < 0.016);
        assert!((moment(2) - 1.0).abs() < 0.025);
        assert!(moment(3).abs() < 0.07);
        assert!((moment(4) - 3.0).abs() < 0.16);
    }
    let between = |a: usize, b: usize| {
        let products = data.inputs().iter().map(|point| point[a] * point[b] / 4.0);
        products.sum::<f64>() / data.len() as f64
    };
    assert!(between(0, 1).abs() < 0.016 && between(1, 2).abs() < 0.016);
}

#[test]
fn bad_arguments_of_generators_are_named() {
    let mut rng = rng(1);
    let rng = &mut rng;
    let noise = "noise: must be finite and at least 0, found";
    let no_centers: [[f64; 2]; 0] = [];
    let cases = [
        (
            moons(0, 0.1, rng),
            "n: must be at least 2, found 0".to_string(),
        ),
        (
            moons(1, 0.1, rng),
            "n: must be at least 2, found 1".to_string(),
        ),
        (moons(9, -0.1, rng), format!("{noise} -0.1")),
        (moons(9, f64::NAN, rng), format!("{noise} NaN")),
        (moons(9, f64::INFINITY, rng), format!("{noise} inf")),
        (
            circles(1, 0.5, 0.1, rng),
            "n: must be at least 2, found 1".to_string(),
        ),
        (
            circles(9, 1.0, 0.1, rng),
            "factor: must be at least 0 and below 1, found 1".to_string(),
        ),
        (
            circles(9, f64::NAN, 0.1, rng),
            "factor: must be at least 0 and below 1, found NaN".to_string(),
        ),
        (circles(9, 0.5, -1.0, rng), format!("{noise} -1")),
        (
            spirals(0, 9, 0.1, rng),
            "classes: must be at least 1, found 0".to_string(),
        ),
        (
            spirals(9, 0, 0.1, rng),
            "per_class: must be at least 1, found 0".to_string(),
        ),
        (spirals(9, 9, f64::NAN, rng), format!("{noise} NaN")),
        (
            blobs(&no_centers, 9, 0.1, rng),
            "centers: must contain at least one center".to_string(),
        ),
        (
            blobs(&[[]], 9, 0.1, rng),
            "centers: center 0 has no coordinates".to_string(),
        ),
        (
            blobs(&[[0.0]], 0, 0.1, rng),
            "per_class: must be at least 1, found 0".to_string(),
        ),
        (
            blobs(&[[0.0]], 9, -0.1, rng),
            "deviation: must be finite and at least 0, found -0.1".to_string(),
        ),
        (
            blobs(&[[0.0], [f64::NAN]], 9, 0.1, rng),
            "centers: center 1 must be finite, found NaN".to_string(),
        ),
        (
            blobs(&[vec![0.0], vec![]], 9, 0.1, rng),
            "centers, center 1: expected 1 value, found 0".to_string(),
        ),
    ];
    for (result, expected) in cases {
        assert_eq!(message(result), expected);
    }
}

#[test]
fn bad_arguments_of_data_sets_are_named() {
    let mut rng = rng(1);
    let rng = &mut rng;
    assert_eq!(
        message(numbered(9).scaled(f64::NAN)),
        "factor: must be finite, found NaN"
    );
    assert_eq!(
        message(Dataset::new(vec![vec![1.0]], vec![])),
        "targets: expected 1 value, found 0"
    );
    for fraction in [f64::NAN, -0.5, 0.0, 1.0, f64::INFINITY] {
        assert_eq!(
            message(numbered(9).split(fraction, rng)),
            format!("fraction: must be between 0 and 1, found {fraction}")
        );
    }
    assert_eq!(
        message(numbered(9).split(0.1, rng)),
        "fraction: 0.1 of 9 rows leaves a part empty"
    );
    assert_eq!(
        message(numbered(1).split(0.5, rng)),
        "fraction: 0.5 of 1 row leaves a part empty"
    );
    assert_eq!(
        message(numbered(0).split(0.5, rng)),
        "fraction: 0.5 of 0 rows leaves a part empty"
    );
    assert_eq!(
        message(numbered(9).batches(0, rng)),
        "size: must be positive, found 0"
    );
    assert_eq!(
        message(numbered(9).classes(0)),
        "count: must be positive, found 0"
    );
    assert_eq!(
        message(numbered(9).classes(5)),
        "targets: row 5: expected a whole number from 0 to 4, found 5"
    );
    for target in [-1.0, 0.5, f64::NAN, f64::INFINITY] {
        let data = Dataset::new(vec![vec![]; 2], vec![0.0, target]).unwrap();
        assert_eq!(
            message(data.classes(3)),
            format!("targets: row 1: expected a whole number from 0 to 2, found {target}")
        );
    }
}

#[test]
fn split_sizes_are_not_off_by_rounding() {
    // 0.29 · 100 is 28.999999999999996 in f64.
    let (first, _) = numbered(100).split(0.29, &mut rng(1)).unwrap();
    assert_eq!(first.len(), 29);
    let (first, _) = numbered(10).split(0.99, &mut rng(1)).unwrap();
    assert_eq!(first.len(), 9);
}

#[test]
fn all_orders_of_a_shuffle_are_equally_likely() {
    let mut rng = rng(3);
    let mut counts = std::collections::HashMap::new();
    for _ in 0..6000 {
        let mut data = numbered(3);
        data.shuffle(&mut rng);
        let order: Vec<u64> = data
            .targets()
            .iter()
            .map(|target| target.to_bits())
            .collect();
        *counts.entry(order).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 6);
    // The standard deviation of each count is 29.
    assert!(counts.values().all(|count| (850..1150).contains(count)));
}

#[test]
fn bad_classes_are_named() {
    assert_eq!(
        message(accuracy::<usize>(&[], &[])),
        "actual: must contain at least one value"
    );
    assert_eq!(
        message(accuracy(&[1, 2], &[1])),
        "predicted: expected 1 value, found 2"
    );
    assert_eq!(accuracy(&[f64::NAN, 1.0], &[f64::NAN, 1.0]).unwrap(), 0.5);

    let say =
        |predicted: &[usize], actual: &[usize]| message(ConfusionMatrix::new(predicted, actual, 2));
    assert_eq!(say(&[], &[]), "actual: must contain at least one value");
    assert_eq!(say(&[0], &[0, 1]), "predicted: expected 2 values, found 1");
    assert_eq!(
        say(&[0, 2], &[0, 1]),
        "predicted: row 1: expected a class below 2, found 2"
    );
    assert_eq!(
        say(&[0, 1], &[7, 1]),
        "actual: row 0: expected a class below 2, found 7"
    );
}

#[test]
fn a_table_too_large_for_memory_is_refused() {
    for classes in [usize::MAX / 2, usize::MAX, 1 << (usize::BITS / 2 + 1)] {
        let error = ConfusionMatrix::new(&[0], &[0], classes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert_eq!(
            error.to_string(),
            format!("classes: too many for a table in memory, found {classes}")
        );
    }
}

#[test]
fn absent_classes_have_no_ratio() {
    let matrix = ConfusionMatrix::new(&[0], &[2], 3).unwrap();
    assert_eq!(
        (0..4)
            .map(|class| matrix.precision(class))
            .collect::<Vec<_>>(),
        [Some(0.0), None, None, None]
    );
    assert_eq!(
        (0..4).map(|class| matrix.recall(class)).collect::<Vec<_>>(),
        [None, None, Some(0.0), None]
    );
    let expected = "\
actual \\ predicted     0 1 2 recall
                 0     0 0 0      -
                 1     0 0 0      -
                 2     1 0 0  0.000
         precision 0.000 - -
accuracy 0.000 of 1 row";
    assert_eq!(matrix.to_string(), expected);
}
