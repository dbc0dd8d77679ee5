static int chainrule_same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static double chainrule_chain(double u, double p)
{
    return u == 0.0 || p == 0.0 ? 0.0 : u * p;
}

static double chainrule_chain_add(double u, double p, double a)
{
    return u == 0.0 || p == 0.0 ? a : fma(u, p, a);
}

static double chainrule_truth(double a, double b, int holds)
{
    return isnan(a) || isnan(b) ? NAN : (double)holds;
}

static double chainrule_joined(double x, double parameter, double above, double below)
{
    return isnan(x) || isnan(parameter) ? NAN : x > 0.0 ? above : below;
}

static double chainrule_unit(double x)
{
    return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
}

static double chainrule_max(double a, double b)
{
    return a > b ? a : b > a ? b : a == 0.0 ? a + b : isnan(a) ? a : b;
}

static double chainrule_min(double a, double b)
{
    return -chainrule_max(-a, -b);
}

static double chainrule_clamp(double x, double low, double high)
{
    return low <= high ? chainrule_min(chainrule_max(x, low), high) : NAN;
}

static double chainrule_sum(int n, const double *xs)
{
    double sum = -0.0;
    for (int i = 0; i < n; i++) sum += xs[i];
    return sum;
}

static double chainrule_product(int n, const double *xs)
{
    double product = 1.0;
    for (int i = 0; i < n; i++) product *= xs[i];
    return product;
}

static double chainrule_dot(int n, const double *xs)
{
    double sum = n < 2 ? 0.0 : xs[0] * xs[1];
    for (int i = 2; i + 1 < n; i += 2) sum = fma(xs[i], xs[i + 1], sum);
    return sum;
}

static double chainrule_adjoint(int n, const double *xs)
{
    double sum = 0.0;
    for (int i = 0; i + 1 < n; i += 2) sum = chainrule_chain_add(xs[i], xs[i + 1], sum);
    return sum;
}

static double chainrule_max_of(int n, const double *xs)
{
    double largest = -INFINITY;
    for (int i = 0; i < n; i++) largest = chainrule_max(largest, xs[i]);
    return largest;
}

static double chainrule_min_of(int n, const double *xs)
{
    double smallest = INFINITY;
    for (int i = 0; i < n; i++) smallest = chainrule_min(smallest, xs[i]);
    return smallest;
}

static double chainrule_place_of_largest(int n, const double *xs)
{
    int place = 0;
    for (int i = 0; i < n; i++) {
        if (isnan(xs[i])) return NAN;
        if (xs[i] > xs[place]) place = i;
    }
    return n > 0 ? place : NAN;
}

static double chainrule_place_of_smallest(int n, const double *xs)
{
    int place = 0;
    for (int i = 0; i < n; i++) {
        if (isnan(xs[i])) return NAN;
        if (xs[i] < xs[place]) place = i;
    }
    return n > 0 ? place : NAN;
}

static double chainrule_gather(int n, const double *xs)
{
    return n > 0 && xs[0] >= 0.0 && xs[0] < n - 1 ? xs[1 + (int)xs[0]] : NAN;
}

static double chainrule_chosen(double x, double i, double n)
{
    return x >= 0.0 && x < n ? chainrule_truth(x, i, floor(x) == i) : NAN;
}

static double chainrule_mean(int n, const double *xs)
{
    double sum = -0.0;
    for (int i = 0; i < n; i++) sum += xs[i];
    return sum / n;
}

static double chainrule_first(int n, const double *xs)
{
    return n > 0 ? xs[0] : NAN;
}

static double chainrule_exp_difference(double x, double m)
{
    if (x == -INFINITY && m == -INFINITY) return NAN;
    return x == m ? 1.0 : exp(x - m);
}

static double chainrule_log_sum_exp(int n, const double *xs)
{
    double largest = chainrule_max_of(n, xs), sum = 0.0;
    if (largest == -INFINITY) return largest;
    for (int i = 0; i < n; i++) sum += chainrule_exp_difference(xs[i], largest);
    return largest + log(sum);
}

static double chainrule_pow(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : pow(x, y);
}

static double chainrule_powi(double x, double n)
{
    double product = n == 0.0 ? 1.0 : fabs(n) == 1.0 ? x : fabs(n) == 2.0 ? x * x : x * x * x;
    if (!(fabs(n) <= 3.0) || isnan(x) || floor(n) != n) return chainrule_pow(x, n);
    if (n >= 0.0) return product;
    return isnormal(product) ? 1.0 / product : pow(x, n);
}

static double chainrule_scaled_pow(double c, double a, double b)
{
    double power = chainrule_pow(a, b), root;
    if (isnan(c) || isnan(power) || isnormal(power)) return c * power;
    root = pow(fabs(a), 0.5 * b);
    return c == 0.0 || root == 0.0 ? 0.0 : c * root * copysign(root, power);
}

static double chainrule_pow_mixed(double a, double b)
{
    double logarithm = log(a);
    if (isnan(logarithm) || isnan(b)) return NAN;
    return chainrule_scaled_pow(1.0 + chainrule_chain(b, logarithm), a, b - 1.0);
}

static double chainrule_pow_log(double a, double b)
{
    return chainrule_scaled_pow(log(a), a, b);
}

static double chainrule_pow_log_squared(double a, double b)
{
    double logarithm = log(a);
    return chainrule_scaled_pow(logarithm * logarithm, a, b);
}

static double chainrule_scaled_exp2(double x, double c)
{
    return x > 1000.0 ? exp2(x - 512.0) * c * 0x1p512 : exp2(x) * c;
}

static double chainrule_div_slope(double a, double b)
{
    double y = a / b;
    return y != 0.0 && fabs(y) < 0x1p-1022 ? -(a * 0x1p600 / b) / b / 0x1p600 : -y / b;
}

static double chainrule_rem_euclid(double a, double b)
{
    double rest = fmod(a, b);
    return rest < 0.0 ? rest + fabs(b) : rest;
}

static double chainrule_div_positive(double a, double b)
{
    return b >= 0.0 ? a / fabs(b) : NAN;
}

static double chainrule_share(double t, double r)
{
    return t >= 0.0 && r >= 0.0 ? fabs(t) / (t + r) : NAN;
}

static double chainrule_hypot(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : hypot(a, b);
}

static double chainrule_hypot_slope(double a, double b)
{
    double size = fmax(fabs(a), fabs(b));
    if (isnan(a) || isnan(b) || (isinf(a) && isinf(b))) return NAN;
    if (a == 0.0) return 0.0;
    if (isinf(a)) return copysign(1.0, a);
    if (isinf(b)) return copysign(0.0, a);
    return a / size / hypot(a / size, b / size);
}

static double chainrule_plane(double a, double b, double origin, double inside)
{
    if (isnan(a) || isnan(b) || (isinf(a) && isinf(b))) return NAN;
    if (isinf(a) || isinf(b)) return 0.0;
    return a == 0.0 && b == 0.0 ? origin : inside;
}

static double chainrule_hypot_curvature(double a, double b)
{
    double size = fmax(fabs(a), fabs(b)), p = a / size, q = b / size, square = p * p + q * q;
    return chainrule_plane(a, b, 0.0, q / size * q / (square * sqrt(square)));
}

static double chainrule_hypot_mixed(double a, double b)
{
    double size = fmax(fabs(a), fabs(b)), p = a / size, q = b / size, square = p * p + q * q;
    double large = fabs(p) > fabs(q) ? p : q, small = fabs(p) > fabs(q) ? q : p;
    return chainrule_plane(a, b, 0.0, -large * (small / size) / (square * sqrt(square)));
}

static double chainrule_atan2_slope(double a, double b)
{
    double size = fmax(fabs(a), fabs(b)), p = a / size, q = b / size;
    return chainrule_plane(a, b, NAN, q / size / (p * p + q * q));
}

static double chainrule_atan2_mixed(double a, double b)
{
    double size = fmax(fabs(a), fabs(b)), p = a / size, q = b / size, square = p * p + q * q;
    return chainrule_plane(a, b, NAN, (p - q) * (p + q) / (square * square) / size / size);
}

static double chainrule_sign(double x)
{
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x + 0.0;
}

static double chainrule_recip_positive(double x)
{
    return x >= 0.0 ? 1.0 / fabs(x) : NAN;
}

static double chainrule_log1mexp(double x)
{
    return x > -0.6931471805599453 ? log(-expm1(x)) : log1p(-exp(x));
}

static double chainrule_log1mexp_slope(double x)
{
    return x <= 0.0 ? -exp(x) / fabs(expm1(x)) : NAN;
}

static double chainrule_sinc_derivative(double x, double n)
{
    double s = sin(x), c = cos(x), value = 0.0, k;
    double cycle[] = {s, c, -s, -c};
    if (isnan(x) || !(n >= 0.0 && n <= 40.0 && floor(n) == n)) return NAN;
    if (isinf(x)) return 0.0;
    if (fabs(x) > fmax(n, 4.0)) {
        value = s / x;
        for (k = 1.0; k <= n; k++) value = (cycle[(int)k % 4] - k * value) / x;
    } else {
        for (k = n + 80.0; k > n; k--) value = (cycle[(int)k % 4] - x * value) / k;
    }
    return value;
}

static double chainrule_sigmoid(double x)
{
    double small = exp(x);
    return x < -20.0 ? small - small * small : 1.0 / (1.0 + exp(-x));
}

static double chainrule_softplus(double x)
{
    return x > 0.0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double chainrule_silu(double x)
{
    return x < -800.0 ? -0.0 : x * chainrule_sigmoid(x);
}

static double chainrule_silu_slope(double x)
{
    if (x < -800.0) return -0.0;
    return x > 800.0 ? 1.0 : chainrule_sigmoid(x) * (1.0 + x * chainrule_sigmoid(-x));
}

static double chainrule_silu_curvature(double x)
{
    if (fabs(x) > 800.0) return -0.0;
    return chainrule_sigmoid(x) * chainrule_sigmoid(-x) * (2.0 - x * tanh(0.5 * x));
}

static double chainrule_gelu(double x)
{
    return x < -40.0 ? -0.0 : 0.5 * x * erfc(-x * 0.7071067811865476);
}

static double chainrule_gelu_slope(double x)
{
    if (x < -40.0) return -0.0;
    if (x > 40.0) return 1.0;
    return 0.5 * erfc(-x * 0.7071067811865476) + x * 0.3989422804014327 * exp(-0.5 * x * x);
}

static double chainrule_scaled_density(double x, double c)
{
    double root = exp(-0.25 * x * x);
    if (isnan(x) || isnan(c)) return NAN;
    return fabs(x) >= 54.0 ? 0.0 : 0.3989422804014327 * root * c * root;
}

/* phi(z)/Phi(-z) - z for z >= 0: a continued fraction, and near 0 from erfc. */
static double chainrule_hazard_excess(double z)
{
    double fraction = z, k;
    if (z < 2.0) return 2.0 * 0.3989422804014327 * exp(-0.5 * z * z) / erfc(z * 0.7071067811865476) - z;
    for (k = 200.0; k > 1.0; k--) fraction = z + k / fraction;
    return 1.0 / fraction;
}

static double chainrule_log_normal_cdf(double x)
{
    if (x > 0.0) return log1p(-0.5 * erfc(x * 0.7071067811865476));
    return log(0.3989422804014327 / (chainrule_hazard_excess(-x) - x)) - 0.5 * x * x;
}

static double chainrule_log_erfc(double x)
{
    double z = x * 1.4142135623730951;
    if (x < 0.45) return log1p(-erf(x));
    return log(2.0 * 0.3989422804014327 / (chainrule_hazard_excess(z) + z)) - x * x;
}

/* The first two derivatives; NaN for higher ones. */
static double chainrule_log_normal_cdf_derivative(double x, double n)
{
    double excess, slope;
    if (isnan(x) || (n != 1.0 && n != 2.0)) return NAN;
    if (x > 0.0) {
        slope = 0.3989422804014327 * exp(-0.5 * x * x) / (0.5 * erfc(-x * 0.7071067811865476));
        return n == 1.0 ? slope : x > 40.0 ? -0.0 : -slope * (x + slope);
    }
    excess = chainrule_hazard_excess(-x);
    return n == 1.0 ? excess - x : x < -1e9 ? -1.0 : -excess * (excess - x);
}

static double chainrule_log_erfc_derivative(double x, double n)
{
    double slope = chainrule_log_normal_cdf_derivative(-x * 1.4142135623730951, n);
    return n == 1.0 ? -1.4142135623730951 * slope : 2.0 * slope;
}

static double chainrule_ln_gamma(double x)
{
    return x == -INFINITY ? NAN : lgamma(x);
}

static double chainrule_xlogx(double x)
{
    return x == 0.0 ? 0.0 : x * log(x);
}

/* By DLMF 5.11.2 after the recurrence. */
static double chainrule_digamma(double x)
{
    static const double series[] = {1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240,
                                    1.0 / 132, -691.0 / 32760, 1.0 / 12, -3617.0 / 8160};
    double reflected = 0.0, sum = 0.0, tail = 0.0, inverse;
    int k;
    if (x < 0.0) {
        double beside = x - round(x);
        if (beside == 0.0 || isinf(x)) return NAN;
        reflected = 3.141592653589793 / tan(3.141592653589793 * beside);
        x = 1.0 - x;
    }
    while (x < 12.0) sum -= 1.0 / fabs(x++);
    inverse = 1.0 / x;
    for (k = 7; k >= 0; k--) tail = tail * inverse * inverse + series[k];
    return log(x) - 0.5 * inverse - inverse * inverse * tail + sum - reflected;
}

/* n!*zeta(n + 1, x) for x > 0, by the formula of Euler and Maclaurin. */
static double chainrule_zeta(double n, double x)
{
    static const double series[] = {1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160,
                                    -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225829e-13,
                                    8.5860620562778446e-15, -2.174868698558062e-16};
    double sum = 0.0, inverse, rising, bracket, product, j;
    int k, last = 0;
    for (;;) {
        last = x >= n + 14.0;
        product = 1.0;
        for (j = 1.0; j <= n; j++) product *= j / x;
        if (last) break;
        sum += product / x;
        x += 1.0;
    }
    inverse = 1.0 / x;
    rising = (n + 1.0) * inverse * inverse;
    bracket = 1.0 / n + 0.5 * inverse;
    for (k = 0; k < 10; k++) {
        bracket += series[k] * rising;
        rising *= (n + 2.0 * k + 2.0) * inverse * ((n + 2.0 * k + 3.0) * inverse);
    }
    return sum + product * bracket;
}

static double chainrule_polygamma(double x, double n)
{
    double odd = fmod(n, 2.0) == 1.0 ? 1.0 : -1.0;
    if (n == 0.0) return chainrule_digamma(x);
    if (!(n >= 1.0 && n <= 900.0 && floor(n) == n) || isnan(x) || x == -INFINITY) return NAN;
    if (x < 0.0) {
        double beside = x - round(x), size = fabs(beside);
        double near, far, beyond;
        if (beside == 0.0) return NAN;
        near = chainrule_zeta(n, size);
        far = chainrule_zeta(n, 1.0 - size);
        beyond = chainrule_zeta(n, 1.0 - x);
        return beside > 0.0 ? odd * near + far - beyond : near - beyond + odd * far;
    }
    if (x == 0.0) return odd * INFINITY;
    return isinf(x) ? odd * 0.0 : odd * chainrule_zeta(n, x);
}
