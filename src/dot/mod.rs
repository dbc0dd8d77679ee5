//! wip
mod cone;
mod drawing;
mod label;

use std::fmt;

use crate::graph::Graph;
use crate::sweep::Gradients;
use crate::tape;
use crate::var::Var;
use cone::Cone;
use drawing::Drawing;

/// Which way values run on a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// As formulas are read, and as the lecture draws.
    #[default]
    LeftToRight,
    /// Inputs on the right.
    RightToLeft,
    /// Inputs above.
    TopToBottom,
    /// Inputs below, as networks are often drawn.
    BottomToTop,
}

/// A picture.
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    graph: Option<&'a Graph>,
    outputs: Vec<Var>,
    cone: Cone,
    gradients: Option<&'a Gradients>,
    local_gradients: Option<bool>,
    values: bool,
    direction: Direction,
    precision: usize,
}

impl<'a> Picture<'a> {
    fn new(graph: Option<&'a Graph>, outputs: &[Var]) -> Self {
        let picture = Self {
            graph,
            outputs: outputs.to_vec(),
            cone: Cone::default(),
            gradients: None,
            local_gradients: None,
            values: true,
            direction: Direction::default(),
            precision: 3,
        };
        picture.max_nodes(200)
    }

    /// x
    #[must_use]
    pub fn max_nodes(mut self, limit: usize) -> Self {
        self.cone = match self.graph {
            Some(graph) => Cone::of(graph, &self.outputs, limit),
            None => tape::with(|graph| Cone::of(graph, &self.outputs, limit)),
        };
        self
    }
    /// x
    #[must_use]
    pub fn gradients(mut self, g: &'a Gradients) -> Self {
        self.gradients = Some(g);
        self
    }
    /// x
    #[must_use]
    pub fn direction(mut self, g: Direction) -> Self {
        self.direction = g;
        self
    }
    fn shows_local_gradients(&self) -> bool {
        self.local_gradients.unwrap_or(self.gradients.is_some())
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Drawing::of(self).fmt(f)
    }
}

impl Var {
    /// x
    pub fn dot<'a>(self) -> Picture<'a> {
        Picture::new(None, &[self])
    }
}
