//! Chapter 9: upstream times local is downstream, gate by gate.

use chainrule::{Gradients, Var};

use crate::learn::agree;
use crate::plot::{Outcome, Pictures};

/// One line of a table: the gate, the operand's name, the gate's output, its derivative with respect to the operand, the
/// operand.
type Line = (&'static str, &'static str, Var, f64, Var);

/// Prints upstream × local = downstream for each line, and checks the engine against it.
fn table(lines: &[Line], grads: &Gradients) -> Outcome<()> {
    println!("  gate  operand  upstream  local    downstream");
    for &(gate, name, output, local, operand) in lines {
        let (upstream, downstream) = (grads[output], grads[operand]);
        println!("  {gate:4}  {name:7}  {upstream:8.4}  {local:7.4}  {downstream:10.4}");
        agree(name, upstream * local, downstream, 1e-16)?;
    }
    Ok(())
}

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    product(pictures)?;
    neuron(pictures)
}

/// `f = (x + y)·z`.
fn product(pictures: &Pictures) -> Outcome<()> {
    let (x, y, z) = (
        Var::new(-2.0).named("x"),
        Var::new(5.0).named("y"),
        Var::new(-4.0).named("z"),
    );
    let q = (x + y).named("q");
    let f = (q * z).named("f");
    let grads = f.backward();
    table(
        &[
            ("×", "q", f, z.value(), q),
            ("×", "z", f, q.value(), z),
            ("+", "x", q, 1.0, x),
            ("+", "y", q, 1.0, y),
        ],
        &grads,
    )?;
    agree("f", f.value(), -12.0, 0.0)?;
    for (ours, lecture) in grads.of(&[x, y, z]).into_iter().zip([-4.0, -4.0, 3.0]) {
        agree("the gradient", ours, lecture, 0.0)?;
    }
    pictures.graph("09-product.svg", &f.picture().gradients(&grads))?;
    let explanation = f.explain();
    for (place, frame) in (1..).zip(explanation.frames()) {
        pictures.graph(&format!("09-step-{place}.svg"), &frame)?;
    }
    pictures.steps("09-product.html", "f = (x + y)·z", &explanation)
}

/// The neuron's formula over plain numbers, for difference quotients.
fn sigmoid_of([w0, x0, w1, x1, w2]: [f64; 5]) -> f64 {
    1.0 / (1.0 + (-(w0 * x0 + w1 * x1 + w2)).exp())
}

/// `f = 1/(1 + e^−(w0·x0 + w1·x1 + w2))`.
fn neuron(pictures: &Pictures) -> Outcome<()> {
    let at = [2.0, -1.0, -3.0, -2.0, -3.0];
    let names = ["w0", "x0", "w1", "x1", "w2"];
    let inputs: Vec<Var> = at
        .iter()
        .zip(names)
        .map(|(&value, name)| Var::new(value).named(name))
        .collect();
    let [w0, x0, w1, x1, w2] = [0, 1, 2, 3, 4].map(|place| inputs[place]);
    let (a, b) = ((w0 * x0).named("a"), (w1 * x1).named("b"));
    let c = (a + b).named("c");
    let d = (c + w2).named("d");
    let e = (-d).named("−d");
    let g = e.exp().named("e⁻ᵈ");
    let h = (g + 1.0).named("h");
    let f = (1.0 / h).named("f");
    let grads = f.backward();
    table(
        &[
            ("1/x", "1 + e⁻ᵈ", f, -1.0 / h.value().powi(2), h),
            ("+1", "e⁻ᵈ", h, 1.0, g),
            ("exp", "−d", g, g.value(), e),
            ("−", "d", e, -1.0, d),
            ("+", "c", d, 1.0, c),
            ("+", "w2", d, 1.0, w2),
            ("+", "w0·x0", c, 1.0, a),
            ("+", "w1·x1", c, 1.0, b),
            ("×", "w0", a, x0.value(), w0),
            ("×", "x0", a, w0.value(), x0),
            ("×", "w1", b, x1.value(), w1),
            ("×", "x1", b, w1.value(), x1),
        ],
        &grads,
    )?;
    agree("f", f.value(), 0.7311, 5e-5)?;
    let lecture = [-0.1966, 0.3932, -0.3932, -0.5898, 0.1966];
    for (place, name) in names.into_iter().enumerate() {
        let gradient = grads[inputs[place]];
        let beside = |step: f64| {
            let mut moved = at;
            moved[place] += step;
            sigmoid_of(moved)
        };
        let difference = (beside(1e-5) - beside(-1e-5)) / 2e-5;
        println!("  df/d{name} = {gradient:.4}, by differences {difference:.4}");
        agree(name, gradient, difference, 1e-9)?;
        agree(name, gradient, lecture[place], 5e-5)?;
    }
    pictures.graph("09-neuron.svg", &f.picture().gradients(&grads))?;
    let title = "The lecture's neuron, gate by gate";
    pictures.steps("09-neuron.html", title, &f.explain())?;

    // The same neuron with one gate for the whole sigmoid.
    let f = (w0 * x0 + w1 * x1 + w2).sigmoid().named("f");
    pictures.graph("09-sigmoid-gate.svg", &f.picture().gradients(&f.backward()))
}
