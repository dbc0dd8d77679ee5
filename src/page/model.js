// The data of the graph, with its numbers: JSON has no infinite ones and no NaN, so these are strings.

const { model: data, compute, chain } = engine;
const model = {
  ...data,
  constant: Number(data.constant),
  nodes: data.nodes.map((node) => node.map((part, k) => (k === 4
    ? part.map((source) => (typeof source === "number" ? source : source.map(Number)))
    : part))),
  values: data.values.map(Number),
  gradients: data.gradients.map(Number),
  locals: data.locals.map((locals) => locals.map(Number)),
};

