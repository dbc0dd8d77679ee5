//! Tests the rules of docs/architecture.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::DiGraph;

/// The rooms from the lowest rung to the highest. A room imports only from lower rungs.
const LADDER: &[&[&str]] = &[
    &["letters"],
    &["call_site", "labels", "layout", "math", "setters"],
    &["error"],
    &["op"],
    &["dual", "lanes", "parameters", "saved", "text"],
    &["graph"],
    &["tape"],
    &["var"],
    &["sweep"],
    &["picture"],
    &["explain"],
    &["page"],
    &["ir"],
    &["source", "transform"],
    &["backend"],
    &["interpreter"],
    &["program"],
    &["check", "derive", "foreign", "scan"],
    &["nn", "strategies"],
    &["lib"],
];

/// Data of upper rooms about each operation, as matches that the compiler checks for completeness.
const SIDE_TABLES: &[&str] = &[
    "page/javascript.rs",
    "source/c_table.rs",
    "source/latex_table.rs",
];

/// Where code may recognise a row (`rows::Add::OP`): where the tape records it, where a pass rewrites it, where Taylor series
/// have a recurrence for it, where the interpreter has a kernel for it, where random expressions write steps with it, and where
/// formulas are read.
const RECOGNISES_ROWS: &[&str] = &[
    "var",
    "ir/passes",
    "transform/taylor.rs",
    "interpreter",
    "strategies/expression.rs",
    "text/formula.rs",
];

/// Where the library may read the number of a value without a guard, and why that freezes nothing in a trace.
const READS_NUMBERS: &[(&str, &str)] = &[
    ("var/read.rs", "defines `peek`"),
    (
        "ir/trace.rs",
        "constants, whose numbers are the same everywhere",
    ),
    ("ir/guard.rs", "the message of an error"),
    ("ir/passes/mod.rs", "looks at the next pass, not at a value"),
    ("program/replay.rs", "checks branches at the given point"),
    ("sweep/diagnosis.rs", "constants"),
    ("sweep/nonfinite.rs", "constants"),
    ("sweep/recorded.rs", "constants"),
    ("derive/recorded.rs", "constants"),
    (
        "derive/custom.rs",
        "an opaque function, which a trace refuses and a graph remembers as read",
    ),
    (
        "derive/implicit.rs",
        "the choice of a pivot, which comparisons check",
    ),
    ("picture/options.rs", "shows numbers"),
    ("picture/snapshot.rs", "shows numbers"),
    ("explain/explanation.rs", "shows numbers"),
    ("explain/replay.rs", "shows numbers"),
    ("page/mod.rs", "shows numbers"),
    ("page/script.rs", "shows numbers"),
];

/// A file of the library, without code that is compiled only for tests.
struct Source {
    /// The path below `src`, such as `ir/passes/mod.rs`.
    path: String,
    /// The code, without comments, documentation and tests.
    code: String,
}

impl Source {
    /// The room of the file: the first part of its path.
    fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.trim_end_matches(".rs")
    }

    /// The module in the file, such as `ir::passes`.
    fn module(&self) -> String {
        let module = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        module.replace('/', "::")
    }

    /// The number of lines of code.
    fn lines(&self) -> usize {
        let lines = self.code.lines();
        lines.filter(|line| !line.trim().is_empty()).count()
    }
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files below `src` with one of these extensions.
fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let mut folders = vec![src()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(extension) = path.extension()
                && extensions.iter().any(|known| extension == *known)
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The text without comments and without inline test modules.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = text.lines();
    let code = lines.filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

/// The library's Rust files, except those that are compiled only for tests.
fn sources() -> Vec<Source> {
    let all = files(&["rs"]).into_iter().map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(src()).unwrap().to_str().unwrap();
        (path.replace('\\', "/"), text)
    });
    let all: Vec<(String, String)> = all.collect();
    let mut for_tests: Vec<String> = Vec::new();
    for (path, text) in &all {
        let folder = path.trim_end_matches("mod.rs").trim_end_matches(".rs");
        let folder = folder.trim_end_matches('/');
        for declared in text.split("#[cfg(test)]\n").skip(1) {
            let line = declared.lines().next().unwrap();
            if let Some((_, name)) = line.trim_end_matches(';').split_once("mod ")
                && line.ends_with(';')
            {
                for_tests.push(format!("{folder}/{name}.rs"));
                for_tests.push(format!("{folder}/{name}/"));
            }
        }
    }
    let is_for_tests = |path: &str| for_tests.iter().any(|test| path.starts_with(test.as_str()));
    all.into_iter()
        .filter(|(path, _)| !is_for_tests(path))
        .map(|(path, text)| Source {
            path,
            code: code(&text),
        })
        .collect()
}

/// Every path that begins with `crate`, `super` or `self`, and every `use` of a submodule, as segments, with braces
/// expanded.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                expand(&code[at..], &mut Vec::new(), &mut found);
            }
        }
    }
    for line in code.lines() {
        let used = line.trim_start().trim_start_matches("pub(crate) ");
        let used = used
            .trim_start_matches("pub(super) ")
            .trim_start_matches("pub ");
        if let Some(path) = used.strip_prefix("use ") {
            expand(path, &mut vec![String::from("self")], &mut found);
        }
    }
    found
}

/// Reads a path, or each path of a list in braces.
fn expand(text: &str, prefix: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let depth = prefix.len();
    let mut rest = text;
    loop {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        if !name.is_empty() {
            prefix.push(name.to_string());
        }
        rest = after.strip_prefix("::").unwrap_or("");
        if rest.is_empty() {
            found.push(prefix.clone());
            break;
        }
        if let Some(list) = rest.strip_prefix('{') {
            let mut level = 0;
            let mut item = 0;
            for (at, c) in list.char_indices() {
                match c {
                    '{' => level += 1,
                    '}' | ',' if level == 0 => {
                        let one = list[item..at].trim();
                        if !one.is_empty() {
                            expand(one, prefix, found);
                        }
                        item = at + 1;
                        if c == '}' {
                            break;
                        }
                    }
                    '}' => level -= 1,
                    _ => {}
                }
            }
            break;
        }
    }
    prefix.truncate(depth);
}

/// The modules with files that this file imports from, except itself.
fn imports(source: &Source, modules: &BTreeMap<String, usize>) -> Vec<usize> {
    let own = source.module();
    let mut all = Vec::new();
    for path in paths(&source.code) {
        let mut here: Vec<&str> = match path[0].as_str() {
            "crate" => Vec::new(),
            _ => own.split("::").collect(),
        };
        let mut segments = path.iter().map(String::as_str).peekable();
        segments.next_if_eq(&"crate");
        segments.next_if_eq(&"self");
        while segments.next_if_eq(&"super").is_some() {
            here.pop();
        }
        // Follows the path as long as its segments are modules; the next segment is an item.
        for segment in segments {
            here.push(segment);
            if !modules.contains_key(&here.join("::")) {
                here.pop();
                break;
            }
        }
        let target = if here.is_empty() {
            reexporting(&path)
        } else {
            here.join("::")
        };
        if let Some(&index) = modules.get(&target)
            && target != own
        {
            all.push(index);
        }
    }
    all
}

/// The room of an item that the crate's root re-exports.
fn reexporting(path: &[String]) -> String {
    let root = fs::read_to_string(src().join("lib.rs")).unwrap();
    let item = path
        .iter()
        .find(|name| *name != "crate")
        .map_or("", String::as_str);
    for line in root.split("pub use ").skip(1) {
        let (list, _) = line.split_once(';').unwrap();
        if list
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == item)
        {
            return list.split("::").next().unwrap().to_string();
        }
    }
    String::new()
}

fn rung(room: &str) -> usize {
    LADDER
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("`{room}` is on no rung of the ladder"))
}

#[test]
fn imports_go_only_downward() {
    let sources = sources();
    let modules = sources.iter().enumerate();
    let modules: BTreeMap<String, usize> = modules
        .map(|(index, source)| (source.module(), index))
        .collect();
    let mut graph: DiGraph<&str, ()> = DiGraph::new();
    let files: Vec<_> = sources
        .iter()
        .map(|source| graph.add_node(&source.path))
        .collect();
    for (index, source) in sources.iter().enumerate() {
        for import in imports(source, &modules) {
            let (own, other) = (source.room(), sources[import].room());
            assert!(
                own == other || rung(other) < rung(own),
                "{} imports from {}, which is on no lower rung",
                source.path,
                sources[import].path
            );
            graph.add_edge(files[index], files[import], ());
        }
    }
    // Guards against a test that finds no imports.
    assert!(graph.edge_count() > 500, "{} imports", graph.edge_count());
    if toposort(&graph, None).is_err() {
        let circles = tarjan_scc(&graph)
            .into_iter()
            .filter(|files| files.len() > 1);
        let circles: Vec<Vec<&str>> = circles
            .map(|files| files.into_iter().map(|file| graph[file]).collect())
            .collect();
        panic!("these files import each other in a cycle: {circles:#?}");
    }
}

#[test]
fn no_room_has_more_than_a_sixth_of_the_code() {
    let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources() {
        *rooms.entry(source.room().to_string()).or_default() += source.lines();
    }
    let all: usize = rooms.values().sum();
    for (room, lines) in rooms {
        assert!(6 * lines <= all, "`{room}` has {lines} of {all} lines");
    }
}

/// The name of every operation in code, such as `UnaryOp::Exp`.
fn operations() -> Vec<String> {
    use chainrule::op::{BinaryOp, NaryOp, TernaryOp, UnaryOp};
    let unary = UnaryOp::ALL.iter().map(|op| format!("UnaryOp::{op:?}"));
    let binary = BinaryOp::ALL.iter().map(|op| format!("BinaryOp::{op:?}"));
    let ternary = TernaryOp::ALL.iter().map(|op| format!("TernaryOp::{op:?}"));
    let nary = NaryOp::ALL.iter().map(|op| format!("NaryOp::{op:?}"));
    unary.chain(binary).chain(ternary).chain(nary).collect()
}

/// Whether the code names this operation, and not only one with a longer name.
fn names(code: &str, operation: &str) -> bool {
    code.match_indices(operation)
        .any(|(at, _)| !code[at + operation.len()..].starts_with(|c: char| c.is_alphanumeric()))
}

#[test]
fn only_the_table_and_side_tables_name_operations() {
    let others = |source: &Source| source.room() != "op" && !SIDE_TABLES.contains(&&*source.path);
    for source in sources().into_iter().filter(others) {
        for operation in operations() {
            assert!(
                !names(&source.code, &operation),
                "{} knows {operation}",
                source.path
            );
        }
    }
}

#[test]
fn a_side_table_has_a_line_for_every_operation() {
    for table in SIDE_TABLES {
        let code = code(&fs::read_to_string(src().join(table)).unwrap());
        for operation in operations() {
            assert!(
                names(&code, &operation),
                "{table} lacks a line for {operation}"
            );
        }
        // Without a wildcard, a new operation does not compile until it has its line.
        assert!(!code.contains("_ =>"), "{table} has a wildcard");
    }
}

#[test]
fn only_recording_rewriting_and_kernels_recognise_rows() {
    let may = |source: &Source| {
        let mut places = RECOGNISES_ROWS.iter().chain(&["op"]);
        places.any(|place| source.path.starts_with(place))
    };
    for source in sources().into_iter().filter(|source| !may(source)) {
        // A type parameter of one letter can be any row.
        let named = |at: usize| source.code[..at].ends_with(|c: char| c.is_lowercase());
        let mut rows = source.code.match_indices("::OP").map(|(at, _)| at);
        assert!(!rows.any(named), "{} recognises a row", source.path);
    }
}

#[test]
fn only_listed_files_read_numbers_without_a_guard() {
    let reading: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.code.contains(".peek()") || source.code.contains("fn peek"))
        .map(|source| source.path)
        .collect();
    let mut listed: Vec<&str> = READS_NUMBERS.iter().map(|(path, _)| *path).collect();
    listed.sort_unstable();
    assert_eq!(reading, listed);
}

#[test]
fn files_have_one_subject_and_stay_short() {
    for file in files(&["rs", "js", "css", "html"]) {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let lines = lines.count();
        // The table of operations grows by a row per operation, and every consumer reads it as a whole.
        let limit = if file.ends_with("src/op/table.rs") {
            800
        } else {
            600
        };
        assert!(lines <= limit, "{} has {lines} lines", file.display());
    }
}

#[test]
fn the_library_neither_prints_nor_exits() {
    for source in sources() {
        for word in ["println!", "eprintln!", "print!", "dbg!", "process::exit"] {
            assert!(!source.code.contains(word), "{} has {word}", source.path);
        }
    }
}

/// The trait `SimdValue` declares two methods unsafe. The library implements it, and has no other unsafe code.
#[test]
fn only_two_methods_are_unsafe_and_their_bodies_are_not() {
    let mut signatures = Vec::new();
    for source in sources() {
        let code = source.code;
        let expected = code.matches("#[expect(unsafe_code, reason").count();
        assert_eq!(
            expected,
            code.matches("unsafe_code").count(),
            "{}",
            source.path
        );
        assert_eq!(expected, code.matches("unsafe ").count(), "{}", source.path);
        for (at, _) in code.match_indices("unsafe ") {
            let (head, rest) = code[at..].split_once('{').unwrap();
            let body = rest.split_once('}').unwrap().0.trim();
            signatures.push((head.trim().to_string(), body.to_string()));
        }
    }
    let signature = |name: &str| signatures.iter().find(|(head, _)| head.contains(name));
    assert_eq!(signatures.len(), 2, "{signatures:?}");
    let manifest = fs::read_to_string(src().join("../Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"deny\""));
    assert_eq!(
        signature("fn extract_unchecked").unwrap().1,
        "[*self][lane]"
    );
    assert_eq!(
        signature("fn replace_unchecked").unwrap().1,
        "*[self][lane] = value;"
    );
}
