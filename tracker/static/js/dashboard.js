// Draws the charts and keeps the page true. Without it the page still says everything: sentences, tables, CSV.
(() => {
  "use strict";
  const WORDS_EVERY = 10_000;
  const CHARTS_EVERY = 60_000;
  const NARROW = 520;
  const PRINT_WIDTH = 680;
  const WALL_SCALE = 1.9;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paper = matchMedia("print");
  const isWall = document.documentElement.classList.contains("wall");
  const charts = [...document.querySelectorAll(".chart[data-figure]")];
  const live = document.querySelector("[data-live-url]");
  // This script runs before plotly.js, so that the first figure is on its way while that one is read.
  const ready = window.Plotly ? Promise.resolve() : new Promise((done) => document.addEventListener("DOMContentLoaded", done));
  const figures = new Map(); // chart -> { text, figure, fresh }
  let fresh = document.querySelector('[data-live="as_of"]')?.textContent ?? "";
  let isPaper = paper.matches;
  let changedAt = 0; // when the charts were last asked for anew

  async function text(url) {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status} from ${url}`);
    if (answer.redirected) throw new Error(`signed out: ${url} leads elsewhere`);
    return answer.text();
  }

  // The template of the scheme in the page's own accent; on a wall everything is larger.
  function template(figure) {
    const scheme = dark.matches && !isPaper ? "dark" : "light";
    const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    let words = JSON.stringify(figure.templates[scheme]);
    if (/^#[0-9a-f]{6}$/i.test(accent) && !isPaper) words = words.replaceAll(figure.accents[scheme], accent);
    const chosen = JSON.parse(words);
    if (!isWall) return chosen;
    chosen.layout.font.size *= WALL_SCALE;
    chosen.layout.annotationdefaults.font.size *= WALL_SCALE;
    for (const { line } of chosen.data.scatter) line.width *= WALL_SCALE;
    return chosen;
  }

  // Half the marks where there is half the room.
  function axis(given, width) {
    if (!given?.ticktext || width >= NARROW) return { ...given };
    const thin = (list) => list.filter((_, n) => n % 2 === 0);
    return { ...given, tickvals: thin(given.tickvals), ticktext: thin(given.ticktext) };
  }

  // On a phone a drive is its number, which the list under the chart explains, and the sentence says the forecast.
  function labels(given, width) {
    return given?.filter((one) => one.name !== "roomy" || width >= NARROW).map((one) => {
      const text = one.name === "drive" && width < NARROW ? one.text.split(" ", 1)[0] : one.text;
      const size = one.font?.size && { ...one.font, size: one.font.size * (isWall ? WALL_SCALE : 1) };
      const yshift = (one.yshift ?? 0) * (isWall ? WALL_SCALE : 1);
      return { ...one, text, yshift, ...(size && { font: size }) };
    });
  }

  function draw(chart) {
    const known = figures.get(chart);
    if (!known || !window.Plotly) return;
    const { data, layout, config } = known.figure;
    const width = isPaper ? PRINT_WIDTH : chart.clientWidth;
    Plotly.react(chart, data, {
      ...layout,
      xaxis: axis(layout.xaxis, width),
      annotations: labels(layout.annotations, width),
      template: template(known.figure),
      height: chart.clientHeight,
      ...(isPaper ? { width } : { autosize: true }),
    }, config);
    // plotly.js measures letters in an empty picture at the end of the page.
    document.getElementById("js-plotly-tester")?.setAttribute("aria-hidden", "true");
    known.isDrawn = true;
  }

  function tell(chart, key) {
    const place = chart.parentElement.querySelector(".stale");
    if (place) place.textContent = key ? place.dataset[key].replace("{fresh}", figures.get(chart)?.fresh ?? "") : "";
  }

  // What was drawn before stays where a fetch fails, with a word; the table under the chart has the same numbers.
  async function load(chart, isSeen) {
    try {
      const words = await text(chart.dataset.figure);
      await ready;
      const known = figures.get(chart);
      if (known?.text === words) Object.assign(known, { fresh });
      else figures.set(chart, { text: words, figure: JSON.parse(words), fresh });
      if (isSeen && !figures.get(chart).isDrawn) draw(chart);
      tell(chart, "");
    } catch (error) {
      chart.classList.toggle("failed", !figures.has(chart));
      tell(chart, figures.has(chart) ? "stale" : "missing");
      console.warn(error);
      return;
    }
    chart.classList.remove("failed");
  }

  // Charts are drawn when they come near; the others' figures follow when the page rests, so that a print has them.
  const near = new Set();
  const watch = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      near[isIntersecting ? "add" : "delete"](target);
      if (isIntersecting && !figures.get(target)?.isDrawn) figures.has(target) ? draw(target) : load(target, true);
    }
  }, { rootMargin: "300px 0px" });

  function fetchTheRest() {
    charts.filter((chart) => !figures.has(chart) && !near.has(chart)).forEach((chart) => load(chart, false));
  }

  function say(words) {
    for (const place of document.querySelectorAll("[data-live]")) {
      const told = words[place.dataset.live];
      if (typeof told === "string" && place.textContent !== told) place.textContent = told;
    }
    const bar = live.querySelector("progress[value]");
    if (bar && typeof words.value === "number") bar.value = words.value;
    for (const [attribute, key] of [["width", "liveWidth"], ["x", "liveX"]]) {
      for (const place of document.querySelectorAll(`[data-live-${attribute}]`)) {
        if (typeof words[place.dataset[key]] === "number") place.setAttribute(attribute, words[place.dataset[key]]);
      }
    }
  }

  // Sentences and tables from the page itself, so that they never differ from the charts beside them.
  function refreshWords() {
    const asked = new XMLHttpRequest();
    asked.open("GET", location.href);
    asked.responseType = "document";
    asked.onload = () => {
      if (asked.status !== 200 || !asked.response) return;
      for (const place of document.querySelectorAll("[data-fresh]")) {
        const found = asked.response.querySelector(`[data-fresh="${CSS.escape(place.dataset.fresh)}"]`);
        if (!found || place.contains(document.activeElement) || place.textContent === found.textContent) continue;
        place.replaceChildren(...[...found.childNodes].map((node) => document.importNode(node, true)));
      }
    };
    asked.send();
  }

  function refresh() {
    changedAt = performance.now();
    charts.forEach((chart) => (figures.has(chart) || near.has(chart)) && load(chart, near.has(chart)));
    if (document.querySelector("[data-fresh]")) refreshWords();
  }

  async function listen() {
    if (document.hidden) return;
    try {
      const words = JSON.parse(await text(live.dataset.liveUrl));
      // From loading to loaded, or from running to ended, the page has another shape.
      const changed = live.dataset.state && live.dataset.state !== words.state;
      if (changed || ("loading" in live.dataset && !words.loading)) return void location.reload();
      if (words.state) live.dataset.state = words.state;
      say(words);
      const isNews = typeof words.as_of === "string" && words.as_of !== fresh;
      if (isNews && performance.now() - changedAt >= CHARTS_EVERY) {
        fresh = words.as_of;
        refresh();
      }
    } catch (error) {
      console.warn(error); // the next round tries again; the page's "as of" tells its age
    }
  }

  const again = () => charts.forEach((chart) => (isPaper || figures.get(chart)?.isDrawn) && draw(chart));

  // On paper every chart stands, in ink on white, as wide as a sheet.
  function printing(isOn) {
    if (isOn === isPaper) return;
    isPaper = isOn;
    again();
  }

  charts.forEach((chart) => watch.observe(chart));
  dark.addEventListener("change", again);
  paper.addEventListener("change", () => printing(paper.matches));
  addEventListener("beforeprint", () => printing(true));
  addEventListener("afterprint", () => printing(false));
  addEventListener("load", () => setTimeout(fetchTheRest, 1_500));
  if (charts.length && !live) setInterval(() => document.hidden || refresh(), CHARTS_EVERY);
  if (live) {
    setInterval(listen, WORDS_EVERY);
    document.addEventListener("visibilitychange", listen);
    if ("loading" in live.dataset) setTimeout(listen, 2_000);
  }
})();
