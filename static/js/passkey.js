// Passkeys. A form marked data-passkey fetches what to ask the device for when its button is pressed, asks it, and is sent with
// the answer in its field `credential`: the server's answer is then a page like any other.
const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withBytes = (keys) => (keys ?? []).map((key) => ({ ...key, id: toBytes(key.id) }));

const ask = {
  create: (options) =>
    navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        user: { ...options.user, id: toBytes(options.user.id) },
        excludeCredentials: withBytes(options.excludeCredentials),
      },
    }),
  get: (options) =>
    navigator.credentials.get({
      publicKey: { ...options, challenge: toBytes(options.challenge), allowCredentials: withBytes(options.allowCredentials) },
    }),
};

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
const said = ({ id, rawId, type, response }) => {
  const parts = PARTS.filter((part) => response[part]).map((part) => [part, toText(response[part])]);
  return JSON.stringify({ id, rawId: toText(rawId), type, response: Object.fromEntries(parts) });
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const failed = form.querySelector("[data-passkey-failed]");
  const isShared = document.querySelector("#shared");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.asking) return;
    form.dataset.asking = "yes";
    failed.hidden = true;
    try {
      const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
      form.elements.credential.value = said(await ask[form.dataset.passkey](await answer.json()));
      if (isShared?.checked) form.elements.shared.value = "y";
      form.submit();
    } catch {
      failed.hidden = false;
    } finally {
      delete form.dataset.asking;
    }
  });
}
