//! Lists of items in one allocation: the consumers of nodes, the rows of a sparse matrix.

/// Several lists, stored one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lists<T> {
    /// Where each list begins, followed by the end of the last list.
    pub(crate) starts: Vec<usize>,
    pub(crate) items: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// Sorts pairs `(list, item)` into `count` lists; each list keeps the order of the pairs.
    pub(crate) fn new(count: usize, pairs: impl Iterator<Item = (usize, T)> + Clone) -> Self {
        let mut starts = vec![0; count + 1];
        for (list, _) in pairs.clone() {
            starts[list + 1] += 1;
        }
        for list in 0..count {
            starts[list + 1] += starts[list];
        }
        let mut next = starts.clone();
        let mut items = vec![T::default(); starts[count]];
        for (list, item) in pairs {
            items[next[list]] = item;
            next[list] += 1;
        }
        Self { starts, items }
    }

    pub(crate) fn of(&self, list: usize) -> &[T] {
        &self.items[self.starts[list]..self.starts[list + 1]]
    }
}
