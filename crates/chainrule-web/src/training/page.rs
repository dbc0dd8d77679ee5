//! What the page of the training asks. The module keeps one session, because its page shows one.

use std::cell::RefCell;

use chainrule::{Parameters as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Session, Settings, Wrong};
use crate::memory;

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
}

/// What the page needs to know of a training that has begun, or what is wrong.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Begun {
    /// The training goes on.
    Shape {
        /// The number of training points.
        training: usize,
        /// The numbers of inputs, of neurons in each hidden layer, and of outputs.
        sizes: Vec<usize>,
    },
    /// Nothing has changed.
    Wrong { error: Wrong },
}

/// Begins a training instead of the one before.
pub(crate) fn begin(settings: Settings) -> Begun {
    SESSION.with_borrow_mut(|session| {
        let begun = match session {
            Some(session) => session.restart(settings),
            None => Session::new(settings).map(|begun| *session = Some(begun)),
        };
        answer(session.as_ref(), begun)
    })
}

/// Changes how the training goes on.
pub(crate) fn tune(settings: &Settings) -> Begun {
    SESSION.with_borrow_mut(|session| {
        let tuned = session.as_mut().map(|session| session.tune(settings));
        answer(session.as_ref(), tuned.unwrap_or(Ok(())))
    })
}

fn answer(session: Option<&Session>, result: std::result::Result<(), Wrong>) -> Begun {
    if let Err(error) = result {
        return Begun::Wrong { error };
    }
    let layers = session.iter().flat_map(|session| &session.network().layers);
    let sizes = layers.map(|layer| layer.neurons.len());
    Begun::Shape {
        training: session.map_or(0, Session::training),
        sizes: std::iter::once(2).chain(sizes).collect(),
    }
}

/// The point whose loss is explained, and other inputs than its own as JavaScript writes them: x, y and the parameters.
#[derive(Debug, Deserialize)]
pub(crate) struct Backward {
    point: usize,
    inputs: Option<Vec<String>>,
}

/// A graph, or what is wrong.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Explained {
    /// The data of a page.
    Graph { model: Box<RawValue> },
    /// In words.
    Wrong { error: String },
}

/// Explains the loss of a point.
pub(crate) fn backward(question: &Backward) -> Explained {
    let answer = with(|session| {
        let inputs = question.inputs.as_ref();
        let inputs =
            inputs.map(|inputs| inputs.iter().map(|text| text.parse().unwrap_or(f64::NAN)));
        let inputs: Option<Vec<f64>> = inputs.map(Iterator::collect);
        session.backward(question.point, inputs.as_deref())
    });
    match answer {
        Some(Ok(model)) => Explained::Graph { model },
        Some(Err(error)) => Explained::Wrong {
            error: error.to_string(),
        },
        None => Explained::Wrong {
            error: "no training has begun".to_owned(),
        },
    }
}

pub(crate) fn advance(most: usize) -> bool {
    with(|session| session.advance_within_epoch(most)).unwrap_or(true)
}

pub(crate) fn progress() -> usize {
    give(|session, give| {
        let progress = session.progress()?;
        give(&[
            progress.epoch as f64,
            progress.step as f64,
            progress.loss,
            progress.held_loss,
            progress.accuracy,
            progress.held_accuracy,
            f64::from(progress.diverged),
        ]);
        Ok(())
    })
}

pub(crate) fn map(side: usize) -> usize {
    give(|session, give| {
        give(session.map(side)?);
        Ok(())
    })
}

pub(crate) fn parameters() -> usize {
    give(|session, give| {
        give(&session.network().parameters());
        Ok(())
    })
}

pub(crate) fn points() -> usize {
    give(|session, give| {
        give(session.points().as_flattened());
        Ok(())
    })
}

pub(crate) fn move_point(point: usize, place: [f64; 2]) {
    // A place that cannot be is ignored.
    let _ = with(|session| session.move_point(point, place));
}

fn with<R>(ask: impl FnOnce(&mut Session) -> R) -> Option<R> {
    SESSION.with_borrow_mut(|session| session.as_mut().map(ask))
}

/// Gives numbers of the session to JavaScript; without a session there are none.
fn give(ask: impl FnOnce(&mut Session, &mut dyn FnMut(&[f64])) -> Result<()>) -> usize {
    let mut length = 0;
    let mut give = |numbers: &[f64]| length = memory::give(numbers);
    let answered = with(|session| ask(session, &mut give));
    if matches!(answered, Some(Ok(()))) {
        length
    } else {
        0
    }
}
