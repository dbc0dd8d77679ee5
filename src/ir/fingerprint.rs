//! A number that tells code from other code, on every machine and in every process.

use super::code::{Ir, Kind};
use super::passes::Level;

/// A hash of 64 bits. The standard library's hashes may change with its version and with the width of a pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of code and the level that it is compiled at.
    pub(crate) fn of(code: &Ir, level: Level) -> Self {
        let mut hash = Self(code.len() as u64);
        hash.add_text(&format!("{level:?}"));
        for class in code.inputs() {
            hash.add_text(class.name());
        }
        for id in code.ids() {
            match code.kind(id) {
                Kind::Input(place) => hash.add(u64::from(place) << 2),
                Kind::Constant(bits) => {
                    hash.add(1);
                    hash.add(bits);
                }
                Kind::Apply(op) => {
                    hash.add(2);
                    hash.add_text(op.row().name);
                }
                Kind::SumOverRows => hash.add(3),
            }
            hash.add_list(code.operands(id));
        }
        hash.add_list(code.outputs());
        for sides in code.guards() {
            hash.add_list(sides);
        }
        hash
    }

    pub(crate) fn add(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    pub(crate) fn get(self) -> u64 {
        self.0
    }

    fn add_list(&mut self, list: &[u32]) {
        self.add(list.len() as u64);
        for &item in list {
            self.add(u64::from(item));
        }
    }

    fn add_text(&mut self, text: &str) {
        self.add(text.len() as u64);
        for byte in text.bytes() {
            self.add(u64::from(byte));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;
    use crate::ir::{Level, parse};

    #[test]
    fn every_part_of_code_counts() {
        let texts = [
            "v0 = input 0 uniform\nv1 = Exp v0\noutput v1\n",
            "v0 = input 0 varying\nv1 = Exp v0\noutput v1\n",
            "v0 = input 0 uniform\nv1 = Neg v0\noutput v1\n",
            "v0 = input 0 uniform\nv1 = Exp v0\noutput v0\n",
            "v0 = input 0 uniform\nv1 = Exp v0\noutput v1 v1\n",
            "v0 = input 0 uniform\nv1 = Exp v0\noutput v1\nguard v0 v1\n",
            "v0 = input 0 uniform\nv1 = 0.0\nv2 = Add v0 v1\noutput v2\n",
            "v0 = input 0 uniform\nv1 = -0.0\nv2 = Add v0 v1\noutput v2\n",
            "v0 = input 0 uniform\nv1 = -0.0\nv2 = Add v1 v0\noutput v2\n",
        ];
        let mut found: Vec<u64> = Vec::new();
        for text in texts {
            for level in [Level::Exact, Level::Fast] {
                found.push(Fingerprint::of(&parse(text), level).get());
            }
        }
        let count = found.len();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), count);
    }

    #[test]
    fn the_number_is_the_same_everywhere() {
        let code = parse("v0 = input 0 uniform\nv1 = 1.5\nv2 = Mul v0 v1\noutput v2\n");
        let found = Fingerprint::of(&code, Level::Exact).get();
        assert_eq!(found, 0x6c59_6e33_d33c_fabc);
    }
}
