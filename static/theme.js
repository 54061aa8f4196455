// Light or dark as the visitor's system says, before anything is painted.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const show = () => document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
dark.addEventListener("change", show);
show();
