//! Tests pictures as SVG, drawn without Graphviz: well-formed, complete and without overlaps.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chainrule::op::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};
use chainrule::{Direction, Graph, Picture, Var, tape};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::Config;
use roxmltree::{Document, Node};

use crate::drawings::{directions, drawn_name, grow, hostile_name, named, product};

/// The contents of a page: the texts of its elements by class, in the page's order.
struct Page {
    nodes: Vec<Vec<String>>,
    constants: Vec<String>,
    more: Vec<String>,
    groups: Vec<String>,
    locals: Vec<String>,
    circles: Vec<[f64; 4]>,
    boxes: Vec<[f64; 4]>,
    /// The positions of texts.
    texts: Vec<[f64; 2]>,
    size: [f64; 4],
}

impl Page {
    fn of(picture: &Picture) -> Self {
        let svg = picture.to_svg();
        let document = Document::parse(&svg).unwrap_or_else(|error| panic!("{error} in\n{svg}"));
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "svg");
        let classed = |class: &str| -> Vec<Node> {
            document
                .descendants()
                .filter(|node| node.attribute("class") == Some(class))
                .collect()
        };
        let joined = |class: &str| {
            let groups = classed(class)
                .into_iter()
                .filter(|node| node.has_tag_name("g"));
            groups.map(|node| texts(node).concat()).collect()
        };
        let numbers = |node: Node, names: [&str; 4]| names.map(|name| number(node, name));
        let ellipses = document
            .descendants()
            .filter(|node| node.has_tag_name("ellipse"));
        let rects = document
            .descendants()
            .filter(|node| node.has_tag_name("rect"))
            .filter(|node| {
                ["constant", "more"]
                    .contains(&node.parent().unwrap().attribute("class").unwrap_or(""))
            });
        let view: Vec<f64> = root
            .attribute("viewBox")
            .unwrap()
            .split(' ')
            .map(|number| number.parse().unwrap())
            .collect();
        Self {
            nodes: classed("node").into_iter().map(texts).collect(),
            constants: joined("constant"),
            more: joined("more"),
            groups: joined("group"),
            locals: classed("local")
                .into_iter()
                .map(|node| texts(node).concat())
                .collect(),
            circles: ellipses
                .map(|node| numbers(node, ["cx", "cy", "rx", "ry"]))
                .collect(),
            boxes: rects
                .map(|node| numbers(node, ["x", "y", "width", "height"]))
                .collect(),
            texts: document
                .descendants()
                .filter(|node| node.has_tag_name("text"))
                .map(|node| ["x", "y"].map(|name| number(node, name)))
                .collect(),
            size: [view[0], view[1], view[0] + view[2], view[1] + view[3]],
        }
    }

    /// The first node with this text.
    fn node(&self, text: &str) -> &[String] {
        let has = |texts: &&Vec<String>| texts.iter().any(|t| t == text);
        self.nodes
            .iter()
            .find(has)
            .unwrap_or_else(|| panic!("no {text} in {:?}", self.nodes))
    }

    /// Checks that circles and boxes do not overlap and that everything is on the page.
    fn check(&self) {
        let circles = self
            .circles
            .iter()
            .map(|&[x, y, rx, ry]| [x - rx, y - ry, x + rx, y + ry]);
        let boxes = self.boxes.iter().map(|&[x, y, w, h]| [x, y, x + w, y + h]);
        let all: Vec<[f64; 4]> = circles.chain(boxes).collect();
        for (i, a) in all.iter().enumerate() {
            assert!(a.iter().all(|number| number.is_finite()));
            assert!(
                a[0] >= self.size[0]
                    && a[1] >= self.size[1]
                    && a[2] <= self.size[2]
                    && a[3] <= self.size[3]
            );
            for b in &all[..i] {
                let overlap = a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
                assert!(!overlap, "{a:?} {b:?}");
            }
        }
        for (i, a) in self.texts.iter().enumerate() {
            assert!(
                a[0] >= self.size[0]
                    && a[1] >= self.size[1]
                    && a[0] <= self.size[2]
                    && a[1] <= self.size[3]
            );
            for b in &self.texts[..i] {
                assert!(
                    (a[0] - b[0]).abs() > 1.0 || (a[1] - b[1]).abs() > 4.0,
                    "two texts at {a:?}"
                );
            }
        }
    }
}

fn number(node: Node, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// The pieces of text below an element, without those that only separate others.
fn texts(node: Node) -> Vec<String> {
    let pieces = node
        .descendants()
        .filter(|node| node.is_text() && !node.parent().unwrap().has_tag_name("title"))
        .filter_map(|text| text.text());
    pieces
        .filter(|text| !text.trim().is_empty() || !text.contains(['\n', ' ']))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_lecture_s_product_shows_every_number() {
    let f = product();
    let page = Page::of(&f.picture().gradients(&f.backward()));
    assert_eq!(page.node("x"), ["x", "−2", "−4"]);
    assert_eq!(page.node("y"), ["y", "5", "−4"]);
    assert_eq!(page.node("z"), ["z", "−4", "3"]);
    assert_eq!(page.node("q"), ["×1", "×1", "+", "q", "3", "−4"]);
    assert_eq!(page.node("f"), ["×−4", "×3", "×", "f", "−12", "1"]);
    assert_eq!(page.nodes.len(), 5);
    page.check();
}

#[test]
fn the_page_is_as_small_as_it_can_be() {
    let f = product();
    let svg = f.picture().gradients(&f.backward()).to_svg();
    assert!(svg.len() < 5500, "{}", svg.len());
    assert!(!svg.contains(" id=") && !svg.contains("href"));
    assert_eq!(
        svg,
        f.picture().gradients(&f.backward()).to_svg(),
        "the same each time"
    );
}

#[test]
fn a_picture_says_what_it_shows_and_how_each_gate_passes_gradients() {
    let f = product();
    let svg = f.picture().gradients(&f.backward()).to_svg();
    let said = "Graph of 2 gates: f = −12, gradient 1 from x = −2, gradient −4; y = 5, gradient −4; z = −4, gradient 3";
    assert!(svg.contains(&format!("aria-label=\"{said}\"")), "{svg}");
    assert!(svg.contains("<title>×: d(q·z)/dq = z; d(q·z)/dz = q</title>"));
    assert!(svg.contains("<title>+: d(x + y)/dx = 1; d(x + y)/dy = 1</title>"));
}

#[test]
fn parameters_are_drawn_within_their_groups() {
    let [w, b, x] = [
        ("layer 1 neuron 2 w", 2.0),
        ("layer 1 neuron 2 b", 0.5),
        ("x", 3.0),
    ]
    .map(|(name, value)| named(name, value));
    // A value that is also used elsewhere stays outside, and keeps its name.
    let shared = named("layer 1 neuron 2 shared", 4.0);
    let y = tape::named("layer 1", || tape::named("neuron 2", || w * x + b * shared));
    let svg = (y * shared).picture().to_svg();
    let document = Document::parse(&svg).unwrap();
    let groups = document
        .descendants()
        .filter(|node| node.has_tag_name("rect"))
        .filter(|node| node.parent().unwrap().attribute("class") == Some("group"));
    let boxes: Vec<[f64; 4]> = groups
        .map(|rect| ["x", "y", "width", "height"].map(|name| number(rect, name)))
        .collect();
    assert_eq!(boxes.len(), 2);
    let names: BTreeSet<(&str, bool)> = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("name"))
        .map(|text| {
            let [x, y] = ["x", "y"].map(|name| number(text, name));
            let within = |[left, top, width, height]: [f64; 4]| {
                (left..left + width).contains(&x) && (top..top + height).contains(&y)
            };
            (text.text().unwrap(), boxes.iter().all(|&area| within(area)))
        })
        .collect();
    let expected = [
        ("b", true),
        ("layer 1 neuron 2 shared", false),
        ("w", true),
        ("x", false),
    ];
    assert_eq!(names, BTreeSet::from(expected));
    assert!(
        svg.contains("layer 1 neuron 2 w = 2"),
        "words keep the whole name"
    );
}

/// The pairs of a part's colour and its selector in the style for dark pages.
#[test]
fn every_part_has_a_colour_on_dark_pages() {
    let explanation = tape::named("group", || product() * 2.0).explain();
    let svg: String = explanation.frames().map(|frame| frame.to_svg()).collect();
    let document = format!("<all>{svg}</all>");
    let document = Document::parse(&document).unwrap();
    let style = document
        .descendants()
        .find(|node| node.has_tag_name("style"));
    let style = style.unwrap().text().unwrap();
    assert!(style.starts_with("@media (prefers-color-scheme: dark)"));
    for node in document.descendants().filter(Node::is_element) {
        if !["fill", "stroke"]
            .iter()
            .any(|name| node.attribute(*name).is_some_and(|colour| colour != "none"))
        {
            continue;
        }
        let class = node.attribute("class").map(str::to_owned);
        let around = node.parent().and_then(|parent| parent.attribute("class"));
        let class = class.unwrap_or_else(|| match around {
            Some(around) if node.has_tag_name("rect") => format!("{around} rect"),
            _ => node.tag_name().name().to_owned(),
        });
        assert!(
            style.contains(&class),
            "{class} has no colour on dark pages"
        );
    }
}

#[test]
fn every_operation_is_drawn() {
    let unary = UnaryOp::ALL.iter().map(|&op| (Op::Unary(op), 1));
    let binary = BinaryOp::ALL.iter().map(|&op| (Op::Binary(op), 2));
    let ternary = TernaryOp::ALL.iter().map(|&op| (Op::Ternary(op), 3));
    let nary = NaryOp::ALL.iter().map(|&op| (Op::Nary(op), 4));
    for (op, count) in unary.chain(binary).chain(ternary).chain(nary) {
        for direction in [Direction::LeftToRight, Direction::TopToBottom] {
            tape::scope(|| {
                let xs: Vec<Var> = [0.5, 0.25, 0.75, 0.125][..count]
                    .iter()
                    .map(|&x| Var::new(x))
                    .collect();
                let y = op.apply(&xs).unwrap();
                let page = Page::of(&y.picture().gradients(&y.backward()).direction(direction));
                assert_eq!(page.locals.len(), count, "{}", op.row().name);
                assert!(page.nodes[count].contains(&op.row().symbol.to_owned()));
                page.check();
            });
        }
    }
}

#[test]
fn a_single_node_and_none() {
    assert_eq!(Page::of(&Var::new(2.5).picture()).nodes, [["•", "2.5"]]);
    assert_eq!(
        Page::of(&Var::new(2.5).picture().values(false)).nodes,
        [["•"]]
    );
    for picture in [
        Var::from(2.5).picture(),
        Graph::new().picture(&[Var::from(2.5)]),
    ] {
        let page = Page::of(&picture);
        assert_eq!(page.constants, ["2.5"]);
        assert!(page.nodes.is_empty());
        page.check();
    }
    let page = Page::of(&Picture::new(&[]));
    assert!(page.nodes.is_empty() && page.constants.is_empty());
}

#[test]
fn omitted_nodes_are_counted() {
    let mut y = Var::new(0.5);
    for _ in 0..1000 {
        y = y.sin();
    }
    let page = Page::of(&y.picture().max_nodes(5));
    assert_eq!(page.more, ["… 996 more nodes"]);
    assert_eq!(page.nodes.len(), 5);
    page.check();
}

#[test]
fn numbers_without_value_are_written() {
    for (value, text) in [
        (f64::NAN, "NaN"),
        (f64::INFINITY, "∞"),
        (f64::NEG_INFINITY, "−∞"),
        (-0.0, "−0"),
    ] {
        let y = (Var::new(value) * 1.0).named("y");
        let page = Page::of(&y.picture().gradients(&y.backward()));
        assert!(page.node("y").contains(&text.to_owned()));
        page.check();
    }
}

#[test]
fn thousands_of_nodes_are_drawn_in_seconds() {
    // Every value is used at once, and again by all later values, so no order avoids crossings.
    let mut values = vec![Var::new(0.5), Var::new(0.25)];
    for i in 2..2000_usize {
        let (a, b) = (values[i - 1], values[i * 2_654_435_761 % 1_000_003 % i]);
        values.push(if i % 3 == 0 { a * b } else { a + b });
    }
    let y = values[1999];
    let start = Instant::now();
    let page = Page::of(&y.picture().gradients(&y.backward()).max_nodes(2000));
    let elapsed = start.elapsed();
    assert!(page.nodes.len() > 1000, "{}", page.nodes.len());
    assert!(elapsed < Duration::from_secs(20), "{elapsed:?}");
    let wide: Var = (0..1999).map(|i| Var::new(f64::from(i))).sum();
    let page = Page::of(&wide.picture().max_nodes(2000));
    assert_eq!(page.nodes.len(), 2000);
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn nothing_recurses() {
    let draw = || {
        let mut y = Var::new(0.5);
        for place in 0..5000 {
            y = if place % 10 == 0 {
                tape::named("step", || y.sin())
            } else {
                y.sin()
            };
        }
        y.picture().max_nodes(10_000).to_svg()
    };
    let thread = std::thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(draw)
        .unwrap();
    assert_eq!(thread.join().unwrap().matches("<ellipse").count(), 5000);
}

proptest! {
    #![proptest_config(Config { cases: 128, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_name_can_be_drawn(names in prop::collection::vec(hostile_name(), 1..8), direction in directions()) {
        let (graph, y) = tape::record(|| {
            let xs: Vec<Var> = names.iter().map(|name| tape::named(name.clone(), || named(name, 1.0))).collect();
            xs.into_iter().sum::<Var>()
        });
        let page = Page::of(&graph.picture(&[y]).direction(direction));
        let expected: Vec<String> = names.iter().map(|name| drawn_name(name)).collect();
        let groups: Vec<String> = page.groups.clone();
        let trimmed = |names: &[String]| names.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>();
        prop_assert_eq!(trimmed(&groups), trimmed(&expected));
        for ((texts, name), given) in page.nodes.iter().zip(&expected).zip(&names) {
            let name = if given.is_empty() { "•" } else { name };
            prop_assert!(name.trim().is_empty() || texts.iter().any(|text| text == name), "{:?} in {:?}", name, texts);
        }
        page.check();
    }

    #[test]
    fn any_graph_can_be_drawn(
        steps in prop::collection::vec((0_usize..200, any::<[u16; 4]>(), 0_u8..6), 1..60),
        direction in directions(),
        values in any::<bool>(),
        gradients in any::<bool>(),
        precision in 0_usize..20,
        nodes in 0_usize..80,
    ) {
        let (graph, y) = tape::record(|| grow(&steps));
        let grads = graph.backward(&[(y, 1.0)]);
        let mut picture = graph.picture(&[y]).direction(direction).values(values).precision(precision).max_nodes(nodes);
        if gradients {
            picture = picture.gradients(&grads);
        }
        let page = Page::of(&picture);
        let live = y.key().map_or(0, |key| graph.order(&[key]).len());
        prop_assert_eq!(page.nodes.len(), live.min(nodes));
        prop_assert_eq!(page.more.len(), usize::from(live > nodes));
        page.check();
    }
}
