// The address keeps every setting.

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
