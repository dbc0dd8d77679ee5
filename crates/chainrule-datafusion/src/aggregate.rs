//! The aggregate function: the sum of a program's first output over all rows, and its gradient.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::function::{
    AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs,
};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, Volatility,
};

use crate::accumulator::Sums;
use crate::answer;
use crate::arguments::{PARAMETERS, ROW, coerced, list, parameters};
use crate::code::Code;

/// The aggregate of a program. The planner moves the parameters from the first argument into the function, so that they are
/// not repeated for each row.
#[derive(Debug)]
pub(crate) struct SumGradient {
    pub(crate) code: Arc<Code>,
    pub(crate) parameters: Option<Vec<f64>>,
    signature: Signature,
}

impl SumGradient {
    /// The function as users call it.
    pub(crate) fn new(code: Arc<Code>) -> Self {
        Self::with(code, None)
    }

    /// The function with these parameters.
    pub(crate) fn with(code: Arc<Code>, parameters: Option<Vec<f64>>) -> Self {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self {
            code,
            parameters,
            signature,
        }
    }

    /// The parameters, which the planner has moved into the function.
    fn planned(&self) -> Result<&[f64]> {
        self.parameters.as_deref().ok_or_else(|| {
            let name = &self.code.name;
            let problem = "the parameters must be a list of numbers that is the same for all rows; OVER is not supported";
            DataFusionError::Plan(format!("{name}: {problem}"))
        })
    }

    fn key(&self) -> (&Code, Option<Vec<u64>>) {
        let bits =
            |parameters: &Vec<f64>| parameters.iter().map(|number| number.to_bits()).collect();
        (&self.code, self.parameters.as_ref().map(bits))
    }
}

impl PartialEq for SumGradient {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for SumGradient {}

impl Hash for SumGradient {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl AggregateUDFImpl for SumGradient {
    fn name(&self) -> &str {
        &self.code.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let row = (ROW, DataType::Int64);
        match &self.parameters {
            Some(_) => coerced(&self.code, &[row], arguments),
            None => coerced(&self.code, &[(PARAMETERS, list()), row], arguments),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(answer::data_type())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        // On a cluster, this error reaches the user, but one of an accumulator would not.
        self.planned()?;
        let name = format_state_name(args.name, "partial");
        Ok(vec![Arc::new(Field::new(name, DataType::Binary, true))])
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        if self.parameters.is_some() {
            return None;
        }
        let code = Arc::clone(&self.code);
        Some(Box::new(move |mut call: AggregateFunction, _| {
            let Some(Expr::Literal(list, _)) = call.params.args.first() else {
                return Ok(Expr::AggregateFunction(call));
            };
            let function = Self::with(Arc::clone(&code), Some(parameters(&code, list)?));
            let func = Arc::new(AggregateUDF::from(function));
            let args = call.params.args.split_off(1);
            let params = AggregateFunctionParams {
                args,
                ..call.params
            };
            Ok(Expr::AggregateFunction(AggregateFunction { func, params }))
        }))
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let name = &self.code.name;
        if args.is_distinct {
            return Err(DataFusionError::Plan(format!(
                "{name}: DISTINCT has no meaning for rows with indices"
            )));
        }
        let parameters = self.planned()?.to_vec();
        Ok(Box::new(Sums::new(Arc::clone(&self.code), parameters)?))
    }
}
