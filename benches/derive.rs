//! Prints tables of the cost of derivatives, compared with hand-written code.
//!
//! `cargo bench -p chainrule-benches --bench derive` prints them; with `-- --quick`, from few samples and small sizes.
//! Times are the smallest of many samples taken in turns. Absolute times differ between machines, so compare ratios.

use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::hint::black_box;
use std::time::Instant;

use chainrule::{Mode, Program, Result, Scalar, Transform, Var, tape};
use nalgebra::{DMatrix, RealField, convert};

/// The smallest time of each piece of work in seconds. The pieces take turns.
fn least<const N: usize>(samples: usize, runs: usize, mut work: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut least = [f64::INFINITY; N];
    for _ in 0..samples {
        for (least, work) in least.iter_mut().zip(&mut work) {
            let start = Instant::now();
            (0..runs).for_each(|_| work());
            *least = least.min(start.elapsed().as_secs_f64() / runs as f64);
        }
    }
    least
}

fn rosenbrock<S: Scalar>(x: &[S]) -> S {
    x.windows(2)
        .map(|p| (p[1] - p[0] * p[0]).square() * 100.0 + (-p[0] + 1.0).square())
        .sum()
}

fn rosenbrock_gradient(x: &[f64], g: &mut [f64]) {
    g.fill(0.0);
    for i in 0..x.len() - 1 {
        let a = x[i + 1] - x[i] * x[i];
        g[i] += -400.0 * x[i] * a - 2.0 * (1.0 - x[i]);
        g[i + 1] += 200.0 * a;
    }
}

/// The three diagonals, row by row.
fn rosenbrock_hessian(x: &[f64], h: &mut [[f64; 3]]) {
    h.fill([0.0; 3]);
    for i in 0..x.len() - 1 {
        h[i][1] += 1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0;
        h[i + 1][1] += 200.0;
        let mixed = -400.0 * x[i];
        h[i][2] = mixed;
        h[i + 1][0] = mixed;
    }
}

fn hessians(samples: usize) -> Result<()> {
    println!("\n| Rosenbrock, ns | by hand | program | ratio | ÷ gradient |");
    println!("|---|---:|---:|---:|---:|");
    for n in [10, 50, 1000] {
        let f = Program::trace(n, rosenbrock)?;
        let x: Vec<f64> = (0..n).map(|i| 0.5 + 0.3 * (i as f64).sin()).collect();
        let v: Vec<f64> = (0..n).map(|i| (i as f64).cos()).collect();
        let (mut g, mut h) = (vec![0.0; n], vec![[0.0; 3]; n]);
        let (mut at, mut also) = (f.evaluator(), f.evaluator());
        let (sparse, sparsity) = f.sparse_hessian_program()?;
        let mut sparse = sparse.evaluator();
        let times = least(
            samples,
            200_000 / n,
            [
                &mut || rosenbrock_gradient(black_box(&x), black_box(&mut g)),
                &mut || _ = black_box(at.gradient(black_box(&x))),
                &mut || rosenbrock_hessian(black_box(&x), black_box(&mut h)),
                &mut || _ = black_box(sparse.values(black_box(&x))),
                &mut || _ = black_box(also.hvp(black_box(&x), black_box(&v))),
            ],
        );
        let [gradient_floor, gradient, hessian_floor, hessian, hvp] = times.map(|t| t * 1e9);
        let line = |name: &str, floor: Option<f64>, time: f64| {
            let (floor, ratio) = match floor {
                Some(floor) => (format!("{floor:.0}"), format!("{:.1}", time / floor)),
                None => ("–".into(), "–".into()),
            };
            println!(
                "| {name}, n = {n} | {floor} | {time:.0} | {ratio} | {:.2} |",
                time / gradient
            );
        };
        line("gradient", Some(gradient_floor), gradient);
        line(
            &format!("Hessian, {} entries", sparsity.len()),
            Some(hessian_floor),
            hessian,
        );
        line("Hessian times vector", None, hvp);
    }
    Ok(())
}

/// The position and direction of the hand of an arm with six joints. Each joint rotates about the next axis, and a link
/// follows it.
fn arm<S: Scalar>(angles: &[S]) -> [S; 6] {
    let (mut place, mut axes) = ([S::from(0.0); 3], [[0.0; 3]; 3].map(|row| row.map(S::from)));
    for (i, axis) in axes.iter_mut().enumerate() {
        axis[i] = S::from(1.0);
    }
    for (joint, &angle) in angles.iter().enumerate() {
        let (a, b, c) = (joint % 3, (joint + 1) % 3, (joint + 2) % 3);
        let (sin, cos) = (angle.sin(), angle.cos());
        let [old_b, old_c] = [axes[b], axes[c]];
        for i in 0..3 {
            axes[b][i] = old_b[i] * cos + old_c[i] * sin;
            axes[c][i] = old_c[i] * cos - old_b[i] * sin;
            place[i] = place[i] + axes[a][i] * (0.3 + 0.1 * joint as f64) + axes[b][i] * 0.2;
        }
    }
    let [x, y, z] = place;
    let [u, v, w] = axes[0];
    [x, y, z, u, v, w]
}

/// A Jacobian at a point in three ways: borrowed from an evaluator, as vectors from a shared program, and from rows.
fn arms(samples: usize) -> Result<()> {
    println!("\n| arm of six joints, Jacobian 6 × 6 | ns |\n|---|---:|");
    let f = Program::trace(6, arm)?;
    let mut at = f.evaluator();
    let x = [0.1, -0.4, 0.9, 0.3, -1.2, 0.7];
    let rows: Vec<[f64; 6]> = (0..1024)
        .map(|i| x.map(|x| x + f64::from(i) * 1e-3))
        .collect();
    let mut batch = f.batch(&rows)?.threads(1);
    let times = least(
        samples,
        200,
        [
            &mut || _ = black_box(at.jacobian(black_box(&x))),
            &mut || _ = black_box(f.jacobian(black_box(&x))),
            &mut || _ = black_box(batch.jacobians(&[])),
        ],
    );
    let [evaluator, program, batch] = times.map(|t| t * 1e9);
    println!("| `Evaluator::jacobian` | {evaluator:.0} |");
    println!(
        "| `Program::jacobian(&self)` | {program:.0}, {:.2} of the evaluator |",
        program / evaluator
    );
    println!(
        "| `Batch::jacobians`, per row | {:.0} |",
        batch / rows.len() as f64
    );
    Ok(())
}

fn band(x: &[Var]) -> Vec<Var> {
    let last = x.len() - 1;
    (0..x.len())
        .map(|i| (x[i] * 3.0 - x[i.saturating_sub(1)]).sin() - x[(i + 1).min(last)])
        .collect()
}

/// The three entries of each row. The first and the last column are added to the last two entries.
fn band_by_hand(x: &[f64], rows: &mut [[f64; 3]]) {
    let last = x.len() - 1;
    for i in 0..x.len() {
        let slope = Scalar::cos(x[i] * 3.0 - x[i.saturating_sub(1)]);
        let left = if i == 0 { 0.0 } else { -slope };
        let own =
            3.0 * slope - if i == 0 { slope } else { 0.0 } - if i == last { 1.0 } else { 0.0 };
        rows[i] = [left, own, if i == last { 0.0 } else { -1.0 }];
    }
}

fn jacobians(samples: usize, sizes: &[usize]) -> Result<()> {
    println!(
        "\n| banded Jacobian | by hand, ns per row | entries one by one | ratio | in groups | groups | compile, ns per row |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for &n in sizes {
        let f = Program::trace(n, band)?;
        let x: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
        let start = Instant::now();
        let direct = f.sparse_jacobian();
        direct.entries(&x)?;
        let compile = start.elapsed().as_secs_f64();
        let compressed = f.compressed_jacobian();
        let mut rows = vec![[0.0; 3]; n];
        let (mut entries, mut grouped) = (Vec::new(), Vec::new());
        let times = least(
            samples,
            (300_000 / n).max(1),
            [
                &mut || band_by_hand(black_box(&x), black_box(&mut rows)),
                &mut || _ = black_box(direct.entries_into(black_box(&x), &mut entries)),
                &mut || _ = black_box(compressed.entries_into(black_box(&x), &mut grouped)),
            ],
        );
        let [floor, one, groups] = times.map(|t| t * 1e9 / n as f64);
        println!(
            "| n = {n} | {floor:.1} | {one:.1} | {:.1} | {groups:.1} | {} | {:.0} |",
            one / floor,
            compressed.groups(),
            compile * 1e9 / n as f64
        );
    }
    Ok(())
}

/// The image of a point in a camera, which has a Cayley rotation and a shift.
fn projection<S: Scalar>(row: &[S]) -> [S; 2] {
    let (c, shift, x) = (&row[..3], &row[3..6], &row[6..9]);
    let cross = |a: &[S], b: &[S]| {
        [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ]
    };
    let once = cross(c, x);
    let twice = cross(c, &once);
    let scale = ((c[0].square() + c[1].square() + c[2].square() + 1.0) * 0.5).recip();
    let at = |i: usize| x[i] + (once[i] + twice[i]) * scale + shift[i];
    [at(0) / at(2), at(1) / at(2)]
}

fn observations(samples: usize, sizes: &[usize]) -> Result<()> {
    println!(
        "\n| bundle adjustment, ns per observation | values by hand | Jacobian 2 × 9, one core | ratio |"
    );
    println!("|---|---:|---:|---:|");
    for &count in sizes {
        let row = |i: usize| -> [f64; 9] {
            let wave = |k: usize| (0.37 * (i * 9 + k) as f64).sin();
            std::array::from_fn(|k| 0.1 * wave(k) + if k == 5 { 6.0 } else { 0.0 })
        };
        let rows: Vec<[f64; 9]> = (0..count).map(row).collect();
        let f = Program::trace_at(&rows[0], projection)?;
        let mut batch = f
            .transform(Transform::Jacobian(Mode::Cheaper))
            .unwrap()
            .batch(&rows)?
            .threads(1);
        let mut places = vec![[0.0; 2]; count];
        let [floor, jacobian] = least(
            samples,
            (100_000 / count).max(1),
            [
                &mut || {
                    for (place, row) in places.iter_mut().zip(black_box(&rows)) {
                        *place = projection(&row[..]);
                    }
                },
                &mut || _ = black_box(batch.values(&[])),
            ],
        )
        .map(|t| t * 1e9 / count as f64);
        println!(
            "| {count} observations | {floor:.1} | {jacobian:.1} | {:.1} |",
            jacobian / floor
        );
    }
    Ok(())
}

fn call<S: Scalar>(r: S, x: &[S]) -> S {
    let (s, k, sigma, t) = (x[0], x[1], x[2], x[3]);
    let normal = |x: S| (-x * FRAC_1_SQRT_2).erfc() * 0.5;
    let spread = sigma * t.sqrt();
    let d1 = ((s / k).ln() + (r + sigma.square() * 0.5) * t) / spread;
    s * normal(d1) - k * (-r * t).exp() * normal(d1 - spread)
}

fn call_by_hand(r: f64, [s, k, sigma, t]: [f64; 4]) -> [f64; 5] {
    let root = t.sqrt();
    let spread = sigma * root;
    let d1 = (Scalar::ln(s / k) + (r + 0.5 * sigma * sigma) * t) / spread;
    let d2 = d1 - spread;
    let normal = |x: f64| 0.5 * Scalar::erfc(-x * FRAC_1_SQRT_2);
    let density = Scalar::exp(-0.5 * d1 * d1) / (2.0 * PI).sqrt();
    [
        s * normal(d1) - k * Scalar::exp(-r * t) * normal(d2),
        normal(d1),
        density / (s * spread),
        s * density * root,
        -density * d2 / sigma,
    ]
}

fn greeks(samples: usize, count: usize) -> Result<()> {
    let row = |i: usize| {
        let part = |by: f64| (i as f64 * by).fract();
        [
            80.0 + 40.0 * part(0.618),
            100.0,
            0.1 + 0.4 * part(0.414),
            0.25 + 1.75 * part(0.732),
        ]
    };
    let rows: Vec<[f64; 4]> = (0..count).map(row).collect();
    let price = Program::trace_rows_at(&[0.03], &rows[0], |r, x| call(r[0], x))?;
    let all = price.partials(&[&[], &[1], &[1, 1], &[3], &[1, 3]])?;
    let mut batch = all.batch(&rows)?.threads(1);
    let mut found = vec![[0.0; 5]; count];
    let [floor, program] = least(
        samples,
        1,
        [
            &mut || {
                for (found, row) in found.iter_mut().zip(black_box(&rows)) {
                    *found = call_by_hand(0.03, *row);
                }
            },
            &mut || _ = black_box(batch.values(&[0.03])),
        ],
    );
    let millions = |t: f64| 5e-6 * count as f64 / t;
    println!(
        "\n| greeks: value, delta, gamma, vega, vanna; {count} scenarios, one core | closed forms by hand | program |"
    );
    println!("|---|---:|---:|");
    println!(
        "| million numbers per second | {:.1} | {:.1} |",
        millions(floor),
        millions(program)
    );
    Ok(())
}

/// The formula of [`rosenbrock`], for nalgebra's numbers.
fn rosenbrock_of_reals<T: RealField + Copy>(x: &[T]) -> T {
    let square = |x: T| x * x;
    let terms = x
        .windows(2)
        .map(|p| square(p[1] - p[0] * p[0]) * convert::<f64, T>(100.0) + square(T::one() - p[0]));
    terms.fold(T::zero(), |sum, term| sum + term)
}

/// The logarithm of the determinant of `A + n·1`, by a Cholesky decomposition of its lower triangle.
fn log_determinant<S: Scalar>(x: &[S]) -> S {
    let n = x.len().isqrt();
    let mut columns: Vec<Vec<S>> = x.chunks(n).map(<[S]>::to_vec).collect();
    let mut sum = S::from(0.0);
    for j in 0..n {
        let (done, rest) = columns.split_at_mut(j);
        let column = &mut rest[0][j..];
        column[0] += n as f64;
        for other in done {
            let factor = -other[j];
            for (x, &y) in column.iter_mut().zip(&other[j..]) {
                *x += factor * y;
            }
        }
        column[0] = column[0].sqrt();
        let diagonal = column[0];
        sum += diagonal.ln() * 2.0;
        column[1..].iter_mut().for_each(|x| *x /= diagonal);
    }
    sum
}

/// The same by nalgebra.
fn log_determinant_of_reals<T: RealField + Copy>(x: &[T]) -> T {
    let n = x.len().isqrt();
    let mut matrix = DMatrix::from_column_slice(n, n, x);
    for i in 0..n {
        matrix[(i, i)] += convert::<f64, T>(n as f64);
    }
    let factor = matrix.cholesky().expect("positive definite").unpack_dirty();
    let logarithms = factor.diagonal().map(|d| d.ln() * convert::<f64, T>(2.0));
    logarithms.iter().fold(T::zero(), |sum, &term| sum + term)
}

/// Records a function of as many inputs and frees it; returns its value and the number of nodes.
fn recorded(x: &[f64], f: impl Fn(&[Var]) -> Var) -> (f64, usize) {
    tape::scope(|| {
        let before = tape::stats().nodes;
        let x: Vec<Var> = x.iter().map(|&x| Var::new(x)).collect();
        let y = f(&x);
        (y.peek(), tape::stats().nodes - before)
    })
}

/// Recording generic code of other crates beside the same code over [`Scalar`].
fn generic_code(samples: usize) {
    println!("\n| recording, µs and nodes | over `Scalar` | over `RealField` | ratio | per node |");
    println!("|---|---:|---:|---:|---:|");
    let line = |name: &str, x: &[f64], scalar: fn(&[Var]) -> Var, real: fn(&[Var]) -> Var| {
        let ((y, nodes), (also, more)) = (recorded(x, scalar), recorded(x, real));
        assert!((y - also).abs() <= 1e-12 * y.abs(), "{y}, {also}");
        let runs = 1_000_000 / nodes;
        let times = least(
            samples,
            runs,
            [
                &mut || _ = black_box(recorded(black_box(x), scalar)),
                &mut || _ = black_box(recorded(black_box(x), real)),
            ],
        );
        let [ours, theirs] = times.map(|t| t * 1e6);
        let ratio = theirs / ours;
        let per_node = ratio * nodes as f64 / more as f64;
        println!(
            "| {name} | {ours:.1}, {nodes} | {theirs:.1}, {more} | {ratio:.2} | {per_node:.2} |"
        );
    };
    let x: Vec<f64> = (0..1000).map(|i| 0.5 + 0.3 * f64::from(i).sin()).collect();
    line("Rosenbrock, n = 1000", &x, rosenbrock, rosenbrock_of_reals);
    line(
        "Cholesky by hand and by nalgebra, 20 × 20",
        &x[..400],
        log_determinant,
        log_determinant_of_reals,
    );
}

fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let samples = if quick { 3 } else { 15 };
    hessians(samples)?;
    generic_code(samples);
    arms(samples)?;
    jacobians(
        samples.min(7),
        if quick {
            &[1000, 10_000]
        } else {
            &[1000, 10_000, 100_000, 1_000_000]
        },
    )?;
    observations(
        samples.min(7),
        if quick {
            &[10_000]
        } else {
            &[10_000, 100_000, 1_000_000]
        },
    )?;
    greeks(samples.min(7), if quick { 20_000 } else { 1_000_000 })?;
    Ok(())
}
