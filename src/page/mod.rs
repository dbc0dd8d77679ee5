//! The page: an explanation as one HTML file that needs nothing else, no network and no Graphviz.
//!
//! A [`Page`] draws the graph as a lecture does and steps through the backward pass in both directions. A reader can change
//! the inputs: the page computes values and gradients again, with JavaScript made from the graph.
//!
//! `script` writes that JavaScript, with each operation's value from the side table `javascript`; `folded` folds large graphs
//! into parts; `literal` writes data. The other scripts are the same in every page: they compute the sweep (`sweep.js`),
//! write sentences (`tell.js`) and rules (`rule.js`), lay out (`layout.js`) and draw (`picture.js`) the graph, and respond to the reader (`page.js`).

mod folded;
mod javascript;
mod literal;
mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::explain::{Explanation, Pattern};
use crate::op::Op;
use crate::setters::setters;
use folded::Folded;
use literal::{List, Number, Place, Text};
use script::Script;

/// An explanation as one self-contained HTML page; its `Display` is the page.
///
/// It comes from [`Explanation::html`]. Write it to a file and open the file in a browser: it loads nothing else.
///
/// The graph is drawn with values above the wires, gradients below and local gradients at the gates. Buttons, the arrow
/// keys, Home and End step through both passes; a sentence explains each step, and a table shows the numbers and the rule of
/// each operand. Each input has a slider and a field; values and
/// gradients follow them. Groups of [`tape::named`](crate::tape::named) can be folded. The graph holds only the branch that
/// was taken: moving an input past a comparison of the program does not change the graph, and the page says so.
///
/// A graph of more than 40 nodes starts with its groups folded. Parameters named by [`Mlp::record_named`](crate::nn::Mlp::record_named)
/// are within their neuron. If a group, or the whole graph, holds more than 100 nodes and
/// groups, they are folded into numbered parts. A page takes about 70 KB, and 250 bytes for each node.
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
    setters! {
        /// Sets the page's title and heading.
        ///
        /// ```
        /// use chainrule::Var;
        /// let explanation = Var::new(2.0).exp().explain();
        /// assert!(explanation.html().title("a < b").to_string().contains("<h1>a &lt; b</h1>"));
        /// ```
        title(title: impl Into<String>) => title = title.into();

        /// Sets the largest number of significant digits shown, from 1 to 17; 4 by default. The page computes with all digits.
        ///
        /// ```
        /// use chainrule::Var;
        /// let explanation = Var::new(2.0).exp().explain();
        /// assert!(explanation.html().precision(6).to_string().contains("digits: 6,"));
        /// ```
        precision(digits: usize) => precision = digits.clamp(1, 17);
    }

    /// Writes the data of the page as the body of a JavaScript object literal.
    fn write_model(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = &self.explanation.snapshot;
        let nodes = &snapshot.nodes;
        let steps = self.explanation.steps();
        let folded = Folded::new(snapshot);
        writeln!(f, "digits: {},", self.precision)?;
        writeln!(f, "folded: {},", nodes.len() > Folded::FEW)?;
        let output = self.explanation.output().peek();
        writeln!(f, "constant: {},", Number(output))?;
        writeln!(f, "patterns: [")?;
        for pattern in Pattern::ALL {
            let (name, sentence) = (Text(pattern.name()), Text(pattern.sentence()));
            writeln!(f, "  [{name}, {sentence}],")?;
        }
        // The rules of the operations that occur, each once: the formula, letters with their slopes, whether they repeat.
        writeln!(f, "],\nrules: [")?;
        let ops: BTreeSet<Op> = nodes.iter().map(|node| node.op).collect();
        for op in &ops {
            let (row, many) = (op.row(), u8::from(matches!(op, Op::Nary(_))));
            write!(f, "  [{}, [", Text(row.rule))?;
            for &(letter, slope) in row.slopes {
                write!(f, "[{}, {}],", Text(letter), Text(slope))?;
            }
            writeln!(f, "], {many}],")?;
        }
        let rules: BTreeMap<Op, usize> = ops.into_iter().zip(0..).collect();
        writeln!(f, "],\nscopes: [")?;
        // Label, scope around it, whether it is a numbered part.
        for (place, group) in folded.groups.iter().enumerate() {
            let made = u8::from(place >= snapshot.groups.len());
            let (label, parent) = (Text(&group.label), Place(group.parent));
            writeln!(f, "  [{label}, {parent}, {made}],")?;
        }
        // Symbol, label, whether that is a name, scope, operands (a place, or a constant in brackets), rule, and the
        // label within its scope if it is shorter.
        writeln!(f, "],\nnodes: [")?;
        for (node, &group) in nodes.iter().zip(&folded.group_of) {
            let is_name = u8::from(node.name.is_some());
            let (symbol, label) = (Text(node.op.row().symbol), Text(&node.label));
            let original = group.filter(|&group| group < snapshot.groups.len());
            let short = node.label_within(&snapshot.path(original));
            write!(f, "  [{symbol}, {label}, {is_name}, {}, [", Place(group))?;
            for operand in &node.operands {
                match operand.node() {
                    Some(place) => write!(f, "{place},")?,
                    None => write!(f, "[{}],", Number(operand.value))?,
                }
            }
            write!(f, "], {}", rules[&node.op])?;
            if short != node.label {
                write!(f, ", {}", Text(short))?;
            }
            writeln!(f, "],")?;
        }
        writeln!(f, "],")?;
        // Whether a gate that routes is closed depends on the inputs, which the reader can change: the page finds it out.
        writeln!(f, "// Node, pattern.\nsteps: [")?;
        for step in steps {
            let node = nodes.partition_point(|node| node.key.slot() < step.key.slot());
            let pattern = match step.pattern {
                Pattern::Closed => Pattern::Routes,
                pattern => pattern,
            };
            let pattern = pattern as usize;
            write!(f, "[{node},{pattern}],")?;
        }
        writeln!(f, "\n],")?;
        let gradients = self.explanation.gradients();
        let values = nodes.iter().map(|node| node.var.peek());
        let adjoints = nodes.iter().map(|node| gradients.by_key(node.key));
        let adjoints = adjoints.map(|adjoint| adjoint.unwrap_or(0.0));
        writeln!(f, "values: {},", List(values))?;
        writeln!(f, "gradients: {},", List(adjoints))?;
        writeln!(f, "locals: [")?;
        for node in nodes {
            let partials = node.operands.iter().map(|operand| operand.partial);
            writeln!(f, "{},", List(partials))?;
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
                "functions" => f.write_str(javascript::FUNCTIONS)?,
                "program" => write!(f, "{}", Script::new(&self.explanation.snapshot))?,
                "model" => self.write_model(f)?,
                "sweep" => f.write_str(include_str!("sweep.js"))?,
                "rule" => f.write_str(include_str!("rule.js"))?,
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
