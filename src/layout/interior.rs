//! The inside of one cluster: its elements are put in columns, ordered and moved, and lines are drawn between them.

use std::collections::{BTreeMap, BTreeSet};

use super::across::{self, Neighbour};
use super::diagram::{Cluster, Pair, Stroke};
use super::lanes::{self, Far, LANE};
use super::order::{self, Port, Segment};

/// The least room between two columns.
const GAP: f64 = 14.0;
/// A gap grows by this share of the distance that its links lead across, so that they do not run too steeply.
const SLOPE: f64 = 0.18;
/// The most that a gap grows by.
const WIDEST: f64 = 90.0;
/// The breadth that a link takes up in a column that it passes.
const PASSING: f64 = 4.0;
/// How many columns lines may pass in all, and how many more for each element. If there are more, the lines that lead farthest
/// run in lanes.
const PASSED: usize = 4096;
const PASSED_EACH: usize = 8;

/// Identifies an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Member {
    Block(usize),
    Cluster(usize),
    /// Where a line comes in through the cluster's border.
    Entry,
    /// Where a line leads out through the cluster's border.
    Exit,
    /// Where a line passes a column.
    Passing,
}

/// Something that takes up space in a column.
#[derive(Clone, Debug)]
struct Element {
    member: Member,
    size: Pair,
    /// The column, counted from 0.
    column: usize,
    /// Whether a line ends here.
    led_to: bool,
}

impl Element {
    fn new(member: Member, size: Pair) -> Self {
        Self {
            member,
            size,
            column: 0,
            led_to: false,
        }
    }
}

/// The line of one block: where it begins and where it ends.
#[derive(Clone, Debug)]
struct Line {
    source: usize,
    from: Port,
    ends: Vec<Port>,
}

/// The inside of a cluster, to be arranged.
#[derive(Clone, Debug, Default)]
pub(super) struct Interior {
    /// The elements, then the places of lines that pass a column.
    elements: Vec<Element>,
    found: BTreeMap<Member, usize>,
    lines: Vec<Line>,
    entries: BTreeMap<usize, usize>,
    exits: BTreeMap<usize, usize>,
}

/// The inside of a cluster, arranged with its first corner at the origin.
#[derive(Clone, Debug, Default)]
pub(super) struct Arranged {
    pub(super) size: Pair,
    /// Where the middle line of each element begins.
    pub(super) places: Vec<(Member, Pair)>,
    pub(super) strokes: Vec<Stroke>,
    /// Where the line of each block enters, across from the cluster's middle.
    pub(super) entries: BTreeMap<usize, f64>,
    /// Where the line of each block leaves, across from the cluster's middle.
    pub(super) exits: BTreeMap<usize, f64>,
}

impl Interior {
    /// Takes the members and their sizes, in an order in which lines lead forward.
    pub(super) fn new(elements: impl Iterator<Item = (Member, Pair)>) -> Self {
        let elements = elements.map(|(member, size)| Element::new(member, size));
        let elements: Vec<Element> = elements.collect();
        let members = elements.iter().map(|element| element.member);
        Self {
            found: members.zip(0..).collect(),
            elements,
            ..Self::default()
        }
    }

    /// A point of an member, this far across from its middle.
    pub(super) fn port(&self, member: Member, offset: f64) -> Option<Port> {
        self.found.get(&member).map(|&element| (element, offset))
    }

    /// Adds a place on the border where the line of this block comes in.
    pub(super) fn entry(&mut self, source: usize) -> usize {
        let element = self.add(Member::Entry);
        self.entries.insert(source, element);
        element
    }

    /// Adds a place on the border where the line of this block leads out.
    pub(super) fn exit(&mut self, source: usize) -> usize {
        let element = self.add(Member::Exit);
        self.exits.insert(source, element);
        element
    }

    /// Adds a place for a line.
    fn add(&mut self, member: Member) -> usize {
        self.elements.push(Element::new(member, [0.0, PASSING]));
        self.elements.len() - 1
    }

    pub(super) fn connect(&mut self, source: usize, from: Port, ends: Vec<Port>) {
        for &(end, _) in &ends {
            self.elements[end].led_to = true;
        }
        self.lines.push(Line { source, from, ends });
    }

    /// Arranges the elements, in this cluster or outside all clusters.
    pub(super) fn arrange(mut self, cluster: Option<&Cluster>) -> Arranged {
        self.assign_columns();
        let (segments, direct, far) = self.split_lines();
        let last = self.elements.iter().map(|element| element.column).max();
        let mut columns = vec![Vec::new(); last.map_or(0, |last| last + 1)];
        for (index, element) in self.elements.iter().enumerate() {
            columns[element.column].push(index);
        }
        let breadths = self.elements.iter().map(|element| element.size[1]);
        let breadths: Vec<f64> = breadths.collect();
        order::order(&mut columns, &segments, &breadths);
        let middles = self.move_across(&columns, &segments, &breadths);
        let segments = [&segments[..], &direct[..]];
        self.draw(cluster, &columns, segments, &far, &middles)
    }

    /// Puts each element one column after the last one that leads to it, and an element that nothing leads to just before its use.
    fn assign_columns(&mut self) {
        let mut leading = vec![Vec::new(); self.elements.len()];
        let mut following = leading.clone();
        for line in &self.lines {
            for &(end, _) in &line.ends {
                leading[end].push(line.from.0);
                following[line.from.0].push(end);
            }
        }
        let base = usize::from(!self.entries.is_empty());
        // Lines lead forward in the order of the members; all entries and exits come after them.
        for (index, leading) in leading.iter().enumerate() {
            let before = leading.iter().map(|&from| self.elements[from].column);
            let column = before.max().map_or(base, |column| column + 1);
            self.elements[index].column = match self.elements[index].member {
                Member::Entry => 0,
                _ => column.max(base),
            };
        }
        for index in (0..self.elements.len()).rev() {
            let element = &self.elements[index];
            if element.member == Member::Entry || !leading[index].is_empty() {
                continue;
            }
            let after = following[index].iter().map(|&to| self.elements[to].column);
            if let Some(column) = after.min() {
                self.elements[index].column = column.saturating_sub(1).max(element.column);
            }
        }
        let last = self.elements.iter().map(|element| element.column).max();
        for &exit in self.exits.values() {
            self.elements[exit].column = last.unwrap_or(0);
        }
        // Exits need a column after all other elements, unless the last column already holds only exits.
        let crowds = |other: &Element| other.member != Member::Exit && Some(other.column) == last;
        let crowded = self.elements.iter().any(crowds);
        for &exit in self.exits.values() {
            self.elements[exit].column += usize::from(crowded);
        }
    }

    /// Cuts lines into pieces between neighbouring columns, with a place in each column that a line passes.
    ///
    /// Returns pieces that do not lead forward, and lines that lead too far, separately.
    fn split_lines(&mut self) -> (Vec<Segment>, Vec<Segment>, Vec<Far>) {
        let (mut segments, mut direct, mut far) = (Vec::new(), Vec::new(), Vec::new());
        let longest = self.longest_way();
        for Line { source, from, ends } in std::mem::take(&mut self.lines) {
            let start = self.elements[from.0].column;
            let mut way = vec![from];
            let mut far_ends = Vec::new();
            for (to, offset) in ends {
                let column = self.elements[to].column;
                let piece = |from, to| Segment { from, to, source };
                if column <= start {
                    direct.push(piece(from, (to, offset)));
                    continue;
                }
                if column - start > longest {
                    far_ends.push((to, offset));
                    continue;
                }
                while way.len() < column - start {
                    let place = self.add(Member::Passing);
                    self.elements[place].column = start + way.len();
                    segments.push(piece(way[way.len() - 1], (place, 0.0)));
                    way.push((place, 0.0));
                }
                segments.push(piece(way[column - start - 1], (to, offset)));
            }
            let columns = far_ends.iter().map(|&(to, _)| self.elements[to].column);
            if let Some(last) = columns.max() {
                far.push(Far {
                    source,
                    from,
                    ends: far_ends,
                    columns: [start, last],
                });
            }
        }
        (segments, direct, far)
    }

    /// The most columns that a line may lead on and still have a place in each.
    fn longest_way(&self) -> usize {
        let ways = self.lines.iter().map(|line| {
            let start = self.elements[line.from.0].column;
            let columns = line.ends.iter().map(|&(to, _)| self.elements[to].column);
            let ways = columns.map(|column| column.saturating_sub(start));
            ways.collect::<Vec<usize>>()
        });
        let ways: Vec<Vec<usize>> = ways.collect();
        let mut longest = ways.iter().flatten().copied().max().unwrap_or(0).max(1);
        let passed = |longest: usize| -> usize {
            let lines = ways.iter().map(|ways| {
                let near = ways.iter().filter(|&&way| way <= longest);
                near.max().map_or(0, |way| way.saturating_sub(1))
            });
            lines.sum()
        };
        while longest > 1 && passed(longest) > PASSED + PASSED_EACH * self.elements.len() {
            longest /= 2;
        }
        longest
    }

    /// How far across the middle of each element is.
    fn move_across(
        &self,
        columns: &[Vec<usize>],
        segments: &[Segment],
        breadths: &[f64],
    ) -> Vec<f64> {
        let mut before = vec![Vec::new(); self.elements.len()];
        let mut after = before.clone();
        for &Segment { from, to, .. } in segments {
            let places = [from.0, to.0].map(|index| self.elements[index].size[0] == 0.0);
            let weight = match places {
                [true, true] => 8.0,
                [false, false] => 1.0,
                _ => 2.0,
            };
            let neighbour = |element, shift| Neighbour {
                element,
                shift,
                weight,
            };
            before[to.0].push(neighbour(from.0, from.1 - to.1));
            after[from.0].push(neighbour(to.0, to.1 - from.1));
        }
        across::straighten(columns, breadths, &before, &after)
    }

    /// The gap after each column: wider where links lead far across.
    fn gaps(
        &self,
        columns: usize,
        segments: &[Segment],
        far: &[Far],
        across: impl Fn(Port) -> f64,
        lane: impl Fn(usize) -> f64,
    ) -> Vec<f64> {
        let mut gaps = vec![GAP; columns];
        let mut widen = |column: usize, from: f64, to: f64| {
            let gap = &mut gaps[column];
            *gap = gap.max(GAP + (SLOPE * (from - to).abs()).min(WIDEST));
        };
        for segment in segments {
            let column = self.elements[segment.from.0].column;
            widen(column, across(segment.from), across(segment.to));
        }
        for (index, line) in far.iter().enumerate() {
            widen(line.columns[0], across(line.from), lane(index));
            for &end in &line.ends {
                widen(self.elements[end.0].column - 1, lane(index), across(end));
            }
        }
        gaps
    }

    /// Gives every column, element and line its final position.
    fn draw(
        &self,
        cluster: Option<&Cluster>,
        columns: &[Vec<usize>],
        [segments, direct]: [&[Segment]; 2],
        far: &[Far],
        middles: &[f64],
    ) -> Arranged {
        let [[before, after], [above, below]] =
            cluster.map_or([[0.0; 2]; 2], |cluster| cluster.padding);
        let halves = self.elements.iter().map(|element| element.size[1] / 2.0);
        let edges = middles
            .iter()
            .zip(halves)
            .map(|(middle, half)| [middle - half, middle + half]);
        let spread = edges.reduce(|[a, b], [c, d]| [a.min(c), b.max(d)]);
        let [low, high] = spread.unwrap_or_default();
        let across = |(element, offset): Port| middles[element] + offset - low + above;
        let lanes = lanes::assign(far);
        let lane = |index: usize| high - low + above + LANE * (lanes[index] + 1) as f64;
        let in_lanes = LANE * lanes.iter().map(|lane| lane + 1).max().unwrap_or(0) as f64;

        let gaps = self.gaps(columns.len(), segments, far, across, lane);
        let mut starts = Vec::with_capacity(columns.len());
        let mut ends = Vec::with_capacity(columns.len());
        let mut along = before;
        for (column, gap) in columns.iter().zip(&gaps) {
            let lengths = column.iter().map(|&index| self.elements[index].size[0]);
            let end = along + lengths.fold(0.0, f64::max);
            starts.push(along);
            ends.push(end);
            along = end + gap;
        }
        let least = cluster.map_or([0.0; 2], |cluster| cluster.least);
        let length = ends.last().copied().unwrap_or(0.0) + after;
        let breadth = high - low + in_lanes + above + below;
        let size = [length.max(least[0]), breadth.max(least[1])];

        // An element that nothing leads to is at the end of its column, near its use; others are at the beginning.
        let start = |index: usize| {
            let element = &self.elements[index];
            if !element.led_to && element.size[0] > 0.0 {
                ends[element.column] - element.size[0]
            } else {
                starts[element.column]
            }
        };
        let end = |index: usize| start(index) + self.elements[index].size[0];
        let mut strokes: Vec<Stroke> = Vec::new();
        let mut stroke = |source, from: Pair, to: Pair| {
            match strokes.last_mut() {
                // A straight continuation extends the last stroke.
                Some(earlier)
                    if earlier.source == source
                        && earlier.to == from
                        && straight(earlier.from, earlier.to)
                        && straight(earlier.from, to) =>
                {
                    earlier.to = to;
                }
                _ if from == to => {}
                _ => strokes.push(Stroke { source, from, to }),
            }
        };
        // A line leaves its column once, however many branches it has; each line out of a cluster leaves separately.
        let mut left = BTreeSet::new();
        for &Segment { from, to, source } in segments.iter().chain(direct) {
            let leave = [end(from.0), across(from)];
            let edge = [ends[self.elements[from.0].column], across(from)];
            if left.insert((from.0, source)) {
                stroke(source, leave, edge);
            }
            stroke(source, edge, [start(to.0), across(to)]);
        }
        for (index, line) in far.iter().enumerate() {
            let Far { source, from, .. } = *line;
            let [begin, end_column] = line.columns;
            let edge = [ends[begin], across(from)];
            if left.insert((from.0, source)) {
                stroke(source, [end(from.0), across(from)], edge);
            }
            let beside = [starts[begin + 1], lane(index)];
            stroke(source, edge, beside);
            stroke(source, beside, [ends[end_column - 1], lane(index)]);
            for &to in &line.ends {
                let leave = [ends[self.elements[to.0].column - 1], lane(index)];
                stroke(source, leave, [start(to.0), across(to)]);
            }
        }
        let offset = |(&source, &element): (&usize, &usize)| {
            let offset = across((element, 0.0)) - size[1] / 2.0;
            (source, offset)
        };
        for (&source, &element) in &self.entries {
            let at = across((element, 0.0));
            stroke(source, [0.0, at], [starts[0], at]);
        }
        for (&source, &element) in &self.exits {
            let at = across((element, 0.0));
            let column = self.elements[element].column;
            stroke(source, [starts[column], at], [size[0], at]);
        }
        let place = |(&member, &index): (&Member, &usize)| {
            let place = [start(index), across((index, 0.0))];
            (member, place)
        };
        Arranged {
            size,
            places: self.found.iter().map(place).collect(),
            entries: self.entries.iter().map(offset).collect(),
            exits: self.exits.iter().map(offset).collect(),
            strokes,
        }
    }
}

/// Whether two points are equally far across, up to a difference that no eye can see.
fn straight(from: Pair, to: Pair) -> bool {
    (from[1] - to[1]).abs() < 0.05
}

#[cfg(test)]
mod tests {
    use super::{Interior, Member, PASSED, PASSED_EACH};

    #[test]
    fn far_lines_take_linearly_many_places() {
        for count in [500, 1000, 2000, 4000] {
            let blocks = (0..count).map(|block| (Member::Block(block), [20.0, 10.0]));
            let mut interior = Interior::new(blocks);
            let mut ends = vec![Vec::new(); count];
            for to in 1..count {
                ends[to - 1].push((to, -1.0));
                ends[to * 2_654_435_761 % 1_000_003 % to].push((to, 1.0));
            }
            for (source, ends) in ends.into_iter().enumerate() {
                interior.connect(source, (source, 0.0), ends);
            }
            interior.assign_columns();
            let (segments, direct, far) = interior.split_lines();
            let places = interior.elements.len();
            assert!(places <= PASSED + (PASSED_EACH + 1) * count, "{places}");
            let links = 2 * (count - 1);
            let far_ends: usize = far.iter().map(|line| line.ends.len()).sum();
            assert!(direct.is_empty() && far_ends > count / 8);
            assert_eq!(segments.len() + far_ends, links + places - count);
        }
    }
}
