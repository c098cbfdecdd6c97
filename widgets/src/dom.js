// In: a tag, attributes and children. Out: a node.
// Always: text goes in as text, never as markup, and styles through the object model, so a
// title from outside cannot become an element and a strict Content-Security-Policy holds.
const SVG = "http://www.w3.org/2000/svg";

function setAttribute(node, name, value) {
  if (name === "style") {
    for (const [key, part] of Object.entries(value)) node.style.setProperty(key, part);
  } else if (name.startsWith("on")) {
    node.addEventListener(name.slice(2), value);
  } else if (value !== false && value != null) {
    node.setAttribute(name, value === true ? "" : value);
  }
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

/** Make an HTML element; children that are null or false are left out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}
