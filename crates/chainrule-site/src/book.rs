//! Loads the pages of `docs`, prepares them, and lets mdBook write the site.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use mdbook_driver::MDBook;
use mdbook_driver::book::SectionNumber;
use mdbook_driver::config::Config;

use crate::{embed, files, math, warnings};

/// The font of formulas, where it is from, and its license, in this package and on the site.
const FONT: [&str; 3] = [
    "theme/latinmodern-math.woff2",
    "theme/latinmodern-math.txt",
    "theme/GUST-FONT-LICENSE.txt",
];

/// Builds the site in a directory, whose old contents are removed.
///
/// # Errors
///
/// If a page cannot be read, a formula is not valid, mdBook warns, or the site cannot be written.
pub(crate) fn build(out: &Path) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = Config::from_disk(root.join("book.toml"))?;
    out.clone_into(&mut config.build.build_dir);
    let mut site = MDBook::load_with_config(root, config)?;
    let mut linked = BTreeSet::new();
    let mut result = Ok(());
    site.book.for_each_chapter_mut(|chapter| {
        let place = chapter.source_path.clone().unwrap_or_default();
        chapter.number = number(&place);
        let page = files::redirect(&chapter.content, &place, &mut linked);
        match math::typeset(&embed::frames(&page)) {
            Ok(page) => chapter.content = page,
            Err(error) => result = Err(error).with_context(|| format!("docs/{}", place.display())),
        }
    });
    result?;
    let (built, warnings) = warnings::collect(|| site.build());
    built?;
    if !warnings.is_empty() {
        bail!("mdBook warns:\n{}", warnings.join("\n"));
    }
    // mdBook copies the style that names this font, but not the font.
    for file in FONT {
        fs::copy(root.join(file), out.join(file)).context(file)?;
    }
    files::write(&linked, &root.join("../.."), out)
}

/// The number of a chapter of the course, which its file begins with. Other pages have none.
fn number(place: &Path) -> Option<SectionNumber> {
    let name = place.file_name()?.to_str()?;
    let digits = name.split_once('-')?.0;
    Some(SectionNumber::new([digits.parse().ok()?]))
}
