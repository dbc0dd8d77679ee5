// The plane and the numbers.

const drawPlane = () => {
  const { context, width } = sharp(byId("plane"));
  drawNeuron(context, neurons.at(-1), 0, 0, width);
  zeroLine(context, valuesOf(neurons.at(-1)), SIDE, width);
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.stroke();
  drawTicks(context, REACH, place(width), width, colours);
  drawPoints(context, points, shape.training, place(width), chosen(), colours);
};

// Reads from the engine what the network computes now.
const readMap = () => {
  map = engine.numbers("train_map", SIDE).slice();
  weights = engine.numbers("train_parameters").slice();
};

const summary = () => `Epoch ${progress.epoch}, step ${progress.step}. Training points: loss ${short(progress.own)}, ${percent(progress.ownRight)} right. Held out: loss ${short(progress.held)}, ${percent(progress.heldRight)} right.`;

const measure = () => {
  const [epoch, step, own, held, ownRight, heldRight, diverged] = engine.numbers("train_progress");
  progress = { epoch, step, own, held, ownRight, heldRight, diverged: diverged === 1 };
  // The last point stays only if it is far enough from the one before.
  const last = curve.length - 1;
  if (curve[last]?.[0] === step || (last > 0 && curve[last][0] - curve[last - 1][0] < spacing)) curve.pop();
  curve.push([step, own, held]);
  if (curve.length > MOST) {
    curve = curve.filter((_, place) => place % 2 === 0 || place === curve.length - 1);
    spacing = Math.max(2 * spacing, Math.ceil((2 * step) / MOST));
  }
};

const drawNumbers = () => {
  byId("epoch").textContent = `Epoch ${progress.epoch}, step ${progress.step}`;
  byId("own-loss").textContent = short(progress.own);
  byId("own-right").textContent = percent(progress.ownRight);
  byId("held-loss").textContent = short(progress.held);
  byId("held-right").textContent = percent(progress.heldRight);
  drawCurve(byId("curve"), curve, colours);
};

const drawAll = () => {
  readMap();
  drawNeurons();
  drawWeights();
  drawPlane();
  drawNumbers();
  byId("curve").setAttribute("aria-label", `Both losses at each step. ${summary()}`);
};
