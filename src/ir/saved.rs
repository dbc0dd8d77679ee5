//! The code of programs in any format of serde.

use std::borrow::Cow;
use std::fmt;

use fixedbitset::FixedBitSet;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::ser::{self, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};

use super::code::{Class, Id, Ir, Kind};
use super::guard::Guard;
use super::sources::Sources;
use super::verify::fault;
use crate::graph::{NamesForm, Outcome, Test};
use crate::labels::Labels;
use crate::saved::{Bits, Operation, SiteReader, SiteWriter, Sites};

/// Traced code and its guards. Values are counted from 0.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeForm<'a> {
    inputs: Vec<Class>,
    values: Values<'a>,
    outputs: Vec<Id>,
    guards: Vec<GuardForm>,
    /// The inputs that derivatives are taken with respect to, if they were chosen.
    variables: Option<Vec<u32>>,
    labels: Vec<(u32, Labels)>,
    sources: Option<SourcesForm>,
    sites: Sites,
}

/// The values of code. Those that are read are appended one by one, so that none is in memory twice.
struct Values<'a>(Cow<'a, Ir>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValueForm {
    Input(u32),
    Constant(Bits),
    Apply(Operation, Vec<Id>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GuardForm {
    sides: [Id; 2],
    test: Test,
    outcome: Outcome,
    site: u32,
}

/// Where values were recorded: the node of each on the graph that was traced, and the names there.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourcesForm {
    /// Counted from 1; 0 if the value has no node, negative if it belongs to the derivative of the node.
    values: Vec<i32>,
    names: NamesForm,
}

impl<'a> CodeForm<'a> {
    /// The form of code without sums over rows, as programs keep it.
    pub(crate) fn new(code: &'a Ir, guards: &[Guard]) -> Self {
        let mut sites = SiteWriter::default();
        let guards = code.guards.iter().zip(guards).map(|(&sides, guard)| {
            let (test, outcome) = guard.asks();
            let site = sites.index(guard.at());
            GuardForm {
                sides,
                test,
                outcome,
                site,
            }
        });
        Self {
            inputs: code.inputs.clone(),
            values: Values(Cow::Borrowed(code)),
            outputs: code.outputs.clone(),
            guards: guards.collect(),
            variables: code.variables.clone(),
            labels: code.labels.clone(),
            sources: SourcesForm::new(&code.sources, &mut sites),
            sites: sites.finish(),
        }
    }

    /// The code and its guards, checked by every rule that traced code obeys.
    pub(crate) fn read(self) -> Result<(Ir, Vec<Guard>), String> {
        let sites = self.sites.read();
        let mut code = self.values.0.into_owned();
        let (values, inputs) = (code.len(), self.inputs.len());
        code.inputs = self.inputs;
        code.outputs = self.outputs;
        code.guards = self.guards.iter().map(|guard| guard.sides).collect();
        if code.inputs.contains(&Class::Constant) {
            return Err(String::from("an input is a constant"));
        }
        if !code.inputs.is_sorted() {
            return Err(String::from("a uniform input comes after a varying one"));
        }
        if let Some(fault) = fault(&code) {
            return Err(fault);
        }
        let mut guards = Vec::with_capacity(self.guards.len());
        for (
            index,
            GuardForm {
                test,
                outcome,
                site,
                ..
            },
        ) in self.guards.into_iter().enumerate()
        {
            if !test.can_find(outcome) {
                let symbol = test.symbol();
                return Err(format!(
                    "guard {index}: `{symbol}` has no outcome {outcome}"
                ));
            }
            let at = sites.get(site, format_args!("guard {index}"))?;
            guards.push(Guard::loaded(test, outcome, at));
        }
        let mut chosen = FixedBitSet::with_capacity(inputs);
        for &input in self.variables.iter().flatten() {
            if input as usize >= inputs {
                return Err(format!(
                    "variables: there is no input {input} among {inputs}"
                ));
            }
            if chosen.put(input as usize) {
                return Err(format!("variables: input {input} is listed twice"));
            }
        }
        code.variables = self.variables;
        if let Some(&(input, _)) = self.labels.iter().find(|label| label.0 as usize >= inputs) {
            return Err(format!("labels: there is no input {input} among {inputs}"));
        }
        code.labels = self.labels;
        if let Some(sources) = self.sources {
            code.sources = sources.read(values, &sites)?;
        }
        Ok((code, guards))
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let code = &*self.0;
        let mut list = serializer.serialize_seq(Some(code.len()))?;
        for id in code.ids() {
            list.serialize_element(&match code.kind(id) {
                Kind::Input(place) => ValueForm::Input(place),
                Kind::Constant(bits) => ValueForm::Constant(Bits(bits)),
                Kind::Apply(op) => ValueForm::Apply(Operation(op), code.operands(id).into()),
                // They are made when a question is compiled.
                Kind::SumOverRows => {
                    return Err(ser::Error::custom("a sum over rows in traced code"));
                }
            })?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Values<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Ir;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of values")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Ir, A::Error> {
                let mut code = Ir::default();
                while let Some(value) = list.next_element()? {
                    match value {
                        ValueForm::Input(place) => code.push(Kind::Input(place), &[]),
                        ValueForm::Constant(bits) => code.push(Kind::Constant(bits.0), &[]),
                        ValueForm::Apply(op, operands) => code.push(Kind::Apply(op.0), &operands),
                    };
                }
                Ok(code)
            }
        }
        deserializer
            .deserialize_seq(List)
            .map(|code| Self(Cow::Owned(code)))
    }
}

impl SourcesForm {
    fn new(sources: &Sources, sites: &mut SiteWriter) -> Option<Self> {
        let (names, values) = sources.nodes()?;
        let mut slots: Vec<usize> = values
            .iter()
            .map(|node| node.unsigned_abs() as usize)
            .collect();
        slots.sort_unstable();
        slots.dedup();
        let count = slots.last().copied().unwrap_or(0);
        let names = NamesForm::new(names, count, slots.into_iter(), sites);
        Some(Self { values, names })
    }

    fn read(self, values: usize, sites: &SiteReader) -> Result<Sources, String> {
        let found = self.values.len();
        if found > values {
            return Err(format!("sources: {found} nodes of {values} values"));
        }
        let count = self.values.iter().map(|node| node.unsigned_abs()).max();
        let count = count.unwrap_or(0);
        if count > i32::MAX.unsigned_abs() {
            return Err(format!("sources: there is no node {count}"));
        }
        let names = self.names.read(count as usize, sites)?;
        Ok(Sources::loaded(names, &self.values))
    }
}
