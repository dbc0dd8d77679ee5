//! The key of each slot, and a record of the keys that were alive at one time.

use std::sync::Arc;

use super::key::NodeKey;

/// The generation of each slot in use.
///
/// Neighbours mostly have the same generation, so the generations are also kept as runs. A copy of the runs is shared,
/// and a change copies them only while such a copy is in use.
#[derive(Debug)]
pub(super) struct Generations {
    /// By slot; index 0 is slotmap's sentinel.
    of_slot: Vec<u32>,
    runs: Arc<Vec<Run>>,
}

/// Slots from `start` to the start of the next run have the same generation.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: u32,
    generation: u32,
}

impl Generations {
    /// No slots but slotmap's sentinel.
    pub(super) fn new() -> Self {
        let sentinel = Run {
            start: 0,
            generation: 0,
        };
        Self {
            of_slot: vec![0],
            runs: Arc::new(vec![sentinel]),
        }
    }

    /// The number of slots, with the sentinel.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.of_slot.len()
    }

    /// The bytes reserved.
    pub(super) fn bytes(&self) -> usize {
        self.of_slot.capacity() * size_of::<u32>() + self.runs.capacity() * size_of::<Run>()
    }

    /// Adds the next slot.
    #[inline]
    pub(super) fn push(&mut self, generation: u32) {
        if self.of_slot.last() != Some(&generation) {
            self.begin_run(generation);
        }
        self.of_slot.push(generation);
    }

    #[cold]
    fn begin_run(&mut self, generation: u32) {
        let start = self.of_slot.len() as u32;
        Arc::make_mut(&mut self.runs).push(Run { start, generation });
    }

    /// Removes the last slot.
    pub(super) fn pop(&mut self) {
        self.of_slot.pop();
        let len = self.of_slot.len();
        if (self.runs.last()).is_some_and(|run| run.start as usize >= len) {
            Arc::make_mut(&mut self.runs).pop();
        }
    }

    #[inline]
    pub(super) fn key_at(&self, slot: usize) -> NodeKey {
        NodeKey::new(slot as u32, self.of_slot[slot])
    }

    #[inline]
    pub(super) fn holds(&self, key: NodeKey) -> bool {
        self.of_slot.get(key.slot()) == Some(&key.generation())
    }

    /// The keys that are alive now.
    pub(super) fn alive(&self) -> Alive {
        Alive {
            runs: Arc::clone(&self.runs),
            len: self.of_slot.len(),
        }
    }
}

/// The keys of a graph that were alive at one time. It takes no memory per key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alive {
    runs: Arc<Vec<Run>>,
    /// The number of slots in use, with the sentinel.
    len: usize,
}

impl Alive {
    #[inline]
    pub(crate) fn holds(&self, key: NodeKey) -> bool {
        key.slot() < self.len && self.generation(key.slot()) == key.generation()
    }

    /// The key of a slot that was in use.
    pub(crate) fn key_at(&self, slot: usize) -> NodeKey {
        NodeKey::new(slot as u32, self.generation(slot))
    }

    /// The generation of a slot that was in use.
    #[inline]
    fn generation(&self, slot: usize) -> u32 {
        let after = self.runs.partition_point(|run| run.start as usize <= slot);
        self.runs[after - 1].generation
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However slots come and go, a record tells of every key whether it was alive then.
        #[test]
        fn a_record_knows_the_keys_of_its_time(
            steps in prop::collection::vec((0..12_usize, 0..12_usize), 1..20),
            kept in any::<bool>(),
        ) {
            let mut slots = Generations::new();
            let mut next = vec![1; 300];
            let mut records = Vec::new();
            for (freed, added) in steps {
                for _ in 0..freed.min(slots.len() - 1) {
                    next[slots.len() - 1] += 2;
                    slots.pop();
                }
                for _ in 0..added {
                    slots.push(next[slots.len()]);
                }
                if !kept {
                    records.clear();
                }
                records.push((slots.alive(), slots.of_slot.clone()));
                for (alive, of_slot) in &records {
                    for slot in 1..300 {
                        for generation in [1, 3, 5, 7] {
                            let expected = of_slot.get(slot) == Some(&generation);
                            let key = NodeKey::new(slot as u32, generation);
                            prop_assert_eq!(alive.holds(key), expected);
                        }
                    }
                }
            }
        }
    }
}
