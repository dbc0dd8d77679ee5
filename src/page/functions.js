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

// The place of the first operand that is the best one.
function bestPlace(xs, best) {
  return xs.length > 0 && best === best ? xs.indexOf(best) : NaN;
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

function remEuclid(a, b) {
  const rest = a % b;
  return rest < 0 ? rest + Math.abs(b) : rest;
}

function log1mexp(x) {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

// The derivatives of sin(x)/x by x·fₙ + n·fₙ₋₁ = sin⁽ⁿ⁾(x), upwards above n and 4, else downwards from a high order.
function sincDerivative(x, n) {
  if (x !== x || !(n >= 0 && n <= 40 && Math.floor(n) === n)) return NaN;
  if (Math.abs(x) === Infinity) return 0;
  const s = Math.sin(x), c = Math.cos(x), cycle = [s, c, -s, -c];
  let value = 0;
  if (Math.abs(x) > Math.max(n, 4)) {
    value = s / x;
    for (let k = 1; k <= n; k++) value = (cycle[k % 4] - k * value) / x;
  } else {
    for (let k = n + 80; k > n; k--) value = (cycle[k % 4] - x * value) / k;
  }
  return value;
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

// φ(z)/Φ(−z) − z for z ≥ 0: a continued fraction, and near 0 from erfc.
function hazardExcess(z) {
  if (z < 2) return (2 * INVERSE_SQRT_2_PI * Math.exp(-0.5 * z * z)) / erfc(z * SQRT_HALF) - z;
  let fraction = z;
  for (let k = 200; k > 1; k--) fraction = z + k / fraction;
  return 1 / fraction;
}

function logNormalCdf(x) {
  if (x > 0) return Math.log1p(-0.5 * erfc(x * SQRT_HALF));
  return Math.log(INVERSE_SQRT_2_PI / (hazardExcess(-x) - x)) - 0.5 * x * x;
}

function logErfc(x) {
  if (x < 0.45) return Math.log1p(-erf(x));
  const z = x / SQRT_HALF;
  return Math.log((2 * INVERSE_SQRT_2_PI) / (hazardExcess(z) + z)) - x * x;
}

// Numbers as sums [high, low] of two floats, by Knuth, Dekker and Veltkamp.
const exactSum = (a, b) => {
  const high = a + b, back = high - a;
  return [high, a - (high - back) + (b - back)];
};
const halves = a => {
  const shifted = a * 134217729, high = shifted - (shifted - a);
  return [high, a - high];
};
const plus = ([a, x], [b, y]) => {
  const [high, low] = exactSum(a, b);
  return exactSum(high, low + (x + y));
};
const times = ([a, x], [b, y]) => {
  const high = a * b, [p, q] = halves(a), [r, s] = halves(b);
  return exactSum(high, p * r - high + p * s + q * r + q * s + (a * y + x * b));
};
const scaled = ([a, x], factor) => times([a, x], [factor, 0]);
const over = ([a, x], b) => {
  const quotient = a / b[0];
  const [rest, low] = plus([a, x], times([-quotient, 0], b));
  return exactSum(quotient, (rest + low) / b[0]);
};

// e^−s, by its series.
function wideExp(s) {
  const count = Math.round(s[0] / Math.LN2);
  let rest = exactSum(-s[0] + count * 0.6931471805592082, count * 7.371002565161996e-13);
  rest = plus(rest, [-s[1] + count * 5.8029889835956905e-25, 0]);
  let sum = [1, 0];
  for (let k = 28; k > 0; k--) sum = plus(over(times(sum, rest), [k, 0]), [1, 0]);
  return [sum, Math.pow(2, -count)];
}

// The ratios of the Taylor coefficients of Mills' ratio 1/hazard at z ≥ 1, which are continued fractions.
function millsRatios(z, n) {
  const ratios = [];
  let fraction = [0, 0];
  for (let k = n + Math.floor(20 + 700 / (z[0] * z[0])); k > 0; k--) {
    fraction = over([1, 0], plus(z, scaled(fraction, k + 1)));
    if (k <= n) ratios.unshift(fraction);
  }
  return ratios;
}

// The derivative of order n > 2 of the logarithm of Mills' ratio.
function millsDerivative(z, n) {
  const coefficients = [[1, 0]], terms = [];
  let factorial = 1;
  millsRatios(z, n).forEach((ratio, i) => {
    coefficients.push(times(coefficients[i], ratio));
    let term = scaled(coefficients[i + 1], i + 1);
    terms.forEach((earlier, j) => (term = plus(term, scaled(times(earlier, coefficients[i - j]), -1))));
    terms.push(term);
    if (i > 0) factorial *= i;
  });
  return terms[n - 1][0] * factorial;
}

// The derivative of order n of ln Φ(u) for u ≥ −1, from Φ·(ln Φ)′ = φ, differentiated n − 1 times.
function convolvedDerivative(u, halfSquare, n) {
  const [exponential, unit] = wideExp(halfSquare);
  const density = times(exponential, [INVERSE_SQRT_2_PI, -2.49232720227773e-17]);
  let distribution = [1, 0];
  if (u[0] < 1) {
    let term = u, sum = u;
    for (let odd = 3; odd < 80; odd += 2) {
      term = over(times(term, times(u, u)), [odd, 0]);
      sum = plus(sum, term);
    }
    distribution = plus(scaled(times(density, sum), unit), [0.5, 0]);
  } else {
    distribution = plus(scaled(over(density, plus(u, millsRatios(u, 1)[0])), -unit), [1, 0]);
  }
  const ratio = over(density, distribution), slope = scaled(ratio, unit);
  const polynomials = [[1, 0]], factors = [[1, 0]];
  for (let m = 1; m < n; m++) {
    const before = m > 1 ? polynomials[m - 2] : [0, 0];
    polynomials.push(plus(scaled(times(u, polynomials[m - 1]), -1), scaled(before, 1 - m)));
    let sum = [0, 0], binomial = 1;
    for (let k = 1; k <= m; k++) {
      binomial *= (m + 1 - k) / k;
      sum = plus(sum, scaled(times(polynomials[k - 1], factors[m - k]), binomial));
    }
    factors.push(plus(polynomials[m], scaled(times(slope, sum), -1)));
  }
  return times(ratio, factors[n - 1])[0] * unit;
}

// The derivative of order n of ln Φ at u, a sum of two floats.
function logCdfDerivative(u, halfSquare, n) {
  if (!(n >= 1 && n <= 20 && Math.floor(n) === n) || u[0] !== u[0]) return NaN;
  if (u[0] > 78) return 0;
  const z = Math.abs(u[0]), excess = hazardExcess(z);
  if (u[0] <= 0 && n === 1) return z + excess;
  if (u[0] <= 0 && n === 2) return z > 1e9 ? -1 : -excess * (z + excess);
  if (z > 1e9) {
    let value = 1 / z;
    for (let k = 1; k < n; k++) value *= k / z;
    return value;
  }
  return u[0] < -1 ? millsDerivative(scaled(u, -1), n) : convolvedDerivative(u, halfSquare, n);
}

function logNormalCdfDerivative(x, n) {
  return logCdfDerivative([x, 0], scaled(times([x, 0], [x, 0]), 0.5), n);
}

function logErfcDerivative(x, n) {
  const scale = n % 2 === 0 ? Math.pow(2, n / 2) : -Math.pow(2, (n - 1) / 2) / SQRT_HALF;
  const u = Math.abs(x) > 1e9 ? [-x / SQRT_HALF, 0] : times([-x, 0], [1.4142135623730951, -9.667293313452913e-17]);
  return scale * logCdfDerivative(u, times([x, 0], [x, 0]), n);
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

// The coefficients (−1)ᵏ(ζ(k) − 1)/k of ln Γ(2 + t) from k = 2 on, DLMF 5.7.3.
const NEAR_2 = [
  0.3224670334241132, -0.0673523010531981, 0.020580808427784546, -0.007385551028673986, 0.0028905103307415234,
  -0.001192753911703261, 0.0005096695247430425, -0.00022315475845357939, 9.945751278180853e-05, -4.492623673813314e-05,
  2.050721277567069e-05, -9.439488275268397e-06, 4.374866789907488e-06, -2.039215753801366e-06, 9.55141213040742e-07,
  -4.492469198764566e-07,
];

// ln |Γ| by Stirling's series, DLMF 5.11.1, after the recurrence; near its roots by its Taylor series.
function lnGamma(x) {
  const root = Math.round(x), t = x - root;
  if ((root === 1 || root === 2) && Math.abs(t) < 0.25) {
    return t * (0.42278433509846713 + t * series(NEAR_2, t)) - (root === 1 ? Math.log1p(t) : 0);
  }
  if (x < 0) {
    const beside = Math.abs(x - Math.round(x));
    if (x === -Infinity) return NaN;
    if (beside === 0) return Infinity;
    return Math.log(Math.PI / Math.sin(Math.PI * beside)) - lnGamma(1 - x);
  }
  if (x !== x) return NaN;
  if (x === 0 || x === Infinity) return Infinity;
  let large = x, product = 1;
  while (large < 12) product *= large++;
  const inverse = 1 / large;
  const tail = 0.9189385332046728 + inverse * series(STIRLING, inverse * inverse);
  return (large - 0.5) * Math.log(large) - large + tail - Math.log(product);
}

// ψ by DLMF 5.11.2 after the recurrence.
function digamma(x) {
  if (x < 0) {
    const beside = x - Math.round(x);
    return beside === 0 || x === -Infinity ? NaN : digamma(1 - x) - Math.PI / Math.tan(Math.PI * beside);
  }
  if (x !== x) return NaN;
  let large = x, sum = 0;
  while (large < 12) sum -= 1 / Math.abs(large++);
  const inverse = 1 / large;
  return Math.log(large) - 0.5 * inverse - inverse * inverse * series(DIGAMMA, inverse * inverse) + sum;
}

// ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! ζ(n + 1, x), DLMF 5.15.1, the zeta function by the formula of Euler and Maclaurin.
function polygamma(n, x) {
  if (n === 0) return digamma(x);
  if (!(n >= 1 && n <= 900 && Math.floor(n) === n) || x !== x || x === -Infinity) return NaN;
  if (x < 0) {
    const beside = x - Math.round(x), size = Math.abs(beside), odd = n % 2 === 1 ? 1 : -1;
    if (beside === 0) return NaN;
    const [near, far, beyond] = [size, 1 - size, 1 - x].map(at => odd * polygamma(n, at));
    return beside > 0 ? odd * near + far - beyond : near - beyond + odd * far;
  }
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
