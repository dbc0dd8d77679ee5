//! The rules of the house in docs/architecture.md, each held by a test.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the lowest rung to the highest; a room imports only from lower rungs.
const LADDER: &[&[&str]] = &[
    &["error", "layout", "math"],
    &["op"],
    &["dual", "lanes", "parameters"],
    &["graph"],
    &["tape"],
    &["var"],
    &["sweep"],
    &["parameters"],
    &["picture"],
    &["explain"],
    &["page"],
    &["ir"],
    &["transform"],
    &["backend"],
    &["interpreter"],
    &["program"],
    &["derive"],
    &["nn"],
    &["lib"],
];

/// Data of upper rooms about each operation: matches that the compiler keeps exhaustive.
const SIDE_TABLES: &[&str] = &["page/javascript.rs"];

fn sources() -> Vec<PathBuf> {
    files(&["rs"])
}

/// The files below `src` with one of these extensions.
fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extensions.iter().any(|known| extension == *known))
            {
                files.push(path);
            }
        }
    }
    files
}

/// The room a file stands in: the first part of its path below `src`.
fn room(file: &Path) -> String {
    let below = file
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap();
    let first = below
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy();
    first.trim_end_matches(".rs").to_string()
}

fn rung(room: &str) -> usize {
    LADDER
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("`{room}` stands on no rung of the ladder"))
}

/// The code of a file: comments, documentation and their examples left out.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms that a file names after `crate::`, as room or through a re-export of the crate's root.
fn imports(code: &str) -> Vec<String> {
    let reexports = [
        ("Dual", "dual"),
        ("Error", "error"),
        ("ErrorKind", "error"),
        ("Result", "error"),
        ("Graph", "graph"),
        ("Node", "graph"),
        ("NodeKey", "graph"),
        ("Lanes", "lanes"),
        ("Parameters", "parameters"),
        ("Scalar", "op"),
        ("Gradients", "sweep"),
        ("Var", "var"),
    ];
    let mut rooms = Vec::new();
    for after in code.split("crate::").skip(1) {
        let list = after.strip_prefix('{').map_or_else(
            || vec![after],
            |list| list.split('}').next().unwrap().split(',').collect(),
        );
        for item in list {
            let name: String = item
                .trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let room = reexports
                .iter()
                .find(|(item, _)| *item == name)
                .map_or(name.as_str(), |(_, room)| room);
            rooms.push(room.to_string());
        }
    }
    rooms
}

#[test]
fn imports_go_only_downward() {
    for file in sources() {
        let own = room(&file);
        for import in imports(&code(&file)) {
            assert!(
                import == own || rung(&import) < rung(&own),
                "{} imports `{import}`, which stands on no lower rung than `{own}`",
                file.display()
            );
        }
    }
}

/// Every operation as code names it, such as `UnaryOp::Exp`.
fn operations() -> Vec<String> {
    use chainrule::op::{BinaryOp, NaryOp, TernaryOp, UnaryOp};
    let unary = UnaryOp::ALL.iter().map(|op| format!("UnaryOp::{op:?}"));
    let binary = BinaryOp::ALL.iter().map(|op| format!("BinaryOp::{op:?}"));
    let ternary = TernaryOp::ALL.iter().map(|op| format!("TernaryOp::{op:?}"));
    let nary = NaryOp::ALL.iter().map(|op| format!("NaryOp::{op:?}"));
    unary.chain(binary).chain(ternary).chain(nary).collect()
}

/// Whether code names an operation, and not merely one whose name begins with it.
fn names(code: &str, operation: &str) -> bool {
    code.match_indices(operation)
        .any(|(at, _)| !code[at + operation.len()..].starts_with(|c: char| c.is_alphanumeric()))
}

#[test]
fn operations_are_named_in_their_table_and_in_side_tables_only() {
    for file in sources()
        .into_iter()
        .filter(|file| room(file) != "op" && !SIDE_TABLES.iter().any(|table| file.ends_with(table)))
    {
        let code = code(&file);
        for operation in operations() {
            assert!(
                !names(&code, &operation),
                "{} knows {operation}",
                file.display()
            );
        }
    }
}

#[test]
fn a_side_table_has_a_line_for_every_operation() {
    for table in SIDE_TABLES {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(table);
        let code = code(&file);
        for operation in operations() {
            assert!(
                names(&code, &operation),
                "{table} lacks a line for {operation}"
            );
        }
        // Without a wildcard the compiler asks for the line of a new operation.
        assert!(!code.contains("_ =>"), "{table} has a wildcard");
    }
}

#[test]
fn files_have_one_subject_and_stay_short() {
    // The table is data, and grows by a row for every operation.
    for file in files(&["rs", "js", "css", "html"])
        .into_iter()
        .filter(|file| !file.ends_with("op/table.rs"))
    {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines", file.display());
    }
}

#[test]
fn the_library_neither_prints_nor_exits() {
    for file in sources()
        .into_iter()
        .filter(|file| !file.ends_with("math/tests.rs"))
    {
        let code = code(&file);
        for word in [
            "println!",
            "eprintln!",
            "print!",
            "dbg!",
            "process::exit",
            "unsafe ",
        ] {
            assert!(!code.contains(word), "{} has {word}", file.display());
        }
    }
}
