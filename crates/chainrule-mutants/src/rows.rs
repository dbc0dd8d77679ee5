//! Mutants of the partials in the table of operations, whose rows are the arguments of a macro.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprClosure, ExprPath, Pat};

use crate::expressions;
use crate::mutant::Mutant;

/// What the partials of a row begin with.
const PARTIALS: [&str; 7] = [
    "partial", "partials", "left", "right", "first", "second", "third",
];

/// Finds the mutants of the partials of the table: the sign, the scale, and every operand changed.
pub(crate) fn of_table(file: &str, text: &str) -> Result<Vec<Mutant>, String> {
    let mut mutants = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let begin = line.len() - line.trim_start().len();
        let word = line.trim_start().split(' ').next().unwrap_or_default();
        if PARTIALS.contains(&word) {
            let closure = start + begin + word.len() + 1;
            mutants.extend(of_partial(file, text, closure)?);
        }
        start += line.len();
    }
    Ok(mutants)
}

/// Finds the mutants of the partial that begins here.
fn of_partial(file: &str, text: &str, start: usize) -> Result<Vec<Mutant>, String> {
    // The partial ends before the first semicolon with which it is an expression.
    let ends = text[start..].match_indices(';').map(|(end, _)| start + end);
    let parsed = ends.take(16).find_map(|end| {
        let closure = syn::parse_str::<ExprClosure>(&text[start..end]).ok()?;
        Some((start..end, closure))
    });
    let (range, closure) = parsed.ok_or_else(|| format!("{file}: no partial at byte {start}"))?;
    let names = closure.inputs.iter().filter_map(|input| match input {
        Pat::Ident(name) => Some(name.ident.to_string()),
        _ => None,
    });
    let mut row = Row {
        file,
        text,
        start: range.start,
        names: names.collect(),
        mutants: expressions::of_expression(file, text, range.start, &closure.body),
    };
    if !matches!(*closure.body, Expr::ForLoop(_) | Expr::Block(_)) && row.names.len() < 5 {
        let emits = row.names.iter().any(|name| name == "emit");
        if !emits {
            row.slope(&closure.body);
        }
    }
    row.visit_expr(&closure.body);
    Ok(row.mutants)
}

/// The partial whose mutants are sought.
struct Row<'a> {
    file: &'a str,
    text: &'a str,
    start: usize,
    names: Vec<String>,
    mutants: Vec<Mutant>,
}

impl Row<'_> {
    fn range(&self, syntax: &impl Spanned) -> Range<usize> {
        let range = syntax.span().byte_range();
        range.start + self.start..range.end + self.start
    }

    fn replace(&mut self, expression: &impl Spanned, after: &str) {
        let range = self.range(expression);
        self.mutants
            .extend(Mutant::new(self.file, self.text, range, after));
    }

    fn text_of(&self, syntax: &impl Spanned) -> String {
        self.text[self.range(syntax)].to_string()
    }

    /// Changes the sign and the scale of a slope.
    fn slope(&mut self, slope: &Expr) {
        let text = self.text_of(slope);
        self.replace(slope, &format!("-({text})"));
        self.replace(slope, &format!("({text}) * (1.0 + 1e-6)"));
    }
}

impl<'ast> Visit<'ast> for Row<'_> {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        // One operand is dropped.
        let parts = match expression {
            Expr::Binary(binary) => vec![&*binary.left, &*binary.right],
            Expr::Call(call) if call.args.len() == 2 && is_chain(call) => {
                call.args.iter().collect()
            }
            _ => Vec::new(),
        };
        for part in parts {
            if !matches!(part, Expr::Lit(_)) {
                let text = self.text_of(part);
                self.replace(expression, &text);
            }
        }
        visit::visit_expr(self, expression);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(function) = &*call.func
            && function.path.is_ident("emit")
            && let Some(slope) = call.args.iter().nth(1)
        {
            self.slope(slope);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        // One operand becomes another one.
        let Some(name) = path.path.get_ident().map(ToString::to_string) else {
            return;
        };
        if !self.names.contains(&name) || matches!(name.as_str(), "xs" | "emit") {
            return;
        }
        for other in self.names.clone() {
            if other != name && !other.starts_with('_') {
                self.replace(path, &other);
            }
        }
    }
}

/// Whether a call is a product of the chain rule.
fn is_chain(call: &ExprCall) -> bool {
    matches!(&*call.func, Expr::Path(function) if function.path.is_ident("chain"))
}

#[cfg(test)]
mod tests {
    use super::of_table;

    #[test]
    fn a_partial_is_changed_in_sign_scale_and_operands() {
        let text = "        left |a, b, _y| chain(a, b);\n        value |a, b| a * b;\n";
        let mutants = of_table("table.rs", text).unwrap();
        let changes: Vec<&str> = mutants.iter().map(|mutant| mutant.after.as_str()).collect();
        assert_eq!(
            changes,
            [
                "-(chain(a, b))",
                "(chain(a, b)) * (1.0 + 1e-6)",
                "a",
                "b",
                "b",
                "a"
            ]
        );
        assert!(mutants.iter().all(|mutant| mutant.line == 1));
    }
}
