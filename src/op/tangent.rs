//! Tangents of plain numbers: sums of products by the zero rule.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

/// What is known of the partials of a sum.
#[derive(Clone, Copy, PartialEq)]
pub enum KnownPartials {
    /// Nothing.
    Any,
    /// They are constants, often known to the compiler.
    Constant,
    /// They are 1 or −1, and are added to a sum so far.
    Signs,
}

/// In each of `N` directions, the sum of `u·p` over these pairs from left to right, after the sum so far, if there is one. A
/// sum of zeros is +0.
#[inline(always)]
pub(crate) fn shared<const N: usize, const TERMS: usize>(
    so_far: Option<[f64; N]>,
    terms: [([f64; N], f64); TERMS],
    partials: KnownPartials,
) -> [f64; N] {
    let terms = terms.map(|(us, p)| (us, [p; N]));
    let decided = || {
        let product = || terms.iter().fold(1.0, |product, (_, ps)| product * ps[0]);
        // For one direction, it takes less time to look at the sum.
        (N > 1 || partials == KnownPartials::Constant) && is_regular(product())
    };
    in_places(so_far, terms, partials, decided)
}

/// The same with partials for each place.
#[inline(always)]
pub(crate) fn each<const N: usize, const TERMS: usize>(
    so_far: Option<[f64; N]>,
    terms: [([f64; N], [f64; N]); TERMS],
    partials: KnownPartials,
) -> [f64; N] {
    in_places(so_far, terms, partials, || false)
}

/// In each direction, the product of the tangent and the first partial, and that of the tangent and the second.
#[inline(always)]
pub(crate) fn two_products<const N: usize>(us: [f64; N], p: f64, q: f64) -> [[f64; N]; 2] {
    let products = [p, q].map(|p| us.map(|u| u * p + 0.0));
    if N > 1 && is_regular(p * q) || !products.iter().fold(false, |found, us| found | has_nan(us)) {
        return products;
    }
    [p, q].map(|p| shared(None, [(us, p)], KnownPartials::Any))
}

#[inline(always)]
fn in_places<const N: usize, const TERMS: usize>(
    so_far: Option<[f64; N]>,
    terms: [([f64; N], [f64; N]); TERMS],
    partials: KnownPartials,
    decided: impl Fn() -> bool,
) -> [f64; N] {
    const { assert!(TERMS <= 2, "the zero rule is applied to two terms") };
    let signs = partials == KnownPartials::Signs;
    let mut sums = add(so_far, terms, !signs, |u, p| u * p);
    // The zero rule matters only if a plain sum is NaN.
    if signs || decided() || !has_nan(&sums) {
        return sums;
    }
    if N == 1 {
        let term = |place: usize| terms.get(place).map_or([0.0; 2], |(us, ps)| [us[0], ps[0]]);
        let ([u, p], [v, q]) = (term(0), term(1));
        let so_far = so_far.map_or(0.0, |sum| sum[0]);
        return [by_the_zero_rule(so_far, u, p, v, q); N];
    }
    let by_the_rule = add(so_far, terms, false, ruled);
    for i in 0..N {
        if sums[i].is_nan() {
            sums[i] = by_the_rule[i] + 0.0;
        }
    }
    sums
}

/// A sum of two terms by the zero rule. As a call with numbers in registers, this does not delay the plain sum.
#[cold]
#[inline(never)]
fn by_the_zero_rule(so_far: f64, u: f64, p: f64, v: f64, q: f64) -> f64 {
    so_far + ruled(u, p) + ruled(v, q)
}

/// The product by the zero rule.
#[inline(always)]
fn ruled(u: f64, p: f64) -> f64 {
    if u == 0.0 || p == 0.0 { 0.0 } else { u * p }
}

/// Whether a number is finite and not 0.
#[inline(always)]
fn is_regular(value: f64) -> bool {
    // Without its sign, and less 1, so that 0 is larger than all others.
    (value.to_bits() << 1).wrapping_sub(1) < (f64::INFINITY.to_bits() << 1) - 1
}

#[inline(always)]
fn has_nan<const N: usize>(values: &[f64; N]) -> bool {
    values
        .iter()
        .fold(false, |found, value| found | value.is_nan())
}

/// The sums. If they are `normal`, a sum of zeros is +0.
#[inline(always)]
fn add<const N: usize, const TERMS: usize>(
    so_far: Option<[f64; N]>,
    terms: [([f64; N], [f64; N]); TERMS],
    normal: bool,
    product: impl Fn(f64, f64) -> f64,
) -> [f64; N] {
    let mut sum = so_far;
    for (place, (us, ps)) in terms.iter().enumerate() {
        // Added to the last term, the zero delays the sum least.
        let normal = normal && so_far.is_none() && place + 1 == TERMS;
        let mut term = *us;
        for i in 0..N {
            term[i] = product(us[i], ps[i]);
            if normal {
                term[i] += 0.0;
            }
            if let Some(sum) = sum {
                term[i] += sum[i];
            }
        }
        sum = Some(term);
    }
    sum.unwrap_or([0.0; N])
}
