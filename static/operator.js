// Draws each chart of a page from the numbers beside it, in the colours of the theme that is shown.
{
  const page = document.documentElement;
  const hue = (name) => getComputedStyle(page).getPropertyValue(`--tblr-${name}`);

  const draw = (canvas) => {
    const { labels, series } = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
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
    const datasets = () => series.map((one) => ({
      type: one.type,
      label: one.label,
      data: one.data,
      backgroundColor: hue(one.hue),
      borderColor: hue(one.hue),
      ...(one.type === "line" ? { borderWidth: 2, pointRadius: 0, tension: 0.3 } : { borderRadius: 2 }),
    }));
    const chart = new Chart(canvas, { type: "bar", data: { labels, datasets: datasets() }, options: options() });
    new MutationObserver(() => {
      chart.data.datasets = datasets();
      chart.options = options();
      chart.update();
    }).observe(page, { attributeFilter: ["data-bs-theme"] });
  };

  document.querySelectorAll("canvas[data-chart]").forEach(draw);
}
