// <member-goal campaign="2026" locale="en" placement="article-top" form="inline">sentence and link, no number</member-goal>
// Shows the campaign's true number in the publisher's page. Until it is known, or when it cannot be, the
// publisher's own sentence and link stay as they are. Stores nothing, asks nobody but its own origin.
(() => {
// null in a module or after an await: ask at once, then look for our own tag
const d = document, me = d.currentScript || d.querySelector('script[src*="/e/v1."]'), tag = "member-goal"
if (!me || customElements.get(tag)) return
const site = me.src.split("/e/v1.")[0], css = `GOAL_CSS`
let sheet
const make = (name, cls, parent, text = "") => {
const node = d.createElement(name)
node.className = cls
node.textContent = text
parent.append(node)
return node
}
// only what changed is touched: focus stays, and nothing is announced
const say = (node, text = "") => {
if (node.textContent != text) node.textContent = text
}
const article = () => {
const link = d.querySelector("link[rel=canonical]")
try {
const url = new URL(link ? link.href : location)
return url.origin + url.pathname
} catch {
return ""
}
}
// banners of one page share an answer; the mode is that of <link rel=preload as=fetch crossorigin>, or it would come twice
const asked = {}, ask = (url, cache = "default") => {
const now = Date.now()
if (!asked[url] || now - asked[url].at > 9e3) asked[url] = {at: now, data: fetch(url, {cache}).then(r => r.ok ? r.json() : Promise.reject())}
return asked[url].data
}
customElements.define(tag, class extends HTMLElement {
connectedCallback() {
const off = d.querySelector(`meta[name=${tag}]`)
if (off && off.content == "off") return
const near = this.closest("[lang]")
this.url = `${site}/e/${this.getAttribute("campaign")}.${this.getAttribute("locale") || near && near.lang || "en"}.json`
this.load()
this.timer = setInterval(() => d.hidden || this.load("no-cache"), 3e4)
}
disconnectedCallback() {
clearInterval(this.timer)
}
load(cache) {
return ask(this.url, cache).then(data => this.show(data)).catch(() => {
if (this.data) this.show(this.data)
})
}
show(data) {
this.data = data
const t = data.text, known = data.count != null
if (!known && !this.box) return
if (!this.box) this.build(data)
// what was known is no more: the publisher's own sentence comes back
this.box.hidden = !known
this.rest.hidden = known
if (!known) return
const {box, parts: [h, before, v, after, p, bar, a, j, days, updated]} = this
box.lang = data.lang
box.dir = data.dir
box.setAttribute("aria-label", t.headline)
box.style.setProperty("--d", CSS.supports("color", "light-dark(red,red)") ? `light-dark(${data.accent})` : data.accent[0])
const [x, y = ""] = t.sentence.split(t.number)
say(h, t.headline)
say(before, x)
say(v, t.number)
say(after, y)
say(p, t.percent)
say(a, t.appeal)
say(j, t.button)
// a copy kept past its time says no more how many days are left
say(days, Date.now() < Date.parse(data.valid_until) ? t.days : "")
say(updated, t.updated)
const now = Math.min(Math.max(data.count, 0), data.goal), aria = {label: t.headline, valuemin: 0, valuemax: data.goal, valuenow: now, valuetext: t.sentence}
for (const name in aria) bar.setAttribute("aria-" + name, aria[name])
bar.firstChild.style.width = now / data.goal * 100 + "%"
}
build(data) {
const root = this.attachShadow({mode: "open"})
try {
if (!sheet) (sheet = new CSSStyleSheet).replaceSync(css)
root.adoptedStyleSheets = [sheet]
} catch {
make("style", "", root, css)
}
const box = this.box = make("section", "g", root)
this.rest = make("slot", "", root)
const h = make("p", "h", box), n = make("p", "n", box), s = make("span", "", n), before = make("span", "", s), b = make("b", "", s), v = make("span", "v", b), after = make("span", "", s), p = make("span", "p", n), bar = make("div", "b", box), a = make("p", "a", box), j = make("a", "j", box), small = make("p", "s", box)
make("i", "", bar)
bar.setAttribute("role", "progressbar")
bar.part = "bar"
box.part = "box"
j.part = "button"
j.href = `${site}/join/${this.getAttribute("campaign")}?` + new URLSearchParams({article: article(), placement: this.getAttribute("placement") || "", embed: "v1"})
this.parts = [h, before, v, after, p, bar, a, j, make("b", "", small), make("span", "", small)]
this.count(b, v, data)
}
// The true earlier value rises to the present one; the final text stands in the document all the while.
count(b, v, {from, count, metric, numerals}) {
if (!(from < count) || metric == "amount_raised" || matchMedia("(prefers-reduced-motion:reduce)").matches) return
const copy = d.createElement("span"), start = performance.now(), step = time => {
// a frame's time can lie before our start
const part = Math.min(Math.max((time - start) / 1200, 0), 1)
copy.textContent = new Intl.NumberFormat(numerals).format(from + Math.floor((count - from) * (1 - (1 - part) ** 3)))
part < 1 ? requestAnimationFrame(step) : copy.remove()
}
copy.className = "m"
copy.setAttribute("aria-hidden", "true")
b.prepend(copy)
step(start)
}
})
})()
