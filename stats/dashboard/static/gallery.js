// The gallery: a control sets its attribute on the preview and in the line to copy. Whatever is
// empty is left out, as a page would write it.
const quote = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

for (const example of document.querySelectorAll(".example")) {
  const element = example.querySelector(".preview > *");
  const line = example.querySelector(".line");
  const controls = [...example.querySelectorAll("[name]")];

  const write = () => {
    const given = controls.filter(({ value }) => value.trim());
    const attributes = given.map(({ name, value }) => ` ${name}="${quote(value.trim())}"`);
    line.textContent = `<${element.localName}${attributes.join("")}></${element.localName}>`;
  };

  example.addEventListener("change", ({ target }) => {
    const value = target.value.trim();
    if (value) element.setAttribute(target.name, value);
    else element.removeAttribute(target.name);
    write();
  });
  example.querySelector("button").addEventListener("click", async ({ target }) => {
    getSelection().selectAllChildren(line); // to be copied by hand, where the browser refuses
    try {
      await navigator.clipboard.writeText(line.textContent);
      target.removeAttribute("aria-label");
      target.textContent = target.dataset.done;
    } catch {
      line.scrollIntoView({ block: "nearest" });
    }
  });
  write();
}
