//! How functions of programs are written into plans and read from them.

use std::sync::Arc;

use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use chainrule_datafusion::{
    aggregate_from_bytes, aggregate_to_bytes, per_row_from_bytes, per_row_to_bytes,
};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, Extension, LogicalPlan, ScalarUDF};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

/// Writes functions of programs into logical plans, which clients send to the scheduler. Everything else is Ballista's.
///
/// ```
/// use chainrule::Program;
/// use chainrule_ballista::LogicalCodec;
/// use datafusion_proto::logical_plan::LogicalExtensionCodec;
///
/// let loss = Program::trace_rows(&[0.0], 1, |p, row| (p[0] * row[0]).exp()).unwrap();
/// let sum = chainrule_datafusion::aggregate("loss", &loss)?;
/// let mut bytes = Vec::new();
/// LogicalCodec::default().try_encode_udaf(&sum, &mut bytes)?;
/// assert_eq!(LogicalCodec::default().try_decode_udaf("loss", &bytes)?, sum);
/// # Ok::<(), datafusion::error::DataFusionError>(())
/// ```
#[derive(Debug, Default)]
pub struct LogicalCodec(BallistaLogicalExtensionCodec);

/// Writes functions of programs into physical plans, which the scheduler sends to executors. Everything else is Ballista's.
/// It is used as a [`LogicalCodec`].
#[derive(Debug, Default)]
pub struct PhysicalCodec(BallistaPhysicalExtensionCodec);

impl LogicalExtensionCodec for LogicalCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        context: &TaskContext,
    ) -> Result<Extension> {
        self.0.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, into: &mut Vec<u8>) -> Result<()> {
        self.0.try_encode(node, into)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        table: &TableReference,
        schema: SchemaRef,
        context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        self.0
            .try_decode_table_provider(bytes, table, schema, context)
    }

    fn try_encode_table_provider(
        &self,
        table: &TableReference,
        node: Arc<dyn TableProvider>,
        into: &mut Vec<u8>,
    ) -> Result<()> {
        self.0.try_encode_table_provider(table, node, into)
    }

    fn try_decode_file_format(
        &self,
        bytes: &[u8],
        context: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.0.try_decode_file_format(bytes, context)
    }

    fn try_encode_file_format(
        &self,
        into: &mut Vec<u8>,
        node: Arc<dyn FileFormatFactory>,
    ) -> Result<()> {
        self.0.try_encode_file_format(into, node)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        match aggregate_from_bytes(name, bytes)? {
            Some(function) => Ok(function),
            None => self.0.try_decode_udaf(name, bytes),
        }
    }

    fn try_encode_udaf(&self, function: &AggregateUDF, into: &mut Vec<u8>) -> Result<()> {
        match aggregate_to_bytes(function)? {
            Some(bytes) => into.extend(bytes),
            None => self.0.try_encode_udaf(function, into)?,
        }
        Ok(())
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        match per_row_from_bytes(name, bytes)? {
            Some(function) => Ok(function),
            None => self.0.try_decode_udf(name, bytes),
        }
    }

    fn try_encode_udf(&self, function: &ScalarUDF, into: &mut Vec<u8>) -> Result<()> {
        match per_row_to_bytes(function)? {
            Some(bytes) => into.extend(bytes),
            None => self.0.try_encode_udf(function, into)?,
        }
        Ok(())
    }
}

impl PhysicalExtensionCodec for PhysicalCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.0.try_decode(bytes, inputs, context, converter)
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        into: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        self.0.try_encode(node, into, converter)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        match aggregate_from_bytes(name, bytes)? {
            Some(function) => Ok(function),
            None => self.0.try_decode_udaf(name, bytes),
        }
    }

    fn try_encode_udaf(&self, function: &AggregateUDF, into: &mut Vec<u8>) -> Result<()> {
        match aggregate_to_bytes(function)? {
            Some(bytes) => into.extend(bytes),
            None => self.0.try_encode_udaf(function, into)?,
        }
        Ok(())
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        match per_row_from_bytes(name, bytes)? {
            Some(function) => Ok(function),
            None => self.0.try_decode_udf(name, bytes),
        }
    }

    fn try_encode_udf(&self, function: &ScalarUDF, into: &mut Vec<u8>) -> Result<()> {
        match per_row_to_bytes(function)? {
            Some(bytes) => into.extend(bytes),
            None => self.0.try_encode_udf(function, into)?,
        }
        Ok(())
    }
}
