//! The loss of k-means: the sum over rows of the smallest squared distance to a centroid, in eight dimensions.

use chainrule::{Program, Var};

use crate::numbers::Numbers;
use crate::race::Race;
use crate::table::Line;
use crate::value_and_gradient;

const DIMENSIONS: usize = 8;
const ROWS: usize = 2000;

type Point = [f64; DIMENSIONS];

/// A loss of the centroids and a row, with the ends of its key and its title.
type Loss = (&'static str, &'static str, fn(&[Var], &[Var]) -> Var);

/// The smallest squared distance of one row.
fn row_loss(centroids: &[Var], x: &[Var]) -> Var {
    let distances: Vec<Var> = centroids
        .chunks_exact(DIMENSIONS)
        .map(|c| x.iter().zip(c).map(|(&x, &c)| (x - c).square()).sum())
        .collect();
    Var::min_of(&distances)
}

/// The same, with the nearest centroid chosen first: then a derivative passes to that one only.
fn chosen_loss(centroids: &[Var], x: &[Var]) -> Var {
    let of = |c: &[Var]| -> Var { x.iter().zip(c).map(|(&x, &c)| (x - c).square()).sum() };
    let distances: Vec<Var> = centroids.chunks_exact(DIMENSIONS).map(of).collect();
    let index = Var::argmin_of(&distances);
    let coordinate = |j: usize| {
        let column: Vec<Var> = centroids
            .iter()
            .skip(j)
            .step_by(DIMENSIONS)
            .copied()
            .collect();
        index.gather(&column)
    };
    of(&(0..DIMENSIONS).map(coordinate).collect::<Vec<Var>>())
}

/// The nearest centroid and its squared distance.
fn nearest(centroids: &[Point], x: &Point) -> (usize, f64) {
    let mut nearest = (0, f64::INFINITY);
    for (index, c) in centroids.iter().enumerate() {
        let mut distance = 0.0;
        for j in 0..DIMENSIONS {
            distance += (x[j] - c[j]) * (x[j] - c[j]);
        }
        if distance < nearest.1 {
            nearest = (index, distance);
        }
    }
    nearest
}

fn value_by_hand(centroids: &[f64], rows: &[Point]) -> f64 {
    let centroids = centroids.as_chunks().0;
    rows.iter().map(|x| nearest(centroids, x).1).sum()
}

fn gradient_by_hand(centroids: &[f64], rows: &[Point], gradient: &mut [f64]) -> f64 {
    let (centroids, gradient) = (centroids.as_chunks().0, gradient.as_chunks_mut().0);
    gradient.fill([0.0; DIMENSIONS]);
    let mut value = 0.0;
    for x in rows {
        let (index, distance) = nearest(centroids, x);
        value += distance;
        for j in 0..DIMENSIONS {
            gradient[index][j] -= 2.0 * (x[j] - centroids[index][j]);
        }
    }
    value
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let mut numbers = Numbers::new(10);
    let rows: Vec<Point> = (0..ROWS)
        .map(|_| [(); DIMENSIONS].map(|()| numbers.number()))
        .collect();
    [16, 100]
        .into_iter()
        .flat_map(|k| {
            let centroids = numbers.take(k * DIMENSIONS, 1.0);
            let losses: [Loss; 2] = [
                ("", "", row_loss),
                ("-chosen", ", chosen by index", chosen_loss),
            ];
            losses
                .into_iter()
                .flat_map(|(key, how, loss)| {
                    let program =
                        Program::trace_rows(&centroids[..], DIMENSIONS, |c, x| loss(c, x))
                            .expect("a program");
                    value_and_gradient::lines(
                        race,
                        (
                            &format!("k-means-{k}{key}"),
                            &format!("k-means, {ROWS} rows, k = {k}{how}"),
                        ),
                        |level| {
                            let batch = program.at_level(level).batch(&rows);
                            batch.expect("rows").threads(1)
                        },
                        &centroids,
                        |c| value_by_hand(c, &rows),
                        |c, gradient| gradient_by_hand(c, &rows, gradient),
                    )
                })
                .collect::<Vec<Line>>()
        })
        .collect()
}
