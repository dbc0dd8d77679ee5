"use strict";

// The template's button shows and hides the list of pages, which mdBook does with a checkbox.
document.getElementById("mdbook-sidebar-toggle").addEventListener("click", () => {
  document.getElementById("mdbook-sidebar-toggle-anchor").click();
});

// The keyboard skips the list of pages while it is hidden.
const list = document.getElementById("mdbook-sidebar");
function skip() {
  list.inert = list.getAttribute("aria-hidden") === "true";
}
new MutationObserver(skip).observe(list, { attributeFilter: ["aria-hidden"] });
list.setAttribute("aria-hidden", !document.documentElement.classList.contains("sidebar-visible"));

// The keyboard can scroll what is wider than the page. There, arrows do not lead to the next chapter.
function reach() {
  for (const part of document.querySelectorAll("pre > code, .table-wrapper, .formula")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}
document.addEventListener("keydown", (event) => {
  if (event.target.tabIndex === 0 && event.target.matches("code, .table-wrapper, .formula")) event.stopImmediatePropagation();
}, true);
window.addEventListener("resize", reach);
reach();
