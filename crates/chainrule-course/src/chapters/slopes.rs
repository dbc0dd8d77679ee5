//! Chapter 0: a derivative is the slope that nudging finds, and gradient descent follows it downhill.

use chainrule::{Var, derive};

use crate::contour::Point;
use crate::learn::{agree, hold};
use crate::plot::{BLUE, Chart, Outcome, Pictures, RED, Series};

/// The loss of this chapter: lowest at 3.
fn loss(w: f64) -> f64 {
    (w - 3.0).powi(2) + 1.0
}

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    nudges()?;
    tangent(pictures)?;
    downhill(pictures)?;
    line()
}

/// The slope at 1 from smaller and smaller nudges, and from the engine.
fn nudges() -> Outcome<()> {
    let w = 1.0;
    println!("  nudge   change of the loss ÷ nudge");
    for exponent in [1, 2, 4, 8, 12, 16] {
        let h = 10f64.powi(-exponent);
        let slope = (loss(w + h) - loss(w)) / h;
        println!("  1e-{exponent:<2}   {slope}");
        let bound = 2.0 * h + 4.0 * f64::EPSILON * loss(w) / h;
        agree("the slope", slope, -4.0, bound)?;
    }
    let (_, slope) = derive::gradient(|w| (w[0] - 3.0).square() + 1.0, &[w])?;
    println!("  exact   {}", slope[0]);
    agree("the exact slope", slope[0], -4.0, 0.0)
}

fn curve() -> Series {
    let points = (0..=120).map(|i| -0.5 + f64::from(i) * 7.0 / 120.0);
    Series {
        name: "loss",
        colour: BLUE,
        points: points.map(|w| (w, loss(w))).collect(),
        dots: false,
    }
}

fn chart(title: String, series: Vec<Series>) -> Chart {
    Chart {
        title,
        axes: ["w", "loss"],
        xs: -0.5..6.5,
        ys: 0.0..14.0,
        logarithmic: None,
        legend: None,
        series,
    }
}

/// The curve, and the straight line that has its slope at 1.
fn tangent(pictures: &Pictures) -> Outcome<()> {
    let at = |w: f64| (w, loss(1.0) - 4.0 * (w - 1.0));
    let touching = Series {
        name: "slope −4",
        colour: RED,
        points: vec![at(-0.5), at(2.2)],
        dots: false,
    };
    let point = Series {
        name: "w = 1",
        colour: RED,
        points: vec![(1.0, loss(1.0))],
        dots: true,
    };
    let title = String::from("at w = 1 the slope is −4");
    pictures.charts(
        "00-slope.svg",
        1,
        [420, 300],
        &[chart(title, vec![curve(), touching, point])],
    )
}

/// The points that gradient descent visits from 0.
fn descend(rate: f64, steps: usize) -> Vec<Point> {
    let mut w = 0.0;
    let mut visited = vec![(w, loss(w))];
    for _ in 0..steps {
        w -= rate * derivative(w);
        visited.push((w, loss(w)));
    }
    visited
}

/// The exact slope.
fn derivative(w: f64) -> f64 {
    let w = Var::new(w);
    ((w - 3.0).square() + 1.0).backward()[w]
}

/// Ten steps with a small, a good and a large learning rate.
fn downhill(pictures: &Pictures) -> Outcome<()> {
    let mut charts = Vec::new();
    for rate in [0.02, 0.2, 0.95] {
        let visited = descend(rate, 10);
        let (w, last) = visited[10];
        println!("  learning rate {rate}: after 10 steps w = {w:.3}, loss {last:.3}");
        charts.push(chart(
            format!("learning rate {rate}"),
            vec![
                curve(),
                Series {
                    name: "path",
                    colour: RED,
                    points: visited.clone(),
                    dots: false,
                },
                Series {
                    name: "steps",
                    colour: RED,
                    points: visited,
                    dots: true,
                },
            ],
        ));
    }
    let lost = descend(1.05, 10)[10].1;
    println!("  learning rate 1.05: after 10 steps the loss is {lost:.1}");
    hold(lost > loss(0.0), "too large a rate climbs")?;
    hold(descend(0.2, 10)[10].1 < 1.001, "a good rate arrives")?;
    pictures.charts("00-downhill.svg", 3, [300, 260], &charts)
}

/// Two parameters at once: a line through three points.
fn line() -> Outcome<()> {
    let points = [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]];
    let mut line = [0.0, 0.0];
    for _ in 0..200 {
        let (_, gradient) = derive::gradient(
            |p| {
                points
                    .iter()
                    .map(|[x, y]| (p[0] * *x + p[1] - *y).square())
                    .sum::<Var>()
            },
            &line,
        )?;
        for (p, slope) in line.iter_mut().zip(gradient) {
            *p -= 0.1 * slope;
        }
    }
    println!(
        "  the line through three points: {:.6} x + {:.6}",
        line[0], line[1]
    );
    agree("the slope of the line", line[0], 2.0, 1e-6)?;
    agree("its offset", line[1], 1.0, 1e-6)
}
