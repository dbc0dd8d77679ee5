//! Scalar automatic differentiation over a computational graph.
