// Light and dark colours: those of the reader's system until the button is used.

function offerThemes(button) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const themed = () => {
    const theme = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
    button.textContent = theme === "dark" ? "Light colours" : "Dark colours";
    return theme;
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = themed() === "dark" ? "light" : "dark";
    themed();
  });
  dark.addEventListener("change", themed);
  themed();
}
