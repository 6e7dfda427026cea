// Conveniences: keys for lists, and lists that renew themselves. Every page works without any of this.
let at = -1;
const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];

function select(next) {
  const all = rows();
  if (!all.length) return;
  all[at]?.removeAttribute("aria-selected");
  at = Math.min(Math.max(next, 0), all.length - 1);
  all[at].setAttribute("aria-selected", "true");
  all[at].querySelector("a.row")?.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") select(at + 1);
  else if (event.key === "k") select(at - 1);
  else if (event.key === "c") rows()[at]?.querySelector("form.claim button")?.click();
  else if (event.key === "/") {
    document.querySelector(".facets input:not([type=hidden]), .facets select")?.focus();
    event.preventDefault();
  }
});

// A list that renews itself: the server says that something changed, and the page is asked for again.
async function renew(list) {
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  const chosen = rows()[at]?.querySelector("a.row")?.getAttribute("href");
  list.replaceChildren(...fresh.childNodes);
  at = chosen ? rows().findIndex((row) => row.querySelector("a.row")?.getAttribute("href") === chosen) : -1;
  if (at >= 0) select(at);
}

const list = document.querySelector("[data-live]");
if (list && globalThis.EventSource) {
  new EventSource(list.dataset.live).addEventListener("changed", () => renew(list));
}
