//! Lists of items in one allocation: the rows of a sparse matrix, the users of values.

/// Several lists, stored one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lists<T> {
    /// Where each list begins, followed by the end of the last list.
    pub(super) starts: Vec<usize>,
    pub(super) items: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// Sorts pairs `(list, item)` into `count` lists; each list keeps the order of the pairs.
    pub(super) fn new(count: usize, pairs: impl Iterator<Item = (usize, T)> + Clone) -> Self {
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

    pub(super) fn of(&self, list: usize) -> &[T] {
        &self.items[self.starts[list]..self.starts[list + 1]]
    }
}
