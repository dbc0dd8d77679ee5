//! A camera's picture of a point by hand: Rodrigues' rotation, the projection with its distortion, and all derivatives.

use crate::bundle_adjustment::{INPUTS, Jacobian, Row};

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

/// What both the differences and their derivatives need.
pub(crate) struct Picture {
    v: [f64; 3],
    angle: f64,
    n: [f64; 3],
    sin: f64,
    cos: f64,
    turned: [f64; 3],
    x: f64,
    y: f64,
    r2: f64,
    distortion: f64,
    /// The differences without their weight.
    pub(crate) differences: [f64; 2],
}

impl Picture {
    pub(crate) fn new(row: &Row) -> Self {
        let v = [0, 1, 2].map(|i| row[11 + i] - row[3 + i]);
        let r = [row[0], row[1], row[2]];
        let angle = dot(r, r).sqrt();
        let n = r.map(|r| r / angle);
        let (sin, cos) = angle.sin_cos();
        let (crossed, along) = (cross(n, v), dot(n, v) * (1.0 - cos));
        let turned = [0, 1, 2].map(|i| v[i] * cos + crossed[i] * sin + n[i] * along);
        let (x, y) = (turned[0] / turned[2], turned[1] / turned[2]);
        let r2 = x * x + y * y;
        let distortion = 1.0 + row[9] * r2 + row[10] * r2 * r2;
        let differences = [
            x * distortion * row[6] + row[7] - row[15],
            y * distortion * row[6] + row[8] - row[16],
        ];
        Self {
            v,
            angle,
            n,
            sin,
            cos,
            turned,
            x,
            y,
            r2,
            distortion,
            differences,
        }
    }

    /// The derivatives of the turned point with respect to the rotation vector.
    fn by_rotation(&self) -> [[f64; 3]; 3] {
        let &Self { v, n, sin, cos, .. } = self;
        let (around, along) = (cross(n, self.turned), dot(n, v));
        [0, 1, 2].map(|j| {
            // How the axis changes.
            let mut d = n.map(|n_i| -n_i * n[j] / self.angle);
            d[j] += 1.0 / self.angle;
            let (crossed, d_along) = (cross(d, v), dot(d, v));
            [0, 1, 2].map(|i| {
                let by_axis = crossed[i] * sin + (d[i] * along + n[i] * d_along) * (1.0 - cos);
                n[j] * around[i] + by_axis
            })
        })
    }

    /// The columns of the rotation matrix.
    fn columns(&self) -> [[f64; 3]; 3] {
        let &Self { n, sin, cos, .. } = self;
        [0, 1, 2].map(|j| {
            let mut unit = [0.0; 3];
            unit[j] = 1.0;
            let crossed = cross(n, unit);
            [0, 1, 2].map(|i| unit[i] * cos + crossed[i] * sin + n[i] * n[j] * (1.0 - cos))
        })
    }

    /// The derivatives of both weighted differences with respect to all inputs.
    pub(crate) fn jacobian(&self, row: &Row) -> Jacobian {
        let &Self { x, y, r2, .. } = self;
        let (weight, focal) = (row[14], row[6]);
        let (scale, z) = (weight * focal, self.turned[2]);
        let steep = 2.0 * (row[9] + 2.0 * row[10] * r2);
        let (by_rotation, columns) = (self.by_rotation(), self.columns());
        let mut jacobian = [[0.0; INPUTS]; 2];
        for (output, (place, row)) in [x, y].into_iter().zip(&mut jacobian).enumerate() {
            let mut flat = [place * steep * x, place * steep * y];
            flat[output] += self.distortion;
            let [dx, dy] = flat.map(|slope| scale * slope / z);
            let by_turned = [dx, dy, -(dx * x + dy * y)];
            for j in 0..3 {
                row[j] = dot(by_turned, by_rotation[j]);
                row[11 + j] = dot(by_turned, columns[j]);
                row[3 + j] = -row[11 + j];
            }
            row[6] = weight * place * self.distortion;
            row[7 + output] = weight;
            row[9] = scale * place * r2;
            row[10] = scale * place * r2 * r2;
            row[14] = self.differences[output];
        }
        jacobian
    }
}
