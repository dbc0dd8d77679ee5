//! Where a program's numbers are while it runs.

use std::fmt;
use std::ops::Range;

use super::mean::without_sign;

/// Where a value is while a block of rows is computed.
///
/// ```
/// use chainrule::backend::Place;
/// assert_eq!(Place::Shared(3).to_string(), "u3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In its own lanes, one number per row. This is the machine's index of the lanes.
    Row(u32),
    /// The varying input with this index.
    Input(u32),
    /// In the buffer of shared numbers: one number for all rows.
    Shared(u32),
}

impl Place {
    /// The place `step` rows further on. A shared number stays in its place.
    pub(crate) fn next(self, step: u32) -> Self {
        match self {
            Self::Row(row) => Self::Row(row + step),
            Self::Input(input) => Self::Input(input + step),
            Self::Shared(slot) => Self::Shared(slot),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => write!(f, "r{row}"),
            Self::Input(input) => write!(f, "x{input}"),
            Self::Shared(slot) => write!(f, "u{slot}"),
        }
    }
}

/// Where a backend puts the numbers that others read and write.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Layout {
    /// The shared numbers at the start: the uniform inputs (which callers write), sums over rows, and constants.
    pub shared: Vec<f64>,
    /// The number of further shared numbers, for results of the backend. They start at 0, and [`new`](Self::new) sets none.
    pub results: usize,
    /// The number of uniform inputs. They are the first shared numbers, in the order of the program's inputs.
    pub uniform: usize,
    /// Which shared numbers are sums over rows.
    pub sums: Range<usize>,
    outputs: Vec<(Place, u32)>,
    count: usize,
    /// Where the two sides of each comparison are, in the order of [`Ir::guards`](crate::ir::Ir::guards).
    pub guards: Vec<[Place; 2]>,
}

impl Layout {
    /// The layout of a program with these shared numbers, uniform inputs, sums, outputs and guards.
    pub fn new(
        shared: Vec<f64>,
        uniform: usize,
        sums: Range<usize>,
        outputs: &[Place],
        guards: Vec<[Place; 2]>,
    ) -> Self {
        // Adjacent shared outputs are copied together.
        let mut stretches: Vec<(Place, u32)> = Vec::new();
        for &place in outputs {
            match stretches.last_mut() {
                Some((Place::Shared(slot), len)) if place == Place::Shared(*slot + *len) => {
                    *len += 1;
                }
                _ => stretches.push((place, 1)),
            }
        }
        Self {
            shared,
            results: 0,
            uniform,
            sums,
            outputs: stretches,
            count: outputs.len(),
            guards,
        }
    }

    /// The place of each output.
    pub fn outputs(&self) -> impl Iterator<Item = Place> {
        self.outputs.iter().flat_map(|&(place, len)| {
            (0..len).map(move |step| match place {
                Place::Shared(slot) => Place::Shared(slot + step),
                row => row,
            })
        })
    }

    /// The number of outputs.
    pub(crate) fn output_count(&self) -> usize {
        self.count
    }

    /// Whether the outputs are exactly the sums, in order.
    pub(crate) fn outputs_are_sums(&self) -> bool {
        let sums = (
            Place::Shared(self.sums.start as u32),
            self.sums.len() as u32,
        );
        self.outputs == [sums]
    }

    /// The slots of all outputs, if these are shared and adjacent.
    pub(crate) fn adjacent_outputs(&self) -> Option<Range<usize>> {
        match self.outputs[..] {
            [(Place::Shared(first), len)] => Some(first as usize..(first + len) as usize),
            _ => None,
        }
    }

    /// Replaces `outputs` with the shared outputs, with NaN for those that vary by row. The first `value_count` of them are
    /// copied as they are. The others are derivatives, and zeros among them lose their signs.
    #[inline]
    pub(crate) fn read_shared(&self, shared: &[f64], value_count: usize, outputs: &mut Vec<f64>) {
        outputs.clear();
        outputs.reserve(self.count);
        for &(place, len) in &self.outputs {
            let values_left = value_count.saturating_sub(outputs.len());
            match place {
                // Scattered outputs: pushing one is faster than copying a slice of one.
                Place::Shared(slot) if len == 1 => {
                    let output = shared[slot as usize];
                    outputs.push(if values_left > 0 {
                        output
                    } else {
                        without_sign(output)
                    });
                }
                Place::Shared(slot) => {
                    let stretch = &shared[slot as usize..][..len as usize];
                    let (values, derivatives) = stretch.split_at(values_left.min(stretch.len()));
                    outputs.extend_from_slice(values);
                    outputs.extend(derivatives.iter().copied().map(without_sign));
                }
                Place::Row(_) | Place::Input(_) => outputs.push(f64::NAN),
            }
        }
    }

    /// Writes the first outputs, with NaN for those that vary by row.
    pub(crate) fn copy_shared(&self, shared: &[f64], outputs: &mut [f64]) {
        let mut rest = outputs;
        for &(place, len) in &self.outputs {
            let len = rest.len().min(len as usize);
            let (some, further) = rest.split_at_mut(len);
            match place {
                Place::Shared(slot) if len == 1 => some[0] = shared[slot as usize],
                Place::Shared(slot) => some.copy_from_slice(&shared[slot as usize..][..len]),
                Place::Row(_) | Place::Input(_) => some.fill(f64::NAN),
            }
            rest = further;
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.outputs[..]) + size_of_val(&self.guards[..])
    }
}
