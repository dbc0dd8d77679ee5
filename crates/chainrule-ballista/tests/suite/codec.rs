//! The codecs write functions of programs, and leave everything else to Ballista's.

use chainrule_ballista::{LogicalCodec, PhysicalCodec};
use chainrule_datafusion::{aggregate, per_row};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::PhysicalExtensionCodec;

use crate::rows::loss;

/// The checks for one of the codecs, whose traits have the same methods.
macro_rules! checks {
    ($codec:ident) => {{
        let codec = $codec::default();
        let sum = aggregate("loss", &loss()).unwrap();
        let mut bytes = Vec::new();
        codec.try_encode_udaf(&sum, &mut bytes).unwrap();
        assert_eq!(codec.try_decode_udaf("loss", &bytes).unwrap(), sum);
        let problem = codec
            .try_decode_udaf("risk", &bytes)
            .unwrap_err()
            .to_string();
        assert!(problem.contains("another function: `loss`"), "{problem}");
        bytes.pop();
        let problem = codec
            .try_decode_udaf("loss", &bytes)
            .unwrap_err()
            .to_string();
        assert!(
            problem.contains("loss: the function's bytes are damaged"),
            "{problem}"
        );
        let problem = codec
            .try_decode_udaf("loss", b"chain")
            .unwrap_err()
            .to_string();
        assert!(problem.contains("aggregate function loss"), "{problem}");

        for function in per_row("loss", &loss()).unwrap() {
            let mut bytes = Vec::new();
            codec.try_encode_udf(&function, &mut bytes).unwrap();
            let name = function.name();
            assert_eq!(codec.try_decode_udf(name, &bytes).unwrap(), function);
            assert!(codec.try_decode_udf("loss", &bytes).is_err());
        }
        let mut bytes = Vec::new();
        codec.try_encode_udaf(&sum_udaf(), &mut bytes).unwrap();
        assert!(bytes.is_empty());
    }};
}

#[test]
fn both_codecs_carry_functions_of_programs() {
    checks!(LogicalCodec);
    checks!(PhysicalCodec);
}
