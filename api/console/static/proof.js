// Checks in this browser that the entry stands in the signed log: RFC 9162 section 2.1.3.2, Ed25519 over the C2SP
// checkpoint. The server sends bytes, receipt and key; whether they fit is decided here.
const card = document.querySelector("[data-proof]");
const badge = card?.querySelector(".badge");
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
const same = (one, other) => one.length === other.length && one.every((value, place) => value === other[place]);

function say(state) {
  badge.dataset.state = state;
  badge.textContent = badge.dataset[state];
}

async function rootOf(leaf, index, size, path) {
  let node = Number(index), last = Number(size) - 1, hash = leaf;
  for (const sibling of path) {
    if (last === 0) throw new Error("the proof is too long");
    if (node % 2 === 1 || node === last) {
      hash = await sha256(joined([1], sibling, hash));
      while (node % 2 === 0 && node !== 0) { node = Math.floor(node / 2); last = Math.floor(last / 2); }
    } else {
      hash = await sha256(joined([1], hash, sibling));
    }
    node = Math.floor(node / 2); last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Error("the proof is too short");
  return hash;
}

async function signed(note, vkey) {
  const [, name, material] = vkey.match(/^([^+]+)\+[0-9a-f]{8}\+(.+)$/);
  const key = bytes(material);
  const at = note.indexOf("\n\n");
  const text = note.slice(0, at + 1);
  const line = note.slice(at + 2).split("\n").find((each) => each.startsWith(`— ${name} `));
  if (key[0] !== 1 || !line || text.split("\n")[0] !== name) return false;
  const signature = bytes(line.slice(`— ${name} `.length)).slice(4);
  const imported = await crypto.subtle.importKey("raw", key.slice(1), { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, new TextEncoder().encode(text));
}

async function check(index) {
  const { entry, receipt, vkey } = await (await fetch(`/console/log/proofs/${index}`)).json();
  const at = receipt.indexOf("\n\n");
  const [, place, ...hashes] = receipt.slice(0, at).split("\n");
  const note = receipt.slice(at + 2);
  const [, size, root] = note.split("\n");
  if (place !== `index ${index}`) return false;
  const leaf = await sha256(joined([0], bytes(entry)));
  const found = await rootOf(leaf, index, size, hashes.map(bytes));
  return same(found, bytes(root)) && (await signed(note, vkey));
}

if (card && globalThis.crypto?.subtle) {
  say("checking");
  check(card.dataset.proof).then((fits) => say(fits ? "proven" : "failed"), (error) => {
    say(error.name === "NotSupportedError" || error instanceof TypeError ? "unable" : "failed");
  });
} else if (badge) {
  say("unable");
}
