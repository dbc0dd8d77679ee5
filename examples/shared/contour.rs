//! Finds the regions of the plane where a score is positive, as closed lines on a grid.

use std::collections::BTreeMap;
use std::ops::Range;

/// A point in the plane.
pub(crate) type Point = (f64, f64);
/// A node of the grid: line and column.
type Node = (usize, usize);

/// Steps of the grid along each side.
const STEPS: usize = 60;

/// A score at the nodes of a grid. A ring of nodes around it counts as negative, so that every line closes.
pub(crate) struct Field {
    xs: Range<f64>,
    ys: Range<f64>,
    scores: Vec<Vec<f64>>,
}

impl Field {
    /// Scores at all nodes. For several classes, there is one field per class: its score minus the highest other score. For
    /// a single score, there is the field of that score.
    pub(crate) fn of_classes<E>(
        xs: &Range<f64>,
        ys: &Range<f64>,
        scores: impl Fn(Point) -> Result<Vec<f64>, E>,
    ) -> Result<Vec<Self>, E> {
        let mut fields: Vec<Self> = Vec::new();
        for line in 0..=STEPS {
            for column in 0..=STEPS {
                let point = (share(xs, column), share(ys, line));
                let scores = scores(point)?;
                let empty = || Self {
                    xs: xs.clone(),
                    ys: ys.clone(),
                    scores: vec![vec![f64::MIN; STEPS + 3]; STEPS + 3],
                };
                fields.resize_with(scores.len(), empty);
                for (class, field) in fields.iter_mut().enumerate() {
                    let others = (0..scores.len()).filter(|&other| other != class);
                    let highest = others.map(|other| scores[other]).reduce(f64::max);
                    field.scores[line + 1][column + 1] = scores[class] - highest.unwrap_or(0.0);
                }
            }
        }
        Ok(fields)
    }

    /// Closed lines around the positive regions, the largest first, each with whether the inside is positive.
    pub(crate) fn loops(&self) -> Vec<(Vec<Point>, bool)> {
        let mut next = BTreeMap::new();
        for line in 0..STEPS + 2 {
            for column in 0..STEPS + 2 {
                let [a, b] = [(line, column), (line, column + 1)];
                let [c, d] = [(line + 1, column + 1), (line + 1, column)];
                for [p, q, r] in [[a, b, c], [a, c, d]] {
                    self.cross([p, q, r], &mut next);
                }
            }
        }
        let mut loops = Vec::new();
        while let Some((&start, _)) = next.first_key_value() {
            let mut points = Vec::new();
            let mut side = start;
            while let Some(following) = next.remove(&side) {
                points.push(self.crossing(side));
                side = following;
            }
            loops.push((area(&points), points));
        }
        loops.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        loops
            .into_iter()
            .map(|(area, points)| (points, area > 0.0))
            .collect()
    }

    /// The points that a line needs for its shape. The omitted points are within a third of a pixel of the line.
    pub(crate) fn thinned(&self, points: &[Point]) -> Vec<Point> {
        const TOLERANCE: f64 = 1.2e-3;
        let scaled = |(x, y): Point| {
            let part =
                |value: f64, range: &Range<f64>| (value - range.start) / (range.end - range.start);
            (part(x, &self.xs), part(y, &self.ys))
        };
        let mut kept = Vec::new();
        let mut start = 0;
        for end in 0..points.len() {
            let (from, to) = (scaled(points[start]), scaled(points[end]));
            let between = &points[(start + 1).min(end)..end];
            let near = |&point: &Point| distance(scaled(point), from, to) < TOLERANCE;
            if kept.is_empty() {
                kept.push(points[0]);
            } else if !between.iter().all(near) {
                start = end - 1;
                kept.push(points[start]);
            }
        }
        kept.extend(points.last());
        kept
    }

    /// The parts of these lines that do not follow the frame.
    pub(crate) fn inner(&self, closed: &[Point]) -> Vec<Vec<Point>> {
        let on_frame = |p: Point, q: Point| {
            let along =
                |a: f64, b: f64, range: &Range<f64>| a == b && (a == range.start || a == range.end);
            along(p.0, q.0, &self.xs) || along(p.1, q.1, &self.ys)
        };
        let mut lines = vec![Vec::new()];
        for (place, &p) in closed.iter().enumerate() {
            let q = closed[(place + 1) % closed.len()];
            if let Some(line) = lines.last_mut() {
                line.push(p);
            }
            if on_frame(p, q) {
                lines.push(Vec::new());
            } else if place + 1 == closed.len()
                && let Some(line) = lines.last_mut()
            {
                line.push(q);
            }
        }
        lines.retain(|line| line.len() > 1);
        lines.iter().map(|line| self.thinned(line)).collect()
    }

    /// Notes how a line crosses a triangle with corners in counterclockwise order. The positive side is on the line's left.
    fn cross(&self, corners: [Node; 3], next: &mut BTreeMap<[Node; 2], [Node; 2]>) {
        let (mut leaves, mut enters) = (None, None);
        for (place, &p) in corners.iter().enumerate() {
            let q = corners[(place + 1) % 3];
            let side = [p.min(q), p.max(q)];
            match (self.is_positive(p), self.is_positive(q)) {
                (true, false) => leaves = Some(side),
                (false, true) => enters = Some(side),
                _ => {}
            }
        }
        if let (Some(leaves), Some(enters)) = (leaves, enters) {
            next.insert(leaves, enters);
        }
    }

    fn is_positive(&self, (line, column): Node) -> bool {
        self.scores[line][column] > 0.0
    }

    /// The point where the score is 0 between two nodes, one of them positive.
    fn crossing(&self, [p, q]: [Node; 2]) -> Point {
        let (u, v) = (self.scores[p.0][p.1], self.scores[q.0][q.1]);
        let part = if v == f64::MIN {
            0.0
        } else if u == f64::MIN {
            1.0
        } else {
            u / (u - v)
        };
        let between = |a: f64, b: f64| a + (b - a) * part;
        let at = |(line, column): Node| (inside(&self.xs, column), inside(&self.ys, line));
        let ((x0, y0), (x1, y1)) = (at(p), at(q));
        (between(x0, x1), between(y0, y1))
    }
}

/// The coordinate of a node of the grid.
fn share(range: &Range<f64>, step: usize) -> f64 {
    if step == STEPS {
        return range.end;
    }
    range.start + (range.end - range.start) * step as f64 / STEPS as f64
}

/// Like [`share`], for the grid with the ring, whose nodes are on the frame.
fn inside(range: &Range<f64>, step: usize) -> f64 {
    share(range, step.saturating_sub(1).min(STEPS))
}

/// The distance of a point from the segment between two others.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let length = dx * dx + dy * dy;
    let part = if length > 0.0 {
        ((px * dx + py * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (px - part * dx).hypot(py - part * dy)
}

/// The area within a closed line: positive if it is counterclockwise, negative if clockwise.
fn area(points: &[Point]) -> f64 {
    let pairs = points.iter().zip(points.iter().cycle().skip(1));
    pairs.map(|(p, q)| p.0 * q.1 - q.0 * p.1).sum::<f64>() / 2.0
}
