// A shared device signs out by itself, by the server's clock; without this file it does so at the next page. Here, a warning
// comes before, and whoever types, taps or presses the button is still there. Other pages of the same browser are told.
const warning = document.querySelector("[data-idle-seconds]");
const limit = Number(warning.dataset.idleSeconds) * 1000;
const warnBefore = Math.min(120_000, limit / 2);
const left = warning.querySelector("p");
const others = new BroadcastChannel("still-here");
let toldAt = 0;
// When the server last heard of somebody, or a little before: it counts from there, so what is left is never said to be more.
const heardAt = () => Math.max(toldAt, performance.timeOrigin);
let isTelling = false;

// The page is asked for anew, never a form sent again.
const leave = () => location.assign(location.pathname + location.search);
const tell = async () => {
  if (isTelling) return;
  isTelling = true;
  const at = Date.now();
  const answer = await fetch(warning.dataset.stillHere, { redirect: "manual" }).catch(() => null);
  isTelling = false;
  if (!answer) return;
  if (answer.status !== 204) return leave();
  toldAt = at;
  others.postMessage(at);
};
const look = () => {
  const over = heardAt() + limit - Date.now();
  // A little later than the server, so that the page which comes is the one that says what happened.
  if (over < -1500) return leave();
  if (over > warnBefore || isTelling) return;
  left.textContent = warning.dataset.idleLeft.replace("#", Math.max(0, Math.ceil(over / 1000)));
  if (!warning.open) warning.showModal();
};

others.addEventListener("message", ({ data }) => {
  toldAt = Math.max(toldAt, data);
  if (warning.open) warning.close();
});
for (const sign of ["input", "pointerdown", "keydown"]) {
  addEventListener(sign, () => warning.open || Date.now() - heardAt() < warnBefore / 4 || tell(), { passive: true });
}
warning.addEventListener("close", tell);
document.addEventListener("visibilitychange", look);
setInterval(look, 1000);
