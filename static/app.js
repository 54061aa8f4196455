// HTMX sends the CSRF token of the page with each request that changes something.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("meta[name=csrf-token]");
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
});

// A button that destroys something asks first; then the server need not ask again.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (button && !window.confirm(button.dataset.confirm)) event.preventDefault();
  else if (button?.name === "sure") button.value = "yes";
});

// A form is sent once, however often its button is clicked; coming back to the page frees it.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.matches("[data-download]")) return; // the page stays, and may be asked again
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Without the server a page says so instead of looking as if it worked.
document.addEventListener("htmx:sendError", () => {
  const flashes = document.getElementById("flashes");
  if (!flashes) return;
  const alert = document.createElement("div");
  alert.className = "alert alert-danger";
  alert.setAttribute("role", "alert");
  alert.textContent = "The server cannot be reached. Check your connection, and keep this page open.";
  alert.dataset.offline = "yes";
  flashes.replaceChildren(alert);
  for (const said of document.querySelectorAll("[data-saved]")) said.textContent = "Not saved yet.";
});
document.addEventListener("htmx:afterOnLoad", () => {
  document.querySelector("[data-offline]")?.remove();
});

// Enter in a field that finds while it is typed in must not send the whole form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-stay]")) event.preventDefault();
});

// A time that is typed means later, and sending at once has no time.
document.addEventListener("input", (event) => {
  const { form, name, value } = event.target;
  if (event.target.matches("[data-later]")) form.elements.when.value = "later";
  if (name === "when" && value === "now") form.elements.later.value = "";
});

// A button writes into a text: a placeholder at the cursor, or the whole text anew.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert], [data-replacement]");
  if (!button) return;
  const { insert, into, replacement } = button.dataset;
  const field = replacement === undefined ? document.getElementById(into) : button.form?.elements.text;
  if (!field) return;
  event.preventDefault();
  if (replacement === undefined) field.setRangeText(insert, field.selectionStart, field.selectionEnd, "end");
  else field.value = replacement;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// A button copies what a field or an element holds, and says so; the clipboard is closed to pages without TLS.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  if (field.select) field.select();
  else window.getSelection().selectAllChildren(field);
  const copied = navigator.clipboard
    ? await navigator.clipboard.writeText(field.value ?? field.textContent).then(() => true, () => false)
    : document.execCommand("copy");
  const said = copied ? "Copied" : "Press Ctrl and C to copy";
  button.querySelector("span").textContent = said;
  document.getElementById(`${field.id}-copied`).textContent = said;
});

// One box ticks all of a page's, and how many are ticked is said.
document.addEventListener("change", (event) => {
  const list = event.target.closest(".selectable");
  if (!list || event.target.type !== "checkbox") return;
  const boxes = [...list.querySelectorAll("[name=contact], [name=sender]")];
  const all = list.querySelector("[data-all]");
  if (event.target === all) for (const box of boxes) box.checked = all.checked;
  const ticked = boxes.filter((box) => box.checked).length;
  all.checked = ticked === boxes.length;
  all.indeterminate = ticked > 0 && !all.checked;
  list.querySelector("[data-selected]").textContent = ` ${ticked}`;
});
