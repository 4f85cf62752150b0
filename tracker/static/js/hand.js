// What the hand does: keys, what-if sliders, links copied. Without it links are followed and forms sent.
(() => {
  "use strict";
  if (document.documentElement.classList.contains("wall")) return; // nobody touches a wall
  const WAIT = 250;
  const OFF = "keys-off";
  const language = document.documentElement.lang;
  const said = document.createElement("p");
  said.className = "unseen";
  said.setAttribute("role", "status");
  document.body.append(said);

  // Keys: the page's own links, buttons and fields say which there are (data-key); "?" lists them.
  const help = document.querySelector("dialog.keys");
  const isOff = () => localStorage.getItem(OFF) === "1";

  function pressed(event) {
    if (/^[!-~]$/.test(event.key)) return event.key;
    return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : ""; // another alphabet, the same place
  }

  function listKeys() {
    const rows = [...document.querySelectorAll("[data-key]")].map((place) => {
      const row = document.createElement("div");
      const key = document.createElement("dt");
      key.append(Object.assign(document.createElement("kbd"), { textContent: place.dataset.key }));
      const name = place.dataset.keyName ?? place.getAttribute("aria-label") ?? place.textContent;
      row.append(key, Object.assign(document.createElement("dd"), { textContent: name.trim() }));
      return row;
    });
    help.querySelector("dl").replaceChildren(...rows);
    help.querySelector("[data-keys-on]").checked = !isOff();
    help.showModal();
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]")) return;
    const key = pressed(event);
    if (key === "?" && help) return event.preventDefault(), listKeys();
    if (!key || isOff()) return;
    const place = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!place) return;
    event.preventDefault();
    place.matches("input, select") ? place.focus() : place.click();
  }

  if (help) {
    for (const place of document.querySelectorAll("[data-key]")) place.setAttribute("aria-keyshortcuts", place.dataset.key);
    help.querySelector("[data-keys-on]").addEventListener("change", (event) => {
      event.target.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1");
    });
    help.querySelector("[data-close]").addEventListener("click", () => help.close());
    document.querySelector("[data-help]")?.addEventListener("click", listKeys);
  }
  document.addEventListener("keydown", onKey);

  // What if: each move of a slider asks the server, which answers in ready words.
  for (const form of document.querySelectorAll("form.whatif")) {
    let asked;
    let timer;
    const outputs = () => {
      for (const output of form.querySelectorAll("output[for]")) {
        const value = Number(form.ownerDocument.getElementById(output.htmlFor.value).value);
        const sign = "signed" in output.dataset ? "exceptZero" : "auto";
        output.textContent = value.toLocaleString(language, { signDisplay: sign }) + (output.dataset.unit ?? "");
      }
    };
    const ask = async () => {
      asked?.abort();
      asked = new AbortController();
      const query = new URLSearchParams(new FormData(form));
      const url = new URL(form.action);
      url.pathname = form.dataset.json ?? `${url.pathname}.json`;
      url.search = query;
      try {
        const answer = await fetch(url, { signal: asked.signal, headers: { Accept: "application/json" } });
        if (!answer.ok || answer.redirected) throw new Error(`${answer.status} from ${url}`);
        const words = await answer.json();
        for (const place of document.querySelectorAll("[data-whatif]")) {
          if (typeof words[place.dataset.whatif] === "string") place.textContent = words[place.dataset.whatif];
        }
        form.classList.remove("stale");
        const here = new URL(location.href);
        for (const [name, value] of query) here.searchParams.set(name, value);
        history.replaceState(history.state, "", here); // a reload and a copied address keep the question
      } catch (error) {
        if (error.name === "AbortError") return;
        form.classList.add("stale"); // its button is still there and sends it
        console.warn(error);
      }
    };
    form.addEventListener("input", () => {
      outputs();
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT);
    });
    outputs();
  }

  // Links to a view: a plain click copies the address; any other follows it as ever.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-copy]");
    if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      await navigator.clipboard.writeText(link.href);
    } catch {
      return void location.assign(link.href);
    }
    said.textContent = link.dataset.copy;
    link.classList.add("copied");
    setTimeout(() => {
      link.classList.remove("copied");
      said.textContent = "";
    }, 2_000);
  });
})();
