//! The points of a skeleton by hand, with the Jacobian's entries that can be nonzero.

use crate::skeleton::{BONES, EACH, LENGTHS, PALM, Vector, root};

/// Sines and cosines of the palm's angles.
struct Turn([f64; 3], [f64; 3]);

impl Turn {
    fn new(x: &[f64]) -> Self {
        Self([0, 1, 2].map(|i| x[i].sin()), [0, 1, 2].map(|i| x[i].cos()))
    }

    fn turned(&self, q: Vector) -> Vector {
        let (Self([sa, sb, sc], [ca, cb, cc]), [x, y, z]) = (self, q);
        let (y, z) = (ca * y - sa * z, sa * y + ca * z);
        let (x, z) = (cb * x + sb * z, cb * z - sb * x);
        [cc * x - sc * y, sc * x + cc * y, z]
    }

    /// The derivatives of a turned vector with respect to the three angles.
    fn slopes(&self, q: Vector) -> [Vector; 3] {
        let (Self([sa, sb, sc], [ca, cb, cc]), [x, y, z]) = (self, q);
        let (y, z) = (ca * y - sa * z, sa * y + ca * z);
        // After the first turn, its derivative is (0, −z, y).
        let first = [cc * sb * y + sc * z, sc * sb * y - cc * z, cb * y];
        let (x, z) = (cb * x + sb * z, cb * z - sb * x);
        [
            first,
            [cc * z, sc * z, -x],
            [-sc * x - cc * y, cc * x - sc * y, 0.0],
        ]
    }
}

/// Writes all differences and, if `entries` are given, the entries of the Jacobian that can be nonzero, row by row.
pub(crate) fn by_hand(
    x: &[f64],
    measured: &[Vector],
    found: &mut Vec<f64>,
    mut entries: Option<&mut Vec<f64>>,
) {
    let turn = Turn::new(x);
    found.clear();
    for (finger, measured) in measured.chunks_exact(BONES).enumerate() {
        let angles = &x[PALM + finger * EACH..][..EACH];
        let (sine, cosine) = angles[0].sin_cos();
        let mut q = root(finger);
        let mut bent = 0.0;
        let mut slopes = [[0.0; 3]; EACH];
        for (bone, measured) in measured.iter().enumerate() {
            bent += angles[1 + bone];
            let (sin, cos) = bent.sin_cos();
            let (down, reach) = (LENGTHS[bone] * sin, LENGTHS[bone] * cos);
            q = [q[0] + cosine * reach, q[1] + sine * reach, q[2] - down];
            let turned = turn.turned(q);
            found.extend((0..3).map(|i| turned[i] + x[3 + i] - measured[i]));
            let Some(entries) = &mut entries else {
                continue;
            };
            let spreading = [-sine * reach, cosine * reach, 0.0];
            let bending = [-cosine * down, -sine * down, -reach];
            // This bone moves with every joint before it.
            for (joint, slope) in slopes[..2 + bone].iter_mut().enumerate() {
                let moved = turn.turned(if joint == 0 { spreading } else { bending });
                (0..3).for_each(|i| slope[i] += moved[i]);
            }
            let palm = turn.slopes(q);
            for i in 0..3 {
                // The last turn does not change the third coordinate.
                let angles = if i == 2 { 2 } else { 3 };
                entries.extend(palm[..angles].iter().map(|slope| slope[i]));
                entries.push(1.0);
                entries.extend(slopes[..2 + bone].iter().map(|slope| slope[i]));
            }
        }
    }
}
