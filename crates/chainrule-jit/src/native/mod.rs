//! Makes native code.
//!
//! [`places`] decides when and where every value is computed, and finds loops among values that all rows share ([`repeats`]).
//! [`point`] and [`rows`] write functions for values that all rows share and for those that vary by row; both write operations
//! with [`emit`], or call their [`functions`]. [`code`] puts the functions into memory, and [`machine`] runs them.

mod code;
mod counted;
mod emit;
mod functions;
mod machine;
mod places;
mod point;
mod repeats;
mod rows;
mod target;

use std::sync::Arc;

use chainrule::Level;
use chainrule::backend::Executable;
use chainrule::ir::{Class, Id, Ir, Kind};
use chainrule::op::{NaryOp, Op};

/// The most products of a uniform and a varying factor in dot products. With more, the interpreter is faster.
const MOST_PRODUCTS: usize = 40;

/// The most operations that are written as instructions. Longer code would take more than a tenth of a second to compile.
const MOST: usize = 4000;

/// The code as native code; `None` if the interpreter is the better choice, or if no code can be made for this processor.
pub(crate) fn compile(ir: &Ir, level: Level) -> Option<Arc<dyn Executable>> {
    let target = target::Target::this()?;
    if products_with_uniform_factors(ir) > MOST_PRODUCTS {
        return None;
    }
    let places = places::Places::new(ir);
    if !places.is_small() || places.operations(ir) > MOST {
        return None;
    }
    let code = code::Code::new(ir, &places, &target, level == Level::Fast)?;
    Some(Arc::new(machine::Compiled::new(ir.clone(), places, code)))
}

/// The number of products of a uniform and a varying factor in dot products over rows. The interpreter has kernels for
/// products of matrices.
fn products_with_uniform_factors(ir: &Ir) -> usize {
    let classes = ir.classes();
    let is_varying = |id: Id| classes[id as usize] == Class::Varying;
    let is_dot = |id: &Id| {
        let dots = [NaryOp::Dot, NaryOp::Adjoint].map(|op| Kind::Apply(Op::Nary(op)));
        dots.contains(&ir.kind(*id)) && ir.operands(*id).len() >= 4
    };
    let pairs = |id: Id| ir.operands(id).as_chunks::<2>().0.iter();
    ir.ids()
        .filter(is_dot)
        .flat_map(pairs)
        .filter(|&&[a, b]| is_varying(a) != is_varying(b))
        .count()
}
