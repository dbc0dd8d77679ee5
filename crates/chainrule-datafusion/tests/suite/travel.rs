//! Functions are read as they were written, and damaged or foreign bytes are errors.

use std::sync::Arc;

use chainrule::Program;
use chainrule_datafusion::{
    aggregate, aggregate_from_bytes, aggregate_to_bytes, per_row, per_row_from_bytes,
    per_row_to_bytes, register,
};
use datafusion::error::Result;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::{AggregateUDF, Expr, LogicalPlan};
use datafusion::prelude::SessionContext;
use proptest::prelude::*;

fn loss() -> Program {
    let loss = Program::trace_rows(&[0.0, 0.0], 2, |p, row| {
        (p[0] * row[0] + p[1] - row[1] * 0.1).square().tanh()
    });
    loss.unwrap()
}

/// The bytes of the aggregate, as users call it.
fn bytes() -> Vec<u8> {
    let function = aggregate("loss", &loss()).unwrap();
    aggregate_to_bytes(&function).unwrap().unwrap()
}

/// The aggregate with its parameters inside, as the planner makes it.
fn planned() -> Arc<AggregateUDF> {
    let session = SessionContext::new();
    register(&session, "loss", &loss()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    // Digits that a wrong rounding would change, and a sign that text may lose.
    let query =
        "SELECT loss([0.1234567890123456789, -0.0], i, x, x) FROM (VALUES (0, 1.0)) AS t(i, x)";
    let plan = runtime
        .block_on(async { session.sql(query).await?.into_optimized_plan() })
        .unwrap();
    let mut found = None;
    plan.apply_aggregates(&mut |function| found = Some(Arc::clone(function)));
    found.unwrap()
}

/// Visits the aggregate functions of a plan.
trait Aggregates {
    fn apply_aggregates(&self, visit: &mut impl FnMut(&Arc<AggregateUDF>));
}

impl Aggregates for LogicalPlan {
    fn apply_aggregates(&self, visit: &mut impl FnMut(&Arc<AggregateUDF>)) {
        for expression in self.expressions() {
            if let Expr::AggregateFunction(call) = expression.unalias() {
                visit(&call.func);
            }
        }
        for input in self.inputs() {
            input.apply_aggregates(visit);
        }
    }
}

#[test]
fn functions_are_read_as_they_were_written() {
    let planned = planned();
    assert!(planned != aggregate("loss", &loss()).unwrap());
    for function in [aggregate("loss", &loss()).unwrap(), planned] {
        let bytes = aggregate_to_bytes(&function).unwrap().unwrap();
        assert_eq!(
            aggregate_from_bytes("loss", &bytes).unwrap(),
            Some(function)
        );
    }
    let [value, gradient] = per_row("loss", &loss()).unwrap();
    assert!(value != gradient);
    for function in [value, gradient] {
        let bytes = per_row_to_bytes(&function).unwrap().unwrap();
        assert_eq!(
            per_row_from_bytes(function.name(), &bytes).unwrap(),
            Some(function)
        );
    }
}

#[test]
fn functions_of_others_are_left_to_others() {
    assert_eq!(aggregate_to_bytes(&sum_udaf()).unwrap(), None);
    for foreign in [&b""[..], b"sum", b"chainrule function 2\n"] {
        assert_eq!(aggregate_from_bytes("sum", foreign).unwrap(), None);
        assert_eq!(per_row_from_bytes("sum", foreign).unwrap(), None);
    }
}

fn problem<T: std::fmt::Debug>(read: Result<Option<T>>) -> String {
    read.unwrap_err().to_string()
}

#[test]
fn another_function_is_an_error_with_both_names() {
    let message = problem(aggregate_from_bytes("risk", &bytes()));
    assert!(
        message.contains("risk: the bytes hold another function: `loss`"),
        "{message}"
    );
    let message = problem(per_row_from_bytes("loss", &bytes()));
    assert!(message.contains("the aggregate `loss`"), "{message}");
    let [value, _] = per_row("loss", &loss()).unwrap();
    let bytes = per_row_to_bytes(&value).unwrap().unwrap();
    let message = problem(per_row_from_bytes("loss_gradient", &bytes));
    assert!(
        message.contains("another function: `loss_value`"),
        "{message}"
    );
    let message = problem(aggregate_from_bytes("loss", &bytes));
    assert!(message.contains("functions per row of `loss`"), "{message}");
}

/// Where the checksum begins: after the first line.
fn checksum(bytes: &[u8]) -> usize {
    1 + bytes.iter().position(|&byte| byte == b'\n').unwrap()
}

#[test]
fn every_damage_is_an_error() {
    let whole = bytes();
    let checksum = checksum(&whole);
    for end in checksum..whole.len() {
        let message = problem(aggregate_from_bytes("loss", &whole[..end]));
        assert!(
            message.contains("loss: the function's bytes are damaged"),
            "{message}"
        );
    }
    for bit in 8 * checksum..8 * whole.len() {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let message = problem(aggregate_from_bytes("loss", &damaged));
        assert!(message.contains("the checksum differs"), "{message}");
    }
    let longer = [&whole[..], b"x"].concat();
    assert!(problem(aggregate_from_bytes("loss", &longer)).contains("damaged"));
}

proptest! {
    #[test]
    fn hostile_bytes_with_a_right_checksum_are_errors_or_functions(
        place: prop::sample::Index, change in prop::collection::vec(any::<u8>(), 1..5), end: prop::sample::Index,
    ) {
        let mut hostile = bytes();
        let content = checksum(&hostile) + 4;
        let at = content + place.index(hostile.len() - content);
        for (byte, change) in hostile[at..].iter_mut().zip(change) {
            *byte = change;
        }
        if end.index(4) == 0 {
            hostile.truncate(content + end.index(hostile.len() - content));
        }
        let sum = crc32fast::hash(&hostile[content..]);
        hostile[content - 4..content].copy_from_slice(&sum.to_le_bytes());
        if let Ok(Some(function)) = aggregate_from_bytes("loss", &hostile) {
            prop_assert!(aggregate_to_bytes(&function).unwrap().is_some());
        }
    }
}
