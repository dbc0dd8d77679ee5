//! What a run found: a table by area, and the mutants that survived.

use std::collections::BTreeMap;
use std::fmt;

use crate::mutant::Mutant;
use crate::trial::Outcome;

/// How the mutants of one area fared.
#[derive(Clone, Copy, Default)]
struct Counts {
    killed: usize,
    survived: usize,
    refused: usize,
}

/// How all mutants of a run fared.
#[derive(Default)]
pub(crate) struct Report {
    areas: BTreeMap<String, Counts>,
    /// The survivors, how many tests were tried against each, and how many reach it.
    survivors: Vec<(Mutant, [usize; 2])>,
}

impl Report {
    /// Counts a mutant that the tests were run against.
    pub(crate) fn tried(&mut self, mutant: &Mutant, outcome: &Outcome) {
        let counts = self.area(mutant);
        match outcome {
            Outcome::Killed(_) => counts.killed += 1,
            &Outcome::Survived { tried, reaching } => {
                counts.survived += 1;
                self.survivors.push((mutant.clone(), [tried, reaching]));
            }
        }
    }

    /// Counts a mutant that the compiler refuses.
    pub(crate) fn refused(&mut self, mutant: &Mutant) {
        self.area(mutant).refused += 1;
    }

    /// The number of survivors.
    pub(crate) fn survived(&self) -> usize {
        self.survivors.len()
    }

    /// The counts of the mutant's folder.
    fn area(&mut self, mutant: &Mutant) -> &mut Counts {
        let folder = mutant.file.rsplit_once('/');
        let folder = folder.map_or("", |(folder, _)| folder);
        self.areas.entry(folder.to_string()).or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (mutant, [tried, reaching]) in &self.survivors {
            let Mutant {
                file,
                line,
                before,
                after,
                ..
            } = mutant;
            writeln!(
                f,
                "{file}:{line} survived {tried} of the {reaching} tests that reach it"
            )?;
            writeln!(f, "- {before}\n+ {after}\n")?;
        }
        let mut total = Counts::default();
        let header = ["area", "tried", "killed", "survived", "no build"];
        let [area, tried, killed, survived, refused] = header;
        writeln!(
            f,
            "{area:<20} {tried:>8} {killed:>8} {survived:>8} {refused:>8}"
        )?;
        for counts in self.areas.values() {
            total.killed += counts.killed;
            total.survived += counts.survived;
            total.refused += counts.refused;
        }
        let areas = self
            .areas
            .iter()
            .map(|(area, counts)| (area.as_str(), counts));
        for (area, counts) in areas.chain([("all", &total)]) {
            let Counts {
                killed,
                survived,
                refused,
            } = counts;
            let tried = killed + survived;
            writeln!(
                f,
                "{area:<20} {tried:>8} {killed:>8} {survived:>8} {refused:>8}"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Report;
    use crate::expressions::of_file;
    use crate::trial::Outcome;

    #[test]
    fn mutants_are_counted_by_area_and_survivors_are_shown_with_their_change() {
        let of = |file| of_file(file, "fn f(a: f64, b: f64) -> bool { a + b < 2.0 }").unwrap();
        let mut report = Report::default();
        let [outer, sum, number] = of("src/a/f.rs").try_into().unwrap();
        report.tried(
            &outer,
            &Outcome::Survived {
                tried: 2,
                reaching: 3,
            },
        );
        report.tried(&sum, &Outcome::Killed("a test".to_string()));
        report.refused(&number);
        report.tried(&of("src/b/f.rs")[0], &Outcome::Killed("a test".to_string()));
        assert_eq!(report.survived(), 1);
        assert_eq!(
            report.to_string(),
            "src/a/f.rs:1 survived 2 of the 3 tests that reach it\n\
             - a + b < 2.0\n\
             + a + b <= 2.0\n\
             \n\
             area                    tried   killed survived no build\n\
             src/a                       2        1        1        1\n\
             src/b                       1        1        0        0\n\
             all                         3        2        1        1\n"
        );
    }
}
