//! Arithmetic operators for a kind of number, all of them by the rows of the table.

/// Implements the operators, their assigning forms and `Sum` and `Product` for a [`Scalar`](super::Scalar) type:
/// between values, references and `f64` in both orders. The first argument is the attribute for inlining them.
macro_rules! operators {
    ($inline:meta, [$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> ::std::ops::Neg for $type {
            type Output = $type;
            #[$inline]
            #[track_caller]
            fn neg(self) -> $type {
                $crate::op::Scalar::apply::<$crate::op::rows::Neg>(self)
            }
        }
        impl<$($generics)*> ::std::ops::Neg for &$type {
            type Output = $type;
            #[$inline]
            #[track_caller]
            fn neg(self) -> $type {
                -*self
            }
        }
        operators!(@binary $inline, [$($generics)*] $type, Add add AddAssign add_assign);
        operators!(@binary $inline, [$($generics)*] $type, Sub sub SubAssign sub_assign);
        operators!(@binary $inline, [$($generics)*] $type, Mul mul MulAssign mul_assign);
        operators!(@binary $inline, [$($generics)*] $type, Div div DivAssign div_assign);
        operators!(@binary $inline, [$($generics)*] $type, Rem rem RemAssign rem_assign);
        operators!(@fold [$($generics)*] $type, Sum sum);
        operators!(@fold [$($generics)*] $type, Product product);
    };
    (@binary $inline:meta, [$($generics:tt)*] $type:ty, $op:ident $method:ident $assign:ident $assign_method:ident) => {
        impl<$($generics)*> ::std::ops::$op for $type {
            type Output = $type;
            #[$inline]
            #[track_caller]
            fn $method(self, b: $type) -> $type {
                $crate::op::Scalar::apply2::<$crate::op::rows::$op>(self, b)
            }
        }
        operators!(@mixed $inline, [$($generics)*] $type, &$type => $type, $op $method, |a, b| ::std::ops::$op::$method(a, *b));
        operators!(@mixed $inline, [$($generics)*] &$type, $type => $type, $op $method, |a, b| ::std::ops::$op::$method(*a, b));
        operators!(@mixed $inline, [$($generics)*] &$type, &$type => $type, $op $method, |a, b| ::std::ops::$op::$method(*a, *b));
        operators!(@mixed $inline, [$($generics)*] $type, f64 => $type, $op $method, |a, b| $crate::op::Sealed::with_constant::<$crate::op::rows::$op>(a, b));
        operators!(@mixed $inline, [$($generics)*] &$type, f64 => $type, $op $method, |a, b| $crate::op::Sealed::with_constant::<$crate::op::rows::$op>(*a, b));
        operators!(@mixed $inline, [$($generics)*] f64, $type => $type, $op $method, |a, b| $crate::op::Sealed::after_constant::<$crate::op::rows::$op>(b, a));
        operators!(@mixed $inline, [$($generics)*] f64, &$type => $type, $op $method, |a, b| $crate::op::Sealed::after_constant::<$crate::op::rows::$op>(*b, a));
        operators!(@assign $inline, [$($generics)*] $type, $type, $assign $assign_method $op $method);
        operators!(@assign $inline, [$($generics)*] $type, &$type, $assign $assign_method $op $method);
        operators!(@assign $inline, [$($generics)*] $type, f64, $assign $assign_method $op $method);
    };
    (@mixed $inline:meta, [$($generics:tt)*] $left:ty, $right:ty => $type:ty, $op:ident $method:ident, |$a:ident, $b:ident| $value:expr) => {
        impl<$($generics)*> ::std::ops::$op<$right> for $left {
            type Output = $type;
            #[$inline]
            #[track_caller]
            fn $method(self, $b: $right) -> $type {
                let $a = self;
                $value
            }
        }
    };
    (@assign $inline:meta, [$($generics:tt)*] $type:ty, $right:ty, $assign:ident $assign_method:ident $op:ident $method:ident) => {
        impl<$($generics)*> ::std::ops::$assign<$right> for $type {
            #[$inline]
            #[track_caller]
            fn $assign_method(&mut self, b: $right) {
                *self = ::std::ops::$op::$method(*self, b);
            }
        }
    };
    (@fold [$($generics:tt)*] $type:ty, $fold:ident $method:ident) => {
        impl<$($generics)*> ::std::iter::$fold for $type {
            #[track_caller]
            fn $method<I: Iterator<Item = Self>>(iter: I) -> Self {
                let operands: ::smallvec::SmallVec<[Self; 32]> = iter.collect();
                match operands[..] {
                    [] => Self::from(::std::iter::empty::<f64>().$method::<f64>()),
                    [only] => only,
                    _ => <Self as $crate::op::Scalar>::apply_n::<$crate::op::rows::$fold>(&operands),
                }
            }
        }
        impl<'iter, $($generics)*> ::std::iter::$fold<&'iter $type> for $type {
            fn $method<I: Iterator<Item = &'iter Self>>(iter: I) -> Self {
                iter.copied().$method()
            }
        }
    };
}
