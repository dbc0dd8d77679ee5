//! Writes mutants into the text of a file, each behind a switch, so that one build contains all of them:
//! `a + b` becomes `(if crate::mutant::on(7) { a - b } else { a + b })`.

use std::ops::Range;

use crate::mutant::Mutant;

/// The variable of the environment that names the mutant to switch on.
pub(crate) const PLANTED: &str = "CHAINRULE_MUTANT";

/// The variable of the environment that names the file to which the numbers of the mutants that are reached are written.
pub(crate) const REACHED: &str = "CHAINRULE_MUTANTS_REACHED";

/// The module with the switch, which is planted too.
pub(crate) const MODULE: &str = include_str!("mutant_module.txt");

/// A text with mutants in it.
#[derive(Default)]
pub(crate) struct Planted {
    pub(crate) text: String,
    /// The number of each mutant, and where it is in the text, the mutated expression first, then all of its switch.
    pub(crate) places: Vec<(usize, [Range<usize>; 2])>,
}

/// Plants numbered mutants of one file. A mutant that overlaps another one without being part of it is left out.
pub(crate) fn plant(text: &str, mutants: &[(usize, &Mutant)]) -> Planted {
    let mut sorted = mutants.to_vec();
    // Outer expressions first.
    sorted.sort_by_key(|(_, mutant)| (mutant.range.start, usize::MAX - mutant.range.end));
    let mut planted = Planted::default();
    let mut rest = &sorted[..];
    within(text, 0..text.len(), &mut rest, &mut planted);
    planted
}

/// Asks whether a mutant is switched on.
fn switch(number: usize) -> String {
    format!("if crate::mutant::on({number}) {{ ")
}

/// Copies a range of the text with the mutants in it.
fn within(text: &str, range: Range<usize>, rest: &mut &[(usize, &Mutant)], planted: &mut Planted) {
    let mut at = range.start;
    while let Some(&(_, first)) = rest.first() {
        if first.range.start >= range.end {
            break;
        }
        if first.range.start < at || first.range.end > range.end {
            *rest = &rest[1..];
            continue;
        }
        planted.text += &text[at..first.range.start];
        at = first.range.end;
        let same = rest
            .iter()
            .take_while(|(_, mutant)| mutant.range == first.range);
        let (same, others) = rest.split_at(same.count());
        *rest = others;
        let open = planted.text.len();
        planted.text.push('(');
        let mut bodies = Vec::new();
        for (number, mutant) in same {
            planted.text += &switch(*number);
            let start = planted.text.len();
            planted.text += &mutant.after;
            bodies.push((*number, start..planted.text.len()));
            planted.text += " } else ";
        }
        planted.text += "{ ";
        within(text, first.range.clone(), rest, planted);
        planted.text += " })";
        let close = planted.text.len();
        let places = bodies.into_iter();
        planted
            .places
            .extend(places.map(|(number, body)| (number, [body, open..close])));
    }
    planted.text += &text[at..range.end];
}

impl Planted {
    /// The mutants that an error at a byte of the text is due to.
    pub(crate) fn culprits(&self, byte: usize) -> Vec<usize> {
        let with = |part: usize| {
            let places = self.places.iter();
            places.filter(move |(_, places)| places[part].contains(&byte))
        };
        if let Some((number, _)) = with(0).min_by_key(|(_, places)| places[0].len()) {
            return vec![*number];
        }
        // All mutants of the innermost switch.
        let length = with(1).map(|(_, places)| places[1].len()).min();
        with(1)
            .filter(|(_, places)| Some(places[1].len()) == length)
            .map(|(number, _)| *number)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::plant;
    use crate::expressions::of_file;
    use crate::mutant::Mutant;

    const TEXT: &str = "fn f(a: f64, b: f64) -> bool { a + b < 2.0 }";

    fn planted(mutants: &[Mutant]) -> super::Planted {
        let numbered: Vec<(usize, &Mutant)> = mutants.iter().enumerate().collect();
        plant(TEXT, &numbered)
    }

    #[test]
    fn nested_expressions_get_nested_switches() {
        let mutants = of_file("f.rs", TEXT).unwrap();
        let changes: Vec<&str> = mutants.iter().map(|mutant| mutant.after.as_str()).collect();
        assert_eq!(changes, ["a + b <= 2.0", "a - b", "3.0"]);
        assert_eq!(
            planted(&mutants).text,
            "fn f(a: f64, b: f64) -> bool { (if crate::mutant::on(0) { a + b <= 2.0 } else { \
             (if crate::mutant::on(1) { a - b } else { a + b }) < \
             (if crate::mutant::on(2) { 3.0 } else { 2.0 }) }) }"
        );
        assert_eq!(planted(&[]).text, TEXT);
    }

    #[test]
    fn an_error_is_blamed_on_the_mutant_at_its_place() {
        let planted = planted(&of_file("f.rs", TEXT).unwrap());
        let at = |text: &str| planted.culprits(planted.text.find(text).unwrap());
        assert_eq!(at("a - b"), [1]);
        assert_eq!(at("a + b <="), [0]);
        assert_eq!(at("a + b })"), [1]);
        assert!(at("fn f").is_empty());
    }
}
