//! Saved programs and graphs, and formulas: what changes make of them is an error or something that works, never a panic.

use chainrule::nn::{Activation, Mlp};
use chainrule::strategies::{Expression, all_ops};
use chainrule::text::Formula;
use chainrule::{Graph, Program, Var, tape};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof};
use proptest::test_runner::{TestCaseError, TestRunner};
use rand::{SeedableRng, rngs::StdRng};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::files::{Change, changes};
use super::{all_same, check};

/// A change of a form of JSON: a leaf, by its number, becomes another leaf or a value that is never there.
#[derive(Clone, Debug)]
enum Swap {
    Leaf(usize, usize),
    Special(usize, Value),
    Operation(usize, usize),
    Remove(usize),
    Twice(usize),
}

fn swaps() -> impl Strategy<Value = Vec<Swap>> {
    let special = vec![
        json!(-1),
        json!(0),
        json!(1),
        json!(2),
        json!(u32::MAX),
        json!(u64::MAX),
        json!(i32::MIN),
        json!(0.5),
        json!(null),
        json!(""),
        json!([]),
        json!({}),
        json!("0x7ff8000000000001"),
        json!("0x41dfffffffc00000"),
        json!("varying"),
        json!("read"),
        json!("floor"),
    ];
    let at = || any::<usize>();
    let swap = prop_oneof![
        (at(), at()).prop_map(|(to, from)| Swap::Leaf(to, from)),
        (at(), prop::sample::select(special)).prop_map(|(at, value)| Swap::Special(at, value)),
        (at(), at()).prop_map(|(at, op)| Swap::Operation(at, op)),
        at().prop_map(Swap::Remove),
        at().prop_map(Swap::Twice),
    ];
    prop::collection::vec(swap, 0..4)
}

/// The places of all leaves, or of all lists.
fn pointers(form: &Value, lists: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), form)];
    while let Some((pointer, value)) = open.pop() {
        match value {
            Value::Array(items) => {
                if lists {
                    found.push(pointer.clone());
                }
                for (index, item) in items.iter().enumerate() {
                    open.push((format!("{pointer}/{index}"), item));
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    open.push((format!("{pointer}/{name}"), field));
                }
            }
            _ if !lists => found.push(pointer),
            _ => {}
        }
    }
    found
}

impl Swap {
    fn apply(&self, form: &mut Value) {
        let (leaves, lists) = (pointers(form, false), pointers(form, true));
        let at = |place: usize, all: &[String]| all.get(place % all.len().max(1)).cloned();
        let part = |form: &Value, pointer: Option<String>| {
            pointer.and_then(|pointer| form.pointer(&pointer).cloned())
        };
        let names: Vec<String> = leaves
            .iter()
            .filter(|pointer| {
                let name = form.pointer(pointer).and_then(Value::as_str);
                name.is_some_and(|name| all_ops().iter().any(|op| op.row().name == name))
            })
            .cloned()
            .collect();
        let (pointer, value) = match self {
            Self::Leaf(to, from) => (at(*to, &leaves), part(form, at(*from, &leaves))),
            Self::Special(to, value) => (at(*to, &leaves), Some(value.clone())),
            Self::Operation(to, op) => {
                let ops = all_ops();
                (at(*to, &names), Some(json!(ops[op % ops.len()].row().name)))
            }
            Self::Remove(place) | Self::Twice(place) => {
                let list = at(*place, &lists).and_then(|pointer| form.pointer_mut(&pointer));
                if let Some(Value::Array(items)) = list
                    && let Some(last) = items.pop()
                    && matches!(self, Self::Twice(_))
                {
                    items.extend([last.clone(), last]);
                }
                return;
            }
        };
        if let (Some(pointer), Some(value)) = (pointer, value)
            && let Some(place) = form.pointer_mut(&pointer)
        {
            *place = value;
        }
    }
}

/// An expression with a comparison and names.
fn function(e: &Expression, x: &[Var]) -> Var {
    let y = tape::named("outer", || {
        tape::named("inner", || e.evaluate(x).named("y"))
    });
    if y < x[0] && x[0].floor_index().is_some() {
        y * 2.0
    } else {
        y
    }
}

/// What a saved value becomes: by changed bytes of two formats, and by changed parts of a form.
fn changed<T: Serialize + DeserializeOwned>(
    value: &T,
    changes: &[Change],
    swaps: &[Swap],
) -> Result<Vec<T>, TestCaseError> {
    let mut text = serde_json::to_vec(value)?;
    let mut bytes =
        postcard::to_allocvec(value).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut form = serde_json::to_value(value)?;
    for change in changes {
        change.apply(&mut text);
        change.apply(&mut bytes);
    }
    for swap in swaps {
        swap.apply(&mut form);
    }
    let found = [
        serde_json::from_slice(&text).ok(),
        postcard::from_bytes(&bytes).ok(),
        serde_json::from_value(form).ok(),
    ];
    if changes.is_empty() && swaps.is_empty() {
        prop_assert!(found.iter().all(Option::is_some));
    }
    Ok(found.into_iter().flatten().collect())
}

/// Saved programs.
pub(super) fn programs(runner: &mut TestRunner) -> Result<(), String> {
    let strategy = (Expression::any(6, false), changes(), swaps(), any::<bool>());
    check(runner, &strategy, |(e, changes, swaps, located)| {
        let trace = || Program::trace_at(e.inputs(), |x| function(&e, x));
        let program = if located {
            tape::located(trace)
        } else {
            trace()
        }?;
        for loaded in changed(&program, &changes, &swaps)? {
            let x = vec![0.75; loaded.inputs()];
            if changes.is_empty() && swaps.is_empty() {
                prop_assert_eq!(loaded.to_string(), program.to_string());
                let (one, other) = (program.gradient(e.inputs())?, loaded.gradient(e.inputs())?);
                prop_assert!(all_same(&[one.0], &[other.0]) && all_same(&one.1, &other.1));
            }
            // Answers and errors are both fine.
            let _ = (
                loaded.values(&x),
                loaded.hessian(&x),
                loaded.taylor(&x, &x, 3),
            );
            let _ = loaded
                .batch(&[&x[loaded.uniform_inputs()..]; 3])
                .map(|mut batch| {
                    let _ = batch
                        .sum_gradient(&x[..loaded.uniform_inputs()])
                        .map(|_| ());
                    let _ = batch.check_labels();
                });
            let _ = (
                loaded.input_names(),
                loaded.to_string(),
                loaded.first_nonfinite(&x),
            );
            let again: Program = serde_json::from_str(&serde_json::to_string(&loaded)?)?;
            prop_assert_eq!(again.to_string(), loaded.to_string());
        }
        Ok(())
    })
}

/// Saved networks.
pub(super) fn networks(runner: &mut TestRunner) -> Result<(), String> {
    let activation = prop::sample::select(vec![
        Activation::Linear,
        Activation::Elu(0.5),
        Activation::LeakyRelu(0.1),
        Activation::Maxout(2),
    ]);
    let layers = prop::collection::vec((1..4_usize, activation), 1..4);
    let strategy = (layers, changes(), swaps(), any::<u64>());
    check(runner, &strategy, |(layers, changes, swaps, seed)| {
        let builder = Mlp::builder(2);
        let builder = layers
            .into_iter()
            .fold(builder, |builder, (outputs, activation)| {
                builder.layer(outputs, activation)
            });
        let network = builder.build(&mut StdRng::seed_from_u64(seed))?;
        for loaded in changed(&network, &changes, &swaps)? {
            if changes.is_empty() && swaps.is_empty() {
                prop_assert_eq!(&loaded, &network);
            }
            // What was read can compute, whatever its size has become.
            let inputs = loaded
                .layers
                .first()
                .and_then(|layer| layer.neurons.first());
            let x = vec![0.5; inputs.map_or(0, |neuron| neuron.weights.len())];
            let _ = loaded.forward(&x);
            let again: Mlp<f64> = serde_json::from_str(&serde_json::to_string(&loaded)?)?;
            prop_assert_eq!(again, loaded);
        }
        Ok(())
    })
}

/// Saved graphs.
pub(super) fn graphs(runner: &mut TestRunner) -> Result<(), String> {
    let strategy = (Expression::any(6, false), changes(), swaps(), any::<bool>());
    check(runner, &strategy, |(e, changes, swaps, located)| {
        let record = || {
            tape::record(|| {
                let inputs = e.inputs().iter().enumerate();
                let x: Vec<Var> = inputs
                    .map(|(i, &x)| Var::new(x).named(format!("x{i}")))
                    .collect();
                function(&e, &x)
            })
        };
        let (graph, _) = if located {
            tape::located(record)
        } else {
            record()
        };
        for mut loaded in changed(&graph, &changes, &swaps)? {
            let again: Graph = serde_json::from_str(&serde_json::to_string(&loaded)?)?;
            prop_assert_eq!(again.stats().nodes, loaded.stats().nodes);
            prop_assert_eq!(again.groups(), loaded.groups());
            let keys: Vec<_> = loaded.iter().map(|(key, _)| key).collect();
            let all: Vec<Var> = keys.iter().filter_map(|&key| loaded.var(key)).collect();
            let Some(&last) = all.last() else { continue };
            let _ = loaded.backward(&[(last, 1.0)]);
            let picture = loaded.picture(&[last]);
            let _ = (picture.to_dot(), picture.to_svg());
            let _ = loaded.explain(last).html().to_string();
            let _ = Program::compile_graph(&loaded, &all[..1], &[last]).map(|f| f.hessian(&[0.5]));
            loaded.record(|| {
                tape::scope(|| tape::named("more", || (last * 2.0).backward().of(&[last])))
            });
            prop_assert_eq!(loaded.stats().nodes, keys.len());
            loaded.record(tape::clear);
        }
        Ok(())
    })
}

/// Texts of formulas.
pub(super) fn formulas(runner: &mut TestRunner) -> Result<(), String> {
    let strategy = (Expression::any(6, false), changes());
    check(runner, &strategy, |(e, changes)| {
        let mut text = format!("{e:?}").into_bytes();
        for change in &changes {
            change.apply(&mut text);
        }
        for part in String::from_utf8_lossy(&text).split([';', '=']) {
            match Formula::parse(part) {
                Err(error) => prop_assert_eq!(error.to_string().lines().count(), 3),
                Ok(f) => {
                    let x = vec![0.5; f.names().len()];
                    let (value, gradient) = chainrule::derive::gradient(|x| f.eval(x), &x)?;
                    prop_assert!(all_same(&[value], &[f.eval(&x)?]));
                    prop_assert_eq!(gradient.len(), x.len());
                }
            }
        }
        Ok(())
    })
}
