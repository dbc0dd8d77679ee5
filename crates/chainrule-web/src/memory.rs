//! Texts between JavaScript and the engine: both are in the module's memory.
//!
//! JavaScript asks for room, writes the text of a question there, calls a function and reads the answer's text. The module
//! has one thread, and a question is answered before the next one is asked, so one of each is enough.
//!
//! Long lists of numbers do not become texts: JavaScript reads them as an array of `f64` from the module's memory.

use std::cell::RefCell;

use serde::Serialize;
use serde::de::DeserializeOwned;

thread_local! {
    static QUESTION: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static NUMBERS: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for a question of this many bytes.
pub(crate) fn reserve(length: usize) -> *mut u8 {
    QUESTION.with_borrow_mut(|question| {
        question.clear();
        question.resize(length, 0);
        question.as_mut_ptr()
    })
}

/// The place of the answer.
pub(crate) fn answer() -> *const u8 {
    ANSWER.with_borrow(Vec::as_ptr)
}

/// The place of the numbers.
pub(crate) fn numbers() -> *const f64 {
    NUMBERS.with_borrow(Vec::as_ptr)
}

/// Keeps these numbers until the next call, and returns how many there are.
pub(crate) fn give(values: &[f64]) -> usize {
    NUMBERS.with_borrow_mut(|numbers| {
        numbers.clear();
        numbers.extend_from_slice(values);
        numbers.len()
    })
}

/// Answers the question that waits, as JSON, and returns the length of the answer.
pub(crate) fn respond<Q: DeserializeOwned, A: Serialize>(respond: impl FnOnce(Q) -> A) -> usize {
    let question = QUESTION.with_borrow_mut(std::mem::take);
    let text = match serde_json::from_slice(&question) {
        Ok(question) => serde_json::to_vec(&respond(question)),
        Err(error) => serde_json::to_vec(&serde_json::json!({ "error": error.to_string() })),
    };
    ANSWER.with_borrow_mut(|answer| {
        // Only data that has no form in JSON could fail, and there is none.
        *answer = text.unwrap_or_default();
        answer.len()
    })
}
