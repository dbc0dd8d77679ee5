// What the page of the training draws on canvases: shades, points, lines and curves.

// The colours of the page now, and the shades from −1 (low) over 0 to 1 (high) as pixels; shade 0 is for what is no number.
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["low", "high", "middle", "paper", "ink", "quiet", "line", "work"];
  const colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [low, high, middle, none] = [colours.low, colours.high, colours.middle, colours.line].map(parts);
  const shades = new Uint32Array(256);
  const bytes = new Uint8Array(shades.buffer);
  bytes.set([...none, 255]);
  for (let shade = 1; shade < 256; shade++) {
    const by = (Math.abs(shade - 128) / 127) * 0.5, end = shade < 128 ? low : high;
    for (let part = 0; part < 3; part++) bytes[4 * shade + part] = middle[part] + by * (end[part] - middle[part]);
    bytes[4 * shade + 3] = 255;
  }
  return { ...colours, shades };
}

// The shades of values, where `full` has the full colour.
function shade(values, full, shades, pixels) {
  const scale = full > 0 ? 127 / full : 0;
  for (let i = 0; i < pixels.length; i++) {
    const at = 128 + values[i] * scale;
    pixels[i] = shades[at >= 255 ? 255 : at <= 1 ? 1 : Math.round(at) | 0];
  }
}

// Gives a canvas as many pixels as it has on the screen, and returns its context in units of the page.
function sharp(canvas) {
  const share = Math.min(devicePixelRatio || 1, 2);
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * share) || canvas.height !== Math.round(height * share)) {
    canvas.width = Math.round(width * share);
    canvas.height = Math.round(height * share);
  }
  const context = canvas.getContext("2d");
  context.setTransform(share, 0, 0, share, 0, 0);
  return { context, width, height };
}

// The path along which a grid of values is 0. A value belongs to the middle of its cell.
function zeroLine(context, values, side, width) {
  const cell = width / side;
  context.beginPath();
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const at = row * side + column;
      const corners = [values[at], values[at + 1], values[at + side + 1], values[at + side]];
      const above = corners.map((value) => value > 0);
      if (above[0] === above[1] && above[1] === above[2] && above[2] === above[3]) continue;
      const ends = [];
      for (let edge = 0; edge < 4; edge++) {
        const next = (edge + 1) % 4;
        if (above[edge] === above[next]) continue;
        const by = corners[edge] / (corners[edge] - corners[next]);
        const [x, y] = [[by, 0], [1, by], [1 - by, 1], [0, 1 - by]][edge];
        ends.push([(column + 0.5 + x) * cell, (row + 0.5 + y) * cell]);
      }
      for (let i = 0; i + 1 < ends.length; i += 2) {
        context.moveTo(...ends[i]);
        context.lineTo(...ends[i + 1]);
      }
    }
  }
}

// The points: +1 as circles, −1 as squares; hollow if held out.
function drawPoints(context, points, training, place, chosen, colours) {
  const count = points.length / 3;
  for (const [label, held] of [[-1, false], [1, false], [-1, true], [1, true]]) {
    context.beginPath();
    const size = held ? 3 : 4.2;
    for (let i = held ? training : 0; i < (held ? count : training); i++) {
      if (points[3 * i + 2] !== label) continue;
      const [x, y] = place(points[3 * i], points[3 * i + 1]);
      if (label > 0) {
        context.moveTo(x + size, y);
        context.arc(x, y, size, 0, 2 * Math.PI);
      } else {
        context.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
      }
    }
    // The border of a full point is drawn first, so that it does not cover points that are near.
    const colour = label > 0 ? colours.high : colours.low;
    context.strokeStyle = held ? colour : colours.paper;
    context.lineWidth = held ? 4 : 2;
    context.stroke();
    context.fillStyle = held ? colours.paper : colour;
    context.fill();
  }
  if (chosen === undefined || chosen >= count) return;
  const [x, y] = place(points[3 * chosen], points[3 * chosen + 1]);
  for (const [colour, width] of [[colours.paper, 5], [colours.ink, 2.5]]) {
    context.beginPath();
    context.arc(x, y, 9, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

// Ticks of the plane at whole numbers, along the left and the lower border.
function drawTicks(context, reach, place, width, colours) {
  context.font = "12px system-ui, sans-serif";
  context.strokeStyle = colours.ink;
  context.lineWidth = 1;
  context.beginPath();
  for (let value = 1 - Math.ceil(reach); value < reach; value++) {
    const [x, y] = place(value, value);
    context.moveTo(x, width);
    context.lineTo(x, width - 5);
    context.moveTo(0, y);
    context.lineTo(5, y);
  }
  context.stroke();
  context.fillStyle = colours.ink;
  const label = (text, x, y, align, base) => {
    context.textAlign = align;
    context.textBaseline = base;
    context.fillText(text, x, y);
  };
  for (let value = 1 - Math.ceil(reach); value < reach; value++) {
    const [x, y] = place(value, value), text = String(value).replace("-", "−");
    label(text, x, width - 7, "center", "bottom");
    label(text, 9, y, "left", "middle");
  }
  label("x", width - 8, width - 7, "right", "bottom");
  label("y", 8, 8, "left", "top");
}

// Lines of neurons' weights: [x1, y1, x2, y2, weight] each.
function drawLines(canvas, lines, colours) {
  const { context, width, height } = sharp(canvas);
  context.clearRect(0, 0, width, height);
  const largest = lines.reduce((most, line) => Math.max(most, Math.abs(line[4])), 1e-9);
  // Lines of about the same width are one path.
  const WIDTHS = 8;
  for (const positive of [false, true]) {
    context.strokeStyle = positive ? colours.high : colours.low;
    context.setLineDash(positive ? [] : [5, 3]);
    for (let step = 0; step < WIDTHS; step++) {
      context.beginPath();
      let some = false;
      for (const [x1, y1, x2, y2, weight] of lines) {
        const size = Math.min(Math.floor((Math.abs(weight) / largest) * WIDTHS), WIDTHS - 1);
        if (size !== step || weight > 0 !== positive) continue;
        some = true;
        const middle = (x1 + x2) / 2;
        context.moveTo(x1, y1);
        context.bezierCurveTo(middle, y1, middle, y2, x2, y2);
      }
      if (!some) continue;
      context.lineWidth = 0.3 + (step / (WIDTHS - 1)) * 4;
      context.globalAlpha = 0.35 + 0.65 * (step / (WIDTHS - 1));
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

// A number with few digits, as a person writes it.
function short(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "no number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-5 || size >= 1e5) ? value.toExponential(1) : String(Number(value.toPrecision(3)));
  return text.replace("-", "−").replace("e+", "e");
}

// A round number that is at least this.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((by) => by * power >= value * 0.999) * power;
}

// Both losses over the steps: rows of step, training loss and held-out loss.
function drawCurve(canvas, rows, colours) {
  const { context, width, height } = sharp(canvas);
  context.clearRect(0, 0, width, height);
  const [left, right, top, bottom] = [44, 10, 10, 34];
  const finite = rows.flatMap(([, own, held]) => [own, held]).filter(Number.isFinite);
  const most = roundUp(Math.max(...finite, 1e-6)), last = Math.max(rows.at(-1)?.[0] ?? 1, 1);
  const x = (step) => left + (step / last) * (width - left - right);
  const y = (loss) => top + (1 - Math.min(loss / most, 1)) * (height - top - bottom);
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = colours.quiet;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.setLineDash([]);
  for (const share of [0, 0.5, 1]) {
    context.beginPath();
    context.moveTo(left, y(share * most));
    context.lineTo(width - right, y(share * most));
    context.stroke();
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(short(share * most), left - 5, y(share * most));
  }
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillText("0", left, height - bottom + 4);
  context.textAlign = "right";
  context.fillText(String(last), width - right, height - bottom + 4);
  context.textAlign = "center";
  context.fillText("step", (left + width - right) / 2, height - bottom + 18);
  context.save();
  context.translate(8, (top + height - bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = "middle";
  context.fillText("loss", 0, 0);
  context.restore();
  for (const [column, colour, dashes] of [[1, colours.ink, []], [2, colours.work, [6, 4]]]) {
    context.beginPath();
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.setLineDash(dashes);
    let begun = false;
    for (const row of rows) {
      if (!Number.isFinite(row[column])) continue;
      if (begun) context.lineTo(x(row[0]), y(row[column]));
      else context.moveTo(x(row[0]), y(row[column]));
      begun = true;
    }
    context.stroke();
  }
  // The key, in the upper right, where losses are seldom.
  [["training", colours.ink, []], ["held out", colours.work, [6, 4]]].forEach(([words, colour, dashes], place) => {
    const at = top + 10 + 16 * place;
    context.strokeStyle = colour;
    context.setLineDash(dashes);
    context.beginPath();
    context.moveTo(width - right - 94, at);
    context.lineTo(width - right - 62, at);
    context.stroke();
    context.fillStyle = colours.ink;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(words, width - right - 56, at);
  });
  context.setLineDash([]);
}
