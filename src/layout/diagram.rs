//! The input of a layout, a [`Diagram`], and its result, a [`Placement`].

/// A point or a size: along, then across.
pub(crate) type Pair = [f64; 2];

/// A box that links lead to and from. Links leave at the end of its middle line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// How long along and how broad across it is.
    pub(crate) size: Pair,
    /// Where links enter at its beginning, across from its middle line.
    pub(crate) entries: Vec<f64>,
    /// The innermost cluster around it.
    pub(crate) cluster: Option<usize>,
}

/// A line between two blocks; one that cannot lead forward is drawn straight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Which of the entries of `to` it leads to.
    pub(crate) entry: usize,
}

/// A box around at least one block, and possibly other clusters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cluster {
    /// The cluster around it, which comes before it in the list.
    pub(crate) parent: Option<usize>,
    /// The space before and after its contents, along and across.
    pub(crate) padding: [Pair; 2],
    /// The smallest size at which its label fits.
    pub(crate) least: Pair,
}

/// Everything that is to be laid out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diagram {
    /// The blocks, in an order in which links lead forward.
    pub(crate) blocks: Vec<Block>,
    pub(crate) links: Vec<Link>,
    pub(crate) clusters: Vec<Cluster>,
}

/// A piece of the line that leaves a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stroke {
    /// The block whose line it is.
    pub(crate) source: usize,
    pub(crate) from: Pair,
    pub(crate) to: Pair,
}

/// Where everything is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placement {
    pub(crate) size: Pair,
    /// For each block, where its middle line begins.
    pub(crate) blocks: Vec<Pair>,
    /// For each cluster, its first corner and its size.
    pub(crate) clusters: Vec<[Pair; 2]>,
    pub(crate) strokes: Vec<Stroke>,
}

impl Diagram {
    /// The clusters around a block, innermost first.
    pub(super) fn around(&self, block: usize) -> Vec<usize> {
        let parent = |&cluster: &usize| self.clusters[cluster].parent;
        std::iter::successors(self.blocks[block].cluster, parent).collect()
    }
}
