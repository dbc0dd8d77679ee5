//! Tests the page that shows a training run step by step: it is complete, well-formed and self-contained.

use chainrule::nn::data::{Csv, read_csv};
use roxmltree::{Document, Node, ParsingOptions};

use super::train::STEPS;
use super::{page, train};

#[test]
fn the_page_shows_the_training_and_is_self_contained() {
    let data = read_csv("tests/data/moons/points.csv", "label").unwrap();
    let parameters = Csv::open("tests/data/moons/parameters.csv").unwrap();
    let mut mlp = train::network()
        .build_from(&parameters.column("value").unwrap())
        .unwrap();
    let (mut trace, mut frames) = (Vec::new(), Vec::new());
    let last = train::train(&mut mlp, &data, |now, mlp| {
        if page::SHOWN.contains(&now.step) {
            frames.push((now.step, mlp.clone()));
        }
        trace.push(now);
    });
    trace.push(last.unwrap());
    frames.push((STEPS, mlp));
    let html = page::html(&data, &trace, &frames).unwrap();

    for reference in ["http", "src=", "href", "url(", "@import", "fetch"] {
        assert!(
            !html.contains(reference),
            "the page refers to something: {reference}"
        );
    }
    assert!(html.len() < 200_000, "{}", html.len());
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(&html, options).unwrap();
    let all = |name: &'static str| {
        document
            .descendants()
            .filter(move |node| node.has_tag_name(name))
    };

    let figures: Vec<Node> = all("figure").collect();
    assert_eq!(figures.len(), page::SHOWN.len() + 1);
    for (figure, (step, _)) in figures.iter().zip(&frames) {
        let caption = figure
            .descendants()
            .find(|node| node.has_tag_name("figcaption"))
            .unwrap();
        let text = caption.text().unwrap();
        assert!(
            text.contains(&format!("{:.4}", trace[*step].loss)),
            "{text}"
        );
        let drawn = |name| {
            figure
                .descendants()
                .filter(|node| node.has_tag_name(name))
                .count()
        };
        assert_eq!(
            drawn("circle") + drawn("rect") - 1,
            data.len(),
            "a mark for each point, and the background"
        );
        assert!(
            drawn("path") > 0 || trace[*step].accuracy <= 0.5,
            "a boundary"
        );
    }
    let rows: Vec<Vec<&str>> = all("tr")
        .map(|row| row.children().filter_map(|cell| cell.text()).collect())
        .filter(|row: &Vec<&str>| row[0] != "step")
        .collect();
    assert_eq!(rows.len(), STEPS + 1);
    for (row, now) in rows.iter().zip(&trace) {
        assert_eq!(
            *row,
            [
                now.step.to_string(),
                format!("{:.6}", now.loss),
                format!("{:.1} %", 100.0 * now.accuracy),
            ]
        );
    }
    // The axes have numbers and names, and the drawings say what they show.
    let texts: Vec<&str> = all("text").filter_map(|text| text.text()).collect();
    assert!(
        ["step", "loss", "0", "1"]
            .iter()
            .all(|text| texts.contains(text))
    );
    let drawings = all("svg").map(|svg| svg.attribute("aria-label").unwrap_or_default());
    assert!(drawings.min_by_key(|said| said.len()).unwrap().len() > 20);
    assert_eq!(all("main").count(), 1);
    for id in ["step", "play", "back", "on"] {
        let control = document
            .descendants()
            .find(|node| node.attribute("id") == Some(id))
            .unwrap();
        assert!(
            control.attribute("aria-label").is_some()
                || control.text().is_some_and(|text| text.len() > 3),
            "{id} has no name"
        );
    }
}
