//! Which values of a program are computed in loops.
//!
//! A loop computes a *run*: values of one operation whose operands are evenly spaced, each operand in its own array. The
//! results of all runs are in one array, a run's results side by side. All other values are variables of their own.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

use crate::error::{Error, Result};
use crate::ir::{Id, Ir, Kind};
use crate::op::Op;

/// The least number of values that are worth a loop.
const LONG: usize = 8;

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a variable of its own.
    Variable(Id),
    /// Among the inputs.
    Input(u32),
    /// Among the results of runs.
    Array(u32),
    /// Among the constants that loops read.
    Table(u32),
}

impl Place {
    /// The same array, and the index in it; `None` for a variable.
    fn index(self) -> (u8, u32) {
        match self {
            Self::Variable(id) => (0, id),
            Self::Input(index) => (1, index),
            Self::Array(index) => (2, index),
            Self::Table(index) => (3, index),
        }
    }

    /// How far a place is after another in the same array; `None` if it is elsewhere.
    fn after(self, other: Self) -> Option<i64> {
        let ((array, index), (other_array, other_index)) = (self.index(), other.index());
        if array == 0 {
            return (self == other).then_some(0);
        }
        (array == other_array).then(|| i64::from(index) - i64::from(other_index))
    }
}

/// An operand in the loops around it: its place at first, and how far it moves with `i` and with `k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) start: Place,
    pub(super) by_i: i64,
    pub(super) by_k: i64,
}

impl Line {
    fn fixed(start: Place) -> Self {
        Self {
            start,
            by_i: 0,
            by_k: 0,
        }
    }
}

impl Line {
    /// The array and the index in it, as C and Rust have them; the name of a variable and no index.
    pub(super) fn array_and_index(&self) -> (String, String) {
        let (array, index) = match self.start {
            Place::Variable(id) => return (format!("v{id}"), String::new()),
            Place::Input(index) => ("x", index),
            Place::Array(index) => ("w", index),
            Place::Table(index) => ("table", index),
        };
        (array.to_owned(), index_text(index, self.by_i, self.by_k))
    }
}

impl fmt::Display for Line {
    /// The operand in C and in Rust, such as `v12` or `w[3 + 2 * i]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (array, index) = self.array_and_index();
        if index.is_empty() {
            return f.write_str(&array);
        }
        write!(f, "{array}[{index}]")
    }
}

/// `start + by_i * i + by_k * k`, without terms of 0.
pub(super) fn index_text(start: u32, by_i: i64, by_k: i64) -> String {
    let mut terms = String::new();
    for (step, letter) in [(by_i, "i"), (by_k, "k")] {
        if step == 0 {
            continue;
        }
        if step < 0 {
            terms.push_str(" - ");
        } else if start > 0 || !terms.is_empty() {
            terms.push_str(" + ");
        }
        if step.abs() > 1 {
            terms.push_str(&step.abs().to_string());
            terms.push_str(" * ");
        }
        terms.push_str(letter);
    }
    if start == 0 && !terms.is_empty() {
        return terms;
    }
    format!("{start}{terms}")
}

/// The operands of a value, or of every value of a run.
#[derive(Clone, Debug)]
pub(super) enum Operands {
    /// One by one.
    Each(Vec<Line>),
    /// So many side by side, from this one on.
    Slice(Line, usize),
    /// In these pieces, one after another.
    Pieces(Vec<Piece>),
}

/// Operands in a loop over `k`: in each turn one of each line, moved by `k`. A single operand has one turn.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) lines: Vec<Line>,
    pub(super) turns: usize,
}

impl Operands {
    /// The statements that gather the operands in the array `t`, if they are needed. `declaration` declares an array of some
    /// length, and `head` begins a loop over `k` of some turns.
    pub(super) fn gathered(
        &self,
        declaration: impl Fn(usize) -> String,
        head: impl Fn(usize) -> String,
    ) -> Option<String> {
        let Self::Pieces(pieces) = self else {
            return None;
        };
        let count = pieces.iter().map(Piece::len).sum();
        let mut text = format!("        {}\n", declaration(count));
        let mut place = 0;
        for piece in pieces {
            let assignments = piece.assignments(place);
            if piece.turns == 1 {
                let _ = writeln!(text, "        {}", assignments.join("\n        "));
            } else {
                let _ = writeln!(
                    text,
                    "        {} {{\n            {}\n        }}",
                    head(piece.turns),
                    assignments.join("\n            ")
                );
            }
            place += piece.len() as u32;
        }
        Some(text)
    }
}

impl Piece {
    /// The number of operands.
    pub(super) fn len(&self) -> usize {
        self.lines.len() * self.turns
    }

    /// The statements of a turn, in C and in Rust: they copy the operands to the array `t`, from this place on.
    fn assignments(&self, place: u32) -> Vec<String> {
        let by_k = if self.turns == 1 { 0 } else { self.lines.len() };
        let lines = (place..).zip(&self.lines);
        let assignments = lines.map(|(to, line)| {
            let to = index_text(to, 0, i64::from(by_k as u32));
            format!("t[{to}] = {line};")
        });
        assignments.collect()
    }
}

/// One step of the computation.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A number.
    Constant(Id),
    /// A single value.
    Single(Id, Op, Operands),
    /// A loop over `i`: the first of its results, their number, and the operation.
    Run(u32, u32, Op, Operands),
}

impl Step {
    fn operands(&self) -> Option<&Operands> {
        match self {
            Self::Constant(_) => None,
            Self::Single(_, _, operands) | Self::Run(_, _, _, operands) => Some(operands),
        }
    }
}

/// Outputs that are written in one loop, or a single one: the first, their number, and the value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) first: usize,
    pub(super) count: usize,
    pub(super) value: Line,
}

/// The steps of a program, in the order of computation.
#[derive(Debug)]
pub(super) struct Runs {
    pub(super) steps: Vec<Step>,
    /// The number of results of all runs.
    pub(super) results: u32,
    /// The constants that loops read.
    pub(super) table: Vec<f64>,
    places: Vec<Place>,
}

impl Runs {
    /// The steps for this code.
    ///
    /// # Errors
    /// If it adds over rows.
    pub(super) fn new(ir: &Ir) -> Result<Self> {
        let mut runs = Self::empty(ir)?;
        runs.schedule(ir);
        if runs.results == 0 {
            // Without loops, the values stay in the order in which they were traced.
            runs = Self::empty(ir)?;
            for id in ir.ids() {
                if let Kind::Apply(op) = ir.kind(id) {
                    runs.single(ir, id, op);
                }
            }
        }
        runs.put_constants_first(ir);
        Ok(runs)
    }

    fn empty(ir: &Ir) -> Result<Self> {
        let place = |id| {
            Ok(match ir.kind(id) {
                Kind::Input(input) => Place::Input(input),
                Kind::Constant(_) | Kind::Apply(_) => Place::Variable(id),
                Kind::SumOverRows => {
                    return Err(Error::argument(
                        "program",
                        "a function of one point has no rows to add",
                    ));
                }
            })
        };
        Ok(Self {
            steps: Vec::new(),
            results: 0,
            table: Vec::new(),
            places: ir.ids().map(place).collect::<Result<_>>()?,
        })
    }

    fn place(&self, id: Id) -> Place {
        self.places[id as usize]
    }

    /// A value, outside of loops.
    pub(super) fn line(&self, id: Id) -> Line {
        Line::fixed(self.place(id))
    }

    /// Sorts the values by depth and operation, and makes runs and single values of each kind.
    fn schedule(&mut self, ir: &Ir) {
        let mut depths = vec![0_u32; ir.len()];
        let mut kinds: BTreeMap<(u32, u32, usize), (Op, Vec<Id>)> = BTreeMap::new();
        for id in ir.ids() {
            if let Kind::Apply(op) = ir.kind(id) {
                let operands = ir.operands(id);
                let below = operands.iter().map(|&operand| depths[operand as usize]);
                let depth = below.max().unwrap_or(0) + 1;
                depths[id as usize] = depth;
                let kind = (depth, op.number(), operands.len());
                kinds.entry(kind).or_insert((op, Vec::new())).1.push(id);
            }
        }
        for (op, ids) in kinds.into_values() {
            let mut single = Vec::new();
            // First those with the same constants, then the others, whose constants are read from a table.
            let mut rest = Vec::new();
            for alike in self.alike(ir, ids, true) {
                if alike.len() >= LONG {
                    self.cut(ir, op, &alike, &mut single);
                } else {
                    rest.extend(alike);
                }
            }
            for alike in self.alike(ir, rest, false) {
                self.cut(ir, op, &alike, &mut single);
            }
            single.sort_unstable();
            for id in single {
                self.single(ir, id, op);
            }
        }
    }

    /// Groups values by the arrays of their operands, by the variables among them, and by their constants if these must be
    /// the same.
    fn alike(&self, ir: &Ir, ids: Vec<Id>, same_constants: bool) -> Vec<Vec<Id>> {
        // The index of the first operand that moves, then the value: in this order, operands are likely to be evenly spaced.
        type Group = Vec<(u32, Id)>;
        let mut groups: BTreeMap<Vec<(u8, u64)>, Group> = BTreeMap::new();
        for id in ids {
            let mut first = None;
            let kinds = ir.operands(id).iter().map(|&operand| {
                let (array, index) = self.place(operand).index();
                match ir.kind(operand) {
                    Kind::Constant(bits) => (4, if same_constants { bits } else { 0 }),
                    _ if array == 0 => (0, u64::from(index)),
                    _ => {
                        first = first.or(Some(index));
                        (array, 0)
                    }
                }
            });
            let kinds = kinds.collect();
            groups
                .entry(kinds)
                .or_default()
                .push((first.unwrap_or(0), id));
        }
        let sorted = groups.into_values().map(|mut group| {
            group.sort_unstable();
            group.into_iter().map(|(_, id)| id).collect()
        });
        sorted.collect()
    }

    /// Cuts values of one operation into runs; what is left is single.
    fn cut(&mut self, ir: &Ir, op: Op, ids: &[Id], single: &mut Vec<Id>) {
        let mut rest = ids;
        while let Some((&first, others)) = rest.split_first() {
            let count = self.evenly_spaced(ir, rest);
            if count >= LONG {
                let (run, others) = rest.split_at(count);
                self.run(ir, op, run);
                rest = others;
            } else {
                single.push(first);
                rest = others;
            }
        }
    }

    /// How many of these values, from the first on, have operands that are evenly spaced. Constants are, in their table.
    fn evenly_spaced(&self, ir: &Ir, ids: &[Id]) -> usize {
        let steps = |a: Id, b: Id| {
            let pairs = ir.operands(a).iter().zip(ir.operands(b));
            pairs.map(|(&a, &b)| match (ir.kind(a), ir.kind(b)) {
                (Kind::Constant(_), Kind::Constant(_)) => Some(0),
                _ => self.place(b).after(self.place(a)),
            })
        };
        let [first, second, ..] = *ids else {
            return ids.len();
        };
        if steps(first, second).any(|step| step.is_none()) {
            return 1;
        }
        let goes_on = |pair: &&[Id]| steps(pair[0], pair[1]).eq(steps(first, second));
        1 + ids.windows(2).take_while(goes_on).count()
    }

    fn run(&mut self, ir: &Ir, op: Op, ids: &[Id]) {
        let operands = ir.operands(ids[0]).len();
        let lines = (0..operands).map(|place| {
            let of = |id: Id| ir.operands(id)[place];
            let constants = ids.iter().map(|&id| ir.constant(of(id)));
            if let Some(constants) = constants.collect::<Option<Vec<f64>>>()
                && constants
                    .iter()
                    .any(|number| number.to_bits() != constants[0].to_bits())
            {
                let start = self.tabled(&constants);
                return Line {
                    by_i: 1,
                    ..Line::fixed(start)
                };
            }
            let start = self.place(of(ids[0]));
            Line {
                by_i: self.place(of(ids[1])).after(start).unwrap_or(0),
                ..Line::fixed(start)
            }
        });
        let lines = lines.collect();
        let operands = self.operands(ir, op, lines);
        let first = self.results;
        self.steps
            .push(Step::Run(first, ids.len() as u32, op, operands));
        for &id in ids {
            self.places[id as usize] = Place::Array(self.results);
            self.results += 1;
        }
    }

    fn single(&mut self, ir: &Ir, id: Id, op: Op) {
        let operands = ir.operands(id).iter();
        let lines = operands.map(|&operand| Line::fixed(self.place(operand)));
        let lines = lines.collect();
        let operands = self.operands(ir, op, lines);
        self.steps.push(Step::Single(id, op, operands));
    }

    /// Appends constants to the table.
    fn tabled(&mut self, constants: &[f64]) -> Place {
        let start = self.table.len() as u32;
        self.table.extend_from_slice(constants);
        Place::Table(start)
    }

    /// The operands in the shortest form.
    fn operands(&mut self, ir: &Ir, op: Op, lines: Vec<Line>) -> Operands {
        if !matches!(op, Op::Nary(_)) || lines.len() < 4 {
            return Operands::Each(lines);
        }
        let first = lines[0];
        let side_by_side = |(k, line): (i64, &Line)| {
            line.by_i == first.by_i && line.start.after(first.start) == Some(k)
        };
        if (0..).zip(&lines).all(side_by_side) {
            return Operands::Slice(first, lines.len());
        }
        let mut pieces = Vec::new();
        let mut rest = &lines[..];
        while !rest.is_empty() {
            let looped = [1, 2].map(|period| self.looped(ir, rest, period));
            let longest = looped.into_iter().flatten().max_by_key(Piece::len);
            let piece = longest.unwrap_or_else(|| Piece {
                lines: vec![rest[0]],
                turns: 1,
            });
            rest = &rest[piece.len()..];
            pieces.push(piece);
        }
        if pieces.len() == lines.len() {
            return Operands::Each(lines);
        }
        Operands::Pieces(pieces)
    }

    /// The first operands as a loop with this many in each turn, if they are evenly spaced or constants.
    fn looped(&mut self, ir: &Ir, lines: &[Line], period: usize) -> Option<Piece> {
        let constant = |line: &Line| match line.start {
            Place::Variable(id) => ir.constant(id),
            _ => None,
        };
        let own = |place: usize| lines.iter().skip(place).step_by(period);
        let evenly_spaced: Vec<(i64, usize)> = (0..period)
            .map(|place| {
                let first = lines.get(place)?;
                let by_k = lines.get(place + period)?.start.after(first.start)?;
                let turns = (0..).zip(own(place)).take_while(|(k, line)| {
                    line.by_i == first.by_i && line.start.after(first.start) == Some(k * by_k)
                });
                Some((by_k, turns.count()))
            })
            .map(Option::unwrap_or_default)
            .collect();
        let constants = |place| own(place).map_while(constant);
        let turns = (0..period).map(|place| evenly_spaced[place].1.max(constants(place).count()));
        let turns = turns.min().filter(|&turns| turns >= LONG)?;
        let in_loop = (0..period).map(|place| match evenly_spaced[place] {
            (by_k, long) if long >= turns => Line {
                by_k,
                ..lines[place]
            },
            _ => {
                let constants: Vec<f64> = constants(place).take(turns).collect();
                Line {
                    by_k: 1,
                    ..Line::fixed(self.tabled(&constants))
                }
            }
        });
        Some(Piece {
            lines: in_loop.collect(),
            turns,
        })
    }

    /// Puts the constants that variables hold before all other steps.
    fn put_constants_first(&mut self, ir: &Ir) {
        let mut used = vec![false; ir.len()];
        let mut mark = |place: Place| {
            if let Place::Variable(id) = place {
                used[id as usize] = true;
            }
        };
        for operands in self.steps.iter().filter_map(Step::operands) {
            match operands {
                Operands::Each(lines) => lines.iter().for_each(|line| mark(line.start)),
                Operands::Pieces(pieces) => {
                    let lines = pieces.iter().flat_map(|piece| &piece.lines);
                    lines.for_each(|line| mark(line.start));
                }
                Operands::Slice(line, _) => mark(line.start),
            }
        }
        ir.roots().for_each(|root| mark(self.place(root)));
        let constants = ir
            .ids()
            .filter(|&id| used[id as usize] && ir.constant(id).is_some());
        let constants: Vec<Step> = constants.map(Step::Constant).collect();
        self.steps.splice(0..0, constants);
    }

    /// The outputs, in their order.
    pub(super) fn outputs(&self, ir: &Ir) -> Vec<Output> {
        let places: Vec<Place> = ir.outputs().iter().map(|&id| self.place(id)).collect();
        let mut outputs = Vec::new();
        let mut first = 0;
        while first < places.len() {
            let rest = &places[first..];
            let step = rest.get(1).and_then(|second| second.after(rest[0]));
            let goes_on = |pair: &&[Place]| pair[1].after(pair[0]) == step;
            let together = match step {
                Some(_) => 1 + rest.windows(2).take_while(goes_on).count(),
                None => 1,
            };
            let (count, by_i) = if together >= LONG {
                (together, step.unwrap_or(0))
            } else {
                (1, 0)
            };
            let value = Line {
                by_i,
                ..Line::fixed(rest[0])
            };
            outputs.push(Output {
                first,
                count,
                value,
            });
            first += count;
        }
        outputs
    }
}
