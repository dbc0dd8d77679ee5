//! The lines of the bench, printed as a Markdown table or as JSON for other programs.

use serde_json::{Value, json};

use crate::race::Times;

/// The unit of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    Seconds,
    /// Seconds per operation, node or row.
    Each,
    Bytes,
}

/// The target of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// At most this many times the time beside it.
    Ratio(f64),
    /// At most this much, in the line's unit.
    Absolute(f64),
}

/// One piece of work: our times, and the times beside them.
pub(crate) struct Line {
    /// A short name, for programs that read the lines.
    pub(crate) key: String,
    pub(crate) work: String,
    pub(crate) unit: Unit,
    pub(crate) ours: Times,
    pub(crate) beside: Option<(&'static str, Times)>,
    pub(crate) target: Option<Target>,
    /// A number that another program computes as well when it does the same work.
    pub(crate) check: Option<f64>,
}

impl Line {
    pub(crate) fn new(key: impl Into<String>, work: impl Into<String>, ours: Times) -> Self {
        Self {
            key: key.into(),
            work: work.into(),
            unit: Unit::Seconds,
            ours,
            beside: None,
            target: None,
            check: None,
        }
    }

    /// A line that counts bytes.
    pub(crate) fn bytes(key: impl Into<String>, work: impl Into<String>, bytes: usize) -> Self {
        let times = Times::once(bytes as f64);
        Self {
            unit: Unit::Bytes,
            ..Self::new(key, work, times)
        }
    }

    pub(crate) fn beside(self, name: &'static str, times: Times) -> Self {
        Self {
            beside: Some((name, times)),
            ..self
        }
    }

    pub(crate) fn each(self) -> Self {
        Self {
            unit: Unit::Each,
            ..self
        }
    }

    pub(crate) fn target(self, target: Target) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    pub(crate) fn check(self, check: f64) -> Self {
        Self {
            check: Some(check),
            ..self
        }
    }

    fn ratios(&self) -> Option<[f64; 2]> {
        let (_, times) = self.beside?;
        Some([
            self.ours.minimum / times.minimum,
            self.ours.median / times.median,
        ])
    }

    /// Whether the fastest samples meet the target.
    fn met(&self) -> Option<bool> {
        match self.target? {
            Target::Ratio(most) => Some(self.ratios()?[0] <= most),
            Target::Absolute(most) => Some(self.ours.minimum <= most),
        }
    }

    fn row(&self) -> [String; 7] {
        let shown = |value| amount(self.unit, value);
        let (beside, other) = self
            .beside
            .map_or((String::new(), String::new()), |(name, times)| {
                (name.to_string(), shown(times.minimum))
            });
        let ratios = self
            .ratios()
            .map(|ratios| ratios.map(|r| format!("{r:.2}")));
        let [fastest, middle] = ratios.unwrap_or_default();
        let met = match self.met() {
            None => "",
            Some(true) => ", met",
            Some(false) => ", missed",
        };
        let target = match self.target {
            None => String::new(),
            Some(Target::Ratio(most)) => format!("≤ {most} ×{met}"),
            Some(Target::Absolute(most)) => format!("≤ {}{met}", shown(most)),
        };
        let ours = shown(self.ours.minimum);
        [
            self.work.clone(),
            ours,
            beside,
            other,
            fastest,
            middle,
            target,
        ]
    }

    /// The line for other programs, with times in seconds.
    pub(crate) fn json(&self) -> Value {
        json!({
            "key": self.key,
            "work": self.work,
            "bytes": self.unit == Unit::Bytes,
            "minimum": self.ours.minimum,
            "median": self.ours.median,
            "beside": self.beside.map(|(name, times)| json!({
                "name": name,
                "minimum": times.minimum,
                "median": times.median,
            })),
            "check": self.check,
        })
    }
}

/// A number of seconds or bytes for readers.
fn amount(unit: Unit, value: f64) -> String {
    let (scaled, name) = match unit {
        Unit::Bytes => (value, "B"),
        Unit::Each => (value * 1e9, "ns"),
        Unit::Seconds if value < 1e-6 => (value * 1e9, "ns"),
        Unit::Seconds if value < 1e-3 => (value * 1e6, "µs"),
        Unit::Seconds if value < 1.0 => (value * 1e3, "ms"),
        Unit::Seconds => (value, "s"),
    };
    let digits = if unit == Unit::Bytes || scaled >= 100.0 {
        0
    } else if scaled >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.digits$} {name}")
}

/// Prints the lines as one table, with columns as wide as necessary.
pub(crate) fn print(lines: &[Line]) {
    let head = [
        "work",
        "ours",
        "beside",
        "takes",
        "ours ÷",
        "medians ÷",
        "target",
    ];
    let mut rows = vec![head.map(str::to_string)];
    rows.extend(lines.iter().map(Line::row));
    let widths = [0, 1, 2, 3, 4, 5, 6].map(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    });
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(column, (cell, width))| match column {
                1 | 3 | 4 | 5 => format!(" {cell:>width$} "),
                _ => format!(" {cell:width$} "),
            })
            .collect();
        println!("|{}|", cells.join("|"));
        if index == 0 {
            let rules: Vec<String> = widths
                .iter()
                .enumerate()
                .map(|(column, width)| match column {
                    1 | 3 | 4 | 5 => format!("{}:", "-".repeat(width + 1)),
                    _ => "-".repeat(width + 2),
                })
                .collect();
            println!("|{}|", rules.join("|"));
        }
    }
}
