// Draws the charts and keeps the page's words true. Without it the page still says everything: sentences, tables, CSV.
(() => {
  "use strict";
  const WORDS_EVERY = 10_000;
  const CHARTS_EVERY = 60_000;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const charts = [...document.querySelectorAll("[data-figure]")];
  const live = document.querySelector("[data-live-url]");

  async function read(url) {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status} from ${url}`);
    return answer.json();
  }

  function draw(chart) {
    const { data, layout, config, templates } = chart.figure;
    const template = structuredClone(templates[dark.matches ? "dark" : "light"]);
    const style = getComputedStyle(document.documentElement);
    const accent = style.getPropertyValue("--accent").trim();
    if (/^#[0-9a-f]{6}$/i.test(accent)) template.data.scatter[0].line.color = accent;
    const xaxis = { ...layout.xaxis };
    if (xaxis.tickvals && chart.clientWidth < 520) {
      const thin = (list) => list.filter((_, n) => n % 2 === 0);
      Object.assign(xaxis, { tickvals: thin(xaxis.tickvals), ticktext: thin(xaxis.ticktext) });
    }
    return Plotly.react(chart, data, { ...layout, xaxis, template, height: chart.clientHeight }, config);
  }

  async function load(chart) {
    try {
      chart.figure = await read(chart.dataset.figure);
      await draw(chart);
    } catch (error) {
      // What was drawn before stays; the table under the chart has the same numbers.
      if (!chart.figure) chart.classList.add("failed");
      console.warn(error);
    }
  }

  function say(words) {
    for (const place of document.querySelectorAll("[data-live]")) {
      const text = words[place.dataset.live];
      if (typeof text === "string" && place.textContent !== text) place.textContent = text;
    }
    const bar = live.querySelector("progress[value]");
    if (bar && typeof words.value === "number") bar.value = words.value;
    for (const [attribute, key] of [["width", "liveWidth"], ["x", "liveX"]]) {
      for (const place of document.querySelectorAll(`[data-live-${attribute}]`)) {
        if (typeof words[place.dataset[key]] === "number") place.setAttribute(attribute, words[place.dataset[key]]);
      }
    }
  }

  async function listen() {
    if (document.hidden) return;
    try {
      const words = await read(live.dataset.liveUrl);
      // From loading to loaded, or from running to ended, the page has another shape.
      const changed = live.dataset.state && live.dataset.state !== words.state;
      if (changed || ("loading" in live.dataset && !words.loading)) return void location.reload();
      if (words.state) live.dataset.state = words.state;
      say(words);
    } catch (error) {
      console.warn(error); // the next round tries again; the page's "as of" tells its age
    }
  }

  charts.forEach(load);
  dark.addEventListener("change", () => charts.filter((chart) => chart.figure).forEach(draw));
  if (charts.length) setInterval(() => document.hidden || charts.forEach(load), CHARTS_EVERY);
  if (live) {
    setInterval(listen, WORDS_EVERY);
    document.addEventListener("visibilitychange", listen);
    if ("loading" in live.dataset) setTimeout(listen, 2_000);
  }
})();
