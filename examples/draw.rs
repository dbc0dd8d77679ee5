use chainrule::{Direction, Var, tape};
fn main() {
    let x = Var::new(-2.0).named("x");
    let y = Var::new(5.0).named("y");
    let z = Var::new(-4.0).named("z");
    let f = ((x + y).named("q") * z).named("f");
    std::fs::write("/tmp/p/a.dot", f.dot().gradients(&f.backward()).to_string()).unwrap();
    std::fs::write(
        "/tmp/p/atb.dot",
        f.dot()
            .gradients(&f.backward())
            .direction(Direction::TopToBottom)
            .to_string(),
    )
    .unwrap();
    let [w0, x0, w1, x1, w2] = [
        ("w0", 2.0),
        ("x0", -1.0),
        ("w1", -3.0),
        ("x1", -2.0),
        ("w2", -3.0),
    ]
    .map(|(n, v)| Var::new(v).named(n));
    let f = 1.0 / (1.0 + (-(w0 * x0 + w1 * x1 + w2)).exp());
    std::fs::write("/tmp/p/b.dot", f.dot().gradients(&f.backward()).to_string()).unwrap();
    std::fs::write(
        "/tmp/p/btb.dot",
        f.dot()
            .gradients(&f.backward())
            .direction(Direction::BottomToTop)
            .to_string(),
    )
    .unwrap();
    let x: Vec<Var> = [("x1", 0.5), ("x2", -1.0)]
        .map(|(n, v)| Var::new(v).named(n))
        .to_vec();
    let neuron = |label: &str, x: &[Var], w: &[f64]| {
        tape::named(label, || {
            let mut s = Var::new(w[0]).named("b");
            for (i, &x) in x.iter().enumerate() {
                s = Var::new(w[i + 1]).named(format!("w{}", i + 1)) * x + s;
            }
            s.tanh()
        })
    };
    let h = tape::named("layer 1", || {
        vec![
            neuron("neuron 1", &x, &[0.1, 0.7, -0.3]),
            neuron("neuron 2", &x, &[-0.2, 0.4, 0.9]),
        ]
    });
    let o = tape::named("layer 2", || neuron("neuron 1", &h, &[0.05, 1.1, -0.8]));
    let loss = (o - 1.0).square().named("loss");
    std::fs::write(
        "/tmp/p/c.dot",
        loss.dot().gradients(&loss.backward()).to_string(),
    )
    .unwrap();
    std::fs::write(
        "/tmp/p/d.dot",
        loss.dot()
            .gradients(&loss.backward())
            .max_nodes(9)
            .to_string(),
    )
    .unwrap();
}
