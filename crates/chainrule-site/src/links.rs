//! Checks that every link of the site has a target, and that links lead to every page.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// What a check found.
pub(crate) struct Site {
    /// How many pages the site has.
    pub(crate) pages: usize,
    /// How many links the pages have.
    pub(crate) links: usize,
    /// What is wrong, one sentence per link or page.
    pub(crate) problems: Vec<String>,
}

/// The links and anchors of a page.
#[derive(Default)]
struct Page {
    anchors: BTreeSet<String>,
    links: Vec<Link>,
}

struct Link {
    /// The name of the element.
    element: String,
    address: String,
}

/// Collects the links and anchors of a page from its tags.
struct Reader(RefCell<Page>);

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else {
            return TokenSinkResult::Continue;
        };
        let mut page = self.0.borrow_mut();
        for attribute in tag.attrs {
            let value = attribute.value.to_string();
            match &*attribute.name.local {
                "id" => {
                    page.anchors.insert(value);
                }
                "href" | "src" => page.links.push(Link {
                    element: tag.name.to_string(),
                    address: value,
                }),
                _ => {}
            }
        }
        match (tag.kind, &*tag.name) {
            (TagKind::StartTag, "script") => TokenSinkResult::RawData(RawKind::ScriptData),
            (TagKind::StartTag, "style") => TokenSinkResult::RawData(RawKind::Rawtext),
            _ => TokenSinkResult::Continue,
        }
    }
}

fn read(text: &str) -> Page {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    let tokenizer = Tokenizer::new(Reader(RefCell::default()), TokenizerOpts::default());
    // It reads all, because the reader never stops it to run a script.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// The HTML files in a directory and in those inside it, by their names from `root`.
fn pages(directory: &Path, root: &Path, found: &mut BTreeMap<PathBuf, Page>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            pages(&path, root, found)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            found.insert(path.strip_prefix(root)?.to_owned(), read(&text));
        }
    }
    Ok(())
}

/// Where a relative address leads from a page, and the anchor there. Nothing, if it leads out of the site.
fn target(page: &Path, address: &str) -> Option<(PathBuf, String)> {
    let (file, anchor) = address.split_once('#').unwrap_or((address, ""));
    if file.is_empty() {
        return Some((page.to_owned(), anchor.to_owned()));
    }
    let mut target = page.parent()?.to_owned();
    for component in Path::new(file).components() {
        match component {
            Component::Normal(name) => target.push(name),
            Component::CurDir => {}
            Component::ParentDir if target.pop() => {}
            _ => return None,
        }
    }
    Some((target, anchor.to_owned()))
}

/// Checks all pages of a site.
///
/// # Errors
///
/// If the site cannot be read. Wrong links are no errors but problems.
pub(crate) fn check(root: &Path) -> Result<Site> {
    let mut found = BTreeMap::new();
    pages(root, root, &mut found)?;
    let mut problems = Vec::new();
    let mut leads: BTreeMap<&Path, BTreeSet<PathBuf>> = BTreeMap::new();
    for (place, page) in &found {
        let leads = leads.entry(place).or_default();
        for Link { element, address } in &page.links {
            let here = place.display();
            if address.starts_with("data:") {
                continue;
            }
            if address.contains("://") {
                // Only a click may lead to the network.
                if element != "a" {
                    problems.push(format!("{here} loads {address} from the network"));
                }
                continue;
            }
            let Some((file, anchor)) = target(place, address) else {
                problems.push(format!("{here} leads to {address}, outside the site"));
                continue;
            };
            if !root.join(&file).is_file() {
                problems.push(format!(
                    "{here} leads to {address}, but there is no such file"
                ));
            } else if !anchor.is_empty()
                && found
                    .get(&file)
                    .is_some_and(|page| !page.anchors.contains(&anchor))
            {
                problems.push(format!(
                    "{here} leads to {address}, but that page has no such anchor"
                ));
            }
            leads.insert(file);
        }
    }
    // Every page shows the list of pages, which is also a file.
    let mut reached = BTreeSet::new();
    let mut next = vec![PathBuf::from("index.html"), PathBuf::from("toc.html")];
    while let Some(page) = next.pop() {
        let new = leads
            .get(&*page)
            .into_iter()
            .flatten()
            .filter(|&lead| !reached.contains(lead));
        next.extend(new.cloned());
        reached.insert(page);
    }
    let missed = found.keys().filter(|page| !reached.contains(*page));
    problems.extend(missed.map(|page| format!("no link leads to {}", page.display())));
    Ok(Site {
        pages: found.len(),
        links: found.values().map(|page| page.links.len()).sum(),
        problems,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::check;

    fn directory(name: &str) -> PathBuf {
        let directory =
            std::env::temp_dir().join(format!("chainrule-site-{}-{name}", std::process::id()));
        if directory.exists() {
            fs::remove_dir_all(&directory).unwrap();
        }
        fs::create_dir_all(&directory).unwrap();
        directory
    }

    #[test]
    fn wrong_links_are_found() {
        let root = directory("links");
        let index = r##"<link href="https://example.org/a.css"><a href="https://example.org">fine</a>
            <a href="a.html#here">fine</a> <img src="data:,"> <a href="#top" id="top">fine</a>
            <a href="a.html#there">a</a> <img src="none.svg"> <a href="../up.html">up</a>"##;
        fs::write(root.join("index.html"), index).unwrap();
        fs::write(root.join("toc.html"), "").unwrap();
        fs::write(root.join("a.html"), "<h1 id=here></h1>").unwrap();
        fs::write(root.join("lost.html"), "").unwrap();
        let site = check(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!((site.pages, site.links), (4, 8));
        assert_eq!(
            site.problems,
            [
                "index.html loads https://example.org/a.css from the network",
                "index.html leads to a.html#there, but that page has no such anchor",
                "index.html leads to none.svg, but there is no such file",
                "index.html leads to ../up.html, outside the site",
                "no link leads to lost.html",
            ]
        );
    }

    /// The files in a directory and in those inside it, from `root`, that end as asked.
    fn files(directory: &Path, root: &Path, end: &str, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, root, end, found);
            } else if path.extension().is_some_and(|extension| extension == end) {
                found.insert(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }

    #[test]
    fn the_site_holds_every_page_and_its_links_have_targets() {
        let root = directory("site");
        crate::book::build(&root).unwrap();
        let site = check(&root).unwrap();
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let (mut sources, mut pages) = (BTreeSet::new(), BTreeSet::new());
        files(&docs, &docs, "md", &mut sources);
        files(&docs, &docs, "html", &mut sources);
        files(&root, &root, "html", &mut pages);
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(site.problems, Vec::<String>::new());
        assert!(site.links > 1000, "{} links", site.links);
        assert!(sources.remove(Path::new("SUMMARY.md")));
        for source in sources {
            let page = if source.ends_with("README.md") {
                source.with_file_name("index.html")
            } else {
                source.with_extension("html")
            };
            assert!(
                pages.contains(&page),
                "{} is not in the list of pages, docs/SUMMARY.md",
                source.display()
            );
        }
    }
}
