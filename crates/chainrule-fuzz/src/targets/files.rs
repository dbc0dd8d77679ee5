//! Readers of files: a valid file with a few changed bytes gives an error or valid values, and never a panic.

use std::fs;

use chainrule::nn::checkpoint;
use chainrule::nn::data::Csv;
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_oneof};
use proptest::test_runner::TestRunner;

use super::{all_same, check};

/// A change of a file.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Replace(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    /// Copies a stretch to another place.
    Copy(usize, usize, usize),
    Cut(usize),
}

impl Change {
    pub(super) fn apply(&self, file: &mut Vec<u8>) {
        let place = |at: usize, file: &[u8]| at % (file.len() + 1);
        match *self {
            Self::Replace(at, byte) => {
                let at = place(at, file);
                if let Some(old) = file.get_mut(at) {
                    *old = byte;
                }
            }
            Self::Insert(at, ref bytes) => {
                let at = place(at, file);
                file.splice(at..at, bytes.iter().copied());
            }
            Self::Remove(at, count) => {
                let at = place(at, file);
                let end = file.len().min(at + count);
                file.drain(at..end);
            }
            Self::Copy(from, count, to) => {
                let (from, to) = (place(from, file), place(to, file));
                let end = file.len().min(from + count);
                let stretch = file[from..end].to_vec();
                file.splice(to..to, stretch);
            }
            Self::Cut(at) => file.truncate(place(at, file)),
        }
    }
}

pub(super) fn changes() -> impl Strategy<Value = Vec<Change>> {
    let special = [
        "\"", ",", "\r", "\n", "\r\n", "\u{feff}", "1e999", "NaN", "inf", "-", "\0", "\u{202e}",
        "[", "]", "{", "}", "null", "1e400", ":", "[[[[[[[[", "-0", "0x10", "\\u0000", "\u{85}",
        "\u{2028}",
    ];
    let at = || any::<usize>();
    let byte = prop_oneof![
        prop::sample::select(b"\",\r\n.0-e{}[]:".to_vec()),
        any::<u8>()
    ];
    let change = prop_oneof![
        (at(), byte).prop_map(|(at, byte)| Change::Replace(at, byte)),
        (at(), prop::sample::select(special.to_vec()))
            .prop_map(|(at, text)| Change::Insert(at, text.as_bytes().to_vec())),
        (at(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (at(), 1..20_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (at(), 1..40_usize, at()).prop_map(|(from, count, to)| Change::Copy(from, count, to)),
        at().prop_map(Change::Cut),
    ];
    prop::collection::vec(change, 0..5)
}

/// Tables of numbers, and what changes make of them.
pub(super) fn csv(runner: &mut TestRunner) -> Result<(), String> {
    let number = chainrule::strategies::within([f64::MIN, f64::MAX]);
    let table = prop::collection::vec(prop::collection::vec(number, 3), 1..6);
    check(runner, &(table, changes()), |(table, changes)| {
        let mut file = b"a,\"b \"\"c\"\"\",y\n".to_vec();
        for row in &table {
            let row: Vec<String> = row.iter().map(|x| format!("{x:e}")).collect();
            file.extend(row.join(",").bytes().chain(*b"\r\n"));
        }
        for change in &changes {
            change.apply(&mut file);
        }
        match Csv::read("table.csv", &file[..]) {
            Err(error) => one_line(&error.to_string())?,
            Ok(read) => {
                for name in read.names() {
                    match read.column(name) {
                        Err(error) => one_line(&error.to_string())?,
                        Ok(column) => {
                            prop_assert!(column.iter().all(|x| x.is_finite()), "{:?}", column);
                        }
                    }
                }
                match read.dataset("y") {
                    Err(error) => one_line(&error.to_string())?,
                    Ok(data) if changes.is_empty() => {
                        let read = read.column("a")?;
                        let wanted: Vec<f64> = table.iter().map(|row| row[0]).collect();
                        prop_assert!(all_same(&read, &wanted));
                        drop(data);
                    }
                    Ok(_) => {}
                }
            }
        }
        Ok(())
    })
}

/// Saved parameters, and what changes make of them.
pub(super) fn checkpoint(runner: &mut TestRunner) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("saved.json");
    let number = chainrule::strategies::within([f64::MIN, f64::MAX]);
    let parameters = prop::collection::vec(number, 0..8);
    check(runner, &(parameters, changes()), |(parameters, changes)| {
        checkpoint::save(&path, &parameters)?;
        let mut file = fs::read(&path)?;
        let before = file.clone();
        for change in &changes {
            change.apply(&mut file);
        }
        fs::write(&path, &file)?;
        let mut found = vec![0.5; parameters.len()];
        match checkpoint::load(&path, &mut found) {
            Ok(()) => prop_assert!(all_same(&found, &parameters), "{:?}", found),
            Err(error) => {
                prop_assert!(file != before, "{}", error);
                one_line(&error.to_string())?;
                // A refused file changes nothing.
                prop_assert!(found.iter().all(|&x| x == 0.5));
            }
        }
        Ok(())
    })
}

/// Messages are one line, without letters that hide or turn others.
fn one_line(message: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    prop_assert!(
        !message.contains([
            '\n', '\r', '\0', '\u{202e}', '\u{feff}', '\u{2028}', '\u{85}'
        ]),
        "{:?}",
        message
    );
    Ok(())
}
