//! The code of a step that is repeated, in three parts: what all repetitions share, a step forward, and a step backward.
//!
//! The step forward computes what its derivative needs along with the results, and the step backward reads it. So nothing is
//! computed twice. The adjoint of a parameter continues from its sum so far, as in a sweep over the whole loop.

use super::{forward, reverse};
use crate::ir::{Class, Id, Ir, Kind, Symbol};

/// What a step consists of. Its inputs are the uniform parameters, then the state and the numbers of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepShape {
    /// The number of parameters.
    pub(crate) parameters: usize,
    /// The number of values of the state.
    pub(crate) state: usize,
    /// The number of further numbers that a step reads.
    pub(crate) row: usize,
    /// The first outputs are the next state.
    pub(crate) next: usize,
    /// The output whose sum over all steps is differentiated.
    pub(crate) loss: Option<usize>,
    /// Whether the backward step also gives the derivatives with respect to the row.
    pub(crate) by_row: bool,
    /// Whether a step runs for many rows at a time. Then the derivatives with respect to parameters are sums over rows.
    pub(crate) many: bool,
}

/// The code of a repeated step.
#[derive(Debug)]
pub(crate) struct StepCode {
    /// Parameters in; out come the values that depend on parameters only.
    pub(crate) shared: Ir,
    /// Parameters, shared values, state and row in; out come the step's outputs, then the values to keep.
    pub(crate) forward: Ir,
    /// Parameters, shared values, the parameters' adjoints so far (not if many rows are computed at a time), the adjoints of
    /// the next state and the kept values in; out come the adjoints of the parameters, of the state, and of the row if wanted.
    pub(crate) backward: Ir,
}

/// The code of a step with its derivatives. Adjoints are further inputs, and the derivatives are further outputs.
pub(crate) fn adjoint_step(mut ir: Ir, shape: &StepShape) -> Ir {
    let (variables, seeds) = prepare(&mut ir, shape);
    reverse::append_adjoints_over(&ir, &seeds, &variables, shape.many)
}

/// Chooses the inputs with derivatives, and appends inputs for adjoints so far: of the parameters and of the next state.
fn prepare(ir: &mut Ir, shape: &StepShape) -> (Vec<u32>, Vec<(Id, Symbol)>) {
    let row = if shape.by_row { shape.row } else { 0 };
    let variables = (0..(shape.parameters + shape.state + row) as u32).collect();
    let mut seeds = Vec::new();
    if !shape.many {
        let known = ir.input_values();
        for (place, known) in known.iter().enumerate().take(shape.parameters) {
            // A parameter that the step does not use has an adjoint too: the one from other steps.
            let id = known.unwrap_or_else(|| ir.push(Kind::Input(place as u32), &[]));
            seeds.push((id, Symbol::Value(ir.push_input(Class::Varying))));
        }
    }
    let next: Vec<Id> = ir.outputs[..shape.next].to_vec();
    let mut of_state: Vec<(Id, Symbol)> = next
        .iter()
        .map(|&id| (id, Symbol::Value(ir.push_input(Class::Varying))))
        .collect();
    // The latest use first, as in a sweep.
    of_state.reverse();
    seeds.extend(of_state);
    seeds.extend(shape.loss.map(|place| (ir.outputs[place], Symbol::ONE)));
    (variables, seeds)
}

/// Cuts the code with values and derivatives in three. `outputs` is the number of the step's own outputs.
pub(crate) fn split(ir: &Ir, shape: &StepShape, outputs: usize) -> StepCode {
    let classes = ir.classes();
    let own = shape.parameters + shape.state + shape.row;
    let is_late = late(ir, own);
    let is_shared = |id: Id| {
        classes[id as usize] == Class::Uniform
            && !is_late[id as usize]
            && !matches!(ir.kind(id), Kind::Input(_))
    };
    let (values, derivatives) = ir.outputs.split_at(outputs);
    // Shared values are cut off where something else uses them, and kept values where the backward step does.
    let (mut shared, mut kept) = (Vec::new(), Vec::new());
    let mut listed = vec![false; ir.len()];
    let mut list = |id: Id, user_is_late: bool| {
        let to = if is_shared(id) {
            &mut shared
        } else if user_is_late && !is_late[id as usize] && classes[id as usize] == Class::Varying {
            &mut kept
        } else {
            return;
        };
        if !std::mem::replace(&mut listed[id as usize], true) {
            to.push(id);
        }
    };
    for id in ir.ids() {
        if !is_shared(id) {
            for &operand in ir.operands(id) {
                list(operand, is_late[id as usize]);
            }
        }
    }
    for &id in values.iter().chain(ir.guards.iter().flatten()) {
        list(id, false);
    }
    for &id in derivatives {
        list(id, true);
    }

    let inputs = ir.input_values();
    let given =
        |range: std::ops::Range<usize>| range.map(|place| inputs[place]).collect::<Vec<_>>();
    let parameters = given(0..shape.parameters);
    let common: Vec<Option<Id>> = [parameters.clone(), some(&shared)].concat();
    let forward_inputs = [common.clone(), given(shape.parameters..own)].concat();
    let backward_inputs = [common.clone(), given(own..ir.inputs.len()), some(&kept)].concat();
    let varying = if shape.many {
        Class::Varying
    } else {
        Class::Uniform
    };
    let part = |inputs: &[Option<Id>], outputs: Vec<Id>, guards: &[[Id; 2]]| {
        let class = |place: usize| {
            if place < common.len() {
                Class::Uniform
            } else {
                varying
            }
        };
        let classes = (0..inputs.len()).map(class).collect();
        between(ir, classes, inputs, outputs, guards)
    };
    StepCode {
        forward: part(&forward_inputs, [values, &kept].concat(), &ir.guards),
        backward: part(&backward_inputs, derivatives.to_vec(), &[]),
        shared: part(&parameters, shared, &[]),
    }
}

fn some(ids: &[Id]) -> Vec<Option<Id>> {
    ids.iter().map(|&id| Some(id)).collect()
}

/// Which values depend on inputs from this one on: the adjoints.
fn late(ir: &Ir, first: usize) -> Vec<bool> {
    let mut late = vec![false; ir.len()];
    for id in ir.ids() {
        late[id as usize] = match ir.kind(id) {
            Kind::Input(place) => place as usize >= first,
            Kind::SumOverRows => true,
            _ => ir
                .operands(id)
                .iter()
                .any(|&operand| late[operand as usize]),
        };
    }
    late
}

/// The code that computes outputs from values that are given as inputs.
fn between(
    ir: &Ir,
    classes: Vec<Class>,
    inputs: &[Option<Id>],
    outputs: Vec<Id>,
    guards: &[[Id; 2]],
) -> Ir {
    const NONE: Id = Id::MAX;
    let mut given = vec![NONE; ir.len()];
    for (place, id) in inputs.iter().enumerate() {
        if let Some(id) = id {
            given[*id as usize] = place as Id;
        }
    }
    let mut needed = vec![false; ir.len()];
    for &id in outputs.iter().chain(guards.iter().flatten()) {
        needed[id as usize] = true;
    }
    for id in ir.ids().rev() {
        if needed[id as usize] && given[id as usize] == NONE {
            for &operand in ir.operands(id) {
                needed[operand as usize] = true;
            }
        }
    }
    let mut new = Ir::default();
    new.inputs = classes;
    let mut places = vec![NONE; ir.len()];
    let mut operands = Vec::new();
    for id in ir.ids().filter(|&id| needed[id as usize]) {
        places[id as usize] = match given[id as usize] {
            NONE => {
                operands.clear();
                operands.extend(
                    ir.operands(id)
                        .iter()
                        .map(|&operand| places[operand as usize]),
                );
                new.push(ir.kind(id), &operands)
            }
            place => new.push(Kind::Input(place), &[]),
        };
    }
    let place = |id: Id| places[id as usize];
    new.outputs = outputs.into_iter().map(place).collect();
    new.guards = guards.iter().map(|sides| sides.map(place)).collect();
    new
}

/// A step with its derivatives in one direction: each list of parameters, state and next state is followed by its direction, and
/// the row stays last. The step's own outputs come after their derivatives.
pub(crate) fn tangent_step(mut ir: Ir, parameters: usize, state: usize, next: usize) -> Ir {
    let inputs = ir.inputs.len();
    ir.variables = Some((0..(parameters + state) as u32).collect());
    let (ir, _) = forward::jvp(&ir);
    let order = [
        0..parameters,
        inputs..inputs + parameters,
        parameters..parameters + state,
        inputs + parameters..inputs + parameters + state,
        parameters + state..inputs,
    ];
    let given: Vec<usize> = order.into_iter().flatten().collect();
    let values = ir.input_values();
    let inputs: Vec<Option<Id>> = given.iter().map(|&place| values[place]).collect();
    let classes = given.iter().map(|&place| ir.inputs[place]).collect();
    let (values, slopes) = ir.outputs.split_at(ir.outputs.len() / 2);
    let parts = [
        &values[..next],
        &slopes[..next],
        &slopes[next..],
        &values[next..],
    ];
    between(&ir, classes, &inputs, parts.concat(), &ir.guards)
}
