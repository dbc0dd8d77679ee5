//! A layered layout: takes boxes, the links between them and the frames around them, gives where each of them stands.
//!
//! It knows nothing of graphs of values or of pictures. Coordinates are *along* the way that links run, and *across* it,
//! so that one layout serves pictures from left to right and from top to bottom. After K. Sugiyama, S. Tagawa and
//! M. Toda, "Methods for visual understanding of hierarchical system structures" (1981): boxes stand in columns, each
//! right of all that lead to it; within a column they are put in the order that crosses few links; then they are moved
//! across until links are as straight as the order allows. A link that passes columns keeps a place of its own in each,
//! so that no link runs through a box, and links from one box share their way as long as they can.
//!
//! A frame is laid out first, by itself, and is one box of the frame around it; a link that enters it does so at a place
//! on its border. Frames are walked from the last to the first and nothing recurses.
//!
//! ```text
//! Diagram ─ mod: links split at the borders of frames ─▶ levels, one a frame
//!         ─ level: columns ─ order: within them ─ across: how far ─▶ Layout
//! ```

mod across;
mod level;
mod order;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use level::{Arranged, Level, Port, What};

/// A point or a size: along, then across.
pub(crate) type Pair = [f64; 2];

/// A box that links lead to and from. A link leaves at the end of its middle line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// How long along and how broad across it is.
    pub(crate) size: Pair,
    /// Where links enter at its beginning, across from its middle line.
    pub(crate) entries: Vec<f64>,
    /// The innermost frame it stands in.
    pub(crate) frame: Option<usize>,
}

/// A line between two blocks; one that cannot lead forward is drawn straight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Which of the entries of `to` it leads to.
    pub(crate) entry: usize,
}

/// A box around blocks, at least one, and other frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// The frame around it, which stands before it in the list.
    pub(crate) parent: Option<usize>,
    /// The room before and after what it holds, along and across.
    pub(crate) padding: [Pair; 2],
    /// The least size, so that its label fits.
    pub(crate) least: Pair,
}

/// What is to be laid out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diagram {
    /// In an order in which links lead forward.
    pub(crate) blocks: Vec<Block>,
    pub(crate) links: Vec<Link>,
    pub(crate) frames: Vec<Frame>,
}

/// A piece of the line that leaves a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stroke {
    /// The block whose line it is.
    pub(crate) source: usize,
    pub(crate) from: Pair,
    pub(crate) to: Pair,
}

/// Where everything stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) size: Pair,
    /// For each block the beginning of its middle line.
    pub(crate) blocks: Vec<Pair>,
    /// For each frame its first corner and its size.
    pub(crate) frames: Vec<[Pair; 2]>,
    pub(crate) strokes: Vec<Stroke>,
}

/// How the line of a block runs within one frame.
#[derive(Clone, Debug, Default)]
struct Signal {
    /// Whether it comes in from around the frame.
    enters: bool,
    /// Whether it leads out of the frame.
    exits: bool,
    /// The links that end here.
    links: Vec<usize>,
    /// The frames in this one that it enters.
    frames: Vec<usize>,
}

/// By the block that the line leaves.
type Signals = BTreeMap<usize, Signal>;

impl Diagram {
    /// Lays everything out; the time is that of a sort of the boxes and of the columns that links pass.
    pub(crate) fn lay_out(&self) -> Layout {
        let root = self.frames.len();
        let (members, signals) = (self.members(), self.signals());
        let mut arranged: Vec<Option<Arranged>> = vec![None; root + 1];
        // Frames stand behind those around them, so that what a frame holds is arranged before it.
        for place in (0..root).rev().chain([root]) {
            let level = self.level(place, &members[place], &signals[place], &arranged);
            arranged[place] = Some(level.arrange(self.frames.get(place)));
        }
        self.assemble(&arranged)
    }

    /// What stands directly in each frame, and last outside of all, in the order of the blocks.
    fn members(&self) -> Vec<Vec<What>> {
        let root = self.frames.len();
        let mut members = vec![Vec::new(); root + 1];
        let mut placed = vec![false; root];
        for (index, block) in self.blocks.iter().enumerate() {
            members[block.frame.unwrap_or(root)].push(What::Block(index));
            for frame in self.around(index) {
                if std::mem::replace(&mut placed[frame], true) {
                    break;
                }
                members[self.frames[frame].parent.unwrap_or(root)].push(What::Frame(frame));
            }
        }
        members
    }

    /// The frames around a block, innermost first.
    fn around(&self, block: usize) -> Vec<usize> {
        std::iter::successors(self.blocks[block].frame, |&frame| self.frames[frame].parent)
            .collect()
    }

    /// How lines run within each frame, and last outside of all.
    fn signals(&self) -> Vec<Signals> {
        let root = self.frames.len();
        let mut levels = vec![Signals::new(); root + 1];
        for (index, link) in self.links.iter().enumerate() {
            let (left, entered) = (self.around(link.from), self.around(link.to));
            let common = left
                .iter()
                .rev()
                .zip(entered.iter().rev())
                .take_while(|(a, b)| a == b)
                .count();
            for &frame in &left[..left.len() - common] {
                levels[frame].entry(link.from).or_default().exits = true;
            }
            let innermost = entered.first().copied().unwrap_or(root);
            let signal = levels[innermost].entry(link.from).or_default();
            signal.links.push(index);
            for &frame in &entered[..entered.len() - common] {
                let signal = levels[frame].entry(link.from).or_default();
                if signal.enters {
                    break;
                }
                signal.enters = true;
                let outer = self.frames[frame].parent.unwrap_or(root);
                levels[outer]
                    .entry(link.from)
                    .or_default()
                    .frames
                    .push(frame);
            }
        }
        levels
    }

    /// What stands directly in a frame, and the lines there.
    fn level(
        &self,
        place: usize,
        members: &[What],
        signals: &Signals,
        arranged: &[Option<Arranged>],
    ) -> Level {
        let own = (place < self.frames.len()).then_some(place);
        let size = |what: What| match what {
            What::Block(block) => self.blocks[block].size,
            What::Frame(frame) => arranged[frame]
                .as_ref()
                .map_or([0.0; 2], |inner| inner.size),
            What::Entry | What::Exit | What::Passing => [0.0; 2],
        };
        let mut level = Level::new(members.iter().map(|&what| (what, size(what))));
        for (&source, signal) in signals {
            let from = if signal.enters {
                Some((level.entry(source), 0.0))
            } else {
                self.producer(&level, source, own, arranged)
            };
            let Some(from) = from else { continue };
            let mut ends = Vec::new();
            for &link in &signal.links {
                let Link { to, entry, .. } = self.links[link];
                let offset = self.blocks[to].entries.get(entry).copied().unwrap_or(0.0);
                ends.extend(level.find(What::Block(to)).map(|element| (element, offset)));
            }
            for &frame in &signal.frames {
                let offset = arranged[frame]
                    .as_ref()
                    .and_then(|inner| inner.entries.get(&source))
                    .copied()
                    .unwrap_or(0.0);
                ends.extend(
                    level
                        .find(What::Frame(frame))
                        .map(|element| (element, offset)),
                );
            }
            if signal.exits {
                ends.push((level.exit(source), 0.0));
            }
            level.connect(source, from, ends);
        }
        level
    }

    /// Where in a frame the line of a block inside it begins: at the block, or at the frame that it comes out of.
    fn producer(
        &self,
        level: &Level,
        source: usize,
        own: Option<usize>,
        arranged: &[Option<Arranged>],
    ) -> Option<Port> {
        if self.blocks[source].frame == own {
            return level
                .find(What::Block(source))
                .map(|element| (element, 0.0));
        }
        let around = self.around(source);
        let child = around
            .into_iter()
            .find(|&frame| self.frames[frame].parent == own)?;
        let offset = *arranged[child].as_ref()?.exits.get(&source)?;
        level
            .find(What::Frame(child))
            .map(|element| (element, offset))
    }

    /// Moves what each frame holds to where the frame stands, from the outermost inward.
    fn assemble(&self, arranged: &[Option<Arranged>]) -> Layout {
        let root = self.frames.len();
        let mut layout = Layout {
            blocks: vec![[0.0; 2]; self.blocks.len()],
            frames: vec![[[0.0; 2]; 2]; root],
            ..Layout::default()
        };
        for place in [root].into_iter().chain(0..root) {
            let Some(inner) = &arranged[place] else {
                continue;
            };
            let corner = if place == root {
                layout.size = inner.size;
                [0.0; 2]
            } else {
                layout.frames[place][1] = inner.size;
                layout.frames[place][0]
            };
            let moved = |[along, across]: Pair| [along + corner[0], across + corner[1]];
            for &(what, at) in &inner.places {
                match what {
                    What::Block(block) => layout.blocks[block] = moved(at),
                    What::Frame(frame) => {
                        let half = arranged[frame].as_ref().map_or(0.0, |f| f.size[1] / 2.0);
                        let [along, across] = moved(at);
                        layout.frames[frame][0] = [along, across - half];
                    }
                    What::Entry | What::Exit | What::Passing => {}
                }
            }
            layout
                .strokes
                .extend(inner.strokes.iter().map(|stroke| Stroke {
                    source: stroke.source,
                    from: moved(stroke.from),
                    to: moved(stroke.to),
                }));
        }
        layout
    }
}
