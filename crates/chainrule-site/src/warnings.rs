//! Collects the warnings of mdBook, such as one about an HTML element that a page does not close.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps the texts of warnings and errors.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<String>>>);

/// The text of an event.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string does not fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Calls a function and returns its result and the warnings that it logged.
pub(crate) fn collect<T>(function: impl FnOnce() -> T) -> (T, Vec<String>) {
    let collector = Collector::default();
    let result = tracing::subscriber::with_default(collector.clone(), function);
    let warnings = std::mem::take(&mut *collector.0.lock().unwrap_or_else(PoisonError::into_inner));
    (result, warnings)
}

#[cfg(test)]
mod tests {
    use super::collect;

    #[test]
    fn warnings_and_errors_are_collected() {
        let (result, warnings) = collect(|| {
            tracing::info!("fine");
            tracing::warn!("{} tag", "unclosed");
            tracing::error!("wrong");
            3
        });
        assert_eq!(
            (result, warnings),
            (3, vec!["unclosed tag".to_owned(), "wrong".to_owned()])
        );
    }
}
