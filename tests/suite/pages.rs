//! Tests the documentation's pages: every link has a target, and README and crate list the same parts.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// README.md and the pages in docs.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.push(root().join("README.md"));
    pages
}

/// A page without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The anchor of a heading: lower case, hyphens for spaces, no other punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().chars();
    kept.filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

#[test]
fn every_link_has_a_target() {
    let mut links = 0;
    for page in pages() {
        let text = prose(&read(&page));
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.starts_with("http") {
                continue;
            }
            links += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(file)
            };
            assert!(target.exists(), "{} leads to {link}", page.display());
            if !heading.is_empty() {
                let there = prose(&read(&target));
                let mut headings = there.lines().filter(|line| line.starts_with('#'));
                assert!(
                    headings.any(|line| anchor(line) == heading),
                    "{} leads to {link}, but no heading there is called so",
                    page.display()
                );
            }
        }
    }
    assert!(links > 50, "{links} links");
}

#[test]
fn readme_and_crate_list_the_same_parts() {
    let parts = |file: &str| -> Vec<String> {
        let text = read(&root().join(file)).replace("//! ", "");
        let (_, after) = text.split_once("# Which part do I need?\n").unwrap();
        let section = after.split("\n#").next().unwrap().to_owned();
        let lines = section.lines().filter(|line| line.starts_with("- "));
        // The crate links items, and the README links the page.
        let lines = lines.filter(|line| !line.contains("numerics.md"));
        lines
            .map(|line| line.replace(['[', ']'], "").replace("mod@", ""))
            .collect()
    };
    assert_eq!(parts("README.md"), parts("src/lib.rs"));
    assert!(parts("README.md").len() > 10);
}
