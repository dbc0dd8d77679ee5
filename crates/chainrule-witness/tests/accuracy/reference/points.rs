//! Deterministic sample points for accuracy tests.

/// A small generator of reproducible bits (`xorshift64*`).
struct Bits(u64);

impl Bits {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// `count` points between `low` and `high`, both positive, evenly spaced in their logarithms.
pub(crate) fn log_spread(low: f64, high: f64, count: u32) -> Vec<f64> {
    // Positive floats have the same order as their bits, and the bits grow like the logarithm.
    let (first, span) = (
        low.to_bits() as f64,
        high.to_bits() as f64 - low.to_bits() as f64,
    );
    let mut bits = Bits(0x9e37_79b9_7f4a_7c15 ^ low.to_bits() ^ high.to_bits().rotate_left(17));
    let mut points: Vec<f64> = (0..count)
        .map(|_| {
            #[expect(clippy::cast_sign_loss, reason = "bits of positive floats")]
            f64::from_bits((first + span * bits.unit()) as u64 ^ (bits.next() >> 54))
        })
        .filter(|x| (low..=high).contains(x))
        .collect();
    points.extend([low, high]);
    points
}

/// `count` points evenly spaced between `low` and `high`.
pub(crate) fn even_spread(low: f64, high: f64, count: u32) -> Vec<f64> {
    let mut bits = Bits(0x1234_5678_9abc_def1 ^ low.to_bits() ^ high.to_bits().rotate_left(29));
    let mut points: Vec<f64> = (0..count)
        .map(|_| low + (high - low) * bits.unit())
        .collect();
    points.extend([low, high]);
    points
}

/// Points that approach `centre` from both sides, including the centre and its neighbours.
pub(crate) fn around(centre: f64) -> Vec<f64> {
    let mut points = vec![centre];
    let size = if centre == 0.0 { 1.0 } else { centre.abs() };
    for power in 1..=106_i32 {
        let offset = size * (f64::from(-power) / 2.0).exp2();
        points.extend([centre - offset, centre + offset]);
    }
    let bits = centre.abs().to_bits();
    for step in 1..=8 {
        points.push(f64::from_bits(bits + step).copysign(centre));
        points.push(f64::from_bits(bits.saturating_sub(step)).copysign(centre));
    }
    points
}

/// The points of a whole line: both signs from the smallest subnormal to the largest number, denser near one.
pub(crate) fn line(count: u32) -> Vec<f64> {
    let mut points = half_line(count / 2);
    points.extend(points.clone().iter().map(|x| -x));
    points
}

/// The positive points of a line.
pub(crate) fn half_line(count: u32) -> Vec<f64> {
    let mut points = log_spread(f64::from_bits(1), f64::MAX, count / 4);
    points.extend(log_spread(1e-9, 1e4, count / 2));
    points.extend(even_spread(0.0, 4.0, count / 4));
    points
}

/// Pairs each point of one list with points of the other at a stride, not only with its counterpart.
pub(crate) fn pairs(first: &[f64], second: &[f64]) -> Vec<[f64; 2]> {
    (0..first.len().max(second.len()))
        .map(|i| [first[i % first.len()], second[(i * 7 + 3) % second.len()]])
        .collect()
}

/// Pairs over the whole plane, near the axes, near both diagonals, and of sizes whose squares leave the range of floats.
pub(crate) fn plane() -> Vec<[f64; 2]> {
    let mut points = pairs(&line(1501), &line(1500));
    let near = |bound: f64| even_spread(-bound, bound, 400);
    points.extend(pairs(&near(3.0), &near(3.1)));
    for size in [1e-308, 1e-200, 1e-103, 1.0, 1e103, 1e154, 1e300] {
        for x in around(1.0).into_iter().chain(log_spread(1e-40, 1e7, 40)) {
            points.extend([[size, x * size], [x * size, -size]]);
        }
    }
    points.retain(|[a, b]| *a != 0.0 && *b != 0.0 && a.is_finite() && b.is_finite());
    points
}

/// Bases and exponents: the whole half plane, near the ends of the range of powers, and near the root of the mixed derivative.
pub(crate) fn powers() -> Vec<[f64; 2]> {
    let mut points = pairs(&half_line(801), &line(800));
    points.extend(pairs(
        &log_spread(1e-5, 1e5, 401),
        &even_spread(-60.0, 60.0, 400),
    ));
    for size in [
        -1073.5, -1060.0, -1040.0, -1025.0, 1000.0, 1023.9, 1024.5, 1025.0,
    ] {
        for log in log_spread(1e-9, 20.0, 20).into_iter().chain([40.0, 300.0]) {
            for log in [log, -log] {
                let base = log.exp2();
                points.extend([[base, size / log], [base, size / log + 1.0]]);
                points.push([base, size / log + 2.0]);
            }
        }
    }
    for exponent in [
        9_007_199_254_740_996.0,
        3e16,
        1e17,
        4_503_599_627_370_497.5,
        1e-3,
        1e-17,
    ] {
        points.extend([1.0 + 2e-14, 1.0 - 5e-15, 1e-309, 0.5].map(|base| [base, exponent]));
    }
    for base in log_spread(1e-300, 1e300, 60).into_iter().chain(around(1.0)) {
        let root = -1.0 / base.ln();
        let next = f64::from_bits(root.to_bits() + 1);
        points.extend([[base, root], [base, next], [base, root * 1.01]]);
    }
    for near in [1.0, 2.0] {
        let bases = log_spread(1e-200, 1e200, 106);
        points.extend(pairs(&bases, &around(near)));
    }
    points.retain(|&[a, b]| a > 0.0 && a.is_finite() && b.is_finite() && b != 0.0);
    points.retain(|&[a, b]| (a.ln() * b).abs() < 1500.0);
    points
}

/// Bases of both signs and whole exponents other than 0.
pub(crate) fn whole_powers() -> Vec<[f64; 2]> {
    let mut points = Vec::new();
    for n in (-9..=9).filter(|&n| n != 0) {
        let bases = log_spread(1e-30, 1e30, 60).into_iter();
        points.extend(bases.flat_map(|x| [[x, f64::from(n)], [-x, f64::from(n)]]));
    }
    points
}

/// Arguments on both sides of the corner at 0, and slopes below it.
pub(crate) fn bends() -> Vec<[f64; 2]> {
    let mut points = pairs(&line(800), &even_spread(-1.0, 1.0, 401));
    points.retain(|[x, _]| *x != 0.0);
    points
}

/// Arguments and orders of the polygamma function.
pub(crate) fn polygamma_points() -> Vec<[f64; 2]> {
    let orders = [1.0, 2.0, 3.0, 7.0];
    pairs(&log_spread(1e-9, 1e6, 60), &orders)
}

/// Scores for a softmax whose gaps are 0, saturate the largest share, or are in between.
pub(crate) fn scores() -> Vec<[f64; 4]> {
    let gaps = [0.0, 1e-9, 0.3, 1.0, 5.0, 20.0, 36.0, 40.0, 300.0, 700.0];
    let mut scores = Vec::new();
    for (n, gap) in gaps.into_iter().enumerate() {
        for next in gaps {
            for base in [-3.7, 0.0, 1e3] {
                let mut xs = [base, base - gap, base - gap - next, base - 60.0];
                xs.rotate_left(n % 4);
                scores.push(xs);
            }
        }
    }
    scores
}
