//! The programs of a function with branches, sorted by what their comparisons found.
//!
//! A function is deterministic, so two of its programs compute the same up to the first comparison that found something
//! else. Programs that begin with the same findings are neighbours. To find the program for a point, the middle one of all
//! candidates is checked there. The first comparison that finds something else leaves only candidates on one side of the
//! middle, so the number of checks is at most about the binary logarithm of the number of programs.
//!
//! A choice by numbers that comparisons only confirm, such as that of a pivot, gives programs that found the same. The first
//! of them is sorted in; the few others are tried one by one.

use rustc_hash::FxHashMap;

use super::function::Program;
use crate::error;
use crate::ir::Found;

/// A program, and what each of its comparisons found.
struct Kept {
    /// The number of programs found before.
    path: usize,
    program: Program,
    found: Vec<Found>,
    /// When it was last used.
    used: u64,
}

/// The programs found so far; if there are too many, the least recently used one is dropped.
pub(super) struct Paths {
    /// The most programs that are kept.
    pub(super) most: usize,
    /// In ascending order of what they found.
    kept: Vec<Kept>,
    /// Programs that found the same as one of those.
    others: Vec<Kept>,
    /// Variants whose first `n` inputs are uniform, by path and `n`, built on demand.
    uniform: FxHashMap<(usize, usize), Program>,
    discovered: usize,
    clock: u64,
}

impl Paths {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            kept: Vec::new(),
            others: Vec::new(),
            uniform: FxHashMap::default(),
            discovered: 0,
            clock: 0,
        }
    }

    /// The number of programs.
    pub(super) fn len(&self) -> usize {
        self.kept.len() + self.others.len()
    }

    /// The middle one of the programs whose comparisons began by finding this, and its path.
    pub(super) fn middle(&self, begin: &[Found]) -> Option<(usize, Program)> {
        let begins = |kept: &Kept| {
            let common = begin.len().min(kept.found.len());
            kept.found[..common].cmp(begin)
        };
        let first = self.kept.partition_point(|kept| begins(kept).is_lt());
        let end = self.kept.partition_point(|kept| begins(kept).is_le());
        let kept = self.kept[first..end].get((end - first) / 2)?;
        Some((kept.path, kept.program.clone()))
    }

    /// The program with this index among those that are tried one by one, and its path.
    pub(super) fn other(&self, index: usize) -> Option<(usize, Program)> {
        let other = self.others.get(index)?;
        Some((other.path, other.program.clone()))
    }

    /// Notes that the program of a path answers now.
    pub(super) fn note_use(&mut self, path: usize, program: &Program) {
        self.clock += 1;
        let place = self.place(&program.found());
        let sorted = place.ok().map(|place| &mut self.kept[place]);
        let mut all = sorted.into_iter().chain(&mut self.others);
        if let Some(kept) = all.find(|kept| kept.path == path) {
            kept.used = self.clock;
        }
    }

    /// The place of the program that found this, or the place where it would be.
    fn place(&self, found: &[Found]) -> Result<usize, usize> {
        self.kept.binary_search_by(|kept| kept.found[..].cmp(found))
    }

    /// Keeps the program traced at `x` and returns its path; `None` if no program may be kept.
    ///
    /// Another thread may have traced the same path meanwhile. Then its program stays, and its path is returned.
    pub(super) fn insert(&mut self, program: &Program, x: &[f64]) -> Option<usize> {
        if self.most == 0 {
            return None;
        }
        if let Some(path) = self.known(program, x) {
            return Some(path);
        }
        let path = self.discovered;
        self.discovered += 1;
        self.clock += 1;
        let kept = Kept {
            path,
            program: program.clone(),
            found: program.found(),
            used: self.clock,
        };
        match self.place(&kept.found) {
            Ok(_) => self.others.push(kept),
            Err(place) => self.kept.insert(place, kept),
        }
        while self.len() > self.most {
            self.drop_one();
        }
        Some(path)
    }

    /// The path of a program that found the same as this one and answers at `x`.
    fn known(&self, program: &Program, x: &[f64]) -> Option<usize> {
        let found = program.found();
        let sorted = &self.kept[self.place(&found).ok()?];
        let others = self.others.iter().filter(|kept| kept.found == found);
        let mut all = std::iter::once(sorted).chain(others);
        let answers = |kept: &&Kept| kept.program.found_until_changed(x).is_none();
        all.find(answers).map(|kept| kept.path)
    }

    /// Drops the least recently used program.
    fn drop_one(&mut self) {
        let oldest = |list: &[Kept]| {
            let used = list.iter().map(|kept| kept.used);
            used.zip(0..).min()
        };
        let dropped = match (oldest(&self.kept), oldest(&self.others)) {
            (Some(sorted), Some(other)) if other < sorted => self.others.remove(other.1),
            (Some((_, place)), _) => self.kept.remove(place),
            (None, _) => return,
        };
        self.uniform.retain(|&(path, _), _| path != dropped.path);
    }

    /// The variant of a program whose first `count` inputs are uniform.
    pub(super) fn uniform(
        &mut self,
        path: usize,
        program: &Program,
        count: usize,
    ) -> error::Result<Program> {
        if let Some(known) = self.uniform.get(&(path, count)) {
            return Ok(known.clone());
        }
        let made = program.with_uniform_inputs(count)?;
        // A program may have been dropped since it was found.
        let mut all = self.kept.iter().chain(&self.others);
        if all.any(|kept| kept.path == path) {
            self.uniform.insert((path, count), made.clone());
        }
        Ok(made)
    }
}
