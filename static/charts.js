// Draws the numbers that the home page carries, in the colours of the theme that is shown.
{
  const canvas = document.getElementById("activity-chart");
  const { days, ...counts } = JSON.parse(document.getElementById("activity-data").textContent);
  const hues = { sent: "blue", delivered: "green", failed: "red" };
  const page = document.documentElement;

  const options = () => {
    const { color, borderTopColor } = getComputedStyle(canvas.parentElement);
    const ticks = { color, maxRotation: 0, autoSkipPadding: 16, precision: 0 };
    return {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { position: "bottom", labels: { color, boxWidth: 12, boxHeight: 12 } } },
      scales: {
        x: { ticks, grid: { display: false }, border: { color: borderTopColor } },
        y: { ticks, beginAtZero: true, suggestedMax: 5, grid: { color: borderTopColor }, border: { display: false } },
      },
    };
  };
  const datasets = () => Object.entries(hues).map(([name, hue]) => ({
    label: name[0].toUpperCase() + name.slice(1),
    data: counts[name],
    backgroundColor: getComputedStyle(page).getPropertyValue(`--tblr-${hue}`),
    borderRadius: 2,
  }));

  const chart = new Chart(canvas, { type: "bar", data: { labels: days, datasets: datasets() }, options: options() });
  new MutationObserver(() => {
    chart.data.datasets = datasets();
    chart.options = options();
    chart.update();
  }).observe(page, { attributeFilter: ["data-bs-theme"] });
}
