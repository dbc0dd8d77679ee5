//! Shows an interactive page in a frame where a paragraph is only a link to it.

use std::path::Path;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::markdown::{escape, parts, replace};

/// Replaces every paragraph that is only a link to a page of this site, a `.html` file, by a frame and the link.
pub(crate) fn frames(page: &str) -> String {
    let parts = parts(page);
    let mut replacements = Vec::new();
    for (place, (event, range)) in parts.iter().enumerate() {
        if !matches!(event, Event::Start(Tag::Paragraph)) {
            continue;
        }
        let end = parts[place..]
            .iter()
            .position(|(event, _)| matches!(event, Event::End(TagEnd::Paragraph)));
        let inside = &parts[place + 1..place + end.unwrap_or(0).max(1)];
        if let [
            (Event::Start(Tag::Link { dest_url, .. }), _),
            text @ ..,
            (Event::End(TagEnd::Link), _),
        ] = inside
            && is_page(dest_url)
            && !text
                .iter()
                .any(|(event, _)| matches!(event, Event::Start(Tag::Link { .. })))
        {
            let title: String = text.iter().filter_map(|(event, _)| words(event)).collect();
            replacements.push((range.clone(), frame(dest_url, &title)));
        }
    }
    replace(page, &replacements)
}

fn is_page(url: &str) -> bool {
    !url.contains("://")
        && Path::new(url)
            .extension()
            .is_some_and(|extension| extension == "html")
}

fn words<'a>(event: &'a Event<'a>) -> Option<&'a str> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text),
        Event::SoftBreak => Some(" "),
        _ => None,
    }
}

fn frame(url: &str, title: &str) -> String {
    let [url, title] = [url, title].map(escape);
    format!(
        "<figure class=\"embedded\">\n\
         <iframe src=\"{url}\" title=\"{title}\" loading=\"lazy\"></iframe>\n\
         <figcaption><a href=\"{url}\">{title}</a> as a page of its own</figcaption>\n\
         </figure>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::frames;

    #[test]
    fn a_link_that_is_a_paragraph_becomes_a_frame() {
        let page =
            frames("Before.\n\n[The product, f = `x·y`](pictures/09-product.html)\n\nAfter.\n");
        assert!(
            page.contains(
                "<iframe src=\"pictures/09-product.html\" title=\"The product, f = x·y\""
            ),
            "{page}"
        );
        assert!(
            page.contains("<a href=\"pictures/09-product.html\">The product, f = x·y</a>"),
            "{page}"
        );
        assert!(
            page.starts_with("Before.\n\n<figure") && page.ends_with("</figure>\n\nAfter.\n"),
            "{page}"
        );
    }

    #[test]
    fn other_links_stay() {
        for page in [
            "See [the product](09-product.html).\n",
            "[the product](09-product.html) and [the neuron](09-neuron.html)\n",
            "[a chapter](09-chain.md)\n",
            "[elsewhere](https://example.org/page.html)\n",
            "- [the product](09-product.html)\n",
        ] {
            assert_eq!(frames(page), page);
        }
    }
}
