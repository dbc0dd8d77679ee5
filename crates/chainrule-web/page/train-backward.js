// The backward pass of one point.

const explain = () => {
  if (!shape) return;
  pause();
  const point = chosen();
  const answer = engine.ask("train_backward", { point });
  if (refused(answer)) return;
  const { model } = answer;
  const numbers = (list) => list.map(Number);
  const swept = ({ values, gradients, locals }) => ({ values: numbers(values), gradients: numbers(gradients), locals: locals.map(numbers) });
  let last = swept(model);
  // The graph keeps the network that it shows: the training may go on meanwhile, so the engine gets all inputs. It takes
  // loss, layers and the point's class from the training; if they change, the graph is removed.
  const compute = (values) => {
    const reply = engine.ask("train_backward", { point, inputs: values.map(exact) });
    if (reply.model) last = swept(reply.model);
    // An error may remove the graph, which must not happen while the graph computes.
    else setTimeout(refused, 0, reply);
    return last;
  };
  shown.abort();
  shown = new AbortController();
  document.querySelector("main").replaceWith(byId("graph").content.cloneNode(true));
  showGraph({ model, compute, chain: engine.chain }, shown.signal);
  explained = point;
  const label = signed(points[3 * point + 2]);
  byId("explained").textContent = `The graph of point ${point + 1} (class ${label}), after step ${progress.step}. Moving its inputs does not change the training.`;
  attempt(drawAll);
};
