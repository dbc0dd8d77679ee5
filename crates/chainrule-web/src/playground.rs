//! What the playground asks: explain these formulas at these values, and list the functions.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chainrule::op::Op;
use chainrule::text::Formula;
use chainrule::{Explanation, NodeKey, Var, tape};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::sheet::{Problem, Sheet};

/// The most nodes that are drawn; a browser needs seconds for more.
const MOST: usize = 5000;

/// Lines of formulas, and the values that some of their inputs have now.
#[derive(Debug, Deserialize)]
pub struct Question {
    /// The lines, as [`Sheet`] reads them.
    pub text: String,
    /// Values by name as JavaScript writes them, because JSON has no infinite ones; the other inputs have those of the text.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

/// Names of inputs with the values that they begin with, as Rust writes them.
type Inputs = Vec<(String, String)>;

/// The graph, or what is wrong.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// The graph as the data of a page.
    Graph {
        /// The text of [`Page::model`](chainrule::Page::model).
        model: Box<RawValue>,
        /// Every input of the text with the value that it begins with.
        inputs: Inputs,
    },
    /// What is wrong with the text.
    Wrong {
        /// The place and the problem.
        error: Problem,
    },
}

/// Explains formulas.
///
/// ```
/// use chainrule_web::playground::{Answer, Question, explain};
///
/// let question = Question { text: "f = (x + y) * z".to_owned(), values: std::collections::BTreeMap::new() };
/// let Answer::Graph { model, .. } = explain(&question) else { panic!("it is a formula") };
/// assert!(model.get().contains("\"gradients\":[1,1,2,1,1]"));
/// ```
pub fn explain(question: &Question) -> Answer {
    match graph(question) {
        Ok((model, inputs)) => Answer::Graph { model, inputs },
        Err(error) => Answer::Wrong { error },
    }
}

fn graph(question: &Question) -> Result<(Box<RawValue>, Inputs), Problem> {
    let sheet = Sheet::parse(&question.text)?;
    let whole = |problem: String| Problem {
        line: 1,
        column: 1,
        problem,
    };
    let mut values = Vec::with_capacity(sheet.inputs().len());
    for (name, begins) in sheet.inputs() {
        let now = question.values.get(name).map(|text| text.parse());
        let now: Option<f64> = now
            .transpose()
            .map_err(|error| whole(format!("the value of `{name}`: {error}")))?;
        values.push((name, now.unwrap_or(*begins)));
    }
    let text = tape::scope(|| {
        let inputs: Vec<Var> = values
            .iter()
            .map(|&(name, value)| Var::new(value).named(name))
            .collect();
        // A line that only gives another name to a value makes no node, and the value keeps its first name.
        let known = inputs.iter().filter_map(|input| input.key());
        let known: RefCell<BTreeSet<NodeKey>> = RefCell::new(known.collect());
        let named = |name: Option<&str>, value: Var| match (name, value.key()) {
            (Some(name), Some(key)) if known.borrow_mut().insert(key) => value.named(name),
            _ => value,
        };
        let output = sheet.eval(&inputs, named);
        let output = output.map_err(|error| whole(error.to_string()))?;
        let nodes = tape::stats().nodes;
        if nodes > MOST {
            let problem = format!("the graph has {nodes} nodes; at most {MOST} are drawn");
            return Err(whole(problem));
        }
        let explanation: Explanation = output.explain();
        Ok(explanation.html().model())
    })?;
    let model = RawValue::from_string(text).map_err(|error| whole(error.to_string()))?;
    let inputs = sheet.inputs().iter();
    let inputs = inputs.map(|(name, begins)| (name.clone(), begins.to_string()));
    Ok((model, inputs.collect()))
}

/// A function that formulas can use.
#[derive(Debug, Serialize)]
pub struct Function {
    /// Its name in formulas.
    pub name: String,
    /// Its formula, such as `a/b`.
    pub rule: &'static str,
}

/// The functions that formulas can use, by name.
///
/// ```
/// let functions = chainrule_web::playground::functions();
/// assert!(functions.iter().any(|function| function.name == "tanh"));
/// ```
pub fn functions() -> Vec<Function> {
    let mut functions: Vec<Function> = Formula::functions()
        .map(|(name, op): (String, Op)| Function {
            name,
            rule: op.row().rule,
        })
        .collect();
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    functions
}
