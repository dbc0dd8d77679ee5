//! Native code beside the interpreter and beside loops by hand. All take turns in one run, so compare the ratios.
//!
//! `cargo bench -p chainrule-jit -- SECONDS` spends that many seconds on each line.

#[expect(dead_code, reason = "other benches use the rest")]
#[path = "../../../benches/formulas/by_hand.rs"]
mod by_hand;
#[expect(dead_code, reason = "other benches use the rest")]
#[path = "../../../benches/formulas/mod.rs"]
mod formulas;
#[expect(dead_code, reason = "other benches use the rest")]
#[path = "../../../benches/formulas/predators.rs"]
mod predators;
#[expect(dead_code, reason = "other benches use the rest")]
#[path = "../../../benches/programs/race.rs"]
mod race;

use std::hint::black_box;
use std::time::Instant;

use by_hand::{chain_by_hand, rosenbrock_by_hand};
use chainrule::{Level, Program, Scan, Var};
use chainrule_jit::NativeProgram;
use formulas::{CHAIN_AT, chain, rosenbrock, rosenbrock_at};
use predators::{AT, STEPS, gradient_by_hand, scan};
use race::{Race, Times};

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let race = Race {
        budget: numbers.next_back().unwrap_or(0.5),
        stretch: 0.0,
        quick: false,
    };
    println!("| work | native | ÷ interpreter | ÷ by hand |\n|---|---:|---:|---:|");
    call(race);
    for n in [10, 50, 100, 200, 300, 1000] {
        point(race, n);
    }
    for nodes in [100, 1000, 10_000] {
        long_chain(race, nodes);
    }
    repeated(race);
    for operations in [100, 1000, 2000, 4000, 8000] {
        random(race, operations);
    }
    for level in [Level::Exact, Level::Fast] {
        for rows in [100, 1000, 100_000] {
            least_squares(race, level, rows);
        }
    }
    let p = [0.1; WEIGHTS + 1];
    let loss = Program::trace_rows(&p, WEIGHTS + 1, logistic).expect("a program");
    some_rows(race, "logistic regression", &loss, &p, 1000);
    for layers in [
        &[2, 4, 1][..],
        &[2, 8, 1],
        &[2, 16, 1],
        &[2, 8, 8, 1],
        &[2, 16, 16, 1],
    ] {
        let count = layers.windows(2).map(|pair| pair[1] * (pair[0] + 1)).sum();
        let p: Vec<f64> = (0..count)
            .map(|i| ((i * 31) % 17) as f64 / 17.0 - 0.4)
            .collect();
        let loss = Program::trace_rows(&p, layers[0] + 1, |p, row| network(layers, p, row));
        let loss = loss.expect("a program");
        some_rows(race, &format!("network {layers:?}"), &loss, &p, 1000);
    }
    compiling();
}

fn line(work: &str, [native, interpreter, by_hand]: [Times; 3]) {
    println!(
        "| {work} | {} | {:.2} | {:.2} |",
        time(native.minimum),
        native.minimum / interpreter.minimum,
        native.minimum / by_hand.minimum
    );
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.1} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s => format!("{:.2} ms", s * 1e3),
    }
}

/// A function that takes no time, so that the rest is the call.
fn call(race: Race) {
    let interpreted = Program::trace(1, |x| x[0] + 1.0).expect("a program");
    let [mut native, mut interpreted] =
        [interpreted.native(), interpreted].map(|program| program.evaluator());
    let mut x = 0.0;
    let times = race.run([
        &mut || _ = black_box(native.gradient(black_box(&[1.5])).expect("a gradient")),
        &mut || _ = black_box(interpreted.gradient(black_box(&[1.5])).expect("a gradient")),
        &mut || x = black_box(black_box(x) + 1.0),
    ]);
    line("x + 1, gradient", times);
}

fn point(race: Race, n: usize) {
    let at = rosenbrock_at(n);
    let program = Program::trace(n, rosenbrock).expect("a program");
    let mut native = program.native().evaluator();
    let mut interpreted = program.evaluator();
    let mut gradient = vec![0.0; n];
    assert_eq!(
        native.gradient(&at).expect("a gradient"),
        interpreted.gradient(&at).expect("a gradient")
    );
    let times = race.run([
        &mut || _ = native.gradient(&at).expect("a gradient"),
        &mut || _ = interpreted.gradient(&at).expect("a gradient"),
        &mut || _ = black_box(rosenbrock_by_hand(black_box(&at), &mut gradient)),
    ]);
    line(&format!("Rosenbrock, n = {n}, gradient"), times);
}

/// A chain of operations: each needs the one before.
fn long_chain(race: Race, nodes: usize) {
    let program = Program::trace(3, |x| chain([x[0], x[1], x[2]], nodes)).expect("a program");
    let mut native = program.native().evaluator();
    let mut interpreted = program.evaluator();
    let mut kept = Vec::new();
    let times = race.run([
        &mut || _ = native.gradient(&CHAIN_AT).expect("a gradient"),
        &mut || _ = interpreted.gradient(&CHAIN_AT).expect("a gradient"),
        &mut || _ = black_box(chain_by_hand(black_box(CHAIN_AT), nodes, &mut kept)),
    ]);
    line(&format!("chain of {nodes}, gradient"), times);
}

/// A repeated step: native code is made once for all steps.
fn repeated(race: Race) {
    let [native, interpreted] = [scan(NativeProgram::native), scan(Program::clone)];
    let (start, rates) = AT.split_at(2);
    let rows = [[]; STEPS];
    let ask = |scan: &Scan| scan.gradient(rates, start, &rows).expect("a gradient");
    assert_eq!(ask(&native), ask(&interpreted));
    let (mut kept, mut gradient) = (Vec::new(), [0.0; AT.len()]);
    let times = race.run([
        &mut || _ = black_box(ask(&native)),
        &mut || _ = black_box(ask(&interpreted)),
        &mut || _ = black_box(gradient_by_hand(black_box(&AT), &mut kept, &mut gradient)),
    ]);
    line("Runge-Kutta as a scan, 1000 steps, gradient", times);
}

/// Operations in no order, without anything that repeats.
fn random(race: Race, operations: usize) {
    let at = rosenbrock_at(20);
    let program = Program::trace(20, |x| {
        let mut values = x.to_vec();
        let mut state = 7_u64;
        let mut next = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..operations {
            let recent = values.len() - 20;
            let (a, b) = (values[recent + next(20)], values[recent + next(20)]);
            values.push(match next(4) {
                0 => a + b,
                1 => a - b,
                2 => a * b * 0.5,
                _ => (a * a + 1.0).sqrt(),
            });
        }
        values[values.len() - 20..].iter().copied().sum::<Var>()
    })
    .expect("a program");
    let gradient = program
        .transform(chainrule::Transform::Gradient)
        .expect("code");
    let native = program.native();
    let start = Instant::now();
    native.gradient(&at).expect("a gradient");
    let compiling = start.elapsed().as_secs_f64();
    let [mut native, mut interpreted] = [native, program].map(|program| program.evaluator());
    let [native, interpreted] = race.run([
        &mut || _ = native.gradient(&at).expect("a gradient"),
        &mut || _ = interpreted.gradient(&at).expect("a gradient"),
    ]);
    println!(
        "| random, {} values, gradient, compiled in {} | {} | {:.2} | |",
        gradient.ir().len(),
        time(compiling),
        time(native.minimum),
        native.minimum / interpreted.minimum
    );
}

/// The number of weights of the least squares.
const WEIGHTS: usize = 8;

/// The loss of a row: the squared error of `w·x + b`. The parameters are the weights and `b`, a row the inputs and `y`.
fn squared_error(p: &[Var; WEIGHTS + 1], row: &[Var]) -> Var {
    let line = (0..WEIGHTS).fold(p[WEIGHTS], |sum, i| sum + p[i] * row[i]);
    (line - row[WEIGHTS]).square()
}

fn squares_by_hand(p: &[f64; WEIGHTS + 1], rows: &[f64], gradient: &mut [f64; WEIGHTS + 1]) -> f64 {
    let mut sum = 0.0;
    *gradient = [0.0; WEIGHTS + 1];
    for row in rows.as_chunks::<{ WEIGHTS + 1 }>().0 {
        let mut error = p[WEIGHTS] - row[WEIGHTS];
        for (w, x) in p[..WEIGHTS].iter().zip(row) {
            error += w * x;
        }
        sum += error * error;
        for (g, x) in gradient[..WEIGHTS].iter_mut().zip(row) {
            *g += 2.0 * error * x;
        }
        gradient[WEIGHTS] += 2.0 * error;
    }
    sum
}

fn least_squares(race: Race, level: Level, rows: usize) {
    let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 504.5 - 1.0;
    let numbers: Vec<f64> = (0..rows * (WEIGHTS + 1)).map(number).collect();
    let p: [f64; WEIGHTS + 1] = std::array::from_fn(|i| 0.1 * i as f64 - 0.3);
    let loss = Program::trace_rows(&p, WEIGHTS + 1, squared_error)
        .expect("a program")
        .at_level(level);
    let native = loss.native();
    let table = chainrule::Flat::new(&numbers, WEIGHTS + 1).expect("whole rows");
    let [mut native, mut interpreted] =
        [&native, &loss].map(|loss| loss.batch(&table).expect("rows").threads(1));
    let mut gradient = [0.0; WEIGHTS + 1];
    let times = race.run([
        &mut || _ = black_box(native.sum_gradient(&p).expect("a gradient")),
        &mut || _ = black_box(interpreted.sum_gradient(&p).expect("a gradient")),
        &mut || _ = black_box(squares_by_hand(&p, black_box(&numbers), &mut gradient)),
    ]);
    line(
        &format!("least squares, {rows} rows, gradient, {level:?}"),
        times,
    );
}

/// The loss of a row of logistic regression with as many weights.
fn logistic(p: &[Var; WEIGHTS + 1], row: &[Var]) -> Var {
    let line = (0..WEIGHTS).fold(p[WEIGHTS], |sum, i| sum + p[i] * row[i]);
    (-line * row[WEIGHTS]).softplus()
}

/// Layers of rectifiers: the number of inputs, then the number of neurons of each layer, and a loss.
fn network(layers: &[usize], p: &[Var], row: &[Var]) -> Var {
    let mut rest = p;
    let mut x = row[..layers[0]].to_vec();
    for pair in layers.windows(2) {
        let (some, further) = rest.split_at(pair[1] * (pair[0] + 1));
        rest = further;
        x = some
            .chunks(pair[0] + 1)
            .map(|w| Var::dot_product(&w[..pair[0]], &x).expect("pairs") + w[pair[0]])
            .map(|y| if rest.is_empty() { y } else { y.relu() })
            .collect();
    }
    (x[0] - row[layers[0]]).square()
}

/// Rows without a loop by hand.
fn some_rows(race: Race, work: &str, loss: &Program, p: &[f64], rows: usize) {
    let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 504.5 - 1.0;
    let width = loss.inputs() - p.len();
    let numbers: Vec<f64> = (0..rows * width).map(number).collect();
    let table = chainrule::Flat::new(&numbers, width).expect("whole rows");
    let native = loss.native();
    let [mut native, mut interpreted] =
        [&native, loss].map(|loss| loss.batch(&table).expect("rows").threads(1));
    assert_eq!(
        native.sum_gradient(p).expect("a gradient"),
        interpreted.sum_gradient(p).expect("a gradient")
    );
    let [native, interpreted] = race.run([
        &mut || _ = black_box(native.sum_gradient(p).expect("a gradient")),
        &mut || _ = black_box(interpreted.sum_gradient(p).expect("a gradient")),
    ]);
    println!(
        "| {work}, {rows} rows, gradient | {} | {:.2} | |",
        time(native.minimum),
        native.minimum / interpreted.minimum
    );
}

/// What it takes to compile straight code.
fn compiling() {
    for n in [10, 50, 200] {
        let program = Program::trace(n, rosenbrock).expect("a program");
        let at = rosenbrock_at(n);
        let gradient = program
            .transform(chainrule::Transform::Gradient)
            .expect("code");
        let operations = gradient.ir().len() as f64;
        let [native, interpreted] = [true, false].map(|is_native| {
            (0..10)
                .map(|_| {
                    let program = if is_native {
                        program.native()
                    } else {
                        program.at_level(Level::Exact)
                    };
                    let start = Instant::now();
                    let _ = black_box(program.gradient(&at));
                    start.elapsed().as_secs_f64()
                })
                .fold(f64::INFINITY, f64::min)
        });
        println!(
            "Rosenbrock, n = {n}: {operations} values; to compile, native {} each, interpreted {} each",
            time(native / operations),
            time(interpreted / operations)
        );
    }
}
