// Copy buttons, and frames as high as what stands in them. Without it code can be selected and frames scroll.
(() => {
  "use strict";
  const say = (button, words) => {
    const before = button.dataset.before || (button.dataset.before = button.textContent);
    button.textContent = words;
    setTimeout(() => { button.textContent = before; }, 2500);
  };
  for (const button of document.querySelectorAll("[data-copy]")) {
    const code = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        say(button, button.dataset.done);
      } catch { // not allowed, or no secure page: selected, so that a key is enough
        getSelection().selectAllChildren(code);
      }
    });
  }
  const fit = (frame) => {
    const inside = frame.contentDocument;
    if (!inside || !inside.body) return;
    const resize = () => { frame.style.height = `${Math.max(inside.body.scrollHeight, 120) + 2}px`; };
    new ResizeObserver(resize).observe(inside.body);
    resize();
  };
  for (const frame of document.querySelectorAll("iframe[data-fit]")) {
    frame.addEventListener("load", () => fit(frame));
    if (frame.contentDocument && frame.contentDocument.readyState === "complete") fit(frame);
  }
  // The figures of a colour while it is chosen; they are worked out where the banner's shades are.
  const colours = (form) => {
    const text = form.elements.accent, eye = form.querySelector("[data-by-eye]");
    let asked = 0, timer = 0;
    const look = async () => {
      const mine = ++asked;
      const answer = await fetch(`${form.dataset.colour}?accent=${encodeURIComponent(text.value.trim())}`);
      const told = await answer.json();
      if (mine !== asked) return;
      form.querySelector("[data-wrong]").textContent = told.wrong || "";
      text.toggleAttribute("aria-invalid", Boolean(told.wrong));
      if (told.wrong) return;
      eye.value = text.value.trim().toLowerCase();
      form.querySelector("[data-adjusted]").textContent = told.adjusted;
      form.querySelectorAll("[data-shade]").forEach((row, n) => {
        row.querySelector("[data-accent]").setAttribute("fill", told.shades[n].colour);
        row.querySelector("[data-told]").textContent = told.shades[n].told;
      });
      for (const frame of document.querySelectorAll("iframe[data-draft]")) {
        frame.src = frame.src.replace(/(\/preview\/[^/]+\/)[^/]+/, `$1${told.draft}`);
      }
    };
    const soon = () => { clearTimeout(timer); timer = setTimeout(() => look().catch(() => {}), 250); };
    eye.hidden = false;
    eye.addEventListener("input", () => { text.value = eye.value; soon(); });
    text.addEventListener("input", soon);
  };
  for (const form of document.querySelectorAll("form[data-colour]")) colours(form);
  for (const form of document.querySelectorAll("form[data-at-once]")) {
    form.addEventListener("change", (event) => { if (event.target.matches("select")) form.requestSubmit(); });
  }
})();
