//! Any diagram: boxes apart, each within its cluster, and lines that lead where they should without running through boxes.

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::Config;

use super::diagram::{Block, Cluster, Diagram, Link, Pair, Placement, Stroke};

const PADDING: [Pair; 2] = [[6.0, 5.0], [20.0, 4.0]];
/// Rounding of sums of a few hundred numbers.
const SLACK: f64 = 1e-6;

/// A box as its first corner and its last.
#[derive(Clone, Copy, Debug)]
struct Extent {
    from: Pair,
    to: Pair,
}

impl Extent {
    fn of_block(diagram: &Diagram, placement: &Placement, block: usize) -> Self {
        let [along, middle] = placement.blocks[block];
        let [length, breadth] = diagram.blocks[block].size;
        Self {
            from: [along, middle - breadth / 2.0],
            to: [along + length, middle + breadth / 2.0],
        }
    }

    fn of_cluster(placement: &Placement, cluster: usize) -> Self {
        let [from, size] = placement.clusters[cluster];
        Self {
            from,
            to: [from[0] + size[0], from[1] + size[1]],
        }
    }

    fn of_stroke(stroke: &Stroke) -> Self {
        let corner = |pick: fn(f64, f64) -> f64| [0, 1].map(|i| pick(stroke.from[i], stroke.to[i]));
        Self {
            from: corner(f64::min),
            to: corner(f64::max),
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        [0, 1]
            .iter()
            .all(|&i| self.from[i] + SLACK < other.to[i] && other.from[i] + SLACK < self.to[i])
    }

    fn holds(&self, other: &Self) -> bool {
        [0, 1]
            .iter()
            .all(|&i| self.from[i] <= other.from[i] + SLACK && other.to[i] <= self.to[i] + SLACK)
    }
}

/// Blocks recorded one after another, each with links from earlier ones; at times a cluster opens or closes.
fn diagrams() -> impl Strategy<Value = Diagram> {
    let step = (
        0_u8..8,
        any::<[u8; 2]>(),
        prop::collection::vec(any::<u16>(), 0..5),
    );
    prop::collection::vec(step, 1..60).prop_map(|steps| {
        let mut diagram = Diagram::default();
        let mut open: Option<usize> = None;
        for (kind, [length, breadth], picks) in steps {
            if kind == 0 && open.map_or(0, |cluster| cluster + 1) < 20 {
                diagram.clusters.push(Cluster {
                    parent: open,
                    padding: PADDING,
                    least: [30.0, 10.0],
                });
                open = Some(diagram.clusters.len() - 1);
            } else if kind == 1 {
                open = open.and_then(|cluster| diagram.clusters[cluster].parent);
            }
            let to = diagram.blocks.len();
            let picks = if to == 0 { Vec::new() } else { picks };
            let entries: Vec<f64> = (0_u32..)
                .zip(&picks)
                .map(|(i, _)| f64::from(i) * 3.0)
                .collect();
            diagram.blocks.push(Block {
                size: [1.0 + f64::from(length), 30.0 + f64::from(breadth)],
                entries,
                cluster: open,
            });
            for (entry, pick) in picks.into_iter().enumerate() {
                let from = usize::from(pick) % to;
                diagram.links.push(Link { from, to, entry });
            }
        }
        diagram
    })
}

/// The ends of each block's line: where strokes of it lead that no other stroke of it goes on from.
fn ends(placement: &Placement, source: usize) -> Vec<Pair> {
    let strokes = || {
        placement
            .strokes
            .iter()
            .filter(|stroke| stroke.source == source)
    };
    strokes()
        .map(|stroke| stroke.to)
        .filter(|&to| !strokes().any(|stroke| near(stroke.from, to)))
        .collect()
}

fn near(a: Pair, b: Pair) -> bool {
    (a[0] - b[0]).abs() < SLACK && (a[1] - b[1]).abs() < SLACK
}

proptest! {
    #![proptest_config(Config { cases: 128, failure_persistence: None, ..Config::default() })]

    #[test]
    fn boxes_stand_apart_and_within_their_frames(diagram in diagrams()) {
        let placement = diagram.lay_out();
        let page = Extent { from: [0.0; 2], to: placement.size };
        let blocks: Vec<Extent> = (0..diagram.blocks.len()).map(|b| Extent::of_block(&diagram, &placement, b)).collect();
        let clusters: Vec<Extent> = (0..diagram.clusters.len()).map(|f| Extent::of_cluster(&placement, f)).collect();
        for (i, block) in blocks.iter().enumerate() {
            let around = diagram.blocks[i].cluster.map_or(page, |cluster| clusters[cluster]);
            prop_assert!(around.holds(block), "{around:?} {block:?}");
            for other in &blocks[..i] {
                prop_assert!(!block.overlaps(other), "{block:?} {other:?}");
            }
            for (f, cluster) in clusters.iter().enumerate() {
                let inside = diagram.around(i).contains(&f);
                prop_assert!(inside || !block.overlaps(cluster), "{block:?} {cluster:?}");
            }
        }
        for (f, cluster) in clusters.iter().enumerate() {
            let around = diagram.clusters[f].parent.map_or(page, |parent| clusters[parent]);
            prop_assert!(around.holds(cluster), "{around:?} {cluster:?}");
        }
    }

    #[test]
    fn lines_lead_to_every_entry_and_through_no_box(diagram in diagrams()) {
        let placement = diagram.lay_out();
        let blocks: Vec<Extent> = (0..diagram.blocks.len()).map(|b| Extent::of_block(&diagram, &placement, b)).collect();
        for link in &diagram.links {
            let [along, middle] = placement.blocks[link.to];
            let entry = [along, middle + diagram.blocks[link.to].entries[link.entry]];
            prop_assert!(ends(&placement, link.from).iter().any(|&end| near(end, entry)), "{link:?}");
            prop_assert!(blocks[link.from].to[0] < along, "links lead forward");
        }
        for stroke in &placement.strokes {
            let line = Extent::of_stroke(stroke);
            for block in &blocks {
                let crossed = block.from[0] + SLACK < line.to[0] && line.from[0] + SLACK < block.to[0]
                    && block.from[1] < line.to[1] && line.from[1] < block.to[1];
                prop_assert!(!crossed, "{stroke:?} runs through {block:?}");
            }
        }
    }

    #[test]
    fn the_same_diagram_is_laid_out_the_same(diagram in diagrams()) {
        let (one, other) = (diagram.lay_out(), diagram.lay_out());
        prop_assert_eq!(one.strokes, other.strokes);
        prop_assert_eq!(one.blocks, other.blocks);
    }
}

#[test]
fn a_chain_is_a_straight_line() {
    let block = |entries: usize| Block {
        size: [20.0, 10.0],
        entries: vec![0.0; entries],
        cluster: None,
    };
    let link = |to: usize| Link {
        from: to - 1,
        to,
        entry: 0,
    };
    let diagram = Diagram {
        blocks: (0..50).map(|place| block(place.min(1))).collect(),
        links: (1..50).map(link).collect(),
        clusters: Vec::new(),
    };
    let placement = diagram.lay_out();
    assert!(
        placement
            .strokes
            .iter()
            .all(|stroke| stroke.from[1] == stroke.to[1])
    );
}

#[test]
fn a_line_that_cannot_lead_forward_is_drawn() {
    // The outer block is between two of the cluster, which is one box for it.
    let block = |cluster, entries: usize| Block {
        size: [20.0, 10.0],
        entries: vec![0.0; entries],
        cluster,
    };
    let diagram = Diagram {
        blocks: vec![block(Some(0), 0), block(None, 1), block(Some(0), 1)],
        links: [(0, 1), (1, 2)]
            .map(|(from, to)| Link { from, to, entry: 0 })
            .to_vec(),
        clusters: vec![Cluster {
            parent: None,
            padding: PADDING,
            least: [0.0; 2],
        }],
    };
    let placement = diagram.lay_out();
    for Link { from, to, .. } in diagram.links {
        assert!(
            ends(&placement, from)
                .iter()
                .any(|&end| near(end, placement.blocks[to]))
        );
    }
}

#[test]
fn nothing_is_laid_out_on_nothing() {
    let placement = Diagram::default().lay_out();
    assert_eq!(
        (
            placement.size,
            placement.blocks.len(),
            placement.strokes.len()
        ),
        ([0.0; 2], 0, 0)
    );
}

/// A chain of blocks; each also leads to a random later one.
fn far_links(count: usize) -> Diagram {
    let block = |entries: usize| Block {
        size: [20.0, 10.0],
        entries: (0..entries).map(|entry| entry as f64 * 3.0 - 1.5).collect(),
        cluster: None,
    };
    let mut diagram = Diagram::default();
    for to in 0..count {
        diagram.blocks.push(block(to.min(2)));
        let links = [
            to.checked_sub(1),
            (to > 1).then(|| to * 2_654_435_761 % 1_000_003 % to),
        ];
        for (entry, from) in links.into_iter().flatten().enumerate() {
            diagram.links.push(Link { from, to, entry });
        }
    }
    diagram
}

#[test]
fn far_links_take_linearly_many_strokes_and_run_through_no_box() {
    for count in [500, 1000, 2000] {
        let diagram = far_links(count);
        let placement = diagram.lay_out();
        assert!(
            placement.strokes.len() < 24 * count,
            "{} strokes",
            placement.strokes.len()
        );
        for stroke in &placement.strokes {
            let line = Extent::of_stroke(stroke);
            assert!(line.to[1] <= placement.size[1]);
            for block in 0..count {
                let block = Extent::of_block(&diagram, &placement, block);
                let crossed = block.from[0] + SLACK < line.to[0]
                    && line.from[0] + SLACK < block.to[0]
                    && block.from[1] < line.to[1]
                    && line.from[1] < block.to[1];
                assert!(!crossed, "{stroke:?} runs through {block:?}");
            }
        }
        for link in diagram.links.iter().step_by(97) {
            let [along, middle] = placement.blocks[link.to];
            let entry = [along, middle + diagram.blocks[link.to].entries[link.entry]];
            let ends = ends(&placement, link.from);
            assert!(ends.iter().any(|&end| near(end, entry)), "{link:?}");
        }
    }
}

#[test]
fn lanes_are_shared_by_lines_that_do_not_meet() {
    let far = |columns: [usize; 2]| super::lanes::Far {
        source: 0,
        from: (0, 0.0),
        ends: Vec::new(),
        columns,
    };
    let lines = [[0, 10], [5, 20], [10, 30], [12, 15], [20, 40]].map(far);
    assert_eq!(super::lanes::assign(&lines), [0, 1, 0, 2, 1]);
}
