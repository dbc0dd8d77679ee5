//! Programs and partial sums in any format of serde.

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::function::Program;
use super::partial::{Partial, check_question};
use crate::backend::{Piece, Pieces};
use crate::ir::{CodeForm, Level};
use crate::saved::{Bits, Format, Name, Version, faulty};
use crate::transform::Transform;

struct ProgramFormat;

impl Format for ProgramFormat {
    const NAME: &'static str = "chainrule program";
    const VERSION: u32 = 1;
}

/// A program: its code and its level. What was compiled from the code is made again, when it is asked for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form<'a> {
    format: Name<ProgramFormat>,
    version: Version<ProgramFormat>,
    level: Level,
    code: CodeForm<'a>,
}

impl Serialize for Program {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = Form {
            format: Name::default(),
            version: Version::default(),
            level: self.level(),
            code: CodeForm::new(self.ir(), &self.core().guards),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Program {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(deserializer)?;
        let code = form.code.read();
        let (ir, guards) = code.map_err(|problem| faulty(ProgramFormat::NAME, &problem))?;
        Ok(Self::new(ir, guards).at_level(form.level))
    }
}

struct PartialFormat;

impl Format for PartialFormat {
    const NAME: &'static str = "chainrule partial sums";
    const VERSION: u32 = 1;
}

/// Partial sums: which program and question they answer, and the sums over each piece.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialForm {
    format: Name<PartialFormat>,
    version: Version<PartialFormat>,
    transform: Transform,
    program: Bits,
    uniform: Vec<Bits>,
    /// The number of sums of each piece.
    width: usize,
    pieces: Vec<PieceForm>,
}

/// The sums over `rows` rows from `first` on: 64 rows times two to the power of `level`, or fewer than 64 as the last piece.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PieceForm {
    first: usize,
    level: u32,
    rows: usize,
    sums: Vec<Bits>,
}

fn bits(numbers: &[f64]) -> Vec<Bits> {
    numbers
        .iter()
        .map(|number| Bits(number.to_bits()))
        .collect()
}

fn numbers(bits: &[Bits]) -> Vec<f64> {
    bits.iter().map(|bits| f64::from_bits(bits.0)).collect()
}

impl Serialize for Partial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pieces = self.pieces.iter().map(|(first, piece)| PieceForm {
            first,
            level: piece.level,
            rows: piece.rows,
            sums: bits(&piece.sums),
        });
        let form = PartialForm {
            format: Name::default(),
            version: Version::default(),
            transform: self.transform,
            program: Bits(self.program),
            uniform: bits(&self.uniform),
            width: self.width,
            pieces: pieces.collect(),
        };
        form.serialize(serializer)
    }
}

impl PartialForm {
    fn read(self) -> Result<Partial, String> {
        check_question(self.transform).map_err(|error| error.to_string())?;
        let mut pieces = Pieces::default();
        for form in self.pieces {
            let (first, found, width) = (form.first, form.sums.len(), self.width);
            if found != width {
                return Err(format!(
                    "the piece with row {first}: expected {width} sums, found {found}"
                ));
            }
            let piece = Piece {
                level: form.level,
                rows: form.rows,
                sums: numbers(&form.sums),
            };
            pieces.read(first, piece)?;
        }
        Ok(Partial {
            transform: self.transform,
            program: self.program.0,
            uniform: numbers(&self.uniform),
            width: self.width,
            pieces,
        })
    }
}

impl<'de> Deserialize<'de> for Partial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = PartialForm::deserialize(deserializer)?.read();
        form.map_err(|problem| faulty(PartialFormat::NAME, &problem))
    }
}
