//! A picture rendered by the program `dot` and read back from SVG.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use chainrule::Picture;

/// A picture as rendered by Graphviz.
pub(crate) struct Image {
    /// The texts of each node, in the order of the nodes.
    pub(crate) nodes: Vec<Vec<String>>,
    /// The texts of each edge.
    pub(crate) edges: Vec<Vec<String>>,
    /// The label of each cluster.
    pub(crate) clusters: Vec<Vec<String>>,
    /// The text above the picture.
    pub(crate) heading: Vec<String>,
}

impl Image {
    /// Renders a picture with the program `dot`.
    ///
    /// # Panics
    /// If the program is not installed, fails, or warns.
    pub(crate) fn of(picture: &Picture) -> Self {
        let source = picture.to_string();
        let mut dot = Command::new("dot")
            .arg("-Tsvg")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("these tests run the program `dot`: install graphviz");
        let mut stdin = dot.stdin.take().unwrap();
        let sent = source.clone();
        let writer = std::thread::spawn(move || stdin.write_all(sent.as_bytes()));
        let output = dot.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && complaints.is_empty(),
            "{complaints}\nof\n{source}"
        );
        Self::read(&String::from_utf8(output.stdout).unwrap())
    }

    fn read(svg: &str) -> Self {
        let of_class = |class: &str| {
            let start = format!("class=\"{class}\"");
            let groups = svg.split("<g id=").skip(1);
            groups
                .filter(|group| group.contains(&start))
                .map(|group| (title(group), texts(group)))
                .collect::<BTreeMap<_, _>>()
                .into_values()
                .collect()
        };
        let whole: Vec<Vec<String>> = of_class("graph");
        Self {
            heading: whole.concat(),
            nodes: of_class("node"),
            edges: of_class("edge"),
            clusters: of_class("cluster"),
        }
    }

    /// All texts.
    pub(crate) fn texts(&self) -> Vec<String> {
        let parts = [self.nodes.as_slice(), &self.edges, &self.clusters].concat();
        [parts.concat(), self.heading.clone()].concat()
    }

    /// The texts of the first node that has this text.
    pub(crate) fn node(&self, text: &str) -> Option<&[String]> {
        self.nodes
            .iter()
            .find(|texts| texts.iter().any(|t| t == text))
            .map(Vec::as_slice)
    }

    /// All texts of edges, sorted.
    pub(crate) fn edge_labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = self.edges.iter().flatten().map(String::as_str).collect();
        labels.sort_unstable();
        labels
    }
}

/// Graphviz's name for an element. Shorter names sort first, so that numbers ascend.
fn title(svg: &str) -> (usize, String) {
    let (_, rest) = svg.split_once("<title>").unwrap();
    let (title, _) = rest.split_once("</title>").unwrap();
    // Parallel edges have the same title, but not the same id.
    let (id, _) = svg.split_once(' ').unwrap();
    (title.len(), format!("{title} {id}"))
}

/// The contents of the `text` elements in a piece of SVG.
fn texts(svg: &str) -> Vec<String> {
    let elements = svg.split("<text ").skip(1);
    elements
        .map(|element| {
            let (_, rest) = element.split_once('>').unwrap();
            let (content, _) = rest.split_once("</text>").unwrap();
            unescape(content)
        })
        .collect()
}

/// Decodes the entities of XML text, and turns no-break spaces into spaces.
fn unescape(xml: &str) -> String {
    let mut text = String::new();
    let mut rest = xml;
    while let Some((before, entity)) = rest.split_once('&') {
        let (name, after) = entity.split_once(';').unwrap();
        text.push_str(before);
        text.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#160" => ' ',
            _ => {
                let number = name
                    .strip_prefix('#')
                    .unwrap_or_else(|| panic!("unknown entity {name}"));
                char::from_u32(number.parse().unwrap()).unwrap()
            }
        });
        rest = after;
    }
    text.push_str(rest);
    text
}
