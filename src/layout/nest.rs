//! Links split at the borders of clusters, so that each cluster is arranged by itself.

use std::collections::BTreeMap;

use super::diagram::{Diagram, Link, Pair, Placement, Stroke};
use super::interior::{Arranged, Interior, Member};
use super::order::Port;

/// How the line of a block runs within one cluster.
#[derive(Clone, Debug, Default)]
struct Signal {
    /// Whether it comes in from outside the cluster.
    enters: bool,
    /// Whether it leads out of the cluster.
    exits: bool,
    /// The links that end here.
    links: Vec<usize>,
    /// The clusters directly inside this one that it enters.
    clusters: Vec<usize>,
}

/// Signals by the block that the line leaves.
type Signals = BTreeMap<usize, Signal>;

impl Diagram {
    /// Lays everything out, in about the time of sorting the boxes and the columns that links pass.
    pub(crate) fn lay_out(&self) -> Placement {
        let root = self.clusters.len();
        let (members, signals) = (self.members(), self.signals());
        let mut arranged = vec![Arranged::default(); root + 1];
        // A cluster comes after the one around it in the list, so in reverse order its contents are arranged before it.
        for place in (0..root).rev().chain([root]) {
            let interior = self.interior(place, &members[place], &signals[place], &arranged);
            arranged[place] = interior.arrange(self.clusters.get(place));
        }
        self.assemble(&arranged)
    }

    /// The members directly in each cluster, and last those in no cluster, in the order of the blocks.
    fn members(&self) -> Vec<Vec<Member>> {
        let root = self.clusters.len();
        let mut members = vec![Vec::new(); root + 1];
        let mut placed = vec![false; root];
        for (index, block) in self.blocks.iter().enumerate() {
            members[block.cluster.unwrap_or(root)].push(Member::Block(index));
            for cluster in self.around(index) {
                if std::mem::replace(&mut placed[cluster], true) {
                    break;
                }
                let outer = self.clusters[cluster].parent.unwrap_or(root);
                members[outer].push(Member::Cluster(cluster));
            }
        }
        members
    }

    /// How lines run within each cluster, and last outside all of them.
    fn signals(&self) -> Vec<Signals> {
        let root = self.clusters.len();
        let mut signals = vec![Signals::new(); root + 1];
        for (index, link) in self.links.iter().enumerate() {
            let (left, entered) = (self.around(link.from), self.around(link.to));
            let outermost_first = left.iter().rev().zip(entered.iter().rev());
            let common = outermost_first.take_while(|(a, b)| a == b).count();
            for &cluster in &left[..left.len() - common] {
                signals[cluster].entry(link.from).or_default().exits = true;
            }
            let innermost = entered.first().copied().unwrap_or(root);
            let signal = signals[innermost].entry(link.from).or_default();
            signal.links.push(index);
            for &cluster in &entered[..entered.len() - common] {
                let signal = signals[cluster].entry(link.from).or_default();
                if signal.enters {
                    break;
                }
                signal.enters = true;
                let outer = self.clusters[cluster].parent.unwrap_or(root);
                let signal = signals[outer].entry(link.from).or_default();
                signal.clusters.push(cluster);
            }
        }
        signals
    }

    /// The members directly in a cluster and the lines between them.
    fn interior(
        &self,
        place: usize,
        members: &[Member],
        signals: &Signals,
        arranged: &[Arranged],
    ) -> Interior {
        let own = (place < self.clusters.len()).then_some(place);
        let size = |member: Member| match member {
            Member::Block(block) => self.blocks[block].size,
            Member::Cluster(cluster) => arranged[cluster].size,
            Member::Entry | Member::Exit | Member::Passing => [0.0; 2],
        };
        let mut interior = Interior::new(members.iter().map(|&member| (member, size(member))));
        for (&source, signal) in signals {
            let from = if signal.enters {
                Some((interior.entry(source), 0.0))
            } else {
                self.producer(&interior, source, own, arranged)
            };
            let Some(from) = from else { continue };
            let mut ends = Vec::new();
            for &link in &signal.links {
                let Link { to, entry, .. } = self.links[link];
                let offset = self.blocks[to].entries.get(entry).copied().unwrap_or(0.0);
                ends.extend(interior.port(Member::Block(to), offset));
            }
            for &cluster in &signal.clusters {
                let offset = arranged[cluster].entries.get(&source);
                let offset = offset.copied().unwrap_or(0.0);
                ends.extend(interior.port(Member::Cluster(cluster), offset));
            }
            if signal.exits {
                ends.push((interior.exit(source), 0.0));
            }
            interior.connect(source, from, ends);
        }
        interior
    }

    /// Where in a cluster the line of a block inside it begins: at the block, or at the inner cluster that holds the block.
    fn producer(
        &self,
        interior: &Interior,
        source: usize,
        own: Option<usize>,
        arranged: &[Arranged],
    ) -> Option<Port> {
        if self.blocks[source].cluster == own {
            return interior.port(Member::Block(source), 0.0);
        }
        let mut around = self.around(source).into_iter();
        let child = around.find(|&cluster| self.clusters[cluster].parent == own)?;
        let offset = *arranged[child].exits.get(&source)?;
        interior.port(Member::Cluster(child), offset)
    }

    /// Moves the contents of each cluster to the cluster's position, from the outermost inward.
    fn assemble(&self, arranged: &[Arranged]) -> Placement {
        let root = self.clusters.len();
        let mut placement = Placement {
            blocks: vec![[0.0; 2]; self.blocks.len()],
            clusters: vec![[[0.0; 2]; 2]; root],
            ..Placement::default()
        };
        for place in [root].into_iter().chain(0..root) {
            let inner = &arranged[place];
            let corner = if place == root {
                placement.size = inner.size;
                [0.0; 2]
            } else {
                placement.clusters[place][1] = inner.size;
                placement.clusters[place][0]
            };
            let moved = |[along, across]: Pair| [along + corner[0], across + corner[1]];
            for &(member, at) in &inner.places {
                match member {
                    Member::Block(block) => placement.blocks[block] = moved(at),
                    Member::Cluster(cluster) => {
                        let [along, across] = moved(at);
                        let half = arranged[cluster].size[1] / 2.0;
                        placement.clusters[cluster][0] = [along, across - half];
                    }
                    Member::Entry | Member::Exit | Member::Passing => {}
                }
            }
            for &Stroke { source, from, to } in &inner.strokes {
                let (from, to) = (moved(from), moved(to));
                placement.strokes.push(Stroke { source, from, to });
            }
        }
        placement
    }
}
