// Samples become tabs; a language that is chosen is shown everywhere, and kept for the next visit.
const LANGUAGE = "docs-language";
const groups = [...document.querySelectorAll(".docs-samples")];

function kept() {
  try { return window.localStorage.getItem(LANGUAGE); } catch { return null; }
}

function keep(language) {
  try { window.localStorage.setItem(LANGUAGE, language); } catch { /* then the next visit begins anew */ }
}

function show(group, language) {
  const samples = [...group.querySelectorAll(".docs-sample")];
  const wanted = samples.find((one) => one.dataset.language === language);
  if (!wanted) return;
  for (const sample of samples) {
    const tab = document.getElementById(`${sample.id}-tab`);
    sample.hidden = sample !== wanted;
    tab.classList.toggle("active", sample === wanted);
    tab.setAttribute("aria-selected", String(sample === wanted));
    tab.tabIndex = sample === wanted ? 0 : -1;
  }
}

function choose(tab) {
  const before = tab.getBoundingClientRect().top;
  for (const group of groups) show(group, tab.dataset.language);
  keep(tab.dataset.language);
  window.scrollBy(0, tab.getBoundingClientRect().top - before); // what was clicked stays where it is
}

function walk(event) {
  const tabs = [...event.currentTarget.querySelectorAll("button")];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const here = tabs.indexOf(document.activeElement);
  const next = { Home: 0, End: tabs.length - 1 }[event.key] ?? (step && (here + step + tabs.length) % tabs.length);
  if (next === undefined) return;
  event.preventDefault();
  tabs[next].focus();
  choose(tabs[next]);
}

groups.forEach((group, number) => {
  const list = document.createElement("div");
  list.className = "nav nav-pills docs-tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", `Languages: ${group.dataset.what}`);
  for (const sample of group.querySelectorAll(".docs-sample")) {
    const { language, name } = sample.dataset;
    const tab = document.createElement("button");
    sample.id = `sample-${number}-${language}`;
    sample.setAttribute("role", "tabpanel");
    sample.setAttribute("aria-labelledby", `${sample.id}-tab`);
    Object.assign(tab, { type: "button", className: "nav-link", id: `${sample.id}-tab`, textContent: name });
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", sample.id);
    tab.dataset.language = language;
    tab.addEventListener("click", () => choose(tab));
    list.append(tab);
  }
  list.addEventListener("keydown", walk);
  group.prepend(list);
  group.classList.add("chosen");
  show(group, group.querySelector(".docs-sample").dataset.language);
  show(group, kept());
});

// The search keeps what has all the words, in its title or in what else it is known by.
const search = document.getElementById("docs-search");
const found = document.getElementById("docs-found");
const chapters = [...document.querySelectorAll(".docs-chapter")];
const folded = new Map(chapters.map((chapter) => [chapter, chapter.open]));

function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const chapter of chapters) {
    const title = chapter.querySelector("summary").textContent;
    let here = 0;
    for (const item of chapter.querySelectorAll("li")) {
      const link = item.querySelector("a");
      const text = `${title} ${link.textContent} ${link.dataset.more}`.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      here += item.hidden ? 0 : 1;
    }
    chapter.hidden = here === 0;
    chapter.open = words.length ? true : folded.get(chapter);
    count += here;
  }
  found.textContent = words.length ? `${count || "Nothing"} found` : "";
}

search.addEventListener("input", find);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && search.value) document.querySelector(".docs-chapter:not([hidden]) li:not([hidden]) a")?.click();
});
