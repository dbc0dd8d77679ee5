//! Tests every pass as text in, text out, and tests where a pass must not change the code.

use super::{PASSES, Selection, apply};
use crate::ir::text::parse;
use crate::ir::verify;

/// The passes with these names, and `live`, which removes unused values.
fn only(names: &[&str]) -> Selection {
    for name in names {
        assert!(
            PASSES.iter().any(|pass| pass.name == *name),
            "no pass {name}"
        );
    }
    Selection::of(|pass| pass.name == "live" || names.contains(&pass.name))
}

/// Asserts that the passes turn the first code into the second.
#[track_caller]
fn becomes(passes: &[&str], before: &str, after: &str) {
    let passes = only(passes);
    let (before, after) = (parse(before), parse(after));
    let found = apply(before.clone(), passes);
    assert_eq!(verify::problem_of_pass(&before, &found), None);
    assert_eq!(found.to_string(), after.to_string());
    // Running it again changes nothing.
    assert_eq!(apply(found, passes).to_string(), after.to_string());
}

/// Asserts that the passes change nothing.
#[track_caller]
fn stays(passes: &[&str], code: &str) {
    becomes(passes, code, code);
}

mod live {
    use super::becomes;

    #[test]
    fn unused_values_are_removed() {
        becomes(
            &[],
            "x = input 0 varying\np = input 1 uniform\na = Exp x\nb = Sin a\nc = Cos x\noutput a\nguard c x",
            "x = input 0 varying\na = Exp x\nc = Cos x\noutput a\nguard c x",
        );
    }
}

mod expand {
    use super::{becomes, stays};

    const EXPAND: &[&str] = &["expand"];

    #[test]
    fn a_composed_operation_becomes_its_parts() {
        becomes(
            EXPAND,
            "x = input 0 varying\ny = input 1 varying\nz = LogSumExp x y\noutput z",
            "x = input 0 varying\ny = input 1 varying\nm = MaxOf x y\na = ExpDifference x m\nb = ExpDifference y m\n\
             s = Sum a b\nn = -inf\nlow = Equal m n\nl = Ln s\nt = Add m l\nz = Select low m t\noutput z",
        );
    }

    #[test]
    fn other_operations_stay() {
        stays(
            EXPAND,
            "x = input 0 varying\ny = Mean x x\nz = Softplus y\nw = Hypot z y\noutput w",
        );
    }
}

mod fold {
    use super::{becomes, stays};

    const FOLD: &[&str] = &["fold"];

    #[test]
    fn operations_on_numbers_become_numbers() {
        becomes(
            FOLD,
            "a = 2.0\nb = 3.0\nc = Mul a b\nx = input 0 varying\nd = Sum c a b c\ny = Add x d\noutput y c\nguard x c",
            "c = 6.0\nx = input 0 varying\nd = 17.0\ny = Add x d\noutput y c\nguard x c",
        );
        becomes(FOLD, "a = -0.0\nb = Sqrt a\noutput b", "b = -0.0\noutput b");
        becomes(FOLD, "a = 0.0\nb = Div a a\noutput b", "b = NaN\noutput b");
    }

    #[test]
    fn a_variable_factor_of_zero_stays() {
        stays(
            FOLD,
            "x = input 0 varying\nz = 0.0\na = Mul x z\nb = Sub x x\nc = Div x x\noutput a b c",
        );
        stays(
            FOLD,
            "x = input 0 varying\nz = 0.0\na = Chain x z\nb = Flat x\noutput a b",
        );
        // The number of rows is unknown, so their sum is no number.
        stays(
            FOLD,
            "x = input 0 varying\no = 1.0\na = SumOverRows o o\noutput x a",
        );
    }
}

mod laws {
    use super::{becomes, stays};

    const LAWS: &[&str] = &["laws"];

    #[test]
    fn identities_go() {
        for (op, e) in [
            ("Mul", "1.0"),
            ("Div", "1.0"),
            ("Sub", "0.0"),
            ("Add", "-0.0"),
            ("Pow", "1.0"),
            ("Max", "-inf"),
            ("Min", "inf"),
        ] {
            let code = format!("x = input 0 varying\ne = {e}\ny = {op} x e\noutput y");
            let short = super::apply(super::parse(&code), super::only(LAWS));
            assert_eq!(short.outputs, [0], "{op} {e}");
        }
    }

    #[test]
    fn repeated_operations_go() {
        becomes(
            LAWS,
            "x = input 0 varying\na = Abs x\nb = Abs a\noutput b",
            "x = input 0 varying\na = Abs x\noutput a",
        );
        becomes(
            LAWS,
            "x = input 0 varying\na = Max x x\nb = Min a a\noutput b",
            "x = input 0 varying\noutput x",
        );
        becomes(
            LAWS,
            "x = input 0 varying\na = StopGradient x\noutput a",
            "x = input 0 varying\noutput x",
        );
    }

    #[test]
    fn laws_that_round_are_not_applied() {
        let stays_of = |op: &str, e: &str| {
            stays(
                LAWS,
                &format!("x = input 0 varying\ne = {e}\ny = {op} x e\noutput y"),
            );
        };
        // x + 0 turns −0 into +0; so does x − (−0).
        stays_of("Add", "0.0");
        stays_of("Sub", "-0.0");
        stays_of("Mul", "0.0");
        stays_of("Mul", "-1.0");
        stays_of("Pow", "0.0");
        stays_of("Pow", "2.0");
        stays_of("Chain", "1.0");
        stays_of("Max", "inf");
        // The second operand is the identity.
        stays(LAWS, "x = input 0 varying\no = 1.0\ny = Div o x\noutput y");
        stays(LAWS, "x = input 0 varying\nz = 0.0\ny = Sub z x\noutput y");
        for op in ["Sub", "Div", "Add", "Mul", "Hypot", "Equal"] {
            stays(
                LAWS,
                &format!("x = input 0 varying\ny = {op} x x\noutput y"),
            );
        }
        // `Recip` is an involution except for rounding, and these functions are inverses except for rounding.
        stays(
            LAWS,
            "x = input 0 varying\na = Recip x\nb = Recip a\nc = Exp b\nd = Ln c\noutput d",
        );
        stays(
            LAWS,
            "x = input 0 varying\na = Square x\nb = Sqrt a\nc = Floor b\nd = Ceil c\noutput d",
        );
    }
}

mod merge {
    use super::{becomes, stays};

    const MERGE: &[&str] = &["merge"];

    #[test]
    fn equal_values_are_merged() {
        becomes(
            MERGE,
            "x = input 0 varying\ny = input 1 varying\na = Mul x y\nb = Mul y x\nc = Exp a\nd = Exp b\ne = Sub c d\n\
             o = 1.0\np = 1.0\nf = Add e p\noutput f b\nguard c d",
            "x = input 0 varying\ny = input 1 varying\na = Mul x y\nc = Exp a\ne = Sub c c\no = 1.0\nf = Add e o\n\
             output f a\nguard c c",
        );
    }

    #[test]
    fn different_values_stay() {
        for op in ["Sub", "Div", "Pow", "Greater", "Atan2"] {
            stays(
                MERGE,
                &format!(
                    "x = input 0 varying\ny = input 1 varying\na = {op} x y\nb = {op} y x\noutput a b"
                ),
            );
        }
        // Sums round by the order of their operands; zeros differ in sign.
        stays(
            MERGE,
            "x = input 0 varying\ny = input 1 varying\na = Sum x y x\nb = Sum y x x\nc = Dot x y\nd = Dot y x\noutput a b c d",
        );
        stays(MERGE, "a = 0.0\nb = -0.0\noutput a b");
        stays(
            MERGE,
            "x = input 0 varying\ny = input 1 varying\na = SumOverRows x y\nb = SumOverRows y x\noutput x a b",
        );
    }
}

mod chains {
    use super::{becomes, stays};

    const CHAINS: &[&str] = &["chains"];
    const INPUTS: &str =
        "a = input 0 varying\nb = input 1 varying\nc = input 2 varying\nd = input 3 varying\n";

    #[test]
    fn a_chain_becomes_one_sum() {
        becomes(
            CHAINS,
            &format!("{INPUTS}e = Add a b\nf = Add e c\ng = Add f d\nh = Exp g\noutput h"),
            &format!("{INPUTS}g = Sum a b c d\nh = Exp g\noutput h"),
        );
    }

    #[test]
    fn an_inner_sum_with_other_uses_begins_its_own_chain() {
        stays(
            CHAINS,
            &format!("{INPUTS}e = Add a b\nf = Add e c\ng = Add f d\noutput g f"),
        );
        stays(
            CHAINS,
            &format!("{INPUTS}e = Add a b\nf = Add e c\ng = Add f d\noutput g\nguard e a"),
        );
        stays(
            CHAINS,
            &format!("{INPUTS}e = Add a b\nf = Add e c\ng = Add f d\nh = Mul g e\noutput h"),
        );
        becomes(
            CHAINS,
            &format!(
                "{INPUTS}e = Add a b\nf = Add e c\ng = Add f d\nh = Add g a\ni = Add h b\nj = Add i c\nk = Add j d\noutput k g"
            ),
            &format!("{INPUTS}g = Sum a b c d\nk = Sum g a b c d\noutput k g"),
        );
    }

    #[test]
    fn other_orders_and_other_operations_stay() {
        // a + (b + (c + d)) rounds differently.
        stays(
            CHAINS,
            &format!("{INPUTS}e = Add c d\nf = Add b e\ng = Add a f\noutput g"),
        );
        stays(
            CHAINS,
            &format!("{INPUTS}e = Sub a b\nf = Sub e c\ng = Sub f d\noutput g"),
        );
        stays(
            CHAINS,
            &format!("{INPUTS}e = Add a b\nf = Add c d\ng = Add e f\noutput g"),
        );
        stays(
            CHAINS,
            &format!("{INPUTS}e = Add a b\nf = Add e c\noutput f d"),
        );
        stays(
            CHAINS,
            &format!("{INPUTS}e = Mul a b\nf = Add e c\ng = Sub f d\noutput g"),
        );
        // The same value twice has two uses.
        stays(
            CHAINS,
            &format!("{INPUTS}e = Add a b\nf = Add e e\ng = Add f c\noutput g d"),
        );
    }
}

mod products {
    use super::{becomes, stays, verify};
    use crate::ir::text::parse;

    const CONTRACT: &[&str] = &["factors", "fuse", "hoist"];
    const INPUTS: &str =
        "p = input 0 uniform\nq = input 1 uniform\nx = input 2 varying\ny = input 3 varying\n";

    #[test]
    fn a_product_is_added_with_one_rounding() {
        becomes(
            CONTRACT,
            &format!("{INPUTS}a = Mul x y\nb = Add a p\noutput b q"),
            &format!("{INPUTS}b = MulAdd x y p\noutput b q"),
        );
        becomes(
            CONTRACT,
            &format!("{INPUTS}a = Square x\nb = Add p a\noutput b q y"),
            &format!("{INPUTS}b = MulAdd x x p\noutput b q y"),
        );
    }

    #[test]
    fn a_product_with_other_uses_stays() {
        stays(
            CONTRACT,
            &format!("{INPUTS}a = Mul x y\nb = Add a p\noutput b a q"),
        );
        stays(
            CONTRACT,
            &format!("{INPUTS}a = Mul x y\nb = Add a a\noutput b p q"),
        );
        stays(
            CONTRACT,
            &format!("{INPUTS}a = Mul x y\nb = Add a p\noutput b q\nguard a p"),
        );
        stays(
            CONTRACT,
            &format!("{INPUTS}a = Div x y\nb = Add a p\nc = Mul b q\nd = Sub c p\noutput d"),
        );
        // Without the passes of level `Fast`, the product keeps its rounding.
        stays(
            &[],
            &format!("{INPUTS}a = Mul x y\nb = Add a p\noutput b q"),
        );
    }

    #[track_caller]
    fn dots(before: &str, after: &str) {
        let (before, after) = (parse(before), parse(after));
        let selection = super::only(&["early chains", "dots"]);
        let found = super::super::before_derivatives(&before, selection);
        let found = found.unwrap_or_else(|| before.clone());
        assert_eq!(verify::problem_of_pass(&before, &found), None);
        assert_eq!(
            super::apply(found, super::only(&[])).to_string(),
            after.to_string()
        );
    }

    #[test]
    fn a_sum_of_products_of_uniform_and_varying_factors_is_a_dot_product() {
        dots(
            &format!("{INPUTS}a = Mul p x\nb = Mul y q\nc = Add a b\noutput c"),
            &format!("{INPUTS}c = Dot p x y q\noutput c"),
        );
        let alone = |code: &str| dots(code, code);
        alone(&format!(
            "{INPUTS}a = Mul p x\nb = Mul x y\nc = Add a b\noutput c q"
        ));
        alone(&format!(
            "{INPUTS}a = Mul p x\nb = Mul p q\nc = Add a b\noutput c y"
        ));
        alone(&format!(
            "{INPUTS}a = Mul p x\nb = Mul q y\nc = Add a b\noutput c a"
        ));
        alone(&format!("{INPUTS}a = Mul p x\nc = Add a y\noutput c q"));
    }
}

mod hoist {
    use super::{becomes, stays};

    const CONTRACT: &[&str] = &["factors", "fuse", "hoist"];
    const INPUTS: &str = "p = input 0 uniform\nx = input 1 varying\none = 1.0\n";

    #[test]
    fn a_uniform_factor_leaves_the_sum_over_rows() {
        let after = format!("{INPUTS}c = SumOverRows x one\nd = Chain p c\noutput d");
        for product in ["Chain p x", "Chain x p"] {
            becomes(
                CONTRACT,
                &format!("{INPUTS}a = {product}\nb = SumOverRows a one\noutput b"),
                &after,
            );
        }
    }

    #[test]
    fn products_with_other_uses_and_varying_factors_stay() {
        stays(
            CONTRACT,
            &format!("{INPUTS}a = Chain p x\nb = SumOverRows a one\noutput b a"),
        );
        stays(
            CONTRACT,
            &format!("{INPUTS}a = Chain p x\nb = SumOverRows a x\noutput b one"),
        );
        stays(
            CONTRACT,
            &format!("{INPUTS}a = Chain x x\nb = SumOverRows a one\noutput b p"),
        );
    }
}

mod factors {
    use super::{becomes, stays};

    const CONTRACT: &[&str] = &["factors", "fuse", "hoist"];
    const INPUTS: &str = "u = input 0 varying\nx = input 1 varying\ny = input 2 varying\nc = 2.0\n";

    #[test]
    fn a_constant_moves_to_the_shared_factor() {
        becomes(
            CONTRACT,
            &format!("{INPUTS}a = Mul x c\nb = Mul c y\nd = Chain u a\ne = Chain b u\noutput d e"),
            &format!("{INPUTS}s = Mul u c\nd = Chain s x\ne = Chain s y\noutput d e"),
        );
    }

    #[test]
    fn constants_in_unshared_or_reused_products_stay() {
        stays(
            CONTRACT,
            &format!("{INPUTS}a = Mul x c\nd = Chain u a\noutput d y"),
        );
        stays(
            CONTRACT,
            &format!(
                "{INPUTS}a = Mul x c\nb = Mul y c\nd = Chain u a\ne = Chain u b\noutput d e a b"
            ),
        );
        stays(
            CONTRACT,
            &format!("{INPUTS}a = Mul x c\nb = Mul y c\nd = Chain x a\ne = Chain u b\noutput d e"),
        );
        // Two constant factors would make an operation on numbers.
        stays(
            CONTRACT,
            &format!(
                "{INPUTS}a = Mul x c\nb = Mul y c\nd = Chain c a\ne = Chain c b\noutput d e u"
            ),
        );
    }

    #[test]
    fn a_factor_of_zero_infinity_or_nan_stays() {
        for c in ["0.0", "inf", "NaN"] {
            let inputs = INPUTS.replace("2.0", c);
            stays(
                CONTRACT,
                &format!(
                    "{inputs}a = Mul x c\nb = Mul y c\nd = Chain u a\ne = Chain u b\noutput d e"
                ),
            );
        }
    }
}
