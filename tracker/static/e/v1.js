// <member-goal campaign="2026" locale="en" placement="article-top" form="inline">sentence and link, no number</member-goal>
// Shows the campaign's true number in the publisher's page. Until it is known, or when it cannot be, the publisher's
// own sentence and link stay as they are. Asks nobody but its own origin; stores nothing until a reader closes it.
(() => {
// null in a module or after an await: ask at once, then look for our own tag
const d = document, me = d.currentScript || d.querySelector('script[src*="/e/v1."]'), tag = "member-goal"
if (!me || customElements.get(tag)) return
const site = me.src.split("/e/v1.")[0], sheet = new CSSStyleSheet, asked = {}, none = () => {}
sheet.replaceSync(`GOAL_CSS`)
const content = selector => d.querySelector(selector)?.content
const make = (name, cls, parent) => {
const node = d.createElement(name)
node.className = cls
parent.append(node)
return node
}
// Gives what loads and shows the number in `goal`, a <member-goal>.
const prepare = goal => {
const attr = name => goal.getAttribute(name) || "", campaign = attr("campaign"), key = tag + ":" + campaign
const url = `${site}/e/${campaign}.${attr("locale") || goal.closest("[lang]")?.lang || "en"}.json`
const nodes = {}, times = {later: 216e5, member: 3e10, close: 12096e5}
// which article it is: origin and path, never the query
const told = new URLSearchParams({campaign, article: (d.querySelector("link[rel=canonical]") || location).href.split(/[?#]/)[0], placement: attr("placement"), embed: "v1"})
let latest, box, rest, sight, ticks = 0
// the part says that the bar at the foot need not wait any more (v1.css)
const away = is => goal.part = goal.style.display = is ? "none" : ""
const tell = kind => {
told.set("kind", kind)
navigator.sendBeacon(site + "/e/beacon", told) || fetch(site + "/e/beacon", {method: "POST", body: told, keepalive: true}).catch(none)
}
const close = time => {
try {
localStorage[key] = Date.now() + time
} catch {}
tell("close")
const parent = goal.parentElement
let next = goal.nextElementSibling
for (const one of d.querySelectorAll(`${tag}[campaign="${campaign}"]`)) one.remove()
if (!next?.isConnected) next = parent
if (next.tabIndex < 0) next.tabIndex = -1
next.focus({preventScroll: true})
}
// The true earlier value rises to the present one; the final text stands in the document all the while.
const rise = (number, {from, count, numerals}) => {
if (!(from < count) || matchMedia("(prefers-reduced-motion:reduce)").matches) return
const copy = make("i", "m", number), start = performance.now(), step = time => {
// a frame's time can lie before our start
const left = 1 - Math.min(Math.max((time - start) / 1200, 0), 1)
copy.textContent = Math.floor(count - (count - from) * left ** 3).toLocaleString(numerals)
left ? requestAnimationFrame(step) : copy.remove()
}
copy.ariaHidden = true
number.prepend(copy)
step(start)
}
const build = data => {
const root = goal.attachShadow({mode: "open"}), all = [box = make("section", "g " + attr("form"), root)]
root.adoptedStyleSheets = [sheet]
rest = make("slot", "", root)
box.part = "box"
// its parent, its element, its class, its text
for (const [parent, name, cls, ...text] of "0phheadline 0pn 2i 3i-before 3b 5ivnumber 3i-after 2ippercent 0pbbar 9i 0paappeal 0ajbutton 0ps db-days di-updated 0pc gx-later gx-member gx-close".split(" ")) {
const node = make(name == "x" ? "button" : name, cls, all[parseInt(parent, 17)]), key = text.join("")
all.push(node)
if (key) (nodes[key] = node).part = key
}
nodes.button.href = `${site}/join/${campaign}?${told}&lang=${data.lang}`
nodes.button.onclick = () => tell("click")
for (const name in times) nodes[name].onclick = () => close(times[name])
rise(all[5], data)
// a view is half of it in sight for a second, in a tab that is looked at, once a page
new IntersectionObserver(seen => sight = seen.pop().intersectionRatio >= .5, {threshold: .5}).observe(box)
const timer = setInterval(() => {
if (sight && !d.hidden ? ++ticks > 4 : ticks = 0) {
clearInterval(timer)
tell("view")
}
}, 250)
}
const show = data => {
const text = data.text, known = text.number, goal = data.goal
latest = data
away(data.quiet && RegExp(data.quiet).test(location.pathname + "\n" + content('meta[property="article:section"]')))
if (!known && !box) return
if (!box) build(data)
// what was known is no more: the publisher's own sentence comes back
box.hidden = !known
rest.hidden = known
if (!known) return
box.lang = data.lang
box.dir = data.dir
box.style.cssText = data.look
box.ariaLabel = text.headline
// a copy kept past its time says no more how many days are left
if (Date.now() > Date.parse(data.valid_until)) text.days = ""
// only what changed is touched: focus stays, and nothing is announced
for (const name in nodes) if (nodes[name].textContent != (text[name] || "")) nodes[name].textContent = text[name] || ""
const bar = nodes.bar, now = Math.min(Math.max(data.count, 0), goal)
bar.hidden = !text.percent
bar.firstChild.style.width = now / goal * 100 + "%"
Object.assign(bar, {role: "progressbar", ariaLabel: text.headline, ariaValueMax: goal, ariaValueNow: now, ariaValueText: text.sentence})
}
try {
if (localStorage[key] > Date.now()) return none
} catch {}
if (content(`meta[name=${tag}]`) == "off") {
away(1)
return none
}
// banners of one page share an answer; the mode is that of <link rel=preload as=fetch crossorigin>, or it would come twice
return cache => {
(asked[url] ||= fetch(url, {cache}).then(r => r.json())).then(show).catch(() => latest ? show(latest) : away())
setTimeout(() => delete asked[url], 9e3)
}
}
customElements.define(tag, class extends HTMLElement {
connectedCallback() {
this.load ||= prepare(this)
this.load()
this.timer = setInterval(() => d.hidden || this.load("no-cache"), 3e4)
}
disconnectedCallback() {
clearInterval(this.timer)
}
})
})()
