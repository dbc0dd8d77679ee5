//! Graphs and names for the tests of both kinds of picture.

use std::collections::HashSet;
use std::sync::LazyLock;

use chainrule::op::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};
use chainrule::{Direction, Var, tape};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use regex_syntax::hir::{Class, HirKind};

pub(crate) fn named(name: &str, value: f64) -> Var {
    Var::new(value).named(name)
}

/// The lecture's first example, `f = (x + y)·z` at −2, 5, −4.
pub(crate) fn product() -> Var {
    let (x, y, z) = (named("x", -2.0), named("y", 5.0), named("z", -4.0));
    ((x + y).named("q") * z).named("f")
}

/// Letters that readers cannot see or that XML cannot hold, by Unicode's own tables.
static HIDDEN: LazyLock<HashSet<char>> = LazyLock::new(|| {
    let hidden = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\x{FFFE}\x{FFFF}&&\P{Variation_Selector}]";
    let parsed = regex_syntax::parse(hidden).unwrap();
    let HirKind::Class(Class::Unicode(class)) = parsed.kind() else {
        panic!("not a class of letters");
    };
    let ranges = class.ranges().iter();
    ranges
        .flat_map(|range| range.start()..=range.end())
        .collect()
});

/// A name as it is drawn: with escapes for hidden letters, and shortened to 40 characters.
pub(crate) fn drawn_name(name: &str) -> String {
    let escaped = |letter: char| match letter {
        '\t' | '\n' | '\r' => letter.escape_default().collect(),
        _ if HIDDEN.contains(&letter) => letter.escape_unicode().collect(),
        _ => String::from(letter),
    };
    let pieces: Vec<String> = name.chars().map(escaped).collect();
    if pieces.concat().chars().count() <= 40 {
        return pieces.concat();
    }
    let mut shortened = String::new();
    for piece in pieces {
        if shortened.chars().count() + piece.chars().count() > 39 {
            break;
        }
        shortened.push_str(&piece);
    }
    shortened + "…"
}

/// Names that are special to Graphviz, XML or a terminal, and any other names.
pub(crate) fn hostile_name() -> impl Strategy<Value = String> {
    let pieces = [
        "\"",
        "\\",
        "\\n",
        "\\N",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "<",
        ">",
        "<b>",
        "</TD>",
        "<!--",
        "</text>",
        "<![CDATA[",
        "-->",
        "{",
        "}",
        "|",
        "&",
        "&amp;",
        "&lt;",
        "&#65;",
        "&#x41;",
        "&alpha;",
        "&nope;",
        ";",
        " ",
        "  ",
        "]]>",
        "label=x",
        "//",
        "/*",
        "#",
        "%",
        "'",
        "é",
        "名",
        "🦀",
        "\u{301}",
        "\u{202e}",
        "\u{feff}",
        "\u{200b}",
        "\u{a0}",
        "]",
        "[",
        "->",
    ];
    let piece = prop_oneof![
        prop::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
        any::<String>(),
        Just("long".repeat(30)),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// One of the four directions of a picture.
pub(crate) fn directions() -> impl Strategy<Value = Direction> {
    prop::sample::select(vec![
        Direction::LeftToRight,
        Direction::RightToLeft,
        Direction::TopToBottom,
        Direction::BottomToTop,
    ])
}

/// A graph from numbers: each step is an operation on earlier values or constants, sometimes within a new group.
pub(crate) fn grow(steps: &[(usize, [u16; 4], u8)]) -> Var {
    fn rest(steps: &[(usize, [u16; 4], u8)], values: &mut Vec<Var>) {
        let Some(((op, picks, group), later)) = steps.split_first() else {
            return;
        };
        let binary = BinaryOp::ALL.iter().map(|&op| (Op::Binary(op), 2));
        let ternary = TernaryOp::ALL.iter().map(|&op| (Op::Ternary(op), 3));
        let nary = NaryOp::ALL.iter().map(|&op| (Op::Nary(op), 4));
        let unary = UnaryOp::ALL.iter().map(|&op| (Op::Unary(op), 1));
        let ops: Vec<(Op, usize)> = binary.chain(ternary).chain(nary).chain(unary).collect();
        let (op, count) = ops[op % ops.len()];
        let operands: Vec<Var> = picks[..count]
            .iter()
            .map(|&pick| match pick % 7 {
                0 => Var::from(f64::from(pick) / 1000.0),
                _ => values[usize::from(pick) % values.len()],
            })
            .collect();
        let step = |values: &mut Vec<Var>| values.push(op.apply(&operands).unwrap());
        match group {
            // The group contains only this step, or all following steps as well.
            0 => tape::named("step", || step(values)),
            1 => {
                return tape::named("rest", || {
                    step(values);
                    rest(later, values);
                });
            }
            _ => step(values),
        }
        rest(later, values);
    }
    let mut values = vec![named("x", 0.5), Var::new(-1.5)];
    rest(steps, &mut values);
    values[values.len() - 1]
}
