//! The functions of one row: the value and the gradient.

use std::sync::Arc;

use chainrule::Columns;
use datafusion::arrow::array::{ArrayRef, Float64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use serde::{Deserialize, Serialize};

use crate::answer::lists;
use crate::arguments::{PARAMETERS, coerced, columns, list, of_chainrule, parameters, wrong};
use crate::code::Code;

/// What a function asks of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Asks {
    Value,
    Gradient,
}

/// A function of the parameters and of the columns of a row.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct PerRow {
    pub(crate) code: Arc<Code>,
    pub(crate) asks: Asks,
    name: String,
    signature: Signature,
}

impl PerRow {
    pub(crate) fn new(code: Arc<Code>, asks: Asks) -> Self {
        let what = match asks {
            Asks::Value => "value",
            Asks::Gradient => "gradient",
        };
        Self {
            name: format!("{}_{what}", code.name),
            code,
            asks,
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for PerRow {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        coerced(&self.code, &[(PARAMETERS, list())], arguments)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.asks {
            Asks::Value => DataType::Float64,
            Asks::Gradient => list(),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (name, rows) = (&self.name, args.number_rows);
        let [ColumnarValue::Scalar(list), others @ ..] = &args.args[..] else {
            let problem = "the parameters must be a list of numbers that is the same for all rows";
            return Err(wrong(format!("{name}: {problem}")));
        };
        let parameters = parameters(&self.code, list)?;
        let arrays: Result<Vec<ArrayRef>> = others
            .iter()
            .map(|argument| argument.to_array(rows))
            .collect();
        let arrays = arrays?;
        let columns = columns(&self.code, &arrays, |place| place.to_string())?;
        let columns: Vec<&[f64]> = columns.iter().map(|column| &**column).collect();
        let error = |error| of_chainrule(name, error);
        let table = Columns::new(&columns).map_err(error)?;
        // DataFusion keeps the other cores busy.
        let mut batch = self.code.program.batch(&table).map_err(error)?.threads(1);
        let outputs = self.code.program.outputs();
        let answer: ArrayRef = match self.asks {
            Asks::Value => {
                let values = batch.values(&parameters).map_err(error)?;
                Arc::new(Float64Array::from_iter_values(
                    values.iter().copied().step_by(outputs),
                ))
            }
            Asks::Gradient => {
                let (_, gradients) = batch.gradients(&parameters).map_err(error)?;
                let inputs = gradients.len() / rows.max(1);
                let of_parameters = gradients
                    .chunks(inputs.max(1))
                    .flat_map(|row| &row[..self.code.parameters()]);
                let values = of_parameters.copied().collect();
                Arc::new(lists(
                    std::iter::repeat_n(self.code.parameters(), rows),
                    values,
                ))
            }
        };
        Ok(ColumnarValue::Array(answer))
    }
}
