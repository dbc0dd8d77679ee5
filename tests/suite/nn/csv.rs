//! Tests reading CSV: the values that are read, and the messages for bad files.

use std::fs;
use std::io;
use std::path::Path;

use chainrule::nn::data::{Chunk, Chunked, Csv, CsvOptions, Dataset, Missing, read_csv};
use chainrule::{Error, ErrorKind};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, proptest};

use super::message;

/// A reader that only fails.
struct Broken;

impl io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("cable out"))
    }
}

fn dataset(text: impl AsRef<[u8]>) -> Result<Dataset, Error> {
    Csv::read("rows.csv", text.as_ref())?.dataset("y")
}

proptest! {
    #[test]
    fn written_values_read_back(
        rows in (1_usize..6).prop_flat_map(|width| {
            let value = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
            prop::collection::vec(prop::collection::vec(value, width + 1), 1..20)
        }),
        ending in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        mark in prop::sample::select(vec!["", "\u{feff}"]),
        trailing in 0_usize..3,
    ) {
        let width = rows[0].len() - 1;
        let header: Vec<String> = (0..width).map(|i| format!("x{i}")).collect();
        let mut text = format!("{mark}y,{}{ending}", header.join(","));
        for row in &rows {
            let values: Vec<String> = row.iter().map(ToString::to_string).collect();
            text += &(values.join(",") + ending);
        }
        text += &ending.repeat(trailing);

        let data = dataset(text).unwrap();
        let read: Vec<Vec<u64>> = data
            .rows()
            .map(|(x, y)| [&[y], x].concat().into_iter().map(f64::to_bits).collect())
            .collect();
        let written: Vec<Vec<u64>> = rows
            .iter()
            .map(|row| row.iter().map(|value| value.to_bits()).collect())
            .collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn a_bad_value_is_named_by_line_and_column(
        (rows, row, column) in (1_usize..9).prop_flat_map(|n| (Just(n), 0..n, 0_usize..3)),
        ending in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        gaps in prop::collection::vec(1_usize..4, 10),
    ) {
        let mut text = format!("a,b,y{}", ending.repeat(gaps[0]));
        for index in 0..rows {
            let bad = |at| if (index, at) == (row, column) { "oops" } else { "1" };
            text += &[bad(0), bad(1), bad(2)].join(",");
            text += &ending.repeat(gaps[index + 1]);
        }
        let line = 1 + gaps[..=row].iter().sum::<usize>();
        let name = ["a", "b", "y"][column];
        prop_assert_eq!(
            message(dataset(text)),
            format!("rows.csv, line {line}, column `{name}`: expected a number, found `oops`")
        );
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        if let Err(error) = dataset(&bytes) {
            prop_assert!(error.to_string().starts_with("rows.csv, line "));
        }
    }

    #[test]
    fn near_csv_never_panics(text in "\u{feff}?(y|x|\"|,|\r|\n|1|\\.|-|e|é| |\0){0,40}", cut in any::<prop::sample::Index>()) {
        let bytes = text.as_bytes();
        // A cut inside a character leaves text that is not UTF-8.
        let bytes = &bytes[..cut.index(bytes.len() + 1)];
        for text in [bytes.to_vec(), [b"x,y\n", bytes].concat()] {
            match dataset(&text) {
                Ok(data) => prop_assert!(data.rows().all(|(x, y)| x[0].is_finite() && y.is_finite())),
                Err(error) => prop_assert!(error.to_string().starts_with("rows.csv, line ")),
            }
        }
    }
}

#[test]
fn bad_files_are_named_with_line_and_column() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "rows.csv, line 1: expected a header, found nothing"),
        (
            b"\xef\xbb\xbf\r\n\n",
            "rows.csv, line 1: expected a header, found nothing",
        ),
        (
            b"x,y\n",
            "rows.csv, line 1: there are no rows after the header",
        ),
        (
            b"\n\r\nx,y\r\n\r\n",
            "rows.csv, line 3: there are no rows after the header",
        ),
        (
            b"x,z\n1,2\n",
            "rows.csv, line 1: there is no column `y`, only `x`, `z`",
        ),
        (
            b"a,b,c,d,e,f,g,h,i,j\n",
            "rows.csv, line 1: there is no column `y`, only `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h` and 2 more",
        ),
        (b"y\n1\n", "rows.csv, line 1: there is no column except `y`"),
        (
            b"x,y,x\n1,2,3\n",
            "rows.csv, line 1: columns 1 and 3 are both named `x`",
        ),
        (b"x,,y\n1,2,3\n", "rows.csv, line 1: column 2 has no name"),
        (
            b"x,\xff,y\n1,2,3\n",
            "rows.csv, line 1: the name of column 2 is not UTF-8",
        ),
        (
            b"x,y\n1,2\n3\n",
            "rows.csv, line 3, column `y`: expected 2 values in the row, found 1",
        ),
        (
            b"x,y\n1,2,3\n",
            "rows.csv, line 2: expected 2 values in the row, found 3",
        ),
        (
            b"x,y\n1,2\nabc,4\n",
            "rows.csv, line 3, column `x`: expected a number, found `abc`",
        ),
        (
            b"x,y\n1,2\n,4\n",
            "rows.csv, line 3, column `x`: expected a number, found nothing",
        ),
        (
            b"x,y\n1,nan\n",
            "rows.csv, line 2, column `y`: expected a finite number, found `nan`",
        ),
        (
            b"x,y\n-inf,2\n",
            "rows.csv, line 2, column `x`: expected a finite number, found `-inf`",
        ),
        (
            b"x,y\n1e999,2\n",
            "rows.csv, line 2, column `x`: expected a finite number, found `1e999`",
        ),
        (
            b"x,y\r\n1,2\r\n\r\n3,\xc3\r\n",
            "rows.csv, line 4, column `y`: expected a number, found bytes that are not UTF-8",
        ),
        (
            b"x,y\n1,\"2\n3,4\n",
            "rows.csv, line 2: the quote that opens here is not closed",
        ),
        (
            b"x,y\n1,\"2",
            "rows.csv, line 2: the quote that opens here is not closed",
        ),
        (
            b"x,\"y\n1,2\n",
            "rows.csv, line 1: the quote that opens here is not closed",
        ),
        (
            b"x,y\r\n1,2\r\n\"1\r\n\",\"2\"\"\r\n",
            "rows.csv, line 4: the quote that opens here is not closed",
        ),
        (
            b"x,y\n1,\"2\n\"3,4\n",
            "rows.csv, line 2: expected 2 values in the row, found 3",
        ),
        (
            b"x,y\n0123456789012345678901234567890123456789x,1\n",
            "rows.csv, line 2, column `x`: expected a number, \
             found `0123456789012345678901234567890123456789…`",
        ),
    ];
    for (bytes, expected) in cases {
        let error = dataset(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert_eq!(error.to_string(), *expected);
    }
}

#[test]
fn columns_are_chosen_by_name() {
    let csv = Csv::read("rows.csv", &b"id,\"y\", x \nA,1,\" 2\"\nB,-3, 4 \n"[..]).unwrap();
    assert_eq!(csv.names(), ["id", "y", "x"]);
    assert_eq!(csv.column("x").unwrap(), [2.0, 4.0]);
    let data = csv.dataset_of(&["x"], "y").unwrap();
    assert_eq!(data.inputs(), [[2.0], [4.0]]);
    assert_eq!(data.targets(), [1.0, -3.0]);

    let say = |inputs: &[&str]| message(csv.dataset_of(inputs, "y"));
    assert_eq!(say(&[]), "inputs: must name at least one column");
    assert_eq!(say(&["x", "y"]), "inputs: must not contain the target `y`");
    assert_eq!(
        say(&["z"]),
        "rows.csv, line 1: there is no column `z`, only `id`, `y`, `x`"
    );
    assert_eq!(
        say(&["id"]),
        "rows.csv, line 2, column `id`: expected a number, found `A`"
    );
    assert_eq!(
        message(csv.column("id")),
        "rows.csv, line 2, column `id`: expected a number, found `A`"
    );
}

#[test]
fn closed_quotes_and_quotes_within_fields_are_allowed() {
    for text in [
        &b"y,x\n\"1\",\"2\""[..],
        b"y,x,z\n1,2,\"a \"\"b\"\"\"",
        b"y,x,z\n1,2,a\"b",
        b"y,x,z\n1,2,\"a\"b\"",
        b"y,x,z\n1,2,\"\"",
        b"y,x,z\n1,2, \"a\n",
    ] {
        let csv = Csv::read("rows.csv", text).unwrap();
        let data = csv.dataset_of(&["x"], "y").unwrap();
        assert_eq!(data.rows().collect::<Vec<_>>(), [(&[2.0][..], 1.0)]);
    }
}

#[test]
fn a_column_of_numbers_has_one_value_per_line() {
    let column = |text: &[u8]| Csv::read("rows.csv", text)?.column("value");
    assert_eq!(column(b"value\r\n1\r\n-2e-3").unwrap(), [1.0, -0.002]);
    assert_eq!(
        message(column(b"value\n1\n2,3\n")),
        "rows.csv, line 3: expected 1 value in the row, found 2"
    );
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let error = read_csv("tests/data/absent.csv", "y").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().starts_with("tests/data/absent.csv: "));
    assert_eq!(
        read_csv("tests/data", "y").unwrap_err().kind(),
        ErrorKind::Io
    );

    assert_eq!(message(Csv::read("socket", Broken)), "socket: cable out");
}

#[test]
fn a_bad_file_on_disk_is_named_by_its_path() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad_rows.csv");
    fs::write(&path, "x,y\n1,2\n3,four\n").unwrap();
    assert_eq!(
        message(read_csv(&path, "y")),
        format!(
            "{}, line 3, column `y`: expected a number, found `four`",
            path.display()
        )
    );
}

#[test]
fn shipped_files_are_read() {
    let points = read_csv("tests/data/moons/points.csv", "label").unwrap();
    assert_eq!((points.len(), points.width()), (100, 2));
    assert_eq!(
        points.inputs()[0],
        [1.122_114_607_540_968_5, 0.081_477_173_417_186_97]
    );
    assert_eq!(
        points
            .targets()
            .iter()
            .filter(|&&label| label == 1.0)
            .count(),
        50
    );
    assert_eq!(
        points
            .targets()
            .iter()
            .filter(|&&label| label == -1.0)
            .count(),
        50
    );

    let parameters = Csv::open("tests/data/moons/parameters.csv").unwrap();
    assert_eq!(parameters.column("value").unwrap().len(), 337);

    let trace = Csv::open("tests/data/moons/trace.csv").unwrap();
    assert_eq!(trace.names(), ["step", "loss", "accuracy"]);
    assert_eq!(trace.column("loss").unwrap()[0], 0.895_844_102_868_322_3);

    let digits = read_csv("examples/data/digits.csv", "digit").unwrap();
    let classes = digits.classes(10).unwrap();
    let counts: Vec<usize> = (0..10)
        .map(|digit| classes.iter().filter(|&&class| class == digit).count())
        .collect();
    // The counts from the source's own description.
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
}

#[test]
fn wide_files_are_read() {
    // If every name were compared with all names before it, this test would take minutes.
    let names: Vec<String> = (0..200_000)
        .map(|column| format!("column {column:06}"))
        .collect();
    let (target, inputs) = names.split_last().unwrap();
    let values: Vec<String> = (0..names.len()).map(|column| column.to_string()).collect();
    let text = format!("{}\n{}\n", names.join(","), values.join(","));
    let csv = Csv::read("wide.csv", text.as_bytes()).unwrap();
    let inputs: Vec<&str> = inputs.iter().rev().map(String::as_str).collect();
    let data = csv.dataset_of(&inputs, target).unwrap();
    let (found, last) = data.rows().next().unwrap();
    let expected: Vec<f64> = (0..199_999).rev().map(f64::from).collect();
    assert_eq!((found, last), (&expected[..], 199_999.0));

    let twice = format!("{},column 000007\n", names.join(","));
    assert_eq!(
        message(Csv::read("wide.csv", twice.as_bytes())),
        "wide.csv, line 1: columns 8 and 200001 are both named `column 000007`"
    );
}

#[test]
fn a_file_with_other_separators_says_so() {
    for (text, separator) in [
        ("x;y\n1;2\n", ";"),
        ("x\ty\n1\t2\n", "\\t"),
        ("x|y\n1|2\n", "|"),
    ] {
        let name = text.lines().next().unwrap();
        let shown = name.replace('\t', "\\t");
        assert_eq!(
            message(dataset(text)),
            format!(
                "rows.csv, line 1: there is no column `y`, only `{shown}`; if `{separator}` separates the columns, \
                 read the file by `Csv::options().delimiter(b'{separator}')`"
            )
        );
        let error = message(
            Csv::read("rows.csv", text.as_bytes())
                .unwrap()
                .dataset(name),
        );
        assert!(error.contains("there is no column except"), "{error}");
        assert!(error.contains("separates the columns"), "{error}");
        let byte = name.as_bytes()[1];
        let csv = Csv::options()
            .delimiter(byte)
            .read("rows.csv", text.as_bytes());
        let data = csv.unwrap().dataset("y").unwrap();
        assert_eq!(data.rows().next(), Some((&[1.0][..], 2.0)));
    }
    // One column whose name only looks like two is a column.
    let csv = Csv::read("rows.csv", &b"x;y\n1\n"[..]).unwrap();
    assert_eq!(csv.column("x;y").unwrap(), [1.0]);
}

#[test]
fn an_index_without_name_and_commas_at_the_end_are_no_columns() {
    let rows = |text: &str| {
        dataset(text).map(|data| {
            data.rows()
                .map(|(x, y)| (x.to_vec(), y))
                .collect::<Vec<_>>()
        })
    };
    let expected = vec![(vec![1.0], 2.0), (vec![3.0], 4.0)];
    for text in [
        ",x,y\n0,1,2\n1,3,4\n",
        ",x,y\na,1,2\nb,3,4\n",
        "x,y,\n1,2,\n3,4,\n",
        "x,y,,,\n1,2,,,\n3,4, , ,\n",
        "x,y,\n1,2\n3,4,,,\n",
        "x,y\n1,2,\n3,4\n",
        ",x,y,\n0,1,2,\n1,3,4,\n",
        "x,y\n\n1,2\n   \n\t\n3,4\n  ",
    ] {
        assert_eq!(rows(text).unwrap(), expected, "{text:?}");
    }
    assert_eq!(
        message(rows("x,y,\n1,2,\n3,4,5\n")),
        "rows.csv, line 3: expected 2 values in the row, found 3"
    );
    assert_eq!(
        message(rows("x,,y\n1,2,3\n")),
        "rows.csv, line 1: column 2 has no name"
    );
    let csv = Csv::read("rows.csv", &b",x,y,\n0,1,2,\n"[..]).unwrap();
    assert_eq!(csv.names(), ["", "x", "y", ""]);
    assert_eq!(
        message(csv.column("")),
        "rows.csv, line 1: there is no column ``, only `x`, `y`"
    );
}

#[test]
fn comments_are_skipped_and_lines_stay_right() {
    let options = Csv::options().comment(b'#');
    let read = |text: &str| {
        options
            .clone()
            .read("rows.csv", text.as_bytes())?
            .column("x")
    };
    let text = "# a comment, with \"quotes\r\n#\r\n\r\nx\r\n# and more\r\n1\r\n#\r\n\r\n2#\r\n";
    assert_eq!(
        message(read(text)),
        "rows.csv, line 9, column `x`: expected a number, found `2#`"
    );
    assert_eq!(read("#\nx\n1\n#2\n3\n#").unwrap(), [1.0, 3.0]);
    assert_eq!(
        message(read("#x\n#1\n")),
        "rows.csv, line 1: expected a header, found nothing"
    );
    // Without the option, it is a row.
    let error = Csv::read("rows.csv", &b"x\n#1\n"[..]).unwrap().column("x");
    assert_eq!(
        message(error),
        "rows.csv, line 2, column `x`: expected a number, found `#1`"
    );
}

#[test]
fn missing_values_follow_the_rule() {
    let text = "x,y,note\n1,NA,\n,2,NA\n3,4,\n5,?,\n";
    let read = |missing| {
        let options = Csv::options()
            .missing(missing)
            .missing_texts(&["", "NA", "?"]);
        options.read("rows.csv", text.as_bytes()).unwrap()
    };
    // Only the chosen columns count.
    let skip = read(Missing::SkipRow);
    assert_eq!(skip.column("x").unwrap(), [1.0, 3.0, 5.0]);
    assert_eq!(skip.column("y").unwrap(), [2.0, 4.0]);
    let data = skip.dataset_of(&["x"], "y").unwrap();
    assert_eq!(data.rows().collect::<Vec<_>>(), [(&[3.0][..], 4.0)]);
    let value = read(Missing::Value(-1.0));
    assert_eq!(value.column("y").unwrap(), [-1.0, 2.0, 4.0, -1.0]);
    assert!(read(Missing::Value(f64::NAN)).column("y").unwrap()[0].is_nan());
    assert_eq!(
        message(read(Missing::Refuse).column("y")),
        "rows.csv, line 2, column `y`: expected a number, found `NA`"
    );
    // Texts that are not in the list are no numbers.
    let options = Csv::options().missing(Missing::SkipRow);
    let csv = options.read("rows.csv", text.as_bytes()).unwrap();
    assert_eq!(
        message(csv.column("y")),
        "rows.csv, line 2, column `y`: expected a number, found `NA`"
    );
}

#[test]
fn a_file_without_header_is_read_from_its_first_line() {
    let csv = Csv::options()
        .no_header()
        .read("rows.csv", &b"1,2,3\n4,5,6\n"[..])
        .unwrap();
    assert_eq!(csv.names(), ["0", "1", "2"]);
    let data = csv.dataset("2").unwrap();
    assert_eq!(data.inputs(), [[1.0, 2.0], [4.0, 5.0]]);
    assert_eq!(data.targets(), [3.0, 6.0]);
    let empty = Csv::options().no_header().read("rows.csv", &b"\n"[..]);
    assert_eq!(
        message(empty),
        "rows.csv, line 1: expected a row, found nothing"
    );
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let read = |options: CsvOptions| message(options.read("rows.csv", &b"x\n1\n"[..]));
    for byte in *b"\"\r\n" {
        assert_eq!(
            read(Csv::options().delimiter(byte)),
            "delimiter: must be no quote and no end of a line"
        );
        assert!(read(Csv::options().comment(byte)).starts_with("comment: "));
    }
    assert!(read(Csv::options().comment(b',')).starts_with("comment: "));
}

proptest! {
    #[test]
    fn chunks_have_the_numbers_of_the_columns(
        rows in prop::collection::vec(prop::option::weighted(0.9, -5..5_i32), 1..200),
        size in 1..50_usize,
        ending in prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n", "\n#,,\"\n"]),
        mark in prop::sample::select(vec!["", "\u{feff}"]),
        on_disk in any::<bool>(),
    ) {
        let mut text = format!("{mark}y,note,x{ending}");
        for (number, row) in rows.iter().enumerate() {
            let x = row.map_or(String::new(), |x| x.to_string());
            text += &[&number.to_string(), ",\"a\n\"\"b\"\"\",", &x, ending].concat();
        }
        let options = Csv::options().comment(b'#').missing(Missing::SkipRow);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join("chunks.csv");
        let csv = if on_disk {
            fs::write(&path, &text).unwrap();
            options.open(&path).unwrap()
        } else {
            options.read("rows.csv", text.as_bytes()).unwrap()
        };
        let data = csv.chunks(&["x", "y"], size).unwrap();
        let (mut chunk, mut found) = (Chunk::default(), vec![Vec::new(); 2]);
        for index in (0..data.chunks()).rev() {
            data.read(index, &mut chunk).unwrap();
            prop_assert_eq!(chunk.rows(), data.rows(index));
            prop_assert!(chunk.rows() == size || index + 1 == data.chunks());
            for (all, column) in found.iter_mut().zip(chunk.columns()) {
                all.splice(0..0, column.iter().copied());
            }
        }
        let numbered = rows.iter().enumerate().filter_map(|(number, row)| Some((f64::from((*row)?), number as f64)));
        let (x, y): (Vec<f64>, Vec<f64>) = numbered.unzip();
        prop_assert_eq!(found, [x, y]);
    }
}

#[test]
fn long_files_are_read_with_right_lines() {
    // Much longer than what is read at a time.
    let rows = (0..100_000).map(|row| format!("{row},{}\n", 2 * row));
    let text = format!("x,y\n{}oops,1\n", rows.collect::<String>());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("long_rows.csv");
    fs::write(&path, &text).unwrap();
    let csv = Csv::open(&path).unwrap();
    let y = csv.column("y").unwrap();
    assert_eq!((y.len(), y[99_999]), (100_001, 199_998.0));
    let wanted = ", line 100002, column `x`: expected a number, found `oops`";
    assert!(message(csv.column("x")).ends_with(wanted));
    assert!(message(csv.chunks(&["x"], 1000)).ends_with(wanted));

    // A file that became shorter.
    let data = csv.chunks(&["y"], 1000).unwrap();
    fs::write(&path, &text[..100_000]).unwrap();
    let error = data.read(99, &mut Chunk::default());
    assert!(message(error).contains("has changed: 1000 rows are missing at its end"));
}
