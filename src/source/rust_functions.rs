//! This crate's functions as text: those that a formula needs, and those that they need.
//!
//! The text is that of the files themselves, so it computes the same bits. It is read item by item, which is simple because
//! `rustfmt` has written it: an item ends at the first line that ends with `}` or `;` and closes all brackets. References
//! are followed by name, through the imports of each file.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The files, each a module. The first has the others' names.
const FILES: &[(&str, &str)] = &[
    ("", include_str!("../math/mod.rs")),
    ("arc", include_str!("../math/arc.rs")),
    ("compare", include_str!("../math/compare.rs")),
    ("exp", include_str!("../math/exp.rs")),
    ("gamma", include_str!("../math/gamma.rs")),
    ("gauss", include_str!("../math/gauss.rs")),
    ("gelu", include_str!("../math/gelu.rs")),
    ("hazard", include_str!("../math/hazard.rs")),
    ("hyperbolic", include_str!("../math/hyperbolic.rs")),
    ("log", include_str!("../math/log.rs")),
    ("log_normal", include_str!("../math/log_normal.rs")),
    ("pair", include_str!("../math/pair.rs")),
    ("plane", include_str!("../math/plane.rs")),
    ("power", include_str!("../math/power.rs")),
    ("remainder", include_str!("../math/remainder.rs")),
    ("sigmoid", include_str!("../math/sigmoid.rs")),
    ("sinc", include_str!("../math/sinc.rs")),
    ("slope", include_str!("../math/slope.rs")),
    ("trig", include_str!("../math/trig.rs")),
    ("float", include_str!("float.rs")),
    ("folds", include_str!("folds.rs")),
];

/// Methods that `f64` has only with the standard library, and those of lists of operands: the module and the trait.
const METHODS: &[(&str, [&str; 2])] = &[
    ("sqrt", ["float", "Sqrt"]),
    ("mul_add", ["float", "MulAdd"]),
    ("trunc", ["float", "Trunc"]),
    ("floor", ["float", "Floor"]),
    ("ceil", ["float", "Ceil"]),
    ("round", ["float", "Round"]),
    ("count", ["folds", "Operands"]),
    ("at", ["folds", "Operands"]),
];

/// A file as a module.
struct Module {
    name: &'static str,
    /// The path of each import, and the name that it has here.
    imports: Vec<(Vec<String>, String)>,
    /// The items: their names and texts. The items of a type have its name.
    items: Vec<(String, String)>,
}

/// The functions that are needed so far.
pub(super) struct Functions {
    modules: Vec<Module>,
    /// Module and item.
    items: BTreeSet<(usize, usize)>,
    /// Module and import.
    imports: BTreeSet<(usize, usize)>,
    /// Module and place in [`METHODS`].
    methods: BTreeSet<(usize, usize)>,
    /// Whether functions of `libm` are called.
    pub(super) libm: bool,
}

impl Functions {
    pub(super) fn new() -> Self {
        Self {
            modules: FILES
                .iter()
                .map(|(name, text)| module(name, text))
                .collect(),
            items: BTreeSet::new(),
            imports: BTreeSet::new(),
            methods: BTreeSet::new(),
            libm: false,
        }
    }

    /// Whether an operation of any number of operands calls this function by its name alone.
    pub(super) fn is_fold(&self, name: &str) -> bool {
        let folds = self.modules.iter().find(|module| module.name == "folds");
        folds.is_some_and(|module| module.items.iter().any(|(item, _)| item == name))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.imports.is_empty()
    }

    /// The place of a module.
    fn find(&self, name: &str) -> Option<usize> {
        self.modules.iter().position(|module| module.name == name)
    }

    /// Adds what a path from the root needs, such as `slope::pow`.
    pub(super) fn need(&mut self, path: &[&str]) {
        self.follow(0, path.iter().map(|&name| name.to_owned()).collect());
    }

    /// Adds what a method needs, and returns the path of its trait; `None` if `core` has the method.
    pub(super) fn need_method(&mut self, name: &str) -> Option<[&'static str; 2]> {
        let (_, path) = METHODS.iter().find(|(method, _)| *method == name)?;
        self.need(path);
        Some(*path)
    }

    /// Adds what a path in a module needs.
    fn follow(&mut self, module: usize, path: Vec<String>) {
        let mut left = vec![(module, path)];
        while let Some((module, path)) = left.pop() {
            let Some((name, rest)) = path.split_first() else {
                continue;
            };
            let own = &self.modules[module];
            let items = own.items.iter().enumerate();
            let items: Vec<_> = items.filter(|(_, (item, _))| item == name).collect();
            for &(place, (_, text)) in &items {
                if self.items.insert((module, place)) {
                    left.extend(called(text).map(|path| (module, path)));
                    if own.name != "float" {
                        for place in methods_in(text) {
                            self.methods.insert((module, place));
                            left.push((0, METHODS[place].1.map(str::to_owned).to_vec()));
                        }
                    }
                }
            }
            if !items.is_empty() {
                continue;
            }
            if module == 0
                && !rest.is_empty()
                && let Some(inner) = self.find(name)
            {
                // A function may have the name of its module.
                left.push((inner, rest.to_vec()));
            } else if let Some(place) = own.imports.iter().position(|(_, local)| local == name) {
                self.imports.insert((module, place));
                let path = [&own.imports[place].0[..], rest].concat();
                left.push((module, path));
            } else if name == "super" || name == "crate" {
                left.push((0, rest.to_vec()));
            } else if name == "libm" {
                self.libm = true;
            }
        }
    }

    /// The text of a module with this name that has them all.
    pub(super) fn text(&self, name: &str) -> String {
        let mut text = format!("mod {name} {{\n");
        for (place, module) in self.modules.iter().enumerate() {
            let imports = self.imports.range((place, 0)..(place + 1, 0));
            let imports = imports.map(|&(_, import)| {
                let (path, local) = &module.imports[import];
                let renamed = path.last() != Some(local);
                let local = if renamed {
                    format!(" as {local}")
                } else {
                    String::new()
                };
                format!("pub(crate) use {}{local};", path.join("::"))
            });
            let methods = self.methods.range((place, 0)..(place + 1, 0));
            let mut traits: Vec<String> = methods
                .map(|&(_, method)| format!("use super::{};", METHODS[method].1.join("::")))
                .collect();
            traits.dedup();
            let items = self.items.range((place, 0)..(place + 1, 0));
            let items = items.map(|&(_, item)| module.items[item].1.clone());
            let head: Vec<String> = imports.chain(traits).collect();
            let parts: Vec<String> = (!head.is_empty())
                .then(|| head.join("\n"))
                .into_iter()
                .chain(items)
                .collect();
            if parts.is_empty() {
                continue;
            }
            // The imports of a module are those of the modules beside it.
            let body = parts.join("\n\n");
            let body = body
                .replace("std::", "core::")
                .replace("pub(super)", "pub(crate)");
            if place == 0 {
                push_indented(&mut text, &body, 1);
            } else {
                let _ = writeln!(text, "\n    pub(crate) mod {} {{", module.name);
                push_indented(&mut text, &body, 2);
                text.push_str("    }\n");
            }
        }
        text.push_str("}\n");
        text
    }
}

/// The paths in a text.
fn called(text: &str) -> impl Iterator<Item = Vec<String>> {
    words(text).into_iter().filter_map(|word| match word {
        Word::Path(path) => Some(path.split("::").map(str::to_owned).collect()),
        Word::Method(_) | Word::Other(_) => None,
    })
}

/// The places in [`METHODS`] of the methods that a text calls.
fn methods_in(text: &str) -> impl Iterator<Item = usize> {
    words(text).into_iter().filter_map(|word| match word {
        Word::Method(name) => METHODS.iter().position(|(method, _)| *method == name),
        Word::Path(_) | Word::Other(_) => None,
    })
}

fn push_indented(text: &mut String, body: &str, depth: usize) {
    for line in body.lines() {
        if !line.is_empty() {
            text.push_str(&"    ".repeat(depth));
            text.push_str(line);
        }
        text.push('\n');
    }
}

/// Reads a file.
fn module(name: &'static str, text: &str) -> Module {
    let mut module = Module {
        name,
        imports: Vec::new(),
        items: Vec::new(),
    };
    let mut item = String::new();
    // Whether the line belongs to an attribute about lints, which are checked where the file is.
    let mut about_lints = false;
    for line in text.lines() {
        about_lints |= line.starts_with("#[expect") || line.starts_with("#![expect");
        if about_lints {
            about_lints = !line.ends_with(']');
            continue;
        }
        let line = line.split(" // ").next().unwrap_or(line).trim_end();
        if line.is_empty() || line.trim_start().starts_with("//") {
            continue;
        }
        item.push_str(line);
        item.push('\n');
        let count = |brackets: [char; 3]| item.matches(brackets).count();
        let is_closed = count(['(', '[', '{']) == count([')', ']', '}']);
        if is_closed && line.ends_with(['}', ';']) {
            let whole = std::mem::take(&mut item);
            if let Some(used) = without_visibility(&whole).strip_prefix("use ") {
                imports(used, &mut module.imports);
            } else if let Some(name) = name_of(&whole) {
                module
                    .items
                    .push((name.to_owned(), whole.trim_end().to_owned()));
            }
        }
    }
    module
}

fn without_visibility(item: &str) -> &str {
    let all = ["pub(crate) ", "pub(super) ", "pub "].iter();
    let stripped = all.filter_map(|visibility| item.strip_prefix(visibility));
    stripped.min_by_key(|rest| rest.len()).unwrap_or(item)
}

/// The name that an item has: that of the type for its methods, that of the trait if the type is `f64`.
fn name_of(item: &str) -> Option<&str> {
    let line = item.lines().find(|line| !line.starts_with("#["))?;
    let line = without_visibility(line);
    let mut words = line.split(' ');
    let mut name = match words.next()? {
        "const" if line.starts_with("const fn ") => words.nth(1)?,
        "fn" | "const" | "static" | "struct" | "enum" | "trait" | "type" | "macro_rules!" => {
            words.next()?
        }
        "impl" => {
            let first = words.next()?;
            match (words.next(), words.next()) {
                (Some("for"), Some(built_in))
                    if built_in.starts_with("f64") || built_in.starts_with('[') =>
                {
                    first
                }
                (Some("for"), Some(own)) => own,
                _ => first,
            }
        }
        _ => return None,
    };
    if let Some(end) = name.find(|c: char| !c.is_alphanumeric() && c != '_') {
        name = &name[..end];
    }
    Some(name)
}

/// Reads an import: `path::name;`, `path::name as other;` or `path::{name, name as other};`.
fn imports(text: &str, all: &mut Vec<(Vec<String>, String)>) {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_end_matches(';');
    let (path, list) = match text.split_once('{') {
        Some((path, list)) => (path, list.trim_end_matches('}')),
        None => ("", text),
    };
    for one in list.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        let (name, local) = one.split_once(" as ").unwrap_or((one, one));
        let local = local.rsplit("::").next().unwrap_or(local);
        let whole = format!("{path}{name}");
        all.push((
            whole.split("::").map(str::to_owned).collect(),
            local.to_owned(),
        ));
    }
}

/// A piece of Rust text.
pub(super) enum Word<'a> {
    /// A name, or several joined by `::`.
    Path(&'a str),
    /// The name of a method or field, after its point.
    Method(&'a str),
    /// Everything else: numbers, signs, spaces.
    Other(&'a str),
}

/// The pieces of a text.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut after_point = false;
    while let Some(first) = rest.chars().next() {
        let is_name = first.is_alphabetic() || first == '_';
        let end = if is_name || first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            // A type follows a single colon.
            rest[..end.unwrap_or(rest.len())]
                .trim_end_matches(':')
                .len()
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        words.push(match (is_name, after_point) {
            (true, true) => Word::Method(word),
            (true, false) => Word::Path(word),
            (false, _) => Word::Other(word),
        });
        after_point = first == '.'
            && !after.starts_with('.')
            && !matches!(words[..], [.., Word::Other("."), Word::Other(".")]);
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::FILES;

    #[test]
    fn every_file_of_functions_is_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/math");
        let files = fs::read_dir(folder).unwrap().map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            name.trim_end_matches(".rs").to_owned()
        });
        for file in files.filter(|file| !["mod", "tests"].contains(&file.as_str())) {
            // Loops over slices, which no value is made of.
            let listed = file == "fused" || FILES.iter().any(|(name, _)| *name == file);
            assert!(listed, "{file} is not listed");
        }
    }
}
