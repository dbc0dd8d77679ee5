// The reverse sweep as in the engine: latest gate first, each operand gets the upstream times the local gradient.
function sweep(locals) {
  const { nodes } = model;
  const gradients = new Array(nodes.length).fill(0);
  if (nodes.length) gradients[nodes.length - 1] = 1;
  for (let i = nodes.length - 1; i >= 0; i--) {
    nodes[i][4].forEach((source, k) => {
      if (typeof source === "number") gradients[source] = chainAdd(gradients[i], locals[i][k], gradients[source]);
    });
  }
  return gradients.map((gradient) => gradient + 0);
}

// Every number of the graph at these inputs.
function compute(inputs) {
  const { values, locals } = evaluate(inputs);
  return { values, locals, gradients: sweep(locals) };
}
