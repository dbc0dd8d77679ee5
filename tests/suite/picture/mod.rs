//! Tests pictures with the real Graphviz: every text must render without a warning and contain what it should.

mod image;

use std::time::{Duration, Instant};

use chainrule::op::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};
use chainrule::{Gradients, Graph, Picture, Var, tape};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::Config;

use self::image::Image;

use crate::drawings::{directions, drawn_name, grow, hostile_name, named, product};

/// The lecture's sigmoid neuron.
fn sigmoid() -> Var {
    let (w0, x0) = (named("w0", 2.0), named("x0", -1.0));
    let (w1, x1) = (named("w1", -3.0), named("x1", -2.0));
    let w2 = named("w2", -3.0);
    1.0 / (1.0 + (-(w0 * x0 + w1 * x1 + w2)).exp())
}

/// A network of two layers, with a box around each layer and neuron.
fn network() -> Var {
    let neuron = |xs: &[Var], weights: &[f64]| {
        let ws: Vec<Var> = weights.iter().map(|&w| Var::new(w)).collect();
        (Var::dot_product(&ws, xs).unwrap() + 0.1).tanh()
    };
    let xs = [named("x1", 0.5), named("x2", -1.0)];
    let hidden = tape::named("hidden", || {
        [[0.7, -0.3], [0.4, 0.9]].map(|ws| tape::named("neuron", || neuron(&xs, &ws)))
    });
    tape::named("output", || neuron(&hidden, &[1.1, -0.8]))
}

#[test]
fn the_lecture_s_product_has_the_lecture_s_numbers() {
    let f = product();
    let grads = f.backward();
    let image = Image::of(&f.picture().gradients(&grads));
    for (name, value, gradient) in [("x", "−2", "−4"), ("y", "5", "−4"), ("z", "−4", "3")] {
        assert_eq!(image.node(name).unwrap(), [name, value, gradient]);
    }
    for (name, value, gradient) in [("q", "3", "−4"), ("f", "−12", "1")] {
        let texts = image.node(name).unwrap_or_else(|| panic!("no node {name}"));
        let texts: Vec<&str> = texts
            .iter()
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
            .collect();
        assert_eq!(texts, [name, value, gradient]);
    }
    assert!(image.node("+").is_some() && image.node("×").is_some());
    assert_eq!((image.nodes.len(), image.edges.len()), (7, 6));
    assert_eq!(image.edge_labels(), ["×1", "×1", "×3", "×−4"]);
    assert!(image.clusters.is_empty());
}

#[test]
fn the_lecture_s_neuron_has_the_lecture_s_numbers() {
    let f = sigmoid();
    let grads = f.backward();
    let image = Image::of(&f.picture().gradients(&grads));
    let hundredths = |text: &String| {
        let number: f64 = text.replace('−', "-").parse().unwrap();
        (number * 100.0).round() / 100.0
    };
    for (name, value, gradient) in [
        ("w0", 2.0, -0.2),
        ("x0", -1.0, 0.39),
        ("w1", -3.0, -0.39),
        ("x1", -2.0, -0.59),
        ("w2", -3.0, 0.2),
    ] {
        let texts = image.node(name).unwrap();
        assert_eq!(
            [hundredths(&texts[1]), hundredths(&texts[2])],
            [value, gradient],
            "{name}"
        );
    }
    let results: Vec<[f64; 2]> = image
        .nodes
        .iter()
        .filter(|texts| texts.len() == 2)
        .map(|texts| [hundredths(&texts[0]), hundredths(&texts[1])])
        .collect();
    let lecture = [
        [-2.0, 0.2],
        [6.0, 0.2],
        [4.0, 0.2],
        [1.0, 0.2],
        [-1.0, -0.2],
        [0.37, -0.53],
        [1.37, -0.53],
        [0.73, 1.0],
    ];
    assert_eq!(results, lecture);
    assert_eq!(
        image.nodes.iter().filter(|texts| *texts == &["1"]).count(),
        2,
        "the constants"
    );
}

#[test]
fn the_text_of_a_small_picture() {
    let (graph, (x, y)) = tape::record(|| {
        let x = named("x", 3.0);
        (x, tape::named("twice", || (x * 2.0).named("y")))
    });
    let grads = graph.backward(&[(y, 1.0)]);
    assert_eq!(grads[x], 2.0);
    let text = graph.picture(&[y]).gradients(&grads).to_string();
    assert_eq!(text, include_str!("../../data/picture/twice.dot"));
}

#[test]
fn frames_of_an_explanation_keep_their_layout() {
    for y in [product(), sigmoid(), network()] {
        let grads = y.backward();
        let whole = Image::of(&y.picture().gradients(&grads));
        let explanation = y.explain();
        for frame in explanation.frames() {
            let image = Image::of(&frame);
            assert_eq!(image.clusters, whole.clusters);
            // Spaces as wide as digits replace unknown numbers.
            let parts = image.nodes.iter().chain(&image.edges);
            let whole = whole.nodes.iter().chain(&whole.edges);
            for (texts, whole) in parts.zip(whole) {
                assert_eq!(texts.len(), whole.len());
                for (text, whole) in texts.iter().zip(whole) {
                    let room: String = whole.chars().map(|_| '\u{2007}').collect();
                    assert!(text == whole || *text == room, "{text:?}, not {whole:?}");
                }
            }
        }
    }
}

/// Operands for which every operation has a value.
fn operands(count: usize) -> Vec<Var> {
    [0.5, 0.25, 0.75, 0.125][..count]
        .iter()
        .map(|&x| Var::new(x))
        .collect()
}

#[test]
fn every_operation_is_drawn() {
    let unary = UnaryOp::ALL.iter().map(|&op| (Op::Unary(op), 1));
    let binary = BinaryOp::ALL.iter().map(|&op| (Op::Binary(op), 2));
    let ternary = TernaryOp::ALL.iter().map(|&op| (Op::Ternary(op), 3));
    let nary = NaryOp::ALL.iter().map(|&op| (Op::Nary(op), 4));
    for (op, count) in unary.chain(binary).chain(ternary).chain(nary) {
        tape::scope(|| {
            let y = op.apply(&operands(count)).unwrap();
            let image = Image::of(&y.picture().gradients(&y.backward()));
            assert_eq!(image.nodes[count], [op.row().symbol], "{}", op.row().name);
            assert_eq!(image.nodes.len(), count + 2, "{}", op.row().name);
            assert_eq!(image.edges.len(), count + 1, "{}", op.row().name);
        });
    }
}

#[test]
fn constants_are_drawn_beside_their_operation() {
    let x = Var::new(3.0);
    for (y, constant) in [
        (x * 2.5, "2.5"),
        (7.0 - x, "7"),
        (x.powi(-4), "−4"),
        (x.leaky_relu(0.1), "0.1"),
    ] {
        let image = Image::of(&y.picture());
        assert_eq!(image.node(constant).unwrap(), [constant]);
        assert_eq!((image.nodes.len(), image.edges.len()), (4, 3));
    }
    // A constant branch of a choice is a separate node.
    assert_eq!(Image::of(&x.select(1.0, 2.0).picture()).nodes.len(), 5);
}

#[test]
fn a_constant_is_a_single_node() {
    for picture in [
        Var::from(2.5).picture(),
        Graph::new().picture(&[Var::from(2.5)]),
    ] {
        let image = Image::of(&picture);
        assert_eq!(image.nodes, [["2.5"]]);
        assert!(image.edges.is_empty());
    }
    assert!(Image::of(&Picture::new(&[])).nodes.is_empty());
}

#[test]
fn numbers_are_short_and_never_lost() {
    let drawn = |value: f64, digits: usize| {
        tape::scope(|| Image::of(&Var::new(value).picture().precision(digits)).nodes[0][1].clone())
    };
    for (value, digits, text) in [
        (1.0, 3, "1"),
        (0.2, 17, "0.20000000000000001"),
        (0.1 + 0.2, 3, "0.3"),
        (-2.0 / 3.0, 3, "−0.667"),
        (999.6, 3, "1e3"),
        (123.4, 3, "123"),
        (1234.0, 3, "1.23e3"),
        (1234.0, 4, "1234"),
        (0.000_123_4, 3, "0.000123"),
        (0.000_012_34, 3, "1.23e−5"),
        (1e-300, 3, "1e−300"),
        (5e-324, 1, "5e−324"),
        (f64::MAX, 2, "1.8e308"),
        (0.0, 3, "0"),
        (-0.0, 3, "−0"),
        (100.0, 3, "100"),
        (6.0, 0, "6"),
        (f64::NAN, 3, "NaN"),
        (f64::INFINITY, 3, "∞"),
        (f64::NEG_INFINITY, 3, "−∞"),
        (std::f64::consts::PI, 1000, "3.1415926535897931"),
    ] {
        assert_eq!(drawn(value, digits), text);
    }
}

#[test]
fn options_show_and_hide_parts() {
    let f = product();
    let grads = f.backward();
    let has = |picture: Picture, text: &str| {
        Image::of(&picture)
            .nodes
            .iter()
            .flatten()
            .any(|t| t == text)
    };
    assert!(has(f.picture(), "−12") && !has(f.picture().values(false), "−12"));
    assert!(has(f.picture().values(false).gradients(&grads), "3"));
    let labels = |picture: Picture| Image::of(&picture).edge_labels().len();
    assert_eq!(labels(f.picture()), 0);
    assert_eq!(labels(f.picture().local_gradients(true)), 4);
    assert_eq!(labels(f.picture().gradients(&grads)), 4);
    assert_eq!(
        labels(f.picture().gradients(&grads).local_gradients(false)),
        0
    );
    // Without labels on the wire, operations follow one another directly.
    let y = Var::new(2.0).exp().sin();
    assert_eq!(
        Image::of(&y.picture().values(false)).nodes,
        [["•"], ["exp"], ["sin"]]
    );
}

#[test]
fn gradients_of_another_graph_are_not_shown() {
    let f = product();
    let (_graph, grads) = tape::record(|| {
        let other = product();
        other.backward()
    });
    assert_eq!(
        f.picture()
            .gradients(&grads)
            .local_gradients(false)
            .to_string(),
        f.picture().to_string()
    );
    assert_eq!(
        f.picture()
            .gradients(&Gradients::new())
            .local_gradients(false)
            .to_string(),
        f.picture().to_string()
    );
    // A value recorded after the sweep has no gradient either. Earlier values keep theirs.
    let (x, y) = (named("x", 3.0), Var::new(2.0));
    let grads = (x * y).backward();
    let later = (x * y).named("later");
    let image = Image::of(&later.picture().gradients(&grads));
    assert_eq!(image.node("x").unwrap(), ["x", "3", "2"]);
    assert!(!image.node("later").unwrap().contains(&"1".to_owned()));
}

#[test]
fn groups_are_boxes_within_boxes() {
    let y = network();
    let image = Image::of(&y.picture().gradients(&y.backward()));
    let mut labels: Vec<&str> = image
        .clusters
        .iter()
        .map(|texts| texts[0].as_str())
        .collect();
    labels.sort_unstable();
    assert_eq!(labels, ["hidden", "neuron", "neuron", "output"]);
    // Each neuron is a dot product of 4 operands, a sum with a constant, and a tanh, each followed by its wire. A wire has
    // another line where it enters a group: 2 into each of 3 neurons.
    assert_eq!(image.edges.len(), 3 * (4 + 1 + 2 + 1 + 1 + 1) + 3 * 2);
    assert_eq!(
        image.nodes.iter().filter(|texts| texts.is_empty()).count(),
        3 * 2
    );
}

#[test]
fn groups_nest_deeply() {
    fn nested(depth: usize, x: Var) -> Var {
        if depth == 0 {
            return x.exp();
        }
        tape::named(format!("depth {depth}"), || nested(depth - 1, x))
    }
    let y = nested(300, Var::new(1.0));
    assert_eq!(Image::of(&y.picture()).clusters.len(), 32);
}

#[test]
fn many_uses_are_one_line() {
    let x = Var::new(2.0);
    let y: Var = (0..100_000).map(|_| x).sum();
    let grads = y.backward();
    let image = Image::of(&y.picture().gradients(&grads));
    assert_eq!(image.edge_labels(), ["100000 uses ×1e5"]);
    // An operation with two operands shows both.
    let y = x * x;
    assert_eq!(
        Image::of(&y.picture().local_gradients(true)).edge_labels(),
        ["×2", "×2"]
    );
    let many: Vec<Var> = (0..10_000).map(|i| Var::new(f64::from(i))).collect();
    let y: Var = many.iter().sum();
    let image = Image::of(&y.picture().max_nodes(1));
    assert_eq!(image.nodes.len(), 3);
    assert!(image.node("… 10000 more nodes").is_some());
}

#[test]
fn omitted_nodes_are_counted() {
    let y = network();
    let all = 2 + 3 * (2 + 3);
    for shown in 0..=all {
        let image = Image::of(&y.picture().max_nodes(shown));
        let count = match all - shown {
            0 => None,
            1 => Some("… 1 more node".to_owned()),
            hidden => Some(format!("… {hidden} more nodes")),
        };
        match count {
            Some(text) => assert_eq!(image.node(&text).unwrap().len(), 1),
            None => assert!(
                !image
                    .nodes
                    .iter()
                    .flatten()
                    .any(|text| text.contains("more"))
            ),
        }
    }
    // Nodes that the output does not depend on are not counted.
    let _unused = y.exp();
    assert!(!y.picture().max_nodes(all).to_string().contains("more"));
}

#[test]
fn a_long_chain_is_cut_fast_on_a_small_stack() {
    let work = || {
        let mut y = Var::new(0.5);
        for _ in 0..1_000_000 {
            y = y.sin();
        }
        let start = Instant::now();
        let text = y.picture().max_nodes(10).to_string();
        (text, start.elapsed())
    };
    let thread = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(work)
        .unwrap();
    let (text, elapsed) = thread.join().unwrap();
    assert!(text.contains("… 999991 more nodes"));
    assert!(text.len() < 10_000);
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
}

#[test]
fn a_picture_outlives_its_values() {
    let picture = tape::scope(|| product().picture());
    assert_eq!(Image::of(&picture).nodes.len(), 7);
}

#[test]
#[should_panic(expected = "stale Var")]
fn a_stale_value_is_refused() {
    let f = tape::scope(|| (product(), 0.0)).0;
    let _ = f.picture();
}

#[test]
#[should_panic(expected = "Var of another graph")]
fn a_value_of_another_graph_is_refused() {
    let (_, f) = tape::record(product);
    let _ = Graph::new().picture(&[f]);
}

/// A name without differences that XML keeps but readers cannot see.
fn visible(name: &str) -> String {
    name.replace('\u{200b}', "").replace('\u{a0}', " ")
}

/// Pieces of text, sorted, without those that only separate others.
fn pieces<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let trimmed = texts.map(str::trim).filter(|text| !text.is_empty());
    let mut pieces: Vec<String> = trimmed.map(str::to_owned).collect();
    pieces.sort_unstable();
    pieces
}

/// All pieces of text in the picture drawn without Graphviz.
fn svg_texts(picture: &Picture) -> Vec<String> {
    let svg = picture.to_svg();
    let document = roxmltree::Document::parse(&svg).unwrap();
    // Tooltips and the style for dark pages are not drawn.
    let drawn = |node: &roxmltree::Node| {
        let around = node.parent().map(|parent| parent.tag_name().name());
        node.is_text() && !matches!(around, Some("title" | "style"))
    };
    let texts = document.descendants().filter(drawn);
    pieces(texts.filter_map(|text| text.text()))
}

proptest! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_name_can_be_drawn(names in prop::collection::vec(hostile_name(), 1..8), direction in directions()) {
        let (graph, y) = tape::record(|| {
            let xs: Vec<Var> = names.iter().map(|name| tape::named(name.clone(), || named(name, 1.0))).collect();
            xs.into_iter().sum::<Var>()
        });
        let image = Image::of(&graph.picture(&[y]).direction(direction));
        let expected: Vec<String> = names.iter().map(|name| visible(&drawn_name(name))).collect();
        let clusters: Vec<String> = image.clusters.iter().map(|texts| visible(&texts.concat())).collect();
        prop_assert_eq!(&clusters, &expected);
        for ((texts, name), given) in image.nodes.iter().zip(&expected).zip(&names) {
            let name = if given.is_empty() { "•" } else { name };
            prop_assert!(texts.iter().any(|text| visible(text) == name), "{:?} in {:?}", name, texts);
        }
    }

    #[test]
    fn any_graph_can_be_drawn(
        steps in prop::collection::vec((0_usize..200, any::<[u16; 4]>(), 0_u8..6), 1..60),
        direction in directions(),
        values in any::<bool>(),
        gradients in any::<bool>(),
        local in any::<Option<bool>>(),
        precision in 0_usize..20,
        nodes in 0_usize..80,
    ) {
        let (graph, y) = tape::record(|| grow(&steps));
        let grads = graph.backward(&[(y, 1.0)]);
        let mut picture = graph.picture(&[y]).direction(direction).values(values).precision(precision).max_nodes(nodes);
        if gradients {
            picture = picture.gradients(&grads);
        }
        if let Some(local) = local {
            picture = picture.local_gradients(local);
        }
        let image = Image::of(&picture);
        // The picture drawn without Graphviz has the same texts.
        prop_assert_eq!(pieces(image.texts().iter().map(String::as_str)), svg_texts(&picture));
        let live = y.key().map_or(0, |key| graph.order(&[key]).len());
        let hidden = live.saturating_sub(nodes);
        let told = image.nodes.iter().flatten().find_map(|text| {
            text.strip_prefix("… ")?.split(' ').next()?.parse::<usize>().ok()
        });
        prop_assert_eq!(told.unwrap_or(0), hidden);
    }

    #[test]
    fn frames_say_the_same_with_and_without_graphviz(
        steps in prop::collection::vec((0_usize..200, any::<[u16; 4]>(), 0_u8..6), 1..30),
        direction in directions(),
        values in any::<bool>(),
        moment in any::<prop::sample::Index>(),
    ) {
        let (graph, y) = tape::record(|| grow(&steps));
        let explanation = graph.explain(y);
        if let Some(place) = explanation.steps().len().checked_sub(1).map(|last| moment.index(last + 1)) {
            let frame = explanation.frames().nth(place).unwrap();
            let frame = frame.direction(direction).values(values);
            let texts = Image::of(&frame).texts();
            prop_assert_eq!(pieces(texts.iter().map(String::as_str)), svg_texts(&frame));
            let step = &explanation.steps()[place];
            let gate = step.branches.first().map_or(String::new(), |_| format!("{} ", step.symbol));
            let heading = format!("{gate}{}", step.pattern);
            prop_assert!(texts.contains(&heading), "{heading:?} in {texts:?}");
        }
    }
}
