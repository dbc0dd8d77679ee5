// The rules of the operations in letters, filled with the names or the numbers of a gate's operands.

// A variable in a formula. Raised letters are no part of one: a power would read as part of the name.
const WORD = /(?:(?![ʰ-ˣⁱⁿᴬ-ᵡ])[\p{Alphabetic}0-9_])+/gu;
const LONGEST = 12;

// Writes a formula with these texts for its letters; `names` takes the place of a letter and where it is in the text.
function filled(text, letters, names) {
  return text.replace(WORD, (word, at) => {
    const place = letters.indexOf(word);
    return place < 0 ? word : names(place, at);
  });
}

const bracketed = (words) => (words.includes("−") ? `(${words})` : words);

function ruleOf(node) {
  const [text, slopes, many] = model.rules[graph.nodes[node].rule];
  return { text, slopes, many, letters: slopes.map(([letter]) => letter) };
}

// The names of a gate's operands if each has one that can stand in a formula and no two are the same.
function operandNames(node) {
  const names = graph.nodes[node].sources.map((source) => {
    if (typeof source !== "number") return bracketed(show(source[0], 4));
    const { named, label } = graph.nodes[source];
    const [word, ...more] = label.match(WORD) ?? [];
    const stands = named && word === label && more.length === 0 && !/^[0-9]/.test(word) && [...word].length <= LONGEST;
    return stands ? label : undefined;
  });
  return !names.includes(undefined) && new Set(names).size === names.length ? names : undefined;
}

// The rule of an operand of a gate, such as d(1/h)/dh = −1/h².
function rule(node, k) {
  const { text, slopes, many, letters } = ruleOf(node);
  if (slopes.length === 0) return "";
  const names = many ? undefined : operandNames(node);
  const fill = (words) => (names ? filled(words, letters, (place) => names[place]) : words);
  const [letter, slope] = slopes[k % slopes.length];
  // A constant needs brackets only among others.
  const local = letters.includes(slope) ? fill(slope).replace(/[()]/g, "") : fill(slope);
  return `d(${fill(text)})/d${fill(letter)} = ${local}`;
}

// What a gate computes in the forward pass, with numbers.
function computes(node, state) {
  const { symbol, label, sources } = graph.nodes[node];
  const { text, many, letters } = ruleOf(node);
  const number = (source) => show(typeof source === "number" ? state.values[source] : source[0]);
  const value = show(state.values[node]);
  if (many) return `${symbol} computes ${label} = ${value} from ${listed(sources, ", ", number)}.`;
  // A negative number needs brackets, except at the beginning if no power follows.
  const formula = filled(text, letters, (place, at) => {
    const plain = at === 0 && !"²³^".includes(text[letters[place].length] ?? " ");
    return plain ? number(sources[place]) : bracketed(number(sources[place]));
  });
  return `${symbol} computes ${label} = ${formula} = ${value}.`;
}
