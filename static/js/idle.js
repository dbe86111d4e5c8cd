// A shared device signs out by itself, by the server's clock; without this file it does so at the next page. Here, a warning
// comes before, and whoever types, taps or presses the button is still there. Other pages of the same browser are told.
const warning = document.querySelector("[data-idle-seconds]");
const limit = Number(warning.dataset.idleSeconds) * 1000;
const warnBefore = Math.min(120_000, limit / 2);
const left = warning.querySelector("p");
const others = new BroadcastChannel("still-here");
let seenAt = Date.now();
let toldAt = Date.now();

// The page is asked for anew, never a form sent again.
const leave = () => location.assign(location.pathname + location.search);
const tell = async () => {
  toldAt = Date.now();
  const answer = await fetch(warning.dataset.stillHere, { redirect: "manual" }).catch(() => null);
  if (answer && answer.status !== 204) leave();
};
const isHere = () => {
  seenAt = Date.now();
  if (warning.open) warning.close();
  if (Date.now() - toldAt > warnBefore / 4) tell();
  others.postMessage("here");
};
const look = () => {
  const over = seenAt + limit - Date.now();
  // A little later than the server, so that the page which comes is the one that says what happened.
  if (over < -1500) return leave();
  if (over > warnBefore) return;
  left.textContent = warning.dataset.idleLeft.replace("#", Math.max(0, Math.ceil(over / 1000)));
  if (!warning.open) warning.showModal();
};

others.addEventListener("message", () => {
  seenAt = toldAt = Date.now();
  if (warning.open) warning.close();
});
for (const sign of ["input", "pointerdown", "keydown"]) {
  addEventListener(sign, () => warning.open || isHere(), { passive: true });
}
warning.addEventListener("close", isHere);
document.addEventListener("visibilitychange", look);
setInterval(look, 1000);
