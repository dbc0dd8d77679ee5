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
