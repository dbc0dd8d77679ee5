// Points that can be moved.

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
