//! Every chapter of the course ends with questions, and each question has one right choice.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What the section says before its questions.
const SENTENCE: &str = "Answer in your head, then open the question: the right choice is ticked, and the text below says why.";

const OPENING: &str = "<details class=\"question\">\n<summary>";

#[derive(Debug)]
struct Question<'a> {
    text: &'a str,
    choices: usize,
    /// The place of the right choice, from 0.
    right: usize,
}

/// Reads a question without its `OPENING` and `</details>`, and says what is wrong with its form.
fn question(body: &str) -> Result<Question<'_>, &'static str> {
    let (text, rest) = body
        .split_once("</summary>\n\n")
        .ok_or("there is no blank line after the summary")?;
    let (list, explanation) = rest
        .split_once("\n\n")
        .ok_or("there is no blank line after the choices")?;
    let explanation = explanation
        .strip_suffix("\n\n")
        .ok_or("there is no blank line before the end")?;
    if text.trim().is_empty() || text.contains('\n') {
        return Err("the question is not one line");
    }
    if explanation.trim().is_empty() || explanation.contains("- [") {
        return Err("the explanation is missing");
    }
    let (mut choices, mut right) = (Vec::new(), Vec::new());
    for (place, line) in list.lines().enumerate() {
        if let Some(choice) = line.strip_prefix("- [x] ") {
            choices.push(choice.trim());
            right.push(place);
        } else if let Some(choice) = line.strip_prefix("- [ ] ") {
            choices.push(choice.trim());
        } else {
            return Err("a line of the list is not a choice");
        }
    }
    if !(3..=4).contains(&choices.len()) {
        return Err("there are not three or four choices");
    }
    if choices.contains(&"") || choices.iter().collect::<BTreeSet<_>>().len() < choices.len() {
        return Err("a choice is empty or repeated");
    }
    let [right] = right[..] else {
        return Err("there is not exactly one right choice");
    };
    Ok(Question {
        text,
        choices: choices.len(),
        right,
    })
}

/// The questions of a chapter. They are in a section just before the links to its neighbours.
fn questions(page: &str) -> Result<Vec<Question<'_>>, String> {
    let (before, section) = page
        .split_once("\n## Test yourself\n\n")
        .ok_or("there is no section \"Test yourself\"")?;
    let (section, links) = section
        .trim_end()
        .rsplit_once("\n\n")
        .ok_or("there are no links after the section")?;
    if !links.starts_with('[') || links.contains('\n') {
        return Err(format!("there should be one line of links, not: {links}"));
    }
    let mut parts = section.split(OPENING);
    if parts.next().map(str::trim_end) != Some(SENTENCE) {
        return Err(format!("the section does not begin with: {SENTENCE}"));
    }
    if before.contains(OPENING) {
        return Err("there is a question before the section".to_owned());
    }
    parts
        .map(|part| {
            let body = part.trim_end().strip_suffix("</details>");
            let body = body.ok_or("something follows the question");
            body.and_then(question)
                .map_err(|wrong| format!("{wrong}: {part}"))
        })
        .collect()
}

/// The names and texts of all chapters, in order.
fn chapters() -> Vec<(String, String)> {
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/course");
    let entries = fs::read_dir(&course).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            let stem = name.strip_suffix(".md");
            stem.is_some_and(|stem| stem.starts_with(|first: char| first.is_ascii_digit()))
        })
        .collect();
    names.sort();
    let text = |name: &String| fs::read_to_string(course.join(name)).unwrap();
    names
        .iter()
        .map(|name| (name.clone(), text(name)))
        .collect()
}

#[test]
fn every_chapter_ends_with_questions() {
    let chapters = chapters();
    assert!(chapters.len() >= 13, "{} chapters", chapters.len());
    let mut texts = BTreeSet::new();
    for (name, page) in &chapters {
        let questions = questions(page).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        assert!(
            questions.len() >= 5,
            "{name}: {} questions",
            questions.len()
        );
        for question in questions {
            assert!(texts.insert(question.text), "twice: {}", question.text);
        }
    }
}

#[test]
fn the_right_choice_is_at_every_place() {
    let chapters = chapters();
    let all: Vec<Question> = chapters
        .iter()
        .flat_map(|(_, page)| questions(page).unwrap())
        .collect();
    for place in 0..4 {
        // Only some questions have a fourth choice.
        let with_place = all.iter().filter(|question| question.choices > place);
        let count = with_place.count();
        let right = all.iter().filter(|question| question.right == place);
        let share = right.count() * 100 / count;
        assert!(
            share >= 15,
            "choice {} is right in {share} % of {count} questions",
            place + 1
        );
    }
}

#[test]
fn a_question_of_another_form_is_found() {
    let choices = "- [ ] 3\n- [x] 5\n- [ ] 7";
    let written = |choices: &str, why: &str| format!("2 + 3?</summary>\n\n{choices}\n\n{why}\n\n");
    let right = written(choices, "It is 5.");
    let read = question(&right).unwrap();
    assert_eq!((read.text, read.choices, read.right), ("2 + 3?", 3, 1));
    for (choices, why, wrong) in [
        ("- [ ] 3\n- [ ] 5\n- [ ] 7", "It is 5.", "exactly one"),
        ("- [x] 3\n- [x] 5\n- [ ] 7", "It is 5.", "exactly one"),
        ("- [ ] 3\n- [x] 5", "It is 5.", "three or four"),
        ("- [ ] 3\n- [x] 5\n- [ ] 3", "It is 5.", "repeated"),
        ("- [ ] 3\n- [x] 5\n- [] 7", "It is 5.", "not a choice"),
        (choices, "", "explanation"),
        (choices, "- [ ] 9", "explanation"),
    ] {
        let error = question(&written(choices, why)).unwrap_err();
        assert!(error.contains(wrong), "{choices}: {error}");
    }
}
