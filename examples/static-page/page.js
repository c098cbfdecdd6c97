// The address of this page chooses: ?resource=record:r1, and ?service=http://127.0.0.1:8000.
const chosen = new URLSearchParams(location.search);

for (const element of document.querySelectorAll("[resource], stats-top")) {
  if (chosen.has("resource")) {
    element.setAttribute(element.matches("stats-top") ? "within" : "resource", chosen.get("resource"));
  }
  if (chosen.has("service")) element.setAttribute("api", chosen.get("service"));
}
