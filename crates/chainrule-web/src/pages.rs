//! Puts pages together: their markup, the parts of every page of a graph, and the module.

use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chainrule::Page;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A page: its file's name and its markup with places for parts, which are comments.
pub struct Template {
    /// The name of the file in docs/course.
    pub file: &'static str,
    markup: &'static str,
    parts: &'static [(&'static str, &'static str)],
}

/// The pages that use the module.
pub const PAGES: &[Template] = &[
    Template {
        file: "playground.html",
        markup: include_str!("../page/playground.html"),
        parts: &[
            ("style", Page::STYLE),
            ("playground-style", include_str!("../page/playground.css")),
            ("main", Page::MAIN),
            ("script", Page::SCRIPT),
            ("engine", include_str!("../page/engine.js")),
            ("share", include_str!("../page/share.js")),
            ("playground", include_str!("../page/playground.js")),
        ],
    },
    Template {
        file: "train.html",
        markup: include_str!("../page/train.html"),
        parts: &[
            ("style", Page::STYLE),
            ("train-style", include_str!("../page/train.css")),
            ("main", Page::MAIN),
            ("script", Page::SCRIPT),
            ("engine", include_str!("../page/engine.js")),
            ("share", include_str!("../page/share.js")),
            ("draw", include_str!("../page/draw.js")),
            ("train", include_str!("../page/train.js")),
            ("train-address", include_str!("../page/train-address.js")),
            ("train-network", include_str!("../page/train-network.js")),
            ("train-plane", include_str!("../page/train-plane.js")),
            ("train-playing", include_str!("../page/train-playing.js")),
            ("train-points", include_str!("../page/train-points.js")),
            ("train-backward", include_str!("../page/train-backward.js")),
            ("train-start", include_str!("../page/train-start.js")),
        ],
    },
];

/// The module as text: compressed, then in base64.
///
/// # Errors
/// Never for data in memory.
pub fn packed(module: &[u8]) -> io::Result<String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(module)?;
    Ok(STANDARD.encode(encoder.finish()?))
}

impl Template {
    /// The page with this module, as [`packed`] writes it.
    ///
    /// # Panics
    /// If the markup has a place for a part that is not in the list.
    pub fn with_module(&self, module: &str) -> String {
        let mut page = String::new();
        for piece in self.markup.split("<!--") {
            let Some((place, rest)) = piece.split_once("-->") else {
                page.push_str(piece);
                continue;
            };
            let all = self.parts.iter().copied().chain([("module", module)]);
            let part = all.into_iter().find(|(name, _)| *name == place);
            let Some((_, text)) = part else {
                panic!("{}: there is no part `{place}`", self.file);
            };
            page.push_str(text);
            page.push_str(rest);
        }
        page
    }
}
