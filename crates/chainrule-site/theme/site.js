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

// A picture that would be too small to read keeps its size and scrolls.
function enlarge(picture) {
  picture.classList.toggle("wide", picture.naturalWidth > 1.6 * picture.parentElement.clientWidth);
}

// The keyboard can scroll what is wider than the page. There, arrows do not lead to the next chapter.
const scrolling = "pre > code, .table-wrapper, .formula, p:has(> img)";
function fit() {
  document.querySelectorAll("main p > img").forEach(enlarge);
  for (const part of document.querySelectorAll(scrolling)) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}
document.addEventListener("keydown", (event) => {
  if (event.target.tabIndex === 0 && event.target.matches(scrolling)) event.stopImmediatePropagation();
}, true);
addEventListener("load", fit);
addEventListener("resize", fit);
