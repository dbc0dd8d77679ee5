//! nalgebra, unchanged, in two versions.

use chainrule::foreign::reading;
use chainrule::{ErrorKind, Program, Var};

use crate::agree::{Value, agree};

/// General matrices.
const GENERAL: &[&[f64]] = &[
    &[2.0, -0.4, 0.3, 0.5, 1.7, -0.2, -0.6, 0.1, 1.1],
    &[
        2.001, -0.401, 0.301, 0.502, 1.699, -0.199, -0.602, 0.101, 1.101,
    ],
    &[2.1, -0.5, 0.2, 0.4, 1.8, -0.3, -0.5, 0.2, 1.2],
    &[0.1, 1.4, -0.3, 0.9, 0.2, 0.7, 0.3, -0.8, 2.5],
];

/// The upper triangles of positive definite matrices.
const DEFINITE: &[&[f64]] = &[
    &[4.0, 0.8, -0.5, 2.5, 0.3, 1.2],
    &[4.001, 0.799, -0.502, 2.499, 0.301, 1.201],
    &[4.1, 0.7, -0.4, 2.6, 0.2, 1.3],
    &[2.0, -0.9, 0.4, 3.5, 1.1, 5.0],
];

/// A translation, the vector of a rotation, and a point.
const POSES: &[&[f64]] = &[
    &[1.0, 2.0, -0.5, 0.3, -0.7, 0.4, 0.8, -1.1, 2.0],
    &[1.1, 2.1, -0.4, 0.4, -0.6, 0.5, 0.7, -1.0, 2.1],
    &[0.0, -3.0, 1.5, -1.3, 0.2, 2.1, -0.4, 0.9, 0.1],
];

macro_rules! tests {
    ($nalgebra:ident) => {
        use $nalgebra::{
            Isometry3, Matrix3, Point3, RealField, SymmetricEigen, Translation3, UnitQuaternion,
            Vector3, convert,
        };

        use super::*;

        fn general<T: RealField + Copy>(x: &[T]) -> Matrix3<T> {
            Matrix3::from_row_slice(x)
        }

        fn definite<T: RealField + Copy>(x: &[T]) -> Matrix3<T> {
            Matrix3::new(x[0], x[1], x[2], x[1], x[3], x[4], x[2], x[4], x[5])
        }

        /// A number that depends on all values.
        fn mix<T: RealField + Copy>(values: impl IntoIterator<Item = T>) -> T {
            let mut weight = 0.3;
            values.into_iter().fold(T::zero(), |sum, value| {
                weight = 1.7 - weight * 1.1;
                sum + value * convert::<f64, T>(weight)
            })
        }

        fn vector<T: RealField + Copy>() -> Vector3<T> {
            Vector3::new(1.0, -2.0, 0.5).map(convert)
        }

        /// The logarithm of a Gaussian density with this covariance.
        fn cholesky<T: RealField + Copy>(x: &[T]) -> T {
            let factor = definite(x).cholesky().unwrap();
            let y = vector();
            let log_determinant = factor
                .l()
                .diagonal()
                .iter()
                .fold(T::zero(), |sum, d| sum + d.ln());
            -(y.dot(&factor.solve(&y)) * convert(0.5)) - log_determinant
        }

        fn cholesky_factor<T: RealField + Copy>(x: &[T]) -> T {
            mix(definite(x).cholesky().unwrap().l().iter().copied())
        }

        fn lu<T: RealField + Copy>(x: &[T]) -> T {
            let lu = general(x).lu();
            mix(lu.solve(&vector()).unwrap().iter().copied()) + lu.determinant()
        }

        fn inverse<T: RealField + Copy>(x: &[T]) -> T {
            mix(general(x).try_inverse().unwrap().iter().copied())
        }

        fn qr<T: RealField + Copy>(x: &[T]) -> T {
            let qr = general(x).qr();
            mix(qr.q().iter().chain(qr.r().iter()).copied())
        }

        fn svd<T: RealField + Copy>(x: &[T]) -> T {
            let svd = general(x).svd(true, true);
            let (u, v) = (svd.u.unwrap(), svd.v_t.unwrap());
            mix(svd
                .singular_values
                .iter()
                .chain(u.iter())
                .chain(v.iter())
                .copied())
        }

        fn symmetric_eigen<T: RealField + Copy>(x: &[T]) -> T {
            let eigen = SymmetricEigen::new(definite(x));
            mix(eigen
                .eigenvalues
                .iter()
                .chain(eigen.eigenvectors.iter())
                .copied())
        }

        fn pseudo_inverse<T: RealField + Copy>(x: &[T]) -> T {
            let tall = general(x).fixed_columns::<2>(0).into_owned();
            mix(tall.pseudo_inverse(convert(1e-9)).unwrap().iter().copied())
        }

        fn exponential<T: RealField + Copy>(x: &[T]) -> T {
            mix(reading(|| general(x).exp()).iter().copied())
        }

        fn rotation<T: RealField + Copy>(x: &[T]) -> T {
            let rotation = UnitQuaternion::from_scaled_axis(Vector3::new(x[3], x[4], x[5]));
            let between = rotation.slerp(&UnitQuaternion::identity(), convert(0.25));
            let (roll, pitch, yaw) = between.euler_angles();
            mix([roll, pitch, yaw, rotation.angle()])
        }

        fn isometry<T: RealField + Copy>(x: &[T]) -> T {
            let rotation = UnitQuaternion::new(Vector3::new(x[3], x[4], x[5]));
            let pose = Isometry3::from_parts(Translation3::new(x[0], x[1], x[2]), rotation);
            let moved =
                (pose * pose.inverse() * pose).transform_point(&Point3::new(x[6], x[7], x[8]));
            mix(moved.coords.iter().copied())
        }

        #[test]
        fn decompositions_have_the_bits_of_plain_numbers_and_correct_gradients() {
            let bits = Value::SameBits;
            // With logarithms, which the standard library rounds differently.
            assert!(agree!(cholesky, DEFINITE, Value::Within(1e-14), 1e-9) >= 2);
            assert!(agree!(cholesky_factor, DEFINITE, bits, 1e-9) >= 2);
            assert!(agree!(lu, GENERAL, bits, 1e-9) >= 2);
            assert!(agree!(inverse, GENERAL, bits, 1e-9) >= 2);
            assert!(agree!(qr, GENERAL, bits, 1e-9) >= 2);
            assert!(agree!(svd, GENERAL, bits, 1e-9) >= 2);
            assert!(agree!(symmetric_eigen, DEFINITE, bits, 1e-9) >= 2);
            assert!(agree!(pseudo_inverse, GENERAL, bits, 1e-9) >= 2);
        }

        #[test]
        fn the_exponential_reads_numbers_and_says_so() {
            assert_eq!(agree!(exponential, GENERAL, Value::SameBits, 1e-9), 1);
            let refused = std::panic::catch_unwind(|| {
                let x: Vec<Var> = GENERAL[0].iter().map(|&x| Var::new(x)).collect();
                general(&x).exp()
            });
            assert!(refused.is_err());
        }

        #[test]
        fn rotations_and_poses_have_correct_gradients() {
            assert!(agree!(rotation, POSES, Value::Within(1e-14), 1e-9) >= 2);
            assert!(agree!(isometry, POSES, Value::Within(1e-14), 1e-9) >= 2);
        }

        #[test]
        fn a_program_of_a_decomposition_checks_its_pivots() {
            let program = Program::trace_at(GENERAL[0], |x| lu(x)).unwrap();
            let error = program.gradient(GENERAL[3]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Branch);
            assert!(error.to_string().contains("nalgebra"), "{error}");
        }
    };
}

mod version_035 {
    tests!(nalgebra);
}

mod version_034 {
    tests!(nalgebra_034);
}
