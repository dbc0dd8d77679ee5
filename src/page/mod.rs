//! The page: an explanation as one HTML file that needs nothing else, no network and no Graphviz.
//!
//! A [`Page`] draws the graph as a lecture does and steps through the backward pass in both directions. A reader can change
//! the inputs: the page computes values and gradients again, with JavaScript made from the graph.
//!
//! `script` writes that JavaScript, with each operation's value from the side table `javascript`; `folded` folds large graphs
//! into parts; `literal` writes data. The other scripts are the same in every page: they compute the sweep (`sweep.js`), read
//! the data (`model.js`), write sentences (`tell.js`) and rules (`rule.js`), lay out (`layout.js`) and draw (`picture.js`)
//! the graph, respond to the reader (`page.js`), ask questions (`quiz.js`) and switch colours (`theme.js`). A page of another program that shows changing
//! graphs takes all but the sweep from [`Page::SCRIPT`] and computes by itself.

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
use literal::{Json, List, Place, Text};
use script::Script;

/// An explanation as one self-contained HTML page; its `Display` is the page.
///
/// It comes from [`Explanation::html`]. Write it to a file and open the file in a browser: it loads nothing else.
///
/// The graph is drawn with values above the wires, gradients below and local gradients at the gates. Buttons, the arrow
/// keys, Home and End step through both passes; a sentence explains each step, and a table shows the numbers and the rule of
/// each operand. Each input has a slider and a field; values and
/// gradients follow them. The quiz hides the next gradient, asks for it and explains the answer. Groups of [`tape::named`](crate::tape::named) can be folded. The graph holds only the branch that
/// was taken: moving an input past a comparison of the program does not change the graph, and the page says so.
///
/// A graph of more than 40 nodes starts with its groups folded. Parameters named by [`Mlp::record_named`](crate::nn::Mlp::record_named)
/// are within their neuron. If a group, or the whole graph, holds more than 100 nodes and
/// groups, they are folded into numbered parts. A page takes about 85 KB, and 250 bytes for each node.
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
        /// assert!(explanation.html().precision(6).to_string().contains("\"digits\":6,"));
        /// ```
        precision(digits: usize) => precision = digits.clamp(1, 17);
    }

    /// The data that the page's script reads, as JSON: the graph, the steps of its backward pass and all numbers.
    ///
    /// It is for pages of your own in which the graph changes; see [`Page::SCRIPT`]. Infinite numbers and NaN, which JSON
    /// lacks, are written as strings that JavaScript's `Number` reads.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(2.0).named("x");
    /// let explanation = (x * x).explain();
    /// let data: serde_json::Value = serde_json::from_str(&explanation.html().model())?;
    /// assert_eq!(data["values"], serde_json::json!([2, 4]));
    /// assert_eq!(data["gradients"], serde_json::json!([4, 1]));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn model(&self) -> String {
        let snapshot = &self.explanation.snapshot;
        let nodes = &snapshot.nodes;
        let folded = Folded::new(snapshot);
        let patterns = Pattern::ALL.iter().map(|&pattern| {
            let (name, sentence) = (Text(pattern.name()), Text(pattern.sentence()));
            format!("[{name},{sentence}]")
        });
        // The rules of the operations that occur, each once: the formula, letters with their slopes, whether they repeat.
        let ops: BTreeSet<Op> = nodes.iter().map(|node| node.op).collect();
        let rules = ops.iter().map(|op| {
            let (row, many) = (op.row(), u8::from(matches!(op, Op::Nary(_))));
            let slopes = row.slopes.iter();
            let slopes =
                slopes.map(|&(letter, slope)| format!("[{},{}]", Text(letter), Text(slope)));
            format!("[{},{},{many}]", Text(row.rule), List(slopes))
        });
        // Label, scope around it, whether it is a numbered part.
        let scopes = folded.groups.iter().enumerate().map(|(place, group)| {
            let made = u8::from(place >= snapshot.groups.len());
            format!("[{},{},{made}]", Text(&group.label), Place(group.parent))
        });
        // Symbol, label, whether that is a name, scope, operands (a place, or a constant in brackets), rule, and the
        // label within its scope if it is shorter.
        let place_of: BTreeMap<Op, usize> = ops.iter().copied().zip(0..).collect();
        let described = nodes.iter().zip(&folded.group_of).map(|(node, &group)| {
            let is_name = u8::from(node.name.is_some());
            let (symbol, label) = (Text(node.op.row().symbol), Text(&node.label));
            let original = group.filter(|&group| group < snapshot.groups.len());
            let operands = node.operands.iter().map(|operand| match operand.node() {
                Some(place) => place.to_string(),
                None => format!("[{}]", Json(operand.value)),
            });
            let (scope, operands, rule) = (Place(group), List(operands), place_of[&node.op]);
            let short = node.label_within(&snapshot.path(original));
            let short = if short == node.label {
                String::new()
            } else {
                format!(",{}", Text(short))
            };
            format!("[{symbol},{label},{is_name},{scope},{operands},{rule}{short}]")
        });
        // Node, pattern. Whether a gate that routes is closed depends on the inputs, which the reader can change: the page
        // finds it out.
        let steps = self.explanation.steps().iter().map(|step| {
            let node = nodes.partition_point(|node| node.key.slot() < step.key.slot());
            let pattern = match step.pattern {
                Pattern::Closed => Pattern::Routes,
                pattern => pattern,
            };
            format!("[{node},{}]", pattern as usize)
        });
        let gradients = self.explanation.gradients();
        let values = nodes.iter().map(|node| Json(node.var.peek()));
        let adjoints = nodes.iter().map(|node| gradients.by_key(node.key));
        let adjoints = adjoints.map(|adjoint| Json(adjoint.unwrap_or(0.0)));
        let locals = nodes.iter().map(|node| {
            let partials = node.operands.iter();
            List(partials.map(|operand| Json(operand.partial)))
        });
        let parts = [
            ("digits", self.precision.to_string()),
            ("folded", (nodes.len() > Folded::FEW).to_string()),
            (
                "constant",
                Json(self.explanation.output().peek()).to_string(),
            ),
            ("patterns", List(patterns).to_string()),
            ("rules", List(rules).to_string()),
            ("scopes", List(scopes).to_string()),
            ("nodes", List(described).to_string()),
            ("steps", List(steps).to_string()),
            ("values", List(values).to_string()),
            ("gradients", List(adjoints).to_string()),
            ("locals", List(locals).to_string()),
        ];
        let parts = parts.map(|(name, data)| format!("\"{name}\":{data}"));
        format!("{{{}}}", parts.join(",\n"))
    }
}

impl Page<'_> {
    /// The style sheet of every page. Its rules are for whole documents: `header`, `h1`, `table`.
    ///
    /// ```
    /// assert!(chainrule::Page::STYLE.contains("prefers-color-scheme: dark"));
    /// ```
    pub const STYLE: &'static str = include_str!("page.css");

    /// The `<main>` element of every page, in which [`Page::SCRIPT`] shows a graph.
    ///
    /// ```
    /// assert!(chainrule::Page::MAIN.starts_with("<main>"));
    /// ```
    pub const MAIN: &'static str = include_str!("main.html");

    /// The script of every page, for pages of your own in which the graph changes.
    ///
    /// It defines two functions. `offerThemes(button)` makes a button switch between light and dark colours.
    /// `showGraph(engine, signal)` shows a graph in the document's `<main>` element, which must be a new copy of
    /// [`Page::MAIN`], until the `AbortSignal` is aborted. The engine is an object with these parts:
    ///
    /// - `model`: the parsed text of [`Page::model`];
    /// - `compute(inputs)`: from a value for each input, which is a node without operands, in the order of `model.nodes`, to an object with the arrays
    ///   `values`, `gradients` and `locals` (a list of local gradients for each node);
    /// - `chain(upstream, local)`: their product, which is 0 if one of the two is 0;
    /// - if you like, `inputs`: values to begin with instead of those of the model;
    /// - if you like, `still`: places of inputs in `model.nodes` that the reader cannot move;
    /// - if you like, `moved(inputs)`, which is called when the reader has moved an input.
    ///
    /// The document must have no other elements with the identifiers of `MAIN`. While a graph is shown, the arrow keys, Home and
    /// End step through it unless the focus is in a field. The quiz keeps its score in the browser's `localStorage`.
    ///
    /// ```
    /// assert!(chainrule::Page::SCRIPT.contains("function showGraph(engine, signal) {"));
    /// ```
    pub const SCRIPT: &'static str = concat!(
        include_str!("theme.js"),
        "function showGraph(engine, signal) {\n\"use strict\";\n",
        include_str!("model.js"),
        include_str!("tell.js"),
        include_str!("rule.js"),
        include_str!("layout.js"),
        include_str!("picture.js"),
        include_str!("page.js"),
        include_str!("quiz.js"),
        "redraw();\n}\n",
    );
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
                "style" => f.write_str(Self::STYLE)?,
                "main" => f.write_str(Self::MAIN)?,
                "functions" => f.write_str(javascript::FUNCTIONS)?,
                "program" => write!(f, "{}", Script::new(&self.explanation.snapshot))?,
                "model" => f.write_str(&self.model())?,
                "sweep" => f.write_str(include_str!("sweep.js"))?,
                _ => f.write_str(Self::SCRIPT)?,
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
