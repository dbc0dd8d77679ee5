// The link to a page as it is now.

// Makes a button copy the address. `save` writes the state of the page into the address first. A page from a file, or in a frame,
// may not be allowed to copy; then it says where the link is.
function offerLink(button, said, field, save) {
  button.addEventListener("click", async () => {
    save();
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    const framed = self !== top;
    said.textContent = copied ? "Copied." : framed ? "Copy this link:" : "The link is in the address bar.";
    field.hidden = copied || !framed;
    field.value = location.href;
    if (!field.hidden) field.select();
  });
}
