//! Finds operations that repeat, so that long programs become loops.
//!
//! A *repeat* is a stretch of code that is several *turns* of the same operations. From turn to turn, every operand moves by the
//! same distance: to the next input, to the same place of the next turn, or not at all. Or it is a value of the turn before, and
//! in the first turn any value.

use chainrule::ir::{Class, Id, Ir, Kind};

/// The most operations in a turn.
const LONGEST: usize = 32;

/// The fewest turns that become a loop.
const FEWEST: usize = 8;

/// A stretch of a list of values that is `turns` turns of `period` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeat {
    pub(crate) start: usize,
    pub(crate) period: usize,
    pub(crate) turns: usize,
}

impl Repeat {
    /// The place after its last value.
    pub(crate) fn end(self) -> usize {
        self.start + self.period * self.turns
    }
}

/// How an operand moves from turn to turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// By this distance.
    By(isize),
    /// It is the value at this place of the turn before.
    Before(usize),
}

/// Where an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    /// The uniform input with this index among them.
    Input(usize),
    /// Outside of repeats.
    Single(Id),
    /// The value at a place of a turn of the repeat that starts there.
    Member {
        start: usize,
        place: usize,
        turn: usize,
    },
}

impl Spot {
    /// How far it is to another spot of the same kind.
    fn step_to(self, other: Self) -> Option<isize> {
        let difference = |from: usize, to: usize| to.cast_signed() - from.cast_signed();
        match (self, other) {
            (Self::Input(from), Self::Input(to)) => Some(difference(from, to)),
            (Self::Single(from), Self::Single(to)) if from == to => Some(0),
            (
                Self::Member { start, place, turn },
                Self::Member {
                    start: other_start,
                    place: other_place,
                    turn: other_turn,
                },
            ) if (start, place) == (other_start, other_place) => Some(difference(turn, other_turn)),
            _ => None,
        }
    }
}

/// The repeats among these values, in order.
pub(crate) fn find(code: &Ir, ids: &[Id]) -> Vec<Repeat> {
    let mut finder = Finder {
        code,
        ids,
        inputs: uniform_ranks(code),
        places: vec![None; code.len()],
        known: vec![None; ids.len()],
    };
    for (place, &id) in ids.iter().enumerate() {
        finder.places[id as usize] = Some(place);
    }
    let mut repeats = Vec::new();
    let mut start = 0;
    while start < ids.len() {
        let Some(repeat) = finder.best(start) else {
            start += 1;
            continue;
        };
        finder.known[start..repeat.end()].fill(Some(repeat));
        repeats.push(repeat);
        start = repeat.end();
    }
    repeats
}

struct Finder<'a> {
    code: &'a Ir,
    ids: &'a [Id],
    /// The index of each input among the uniform ones.
    inputs: Vec<usize>,
    /// The place of each value in the list.
    places: Vec<Option<usize>>,
    /// The repeat of each place.
    known: Vec<Option<Repeat>>,
}

impl Finder<'_> {
    /// The longest repeat that begins at a place.
    fn best(&self, start: usize) -> Option<Repeat> {
        let longest = LONGEST.min((self.ids.len() - start) / FEWEST);
        let repeats = (1..=longest).filter_map(|period| self.repeat(start, period));
        repeats.max_by_key(|repeat| (repeat.end(), std::cmp::Reverse(repeat.period)))
    }

    fn repeat(&self, start: usize, period: usize) -> Option<Repeat> {
        let is_alike = |place: usize| self.is_alike(place, place + period);
        if !(start..start + period).all(is_alike) {
            return None;
        }
        let mut steps = Vec::new();
        for place in start..start + period {
            self.steps(start, period, place, |step| steps.push(step))?;
        }
        let mut turns = 2;
        while start + period * (turns + 1) <= self.ids.len() {
            let first = start + period * (turns - 1);
            let mut expected = steps.iter();
            let mut same = true;
            for place in first..first + period {
                let goes_on = self.is_alike(place, place + period)
                    && self
                        .steps(start, period, place, |step| {
                            same &= expected.next() == Some(&step);
                        })
                        .is_some();
                if !(goes_on && same) {
                    same = false;
                    break;
                }
            }
            if !same {
                break;
            }
            turns += 1;
        }
        (turns >= FEWEST).then_some(Repeat {
            start,
            period,
            turns,
        })
    }

    fn is_alike(&self, a: usize, b: usize) -> bool {
        let [a, b] = [a, b].map(|place| self.ids[place]);
        self.code.kind(a) == self.code.kind(b)
            && self.code.operands(a).len() == self.code.operands(b).len()
    }

    /// How far each operand moves from a place to the same place of the next turn; `None` if one does not move along a line.
    fn steps(
        &self,
        start: usize,
        period: usize,
        place: usize,
        mut each: impl FnMut(Step),
    ) -> Option<()> {
        let [from, to] = [place, place + period].map(|place| self.code.operands(self.ids[place]));
        for (&from, &to) in from.iter().zip(to) {
            let [from, to] = [from, to].map(|operand| self.spot(operand, start, period));
            each(match to {
                Spot::Member {
                    start: of,
                    place: other,
                    turn,
                } if of == start && turn == (place - start) / period => {
                    let is_before = match from {
                        Spot::Member {
                            start: of,
                            place,
                            turn: earlier,
                        } if of == start => place == other && earlier + 1 == turn,
                        _ => turn == 0,
                    };
                    if !is_before {
                        return None;
                    }
                    Step::Before(other)
                }
                _ => Step::By(from.step_to(to)?),
            });
        }
        Some(())
    }

    /// Where an operand is, if a repeat of this period begins at `start`.
    fn spot(&self, operand: Id, start: usize, period: usize) -> Spot {
        if let Kind::Input(index) = self.code.kind(operand) {
            return Spot::Input(self.inputs[index as usize]);
        }
        let Some(place) = self.places[operand as usize] else {
            return Spot::Single(operand);
        };
        let (start, period) = if place >= start {
            (start, period)
        } else if let Some(repeat) = self.known[place] {
            (repeat.start, repeat.period)
        } else {
            return Spot::Single(operand);
        };
        Spot::Member {
            start,
            place: (place - start) % period,
            turn: (place - start) / period,
        }
    }
}

/// The index of each uniform input among the uniform ones.
fn uniform_ranks(code: &Ir) -> Vec<usize> {
    let mut next = 0;
    let ranks = code.inputs().iter().map(|&class| {
        let rank = next;
        next += usize::from(class == Class::Uniform);
        rank
    });
    ranks.collect()
}

#[cfg(test)]
mod tests {
    use chainrule::ir::{Id, Kind};
    use chainrule::{Program, Var};

    use super::{Repeat, find};

    fn repeats(inputs: usize, f: impl FnOnce(&[Var]) -> Var) -> Vec<Repeat> {
        let program = Program::trace_rows(&vec![0.5; inputs][..], 0, |x, _| f(x)).unwrap();
        let code = program.ir();
        let is_computed = |&id: &Id| matches!(code.kind(id), Kind::Apply(_));
        find(code, &code.ids().filter(is_computed).collect::<Vec<_>>())
    }

    fn terms_of_neighbours(x: &[Var]) -> Var {
        let terms = x.windows(2).map(|x| (x[0] * x[1]).exp());
        terms.fold(x[0], |sum, term| sum + term)
    }

    #[test]
    fn terms_of_neighbours_repeat() {
        let expected = Repeat {
            start: 0,
            period: 3,
            turns: 19,
        };
        assert_eq!(repeats(20, terms_of_neighbours), [expected]);
    }

    #[test]
    fn a_few_terms_do_not() {
        assert_eq!(repeats(8, terms_of_neighbours), []);
    }

    #[test]
    fn terms_without_a_pattern_do_not() {
        // The distances grow.
        let f = |x: &[Var]| (1..40).fold(x[0], |sum, i| sum * x[i * (i + 1) / 2]);
        assert_eq!(repeats(1000, f), []);
    }
}
