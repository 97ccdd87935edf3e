// Requests that Fedify signs and a test puts together: what a Group passes on letter by letter, and forgeries.

import { generateCryptoKeyPair, signRequest } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

const TYPE = { "Content-Type": "application/activity+json" };

function signed(signer, url, document, signing = {}) {
  const request = new Request(url, { method: "POST", headers: TYPE, body: JSON.stringify(document) });
  return signRequest(request, signer.privateKey, signer.keyId, { spec: signer.spec, ...signing });
}

export async function posted(signer, url, document) {
  const { status } = await fetch(await signed(signer, url, document));
  return { status };
}

// As a Group does that stores what it received: the activity stands in its Announce letter by letter.
export function carried({ id, actor }, activity) {
  const { "@context": context, ...object } = activity;
  const to = [vocab.PUBLIC_COLLECTION.href];
  return { "@context": context, id: id.href, type: "Announce", actor: actor.href, to, object };
}

// What each flaw changes: `signing` how it is signed, `path` for which address, `says` what is sent in the end.
const FLAWS = {
  none: {},
  unsigned: { hasNoSignature: true },
  tampered: { says: "https://elsewhere.example/users/zoe" },
  redigested: { says: "https://elsewhere.example/users/zoe", hasNewDigest: true },
  rerouted: { path: "/elsewhere" },
  stale: { signing: () => ({ currentTime: Temporal.Now.instant().subtract({ hours: 24 }) }) },
  "another-key": { other: () => generateCryptoKeyPair("RSASSA-PKCS1-v1_5") },
};

export async function forge(signer, { id, actor }, { to, object, flaw }) {
  if (!(flaw in FLAWS)) throw new Error(`unknown flaw: ${flaw}`);
  const { hasNoSignature, says, hasNewDigest, path = "", signing, other } = FLAWS[flaw];
  const head = { "@context": "https://www.w3.org/ns/activitystreams", id: id.href, type: "Follow", actor: actor.href };
  const by = { ...signer, ...(await other?.()) };
  const honest = await signed(by, `${to}${path}`, { ...head, object }, signing?.());
  const headers = new Headers(hasNoSignature ? TYPE : honest.headers);
  const body = JSON.stringify({ ...head, object: says ?? object });
  if (hasNewDigest) for (const [name, value] of await digests(body)) if (headers.has(name)) headers.set(name, value);
  const { status } = await fetch(to, { method: "POST", headers, body });
  return { status };
}

async function digests(text) {
  const sum = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text))).toString("base64");
  return [["digest", `SHA-256=${sum}`], ["content-digest", `sha-256=:${sum}:`]];
}
