//! Chapter 10: the effect of each gate on a gradient.

use chainrule::Var;

use crate::learn::hold;
use crate::plot::{Outcome, Pictures};

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    let (x, y) = (Var::new(3.0).named("x"), Var::new(4.0).named("y"));

    let sum = x + y;
    let f = (sum * 2.0).named("f");
    let grads = f.backward();
    println!(
        "  add:  {} comes in, {:?} go out",
        grads[sum],
        grads.of(&[x, y])
    );
    hold(
        grads.of(&[x, y]) == [2.0, 2.0],
        "an addition passes its gradient to both operands",
    )?;
    pictures.graph("10-add.svg", &f.picture().gradients(&grads))?;

    let product = x * y;
    let f = (product * 2.0).named("f");
    let grads = f.backward();
    println!(
        "  mul:  {} comes in, {:?} go out",
        grads[product],
        grads.of(&[x, y])
    );
    hold(
        grads.of(&[x, y]) == [8.0, 6.0],
        "a product passes each operand the other one, times its gradient",
    )?;
    pictures.graph("10-mul.svg", &f.picture().gradients(&grads))?;

    let f = (4.0 * x + x * 2.0).named("f");
    let grads = f.backward();
    println!("  copy: 4 and 2 come in, {} goes out", grads[x]);
    hold(
        grads[x] == 6.0,
        "a value that is used twice adds up both gradients",
    )?;
    pictures.graph("10-copy.svg", &f.picture().gradients(&grads))?;

    let largest = x.max(y);
    let f = (largest * 2.0).named("f");
    let grads = f.backward();
    println!(
        "  max:  {} comes in, {:?} go out",
        grads[largest],
        grads.of(&[x, y])
    );
    hold(
        grads.of(&[x, y]) == [0.0, 2.0],
        "a maximum passes its gradient to the larger operand",
    )?;
    pictures.graph("10-max.svg", &f.picture().gradients(&grads))
}
