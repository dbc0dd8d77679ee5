//! The generated tables in docs/numerics.md.

use std::sync::Mutex;
use std::{env, fs};

/// One table is written at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// Checks that docs/numerics.md has this text between the comments of this name; with `UPDATE_DOCS=1`, writes it there.
pub(crate) fn check_table(name: &str, table: &str) {
    let _guard = WRITING.lock();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/numerics.md");
    let text = fs::read_to_string(path).expect("docs/numerics.md");
    let (begin, end) = (
        format!("<!-- {name}: begin -->\n"),
        format!("<!-- {name}: end -->"),
    );
    let (head, rest) = text.split_once(&begin).expect("the table's beginning");
    let (shown, tail) = rest.split_once(&end).expect("the table's end");
    if shown.trim() != table.trim() {
        assert!(
            env::var_os("UPDATE_DOCS").is_some(),
            "docs/numerics.md is out of date; run `UPDATE_DOCS=1 cargo test -p chainrule-witness`:\n{table}"
        );
        fs::write(path, format!("{head}{begin}{table}{end}{tail}")).expect("docs/numerics.md");
    }
}
