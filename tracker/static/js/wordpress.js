/* What WordPress does around the frame of a pasted address: each has a secret, in its address and beside it. Only what */
/* comes from that frame with that secret is heard, and a link is followed only to the frame's own host. */
/* Messages heard: {message: "height", value: pixels} and {message: "link", value: URL}; said: {message: "ready"}. */
const LOWEST = 200, HIGHEST = 1000;
const frames = [...document.querySelectorAll("iframe[data-secret]")];

const follow = (frame, address) => {
  if (!URL.canParse(address)) return;
  const to = new URL(address), own = new URL(frame.src);
  // the reader must be in the frame: a script there alone leads nobody away
  if (/^https?:$/.test(to.protocol) && to.host === own.host && document.activeElement === frame) location.assign(to);
};

addEventListener("message", ({ source, data }) => {
  const frame = frames.find((one) => one.contentWindow === source && one.dataset.secret === data?.secret);
  if (!frame) return;
  if (data.message === "height") frame.height = Math.min(Math.max(parseInt(data.value, 10) || 0, LOWEST), HIGHEST);
  if (data.message === "link") follow(frame, data.value);
});

for (const frame of frames) {
  const ready = () => frame.contentWindow.postMessage({ message: "ready", secret: frame.dataset.secret }, "*");
  ready(); // it may stand already
  frame.addEventListener("load", ready);
}
