// While a worker makes a month's files or closes it, its progress is looked at again. Without it a link does that.
(() => {
  "use strict";
  const look = async () => {
    const places = [...document.querySelectorAll("[data-again]")];
    if (!places.length) return;
    const wait = Number(places[0].dataset.again) * 1000;
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.redirected) return location.reload(); // the sign-in is over
        if (answer.ok) {
          const fresh = [...new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("[data-again]")];
          if (fresh.length !== places.length) return location.reload();
          places.forEach((place, n) => {
            if (place.innerHTML !== fresh[n].innerHTML) place.replaceChildren(...document.importNode(fresh[n], true).childNodes);
          });
        }
      } catch { /* the net is away: the next look may find it again */ }
    }
    setTimeout(look, wait);
  };
  setTimeout(look, 1000);
})();
