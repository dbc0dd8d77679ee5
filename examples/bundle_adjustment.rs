//! Bundle adjustment: estimates cameras and points from their images, in a synthetic scene.
//!
//! One observation is a traced function of a camera (six numbers), a point (three) and its position in the image (two). Its
//! Jacobian is a program that runs over all observations as rows. The Levenberg–Marquardt method builds the sparse normal
//! equations from the derivatives and eliminates the points (the Schur complement), so the system to solve has the size of
//! the cameras.
//!
//! Run with `cargo run --release --example bundle_adjustment`.

#![expect(
    clippy::needless_range_loop,
    reason = "the indices of several blocks at once, as in the formulas"
)]

use chainrule::{Batch, Joined, Mode, Program, Result, Scalar, Table, Transform};

const CAMERAS: usize = 8;
const POINTS: usize = 300;
/// The numbers of a camera: the Cayley rotation, then the shift.
const C: usize = 6;
const P: usize = 3;
/// Two residuals, then the derivatives of each with respect to camera and point.
const OUTPUTS: usize = 2 + 2 * (C + P);

/// The computed image of a point in a camera minus the observed one.
fn reprojection<S: Scalar>(row: &[S]) -> [S; 2] {
    let (c, shift, x, seen) = (&row[..3], &row[3..6], &row[6..9], &row[9..11]);
    let cross = |a: &[S], b: &[S]| {
        [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ]
    };
    let once = cross(c, x);
    let twice = cross(c, &once);
    let scale = ((c[0].square() + c[1].square() + c[2].square() + 1.0) * 0.5).recip();
    let at = |i: usize| x[i] + (once[i] + twice[i]) * scale + shift[i];
    [at(0) / at(2) - seen[0], at(1) / at(2) - seen[1]]
}

struct Scene {
    cameras: Vec<[f64; C]>,
    points: Vec<[f64; P]>,
    seen: Seen,
}

/// The observations: the camera of each, its point, and the observed position.
#[derive(Clone, Default)]
struct Seen {
    cameras: Vec<usize>,
    points: Vec<usize>,
    places: Vec<[f64; 2]>,
}

impl Seen {
    fn len(&self) -> usize {
        self.places.len()
    }

    /// Camera and point of each observation.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.cameras
            .iter()
            .copied()
            .zip(self.points.iter().copied())
    }
}

impl Scene {
    /// Cameras on an arc around a cloud of points. Their observations have a little noise.
    fn new() -> Self {
        let mut state = 7_u64;
        let mut random = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        let camera = |i: usize| {
            let angle = 0.08 * (i as f64 - 3.5);
            [0.0, angle, 0.02 * angle, -4.0 * angle, 0.1 * angle, 6.0]
        };
        let cameras: Vec<[f64; C]> = (0..CAMERAS).map(camera).collect();
        let points: Vec<[f64; P]> = (0..POINTS)
            .map(|_| [0; P].map(|_| 2.0 * random()))
            .collect();
        let mut seen = Seen::default();
        for (i, camera) in cameras.iter().enumerate() {
            for (j, point) in points.iter().enumerate().filter(|(j, _)| (i + j) % 3 != 0) {
                let place = reprojection(&[&camera[..], point, &[0.0; 2]].concat());
                seen.cameras.push(i);
                seen.points.push(j);
                seen.places.push(place.map(|x| x + 2e-3 * random()));
            }
        }
        // The start of the search: the truth with noise. The first camera is known.
        let mut scene = Self {
            cameras,
            points,
            seen,
        };
        for camera in &mut scene.cameras[1..] {
            for x in camera {
                *x += 0.1 * random();
            }
        }
        for point in &mut scene.points {
            for x in point {
                *x += 0.3 * random();
            }
        }
        scene
    }

    /// One row for each observation, read from the tables of cameras and points.
    fn rows(&self) -> Result<Joined<'_>> {
        Joined::new()
            .lookup(&self.cameras, &self.seen.cameras)?
            .lookup(&self.points, &self.seen.points)?
            .table(&self.seen.places)
    }

    /// The scene after a step: all cameras, then all points.
    fn moved(&self, cameras: &[f64], points: &[[f64; P]]) -> Self {
        let add = |x: &mut [f64], by: &[f64]| x.iter_mut().zip(by).for_each(|(x, by)| *x += by);
        let (mut new_cameras, mut new_points) = (self.cameras.clone(), self.points.clone());
        new_cameras
            .iter_mut()
            .zip(cameras.chunks(C))
            .for_each(|(x, by)| add(x, by));
        new_points
            .iter_mut()
            .zip(points)
            .for_each(|(x, by)| add(x, by));
        Self {
            cameras: new_cameras,
            points: new_points,
            seen: self.seen.clone(),
        }
    }
}

/// The normal equations `JᵀJ·step = −Jᵀr` in blocks.
struct Normal {
    cameras: Vec<[[f64; C]; C]>,
    points: Vec<[[f64; P]; P]>,
    /// One block per observation.
    mixed: Vec<[[f64; P]; C]>,
    right_cameras: Vec<[f64; C]>,
    right_points: Vec<[f64; P]>,
}

impl Normal {
    fn new(scene: &Scene, found: &[f64]) -> Self {
        let mut normal = Self {
            cameras: vec![[[0.0; C]; C]; CAMERAS],
            points: vec![[[0.0; P]; P]; POINTS],
            mixed: Vec::with_capacity(scene.seen.len()),
            right_cameras: vec![[0.0; C]; CAMERAS],
            right_points: vec![[0.0; P]; POINTS],
        };
        for ((i, j), found) in scene.seen.pairs().zip(found.chunks(OUTPUTS)) {
            let mut mixed = [[0.0; P]; C];
            for (r, slopes) in found[..2].iter().zip(found[2..].chunks(C + P)) {
                let (by_camera, by_point) = slopes.split_at(C);
                for a in 0..C {
                    for b in 0..C {
                        normal.cameras[i][a][b] += by_camera[a] * by_camera[b];
                    }
                    for b in 0..P {
                        mixed[a][b] += by_camera[a] * by_point[b];
                    }
                    normal.right_cameras[i][a] -= by_camera[a] * r;
                }
                for a in 0..P {
                    for b in 0..P {
                        normal.points[j][a][b] += by_point[a] * by_point[b];
                    }
                    normal.right_points[j][a] -= by_point[a] * r;
                }
            }
            normal.mixed.push(mixed);
        }
        normal
    }

    /// The step for this damping: of the cameras, where the first one stays, and of the points.
    fn solve(&self, scene: &Scene, damping: f64) -> (Vec<f64>, Vec<[f64; P]>) {
        let n = CAMERAS * C;
        let mut matrix = vec![vec![0.0; n + 1]; n];
        for i in 0..CAMERAS {
            for a in 0..C {
                for b in 0..C {
                    matrix[i * C + a][i * C + b] = self.cameras[i][a][b];
                }
                matrix[i * C + a][i * C + a] += damping * (1.0 + self.cameras[i][a][a]);
                matrix[i * C + a][n] = self.right_cameras[i][a];
            }
        }
        let inverses: Vec<[[f64; P]; P]> = self
            .points
            .iter()
            .map(|block| {
                let mut block = *block;
                (0..P).for_each(|a| block[a][a] += damping * (1.0 + block[a][a]));
                inverse(block)
            })
            .collect();
        let mut by_point: Vec<Vec<usize>> = vec![Vec::new(); POINTS];
        for (o, &j) in scene.seen.points.iter().enumerate() {
            by_point[j].push(o);
        }
        for (j, observations) in by_point.iter().enumerate() {
            for &o in observations {
                let w = times(&self.mixed[o], &inverses[j]);
                let i = scene.seen.cameras[o];
                for a in 0..C {
                    for b in 0..P {
                        matrix[i * C + a][n] -= w[a][b] * self.right_points[j][b];
                    }
                    for &other in observations {
                        let k = scene.seen.cameras[other];
                        for b in 0..C {
                            let product: f64 =
                                (0..P).map(|c| w[a][c] * self.mixed[other][b][c]).sum();
                            matrix[i * C + a][k * C + b] -= product;
                        }
                    }
                }
            }
        }
        // The first camera is fixed, so that the scene cannot move as a whole.
        for a in 0..C {
            matrix[a].fill(0.0);
            matrix[a][a] = 1.0;
        }
        let cameras = eliminate(matrix);
        let mut points = self.right_points.clone();
        for (o, (i, j)) in scene.seen.pairs().enumerate() {
            for a in 0..C {
                for b in 0..P {
                    points[j][b] -= self.mixed[o][a][b] * cameras[i * C + a];
                }
            }
        }
        for (point, inverse) in points.iter_mut().zip(&inverses) {
            *point = [0, 1, 2].map(|a| (0..P).map(|b| inverse[a][b] * point[b]).sum());
        }
        (cameras, points)
    }
}

fn times(w: &[[f64; P]; C], v: &[[f64; P]; P]) -> [[f64; P]; C] {
    w.map(|row| [0, 1, 2].map(|b| (0..P).map(|c| row[c] * v[c][b]).sum()))
}

fn inverse(m: [[f64; P]; P]) -> [[f64; P]; P] {
    let minor = |i: usize, j: usize| {
        let (a, b, c, d) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
        m[a][c] * m[b][d] - m[a][d] * m[b][c]
    };
    let determinant: f64 = (0..P).map(|j| m[0][j] * minor(0, j)).sum();
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| minor(j, i) / determinant))
}

/// Solves a system by Gaussian elimination. The right side is the last column.
fn eliminate(mut matrix: Vec<Vec<f64>>) -> Vec<f64> {
    let n = matrix.len();
    for column in 0..n {
        let size = |row: usize| matrix[row][column].abs();
        let pivot = (column..n)
            .max_by(|&a, &b| size(a).total_cmp(&size(b)))
            .unwrap_or(column);
        matrix.swap(column, pivot);
        for row in column + 1..n {
            let factor = matrix[row][column] / matrix[column][column];
            let (above, below) = matrix.split_at_mut(row);
            for (x, y) in below[0].iter_mut().zip(&above[column]).skip(column) {
                *x -= factor * y;
            }
        }
    }
    let mut x = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| matrix[row][k] * x[k]).sum();
        x[row] = (matrix[row][n] - known) / matrix[row][row];
    }
    x
}

/// The residuals and derivatives of all observations, and the root mean square of the residuals.
fn evaluate(batch: &mut Batch, scene: &Scene) -> Result<(Vec<f64>, f64)> {
    batch.set_rows(&scene.rows()?)?;
    let found = batch.values(&[])?.to_vec();
    let squares: f64 = found
        .chunks(OUTPUTS)
        .flat_map(|row| &row[..2])
        .map(|r| r * r)
        .sum();
    Ok((found, (squares / scene.seen.len() as f64).sqrt()))
}

fn main() -> Result<()> {
    let mut scene = Scene::new();
    let rows = scene.rows()?;
    let first: Vec<f64> = (0..rows.width(0))
        .map(|column| rows.at(0, column))
        .collect();
    let residual = Program::trace_at(&first, reprojection)?;
    // The position in the image is data, so it needs no derivatives.
    let wanted: Vec<usize> = (0..C + P).collect();
    let slopes = residual
        .with_respect_to(&wanted)?
        .transform(Transform::Jacobian(Mode::Cheaper))?;
    let mut batch = residual.join(&slopes)?.batch(&rows)?;

    println!(
        "{CAMERAS} cameras, {POINTS} points, {} observations",
        scene.seen.len()
    );
    println!("{:>4} {:>14} {:>10}", "step", "error", "damping");
    let mut damping = 1e-3;
    let (mut found, mut error) = evaluate(&mut batch, &scene)?;
    for step in 0..30 {
        println!("{step:>4} {error:>14.8} {damping:>10.1e}");
        let normal = Normal::new(&scene, &found);
        let (cameras, points) = normal.solve(&scene, damping);
        let next = scene.moved(&cameras, &points);
        let (next_found, next_error) = evaluate(&mut batch, &next)?;
        if next_error < error {
            let gain = error - next_error;
            (scene, found, error) = (next, next_found, next_error);
            damping = (damping * 0.1).max(1e-12);
            if gain < 1e-9 * error {
                println!(
                    "\nconverged after {} steps to {error:.6}: the noise is 2e-3 wide",
                    step + 1
                );
                return Ok(());
            }
        } else {
            damping *= 10.0;
        }
    }
    println!("\nnot converged");
    Ok(())
}
