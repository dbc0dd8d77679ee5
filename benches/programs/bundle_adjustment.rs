//! Bundle adjustment: how far a camera's picture of a point is from where it was measured, and the Jacobian of each row with
//! respect to the camera, the point and a weight.

use std::hint::black_box;

use chainrule::{Batch, Level, Program, Var};

use crate::bundle_by_hand::Picture;
use crate::numbers::{Numbers, check};
use crate::race::Race;
use crate::table::Line;

const ROWS: usize = 2000;
/// The rotation vector, the centre, the focal length, the principal point, two distortions, the point and the weight.
pub(crate) const INPUTS: usize = 15;
/// The inputs and the measured place in the picture.
const WIDTH: usize = INPUTS + 2;
pub(crate) type Row = [f64; WIDTH];
pub(crate) type Jacobian = [[f64; INPUTS]; 2];

/// The two weighted differences of a row.
fn project(row: &[Var]) -> [Var; 2] {
    let v = [0, 1, 2].map(|i| row[11 + i] - row[3 + i]);
    let angle = (row[0].square() + row[1].square() + row[2].square()).sqrt();
    let n = [0, 1, 2].map(|i| row[i] / angle);
    let (sin, cos) = (angle.sin(), angle.cos());
    let along = (n[0] * v[0] + n[1] * v[1] + n[2] * v[2]) * (1.0 - cos);
    let [x, y, z] = [0, 1, 2].map(|i| {
        let (j, k) = ((i + 1) % 3, (i + 2) % 3);
        v[i] * cos + (n[j] * v[k] - n[k] * v[j]) * sin + n[i] * along
    });
    let (x, y) = (x / z, y / z);
    let r2 = x.square() + y.square();
    let scale = (1.0 + row[9] * r2 + row[10] * r2.square()) * row[6];
    [
        (x * scale + row[7] - row[15]) * row[14],
        (y * scale + row[8] - row[16]) * row[14],
    ]
}

fn values_by_hand(rows: &[Row], values: &mut [[f64; 2]]) {
    for (row, values) in rows.iter().zip(values) {
        *values = Picture::new(row).differences.map(|d| d * row[14]);
    }
}

fn jacobians_by_hand(rows: &[Row], values: &mut [[f64; 2]], jacobians: &mut [Jacobian]) {
    for ((row, values), jacobian) in rows.iter().zip(values).zip(jacobians) {
        let picture = Picture::new(row);
        *values = picture.differences.map(|d| d * row[14]);
        *jacobian = picture.jacobian(row);
    }
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let mut numbers = Numbers::new(15);
    let rows: Vec<Row> = (0..ROWS)
        .map(|_| {
            let mut row = [(); WIDTH].map(|()| 0.3 * numbers.number());
            // The focal length, a point in front of the camera, and the weight.
            row[6] += 1.0;
            row[13] += 3.0;
            row[14] += 1.0;
            row
        })
        .collect();
    let inputs: Vec<usize> = (0..INPUTS).collect();
    let program = Program::trace_rows_at(&[0.0; 0], &rows[0], |_, row| project(row))
        .and_then(|program| program.with_respect_to(&inputs))
        .expect("a program");
    let mut values = vec![[0.0; 2]; ROWS];
    let mut jacobians = vec![[[0.0; INPUTS]; 2]; ROWS];
    jacobians_by_hand(&rows, &mut values, &mut jacobians);
    let mut batches: [Batch; 3] = [Level::Exact, Level::Exact, Level::Fast].map(|level| {
        let batch = program.at_level(level).batch(&rows);
        let mut batch = batch.expect("rows").threads(1);
        let (ours, slopes) = batch.jacobians(&[]).expect("Jacobians");
        check(ours, values.as_flattened());
        check(slopes, jacobians.as_flattened().as_flattened());
        batch
    });
    let [alone, exact, fast] = &mut batches;
    let mut values_alone = values.clone();
    let works = race.run([
        &mut || _ = alone.values(&[]).expect("values"),
        &mut || _ = exact.jacobians(&[]).expect("Jacobians"),
        &mut || _ = fast.jacobians(&[]).expect("Jacobians"),
        &mut || values_by_hand(black_box(&rows), black_box(&mut values_alone)),
        &mut || jacobians_by_hand(black_box(&rows), &mut values, black_box(&mut jacobians)),
    ]);
    let [alone, exact, fast, values, jacobians] = works.map(|times| times.per(ROWS));
    let line = |suffix: &str, what: &str, ours| {
        let title = format!("bundle adjustment, {what}, per row");
        Line::new(format!("bundle{suffix}"), title, ours).each()
    };
    vec![
        line("-value", "values, Exact", alone).beside("values by hand", values),
        line("", "Jacobian, Exact", exact).beside("Jacobian by hand", jacobians),
        line("-fast", "Jacobian, Fast", fast).beside("Jacobian by hand", jacobians),
    ]
}
