// A token behind the # of the address never leaves the browser by itself: take it into the form.
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  history.replaceState(null, "", location.pathname + location.search);
  const form = document.querySelector("form.sign-in");
  form.elements.token.value = token;
  form.requestSubmit();
}
