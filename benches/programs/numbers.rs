//! Pseudo-random numbers, the same in every run and every language: `SplitMix64` of a counter.

/// Numbers between −1 and 1 from a counter. Each stream starts at a different place.
pub(crate) struct Numbers(u64);

impl Numbers {
    /// A separate stream.
    pub(crate) fn new(stream: u32) -> Self {
        Self(u64::from(stream) << 32)
    }

    /// Sixty-four bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 += 1;
        let z = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// An index below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// A number of at least −1 and below 1.
    pub(crate) fn number(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// `count` numbers between −`scale` and `scale`.
    pub(crate) fn take(&mut self, count: usize, scale: f64) -> Vec<f64> {
        (0..count).map(|_| self.number() * scale).collect()
    }
}

/// Takes a step down a gradient.
pub(crate) fn descend(parameters: &mut [f64], gradient: &[f64], rate: f64) {
    for (p, g) in parameters.iter_mut().zip(gradient) {
        *p -= rate * g;
    }
}

/// Asserts that two gradients agree.
pub(crate) fn check(ours: &[f64], by_hand: &[f64]) {
    assert_eq!(ours.len(), by_hand.len());
    let size = by_hand.iter().fold(0.0, |size: f64, g| size.max(g.abs()));
    for (a, b) in ours.iter().zip(by_hand) {
        assert!((a - b).abs() <= 1e-9 * size, "{a} here, {b} by hand");
    }
}
