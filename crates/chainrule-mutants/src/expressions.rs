//! Mutants of the expressions of a source file: operators exchanged, constants changed by 1, conditions negated.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, BinOp, Expr, ImplItemFn, ItemFn, ItemMod, Lit, Pat, PathArguments, Type};

use crate::mutant::Mutant;

/// Finds the mutants of a file.
pub(crate) fn of_file(file: &str, text: &str) -> Result<Vec<Mutant>, String> {
    let parsed = syn::parse_file(text).map_err(|error| format!("{file}: {error}"))?;
    let mut found = Found::new(file, text, 0);
    found.visit_file(&parsed);
    Ok(found.mutants)
}

/// Finds the mutants of one expression, whose span begins `offset` bytes before its place in the file.
pub(crate) fn of_expression(
    file: &str,
    text: &str,
    offset: usize,
    expression: &Expr,
) -> Vec<Mutant> {
    let mut found = Found::new(file, text, offset);
    found.visit_expr(expression);
    found.mutants
}

/// The mutants found so far.
struct Found<'a> {
    file: &'a str,
    text: &'a str,
    offset: usize,
    mutants: Vec<Mutant>,
}

impl<'a> Found<'a> {
    fn new(file: &'a str, text: &'a str, offset: usize) -> Self {
        Self {
            file,
            text,
            offset,
            mutants: Vec::new(),
        }
    }

    /// The place of syntax in the file.
    fn range(&self, syntax: &impl Spanned) -> Range<usize> {
        let range = syntax.span().byte_range();
        range.start + self.offset..range.end + self.offset
    }

    /// Replaces the expression by a text.
    fn replace(&mut self, expression: &Expr, after: &str) {
        let range = self.range(expression);
        self.mutants
            .extend(Mutant::new(self.file, self.text, range, after));
    }

    /// Replaces a part of the expression by a text.
    fn exchange(&mut self, expression: &Expr, part: &impl Spanned, with: &str) {
        let (whole, part) = (self.range(expression), self.range(part));
        let (before, after) = (whole.start..part.start, part.end..whole.end);
        let texts = [before, after].map(|range| self.text.get(range).unwrap_or_default());
        let [before, after] = texts;
        self.replace(expression, &format!("{before}{with}{after}"));
    }

    /// Negates a condition.
    fn negate(&mut self, condition: &Expr) {
        let is_plain = !has_let(condition) && !matches!(condition, Expr::Unary(_) | Expr::Lit(_));
        // A comparison is negated by its operator already.
        if is_plain && !matches!(condition, Expr::Binary(_)) {
            let range = self.range(condition);
            let text = self.text.get(range).unwrap_or_default();
            self.replace(condition, &format!("!({text})"));
        }
    }

    fn literal(&mut self, expression: &Expr, literal: &Lit) {
        match literal {
            Lit::Int(digits) => {
                let Ok(value) = digits.base10_parse::<u128>() else {
                    return;
                };
                let suffix = digits.suffix();
                self.replace(expression, &format!("{}{suffix}", value.saturating_add(1)));
                if value > 0 {
                    self.replace(expression, &format!("{}{suffix}", value - 1));
                }
            }
            Lit::Float(digits) => {
                if let Ok(value) = digits.base10_parse::<f64>() {
                    let suffix = digits.suffix();
                    self.replace(expression, &format!("{:?}{suffix}", value + 1.0));
                }
            }
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Found<'_> {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        match expression {
            Expr::Binary(binary) if !has_let(expression) => {
                if let Some(with) = other(&binary.op) {
                    self.exchange(expression, &binary.op, with);
                }
            }
            Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Not(_) | syn::UnOp::Neg(_)) => {
                self.exchange(expression, &unary.op, "");
            }
            Expr::MethodCall(call) => {
                let with = match call.method.to_string().as_str() {
                    "min" => "max",
                    "max" => "min",
                    "any" => "all",
                    "all" => "any",
                    "is_some" => "is_none",
                    "is_none" => "is_some",
                    _ => "",
                };
                if !with.is_empty() {
                    self.exchange(expression, &call.method, with);
                }
            }
            Expr::If(branch) => self.negate(&branch.cond),
            Expr::Lit(literal) => self.literal(expression, &literal.lit),
            Expr::Repeat(repeat) => {
                // The length is a constant.
                self.visit_expr(&repeat.expr);
                return;
            }
            Expr::Const(_) => return,
            _ => {}
        }
        visit::visit_expr(self, expression);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some((_, guard)) = &arm.guard {
            self.negate(guard);
        }
        visit::visit_arm(self, arm);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if function.sig.constness.is_none() && !is_test(&function.attrs) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if function.sig.constness.is_none() && !is_test(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    // Nothing is chosen at run time in these.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_item_enum(&mut self, _: &'ast syn::ItemEnum) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_path_arguments(&mut self, _: &'ast PathArguments) {}
    fn visit_angle_bracketed_generic_arguments(
        &mut self,
        _: &'ast syn::AngleBracketedGenericArguments,
    ) {
    }
    fn visit_type(&mut self, _: &'ast Type) {}
}

/// Whether a condition binds names, so that it cannot be written in parentheses.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

/// Whether only tests compile an item.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && list.is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

/// The operator that an operator is exchanged with.
fn other(op: &BinOp) -> Option<&'static str> {
    Some(match op {
        BinOp::Add(_) => "-",
        BinOp::Sub(_) => "+",
        BinOp::Mul(_) => "/",
        BinOp::Div(_) => "*",
        BinOp::Lt(_) => "<=",
        BinOp::Le(_) => "<",
        BinOp::Gt(_) => ">=",
        BinOp::Ge(_) => ">",
        BinOp::Eq(_) => "!=",
        BinOp::Ne(_) => "==",
        BinOp::And(_) => "||",
        BinOp::Or(_) => "&&",
        BinOp::AddAssign(_) => "-=",
        BinOp::SubAssign(_) => "+=",
        BinOp::MulAssign(_) => "/=",
        BinOp::DivAssign(_) => "*=",
        _ => return None,
    })
}
