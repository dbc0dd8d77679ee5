//! The Gaussian error linear unit and its slope, branch-free.
//!
//! Both come from the tail `Φ(-z) = exp(-z²/2) M(z)` of the normal distribution at `z = |x|`. All but the fits is computed to
//! twice the digits.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::exp::Power;
use super::pair::{Pair, polynomial};

/// From this size on, the tail is 0.
const FAR: f64 = 40.0;

/// The fits are polynomials in `(z - CENTRE)/(z + CENTRE)`.
const CENTRE: f64 = 6.0;

/// Chebyshev fit of `M(z) (z + MILLS_SHIFT)`; the first coefficient is a pair.
const MILLS: Pair = Pair::new(0.469_650_028_852_239_66, -7.287_639_298_515_4e-18);
const MILLS_SERIES: [f64; 24] = [
    -0.115_824_545_670_025_44,
    0.066_269_297_925_047_34,
    -0.024_849_896_729_395_606,
    -0.001_935_729_173_491_674_1,
    0.013_828_832_106_504_33,
    -0.015_019_559_475_873_22,
    0.011_035_255_169_553_657,
    -0.006_205_337_413_343_719_5,
    0.002_682_292_494_550_853_6,
    -0.000_823_901_466_812_330_6,
    0.000_122_583_113_872_535_3,
    3.266_772_246_289_511_6e-05,
    -2.498_161_051_902_315_4e-05,
    4.531_115_423_896_779e-06,
    1.603_676_622_755_839_6e-06,
    -9.702_134_638_545_058e-07,
    1.697_942_255_279_132_2e-08,
    1.252_795_977_107_05e-07,
    -2.353_230_167_428_374_3e-08,
    -1.454_242_438_680_077_5e-08,
    4.755_330_198_124_243e-09,
    1.803_539_279_619_766_6e-09,
    -5.542_507_400_428_898e-10,
    -2.135_371_924_330_73e-10,
];
const MILLS_SHIFT: f64 = 1.25;

/// Chebyshev fit of `(M(z) - z/√(2π))/(z - r)`, where `r` is the root of the difference; the first coefficient is a pair.
const SLOPE: Pair = Pair::new(-0.443_746_543_042_608_35, -9.949_452_333_708_916e-18);
const SLOPE_SERIES: [f64; 21] = [
    0.078_970_646_876_387_63,
    -0.057_955_989_896_973_95,
    0.038_788_327_312_028_39,
    -0.023_467_342_760_468_1,
    0.012_684_121_412_112_776,
    -0.006_020_783_052_767_768_5,
    0.002_442_158_527_014_274,
    -0.000_804_956_837_534_242,
    0.000_191_212_026_509_686_87,
    -1.852_035_405_786_329e-05,
    -8.184_340_093_137_397e-06,
    4.263_461_102_531_367e-06,
    -5.318_227_203_025_295e-07,
    -2.703_045_501_378_608e-07,
    1.204_397_726_945_399_7e-07,
    3.496_127_438_573_056_5e-09,
    -1.446_878_231_605_848e-08,
    1.795_268_198_113_897e-09,
    1.548_450_405_152_918_6e-09,
    -2.709_194_296_159_559e-10,
    -1.466_275_272_410_040_8e-10,
];
const SLOPE_ROOT: Pair = Pair::new(0.751_791_524_693_564_5, -1.495_675_917_700_988_3e-17);

/// The exponential of the tail at a number, and the variable of the fits.
struct Tail {
    z: f64,
    exponential: Power,
    variable: f64,
}

impl Tail {
    #[inline(always)]
    fn new(x: f64) -> Self {
        let size = x.abs();
        let z = if size > FAR { FAR } else { size };
        Self {
            z,
            exponential: Power::of_pair(-Pair::product(z, z).scaled(0.5)),
            variable: (z - CENTRE) / (z + CENTRE),
        }
    }

    /// A fit with this first coefficient and these further ones.
    #[inline(always)]
    fn fit(&self, first: Pair, rest: &[f64]) -> Pair {
        let rest = self.variable * polynomial(rest, self.variable);
        let sum = Pair::ordered(first.hi, rest);
        Pair::new(sum.hi, sum.lo + first.lo)
    }
}

/// `x Φ(x)`, the Gaussian error linear unit.
#[inline(always)]
pub(crate) fn gelu(x: f64) -> f64 {
    let tail = Tail::new(x);
    let mills = tail.fit(MILLS, &MILLS_SERIES);
    let mills = mills.over(Pair::sum(tail.z, MILLS_SHIFT));
    let is_below = x < 0.0;
    let share = tail.exponential.mantissa().times(mills);
    let above = one_minus(tail.exponential.scaled(share));
    let share = if is_below { share } else { above };
    let product = Pair::product(x, share.hi);
    // The product of a tiny number underflows, and that of a huge one overflows.
    let is_usual = (x.abs() > TINY) && (x < FAR);
    let lost = if is_usual {
        product.lo + x * share.lo
    } else {
        // −0 keeps every bit, also the sign of a product that is 0.
        -0.0
    };
    let value = x * share.hi + lost;
    let below = if x < -FAR {
        -0.0
    } else {
        tail.exponential.scale(value)
    };
    if is_below { below } else { value }
}

/// Below this size, products lose digits to underflow.
const TINY: f64 = 1e-250;

/// The derivative of [`gelu`], `Φ(x) + x φ(x)`.
///
/// Below 0 it is `exp(-z²/2) (M(z) - z/√(2π))`, and above 0 one minus that.
#[inline(always)]
pub(crate) fn gelu_slope(x: f64) -> f64 {
    let tail = Tail::new(x);
    let distance = Pair::sum(tail.z, -SLOPE_ROOT.hi);
    let distance = Pair::ordered(distance.hi, distance.lo - SLOPE_ROOT.lo);
    let difference = tail.fit(SLOPE, &SLOPE_SERIES).times(distance);
    let share = tail.exponential.mantissa().times(difference);
    let above = one_minus(tail.exponential.scaled(share));
    let below = tail.exponential.scale(share.value());
    if x < 0.0 { below } else { above.value() }
}

/// One minus a pair of at most one half in size.
#[inline(always)]
fn one_minus(x: Pair) -> Pair {
    let sum = Pair::ordered(1.0, -x.hi);
    Pair::ordered(sum.hi, sum.lo - x.lo)
}
