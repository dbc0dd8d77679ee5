//! Tests formulas in LaTeX.

use chainrule::{Level, Program, Transform, Var, tape};

fn latex_of(f: impl FnOnce([Var; 3]) -> Var) -> String {
    let f = Program::trace(3, |x| {
        f([
            x[0].named("a"),
            x[1].named("alpha2"),
            x[2].named("the_rest"),
        ])
    });
    let text = f.unwrap().at_level(Level::Fast).to_latex(&["f"]).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        (lines[0], lines[lines.len() - 1]),
        ("\\begin{aligned}", "\\end{aligned}")
    );
    lines[1..lines.len() - 1].join("\n")
}

#[test]
fn latex_has_the_parentheses_that_it_needs() {
    let rest = r"\text{the\_rest}";
    assert_eq!(
        latex_of(|[a, b, c]| (a - (b - c)) / (b * c)),
        format!(
            r"f &= \frac{{a - \left(\alpha_{{2}} - {rest}\right)}}{{\alpha_{{2}} \cdot {rest}}}"
        )
    );
    assert_eq!(
        latex_of(|[a, _, _]| (-a).powi(2)),
        r"f &= \left(-a\right)^{2}"
    );
    assert_eq!(latex_of(|[a, _, _]| -(a.powi(2))), r"f &= -a^{2}");
    assert_eq!(
        latex_of(|[a, b, _]| a.pow(b).pow(a)),
        r"f &= \left(a^{\alpha_{2}}\right)^{a}"
    );
    assert_eq!(
        latex_of(|[a, b, _]| (a + b).sin().exp().recip()),
        r"f &= \frac{1}{e^{\sin\left(a + \alpha_{2}\right)}}"
    );
    assert_eq!(
        latex_of(|[a, b, _]| a.less(b).select(a, 2e-30)),
        "f &= \\begin{cases} a & \\text{if } a < \\alpha_{2} \\\\ 2 \\cdot 10^{-30} & \\text{otherwise} \\end{cases}"
    );
    assert_eq!(
        latex_of(|[a, _, _]| a * std::f64::consts::PI - f64::INFINITY),
        r"f &= a \cdot \pi - \infty"
    );
}

#[test]
fn latex_names_what_is_used_twice() {
    let text = latex_of(|[a, b, _]| {
        let shared = (a * b).exp();
        shared.sin() * shared
    });
    assert_eq!(
        text,
        "v_{1} &= e^{a \\cdot \\alpha_{2}} \\\\\nf &= \\sin\\left(v_{1}\\right) \\cdot v_{1}"
    );
    let f = Program::trace(1, |x| x[0].powi(5)).unwrap();
    let slope = f
        .transform(Transform::Gradient)
        .unwrap()
        .to_latex(&["f'"])
        .unwrap();
    assert_eq!(slope.lines().nth(1), Some(r"f' &= 5 \cdot x_{0}^{4}"));
    assert_eq!(
        f.to_latex(&[]).unwrap_err().to_string(),
        "outputs: expected 1 value, found 0"
    );
}

#[test]
fn lines_of_latex_stay_short_and_the_text_grows_with_the_code() {
    let text = |n: usize| {
        let chain =
            tape::scope(|| Program::trace(1, |x| (0..n).fold(x[0], |y, _| (y + 1.5).sin())));
        chain.unwrap().to_latex(&["f"]).unwrap()
    };
    let (short, long) = (text(1000), text(4000));
    assert!(long.lines().all(|line| line.len() < 600));
    assert!(
        long.len() < 5 * short.len(),
        "{} and {}",
        short.len(),
        long.len()
    );
}
