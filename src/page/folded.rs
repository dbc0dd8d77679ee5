//! Groups small enough to draw: the contents of a group that holds too many are folded into numbered parts.

use crate::picture::{GroupCopy, Snapshot};

/// The groups of a page.
pub(super) struct Folded {
    /// The groups of the graph, then the numbered parts.
    pub(super) groups: Vec<GroupCopy>,
    /// The innermost group or part of each node.
    pub(super) group_of: Vec<Option<usize>>,
}

/// A direct member of a group.
#[derive(Clone, Copy)]
enum Member {
    Node(usize),
    Group(usize),
}

impl Folded {
    /// The most nodes of a page whose groups are all open at first.
    pub(super) const FEW: usize = 40;
    /// The most nodes that a page shows without folding any, and the most members of a group.
    pub(super) const MOST: usize = 100;
    /// The most members of a numbered part.
    const TOGETHER: usize = 50;
    /// The most numbered parts side by side, since each may be wired to all others.
    const MOST_NUMBERED: usize = 40;

    /// The groups of a snapshot, with numbered parts where one holds too many members.
    ///
    /// A numbered part takes neighbours in the order of recording. So it is a contiguous stretch of recording, as every group
    /// is, and no wire leads out of it and back in.
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let mut parts = Self {
            groups: snapshot.groups.clone(),
            group_of: snapshot.homes(),
        };
        for (holder, held) in parts.held().into_iter().enumerate() {
            parts.divide(holder.checked_sub(1), held);
        }
        parts
    }

    /// The members outside all groups, then those of each group, in the order of recording.
    fn held(&self) -> Vec<Vec<Member>> {
        let mut held: Vec<Vec<Member>> = vec![Vec::new(); self.groups.len() + 1];
        let mut entered = vec![false; self.groups.len()];
        let place = |group: Option<usize>| group.map_or(0, |group| group + 1);
        for (node, &group) in self.group_of.iter().enumerate() {
            held[place(group)].push(Member::Node(node));
            let mut next = group;
            while let Some(group) = next
                && !entered[group]
            {
                entered[group] = true;
                next = self.groups[group].parent;
                held[place(next)].push(Member::Group(group));
            }
        }
        held
    }

    /// Folds the members of a group until they are few enough.
    fn divide(&mut self, holder: Option<usize>, mut held: Vec<Member>) {
        let mut most = Self::MOST;
        while held.len() > most {
            most = Self::MOST_NUMBERED;
            let wanted = held.len().div_ceil(Self::TOGETHER);
            let chunks = held.chunks(held.len().div_ceil(wanted));
            let count = chunks.len();
            let mut folded = Vec::with_capacity(count);
            for (number, together) in chunks.enumerate() {
                let group = self.groups.len();
                self.groups.push(GroupCopy {
                    label: format!("part {} of {count}", number + 1),
                    parent: holder,
                });
                for &member in together {
                    match member {
                        Member::Node(node) => self.group_of[node] = Some(group),
                        Member::Group(inner) => self.groups[inner].parent = Some(group),
                    }
                }
                folded.push(Member::Group(group));
            }
            held = folded;
        }
    }
}
