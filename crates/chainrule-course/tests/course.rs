//! The course's chapters run, agree with the references, and draw the pictures on its pages.

#[path = "../src/architecture.rs"]
mod architecture;
#[path = "../src/cells.rs"]
mod cells;
#[path = "../src/chapters/mod.rs"]
mod chapters;
#[path = "../../../examples/shared/contour.rs"]
mod contour;
#[path = "../src/drawing.rs"]
mod drawing;
#[path = "../src/engine.rs"]
mod engine;
#[path = "../src/image_features.rs"]
mod image_features;
#[path = "../src/images.rs"]
mod images;
#[path = "../src/learn.rs"]
mod learn;
#[path = "../src/palette.rs"]
mod palette;
#[path = "../src/plot.rs"]
mod plot;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chapters::CHAPTERS;
use plot::Pictures;

fn course() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/course")
}

/// The names of files in a directory.
fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap();
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    entries.map(name).collect()
}

#[test]
fn the_pages_show_the_pictures_that_the_chapters_draw() {
    let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join("course");
    if drawn.exists() {
        fs::remove_dir_all(&drawn).unwrap();
    }
    let pictures = Pictures::new(&drawn).unwrap();
    for (number, (title, chapter)) in CHAPTERS.iter().enumerate() {
        chapter(&pictures).unwrap_or_else(|error| panic!("{number}. {title}: {error}"));
    }
    let shown = course().join("pictures");
    assert_eq!(names(&drawn), names(&shown));
    for name in names(&drawn) {
        let [drawn, shown] =
            [&drawn, &shown].map(|directory| fs::read(directory.join(&name)).unwrap());
        // An interactive page holds the functions of every operation.
        assert!(shown.len() < 100_000, "{name} has {} bytes", shown.len());
        assert!(
            drawn == shown,
            "{name} is out of date: run cargo run --release -p chainrule-course -- --docs"
        );
    }
}

#[test]
fn answers_are_folded_and_formulas_are_set() {
    for page in names(&course())
        .iter()
        .filter(|name| name.as_bytes()[0].is_ascii_digit())
    {
        if Path::new(page)
            .extension()
            .is_none_or(|extension| extension != "md")
        {
            continue;
        }
        let text = fs::read_to_string(course().join(page)).unwrap();
        let exercises = text.lines().filter(|line| {
            line.strip_prefix("**")
                .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
        });
        assert_eq!(
            exercises.count(),
            text.matches("<summary>Answer</summary>").count(),
            "{page}"
        );
        assert_eq!(
            text.matches("<details").count(),
            text.matches("</details>").count(),
            "{page}"
        );
        assert!(!text.contains("*Answer:*"), "{page}");
        // Outside code and formulas there is no notation of TeX.
        let prose = text.split("```").step_by(2).collect::<String>();
        let prose = prose.split('`').step_by(2).collect::<String>();
        let prose = prose.replace("$$", "$");
        let prose = prose.split('$').step_by(2);
        for part in prose {
            assert!(
                !part.contains("_{") && !part.contains("^{"),
                "{page}: {part}"
            );
        }
    }
}

#[test]
fn every_picture_is_shown_and_every_link_has_a_target() {
    let pages: Vec<String> = names(&course())
        .into_iter()
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "md")
        })
        .collect();
    assert_eq!(
        pages.len(),
        CHAPTERS.len() + 1,
        "the chapters and the introduction"
    );
    let mut shown = BTreeSet::new();
    for page in &pages {
        let text = fs::read_to_string(course().join(page)).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.starts_with("http") {
                continue;
            }
            let file = link.split('#').next().unwrap();
            assert!(course().join(file).exists(), "{page} leads to {link}");
            shown.extend(file.strip_prefix("pictures/").map(str::to_owned));
        }
    }
    assert_eq!(shown, names(&course().join("pictures")));
    let list = fs::read_to_string(course().join("../SUMMARY.md")).unwrap();
    for ((title, _), page) in CHAPTERS.iter().zip(&pages) {
        assert!(
            list.contains(&format!("[{title}](course/{page})")),
            "{title} is {page} in the list"
        );
        let text = fs::read_to_string(course().join(page)).unwrap();
        assert!(text.contains(title), "{page} is about {title}");
    }
}

#[test]
fn the_chapter_about_an_engine_shows_its_code() {
    let page = fs::read_to_string(course().join("12-engine.md")).unwrap();
    let blocks: Vec<&str> = page.split("```rust,ignore\n").skip(1).collect();
    assert!(blocks.len() > 5);
    for block in blocks {
        let block = block.split("```").next().unwrap();
        assert!(include_str!("../src/engine.rs").contains(block), "{block}");
    }
}
