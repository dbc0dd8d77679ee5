//! The page: an explanation as one file of HTML that needs nothing else, no network and no Graphviz.
//!
//! A [`Page`] draws the graph as the lecture does and steps through the backward pass, forwards and back. Its inputs can be
//! moved: the page computes values and gradients anew with JavaScript made from the graph.
//!
//! `program` writes that JavaScript, `parts` folds large graphs into parts, `literal` writes what the page shows as data,
//! and the scripts beside them, which every page holds unchanged, sweep (`sweep.js`), say (`tell.js`), lay out (`layout.js`),
//! draw (`picture.js`) and listen (`page.js`).

mod literal;
mod parts;
mod program;

use std::fmt;

use crate::explain::{Explanation, Pattern, Source};
use literal::{List, Place, Text};
use parts::Parts;
use program::Program;

/// An explanation as one self-contained HTML page; its `Display` is the page.
///
/// It comes from [`Explanation::html`]. Write it to a file and open that in a browser: nothing is loaded from anywhere.
///
/// The graph is drawn with values above the wires, gradients below and local gradients at the gates. Buttons, the arrow
/// keys, Home and End step through the pass, each step told in a sentence. Each input has a slider and a field: values and
/// gradients follow. Groups of [`tape::named`](crate::tape::named) fold. What is recorded is the branch taken: moving an
/// input past a comparison of the program does not change the graph, and the page says so.
///
/// A graph of more than 100 nodes starts with its groups folded; where a group, or the whole, holds more than 100 things,
/// they are folded into numbered parts. A page is some 200 bytes for each node beside 50 KB.
///
/// ```
/// use chainrule::{Page, Var};
///
/// let x = Var::new(-2.0).named("x");
/// let y = Var::new(5.0).named("y");
/// let explanation = ((x + y) * x).explain();
/// let page: Page = explanation.html().title("(x + y)·x");
/// let text = page.to_string();
/// assert!(text.starts_with("<!DOCTYPE html>") && text.contains("<title>(x + y)·x</title>"));
/// ```
#[derive(Clone, Debug)]
pub struct Page<'a> {
    explanation: &'a Explanation,
    title: String,
    precision: usize,
}

impl Page<'_> {
    /// The page's title and heading.
    ///
    /// ```
    /// use chainrule::Var;
    /// let explanation = Var::new(2.0).exp().explain();
    /// assert!(explanation.html().title("a < b").to_string().contains("<h1>a &lt; b</h1>"));
    /// ```
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// How many significant digits numbers have at most, from 1 to 17; 4 without this. The page computes with all of them.
    ///
    /// ```
    /// use chainrule::Var;
    /// let explanation = Var::new(2.0).exp().explain();
    /// assert!(explanation.html().precision(6).to_string().contains("digits: 6,"));
    /// ```
    #[must_use]
    pub fn precision(mut self, digits: usize) -> Self {
        self.precision = digits.clamp(1, 17);
        self
    }

    /// What the page shows, as the literal of a JavaScript object.
    fn write_model(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Explanation { gates, scopes, .. } = self.explanation;
        let steps = self.explanation.steps();
        let parts = Parts::of(gates, scopes);
        writeln!(f, "digits: {},", self.precision)?;
        writeln!(f, "folded: {},", gates.len() > Parts::MOST)?;
        writeln!(
            f,
            "constant: {},",
            literal::Number(self.explanation.output().value())
        )?;
        writeln!(f, "patterns: [")?;
        for pattern in Pattern::ALL {
            let (name, sentence) = (Text(pattern.name()), Text(pattern.sentence()));
            writeln!(f, "  [{name}, {sentence}],")?;
        }
        writeln!(f, "],\nscopes: [")?;
        // Label, scope around it, whether it is a numbered part.
        for (place, scope) in parts.scopes.iter().enumerate() {
            let made = u8::from(place >= scopes.len());
            let (label, parent) = (Text(&scope.label), Place(scope.parent));
            writeln!(f, "  [{label}, {parent}, {made}],")?;
        }
        // Symbol, label, whether that is a name, scope, operands: a place, or a constant in brackets.
        writeln!(f, "],\nnodes: [")?;
        for (gate, &scope) in gates.iter().zip(&parts.scope_of) {
            let named = gate.name.as_deref().is_some_and(|name| !name.is_empty());
            write!(
                f,
                "  [{}, {}, {}, {}, [",
                Text(gate.op.row().symbol),
                Text(&gate.label()),
                u8::from(named),
                Place(scope)
            )?;
            for source in &gate.sources {
                match *source {
                    Source::Gate(operand) => write!(f, "{operand},")?,
                    Source::Constant(constant) => write!(f, "[{}],", literal::Number(constant))?,
                }
            }
            writeln!(f, "]],")?;
        }
        writeln!(f, "],")?;
        let place = |pattern| Pattern::ALL.iter().position(|&other| other == pattern);
        writeln!(f, "// Node, pattern.\nsteps: [")?;
        for step in steps {
            let node = gates.partition_point(|gate| gate.key.slot() < step.key.slot());
            let pattern = place(step.pattern).unwrap_or(0);
            write!(f, "[{node},{pattern}],")?;
        }
        writeln!(f, "\n],")?;
        let gradients = self.explanation.gradients();
        let values = gates.iter().map(|gate| gate.value);
        let adjoints = gates
            .iter()
            .map(|gate| gradients.by_key(gate.key).unwrap_or(0.0));
        writeln!(f, "values: {},", List(values))?;
        writeln!(f, "gradients: {},", List(adjoints))?;
        writeln!(f, "locals: [")?;
        let mut working = steps.iter().rev().filter(|step| !step.branches.is_empty());
        for gate in gates {
            let step = if gate.sources.is_empty() {
                None
            } else {
                working.next()
            };
            let branches = step.into_iter().flat_map(|step| &step.branches);
            writeln!(f, "{},", List(branches.map(|branch| branch.local)))?;
        }
        writeln!(f, "],")
    }
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in include_str!("page.html").split("<!--") {
            let Some((place, rest)) = piece.split_once("-->") else {
                f.write_str(piece)?;
                continue;
            };
            match place {
                "title" => write!(f, "{}", literal::Html(&self.title))?,
                "style" => f.write_str(include_str!("page.css"))?,
                "functions" => f.write_str(crate::op::FUNCTIONS)?,
                "program" => write!(f, "{}", Program::of(&self.explanation.gates))?,
                "model" => self.write_model(f)?,
                "sweep" => f.write_str(include_str!("sweep.js"))?,
                "tell" => f.write_str(include_str!("tell.js"))?,
                "layout" => f.write_str(include_str!("layout.js"))?,
                "picture" => f.write_str(include_str!("picture.js"))?,
                _ => f.write_str(include_str!("page.js"))?,
            }
            f.write_str(rest)?;
        }
        Ok(())
    }
}

impl Explanation {
    /// This explanation as one self-contained HTML page.
    ///
    /// ```
    /// use chainrule::Var;
    ///
    /// let x = Var::new(0.5).named("x");
    /// let page = x.tanh().explain().html().to_string();
    /// # let path = std::env::temp_dir().join(format!("chainrule-tanh-{}.html", std::process::id()));
    /// # let tanh = &path;
    /// std::fs::write(tanh, page)?; // a path such as `tanh.html`
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn html(&self) -> Page<'_> {
        Page {
            explanation: self,
            title: "Backpropagation, step by step".to_owned(),
            precision: 4,
        }
    }
}
