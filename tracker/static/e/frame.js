/* Inside an iframe: tells the page around it how high the banner is and, in a frame of WordPress, where its link leads. */
/* Messages: {message: "height", value: pixels} and {message: "link", value: URL}, with WordPress's secret where there is one. */
/* A module: it runs when the page stands, and nothing waits for it. */
const box = document.querySelector(".g"), secret = () => /[#?&]secret=(\w{10})/.exec(location.hash)?.[1];
const say = (message, value) => parent.postMessage({ message, value, secret: secret() }, "*");
const height = () => {
// the box fills the frame; for a moment it is as high as what stands in it
box.style.minHeight = 0;
const high = Math.ceil(box.getBoundingClientRect().height);
box.style.minHeight = "";
say("height", high);
};
if (parent !== window) {
height();
for (const name of ["load", "resize", "hashchange"]) addEventListener(name, height);
addEventListener("message", ({ source, data }) => source === parent && data?.message === "ready" && height());
// such a frame may open no window: the page around it follows the link, when it leads to the frame's own host
document.querySelector(".j").addEventListener("click", (click) => {
if (!secret() || click.ctrlKey || click.metaKey || click.shiftKey || click.altKey) return;
click.preventDefault();
say("link", click.currentTarget.href);
});
}
