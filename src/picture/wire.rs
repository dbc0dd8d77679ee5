//! The label of a wire: the value on one side of the wire, the gradient on the other.

use std::fmt;

use super::direction::Direction;
use super::frame::Caption;
use super::label;
use crate::op::Op;

// Green and red differ in lightness too, for readers who see them as one hue. The colours on dark pages do as well.
pub(super) const VALUE: &str = "#0a4f20";
pub(super) const GRADIENT: &str = "#dc2f3a";
pub(super) const LOCAL: &str = "#57606a";
pub(super) const INK: &str = "#24292f";
pub(super) const WIRE: &str = "#6e7781";

const TABLE: &str = "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\"";

/// The texts on the wire that leads a node's value away. Its `Display` is an HTML-like label of Graphviz.
pub(super) struct Wire<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) value: Option<String>,
    pub(super) gradient: Option<Caption>,
    /// Whether the wire begins here: then the name is before it, otherwise beside the value.
    pub(super) input: bool,
    pub(super) direction: Direction,
}

impl Wire<'_> {
    /// Whether there is no text.
    pub(super) fn is_bare(&self) -> bool {
        self.name.is_none() && !self.has_numbers()
    }

    /// Whether there is a number beside the wire.
    pub(super) fn has_numbers(&self) -> bool {
        self.value.is_some() || self.gradient.is_some()
    }

    /// The name, or for an input without one the symbol of inputs.
    fn title(&self) -> Option<String> {
        match self.name {
            Some(name) => Some(format!("<B>{}</B>", label::html(name))),
            None if self.input => Some(Op::Input.row().symbol.to_owned()),
            None => None,
        }
    }

    /// The numbers, with the wire as a rule between them; `name` comes before the value.
    fn numbers(&self, name: Option<&str>) -> String {
        let gradient = self.gradient.as_ref().map(|caption| caption.now.as_str());
        let letters = |text: Option<&str>| text.map_or(0, |text| text.chars().count());
        let font = |color: &str, text: &str| format!("<FONT COLOR=\"{color}\">{text}</FONT>");
        let colored =
            |color, text: Option<&str>| text.map_or(String::new(), |text| font(color, text));
        let mut value = colored(VALUE, self.value.as_deref());
        let mut width = letters(self.value.as_deref()).max(letters(gradient));
        if let Some(name) = name {
            value = format!("{name} {value}");
            width += letters(self.name) + 1;
        }
        let gradient = colored(GRADIENT, gradient);
        let cells = if self.direction.is_vertical() {
            // The wire runs in the middle, so both columns are as wide as the longer text.
            let width = 8 * width + 6;
            format!(
                "<TD ALIGN=\"RIGHT\" WIDTH=\"{width}\">{value}</TD><VR/>\
                 <TD ALIGN=\"LEFT\" WIDTH=\"{width}\">{gradient}</TD>"
            )
        } else {
            format!(
                "<TD HEIGHT=\"18\" WIDTH=\"30\">{value}</TD></TR><HR/>\
                 <TR><TD HEIGHT=\"18\">{gradient}</TD>"
            )
        };
        format!("{TABLE} COLOR=\"{WIRE}\"><TR>{cells}</TR></TABLE>")
    }
}

impl fmt::Display for Wire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = self.title();
        let numbers = self.has_numbers();
        let Some(title) = title.as_deref().filter(|_| self.input || !numbers) else {
            return f.write_str(&self.numbers(title.as_deref()));
        };
        if !numbers {
            return write!(f, "{TABLE}><TR><TD>{title}</TD></TR></TABLE>");
        }
        // The name is where the wire begins, not on its path.
        let title = format!("<TD>{title}</TD>");
        let numbers = format!("<TD CELLPADDING=\"0\">{}</TD>", self.numbers(None));
        let [first, second] = match self.direction {
            Direction::LeftToRight | Direction::TopToBottom => [title, numbers],
            Direction::RightToLeft | Direction::BottomToTop => [numbers, title],
        };
        let row = if self.direction.is_vertical() {
            "</TR><TR>"
        } else {
            ""
        };
        write!(f, "{TABLE}><TR>{first}{row}{second}</TR></TABLE>")
    }
}
