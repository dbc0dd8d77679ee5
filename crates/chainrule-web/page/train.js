// The training: plays steps, shows what they change, and keeps every setting in the address.

(async () => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const REACH = 2; // half the side of the plane, as in the engine
  const SIDE = 50; // cells along a side of the plane
  const FULL = 2; // the score that has the full colour
  const FRAME = 14; // milliseconds of a frame that the page may use
  const SLOW = 100; // milliseconds from one picture of lines, curve and numbers to the next while playing
  const TOLD = 2000; // milliseconds from one spoken sentence to the next while playing
  const MOST = 600; // points of the curve
  const SETTINGS = ["data", "points", "noise", "held", "data_seed", "activation", "seed", "loss", "optimizer", "learning", "penalty", "batch"];
  const OTHER = ["layers", "pace", "point"];
  // Changing these does not begin again.
  const TUNED = new Set(["loss", "optimizer", "learning", "penalty", "batch"]);
  const BOUNDED = new Set(["tanh", "sigmoid"]);

  let engine;
  let shape; // the number of training points, and the sizes of the layers
  let points = new Float64Array(0);
  let moved = new Map(); // places of points that the reader has moved
  let map, weights;
  let progress; // how far the training is
  let curve = [], spacing = 1; // points of the curve, and the least number of steps between them
  let playing = false;
  let colours;
  let shown = new AbortController(); // ends the graph that is shown
  let explained; // the point of that graph
  const note = document.querySelector("main"); // what is there without a graph

  const chosen = () => Math.min(Math.max(Math.round(Number(byId("point").value)) || 1, 1), points.length / 3) - 1;
  const place = (width) => (x, y) => [((x / REACH + 1) / 2) * width, ((1 - y / REACH) / 2) * width];
  const percent = (share) => `${(100 * share).toFixed(share === 1 ? 0 : 1)} %`;
  const signed = (label) => (label > 0 ? "+1" : "−1");
  // A number as the engine reads it; String loses the sign of −0.
  const exact = (value) => (Object.is(value, -0) ? "-0" : String(value));
  const sizeFields = () => [...byId("layer-sizes").querySelectorAll("input")];

  // Words for a screen reader; the same words are not repeated.
  let told = 0;
  const tell = (words) => {
    told = performance.now();
    if (byId("told").textContent !== words) byId("told").textContent = words;
  };

  const problem = (words, field) => {
    byId("problem").textContent = words;
    byId("problem").hidden = words === "";
    const id = field === "rate" ? "learning" : field;
    for (const control of byId("choices").querySelectorAll("input, select")) {
      control.setAttribute("aria-invalid", control.id === id || (field === "hidden" && control.closest("#layer-sizes") !== null));
    }
  };

  const settings = () => {
    const value = (id) => byId(id).value, number = (id) => Number(value(id));
    return {
      data: value("data"), points: number("points"), noise: number("noise"), held: number("held"), data_seed: number("data_seed"),
      hidden: sizeFields().map((field) => Number(field.value)), activation: value("activation"), seed: number("seed"),
      loss: value("loss"), optimizer: value("optimizer"), rate: number("learning"), penalty: number("penalty"), batch: number("batch"),
    };
  };

  const pause = () => {
    playing = false;
    byId("train-play").textContent = "Play";
  };

  // Removes the graph of a point, when it is no longer that of the training.
  const withdraw = () => {
    if (explained === undefined) return;
    explained = undefined;
    shown.abort();
    document.querySelector("main").replaceWith(note);
    byId("explained").textContent = "";
  };

  // After a stop there is no training until the next one begins.
  const stopped = (error) => {
    pause();
    withdraw();
    engine.restart();
    shape = progress = undefined;
    points = new Float64Array(0);
    problem(`The engine stopped: ${error}. This is a defect; please report the settings. Reset begins again.`);
  };

  // Runs what calls the engine, and says so if the engine stops.
  const attempt = (run) => {
    try {
      run();
    } catch (error) {
      stopped(error);
    }
  };

  // Asks with the settings; returns nothing if one is wrong, and says which.
  const askWithSettings = (name) => {
    const empty = [...byId("choices").querySelectorAll("input")].find((field) => field.value === "");
    if (empty) {
      const words = empty.labels[0].textContent;
      problem(`${words}: must be a number`, empty.closest("#layer-sizes") ? "hidden" : empty.id);
      return undefined;
    }
    const answer = engine.ask(name, settings());
    return refused(answer) ? undefined : answer;
  };

  // Whether an answer of the engine is an error, which is then shown.
  const refused = (answer) => {
    if (answer.stopped) stopped(answer.stopped);
    else if (answer.error?.field) {
      const id = answer.error.field === "rate" ? "learning" : answer.error.field;
      const name = id === "hidden" ? "Neurons" : document.querySelector(`label[for="${id}"]`)?.textContent ?? id;
      problem(`${name}: ${answer.error.problem}`, answer.error.field);
    } else if (answer.error) problem(String(answer.error));
    else problem("");
    return Boolean(answer.stopped || answer.error);
  };

  // ---- The address ----

  const save = () => {
    const parts = new URLSearchParams();
    for (const id of [...SETTINGS, ...OTHER]) parts.set(id, byId(id).value);
    parts.set("sizes", sizeFields().map((field) => field.value).join("-"));
    for (const [point, [x, y]] of moved) parts.append("at", `${point + 1},${x},${y}`);
    history.replaceState(null, "", `#${parts}`);
  };

  const readAddress = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    for (const id of [...SETTINGS, ...OTHER]) {
      const control = byId(id), value = parts.get(id);
      const offered = !(control instanceof HTMLSelectElement) || [...control.options].some((option) => option.value === value);
      if (value !== null && offered) control.value = value;
    }
    layers((parts.get("sizes") ?? "").split("-"));
    moved = new Map();
    for (const part of parts.getAll("at")) {
      const [point, x, y] = part.split(",").map(Number);
      if (Number.isInteger(point) && Number.isFinite(x) && Number.isFinite(y)) moved.set(point - 1, [x, y]);
    }
  };

  // As many fields as there are hidden layers, with these numbers of neurons or those that they have.
  const layers = (sizes) => {
    const kept = sizeFields().map((field) => field.value);
    byId("layer-sizes").replaceChildren();
    for (let layer = 1; layer <= Number(byId("layers").value); layer++) {
      const label = document.createElement("label"), field = document.createElement("input");
      label.htmlFor = field.id = `neurons-${layer}`;
      label.textContent = `Neurons in layer ${layer}`;
      Object.assign(field, { type: "number", min: 1, max: 16, step: 1, value: sizes[layer - 1] || kept[layer - 1] || "8" });
      byId("layer-sizes").append(label, field);
    }
  };

  // ---- The picture of the network ----

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

  // ---- The plane and the numbers ----

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

  // ---- Playing ----

  // Takes the steps of one frame, or as many as fit into the time; returns how many.
  const advance = (until) => {
    const epochs = { step: 0, epoch: 1, ten: 10 }[byId("pace").value];
    let taken = 0, ended = 0;
    do {
      ended += engine.call("train_advance", 1);
      taken++;
    } while (ended < epochs && performance.now() < until);
    return taken;
  };

  const checkDiverged = () => {
    if (!progress.diverged) return;
    pause();
    problem("The loss is no longer a number; lower the learning rate and reset.", "rate");
  };

  // What a step, measuring and drawing took in the last frames, in milliseconds, and the frames since the plane was drawn.
  let stepping = 1, measuring = 1, drawing = 4, frames = 0, slow = 0;
  const mean = (before, found) => before + 0.2 * (found - before);

  const frame = () => {
    if (!playing) return;
    const begun = performance.now();
    // If all does not fit into a frame, most frames only train, and the others only draw.
    const all = stepping + measuring + drawing <= FRAME;
    const draws = ++frames >= (all ? 1 : 1 + Math.ceil(drawing / FRAME));
    try {
      if (all || !draws) {
        const taken = advance(begun + FRAME - measuring - (all ? drawing : 0));
        const at = performance.now();
        measure();
        stepping = mean(stepping, (at - begun) / taken);
        measuring = mean(measuring, performance.now() - at);
      }
      if (draws) {
        const at = performance.now();
        frames = 0;
        readMap();
        drawNeurons();
        drawPlane();
        if (at - slow > SLOW) {
          slow = at;
          drawWeights();
          drawNumbers();
        }
        drawing = mean(drawing, performance.now() - at);
      }
    } catch (error) {
      stopped(error);
      return;
    }
    checkDiverged();
    if (!playing) {
      attempt(drawAll);
      return;
    }
    if (performance.now() - told > TOLD) tell(summary());
    requestAnimationFrame(frame);
  };

  const play = () => {
    if (playing) {
      pause();
      attempt(() => {
        drawAll();
        tell(`Paused. ${summary()}`);
      });
      return;
    }
    if (!progress || progress.diverged) return;
    playing = true;
    byId("train-play").textContent = "Pause";
    tell("Training.");
    requestAnimationFrame(frame);
  };

  const movePoint = (point, x, y) => {
    const inside = (value) => Math.round(Math.min(Math.max(value, -REACH), REACH) * 1000) / 1000;
    const at = [inside(x), inside(y)];
    engine.call("train_move", point, ...at);
    points.set(at, 3 * point);
    moved.set(point, at);
    if (point === explained) withdraw();
  };

  const begin = () => {
    const was = playing;
    pause();
    const answer = askWithSettings("train_begin");
    if (!answer) {
      if (!shape) byId("epoch").textContent = "";
      return;
    }
    withdraw();
    attempt(() => {
      shape = answer;
      points = engine.numbers("train_points").slice();
      for (const [point, [x, y]] of moved) {
        if (point >= 0 && point < points.length / 3) movePoint(point, x, y);
        else moved.delete(point);
      }
      byId("point").max = points.length / 3;
      curve = [];
      spacing = 1;
      measure();
      buildNetwork();
      drawAll();
      checkDiverged();
      save();
      if (was && !progress.diverged) play();
    });
  };

  // Changes a setting with which the training goes on. The graph of a point has the loss of the training.
  const tune = (setting) => {
    if (!shape) {
      begin();
      return;
    }
    if (!askWithSettings("train_tune")) {
      pause();
      return;
    }
    if (setting === "loss") withdraw();
    attempt(() => {
      measure();
      drawAll();
      checkDiverged();
      save();
    });
  };

  // ---- Points that can be moved ----

  const tellPoint = (point) => {
    if (!shape) return;
    const [x, y, label] = points.subarray(3 * point, 3 * point + 3);
    const cell = (value) => Math.min(Math.floor(((value / REACH + 1) / 2) * SIDE), SIDE - 1);
    const found = valuesOf(neurons.at(-1))[cell(-y) * SIDE + cell(x)];
    tell(`Point ${point + 1} of ${points.length / 3}, ${point < shape.training ? "training" : "held out"}, class ${signed(label)}, at x ${short(x)}, y ${short(y)}; score about ${short(found)}.`);
  };

  const choose = (point) => {
    byId("point").value = point + 1;
    if (!playing) drawPlane();
  };

  // Measures and draws once in a frame, after the last of the moves.
  let waiting = false;
  const afterMove = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (!shape) return;
      attempt(() => {
        measure();
        if (playing) return;
        drawPlane();
        drawNumbers();
      });
    });
  };

  const nearest = (event, within) => {
    const frame = byId("plane").getBoundingClientRect();
    const at = place(frame.width);
    let best, least = within ** 2;
    for (let i = 0; i < points.length / 3; i++) {
      const [x, y] = at(points[3 * i], points[3 * i + 1]);
      const distance = (x - event.clientX + frame.left) ** 2 + (y - event.clientY + frame.top) ** 2;
      if (distance <= least) [best, least] = [i, distance];
    }
    return best;
  };

  const plane = byId("plane");
  let dragged;
  // A touch of a point drags it; any other touch scrolls the page.
  plane.addEventListener("touchstart", (event) => {
    if (event.touches.length === 1 && nearest(event.touches[0], 18) !== undefined) event.preventDefault();
  }, { passive: false });
  plane.addEventListener("pointerdown", (event) => {
    dragged = nearest(event, event.pointerType === "touch" ? 18 : 12);
    if (dragged === undefined) return;
    plane.setPointerCapture(event.pointerId);
    choose(dragged);
  });
  plane.addEventListener("pointermove", (event) => {
    if (dragged === undefined || !shape) return;
    const frame = plane.getBoundingClientRect();
    const x = ((2 * (event.clientX - frame.left)) / frame.width - 1) * REACH;
    const y = (1 - (2 * (event.clientY - frame.top)) / frame.height) * REACH;
    attempt(() => movePoint(dragged, x, y));
    afterMove();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    plane.addEventListener(end, () => {
      if (dragged === undefined) return;
      tellPoint(dragged);
      dragged = undefined;
      save();
    });
  }
  let settled;
  plane.addEventListener("keydown", (event) => {
    if (!shape || event.ctrlKey || event.metaKey || event.altKey) return;
    const count = points.length / 3, point = chosen();
    const turn = { PageUp: count - 1, PageDown: 1 }[event.key];
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (turn === undefined && way === undefined) return;
    event.preventDefault();
    if (turn !== undefined) {
      choose((point + turn) % count);
      tellPoint(chosen());
      save();
      return;
    }
    const by = event.shiftKey ? 0.01 : 0.1;
    attempt(() => movePoint(point, points[3 * point] + by * way[0], points[3 * point + 1] + by * way[1]));
    afterMove();
    clearTimeout(settled);
    settled = setTimeout(() => {
      tellPoint(point);
      save();
    }, 300);
  });
  // The graph below listens to arrow keys everywhere; here they belong to the controls.
  for (const id of ["trainer", "one-point"]) byId(id).addEventListener("keydown", (event) => event.stopPropagation());

  // ---- The backward pass of one point ----

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

  // ---- Controls ----

  offerThemes(byId("theme"));
  const recolour = () => {
    colours = readColours();
    if (shape) attempt(drawAll);
  };
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  colours = readColours();

  readAddress();
  try {
    engine = await startEngine(byId("module").textContent);
  } catch (error) {
    byId("epoch").textContent = `The engine does not start in this browser: ${error}`;
    return;
  }
  begin();

  byId("train-play").addEventListener("click", play);
  byId("train-step").addEventListener("click", () => {
    if (playing) pause();
    if (!progress || progress.diverged) return;
    attempt(() => {
      engine.call("train_advance", 1);
      measure();
      drawAll();
      checkDiverged();
      tell(summary());
    });
  });
  byId("train-reset").addEventListener("click", () => {
    pause();
    begin();
    if (progress) tell(`Reset. ${summary()}`);
  });
  const another = (id) => {
    byId(id).value = Math.max(Math.floor(Number(byId(id).value)) || 0, 0) + 1;
    begin();
    if (progress) tell(summary());
  };
  byId("new-weights").addEventListener("click", () => another("seed"));
  byId("new-points").addEventListener("click", () => {
    moved.clear();
    another("data_seed");
  });
  byId("choices").addEventListener("submit", (event) => event.preventDefault());
  byId("choices").addEventListener("change", ({ target }) => {
    if (target.id === "pace") {
      save();
      return;
    }
    if (target.id === "layers") layers([]);
    if (TUNED.has(target.id)) {
      tune(target.id);
      return;
    }
    if (["data", "points", "noise", "held", "data_seed"].includes(target.id)) moved.clear();
    begin();
  });
  byId("point").addEventListener("input", () => {
    if (!shape) return;
    drawPlane();
    tellPoint(chosen());
    save();
  });
  byId("explain").addEventListener("click", explain);
  byId("share").addEventListener("click", async () => {
    save();
    // A page opened from a file may not write to the clipboard; the address has the link anyway.
    const copied = await navigator.clipboard?.writeText(location.href).then(() => "Copied.", () => undefined);
    byId("shared").textContent = copied ?? "The link is in the address bar.";
  });
  addEventListener("hashchange", () => {
    readAddress();
    begin();
  });
  let resized;
  addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => {
      if (!shape) return;
      const kept = large && [large.layer, large.index];
      buildNetwork();
      large = neurons.find(({ layer, index }) => layer === kept?.[0] && index === kept?.[1]) ?? large;
      recolour();
    }, 150);
  });
})();
