//! Memory for lanes, aligned to vectors.

use std::ops::{Deref, DerefMut};

/// A vector of the widest kind, and a line of the first cache, in bytes.
const ALIGNMENT: usize = 64;

/// Numbers that start at a line of the cache, so that no aligned vector crosses two lines.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    memory: Vec<f64>,
    start: usize,
    len: usize,
}

impl Buffer {
    /// Changes the length to `len`. Numbers that were there before may be lost.
    pub(crate) fn set_len(&mut self, len: usize) {
        if self.memory.len() < self.start + len {
            let room = ALIGNMENT / size_of::<f64>();
            self.memory = vec![0.0; len + room];
            // An interpreter of Rust, such as Miri, may refuse to align. Then the numbers start anywhere.
            self.start = self.memory.as_ptr().align_offset(ALIGNMENT).min(room);
        }
        self.len = len;
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.set_len(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl Deref for Buffer {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.memory[self.start..self.start + self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.memory[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::{ALIGNMENT, Buffer};

    #[test]
    fn numbers_begin_at_a_line_of_the_cache() {
        let mut buffer = Buffer::default();
        for len in [0, 1, 64, 7, 4096, 100_000] {
            buffer.set_len(len);
            assert_eq!(buffer.len(), len);
            buffer.fill(2.0);
            let copy = buffer.clone();
            assert_eq!(*copy, *buffer);
            for numbers in [&buffer, &copy] {
                assert!(len == 0 || numbers.as_ptr().align_offset(ALIGNMENT) == 0);
            }
        }
    }
}
