//! The backward pass of one point, as the data of a page.

use chainrule::{Parameters, Result, Var, tape};
use serde_json::value::RawValue;

use super::Session;

impl Session {
    /// The graph of one point's loss, as [`Page::model`](chainrule::Page::model) writes it. `inputs` are x, y and the parameters;
    /// without them, they are those of the point and of the network.
    ///
    /// # Errors
    /// If there is no such point, or `inputs` has another length.
    pub fn backward(&self, point: usize, inputs: Option<&[f64]>) -> Result<Box<RawValue>> {
        let [x, y, label] = self.points.get(point).copied().ok_or_else(|| {
            let problem = format!("there is no point {point}, only {}", self.points.len());
            chainrule::Error::argument("point", problem)
        })?;
        let mut network = (vec![x, y], self.network.clone());
        if let Some(inputs) = inputs {
            network.set_parameters(inputs)?;
        }
        let (place, network) = network;
        let text = tape::scope(|| {
            let place = [Var::new(place[0]).named("x"), Var::new(place[1]).named("y")];
            let score = network.record_named().forward_named(&place)?[0].named("score");
            let loss = self.settings.loss.of(score, Var::from(label));
            Ok::<_, chainrule::Error>(loss.named("loss").explain().html().model())
        })?;
        RawValue::from_string(text)
            .map_err(|error| chainrule::Error::argument("model", error.to_string()))
    }
}
