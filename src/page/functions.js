// Functions that the operations' JavaScript calls. None hides a NaN, as in the engine.
// Each agrees with the engine's to a relative 1e-12; near one of its roots, to 1e-14.

const SQRT_HALF = Math.SQRT1_2;
const TWO_OVER_SQRT_PI = 1.1283791670955126;
const INVERSE_SQRT_2_PI = 0.3989422804014327;

// The product of two numbers as a rounded product and its error, after Dekker and Veltkamp.
function productError(a, b, product) {
  const wideA = a * 134217729, wideB = b * 134217729;
  const highA = wideA - (wideA - a), highB = wideB - (wideB - b);
  const lowA = a - highA, lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}

// a·b + c, rounded (almost always) once.
function fma(a, b, c) {
  const product = a * b, sum = product + c;
  const size = Math.max(Math.abs(a), Math.abs(b), Math.abs(product), Math.abs(c));
  if (!(size < 1e290) || Math.abs(product) < 1e-270) return sum;
  const back = sum - product;
  return sum + (product - (sum - back) + (c - back) + productError(a, b, product));
}

// The chain rule's product and term: 0 and nothing added if a factor is 0, whatever the other is.
function chain(u, p) {
  return u === 0 || p === 0 ? 0 : u * p;
}
function chainAdd(u, p, a) {
  return u === 0 || p === 0 ? a : fma(u, p, a);
}

function dot(xs) {
  let sum = xs.length > 1 ? xs[0] * xs[1] : 0;
  for (let i = 2; i + 1 < xs.length; i += 2) sum = fma(xs[i], xs[i + 1], sum);
  return sum;
}

function adjoint(xs) {
  let sum = 0;
  for (let i = 0; i + 1 < xs.length; i += 2) sum = chainAdd(xs[i], xs[i + 1], sum);
  return sum;
}

function truth(a, b, holds) {
  return a !== a || b !== b ? NaN : Number(holds);
}

function joined(x, parameter, above, below) {
  return x !== x || parameter !== parameter ? NaN : x > 0 ? above : below;
}

function round(x) {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

function pow(x, y) {
  if (x !== x || y !== y) return NaN;
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return Math.pow(x, y);
}

// c·a^b, also if the power alone leaves the range of numbers; 0 where it vanishes, also if c is infinite.
function scaledPow(c, a, b) {
  const power = pow(a, b);
  if (c !== c || power !== power) return NaN;
  if (Math.abs(power) >= 1e-300 && Math.abs(power) < Infinity) return c * power;
  const root = pow(Math.abs(a), 0.5 * b);
  if (c === 0 || root === 0) return 0;
  return c * root * (power < 0 || Object.is(power, -0) ? -root : root);
}

function powMixed(a, b) {
  const log = Math.log(a);
  if (log !== log || b !== b) return NaN;
  return scaledPow(1 + chain(b, log), a, b - 1);
}

function hypot(x, y) {
  return x !== x || y !== y ? NaN : Math.hypot(x, y);
}

function hypotSlope(a, b) {
  if (a !== a || b !== b || (Math.abs(a) === Infinity && Math.abs(b) === Infinity)) return NaN;
  if (a === 0) return 0;
  if (Math.abs(a) === Infinity) return Math.sign(a);
  if (Math.abs(b) === Infinity) return a < 0 ? -0 : 0;
  const size = Math.max(Math.abs(a), Math.abs(b));
  return a / size / Math.hypot(a / size, b / size);
}

// For the derivatives of hypot and atan2: what they are at infinity and 0, or nothing elsewhere.
function planeLimit(a, b, origin) {
  if (a !== a || b !== b || (Math.abs(a) === Infinity && Math.abs(b) === Infinity)) return NaN;
  if (Math.abs(a) === Infinity || Math.abs(b) === Infinity) return 0;
  return a === 0 && b === 0 ? origin : undefined;
}

// Both numbers divided by the larger, the larger, and the squared length of the numbers divided.
function scaledVector(a, b) {
  const size = Math.max(Math.abs(a), Math.abs(b)), p = a / size, q = b / size;
  return [p, q, size, p * p + q * q];
}

function hypotCurvature(a, b) {
  const limit = planeLimit(a, b, 0), [, q, size, square] = scaledVector(a, b);
  return limit ?? ((q / size) * q) / (square * Math.sqrt(square));
}

function hypotMixed(a, b) {
  const limit = planeLimit(a, b, 0), [p, q, size, square] = scaledVector(a, b);
  const small = Math.min(Math.abs(p), Math.abs(q)), sign = Math.sign(p) * Math.sign(q);
  return limit ?? (-sign * (small / size)) / (square * Math.sqrt(square));
}

function atan2Slope(a, b) {
  const limit = planeLimit(a, b, NaN), [, q, size, square] = scaledVector(a, b);
  return limit ?? q / size / square;
}

function atan2Mixed(a, b) {
  const limit = planeLimit(a, b, NaN), [p, q, size, square] = scaledVector(a, b);
  return limit ?? (((p - q) * (p + q)) / (square * square)) / size / size;
}

function sigmoid(x) {
  if (x < -20) {
    const small = Math.exp(x);
    return small - small * small;
  }
  return 1 / (1 + Math.exp(-x));
}

function silu(x) {
  return x < -800 ? -0 : x * sigmoid(x);
}

function siluSlope(x) {
  if (x < -800) return -0;
  if (x > 800) return 1;
  return sigmoid(x) * (1 + x * sigmoid(-x));
}

function siluCurvature(x) {
  if (Math.abs(x) > 800) return -0;
  return sigmoid(x) * sigmoid(-x) * (2 - x * Math.tanh(0.5 * x));
}

// e^(x − m), 1 for equal operands, also where both are +∞.
function expDifference(x, m) {
  if (x === -Infinity && m === -Infinity) return NaN;
  return x === m ? 1 : Math.exp(x - m);
}

function logSumExp(xs) {
  const largest = xs.reduce((max, x) => Math.max(max, x), -Infinity);
  if (largest === -Infinity) return largest;
  return largest + Math.log(xs.reduce((sum, x) => sum + expDifference(x, largest), 0));
}

// The error function by its series of positive terms, DLMF 7.6.2.
function erfSeries(x) {
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

// The complementary error function for x ≥ 2 by its continued fraction, DLMF 7.9.1, evaluated from its end.
function erfcFraction(x) {
  let tail = x;
  for (let n = 100; n >= 1; n--) tail = x + n / 2 / tail;
  return (Math.exp(-x * x) * TWO_OVER_SQRT_PI) / 2 / tail;
}

function erf(x) {
  if (x !== x) return NaN;
  if (Math.abs(x) < 2) return erfSeries(x);
  return x > 0 ? 1 - erfcFraction(x) : erfcFraction(-x) - 1;
}

function erfc(x) {
  if (x !== x) return NaN;
  if (Math.abs(x) < 2) return 1 - erfSeries(x);
  return x > 0 ? erfcFraction(x) : 2 - erfcFraction(-x);
}

function gelu(x) {
  return x < -40 ? -0 : 0.5 * x * erfc(-x * SQRT_HALF);
}

function geluSlope(x) {
  if (x < -40) return -0;
  if (x > 40) return 1;
  return 0.5 * erfc(-x * SQRT_HALF) + x * INVERSE_SQRT_2_PI * Math.exp(-0.5 * x * x);
}

// c·φ(x), in two steps, because φ(x) alone may be subnormal.
function scaledDensity(x, c) {
  if (x !== x || c !== c) return NaN;
  if (Math.abs(x) >= 54) return 0;
  const root = Math.exp(-0.25 * x * x);
  return INVERSE_SQRT_2_PI * root * c * root;
}

// A series in powers of x, with the constant coefficient first.
function series(coefficients, x) {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

// B₂ₖ/(2k(2k − 1)), B₂ₖ/2k and B₂ₖ/(2k)!.
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
const DIGAMMA = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160];
const EULER_MACLAURIN = [
  1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -5.284190138687493e-10, 1.3382536530684679e-11,
  -3.3896802963225829e-13, 8.5860620562778446e-15, -2.174868698558062e-16,
];

// ln Γ by Stirling's series, DLMF 5.11.1, after the recurrence.
function lnGamma(x) {
  if (!(x >= 0)) return NaN;
  if (x === 0 || x === Infinity) return Infinity;
  if (x === 1 || x === 2) return 0;
  let large = x, product = 1;
  while (large < 12) product *= large++;
  const inverse = 1 / large;
  const tail = 0.9189385332046728 + inverse * series(STIRLING, inverse * inverse);
  return (large - 0.5) * Math.log(large) - large + tail - Math.log(product);
}

// ψ by DLMF 5.11.2 after the recurrence.
function digamma(x) {
  if (!(x >= 0)) return NaN;
  let large = x, sum = 0;
  while (large < 12) sum -= 1 / Math.abs(large++);
  const inverse = 1 / large;
  return Math.log(large) - 0.5 * inverse - inverse * inverse * series(DIGAMMA, inverse * inverse) + sum;
}

// ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! ζ(n + 1, x), DLMF 5.15.1, the zeta function by the formula of Euler and Maclaurin.
function polygamma(n, x) {
  if (n === 0) return digamma(x);
  if (!(n >= 1 && n <= 900 && Math.floor(n) === n && x >= 0)) return NaN;
  const sign = n % 2 === 1 ? 1 : -1;
  if (x === 0) return sign * Infinity;
  if (x === Infinity) return sign * 0;
  // n!/yⁿ, factor by factor, because the factorial and the power alone leave the range of numbers.
  const scaled = y => {
    let product = 1;
    for (let k = 1; k <= n; k++) product *= k / y;
    return product;
  };
  let large = x, sum = 0;
  for (; large < n + 14; large++) sum += scaled(large) / large;
  const inverse = 1 / large;
  let rising = (n + 1) * inverse * inverse, bracket = 1 / n + 0.5 * inverse;
  EULER_MACLAURIN.forEach((number, k) => {
    bracket += number * rising;
    rising *= (n + 2 * k + 2) * inverse * ((n + 2 * k + 3) * inverse);
  });
  return sign * (sum + scaled(large) * bracket);
}
