// A layered layout: values run from left to right, each part is to the right of the parts that it is computed from, and wires
// curve only between columns, where there is no text. An open group is laid out by itself and is then a part like any other,
// so boxes never overlap; a group is a contiguous stretch of recording, so no wire leads out of it and back in.

// Lengths have room for every number: a sign, the digits, a point and an exponent.
const CELL = {
  lane: 30, thin: 8, wire: 8 + 7.8 * (model.digits + 7), local: 8 + 6.8 * (model.digits + 8), bend: 24, radius: 18, gap: 16,
};
const FEW = 10; // the most lanes with labels; more are drawn thin, or as one into or out of a folded group
const MANY = 60; // the most lanes into a gate; more are drawn as one

const largest = (numbers, least) => numbers.reduce((most, number) => Math.max(most, number), least);
const smallest = (numbers, most) => numbers.reduce((least, number) => Math.min(least, number), most);

// Appends to the list that a map holds for a key.
function enlist(map, key, item) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(item);
}

// The values that lead into each scope and out of it.
function borders(nodes, scopes, output) {
  const takes = scopes.map(() => new Set());
  const gives = scopes.map(() => new Set());
  const around = (scope) => {
    const found = [];
    for (; scope >= 0; scope = scopes[scope].parent) found.push(scope);
    return found;
  };
  nodes.forEach((node) => {
    const inside = around(node.scope);
    for (const source of node.operands) {
      const origin = around(nodes[source].scope);
      for (const scope of inside) if (!origin.includes(scope)) takes[scope].add(source);
      for (const scope of origin) if (!inside.includes(scope)) gives[scope].add(source);
    }
  });
  if (output >= 0) for (const scope of around(nodes[output].scope)) gives[scope].add(output);
  return { takes, gives };
}

// The lanes into a gate: labelled ones, thin ones beyond FEW, a single one beyond MANY.
function lanes(count) {
  const bundled = count > MANY, thin = count > FEW;
  const pitch = bundled ? 0 : thin ? CELL.thin : CELL.lane;
  return { bundled, thin, height: count * pitch, at: (k) => (k + 0.5) * pitch };
}

// A part that is drawn by itself: an input, a gate, or a folded group. Ports are [value, height].
function cell(item, world) {
  if (item.scope !== undefined) {
    const takes = [...world.takes[item.scope]], gives = [...world.gives[item.scope]];
    const bundled = gives.length > FEW;
    const into = takes.length > FEW ? 0 : 14, out = bundled ? 0 : 60;
    const height = Math.max(56, takes.length * into + 12, gives.length * out + 8);
    const at = (k, count, pitch) => height / 2 + (k - (count - 1) / 2) * pitch;
    const box = 150;
    return {
      ...item, bundled, box, height, width: box + (bundled ? 0 : CELL.wire),
      ins: takes.map((source, k) => ({ source, y: at(k, takes.length, into) })),
      outs: new Map(gives.map((source, k) => [source, at(k, gives.length, out)])),
    };
  }
  const node = world.nodes[item.node];
  if (node.sources.length === 0) {
    const name = Math.min(140, 12 + 8.5 * [...node.short].length);
    return { ...item, name, width: name + CELL.wire, height: 42, ins: [], outs: new Map([[item.node, 22]]) };
  }
  const side = lanes(node.sources.length);
  const half = Math.max(side.height / 2, 24);
  const y = Math.max(half, 34);
  const ins = [];
  node.sources.forEach((source, k) => {
    if (typeof source === "number") ins.push({ source, y: y - side.height / 2 + side.at(k) });
  });
  const circle = Math.max(CELL.radius, 4.5 + 4 * [...node.symbol].length);
  const lead = side.thin ? 20 : CELL.local;
  return {
    ...item, side, y, circle, lead, height: y + half + 18, ins,
    width: lead + CELL.bend + 2 * circle + CELL.wire, outs: new Map([[item.node, y]]),
  };
}

// Lays out the parts of a scope (−1: the whole graph): sizes, positions, wires, and where values enter and leave.
function layOut(scope, world) {
  const items = world.held[scope + 1].map((item) => {
    if (item.scope === undefined || !world.open.has(item.scope)) return cell(item, world);
    const inner = layOut(item.scope, world);
    const [pad, head] = [14, 30];
    const drop = ({ source, y }) => ({ source, y: y + head });
    return {
      ...item, inner, pad, head, width: inner.width + 2 * pad, height: inner.height + head + pad,
      ins: inner.ins.map(drop), outs: new Map([...inner.outs].map(([source, y]) => [source, y + head])),
    };
  });
  // Values that come from one point, or go to the same points, enter and leave as one.
  const goes = new Map(), comes = new Map();
  items.forEach((item, i) => {
    for (const { source, y } of item.ins) goes.set(source, `${goes.get(source) ?? ""} ${i}:${y}`);
    for (const [source, y] of item.outs) comes.set(source, `${i}:${y}`);
  });
  const together = (sources, where) => {
    const bundles = new Map();
    for (const source of sources) enlist(bundles, where.get(source), source);
    return [...bundles.values()];
  };
  const end = { port: true, width: 0, height: 16 };
  const ports = scope < 0 ? [] : together(world.takes[scope], goes)
    .map((sources) => ({ ...end, ins: [], outs: new Map(sources.map((source) => [source, 8])) }));
  const exits = scope < 0 ? [] : together(world.gives[scope], comes)
    .map((sources) => ({ ...end, ins: sources.map((source) => ({ source, y: 8 })), outs: new Map() }));
  const columns = layers(ports, items, exits);
  order(columns);
  place(columns);
  return draw(columns);
}

// Columns: each part is after the parts that it is computed from and as near as possible to its users; where a wire passes a
// column, a piece of the wire is a part of its own.
function layers(ports, items, exits) {
  const maker = new Map(), users = new Map();
  for (const part of [...ports, ...items]) for (const source of part.outs.keys()) maker.set(source, part);
  for (const part of [...items, ...exits]) {
    for (const { source } of part.ins) {
      const makes = maker.get(source);
      if (!users.has(makes)) users.set(makes, new Set());
      users.get(makes).add(part);
    }
  }
  for (const port of ports) port.layer = 0;
  const start = ports.length ? 1 : 0;
  for (const item of items) item.layer = largest(item.ins.map(({ source }) => maker.get(source).layer + 1), start);
  // A part moves towards its only user if all parts that it is computed from can move with it.
  const moves = (part) => !part.port && part.ins.every(({ source }) => {
    const makes = maker.get(source);
    return makes.moves && users.get(makes).size === 1;
  });
  for (const item of items) item.moves = moves(item);
  for (const item of [...items].reverse()) {
    if (!item.moves || !users.has(item)) continue;
    const nearest = smallest([...users.get(item)].map((user) => user.layer ?? Infinity), Infinity);
    if (Number.isFinite(nearest)) item.layer = nearest - 1;
  }
  const end = largest(items.map((item) => item.layer), 0) + 1;
  for (const exit of exits) exit.layer = end;
  const columns = Array.from({ length: end + (exits.length ? 1 : 0) }, () => []);
  for (const part of [...ports, ...items, ...exits]) columns[part.layer].push(part);
  // The last column that each value reaches; values that leave a part at one point share a wire.
  const reach = new Map();
  for (const part of [...items, ...exits]) {
    for (const { source } of part.ins) reach.set(source, Math.max(reach.get(source) ?? 0, part.layer));
  }
  for (const makes of [...ports, ...items]) {
    const points = new Map();
    for (const [source, y] of makes.outs) enlist(points, y, source);
    for (const sources of points.values()) {
      const last = largest(sources.map((source) => reach.get(source) ?? 0), 0);
      for (let layer = makes.layer + 1; layer < last; layer++) {
        const on = sources.filter((source) => reach.get(source) > layer);
        columns[layer].push({
          passing: true, width: 0, height: 14, ins: on.map((source) => ({ source, y: 7 })), outs: new Map(on.map((source) => [source, 7])),
        });
      }
    }
  }
  return columns;
}

// The wires between one column and the next, as [part, height, part, height, values].
function wiresBetween(left, right) {
  const from = new Map();
  for (const part of left) for (const [source, y] of part.outs) from.set(source, [part, y]);
  const wires = [];
  for (const part of right) {
    const drawn = new Map();
    for (const port of part.ins) {
      const start = from.get(port.source);
      if (!start) continue;
      const [origin, y] = start;
      if (!drawn.has(origin)) drawn.set(origin, new Map());
      const way = `${y} ${port.y}`, wire = drawn.get(origin).get(way);
      if (wire) {
        wire[4].push(port.source);
        continue;
      }
      wires.push([origin, y, part, port.y, [port.source]]);
      drawn.get(origin).set(way, wires[wires.length - 1]);
    }
  }
  return wires;
}

// The order within columns: by the mean position of the parts wired to each part, forth and back, keeping the fewest crossings.
function order(columns) {
  const between = columns.slice(1).map((column, i) => wiresBetween(columns[i], column));
  const number = () => columns.forEach((column) => column.forEach((part, place) => { part.place = place; }));
  const at = (part, y) => part.place + y / (part.height + 1);
  const crossings = () => {
    let count = 0;
    for (const wires of between) {
      const ends = wires.map(([a, y, b, z]) => [at(a, y), at(b, z)]).sort((p, q) => p[0] - q[0] || p[1] - q[1]);
      for (let i = 0; i < ends.length; i++) {
        for (let j = 0; j < i; j++) if (ends[j][1] > ends[i][1] + 1e-9 && ends[j][0] < ends[i][0]) count++;
      }
    }
    return count;
  };
  const sort = (column, before, after) => {
    const mean = new Map(column.map((part) => [part, [0, 0]]));
    const add = (part, position) => {
      const sum = mean.get(part);
      sum[0] += position;
      sum[1] += 1;
    };
    const fed = new Set();
    for (const [a, y, b] of before ?? []) {
      add(b, at(a, y));
      fed.add(b);
    }
    for (const [a, , b, z] of after ?? []) if (!fed.has(a)) add(a, at(b, z));
    for (const part of column) {
      const [sum, count] = mean.get(part);
      part.mean = count ? sum / count : part.place;
    }
    column.sort((p, q) => p.mean - q.mean || p.place - q.place);
    column.forEach((part, place) => { part.place = place; });
  };
  number();
  let best = columns.map((column) => [...column]), fewest = crossings();
  for (let round = 0; round < 8 && fewest > 0; round++) {
    for (let i = 1; i < columns.length; i++) sort(columns[i], between[i - 1], between[i]);
    for (let i = columns.length - 2; i >= 0; i--) sort(columns[i], null, between[i]);
    const count = crossings();
    if (count < fewest) [fewest, best] = [count, columns.map((column) => [...column])];
  }
  best.forEach((column, i) => { columns[i] = column; });
  number();
}

// Heights: every part as near as possible to the parts it is wired to, in order, by pooling neighbours that would collide.
function place(columns) {
  const between = columns.slice(1).map((column, i) => wiresBetween(columns[i], column));
  for (const column of columns) {
    let top = 0;
    for (const part of column) {
      part.top = top;
      top += part.height + CELL.gap;
    }
  }
  const settle = (column, sides) => {
    const want = new Map();
    for (const [wires, self, other] of sides) {
      for (const wire of wires ?? []) {
        const part = wire[self];
        const [sum, count] = want.get(part) ?? [0, 0];
        want.set(part, [sum + wire[other].top + wire[other + 1] - wire[self + 1], count + 1]);
      }
    }
    let offset = 0;
    const blocks = [];
    for (const part of column) {
      const [sum, count] = want.get(part) ?? [part.top, 1];
      // Passing wires are kept straight first.
      const weight = part.passing ? 4 : 1 + 0.1 * count;
      let block = { parts: [[part, offset]], weight, target: sum / count - offset };
      offset += part.height + CELL.gap;
      while (blocks.length && blocks[blocks.length - 1].target > block.target) {
        const before = blocks.pop();
        const total = before.weight + block.weight;
        block = {
          parts: before.parts.concat(block.parts), weight: total,
          target: (before.target * before.weight + block.target * block.weight) / total,
        };
      }
      blocks.push(block);
    }
    for (const { parts, target } of blocks) for (const [part, down] of parts) part.top = target + down;
  };
  for (let round = 0; round < 6; round++) {
    columns.forEach((column, i) => i > 0 && settle(column, [[between[i - 1], 2, 0]]));
    for (let i = columns.length - 2; i >= 0; i--) settle(columns[i], [[between[i], 0, 2]]);
  }
  for (let round = 0; round < 2; round++) {
    columns.forEach((column, i) => settle(column, [[between[i - 1], 2, 0], [between[i], 0, 2]]));
  }
  const all = columns.flat();
  const top = smallest(all.map((part) => part.top), Infinity);
  for (const part of all) part.top -= top;
}

// Columns side by side, and the wires, straight across a column and curved between two.
function draw(columns) {
  const wires = [];
  let x = 0, height = 0;
  columns.forEach((column, i) => {
    const width = largest(column.map((part) => part.width), 0);
    for (const part of column) {
      part.x = part.ins.length ? x : x + width - part.width;
      part.end = x + width;
      height = Math.max(height, part.top + part.height);
    }
    const after = columns[i + 1] ? wiresBetween(column, columns[i + 1]) : [];
    const steepest = largest(after.map(([a, y, b, z]) => Math.abs(a.top + y - b.top - z)), 0);
    const bare = column.every((part) => part.port) || (columns[i + 1] ?? []).every((part) => part.port);
    x += width + (after.length ? Math.min(120, (bare ? 18 : 26) + 0.16 * steepest + 2 * Math.sqrt(after.length)) : 0);
  });
  columns.forEach((column, i) => {
    if (i === 0) return;
    for (const [a, y, b, z, sources] of wiresBetween(columns[i - 1], column)) {
      const from = [a.x + a.width, a.top + y], bend = a.end, to = [b.x, b.top + z];
      const middle = (bend + to[0]) / 2;
      const across = b.passing ? ` H${b.end}` : "";
      wires.push({
        sources: new Set(sources), part: b.port || b.passing ? null : b,
        path: `M${from[0]},${from[1]} H${bend} C${middle},${from[1]} ${middle},${to[1]} ${to[0]},${to[1]}${across}`,
      });
    }
  });
  const all = columns.flat(), ends = all.filter((part) => part.port);
  return {
    parts: all.filter((part) => !part.port && !part.passing), wires, width: x, height,
    ins: ends.flatMap((part) => [...part.outs.keys()].map((source) => ({ source, y: part.top + 8 }))),
    outs: new Map(ends.flatMap((part) => part.ins.map(({ source }) => [source, part.top + 8]))),
  };
}
