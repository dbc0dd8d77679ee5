//! The function that the build script wrote has the bits of the engine.

use chainrule::Program;
use chainrule_generated::{MEASUREMENTS, PARAMETERS, residuals};

#[path = "../model.rs"]
mod model;

#[test]
fn the_written_function_has_the_engines_bits() {
    let f = Program::trace(PARAMETERS, model::residuals).unwrap();
    for point in [[4.0, 0.5, 0.5], [1e3, -2.0, 1e-9], [0.1, 300.0, f64::MAX]] {
        let mut written = [0.0; MEASUREMENTS * (1 + PARAMETERS)];
        residuals(&point, &mut written).unwrap();
        let (values, jacobian) = f.jacobian(&point).unwrap();
        let computed = [values, jacobian].concat();
        assert_eq!(
            written.map(f64::to_bits).to_vec(),
            computed.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        );
    }
}
