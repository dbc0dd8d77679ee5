//! Structures of parameters: each lists its numbers once; programs, optimizers and files read this list.

use crate::error::{Result, check_length};
use crate::op::Scalar;

/// A structure of numbers in a fixed order, all of one kind `S`: parameters to trace, move, save and load.
///
/// A number implements it, and so do arrays of numbers, networks, and slices, `Vec`s, options and pairs of structures that
/// do. For a structure of your own, name its fields once in [`parameters!`](crate::parameters!).
///
/// ```
/// use chainrule::{Parameters, Program};
///
/// struct Line<S> {
///     slope: S,
///     offset: S,
/// }
///
/// chainrule::parameters!(Line { slope, offset });
///
/// let mut line = Line { slope: 2.0, offset: 1.0 };
/// let f = Program::trace_rows(&line, 1, |line, row| line.slope * row[0] + line.offset)?;
/// assert_eq!(f.batch(&[[0.0], [3.0]])?.values(&line)?, [1.0, 7.0]);
///
/// line.set_parameters(&[0.5, 0.0])?;
/// assert_eq!((line.slope, line.parameters()), (0.5, vec![0.5, 0.0]));
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// To implement it by hand, write three methods that go through the numbers in the same order:
///
/// ```
/// use chainrule::{Parameters, Scalar};
///
/// /// A polynomial of degree `N` − 1.
/// struct Polynomial<S, const N: usize> {
///     coefficients: [S; N],
/// }
///
/// impl<S: Scalar, const N: usize> Parameters<S> for Polynomial<S, N> {
///     type Over<T: Scalar> = Polynomial<T, N>;
///
///     fn visit(&self, visit: &mut dyn FnMut(&[S])) {
///         visit(&self.coefficients);
///     }
///
///     fn visit_mut(&mut self, visit: &mut dyn FnMut(&mut [S])) {
///         visit(&mut self.coefficients);
///     }
///
///     fn map_parameters<T: Scalar>(&self, replace: &mut dyn FnMut(S) -> T) -> Polynomial<T, N> {
///         Polynomial { coefficients: self.coefficients.map(replace) }
///     }
/// }
///
/// assert_eq!(Polynomial { coefficients: [1.0, 0.0, 2.0] }.parameter_count(), 3);
/// ```
#[diagnostic::on_unimplemented(
    note = "implement it for your structure by `chainrule::parameters!`, with fields that hold no parameters after \
            `; fixed:`; an array can hold only numbers, so use a `Vec` for a list of structures"
)]
pub trait Parameters<S: Scalar = f64> {
    /// The same structure over another kind of number.
    type Over<T: Scalar>;

    /// Calls `visit` with every number, in order, in slices that are as long as the structure allows.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// let mut parts = Vec::new();
    /// (vec![[1.0, 2.0], [3.0, 4.0]], 5.0).visit(&mut |part| parts.push(part.to_vec()));
    /// assert_eq!(parts, [vec![1.0, 2.0, 3.0, 4.0], vec![5.0]]);
    /// ```
    fn visit(&self, visit: &mut dyn FnMut(&[S]));

    /// As [`visit`](Self::visit), with slices that can be changed.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// let mut pair = (vec![1.0, 2.0], 3.0);
    /// pair.visit_mut(&mut |part| part.iter_mut().for_each(|p| *p *= 2.0));
    /// assert_eq!(pair, (vec![2.0, 4.0], 6.0));
    /// ```
    fn visit_mut(&mut self, visit: &mut dyn FnMut(&mut [S]));

    /// Builds the same structure with every number replaced, in order.
    ///
    /// ```
    /// use chainrule::{Dual, Parameters};
    /// // The derivative of a product in the direction in which both factors grow alike.
    /// let [x, y] = [2.0, 5.0].map_parameters(&mut Dual::variable);
    /// assert_eq!((x * y).tangent, 7.0);
    /// ```
    fn map_parameters<T: Scalar>(&self, replace: &mut dyn FnMut(S) -> T) -> Self::Over<T>;

    /// Visits every structure of a slice. For numbers this is a single call with the whole slice.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// let mut lengths = Vec::new();
    /// <f64 as Parameters>::visit_slice(&[1.0, 2.0], &mut |part| lengths.push(part.len()));
    /// assert_eq!(lengths, [2]);
    /// ```
    fn visit_slice(structures: &[Self], visit: &mut dyn FnMut(&[S]))
    where
        Self: Sized,
    {
        for structure in structures {
            structure.visit(visit);
        }
    }

    /// As [`visit_slice`](Self::visit_slice), with slices that can be changed.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// let mut numbers = [1.0, 2.0];
    /// <f64 as Parameters>::visit_slice_mut(&mut numbers, &mut |part| part.reverse());
    /// assert_eq!(numbers, [2.0, 1.0]);
    /// ```
    fn visit_slice_mut(structures: &mut [Self], visit: &mut dyn FnMut(&mut [S]))
    where
        Self: Sized,
    {
        for structure in structures {
            structure.visit_mut(visit);
        }
    }

    /// The number of parameters.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// assert_eq!((vec![1.0, 2.0], Some(3.0)).parameter_count(), 3);
    /// ```
    fn parameter_count(&self) -> usize {
        let mut count = 0;
        self.visit(&mut |part| count += part.len());
        count
    }

    /// Every parameter, in order.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// assert_eq!((vec![1.0, 2.0], Some(3.0)).parameters(), [1.0, 2.0, 3.0]);
    /// ```
    fn parameters(&self) -> Vec<S> {
        let mut parameters = Vec::with_capacity(self.parameter_count());
        self.visit(&mut |part| parameters.extend_from_slice(part));
        parameters
    }

    /// Copies every parameter, in order, into `values`.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// let mut values = [0.0; 3];
    /// (vec![1.0, 2.0], Some(3.0)).write_parameters(&mut values);
    /// assert_eq!(values, [1.0, 2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If `values.len()` is not [`parameter_count`](Self::parameter_count).
    fn write_parameters(&self, values: &mut [S]) {
        let mut start = 0;
        self.visit(&mut |part| {
            values[start..][..part.len()].copy_from_slice(part);
            start += part.len();
        });
        assert!(
            start == values.len(),
            "{} places for {start} parameters",
            values.len()
        );
    }

    /// Builds a structure of the same shape from a list of numbers, for example from a gradient. Fixed fields are cloned.
    ///
    /// ```
    /// use chainrule::{Parameters, Program};
    ///
    /// struct Line<S> {
    ///     slope: S,
    ///     offset: S,
    /// }
    ///
    /// chainrule::parameters!(Line { slope, offset });
    ///
    /// let line = Line { slope: 2.0, offset: 1.0 };
    /// let f = Program::trace_rows(&line, 1, |line, row| line.slope * row[0] + line.offset)?;
    /// let mut batch = f.batch(&[[1.0], [3.0]])?;
    /// let gradient = line.with_parameters(batch.sum_gradient(&line)?.1)?;
    /// assert_eq!((gradient.slope, gradient.offset), (4.0, 2.0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if `values.len()` is not [`parameter_count`](Self::parameter_count).
    fn with_parameters<T: Scalar>(&self, values: &[T]) -> Result<Self::Over<T>> {
        check_length("parameters", self.parameter_count(), values.len())?;
        let mut place = 0;
        Ok(self.map_parameters(&mut |_| {
            place += 1;
            values[place - 1]
        }))
    }

    /// Replaces every parameter, in order.
    ///
    /// ```
    /// use chainrule::Parameters;
    /// let mut pair = (vec![0.0, 0.0], 0.0);
    /// pair.set_parameters(&[1.0, 2.0, 3.0])?;
    /// assert_eq!(pair, (vec![1.0, 2.0], 3.0));
    /// let error = pair.set_parameters(&[1.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "parameters: expected 3 values, found 1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if `values.len()` is not [`parameter_count`](Self::parameter_count);
    /// nothing is changed then.
    fn set_parameters(&mut self, values: &[S]) -> Result<()> {
        check_length("parameters", self.parameter_count(), values.len())?;
        let mut start = 0;
        self.visit_mut(&mut |part| {
            part.copy_from_slice(&values[start..][..part.len()]);
            start += part.len();
        });
        Ok(())
    }
}

/// Implements [`Parameters`](trait@crate::Parameters) for a structure `Name<S>`, whose fields are themselves
/// `Parameters<S>`: one list of their names, in the order of the numbers.
///
/// An array field can hold only numbers, as in `[S; 3]`. For a list of structures or lists, use a `Vec`, such as
/// `Vec<Vec<S>>` instead of `[Vec<S>; 2]`; for two of them, a pair also works. Fields after `; fixed:` hold no parameters and are cloned. Fields of a tuple
/// structure are named by number: `Pair { 0, 1 }`.
///
/// ```
/// use chainrule::Parameters;
///
/// struct Wave<S> {
///     amplitude: S,
///     phase: S,
/// }
///
/// struct Sound<S> {
///     name: String,
///     waves: Vec<Wave<S>>,
///     volume: S,
/// }
///
/// chainrule::parameters!(Wave { amplitude, phase });
/// chainrule::parameters!(Sound { waves, volume; fixed: name });
///
/// let waves = vec![Wave { amplitude: 1.0, phase: 2.0 }, Wave { amplitude: 3.0, phase: 4.0 }];
/// let sound = Sound { name: "chord".into(), waves, volume: 5.0 };
/// assert_eq!(sound.parameters(), [1.0, 2.0, 3.0, 4.0, 5.0]);
/// ```
#[macro_export]
macro_rules! parameters {
    ($name:ident { $($field:tt),+ $(,)? }) => {
        $crate::parameters!($name { $($field),+; fixed: });
    };
    ($name:ident { $($field:tt),+; fixed: $($fixed:tt),* $(,)? }) => {
        impl<S: $crate::Scalar> $crate::Parameters<S> for $name<S> {
            type Over<T: $crate::Scalar> = $name<T>;

            fn visit(&self, visit: &mut dyn FnMut(&[S])) {
                $( $crate::Parameters::visit(&self.$field, visit); )+
            }

            fn visit_mut(&mut self, visit: &mut dyn FnMut(&mut [S])) {
                $( $crate::Parameters::visit_mut(&mut self.$field, visit); )+
            }

            fn map_parameters<T: $crate::Scalar>(&self, replace: &mut dyn FnMut(S) -> T) -> $name<T> {
                $name {
                    $( $field: $crate::Parameters::map_parameters(&self.$field, replace), )+
                    $( $fixed: ::core::clone::Clone::clone(&self.$fixed), )*
                }
            }
        }
    };
}

impl<S: Scalar> Parameters<S> for S {
    type Over<T: Scalar> = T;

    fn visit(&self, visit: &mut dyn FnMut(&[S])) {
        visit(std::slice::from_ref(self));
    }

    fn visit_mut(&mut self, visit: &mut dyn FnMut(&mut [S])) {
        visit(std::slice::from_mut(self));
    }

    fn map_parameters<T: Scalar>(&self, replace: &mut dyn FnMut(S) -> T) -> T {
        replace(*self)
    }

    fn visit_slice(numbers: &[S], visit: &mut dyn FnMut(&[S])) {
        visit(numbers);
    }

    fn visit_slice_mut(numbers: &mut [S], visit: &mut dyn FnMut(&mut [S])) {
        visit(numbers);
    }
}

macro_rules! lists {
    ($($list:ty),+) => { $(
        impl<S: Scalar, P: Parameters<S>> Parameters<S> for $list {
            type Over<T: Scalar> = Vec<P::Over<T>>;

            fn visit(&self, visit: &mut dyn FnMut(&[S])) {
                P::visit_slice(self, visit);
            }

            fn visit_mut(&mut self, visit: &mut dyn FnMut(&mut [S])) {
                P::visit_slice_mut(self, visit);
            }

            fn map_parameters<T: Scalar>(&self, replace: &mut dyn FnMut(S) -> T) -> Vec<P::Over<T>> {
                self.iter().map(|p| p.map_parameters(replace)).collect()
            }
        }
    )+ };
}

lists!([P], Vec<P>);

/// Arrays of numbers only: with arrays of other structures, the type of `&[]`, for no parameters, would be unknown.
impl<S: Scalar, const N: usize> Parameters<S> for [S; N] {
    type Over<T: Scalar> = [T; N];

    fn visit(&self, visit: &mut dyn FnMut(&[S])) {
        visit(self);
    }

    fn visit_mut(&mut self, visit: &mut dyn FnMut(&mut [S])) {
        visit(self);
    }

    fn map_parameters<T: Scalar>(&self, replace: &mut dyn FnMut(S) -> T) -> [T; N] {
        self.map(replace)
    }

    fn visit_slice(arrays: &[Self], visit: &mut dyn FnMut(&[S])) {
        visit(arrays.as_flattened());
    }

    fn visit_slice_mut(arrays: &mut [Self], visit: &mut dyn FnMut(&mut [S])) {
        visit(arrays.as_flattened_mut());
    }
}

impl<S: Scalar, P: Parameters<S>> Parameters<S> for Option<P> {
    type Over<T: Scalar> = Option<P::Over<T>>;

    fn visit(&self, visit: &mut dyn FnMut(&[S])) {
        P::visit_slice(self.as_slice(), visit);
    }

    fn visit_mut(&mut self, visit: &mut dyn FnMut(&mut [S])) {
        P::visit_slice_mut(self.as_mut_slice(), visit);
    }

    fn map_parameters<T: Scalar>(&self, replace: &mut dyn FnMut(S) -> T) -> Option<P::Over<T>> {
        self.as_ref().map(|p| p.map_parameters(replace))
    }
}

impl<S: Scalar, A: Parameters<S>, B: Parameters<S>> Parameters<S> for (A, B) {
    type Over<T: Scalar> = (A::Over<T>, B::Over<T>);

    fn visit(&self, visit: &mut dyn FnMut(&[S])) {
        self.0.visit(visit);
        self.1.visit(visit);
    }

    fn visit_mut(&mut self, visit: &mut dyn FnMut(&mut [S])) {
        self.0.visit_mut(visit);
        self.1.visit_mut(visit);
    }

    fn map_parameters<T: Scalar>(&self, replace: &mut dyn FnMut(S) -> T) -> Self::Over<T> {
        (
            self.0.map_parameters(replace),
            self.1.map_parameters(replace),
        )
    }
}
