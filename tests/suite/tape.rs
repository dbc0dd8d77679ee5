//! Tests recording: lifetimes of nodes, misuse, depth, and the promises of the types.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread::{self, ThreadId};

use chainrule::op::{BinaryOp, Op};
use chainrule::{Dual, Gradients, Graph, Lanes, Node, NodeKey, Var, tape};
use proptest::prelude::*;

#[test]
fn types_are_send_and_sync_where_promised() {
    fn anywhere<T: Send + Sync + 'static>() {}
    anywhere::<Var>();
    anywhere::<Graph>();
    anywhere::<Gradients>();
    anywhere::<Dual<Var>>();
    anywhere::<Lanes<8>>();
    anywhere::<chainrule::Error>();
    assert_eq!(size_of::<Var>(), 24);
    assert_eq!(size_of::<Node>(), 48);
    assert_eq!(size_of::<NodeKey>(), 8);
    assert_eq!(size_of::<Op>(), 2);
}

/// The message of a panic.
fn message<T>(work: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(work)) else {
        panic!("must panic");
    };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast::<&str>().expect("a text")).to_string(),
    }
}

/// A use of a value.
type Use<'a> = Box<dyn Fn() -> f64 + 'a>;

#[test]
fn a_stale_value_is_caught_wherever_it_is_used() {
    let alive = Var::new(1.0);
    let stale = tape::scope(|| Var::new(2.0));
    // Another value uses its slot again.
    let reused = Var::new(3.0);
    let uses: [(&str, Use); 12] = [
        ("unary", Box::new(|| (stale.exp()).value())),
        ("left", Box::new(|| (stale + alive).value())),
        ("right", Box::new(|| (alive * stale).value())),
        ("constant", Box::new(|| (stale - 1.0).value())),
        ("ternary", Box::new(|| (alive.mul_add(2.0, stale)).value())),
        (
            "sum",
            Box::new(|| ([alive, stale].iter().sum::<Var>()).value()),
        ),
        ("backward", Box::new(|| stale.backward()[alive])),
        ("index", Box::new(|| reused.backward()[stale])),
        (
            "gradient",
            Box::new(|| reused.gradient(&[stale])[0].value()),
        ),
        (
            "left factor",
            Box::new(|| Var::dot_product(&[stale], &[alive]).unwrap().value()),
        ),
        (
            "right factor",
            Box::new(|| Var::dot_product(&[alive], &[stale]).unwrap().value()),
        ),
        ("name", Box::new(|| (stale.named("x")).value())),
    ];
    for (name, work) in uses {
        let nodes = tape::stats().nodes;
        let message = message(&*work);
        assert!(message.contains("freed"), "{name}: {message}");
        assert_eq!(tape::stats().nodes, nodes, "{name} left nodes behind");
    }
    assert_eq!(stale.value(), 2.0, "the number itself stays readable");
    assert_eq!(reused.backward().get(stale), None);
}

#[test]
fn misuse_is_reported_at_its_place() {
    static PLACES: Mutex<Vec<(ThreadId, String, u32)>> = Mutex::new(Vec::new());
    let stale = tape::scope(|| Var::new(2.0));
    let alive = Var::new(1.0);
    let constant = Var::from(1.0);
    let (graph, inside) = tape::record(|| Var::new(3.0));
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().expect("a place");
        let mut places = PLACES.lock().expect("no panic while held");
        places.push((
            thread::current().id(),
            place.file().to_string(),
            place.line(),
        ));
    }));
    let first = line!() + 2;
    let uses: [Use; 20] = [
        Box::new(|| stale.exp().value()),
        Box::new(|| (stale + alive).value()),
        Box::new(|| (alive * stale).value()),
        Box::new(|| (2.0 - stale).value()),
        Box::new(|| (-stale).value()),
        Box::new(|| stale.powi(2).value()),
        Box::new(|| alive.max(stale).value()),
        Box::new(|| alive.mul_add(2.0, stale).value()),
        Box::new(|| Var::max_of(&[alive, stale]).value()),
        Box::new(|| Var::dot_product(&[alive], &[stale]).unwrap().value()),
        Box::new(|| stale.backward()[alive]),
        Box::new(|| stale.backward_with(2.0)[alive]),
        Box::new(|| alive.backward()[stale]),
        Box::new(|| alive.backward()[constant]),
        Box::new(|| alive.backward().of(&[stale])[0]),
        Box::new(|| alive.gradient(&[stale])[0].value()),
        Box::new(|| alive.gradient(&[constant])[0].value()),
        Box::new(|| stale.named("x").value()),
        Box::new(|| stale.picture().to_string().len() as f64),
        Box::new(|| graph.backward(&[(alive, 1.0)])[inside]),
    ];
    for work in &uses {
        assert!(catch_unwind(AssertUnwindSafe(work)).is_err());
    }
    std::panic::set_hook(before);
    let places = PLACES.lock().expect("no panic while held");
    let own = places
        .iter()
        .filter(|(thread, _, _)| *thread == thread::current().id());
    let lines: Vec<u32> = own
        .map(|(_, file, line)| if file == file!() { *line } else { 0 })
        .collect();
    let wanted: Vec<u32> = (0..20).map(|i| first + i).collect();
    assert_eq!(lines, wanted);
}

#[test]
fn a_value_of_another_thread_is_caught() {
    let foreign = thread::spawn(|| Var::new(2.0)).join().unwrap();
    let mine = Var::new(1.0);
    let text = message(|| mine + foreign);
    assert!(
        text.contains("another thread") && text.contains("value()"),
        "{text}"
    );
    let text = message(|| mine.backward()[foreign]);
    assert!(text.contains("another graph or thread"), "{text}");
}

#[test]
fn a_value_of_another_graph_is_caught() {
    let outside = Var::new(1.0);
    let (graph, inside) = tape::record(|| Var::new(2.0));
    let text = message(|| outside + inside);
    assert!(
        text.contains("another graph") && text.contains("tape::record"),
        "{text}"
    );
    let text = message(|| tape::record(|| outside.exp()));
    assert!(text.contains("another graph"), "{text}");
    let text = message(|| graph.backward(&[(outside, 1.0)]));
    assert!(text.contains("another graph"), "{text}");
    // Both graphs still work.
    assert_eq!(graph.backward(&[(inside, 1.0)])[inside], 1.0);
    assert_eq!((outside * 2.0).backward()[outside], 2.0);
}

#[test]
fn a_derivative_with_respect_to_a_constant_is_refused_with_advice() {
    let x = Var::new(1.0);
    let constant = Var::from(2.0);
    assert!(message(|| (x * constant).backward()[constant]).contains("Var::new"));
    assert!(message(|| (x * constant).gradient(&[constant])).contains("Var::new"));
    let later_than = x.backward();
    let later = Var::new(1.0);
    assert!(message(|| later_than[later]).contains("recorded later"));
}

#[test]
fn a_graph_continues_on_another_thread() {
    let (mut graph, x) = tape::record(|| Var::new(3.0));
    let slope = thread::spawn(move || {
        let y = graph.record(|| x * x);
        graph.backward(&[(y, 1.0)])[x]
    });
    assert_eq!(slope.join().unwrap(), 6.0);
}

#[test]
fn a_panic_undoes_the_interrupted_work() {
    let before = tape::stats().nodes;
    let _ = message(|| {
        tape::scope(|| -> f64 {
            let _x = Var::new(1.0).exp();
            panic!("in a scope");
        })
    });
    assert_eq!(tape::stats().nodes, before);
    let x = Var::new(1.0);
    let _ = message(|| tape::record(|| -> Var { panic!("in a recording") }));
    assert_eq!((x * 2.0).backward()[x], 2.0, "the current graph is back");
    let _ = message(|| tape::named("broken", || -> Var { panic!("in a name") }));
    let (graph, _) = tape::record(|| Var::new(1.0));
    assert!(graph.groups().is_empty());
}

#[test]
fn constants_record_nothing() {
    let before = tape::stats().nodes;
    let c = Var::from(2.0);
    let y = (c * 3.0 + c.exp()).max(1.0).clamp(0.0, 5.0) + Var::max_of(&[c, c]);
    assert!(y.is_constant());
    assert_eq!(tape::stats().nodes, before);
    let grads = y.backward();
    let x = Var::new(1.0);
    assert_eq!(grads.get(x), None, "recorded after the sweep");
    assert_eq!(y.gradient(&[x])[0], 0.0);
}

#[test]
fn empty_folds_are_those_of_f64() {
    let none: [Var; 0] = [];
    assert_eq!(
        none.iter().sum::<Var>().value().to_bits(),
        std::iter::empty::<f64>().sum::<f64>().to_bits()
    );
    assert_eq!(none.iter().product::<Var>(), 1.0);
    assert!(Var::sum(&none) == 0.0 && Var::sum(&none).value().is_sign_negative());
    assert_eq!(Var::product(&none), 1.0);
    assert_eq!(Var::dot_product(&none, &none).unwrap(), 0.0);
}

#[test]
fn every_operator_form_records_the_same() {
    let a = Var::new(6.0);
    let b = Var::new(2.0);
    let (ra, rb) = (&a, &b);
    for (got, want) in [
        (a + b, 8.0),
        (a + rb, 8.0),
        (ra + b, 8.0),
        (ra + rb, 8.0),
        (a + 2.0, 8.0),
        (ra + 2.0, 8.0),
        (6.0 + b, 8.0),
        (6.0 + rb, 8.0),
        (a - b, 4.0),
        (a - rb, 4.0),
        (ra - b, 4.0),
        (ra - rb, 4.0),
        (a - 2.0, 4.0),
        (ra - 2.0, 4.0),
        (6.0 - b, 4.0),
        (6.0 - rb, 4.0),
        (a * b, 12.0),
        (a * rb, 12.0),
        (ra * b, 12.0),
        (ra * rb, 12.0),
        (a * 2.0, 12.0),
        (ra * 2.0, 12.0),
        (6.0 * b, 12.0),
        (6.0 * rb, 12.0),
        (a / b, 3.0),
        (a / rb, 3.0),
        (ra / b, 3.0),
        (ra / rb, 3.0),
        (a / 2.0, 3.0),
        (ra / 2.0, 3.0),
        (6.0 / b, 3.0),
        (6.0 / rb, 3.0),
        (-a, -6.0),
        (-ra, -6.0),
    ] {
        assert_eq!(got, want);
        assert!(!got.is_constant());
    }
    assert_eq!((6.0 / b).backward()[b], -1.5);
    assert_eq!((6.0 - b).backward()[b], -1.0);
    let mut c = a;
    c += b;
    c += &b;
    c += 1.0;
    c -= b;
    c -= 1.0;
    c *= b;
    c *= 2.0;
    c /= b;
    c /= 4.0;
    assert_eq!(c, 4.0);
    assert_eq!(c.backward()[a], 0.5);
    assert_eq!(format!("{a:.2}"), "6.00");
    assert!(format!("{a:?}").starts_with("Var(6.0, node "));
    assert_eq!(format!("{:?}", a.named("a")), "Var(6.0, \"a\")");
    assert_eq!(format!("{:?}", Var::from(1.0)), "Var(1.0, constant)");
    for holds in [a > b, a > 5.0, 7.0 > a, a == 6.0, 6.0 == a, b < a] {
        assert!(holds);
    }
}

#[test]
fn one_node_for_many_operands() {
    let xs: Vec<Var> = (0..100).map(|i| Var::new(f64::from(i))).collect();
    let before = tape::stats().nodes;
    let total: Var = xs.iter().sum();
    let dot = Var::dot_product(&xs, &xs).unwrap();
    assert_eq!(tape::stats().nodes, before + 2);
    assert_eq!((total, Var::product(&xs)), (Var::sum(&xs), 0.0.into()));
    assert_eq!(tape::stats().nodes, before + 4);
    assert_eq!(total, 4950.0);
    let grads = dot.backward();
    assert!(xs.iter().all(|&x| grads[x] == 2.0 * x.value()));
}

#[test]
fn several_outputs_in_one_sweep() {
    let x = Var::new(2.0);
    let (y, z) = (x.square(), x * 3.0);
    let grads = chainrule::backward_with(&[(y, 1.0), (z, 10.0), (y, 0.5)]);
    assert_eq!(grads[x], 1.5 * 4.0 + 30.0);
    let recorded =
        chainrule::gradient_with(&[(y, 1.0.into()), (z, 10.0.into()), (y, 0.5.into())], &[x]);
    assert_eq!(recorded[0], grads[x]);
    assert_eq!(y.backward_with(0.0)[x], 0.0);
    assert!(y.backward_with(f64::NAN)[x].is_nan());
}

#[test]
fn a_small_cone_in_a_large_graph_is_swept_the_same() {
    // Below and above the idle stretch, which is long enough for the sweep to search for the cone.
    let program = |idle: usize| {
        tape::record(|| {
            let x = Var::new(0.5);
            let a = x.sin();
            let b = x * a;
            let c = (b.exp() + a) * b;
            let mut unrelated = Var::new(1.0);
            for _ in 0..idle {
                unrelated += 1.0;
            }
            let y = c * b + a.tanh();
            (x, a, b, c, unrelated, y)
        })
    };
    let (large, (x, a, b, c, unrelated, y)) = program(100_000);
    let (small, (x0, a0, b0, c0, _, y0)) = program(0);
    let (grads, wanted) = (large.backward(&[(y, 1.0)]), small.backward(&[(y0, 1.0)]));
    for (got, want) in [(x, x0), (a, a0), (b, b0), (c, c0)] {
        assert_eq!(grads[got].to_bits(), wanted[want].to_bits());
        assert!(grads[got] != 0.0);
    }
    assert_eq!(grads[unrelated], 0.0);
    assert_eq!(grads.iter().count(), wanted.iter().count());
}

#[test]
fn every_way_to_read_a_derivative_agrees() {
    let x = Var::new(-0.0);
    let w = Var::new(3.0);
    let n = Var::new(f64::NAN);
    // The derivative with respect to x underflows to −0 and must read as +0. It is negative for w and NaN for n.
    let y = x * -1e-200 * 1e-200 - w + n * n;
    let grads = y.backward();
    for value in [x, w, n] {
        let bits = grads[value].to_bits();
        assert_eq!(grads.get(value).unwrap().to_bits(), bits);
        assert_eq!(grads.by_key(value.key().unwrap()).unwrap().to_bits(), bits);
        assert_eq!(grads.of(&[value])[0].to_bits(), bits);
    }
    assert_eq!(grads[x].to_bits(), 0.0f64.to_bits());
    let found = |value: Var| grads.iter().any(|(key, _)| Some(key) == value.key());
    assert!(!found(x) && found(w) && found(n));
    assert_eq!(grads[w], -1.0);
    assert!(grads.iter().any(|(_, derivative)| derivative.is_nan()));
}

/// Records, orders, sweeps, draws and frees a chain of `n` nodes on a thread with the usual 2 MiB of stack.
fn deep_chain(n: usize) {
    let work = move || {
        let (mut graph, (x, y)) = tape::record(|| {
            let x = Var::new(0.5).named("x");
            let mut y = x;
            for i in 1..n {
                y = if i % 2 == 0 { y.sin() } else { y + 0.25 };
            }
            (x, y)
        });
        assert_eq!(graph.stats().nodes, n);
        let slope = graph.backward(&[(y, 1.0)])[x];
        assert!(slope.is_finite());
        let order = graph.order(&[y.key().unwrap()]);
        assert_eq!(order.len(), n);
        drop(order);
        let picture = graph.picture(&[y]).max_nodes(10).to_string();
        assert!(picture.contains(&format!("{} more nodes", n - 10)));
        graph.record(tape::clear);
        assert_eq!(graph.stats().nodes, 0);
    };
    let stack = thread::Builder::new().stack_size(2 << 20);
    stack.spawn(work).unwrap().join().unwrap();
}

#[test]
fn ten_million_nodes_in_a_chain() {
    deep_chain(10_000_000);
}

#[test]
fn a_deep_recorded_gradient() {
    let stack = thread::Builder::new().stack_size(2 << 20);
    let work = || {
        let x = Var::new(0.5);
        let y = (0..200_000).fold(x, |y, _| (y * 0.999).sin());
        let first = y.gradient(&[x])[0];
        assert_eq!(first.value(), y.backward()[x]);
        assert!(first.backward()[x].is_finite());
    };
    stack.spawn(work).unwrap().join().unwrap();
}

/// What a program can do with the tape.
#[derive(Clone, Debug)]
enum Action {
    Input(f64),
    Add(usize, usize),
    Sum(usize),
    Open,
    Close,
    Name(usize),
    Use(usize),
    Clear,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        4 => (-2.0..2.0).prop_map(Action::Input),
        6 => (0..99usize, 0..99usize).prop_map(|(a, b)| Action::Add(a, b)),
        2 => (1..9usize).prop_map(Action::Sum),
        2 => Just(Action::Open),
        2 => Just(Action::Close),
        1 => (0..99usize).prop_map(Action::Name),
        4 => (0..99usize).prop_map(Action::Use),
        1 => Just(Action::Clear),
    ];
    prop::collection::vec(action, 0..60)
}

/// Runs actions until a scope closes. `made` lists each value made so far, and whether it should still be usable.
fn run(actions: &mut std::slice::Iter<'_, Action>, made: &mut Vec<(Var, bool)>, depth: usize) {
    let start = made.len();
    while let Some(action) = actions.next() {
        let living: Vec<Var> = made
            .iter()
            .filter(|(_, alive)| *alive)
            .map(|&(x, _)| x)
            .collect();
        let pick = |i: usize| living[i % living.len()];
        match action {
            Action::Input(value) => made.push((Var::new(*value), true)),
            Action::Add(a, b) if !living.is_empty() => made.push((pick(*a) + pick(*b), true)),
            Action::Sum(n) if !living.is_empty() => {
                made.push((living.iter().cycle().take(n + 1).sum(), true));
            }
            Action::Name(i) if !living.is_empty() => {
                let _ = pick(*i).named("a name");
            }
            Action::Use(i) if !made.is_empty() => {
                let (x, alive) = made[i % made.len()];
                let used = catch_unwind(AssertUnwindSafe(|| x.backward()[x]));
                assert_eq!(used.is_ok(), alive, "{x:?}");
            }
            Action::Open => tape::scope(|| run(actions, made, depth + 1)),
            Action::Close if depth > 0 => break,
            Action::Clear => {
                tape::clear();
                for (_, alive) in made.iter_mut() {
                    *alive = false;
                }
            }
            _ => {}
        }
        let living = made.iter().filter(|(_, alive)| *alive).count();
        assert_eq!(tape::stats().nodes, living, "after {action:?}");
    }
    if depth > 0 {
        for (_, alive) in &mut made[start..] {
            *alive = false;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn scopes_behave_like_their_model(actions in actions()) {
        tape::clear();
        run(&mut actions.iter(), &mut Vec::new(), 0);
        tape::clear();
    }
}

#[test]
fn memory_is_bounded_by_the_largest_scope() {
    let mut bytes = 0;
    for round in 0..50 {
        tape::scope(|| {
            let xs: Vec<Var> = (0..1000).map(|i| Var::new(f64::from(i))).collect();
            let _ = xs.iter().sum::<Var>().exp();
        });
        if round == 1 {
            bytes = tape::stats().bytes;
        }
    }
    assert_eq!(tape::stats().nodes, 0);
    assert_eq!(tape::stats().bytes, bytes);
}

#[test]
fn operations_apply_by_name() {
    let power = Op::Binary(BinaryOp::Pow);
    assert_eq!(power.apply(&[2.0, 3.0]), Some(8.0));
    assert_eq!(power.apply::<f64>(&[]), None);
    assert_eq!(Op::Input.apply(&[1.0]), None);
    assert!(Op::Input.partials(&[1.0], 1.0).is_empty());
    assert_eq!(Op::Input.row().name, "Input");
}

#[test]
fn freed_nodes_leave_no_names_and_no_groups() {
    let label = |graph: &Graph, v: Var| {
        let group = graph.group_of(v.key().unwrap());
        group.map(|group| graph.groups()[group].label.clone())
    };
    let mut graph = Graph::new();
    let (reused, outer, after) = graph.record(|| {
        let _keep = Var::new(0.0).named("kept");
        tape::scope(|| {
            let _ = Var::new(1.0).named("freed");
            tape::named("freed group", || Var::new(2.0));
        });
        let reused = Var::new(3.0);
        // A group that continues after an inner scope, and after a closed inner group.
        let outer = tape::named("outer", || {
            tape::named("inner", || Var::new(4.0));
            tape::scope(|| Var::new(5.0).exp().value());
            Var::new(6.0)
        });
        // A scope that ends inside a stretch of a closed group.
        tape::scope(|| tape::named("long", || Var::new(7.0).exp().sin().value()));
        (reused, outer, Var::new(8.0))
    });
    assert_eq!(graph.name(reused.key().unwrap()), None);
    assert_eq!(label(&graph, reused), None);
    assert_eq!(label(&graph, outer).as_deref(), Some("outer"));
    assert_eq!(label(&graph, after), None);
    assert_eq!(graph.groups().len(), 2);

    // Clearing inside a group starts it again and forgets earlier groups.
    let (first, second) = graph.record(|| {
        let inside = tape::named("again", || {
            tape::clear();
            Var::new(1.0)
        });
        tape::named("empty", || ());
        (inside, Var::new(2.0))
    });
    assert_eq!(label(&graph, first).as_deref(), Some("again"));
    assert_eq!(label(&graph, second), None);
    let empty = graph.record(|| {
        tape::named("cleared", tape::clear);
        Var::new(3.0)
    });
    assert_eq!(label(&graph, empty), None);
}

#[test]
fn named_steps_leave_nothing_behind() {
    let inside = |x: f64| tape::named("step", || tape::scope(|| Var::new(x).square().value()));
    let outside = |x: f64| tape::scope(|| tape::named("step", || Var::new(x).square().value()));
    for step in [&inside as &dyn Fn(f64) -> f64, &outside] {
        let (graph, total) =
            tape::record(|| (0..100_000).map(|n| step(f64::from(n % 3))).sum::<f64>());
        assert!(total > 0.0);
        assert_eq!(graph.groups().len(), 0);
        assert_eq!(graph.stats().nodes, 0);
    }
}

#[test]
fn an_order_is_kept_until_its_outputs_are_freed() {
    let mut graph = Graph::new();
    let y = graph.record(|| Var::new(1.0).exp().sin());
    let order = graph.order(&[y.key().unwrap()]);
    graph.record(|| {
        tape::scope(|| ());
        tape::scope(|| y.cos().value())
    });
    assert!(std::sync::Arc::ptr_eq(
        &order,
        &graph.order(&[y.key().unwrap()])
    ));
    let later = graph.record(|| tape::scope(|| y.cos()));
    graph.record(|| y.tan());
    assert!(catch_unwind(AssertUnwindSafe(|| graph.order(&[later.key().unwrap()]))).is_err());
}

#[test]
fn an_order_of_freed_outputs_is_forgotten() {
    let mut graph = Graph::new();
    let x = graph.record(|| Var::new(1.0));
    let mut keys = Vec::new();
    graph.record(|| {
        tape::scope(|| keys.push(x.exp().key().unwrap()));
    });
    let key = graph.record(|| x.sin()).key().unwrap();
    assert_eq!(graph.order(&[key]).len(), 2);
    graph.record(tape::clear);
    assert!(catch_unwind(AssertUnwindSafe(|| graph.order(&[key]))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| graph.order(&keys))).is_err());
}

#[test]
fn factors_come_in_pairs() {
    use chainrule::op::NaryOp;
    let dot = Op::Nary(NaryOp::Dot);
    assert_eq!(dot.apply(&[1.0, 2.0, 3.0]), None);
    assert!(dot.partials(&[1.0, 2.0, 3.0], 2.0).is_empty());
    assert_eq!(dot.apply::<f64>(&[]), Some(0.0));
    assert_eq!(
        Op::Nary(NaryOp::MaxOf).apply::<f64>(&[]),
        Some(f64::NEG_INFINITY)
    );
    assert_eq!(
        Op::Nary(NaryOp::MinOf).apply::<f64>(&[]),
        Some(f64::INFINITY)
    );
    assert_eq!(
        Op::Nary(NaryOp::LogSumExp).apply::<f64>(&[]),
        Some(f64::NEG_INFINITY)
    );
    assert!(Op::Nary(NaryOp::Mean).apply::<f64>(&[]).unwrap().is_nan());
}

#[test]
fn named_groups_hold_what_was_recorded_in_them() {
    let (graph, (x, a, b, c)) = tape::record(|| {
        let x = Var::new(1.0);
        let (a, b) = tape::named("outer", || {
            let a = x.exp();
            tape::scope(|| tape::named("gone", || a.exp()));
            let b = tape::named("inner", || a.exp());
            (a, b)
        });
        (x, a, b, b + 1.0)
    });
    let label = |v: Var| {
        graph
            .group_of(v.key().unwrap())
            .map(|group| graph.groups()[group].label.as_str())
    };
    assert_eq!(
        [x, a, b, c].map(label),
        [None, Some("outer"), Some("inner"), None]
    );
    assert!(graph.groups().iter().all(|group| group.label != "gone"));
    assert_eq!(graph.groups()[1].parent, Some(0));
}
