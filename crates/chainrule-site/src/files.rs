//! Adds the files outside `docs` that pages link, such as source code, as pages of the site.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Tag};

use crate::markdown::{escape, parts, replace};

/// Leads links to where the site has their targets, and adds the linked files outside `docs`, named from the root of the repository.
///
/// `place` is where the page is in `docs`.
pub(crate) fn redirect(page: &str, place: &Path, files: &mut BTreeSet<PathBuf>) -> String {
    let mut replacements = Vec::new();
    for (event, range) in parts(page) {
        let Event::Start(Tag::Link { dest_url, .. }) = event else {
            continue;
        };
        let target = if let Some(file) = outside(&dest_url, place) {
            let up = "../".repeat(place.components().count() - 1);
            let target = format!("{up}{}", copy(&file));
            files.insert(file);
            target
        } else if dest_url.contains("README.md") && !dest_url.contains("://") {
            // The first page of a directory is its index.
            dest_url.replace("README.md", "index.md")
        } else {
            continue;
        };
        let link = page[range.clone()].rfind(&*dest_url);
        let start = range.start + link.expect("a link's address is in its text");
        replacements.push((start..start + dest_url.len(), target));
    }
    replace(page, &replacements)
}

/// The file that a link leads to, from the root of the repository, if it is not in `docs`.
fn outside(url: &str, place: &Path) -> Option<PathBuf> {
    if url.contains("://") {
        return None;
    }
    let mut file = Path::new("docs").join(place);
    file.pop();
    for component in Path::new(url).components() {
        match component {
            Component::ParentDir => {
                file.pop();
            }
            other => file.push(other),
        }
    }
    (!file.starts_with("docs")).then_some(file)
}

/// The address of a copy, from the root of the site.
fn copy(file: &Path) -> String {
    // mdBook would take `.md` for the end of a page's name.
    format!(
        "files/{}.html",
        file.display().to_string().replace('.', "-")
    )
}

/// Writes the copies to the site.
///
/// # Errors
///
/// If a file does not exist, or the site cannot be written.
pub(crate) fn write(files: &BTreeSet<PathBuf>, repository: &Path, site: &Path) -> Result<()> {
    for file in files {
        let text = fs::read_to_string(repository.join(file))
            .with_context(|| file.display().to_string())?;
        let copy = site.join(copy(file));
        fs::create_dir_all(copy.parent().expect("a copy is in a directory"))?;
        fs::write(copy, page(&file.display().to_string(), &text))?;
    }
    Ok(())
}

/// A page that shows a file.
fn page(name: &str, text: &str) -> String {
    let [name, text] = [name, text].map(escape);
    include_str!("../theme/file.html")
        .replace("<!--name-->", &name)
        .replace("<!--text-->", &text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::redirect;

    #[test]
    fn links_lead_to_copies_and_to_the_index() {
        let mut files = BTreeSet::new();
        let page = "[`src/op/table.rs`](../../src/op/table.rs), [here](#here), [next](10-patterns.md), [up](../data.md#sql), [course](README.md#how)";
        let changed = redirect(page, Path::new("course/09-chain.md"), &mut files);
        let copy = "[`src/op/table.rs`](../files/src/op/table-rs.html)";
        let expected = page.replace("[`src/op/table.rs`](../../src/op/table.rs)", copy);
        let expected = expected.replace("README.md", "index.md");
        assert_eq!(changed, expected);
        assert_eq!(files, BTreeSet::from([PathBuf::from("src/op/table.rs")]));
    }
}
