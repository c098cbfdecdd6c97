// In: style texts. Out: sheets, each made once and shared by all elements that adopt it.
const sheets = new Map();

function sheetOf(text) {
  if (!sheets.has(text)) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    sheets.set(text, sheet);
  }
  return sheets.get(text);
}

/** Add styles to a shadow root, and return the root. */
export function adoptStyles(shadow, ...texts) {
  const wanted = texts.map(sheetOf).filter((sheet) => !shadow.adoptedStyleSheets.includes(sheet));
  shadow.adoptedStyleSheets.push(...wanted);
  return shadow;
}
