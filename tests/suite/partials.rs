//! Tests partial sums: however rows are cut, wherever the pieces are computed and in whatever order they arrive, the result has
//! the bits of one batch; and what is missing, doubled or foreign is an error.

use std::ops::Range;

use chainrule::{Columns, ErrorKind, Flat, Level, Mode, Partial, Program, Transform, Var, tape};
use proptest::prelude::*;

use crate::compare::same;
use crate::expression::Expression;

/// The questions that partial sums can answer.
const QUESTIONS: &[Transform] = &[
    Transform::Values,
    Transform::Gradient,
    Transform::Jacobian(Mode::Cheaper),
    Transform::Jacobian(Mode::Forward),
    Transform::Hessian,
    Transform::HessianDiagonal,
];

/// A program of two outputs whose first `uniform` inputs are uniform.
fn program(e: &Expression, uniform: usize) -> Program {
    let (p, row) = e.inputs().split_at(uniform);
    let traced = Program::trace_rows_at(p, row, |p, row| {
        let inputs: Vec<Var> = p.iter().chain(row).copied().collect();
        let y = e.evaluate(&inputs);
        [y, y * inputs[0]]
    });
    traced.unwrap()
}

/// Numbers with rounding errors, and now and then a hostile one.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => -3.0..3.0,
        1 => prop_oneof![Just(0.0), Just(-0.0), Just(1e300), Just(f64::INFINITY), Just(f64::NAN)],
    ]
}

/// How a piece is computed.
#[derive(Clone, Copy, Debug)]
enum Way {
    Batch,
    /// Rows one by one.
    Push,
    /// Columns in chunks of this length.
    Columns(usize),
    /// Flat rows in chunks of this length.
    Flat(usize),
}

fn ways() -> impl Strategy<Value = Way> {
    prop_oneof![
        Just(Way::Batch),
        Just(Way::Push),
        (1..300_usize).prop_map(Way::Columns),
        (1..300_usize).prop_map(Way::Flat),
    ]
}

/// Rows of numbers.
struct Data {
    rows: Vec<Vec<f64>>,
    width: usize,
}

impl Data {
    fn partial(
        &self,
        f: &Program,
        transform: Transform,
        p: &[f64],
        piece: &Range<usize>,
        way: Way,
        threads: usize,
    ) -> Partial {
        let rows = &self.rows[piece.clone()];
        // A table without columns has no rows.
        if matches!(way, Way::Batch) || self.width == 0 {
            let batch = f.batch(rows).unwrap();
            let partial = batch.threads(threads).partial(transform, p, piece.start);
            return partial.unwrap();
        }
        let mut stream = f.stream_of(transform, p).unwrap().threads(threads);
        stream.seek(piece.start).unwrap();
        match way {
            Way::Batch | Way::Push => rows.iter().for_each(|row| stream.push(row).unwrap()),
            Way::Columns(length) => {
                for chunk in rows.chunks(length) {
                    let column = |i: usize| chunk.iter().map(|row| row[i]).collect();
                    let columns: Vec<Vec<f64>> = (0..self.width).map(column).collect();
                    let columns: Vec<&[f64]> = columns.iter().map(|column| &column[..]).collect();
                    stream.push_rows(&Columns::new(&columns).unwrap()).unwrap();
                }
            }
            Way::Flat(length) => {
                for chunk in rows.chunks(length) {
                    stream
                        .push_rows(&Flat::new(&chunk.concat(), self.width).unwrap())
                        .unwrap();
                }
            }
        }
        assert_eq!(stream.len(), rows.len());
        stream.partial().unwrap()
    }
}

/// What a batch with all rows answers.
fn of_batch(f: &Program, transform: Transform, p: &[f64], rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut batch = f.batch(rows).unwrap().threads(1);
    match transform {
        Transform::Values => vec![batch.sum_values(p).unwrap().to_vec()],
        Transform::Gradient => {
            let (value, gradient) = batch.sum_gradient(p).unwrap();
            vec![vec![value], gradient.to_vec()]
        }
        Transform::Jacobian(_) => {
            let (values, jacobian) = batch.sum_jacobian(p).unwrap();
            vec![values.to_vec(), jacobian.to_vec()]
        }
        Transform::Hessian => {
            let (value, gradient, hessian) = batch.sum_hessian(p).unwrap();
            vec![vec![value], gradient.to_vec(), hessian.to_vec()]
        }
        _ => {
            let (value, gradient, diagonal) = batch.sum_hessian_diagonal(p).unwrap();
            vec![vec![value], gradient.to_vec(), diagonal.to_vec()]
        }
    }
}

fn all_same(a: &[Vec<f64>], b: &[Vec<f64>]) -> bool {
    let lengths = |parts: &[Vec<f64>]| parts.iter().map(Vec::len).collect::<Vec<_>>();
    lengths(a) == lengths(b) && a.concat().iter().zip(b.concat()).all(|(&a, b)| same(a, b))
}

/// The pieces between some multiples of 64 rows.
fn pieces(rows: usize, cuts: &[prop::sample::Index]) -> Vec<Range<usize>> {
    let blocks = rows.div_ceil(64).max(1);
    let mut ends: Vec<usize> = cuts.iter().map(|cut| 64 * cut.index(blocks)).collect();
    ends.extend([0, rows]);
    ends.sort_unstable();
    ends.windows(2).map(|ends| ends[0]..ends[1]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_in_any_order_have_the_bits_of_one_batch(
        e in Expression::any(8, false),
        question in prop::sample::select(QUESTIONS),
        numbers in prop::collection::vec(number(), 64..200),
        rows in prop_oneof![0..200_usize, 0..2000_usize],
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
        ways in prop::collection::vec((ways(), 1..4_usize), 10),
        order in prop::collection::vec(any::<prop::sample::Index>(), 20),
    ) {
        let uniform = 1.min(e.inputs().len());
        let f = program(&e, uniform);
        let p = &e.inputs()[..uniform];
        let width = e.inputs().len() - uniform;
        let number = |at: usize| numbers[at * at % 1013 % numbers.len()];
        let row = |row: usize| (0..width).map(|column| number(7 * row + column)).collect();
        let data = Data { rows: (0..rows).map(row).collect(), width };
        let expected = of_batch(&f, question, p, &data.rows);
        let cut = pieces(rows, &cuts);
        let pieces = cut.iter().zip(&ways).map(|(piece, &(way, threads))| {
            data.partial(&f, question, p, piece, way, threads)
        });
        // Joins any two until one is left.
        let mut pieces: Vec<Partial> = pieces.collect();
        let mut order = order.iter();
        while pieces.len() > 1 {
            let mut next = || order.next().map_or(0, |index| index.index(pieces.len()));
            let (a, b) = (next(), next());
            let one = pieces.swap_remove(a);
            let b = b % pieces.len();
            pieces[b].merge(one).unwrap();
        }
        let all = &pieces[0];
        let everything = Some(0..rows).filter(|rows| !rows.is_empty());
        prop_assert_eq!(all.rows(), Vec::from_iter(everything));
        prop_assert!(all_same(&all.sums(&f, rows).unwrap(), &expected), "{:?}", expected);
        if question == Transform::Gradient && rows > 0 {
            let (value, gradient) = all.mean_gradient(&f, rows).unwrap();
            let mut batch = f.batch(&data.rows).unwrap();
            let (wanted, slopes) = batch.mean_gradient(p).unwrap();
            prop_assert!(all_same(&[vec![value], gradient], &[vec![wanted], slopes.to_vec()]));
        }
    }

    #[test]
    fn missing_and_doubled_rows_are_named(
        rows in 1..2000_usize,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
        victim in any::<prop::sample::Index>(),
    ) {
        let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0]).unwrap();
        let data = Data { rows: vec![vec![1.0]; rows], width: 1 };
        let mut cut = pieces(rows, &cuts);
        cut.retain(|piece| !piece.is_empty());
        let partial = |piece: &Range<usize>| data.partial(&f, Transform::Gradient, &[1.0], piece, Way::Batch, 1);
        let victim = cut[victim.index(cut.len())].clone();
        let named = match victim.len() {
            1 => format!("row {} ", victim.start),
            _ => format!("rows {} to {} ", victim.start, victim.end - 1),
        };
        // Without the victim.
        let mut some = partial(&(0..0));
        for piece in cut.iter().filter(|piece| **piece != victim) {
            some.merge(partial(piece)).unwrap();
        }
        let error = some.sums(&f, rows).unwrap_err();
        prop_assert_eq!(error.to_string(), format!("pieces: {named}are in no piece"));
        // With the victim twice. The message names the doubled rows up to the end of a subtree.
        some.merge(partial(&victim)).unwrap();
        prop_assert_eq!(some.sum_gradient(&f, rows).unwrap().0, rows as f64);
        let before = some.rows();
        let error = some.merge(partial(&victim)).unwrap_err().to_string();
        prop_assert!(error.starts_with("pieces: row"), "{}", error);
        prop_assert!(error.contains(&format!(" {}", victim.start)), "{}", error);
        prop_assert!(error.ends_with("in two pieces"), "{}", error);
        prop_assert_eq!(some.rows(), before);
        prop_assert_eq!(some.sum_gradient(&f, rows).unwrap().0, rows as f64);
        // More rows than there should be.
        let error = some.sums(&f, rows - 1).unwrap_err().to_string();
        prop_assert!(error.contains(&format!("row {}", rows - 1)), "{}", error);
    }
}

fn line() -> Program {
    Program::trace_rows(&[0.0, 0.0], 1, |p, row| p[0] * row[0] + p[1]).unwrap()
}

fn piece(f: &Program, first: usize, rows: usize) -> Partial {
    let rows = vec![[1.0]; rows];
    let mut batch = f.batch(&rows).unwrap();
    batch
        .partial(Transform::Gradient, &[2.0, 3.0], first)
        .unwrap()
}

fn refusal(a: &Partial, b: &Partial) -> String {
    let [mut left, mut right] = [a.clone(), b.clone()];
    let error = left.merge(b.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    // Nothing was added, and the other way round is an error as well.
    assert_eq!(left.rows(), a.rows());
    right.merge(a.clone()).unwrap_err();
    error.to_string()
}

#[test]
fn pieces_of_different_sums_are_refused() {
    let f = line();
    let a = piece(&f, 0, 64);
    let other = Program::trace_rows(&[0.0, 0.0], 1, |p, row| p[0] * row[0] - p[1]).unwrap();
    let wider = Program::trace_rows(&[0.0, 0.0], 2, |p, row| p[0] * row[0] + p[1]).unwrap();
    let wide = vec![[1.0, 2.0]; 64];
    let wide = wider.batch(&wide).unwrap();
    let different = "program: the pieces are sums of different programs";
    for b in [
        piece(&other, 64, 64),
        piece(&f.at_level(Level::Fast), 64, 64),
        piece(&f.with_respect_to(&[1, 0]).unwrap(), 64, 64),
        { wide }
            .partial(Transform::Gradient, &[2.0, 3.0], 64)
            .unwrap(),
    ] {
        assert_eq!(refusal(&a, &b), different);
    }
    // The same function, traced again, is the same program, whatever its names are.
    let again = Program::trace_rows(&[5.0, 6.0], 1, |p, row| {
        tape::named("line", || (p[0] * row[0] + p[1]).named("y"))
    });
    let again = again.unwrap();
    let mut both = a.clone();
    both.merge(piece(&again, 64, 64)).unwrap();
    assert_eq!(both.sum_gradient(&f, 128).unwrap().0, 128.0 * 5.0);
    assert_eq!(both.sum_gradient(&again, 128).unwrap().0, 128.0 * 5.0);
    assert_eq!(
        both.sums(&other, 128).unwrap_err().to_string(),
        "program: the pieces are sums of another program"
    );

    let mut batch = f.batch(&[[1.0]; 64]).unwrap();
    let b = batch
        .partial(Transform::Gradient, &[2.0, -0.0], 64)
        .unwrap();
    let zero = batch.partial(Transform::Gradient, &[2.0, 0.0], 0).unwrap();
    assert_eq!(
        refusal(&zero, &b),
        "uniform: input 1 is 0.0 in one piece and -0.0 in another"
    );
    let values = batch.partial(Transform::Values, &[2.0, 3.0], 64).unwrap();
    assert_eq!(
        refusal(&a, &values),
        "transform: a piece with sums of Values cannot join one with sums of Gradient"
    );
    let error = values.sum_gradient(&f, 64).unwrap_err();
    assert_eq!(
        error.to_string(),
        "transform: expected sums of Gradient, found Values"
    );
}

#[test]
fn nothing_comes_after_a_piece_that_ends_within_a_block() {
    let f = line();
    let end = piece(&f, 64, 36);
    for (first, rows, shown) in [(128, 64, "rows 128 to 191"), (128, 1, "row 128")] {
        assert_eq!(
            refusal(&end, &piece(&f, first, rows)),
            format!(
                "pieces: a piece ends before row 100, which is no multiple of 64, so it must be the last one, but another has {shown}"
            )
        );
    }
    assert_eq!(
        refusal(&end, &piece(&f, 64, 64)),
        "pieces: rows 64 to 99 are in two pieces"
    );
    assert_eq!(
        refusal(&piece(&f, 0, 640), &piece(&f, 0, 10)),
        "pieces: rows 0 to 9 are in two pieces"
    );
    let mut all = end.clone();
    all.merge(piece(&f, 0, 64)).unwrap();
    assert_eq!(all.sum_gradient(&f, 100).unwrap().0, 500.0);
    let error = all.sum_gradient(&f, 99).unwrap_err();
    assert_eq!(
        error.to_string(),
        "pieces: there are 99 rows, but a piece has row 99"
    );
}

#[test]
fn a_place_that_cannot_be_counted_is_refused() {
    let f = line();
    let mut batch = f.batch(&[[1.0]; 128]).unwrap();
    let error = batch
        .partial(Transform::Gradient, &[2.0, 3.0], 1)
        .unwrap_err();
    assert!(error.to_string().contains("multiple of 64"), "{error}");
    let last = usize::MAX - 63;
    let error = batch
        .partial(Transform::Gradient, &[2.0, 3.0], last)
        .unwrap_err();
    assert!(error.to_string().contains("too many to count"), "{error}");
    let error = f.stream(&[2.0, 3.0]).unwrap().seek(last).unwrap_err();
    assert!(error.to_string().contains("too many to count"), "{error}");
    let error = batch.partial(Transform::Hvp, &[2.0, 3.0], 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "transform: Hvp needs more inputs than the program has"
    );
}

#[test]
fn errors_name_the_row_among_all_rows() {
    let f = Program::trace_rows_at(&[1.0], &[1.0], |p, row| {
        if row[0] > 0.0 { p[0] * row[0] } else { p[0] }
    });
    let f = f.unwrap();
    let mut rows = vec![[1.0]; 200];
    rows[130] = [-1.0];
    let mut batch = f.batch(&rows).unwrap();
    let error = batch.partial(Transform::Gradient, &[1.0], 640).unwrap_err();
    assert_eq!(error.branch().unwrap().row, Some(770));
    // The batch itself counts its own rows again.
    let error = batch.sum_gradient(&[1.0]).unwrap_err();
    assert_eq!(error.branch().unwrap().row, Some(130));

    let mut stream = f.stream(&[1.0]).unwrap();
    stream.seek(640).unwrap();
    let error = stream.push_rows(&rows[..]).unwrap_err();
    assert_eq!(error.branch().unwrap().row, Some(770));

    let mut stream = f.stream(&[1.0]).unwrap();
    stream.seek(64).unwrap();
    stream.push_rows(&[[1.0]]).unwrap();
    let error = stream.push_rows(&[&[1.0][..], &[1.0, 2.0]]).unwrap_err();
    assert_eq!(error.to_string(), "row 66: expected 1 value, found 2");
    assert_eq!(stream.len(), 1);
}

#[test]
fn a_stream_goes_to_any_row_but_to_none_twice() {
    let f = line();
    let rows: Vec<[f64; 1]> = (0..300).map(|row| [0.1 * f64::from(row)]).collect();
    let p = [0.7, 0.3];
    let mut stream = f.stream(&p).unwrap();
    for piece in [256..300, 0..64, 128..256, 64..128] {
        stream.seek(piece.start).unwrap();
        stream.push_rows(&rows[piece]).unwrap();
    }
    assert_eq!(stream.len(), 300);
    let (sum, gradient) = stream.sum_gradient().unwrap();
    let mut batch = f.batch(&rows).unwrap();
    assert_eq!((sum, &gradient[..]), batch.sum_gradient(&p).unwrap());

    let mut stream = f.stream(&p).unwrap();
    stream.push_rows(&rows[..64]).unwrap();
    stream.seek(128).unwrap();
    stream.push(&[1.0]).unwrap();
    let error = stream.sum_gradient().unwrap_err();
    assert_eq!(error.to_string(), "pieces: rows 64 to 127 are in no piece");

    let mut stream = f.stream(&p).unwrap();
    stream.push_rows(&rows[..128]).unwrap();
    stream.seek(64).unwrap();
    let error = stream.push_rows(&rows[64..128]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "pieces: rows 64 to 127 are in two pieces"
    );
}

#[test]
fn neighbours_join_so_that_pieces_stay_few() {
    let f = line();
    let mut all = piece(&f, 0, 0);
    // Every second block, then the others: each new one joins its neighbours.
    for block in (0..256).step_by(2).chain((1..256).step_by(2)) {
        all.merge(piece(&f, 64 * block, 64)).unwrap();
    }
    assert_eq!((all.rows().len(), all.rows()[0].len()), (1, 64 * 256));
    let text = format!("{all:?}");
    assert_eq!(text.matches("Piece {").count(), 1, "{text}");
}

#[test]
fn threads_share_pieces_that_begin_anywhere() {
    // Enough work for several threads.
    let f = Program::trace_rows(&[0.1; 8], 8, |p, row| {
        let y = Var::dot_product(p, row).unwrap();
        (y.sin() * y.exp()).sqrt().ln_1p()
    });
    let f = f.unwrap();
    let p = [0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18];
    let x: Vec<f64> = (0..8 * 30_011)
        .map(|i| f64::from(i % 997) / 997.0)
        .collect();
    let rows = Flat::new(&x, 8).unwrap();
    let mut batch = f.batch(&rows).unwrap().threads(1);
    let (value, gradient) = batch.sum_gradient(&p).unwrap();
    assert!(value.is_finite());
    for threads in [1, 2, 3, 8] {
        for cut in [0, 64, 64 * 7, 64 * 300] {
            let [before, after] = [&x[..8 * cut], &x[8 * cut..]];
            let mut stream = f.stream(&p).unwrap().threads(threads);
            stream.seek(cut).unwrap();
            stream.push_rows(&Flat::new(after, 8).unwrap()).unwrap();
            let mut sum = stream.partial().unwrap();
            let rest = f.batch(&Flat::new(before, 8).unwrap()).unwrap();
            let mut rest = rest.threads(threads);
            sum.merge(rest.partial(Transform::Gradient, &p, 0).unwrap())
                .unwrap();
            let (found, slopes) = sum.sum_gradient(&f, 30_011).unwrap();
            assert_eq!(
                (found, &slopes[..]),
                (value, gradient),
                "{threads} threads, {cut} rows"
            );
        }
    }
}
