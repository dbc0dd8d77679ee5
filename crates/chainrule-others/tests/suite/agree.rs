//! Compares a generic function in every mode.

use chainrule::{Dual, ErrorKind, Program, Retraced, Var, check, tape};

/// Which value a function must have.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    /// That of `f64`, to the last bit.
    SameBits,
    /// That of `f64` within this relative error: the standard library's functions round differently from this crate's.
    Within(f64),
}

/// Checks a function at points: its value against `f64`; its gradient against forward mode and central differences; the
/// program traced at the first point against both, where it does not answer with a branch error; a retraced program
/// everywhere; its Hessian against quotients of the gradient. Returns at how many points the traced program has an answer.
///
/// The gradients must agree within `tolerance`, in proportion to the largest derivative.
pub(crate) fn modes_agree(
    plain: impl Fn(&[f64]) -> f64,
    dual: impl Fn(&[Dual<f64>]) -> Dual<f64>,
    var: impl Fn(&[Var]) -> Var + Copy + Send + Sync + 'static,
    points: &[&[f64]],
    value: Value,
    tolerance: f64,
) -> usize {
    let traced = Program::trace_at(points[0], var).unwrap();
    let retraced = Retraced::new(points[0].len(), var);
    let mut replayed = 0;
    for &point in points {
        let (y, gradient) = tape::scope(|| {
            let x: Vec<Var> = point.iter().map(|&x| Var::new(x)).collect();
            let y = var(&x);
            (y.value(), y.backward().of(&x))
        });
        match value {
            Value::SameBits => assert_eq!(y.to_bits(), plain(point).to_bits(), "{point:?}"),
            Value::Within(error) => {
                let expected = plain(point);
                assert!(
                    (y - expected).abs() <= error * expected.abs(),
                    "{y}, {expected}"
                );
            }
        }
        let size = gradient
            .iter()
            .fold(0.0, |size: f64, slope| size.max(slope.abs()));
        assert!(size > 0.0, "the function depends on nothing");
        for (place, &slope) in gradient.iter().enumerate() {
            let forward: Vec<Dual<f64>> = (0..point.len())
                .map(|i| Dual {
                    value: point[i],
                    tangent: f64::from(u8::from(i == place)),
                })
                .collect();
            let forward = dual(&forward);
            assert_eq!(forward.value.to_bits(), y.to_bits());
            let error = (forward.tangent - slope).abs();
            assert!(
                error <= 1e-12 * size,
                "slope {place}: reverse {slope}, forward {forward}"
            );
            let moved = |by: f64| {
                let mut point = point.to_vec();
                point[place] += by;
                plain(&point)
            };
            // Of fourth order, so that its error is that of rounding.
            let h = 1e-3;
            let difference =
                (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
            let error = (difference - slope).abs();
            assert!(
                error <= tolerance * size,
                "slope {place}: {slope}, difference {difference}"
            );
        }
        let report = check::hessian(var, point).unwrap();
        assert!(
            !report.is_wrong(),
            "second derivatives at {point:?}: {report}"
        );
        match traced.gradient(point) {
            Ok(answer) => {
                assert_eq!(answer, (y, gradient.clone()));
                replayed += 1;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Branch, "{error}"),
        }
        assert_eq!(retraced.gradient(point).unwrap(), (y, gradient));
    }
    replayed
}

/// Calls [`modes_agree`] with a generic function.
macro_rules! agree {
    ($function:expr, $points:expr, $value:expr, $tolerance:expr) => {
        $crate::agree::modes_agree(
            |x| $function(x),
            |x| $function(x),
            |x| $function(x),
            $points,
            $value,
            $tolerance,
        )
    };
}
pub(crate) use agree;
