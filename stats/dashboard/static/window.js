// A window chosen in a chart becomes the window of the page: its address, and with it every
// number, chart and export. The page comes back to where the reader was.
const NAMES = ["window", "days", "from", "to", "interval"];
const PLACE = "stats-place";

document.addEventListener("stats-window", ({ detail }) => {
  const url = new URL(location);
  const chosen = Object.keys(detail).length > 0;
  for (const name of chosen && !detail.from ? ["interval"] : NAMES) url.searchParams.delete(name);
  for (const name of ["from", "to", "interval"]) {
    if (detail[name]) url.searchParams.set(name, detail[name]);
  }
  sessionStorage.setItem(PLACE, scrollY);
  location.assign(url);
});

addEventListener("load", () => {
  const place = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  if (place) scrollTo({ top: +place, behavior: "instant" });
});

// A link that shows the same days tomorrow. Only a page over HTTPS, or of this machine, may copy.
for (const button of document.querySelectorAll("[data-link]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(button.dataset.link, location).href);
    button.textContent = button.dataset.done;
  });
}

// Charts draw themselves anew when paper is made: by then the page is as wide as paper.
addEventListener("beforeprint", () => document.body.classList.add("paper"));
addEventListener("afterprint", () => document.body.classList.remove("paper"));
