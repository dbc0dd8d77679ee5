// The picture of the network.

let neurons = []; // of every layer but the inputs: the button, its pixels, its place and its weights
let inputs = []; // the two inputs
let lines = [];
let large; // the neuron that is shown large
// What all inputs and neurons compute, one below the other: one picture, because many small ones are slow.
const strip = document.createElement("canvas");
let image, pixels;
const ramp = [0, 1].map((axis) => Float64Array.from({ length: SIDE * SIDE }, (_, cell) => (axis === 0
  ? REACH * ((2 * (cell % SIDE) + 1) / SIDE - 1) : -REACH * ((2 * Math.floor(cell / SIDE) + 1) / SIDE - 1))));

const nameOf = ({ layer, index }) => {
  if (layer === 0) return `Input ${"xy"[index]}`;
  return layer === shape.sizes.length - 1 ? "Output: the score" : `Layer ${layer}, neuron ${index + 1}`;
};

const buildNetwork = () => {
  const box = byId("network");
  const { sizes } = shape;
  const width = Math.min(box.parentElement.clientWidth - 26, 56 * 2 + (sizes.length - 1) * 150);
  const most = Math.max(...sizes);
  const size = Math.round(Math.min(most > 10 ? 30 : most > 6 ? 38 : 44, (width / sizes.length) * 0.72));
  const gap = most > 10 ? 5 : 8;
  const height = most * (size + gap) + 22;
  box.style.width = `${width}px`;
  box.style.height = `${height}px`;
  box.querySelectorAll("button, span").forEach((part) => part.remove());
  const all = [];
  let first = 0, place = 0;
  sizes.forEach((count, layer) => {
    const x = size / 2 + (layer / (sizes.length - 1)) * (width - size);
    const words = layer === 0 ? "inputs" : layer === sizes.length - 1 ? "score" : `layer ${layer}`;
    const title = box.appendChild(document.createElement("span"));
    title.textContent = words;
    title.style.left = `${Math.min(Math.max(x, 20), width - 20)}px`;
    title.style.top = "0";
    all.push(Array.from({ length: count }, (_, index) => {
      const button = document.createElement("button");
      const y = 22 + (height - 22) / 2 + (index - (count - 1) / 2) * (size + gap);
      button.type = "button";
      button.style.cssText = `left: ${x - size / 2}px; top: ${y - size / 2}px; width: ${size}px; height: ${size}px;`;
      box.append(button);
      const neuron = { layer, index, button, place: place++, x, y, size, full: 1 };
      button.setAttribute("aria-label", nameOf(neuron));
      const show = () => {
        if (!shape) return;
        large = neuron;
        drawLarge();
      };
      for (const event of ["focus", "pointerenter", "click"]) button.addEventListener(event, show);
      if (layer > 0) {
        // Where its weights and its bias are among all parameters.
        neuron.first = first;
        first += sizes[layer - 1] + 1;
      }
      return neuron;
    }));
  });
  inputs = all[0];
  neurons = all.slice(1).flat();
  lines = all.slice(1).flatMap((layer, place) => layer.flatMap((to) => all[place].map((from, k) => {
    const line = [from.x + from.size / 2, from.y, to.x - to.size / 2, to.y, 0];
    line.parameter = to.first + k;
    return line;
  })));
  large = neurons.at(-1);
  strip.width = SIDE;
  strip.height = SIDE * place;
  image = new ImageData(strip.width, strip.height);
  pixels = new Uint32Array(image.data.buffer);
};

// The part of the map that belongs to a neuron.
const valuesOf = (neuron) => (neuron.layer === 0 ? ramp[neuron.index]
  : map.subarray((neuron.place - inputs.length) * SIDE * SIDE, (neuron.place - inputs.length + 1) * SIDE * SIDE));

// Values that know no bounds have the full colour at their largest size.
const fullOf = (neuron, values) => {
  if (neuron.layer === 0 || neuron.layer === shape.sizes.length - 1) return FULL;
  if (BOUNDED.has(byId("activation").value)) return 1;
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
};

// Draws what a neuron computes into a square of a canvas.
const drawNeuron = (context, neuron, x, y, size) => context.drawImage(strip, 0, neuron.place * SIDE, SIDE, SIDE, x, y, size, size);

let largeAt = 0;
const drawLarge = () => {
  const { context, width } = sharp(byId("large"));
  drawNeuron(context, large, 0, 0, width);
  for (const neuron of [...inputs, ...neurons]) {
    neuron.button.classList.toggle("shown", neuron === large);
    // The words are about one neuron only.
    if (neuron === large) neuron.button.setAttribute("aria-describedby", "neuron-words");
    else neuron.button.removeAttribute("aria-describedby");
  }
  largeAt = performance.now();
  const { sizes } = shape;
  let text = `${nameOf(large)}\nfull colour: ±${short(large.full)}`;
  if (large.layer > 0) {
    const count = sizes[large.layer - 1];
    const from = (k) => (large.layer === 1 ? "xy"[k] : `neuron ${k + 1}`);
    const own = Array.from({ length: count }, (_, k) => [from(k), weights[large.first + k]]);
    own.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
    const told = own.slice(0, 5).map(([name, weight]) => `${short(weight)} from ${name}`);
    text += `\nbias ${short(weights[large.first + count])}\n${count > 5 ? "largest weights" : "weights"}: ${told.join(", ")}`;
  }
  byId("neuron-words").textContent = text;
};

const drawNeurons = () => {
  for (const neuron of [...inputs, ...neurons]) {
    const values = valuesOf(neuron);
    neuron.full = fullOf(neuron, values);
    shade(values, neuron.full, colours.shades, pixels.subarray(neuron.place * SIDE * SIDE, (neuron.place + 1) * SIDE * SIDE));
  }
  strip.getContext("2d").putImageData(image, 0, 0);
  const { context } = sharp(byId("small"));
  for (const neuron of [...inputs, ...neurons]) {
    drawNeuron(context, neuron, neuron.x - neuron.size / 2, neuron.y - neuron.size / 2, neuron.size);
  }
  const { context: alone, width } = sharp(byId("large"));
  drawNeuron(alone, large, 0, 0, width);
};

const drawWeights = () => {
  for (const line of lines) line[4] = weights[line.parameter];
  drawLines(byId("lines"), lines, colours);
  if (!playing || performance.now() - largeAt > 500) drawLarge();
};
