//! The operands of operations of any number of operands.

/// The operands of an operation of any number of operands: a slice, or numbers in some other place.
///
/// ```
/// use chainrule::op::{Nary, Operands, rows::Sum};
/// assert_eq!(Operands::count(&[1.0, 2.0]), 2);
/// assert_eq!(Sum::value(&[1.0, 2.0]), 3.0);
/// ```
pub trait Operands<S> {
    /// The number of operands.
    fn count(&self) -> usize;
    /// The operand at a place.
    fn at(&self, place: usize) -> S;
}

// What is not inlined is not compiled for the vector instructions.
macro_rules! operands {
    ($([$($size:tt)*] $list:ty),+) => { $(
        impl<S: Copy, $($size)*> Operands<S> for $list {
            #[inline(always)]
            fn count(&self) -> usize {
                self.len()
            }

            #[inline(always)]
            fn at(&self, place: usize) -> S {
                self[place]
            }
        }
    )+ };
}

operands!([] [S], [] Vec<S>, [const N: usize] [S; N]);
