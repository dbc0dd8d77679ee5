//! Programs in any format of serde.

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::function::Program;
use crate::ir::{CodeForm, Level};
use crate::saved::{Format, Name, Version, faulty};

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
