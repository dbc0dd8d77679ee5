//! Tests the arithmetic of text in Rust without the standard library against the standard library's.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_oneof, proptest};

use super::float::{Ceil, Floor, MulAdd, Round, Sqrt, Trunc};

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

/// Floats of every size, with many that are special, near whole numbers or near each other in size.
fn floats() -> impl Strategy<Value = f64> {
    let special = prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::NAN),
        Just(5e-324),
        Just(-f64::MIN_POSITIVE),
        Just(f64::MAX),
        Just(0.5),
        Just(0.499_999_999_999_999_94),
        Just(4_503_599_627_370_497.5),
    ];
    prop_oneof![
        1 => special,
        4 => any::<u64>().prop_map(f64::from_bits),
        4 => (-40_i32..40).prop_map(|halves| f64::from(halves) / 2.0),
        4 => (any::<u64>(), 1000_u64..1050).prop_map(|(bits, power)| {
            f64::from_bits(bits & !(0x7ff << 52) | power << 52)
        }),
        2 => (any::<u64>(), 0_u64..60).prop_map(|(bits, power)| {
            f64::from_bits(bits & !(0x7ff << 52) | power << 52)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn roots_and_whole_numbers_are_those_of_the_standard_library(x in floats()) {
        prop_assert!(same(Sqrt::sqrt(x), f64::sqrt(x)), "sqrt {x:?}");
        prop_assert!(same(Trunc::trunc(x), f64::trunc(x)), "trunc {x:?}");
        prop_assert!(same(Floor::floor(x), f64::floor(x)), "floor {x:?}");
        prop_assert!(same(Ceil::ceil(x), f64::ceil(x)), "ceil {x:?}");
        prop_assert!(same(Round::round(x), f64::round(x)), "round {x:?}");
    }

    #[test]
    fn fused_products_are_those_of_the_standard_library(a in floats(), b in floats(), c in floats()) {
        // The last two cancel nearly everything.
        for (a, b, c) in [(a, b, c), (a, b, -(a * b)), (a, 1.0 / a, -1.0)] {
            let (got, want) = (MulAdd::mul_add(a, b, c), f64::mul_add(a, b, c));
            prop_assert!(same(got, want), "{a:?}, {b:?}, {c:?}: {got:?}, not {want:?}");
        }
    }
}
