// Keys for lists: j and k move, Enter opens. Everything here is a convenience: every page works without it.
const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
let at = -1;

function select(next) {
  if (!rows.length) return;
  rows[at]?.removeAttribute("aria-selected");
  at = Math.min(Math.max(next, 0), rows.length - 1);
  rows[at].setAttribute("aria-selected", "true");
  rows[at].querySelector("a.row")?.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") select(at + 1);
  else if (event.key === "k") select(at - 1);
  else if (event.key === "c") rows[at]?.querySelector("form.claim button")?.click();
  else if (event.key === "/") { document.querySelector(".facets input:not([type=hidden]), .facets select")?.focus(); event.preventDefault(); }
});
