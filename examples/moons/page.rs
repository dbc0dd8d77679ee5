//! The training as one self-contained HTML page: the loss, and the boundary at several steps.
//!
//! Everything uses the page's own colours, so it follows the reader's light or dark mode. Without scripts, all steps are
//! listed one below the other; with scripts, a slider and two buttons show one at a time.

use std::fmt::Write;
use std::ops::Range;

use chainrule::Result;
use chainrule::nn::Mlp;
use chainrule::nn::data::Dataset;

use super::contour::{Field, Point};
use super::train::Progress;

/// The steps before which the boundary is shown. It is also shown after the last step.
pub(crate) const SHOWN: [usize; 11] = [0, 1, 2, 4, 7, 10, 15, 20, 35, 50, 75];

/// The size of the drawings, in their own units.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 400.0;

const STYLE: &str = "
:root { color-scheme: light dark; --paper: #ffffff; --ink: #24292f; --quiet: #57606a; --rule: #d0d7de;
  --low: #0054a6; --high: #d55e00; --low-soft: #c0d5e9; --high-soft: #f5d7c0; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --rule: #3d444d;
  --low: #6cb0ff; --high: #ff9d4d; --low-soft: #10304f; --high-soft: #4d2a0c; } }
body { margin: 0 auto; padding: 1rem; max-width: 46rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 0.5rem; }
svg { display: block; width: 100%; height: auto; border: 1px solid var(--rule); border-radius: 8px; box-sizing: border-box; }
svg text { fill: var(--quiet); font-size: 14px; }
@media (max-width: 30rem) { svg text { font-size: 22px; } }
.controls { display: flex; gap: 0.75rem; align-items: center; margin: 0.75rem 0; }
.controls input { flex: 1; min-width: 0; accent-color: var(--low); height: 2.5rem; }
.controls button { font: inherit; min-width: 2.75rem; min-height: 2.75rem; border: 1px solid var(--rule); border-radius: 8px;
  background: transparent; color: inherit; }
figure { margin: 0 0 1rem; } figcaption { color: var(--quiet); margin-top: 0.4rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0.15rem 0.9rem 0.15rem 0; border-bottom: 1px solid var(--rule); }
[hidden] { display: none; }
@media print { .controls { display: none; } figure { break-inside: avoid; } }
";

/// Shows one figure at a time, and marks its step on the curve.
const SCRIPT: &str = "
const figures = Array.from(document.querySelectorAll('figure.step'));
const slider = document.getElementById('step');
const mark = document.getElementById('mark');
const said = document.getElementById('said');
function show(place) {
  const index = Math.max(0, Math.min(figures.length - 1, place));
  figures.forEach(function (figure, other) { figure.hidden = other !== index; });
  slider.value = index;
  slider.setAttribute('aria-valuetext', 'step ' + figures[index].dataset.step);
  mark.setAttribute('x1', figures[index].dataset.x);
  mark.setAttribute('x2', figures[index].dataset.x);
  said.textContent = figures[index].dataset.said;
}
slider.max = figures.length - 1;
slider.addEventListener('input', function () { show(Number(slider.value)); });
document.getElementById('back').addEventListener('click', function () { show(Number(slider.value) - 1); });
document.getElementById('on').addEventListener('click', function () { show(Number(slider.value) + 1); });
const play = document.getElementById('play');
let playing;
function stop() {
  clearInterval(playing);
  playing = undefined;
  play.textContent = 'Play';
}
play.addEventListener('click', function () {
  if (playing) { stop(); return; }
  play.textContent = 'Pause';
  if (Number(slider.value) === figures.length - 1) show(0);
  playing = setInterval(function () {
    show(Number(slider.value) + 1);
    if (Number(slider.value) === figures.length - 1) stop();
  }, 900);
});
document.getElementById('controls').hidden = false;
document.querySelectorAll('figure.step figcaption').forEach(function (caption) { caption.hidden = true; });
show(figures.length - 1);
";

/// The page: the trace of the whole training, and the network at some of its steps.
pub(crate) fn html(
    data: &Dataset,
    trace: &[Progress],
    frames: &[(usize, Mlp<f64>)],
) -> Result<String> {
    let points = data.len();
    let mut figures = Vec::new();
    for (step, mlp) in frames {
        let now = trace[*step];
        let said = format!(
            "Step {step}: loss {:.4}, {:.0} % of the points are right",
            now.loss,
            100.0 * now.accuracy
        );
        let x = across(*step, trace.len());
        figures.push(format!(
            "<figure class=\"step\" data-step=\"{step}\" data-x=\"{x:.1}\" data-said=\"{said}\">\n{}\
             <figcaption>{said}</figcaption></figure>\n",
            boundary(mlp, data, &said)?
        ));
    }
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>Two moons: a training run, step by step</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Two moons: a training run, step by step</h1>\n\
         <p>A network of 2, 16, 16 and 1 neurons learns to separate {points} points of two half moons. The line is where its \
         score is 0; each side has the colour of its label. Points labelled 1 are circles, points labelled −1 are squares.</p>\n\
         <h2>Boundary</h2>\n\
         <div id=\"controls\" class=\"controls\" hidden=\"hidden\">\n\
         <button id=\"play\" type=\"button\">Play</button>\n\
         <button id=\"back\" type=\"button\">Earlier</button>\n\
         <input id=\"step\" type=\"range\" min=\"0\" step=\"1\" aria-label=\"step of the training\"/>\n\
         <button id=\"on\" type=\"button\">Later</button>\n</div>\n\
         <p id=\"said\" aria-live=\"polite\"></p>\n{figures}\
         <h2>Loss</h2>\n{}\
         <h2>Numbers</h2>\n<details><summary>Loss and accuracy before each step, and after the last</summary>\n{}</details>\n\
         </main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        curve(trace),
        table(trace),
        figures = figures.concat(),
    ))
}

/// The horizontal position of a step on the curve.
fn across(step: usize, count: usize) -> f64 {
    60.0 + (WIDTH - 80.0) * step as f64 / (count.max(2) - 1) as f64
}

/// The loss at each step, on a logarithmic scale.
fn curve(trace: &[Progress]) -> String {
    let powers = || trace.iter().map(|now| now.loss.max(1e-12).log10());
    let low = powers().fold(f64::INFINITY, f64::min).floor();
    let high = powers()
        .fold(f64::NEG_INFINITY, f64::max)
        .ceil()
        .max(low + 1.0);
    let height = |power: f64| 15.0 + (HEIGHT / 2.0 - 45.0) * (high - power) / (high - low);
    let bottom = HEIGHT / 2.0 - 30.0;
    let said = match (trace.first(), trace.last()) {
        (Some(first), Some(last)) => format!(
            "The loss at each step of the training, on a logarithmic scale: it falls from {:.3} to {:.5}",
            first.loss, last.loss
        ),
        _ => "The loss of no step".to_owned(),
    };
    let mut svg = vec![format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{said}\">\n",
        HEIGHT / 2.0 + 14.0
    )];
    let mut power = low;
    while power <= high {
        let y = height(power);
        svg.push(format!(
            "<line x1=\"60\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"var(--rule)\"/>\
             <text x=\"54\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
            WIDTH - 20.0,
            y + 5.0,
            10_f64.powf(power)
        ));
        power += 1.0;
    }
    for step in (0..trace.len()).step_by(25) {
        svg.push(format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{step}</text>\n",
            across(step, trace.len()),
            bottom + 20.0
        ));
    }
    let (centre, middle) = (f64::midpoint(60.0, WIDTH - 20.0), bottom / 2.0);
    svg.push(format!(
        "<text x=\"{centre:.1}\" y=\"{:.1}\" text-anchor=\"middle\">step</text>\n\
         <text x=\"14\" y=\"{middle:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 14 {middle:.1})\">loss</text>\n",
        bottom + 36.0
    ));
    let points = trace.iter().zip(powers());
    let points: Vec<Point> = points
        .map(|(now, power)| (across(now.step, trace.len()), height(power)))
        .collect();
    svg.push(format!(
        "<line id=\"mark\" x1=\"-9\" y1=\"10\" x2=\"-9\" y2=\"{bottom}\" stroke=\"var(--quiet)\" stroke-dasharray=\"4 3\"/>\n\
         <path d=\"{}\" fill=\"none\" stroke=\"var(--low)\" stroke-width=\"2\"/>\n</svg>\n",
        path(&points)
    ));
    svg.concat()
}

/// The plane with the points, and the region where the network's score is positive.
fn boundary(mlp: &Mlp<f64>, data: &Dataset, said: &str) -> Result<String> {
    let [xs, ys] = [0, 1].map(|axis| frame(data, axis));
    let place = |(x, y): Point| {
        let part =
            |value: f64, range: &Range<f64>| (value - range.start) / (range.end - range.start);
        (WIDTH * part(x, &xs), HEIGHT * (1.0 - part(y, &ys)))
    };
    let mut svg = vec![format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{said}\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"var(--low-soft)\"/>\n"
    )];
    for field in Field::of_classes(&xs, &ys, |(x, y)| mlp.forward(&[x, y]))? {
        for (points, positive) in field.loops() {
            let side = if positive { "high" } else { "low" };
            let area: Vec<Point> = field.thinned(&points).into_iter().map(place).collect();
            svg.push(format!(
                "<path d=\"{}Z\" fill=\"var(--{side}-soft)\"/>\n",
                path(&area)
            ));
            for line in field.inner(&points) {
                let line: Vec<Point> = line.into_iter().map(place).collect();
                svg.push(format!(
                    "<path d=\"{}\" fill=\"none\" stroke=\"var(--ink)\" stroke-width=\"2\"/>\n",
                    path(&line)
                ));
            }
        }
    }
    for tick in -3..=3 {
        let tick = f64::from(tick);
        let (x, y) = place((tick, tick));
        if xs.contains(&tick) {
            svg.push(format!(
                "<path d=\"M{x:.1} {HEIGHT}v-6\" stroke=\"var(--ink)\"/>\
                 <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{tick}</text>\n",
                HEIGHT - 10.0
            ));
        }
        if ys.contains(&tick) {
            svg.push(format!(
                "<path d=\"M0 {y:.1}h6\" stroke=\"var(--ink)\"/><text x=\"10\" y=\"{:.1}\">{tick}</text>\n",
                y + 5.0
            ));
        }
    }
    for (point, label) in data.rows() {
        let (x, y) = place((point[0], point[1]));
        // The shape distinguishes labels where colour does not.
        svg.push(if label > 0.0 {
            format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"var(--high)\"/>\n")
        } else {
            let (left, top) = (x - 4.0, y - 4.0);
            format!(
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"8\" height=\"8\" fill=\"var(--low)\"/>\n"
            )
        });
    }
    svg.push("</svg>\n".to_owned());
    Ok(svg.concat())
}

/// The range of a coordinate, with room around the points.
fn frame(data: &Dataset, axis: usize) -> Range<f64> {
    let values = || data.inputs().iter().map(|point| point[axis]);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    low - 0.5..high + 0.5
}

/// A path from point to point.
fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (place, (x, y)) in points.iter().enumerate() {
        let letter = if place == 0 { 'M' } else { 'L' };
        write!(path, "{letter}{x:.1} {y:.1}").expect("writing to a string does not fail");
    }
    path
}

fn table(trace: &[Progress]) -> String {
    let rows = trace.iter().map(|now| {
        format!(
            "<tr><td>{}</td><td>{:.6}</td><td>{:.1} %</td></tr>\n",
            now.step,
            now.loss,
            100.0 * now.accuracy
        )
    });
    let rows: String = rows.collect();
    format!(
        "<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">step</th><th scope=\"col\">loss</th>\
         <th scope=\"col\">accuracy</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}
