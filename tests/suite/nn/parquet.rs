//! Tests Arrow record batches and Parquet files: the numbers that were written, lazily and by chosen columns, and errors that
//! name file, column and row.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, RecordBatch, StringArray, UInt8Array, UInt16Array, UInt32Array,
    UInt64Array,
};
use chainrule::nn::data::{Chunk, Chunked, Parquet};
use chainrule::nn::{Fit, optimizer::Adam};
use chainrule::{ErrorKind, Program, Var};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::message;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn write(path: &Path, compression: Compression, group: usize, batch: &RecordBatch) {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(group))
        .build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// A folder that is removed with its files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("rows.parquet")
    }
}

fn numbers(count: usize) -> [Vec<f64>; 2] {
    let x: Vec<f64> = (0..count).map(|row| (row as f64 * 0.37).sin()).collect();
    let y = x.iter().map(|x| 2.0 * x + 1.0).collect();
    [x, y]
}

#[test]
fn every_kind_of_number_is_read() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "f64",
            Arc::new(Float64Array::from(vec![0.1, f64::NAN, -0.0])),
        ),
        (
            "f32",
            Arc::new(Float32Array::from(vec![0.1, f32::INFINITY, -0.0])),
        ),
        ("i8", Arc::new(Int8Array::from(vec![-128, 0, 127]))),
        ("i16", Arc::new(Int16Array::from(vec![-32768, 0, 32767]))),
        (
            "i32",
            Arc::new(Int32Array::from(vec![i32::MIN, 0, i32::MAX])),
        ),
        (
            "i64",
            Arc::new(Int64Array::from(vec![i64::MIN, 0, 1 << 53])),
        ),
        ("u8", Arc::new(UInt8Array::from(vec![0, 1, 255]))),
        ("u16", Arc::new(UInt16Array::from(vec![0, 1, 65535]))),
        ("u32", Arc::new(UInt32Array::from(vec![0, 1, u32::MAX]))),
        ("u64", Arc::new(UInt64Array::from(vec![0, 1, 1 << 63]))),
        (
            "bool",
            Arc::new(BooleanArray::from(vec![false, true, true])),
        ),
    ];
    let expected = [
        [0.1, f64::NAN, -0.0],
        [f64::from(0.1_f32), f64::INFINITY, -0.0],
        [-128.0, 0.0, 127.0],
        [-32768.0, 0.0, 32767.0],
        [-2_147_483_648.0, 0.0, 2_147_483_647.0],
        [-9_223_372_036_854_775_808.0, 0.0, 9_007_199_254_740_992.0],
        [0.0, 1.0, 255.0],
        [0.0, 1.0, 65535.0],
        [0.0, 1.0, 4_294_967_295.0],
        [0.0, 1.0, 9_223_372_036_854_775_808.0],
        [0.0, 1.0, 1.0],
    ];
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let batch = batch(columns);
    let folder = Folder::new();
    write(&folder.path(), Compression::UNCOMPRESSED, 100, &batch);
    let mut read = Chunk::default();
    Parquet::open(folder.path())
        .unwrap()
        .read(0, &mut read)
        .unwrap();
    for chunk in [
        Chunk::from_record_batch("batch", &batch, &names).unwrap(),
        read,
    ] {
        for (column, wanted) in chunk.columns().iter().zip(expected) {
            let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(column), bits(&wanted));
        }
        assert_eq!(chunk.columns().len(), names.len());
    }
}

#[test]
fn a_column_that_holds_no_numbers_is_named_with_its_row() {
    let some: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0, 4.0]));
    let cases: Vec<(ArrayRef, &str)> = vec![
        (
            Arc::new(Float64Array::from(vec![
                Some(1.0),
                Some(2.0),
                Some(3.0),
                None,
            ])),
            "row 3: expected a number, found null",
        ),
        (
            Arc::new(BooleanArray::from(vec![Some(true), Some(true), None, None])),
            "row 2: expected a number, found null",
        ),
        (
            Arc::new(StringArray::from(vec!["1", "2", "3", "4"])),
            "row 0: expected a number, found text",
        ),
        (
            Arc::new(Int64Array::from(vec![0, 1, (1 << 53) + 1, 0])),
            "row 2: no f64 equals the integer 9007199254740993",
        ),
        (
            Arc::new(UInt64Array::from(vec![0, 1, 0, u64::MAX])),
            "row 3: no f64 equals the integer 18446744073709551615",
        ),
        (
            Arc::new(Int64Array::from(vec![i64::MAX, 1, 0, 0])),
            "row 0: no f64 equals the integer 9223372036854775807",
        ),
        (
            Arc::new(Date32Array::from(vec![1, 2, 3, 4])),
            "row 0: expected a number, found the type Date32",
        ),
    ];
    let folder = Folder::new();
    let path = folder.path();
    for (column, problem) in cases {
        let batch = batch(vec![("x", some.clone()), ("y", column)]);
        let result = Chunk::from_record_batch("batch", &batch, &["x", "y"]);
        assert_eq!(message(result), format!("batch, column `y`: {problem}"));
        // In groups of two rows, rows are counted over the whole file.
        write(&path, Compression::UNCOMPRESSED, 2, &batch);
        let data = Parquet::open(&path).unwrap();
        let mut chunk = Chunk::default();
        let found = (0..2).find_map(|group| data.read(group, &mut chunk).err());
        let found = found.unwrap().to_string();
        assert_eq!(found, format!("{}, column `y`: {problem}", path.display()));
        assert_eq!(chunk.rows(), 0);
        // The other column can be read.
        data.columns(&["x"]).unwrap().read(1, &mut chunk).unwrap();
        assert_eq!(chunk.columns(), [[3.0, 4.0]]);
    }
}

#[test]
fn columns_are_chosen_by_name() {
    let columns: Vec<(&str, ArrayRef)> = ["a", "b", "c"]
        .into_iter()
        .zip(1..)
        .map(|(name, value)| (name, Arc::new(Int32Array::from(vec![value; 3])) as ArrayRef))
        .collect();
    let batch = batch(columns);
    let folder = Folder::new();
    write(&folder.path(), Compression::SNAPPY, 100, &batch);
    let data = Parquet::open(folder.path()).unwrap();
    assert_eq!(data.names(), ["a", "b", "c"]);
    let mut chunk = Chunk::default();
    for (names, values) in [
        (&["a", "b", "c"][..], &[1.0, 2.0, 3.0][..]),
        (&["c", "a", "b"], &[3.0, 1.0, 2.0]),
        (&["c", "a"], &[3.0, 1.0]),
        (&["b"], &[2.0]),
    ] {
        let chosen = data.clone().columns(names).unwrap();
        assert_eq!(chosen.width(), names.len());
        chosen.read(0, &mut chunk).unwrap();
        let expected: Vec<Vec<f64>> = values.iter().map(|&value| vec![value; 3]).collect();
        assert_eq!(chunk.columns(), expected);
        assert_eq!(Chunk::from_record_batch("", &batch, names).unwrap(), chunk);
    }
    let path = folder.path();
    let source = path.display();
    assert_eq!(
        message(data.clone().columns(&["a", "z"])),
        format!("{source}: there is no column `z`, only `a`, `b`, `c`")
    );
    assert_eq!(
        message(data.columns(&["a", "b", "a"])),
        "columns: `a` is listed twice"
    );
}

#[test]
fn row_groups_are_chunks_and_have_the_bits_of_a_batch() {
    let [x, y] = numbers(10_000);
    let columns: [(&str, ArrayRef); 2] = [
        ("x", Arc::new(Float64Array::from(x.clone()))),
        ("y", Arc::new(Float64Array::from(y.clone()))),
    ];
    let batch = batch(columns.to_vec());
    let loss = |p: &[Var; 2], row: &[Var]| (p[0] * row[0] + p[1] - row[1]).square();
    let f = Program::trace_rows(&[0.0; 2], 2, loss).unwrap();
    let rows = Chunk::new(vec![x, y]).unwrap();
    let mut whole = f.batch(&rows).unwrap();
    let expected = whole.sum_gradient(&[0.3, 0.4]).unwrap();
    let folder = Folder::new();
    let compressions = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
    ];
    let mut trained = Vec::new();
    for compression in compressions {
        write(&folder.path(), compression, 3000, &batch);
        let data = Parquet::open(folder.path()).unwrap();
        let lengths: Vec<usize> = (0..data.chunks()).map(|chunk| data.rows(chunk)).collect();
        assert_eq!(lengths, [3000, 3000, 3000, 1000]);
        let (mut stream, mut chunk) = (f.stream(&[0.3, 0.4]).unwrap(), Chunk::default());
        for group in 0..data.chunks() {
            data.read(group, &mut chunk).unwrap();
            stream.push_rows(&chunk).unwrap();
        }
        let (value, gradient) = stream.sum_gradient().unwrap();
        assert_eq!((value, &gradient[..]), expected);
        let mut line = [0.0, 0.0];
        let fit = Fit::new().epochs(2).batch(256).seed(1);
        fit.run_chunks(&mut line, &data, &mut Adam::new(0.1).unwrap(), loss)
            .unwrap();
        trained.push(line);
    }
    assert!((trained[0][0] - 2.0).abs() < 0.3, "{trained:?}");
    assert_eq!(trained[0], trained[1]);
    assert_eq!(trained[0], trained[2]);
}

#[test]
fn a_file_that_is_no_parquet_is_an_error() {
    let folder = Folder::new();
    let path = folder.path();
    let error = Parquet::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    for bytes in [&b""[..], b"PAR1", b"x,y\n1,2\n", &[0xff; 100]] {
        fs::write(&path, bytes).unwrap();
        let error = Parquet::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        let begin = format!("{}: cannot be read as Parquet: ", path.display());
        assert!(error.to_string().starts_with(&begin), "{error}");
    }
    // A file that was cut short after it was opened.
    let x: ArrayRef = Arc::new(Float64Array::from(numbers(10_000)[0].clone()));
    write(&path, Compression::SNAPPY, 5000, &batch(vec![("x", x)]));
    let data = Parquet::open(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = data.read(1, &mut Chunk::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data, "{error}");
    fs::remove_file(&path).unwrap();
    assert_eq!(
        data.read(0, &mut Chunk::default()).unwrap_err().kind(),
        ErrorKind::Io
    );
}

#[test]
fn damaged_files_are_errors() {
    let folder = Folder::new();
    let path = folder.path();
    let [x, y] = numbers(300);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("x", Arc::new(Float64Array::from(x))),
        ("y", Arc::new(Float64Array::from(y))),
    ];
    let (mut state, mut errors) = (1_u64, 0);
    let mut next = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    let kinds = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
    ];
    for compression in kinds {
        write(&path, compression, 100, &batch(columns.clone()));
        let whole = fs::read(&path).unwrap();
        for _ in 0..1000 {
            let mut bytes = whole.clone();
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            if next(4) == 0 {
                bytes.truncate(next(bytes.len()));
            }
            fs::write(&path, &bytes).unwrap();
            let read = || -> chainrule::Result<()> {
                let file = Parquet::open(&path)?;
                let mut chunk = Chunk::default();
                (0..file.chunks()).try_for_each(|index| file.read(index, &mut chunk))
            };
            // What is damaged can still be numbers.
            errors += usize::from(read().is_err());
        }
    }
    assert!(errors > 1000, "{errors}");
}

#[test]
fn files_with_other_columns_are_not_joined() {
    let folder = Folder::new();
    let [first, second] = ["first", "second"].map(|name| folder.path().with_file_name(name));
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let others: ArrayRef = Arc::new(Float64Array::from(vec![2.0]));
    let kind = Compression::UNCOMPRESSED;
    write(
        &first,
        kind,
        10,
        &batch(vec![
            ("x", Arc::clone(&numbers)),
            ("y", Arc::clone(&others)),
        ]),
    );
    write(
        &second,
        kind,
        10,
        &batch(vec![("y", others), ("x", numbers)]),
    );
    let open = |path| Parquet::open(path).unwrap();
    let mut chunk = Chunk::default();
    let both = vec![open(&first), open(&second)];
    assert_eq!(
        message(both.read(1, &mut chunk)),
        "source 1: expected the columns `x`, `y`, found `y`, `x`"
    );
    // Chosen by name, they have one order.
    let chosen = both
        .into_iter()
        .map(|file| file.columns(&["x", "y"]).unwrap());
    let chosen: Vec<Parquet> = chosen.collect();
    chosen.read(1, &mut chunk).unwrap();
    assert_eq!(chunk.columns(), [[1.0], [2.0]]);
}

#[test]
fn a_name_of_two_columns_is_refused() {
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let field = |name| arrow_schema::Field::new(name, arrow_schema::DataType::Float64, false);
    let schema = arrow_schema::Schema::new(vec![field("x"), field("x"), field("y")]);
    let columns = vec![Arc::clone(&x), Arc::clone(&x), x];
    let batch = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
    let found = message(Chunk::from_record_batch("query", &batch, &["x"]));
    assert_eq!(found, "query, column `x`: two columns have this name");
    assert!(Chunk::from_record_batch("query", &batch, &["y"]).is_ok());
}
