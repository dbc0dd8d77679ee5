// The engine: a WebAssembly module that answers questions in JSON, and long lists of numbers as they are.

// Starts the module from its text: compressed with gzip, then written in base64.
async function startEngine(text) {
  const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const module = await WebAssembly.compile(await new Response(unpacked).arrayBuffer());
  let exports = new WebAssembly.Instance(module).exports;

  // Asks one function of the module. If the engine stops, a new one takes its place, because its memory may be half changed.
  const ask = (name, question) => {
    const bytes = new TextEncoder().encode(JSON.stringify(question));
    try {
      const room = exports.chainrule_reserve(bytes.length);
      new Uint8Array(exports.memory.buffer, room, bytes.length).set(bytes);
      const length = exports[`chainrule_${name}`]();
      const answer = new Uint8Array(exports.memory.buffer, exports.chainrule_answer(), length);
      return JSON.parse(new TextDecoder().decode(answer));
    } catch (error) {
      exports = new WebAssembly.Instance(module).exports;
      return { stopped: String(error) };
    }
  };
  // Calls a function of numbers, which does not answer in JSON.
  const call = (name, ...operands) => exports[`chainrule_${name}`](...operands);
  // The numbers that a function gives, in the module's memory, where the next call replaces them.
  const numbers = (name, ...operands) => {
    const length = call(name, ...operands);
    return new Float64Array(exports.memory.buffer, exports.chainrule_numbers(), length);
  };
  const restart = () => { exports = new WebAssembly.Instance(module).exports; };
  return { ask, call, numbers, restart, chain: (upstream, local) => exports.chainrule_chain(upstream, local) };
}
