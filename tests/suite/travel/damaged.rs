//! Forms that are damaged or hostile: each is refused with a message that says what is wrong and where.

use chainrule::nn::{Activation, Mlp};
use chainrule::{Graph, Program, Var, tape};
use rand::{SeedableRng, rngs::StdRng};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn program() -> Value {
    let f = Program::trace_at(&[1.0, 2.0], |x| {
        let y = tape::named("group", || (x[0] * x[1] + 0.5).named("y"));
        if y > 1.0 { y.exp() } else { y }
    });
    serde_json::to_value(f.unwrap()).unwrap()
}

fn graph() -> Value {
    let (graph, _) = tape::record(|| {
        let [x, y] = [1.0, 2.0].map(Var::new);
        let z = tape::named("group", || (x * y + 0.5).named("z"));
        if z > 1.0 {
            Var::sum(&[z, 3.0.into()])
        } else {
            z
        }
    });
    serde_json::to_value(graph).unwrap()
}

/// A place in a form, what is put there, and a part of the message.
pub(super) type Case = (&'static str, &'static str, &'static str);

const PROGRAMS: &[Case] = &[
    (
        "/format",
        r#""chainrule graph""#,
        "expected the format `chainrule program`, found `chainrule graph`",
    ),
    ("/format", r#""a\u202eb\n""#, "found `a\\u{202e}b\\n`"),
    (
        "/version",
        "2",
        "expected version 1 of the format `chainrule program`, found version 2",
    ),
    ("/level", r#""sloppy""#, "unknown variant `sloppy`"),
    (
        "/code/values/2",
        r#"{"apply": ["Mull", [0, 1]]}"#,
        "the table has no operation `Mull`",
    ),
    (
        "/code/values/2",
        r#"{"apply": ["Input", []]}"#,
        "the table has no operation `Input`",
    ),
    (
        "/code/values/2",
        r#"{"apply": ["Mul", [0]]}"#,
        "chainrule program: v2 has operands that do not fit",
    ),
    (
        "/code/values/2",
        r#"{"apply": ["Sum", []]}"#,
        "v2 has operands that do not fit",
    ),
    (
        "/code/values/2",
        r#"{"apply": ["Dot", [0, 1, 0]]}"#,
        "v2 has operands that do not fit",
    ),
    (
        "/code/values/2",
        r#"{"apply": ["Mul", [0, 2]]}"#,
        "v2 comes before an operand",
    ),
    (
        "/code/values/2",
        r#"{"apply": ["Mul", [0, 4294967295]]}"#,
        "v2 comes before an operand",
    ),
    (
        "/code/values/2",
        r#"{"apply": ["Mul", [0, -1]]}"#,
        "expected u32",
    ),
    (
        "/code/values/2",
        r#"{"apply": ["Mul", [0, 1.5]]}"#,
        "expected u32",
    ),
    (
        "/code/values/2",
        r#"{"apply": ["Mul", [0, null]]}"#,
        "expected u32",
    ),
    (
        "/code/values/2",
        r#"{"constant": "0x3ff"}"#,
        "16 hexadecimal digits, found `0x3ff`",
    ),
    (
        "/code/values/2",
        r#"{"constant": "0x+ff0000000000000"}"#,
        "16 hexadecimal digits",
    ),
    (
        "/code/values/2",
        r#"{"constant": 1.0}"#,
        "expected the bits of a number",
    ),
    (
        "/code/values/1",
        r#"{"input": 0}"#,
        "v1 is an input for the second time",
    ),
    (
        "/code/values/1",
        r#"{"input": 7}"#,
        "v1 is an input that does not exist",
    ),
    (
        "/code/values/1",
        r#"{"sum_over_rows": [0, 0]}"#,
        "unknown variant `sum_over_rows`",
    ),
    (
        "/code/inputs",
        r#"["varying", "uniform"]"#,
        "a uniform input comes after a varying one",
    ),
    (
        "/code/inputs",
        r#"["constant", "varying"]"#,
        "an input is a constant",
    ),
    (
        "/code/outputs",
        "[4000000000]",
        "an output or guard does not exist",
    ),
    (
        "/code/guards/0/sides",
        "[0, 99]",
        "an output or guard does not exist",
    ),
    (
        "/code/guards/0/test",
        r#""smells_like""#,
        "unknown variant `smells_like`",
    ),
    (
        "/code/guards/0/outcome",
        "2",
        "guard 0: `>` has no outcome 2",
    ),
    (
        "/code/guards/0/site",
        "5",
        "guard 0: there is no site 5 among 1",
    ),
    (
        "/code/variables",
        "[2]",
        "variables: there is no input 2 among 2",
    ),
    (
        "/code/variables",
        "[1, 1]",
        "variables: input 1 is listed twice",
    ),
    (
        "/code/labels",
        r#"[[2, "signs"]]"#,
        "labels: there is no input 2 among 2",
    ),
    (
        "/code/sources/values",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]",
        "sources: 10 nodes of",
    ),
    (
        "/code/sources/values",
        "[-2147483648]",
        "sources: there is no node 2147483648",
    ),
    (
        "/code/sources/names/nodes",
        r#"[[99, "y"]]"#,
        "a name: there is no node 99 among",
    ),
    (
        "/code/sources/names/nodes",
        r#"[[1, "y"], [1, "z"]]"#,
        "node 1 has two names",
    ),
    (
        "/code/sources/names/lines",
        "[[1, 9]]",
        "node 1: there is no site 9 among 1",
    ),
    (
        "/code/sources/names/lines",
        "[[1, 0], [1, 0]]",
        "node 1 has two lines",
    ),
    (
        "/code/sources/names/groups/0/parent",
        "0",
        "group 0 is in a group that is not around it",
    ),
    (
        "/code/sources/names/groups/0/nodes",
        "[0, 2]",
        "group 0 has the nodes 0..2",
    ),
    (
        "/code/sources/names/groups/0/nodes",
        "[3, 2]",
        "group 0 has the nodes 3..2",
    ),
];

const GRAPHS: &[Case] = &[
    (
        "/format",
        r#""chainrule program""#,
        "expected the format `chainrule graph`",
    ),
    (
        "/version",
        "0",
        "expected version 1 of the format `chainrule graph`, found version 0",
    ),
    (
        "/nodes/2",
        r#"{"apply": {"op": "Mul", "nodes": [1, 3], "constant": null}}"#,
        "node 3, Mul: node 3 is not among the 2 nodes before it",
    ),
    (
        "/nodes/2",
        r#"{"apply": {"op": "Mul", "nodes": [0, 1], "constant": null}}"#,
        "node 3, Mul: node 0 is not among the 2 nodes before it",
    ),
    (
        "/nodes/2",
        r#"{"apply": {"op": "Mul", "nodes": [1], "constant": null}}"#,
        "node 3, Mul: the operation does not take 1 operands",
    ),
    (
        "/nodes/2",
        r#"{"apply": {"op": "Exp", "nodes": [], "constant": null}}"#,
        "node 3, Exp: the operation does not take 0 operands",
    ),
    (
        "/nodes/2",
        r#"{"apply": {"op": "Sum", "nodes": [], "constant": null}}"#,
        "node 3, Sum: the operation does not take 0 operands",
    ),
    (
        "/nodes/2",
        r#"{"apply": {"op": "Mul", "nodes": [1, 2], "constant": ["left", "0x3ff0000000000000"]}}"#,
        "node 3, Mul: only one of two operands can be a constant",
    ),
    (
        "/nodes/2",
        r#"{"apply": {"op": "Sum", "nodes": [1], "constant": ["left", "0x3ff0000000000000"]}}"#,
        "only one of two operands can be a constant",
    ),
    (
        "/nodes/2",
        r#"{"apply": {"op": "Mul", "nodes": [], "constant": ["right", "0x3ff0000000000000"]}}"#,
        "only one of two operands can be a constant",
    ),
    (
        "/nodes/2",
        r#"{"apply": {"op": "Frob", "nodes": [1], "constant": null}}"#,
        "the table has no operation `Frob`",
    ),
    (
        "/comparisons/0/outcome",
        "0",
        "comparison 0, 2.5 > 1.0, has the outcome 0",
    ),
    (
        "/comparisons/0/site",
        "1",
        "comparison 0: there is no site 1 among 1",
    ),
    (
        "/comparisons/0/sides/0",
        r#"{"node": 77}"#,
        "comparison 0: node 77 is not among the 6 nodes before it",
    ),
    (
        "/labels",
        r#"[[9, "signs"]]"#,
        "a label: node 9 is not among the 6 nodes before it",
    ),
    (
        "/names/nodes",
        r#"[[9, "x"]]"#,
        "a name: there is no node 9 among 6",
    ),
    (
        "/names/groups/0/parent",
        "3",
        "group 0 is in a group that is not around it",
    ),
    (
        "/names/groups/0/nodes",
        "[1, 99]",
        "group 0 has the nodes 1..99 of 6",
    ),
    (
        "/names/groups",
        r#"[{"label": "a", "parent": null, "nodes": [1, 4]}, {"label": "b", "parent": null, "nodes": [2, 5]}]"#,
        "group 1 overlaps a group that is not around it",
    ),
    (
        "/names/groups",
        r#"[{"label": "a", "parent": null, "nodes": [1, 4]}, {"label": "b", "parent": 0, "nodes": [2, 5]}]"#,
        "group 1 ends after the group around it",
    ),
    (
        "/names/groups",
        r#"[{"label": "a", "parent": null, "nodes": [3, 4]}, {"label": "b", "parent": null, "nodes": [2, 3]}]"#,
        "group 1 begins before the group before it",
    ),
];

/// Loads the form with each part replaced in turn.
pub(super) fn refused<T: DeserializeOwned>(form: &Value, cases: &[Case]) {
    for &(pointer, part, problem) in cases {
        let mut changed = form.clone();
        let place = changed.pointer_mut(pointer);
        *place.unwrap_or_else(|| panic!("no {pointer} in {form}")) =
            serde_json::from_str(part).unwrap();
        let Err(error) = serde_json::from_value::<T>(changed) else {
            panic!("{part} was accepted at {pointer}");
        };
        let found = error.to_string();
        assert!(found.contains(problem), "{pointer}: {found}");
        assert!(!found.contains('\n'), "{found}");
    }
}

#[test]
fn hostile_programs_are_refused() {
    refused::<Program>(&program(), PROGRAMS);
    let mut more = program();
    more["code"]["unknown"] = json!(1);
    let error = serde_json::from_value::<Program>(more).unwrap_err();
    assert!(
        error.to_string().contains("unknown field `unknown`"),
        "{error}"
    );
}

#[test]
fn hostile_graphs_are_refused() {
    refused::<Graph>(&graph(), GRAPHS);
}

#[test]
fn forms_that_are_cut_short_are_refused() {
    let f: Program = serde_json::from_value(program()).unwrap();
    let g: Graph = serde_json::from_value(graph()).unwrap();
    let (text, bytes) = (
        serde_json::to_vec(&f).unwrap(),
        postcard::to_allocvec(&f).unwrap(),
    );
    for end in 0..text.len() {
        assert!(serde_json::from_slice::<Program>(&text[..end]).is_err());
    }
    for end in 0..bytes.len() {
        assert!(postcard::from_bytes::<Program>(&bytes[..end]).is_err());
    }
    let (text, bytes) = (
        serde_json::to_vec(&g).unwrap(),
        postcard::to_allocvec(&g).unwrap(),
    );
    for end in 0..text.len() {
        assert!(serde_json::from_slice::<Graph>(&text[..end]).is_err());
    }
    for end in 0..bytes.len() {
        assert!(postcard::from_bytes::<Graph>(&bytes[..end]).is_err());
    }
}

#[test]
fn huge_lengths_cost_nothing() {
    // The name and the version of the format, the level, and then as many inputs as a number can say.
    let f: Program = serde_json::from_value(program()).unwrap();
    let bytes = postcard::to_allocvec(&f).unwrap();
    let head = 1 + "chainrule program".len() + 2;
    assert_eq!(bytes[head], 2, "the number of inputs");
    let mut hostile = bytes[..head].to_vec();
    hostile.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    hostile.extend([1; 1000]);
    assert!(postcard::from_bytes::<Program>(&hostile).is_err());
}

#[test]
fn any_byte_may_be_a_huge_length() {
    let f: Program = serde_json::from_value(program()).unwrap();
    let g: Graph = serde_json::from_value(graph()).unwrap();
    let network = Mlp::new(&mut StdRng::seed_from_u64(1), &[2, 3, 1], Activation::Relu).unwrap();
    let huge = |bytes: &[u8], at: usize| {
        let mut hostile = bytes[..at].to_vec();
        hostile.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        hostile.extend([1; 1000]);
        hostile
    };
    // Where the number is no length it may be a constant, so only what is not read is known: it must end, in little memory.
    let bytes = postcard::to_allocvec(&f).unwrap();
    for at in 0..bytes.len() {
        _ = postcard::from_bytes::<Program>(&huge(&bytes, at));
    }
    let bytes = postcard::to_allocvec(&g).unwrap();
    for at in 0..bytes.len() {
        _ = postcard::from_bytes::<Graph>(&huge(&bytes, at));
    }
    let bytes = postcard::to_allocvec(&network).unwrap();
    for at in 0..bytes.len() {
        _ = postcard::from_bytes::<Mlp<f64>>(&huge(&bytes, at));
    }
}
