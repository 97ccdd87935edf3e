// A neighbour built with Fedify: one person, strict about signatures, told by tests what to send.
//
//   node server.mjs [--port 0] [--knock rfc9421|cavage]
//
// It listens on loopback, prints {"origin": …, "actor": …} when it is ready, and answers the fediverse (WebFinger,
// NodeInfo, /users/zoe, its inboxes, /notes/{id}) as Fedify does. What the options mean:
//   --port   0 lets the system choose a free one.
//   --knock  which signature is tried first on an unknown host, the other one being tried when the first is refused:
//            RFC 9421 (Fedify's own choice) or draft-cavage-http-signatures-12, which most servers still make.
//
// Tests talk to it below /control, in JSON:
//   GET  /control/received   the activities whose signature held, oldest first, as JSON-LD; a valid proof
//                            (FEP-8b32) also counts for Fedify as a signature that holds
//   GET  /control/received?type=Create&count=2&seconds=10
//                            waits until two of that type have come (or the time is over) and gives those
//   GET  /control/refused    those whose signature did not hold: {id, type, reason}
//   GET  /control/followers  the actors that follow zoe
//   POST /control/send       makes zoe do something; answers {id, object} of the activity, or 502 {error} of the peer:
//     {type: "follow", to}                         to: an actor's URL
//     {type: "note", to: [], content, public}      public: also to everyone and to zoe's followers
//     {type: "reply", to, inReplyTo, content}      private unless public: true
//     {type: "like", to, object}
//     {type: "announce", to, object}
//     {type: "undo", to, activity}                 activity: the id of something sent before
//     {type: "update", to, object, content}        object: a note of hers
//     {type: "delete", to, object}
//   POST /control/fetch      {url}: reads a document with a signed GET, as JSON-LD; 502 {error}
//   POST /control/shut       {accept: false}: from now on a Follow is rejected; {accept: true}: accepted again

import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

const { values: options } = parseArgs({
  options: { port: { type: "string", default: "0" }, knock: { type: "string", default: "rfc9421" } },
});
const KNOCKS = { rfc9421: "rfc9421", cavage: "draft-cavage-http-signatures-12" };
const NAME = "zoe";

const received = [];
const arrivals = new EventEmitter();
const refused = [];
const followers = new Map();
const notes = new Map();
const sent = new Map();
let isOpen = true;

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true, // both sides live on loopback
  firstKnock: KNOCKS[options.knock],
  // No queue: an activity is treated before its POST is answered, and a delivery that fails is told at once.
});

// RSA signs requests, Ed25519 proves documents (FEP-8b32).
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];

federation
  .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
    if (identifier !== NAME) return null;
    const pairs = await context.getActorKeyPairs(identifier);
    return new vocab.Person({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      name: "Zoé Voisine",
      summary: "<p>Vit de l’autre côté de la rue.</p>",
      url: context.getActorUri(identifier),
      inbox: context.getInboxUri(identifier),
      outbox: context.getOutboxUri(identifier),
      followers: context.getFollowersUri(identifier),
      endpoints: new vocab.Endpoints({ sharedInbox: context.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_context, identifier) => (identifier === NAME ? keys : []));

federation.setObjectDispatcher(vocab.Note, "/notes/{id}", (_context, { id }) => notes.get(id) ?? null);
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [...sent.values()].map((each) => each.activity) }));
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({
  items: [...followers.values()].map((actor) => ({ id: actor.id, inboxId: actor.inboxId, endpoints: actor.endpoints })),
}));
federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "fedify-neighbour", version: "1.0.0" },
  protocols: ["activitypub"],
  usage: { users: { total: 1 }, localPosts: notes.size, localComments: 0 },
}));

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: NAME }))
  .on(vocab.Follow, async (context, follow) => {
    await keep(context, follow);
    const follower = await follow.getActor(context);
    if (follower?.id == null) return;
    if (isOpen) followers.set(follower.id.href, follower);
    const Answer = isOpen ? vocab.Accept : vocab.Reject;
    await deliver(context, follower, new Answer({ ...mine(context), to: follower.id, object: follow }));
  })
  .on(vocab.Activity, keep)
  .onUnverifiedActivity((_context, activity, reason) => {
    refused.push({ id: activity.id?.href, type: activity.constructor.name, reason: reason.type });
  });

async function keep(context, activity) {
  received.push(await activity.toJsonLd(context));
  arrivals.emit("arrival");
}

async function waitFor({ type, count = "1", seconds = "10" }) {
  const signal = AbortSignal.timeout(1000 * Number(seconds));
  const found = () => received.filter((activity) => type === undefined || activity.type === type);
  while (type !== undefined && found().length < Number(count) && !signal.aborted) {
    await once(arrivals, "arrival", { signal }).catch(() => undefined);
  }
  return found();
}

function mine(context) {
  return { id: new URL(`/activities/${randomUUID()}`, context.canonicalOrigin), actor: context.getActorUri(NAME) };
}

async function deliver(context, recipients, activity, object) {
  sent.set(activity.id.href, { activity, recipients });
  await context.sendActivity({ identifier: NAME }, recipients, activity, { immediate: true });
  return { id: activity.id.href, object: object?.id?.href };
}

async function actorAt(context, url) {
  const documentLoader = await context.getDocumentLoader({ identifier: NAME });
  const actor = await context.lookupObject(new URL(url), { documentLoader });
  if (!vocab.isActor(actor)) throw new Error(`no actor at ${url}`);
  return actor;
}

function write(context, order, recipients) {
  const id = randomUUID();
  const people = recipients.map((actor) => actor.id);
  const note = new vocab.Note({
    id: context.getObjectUri(vocab.Note, { id }),
    attribution: context.getActorUri(NAME),
    content: order.content,
    published: Temporal.Now.instant(),
    tos: order.public ? [vocab.PUBLIC_COLLECTION, ...people] : people,
    cc: order.public ? context.getFollowersUri(NAME) : null,
    replyTarget: order.inReplyTo ? new URL(order.inReplyTo) : null,
    tags: recipients.map((actor) => new vocab.Mention({ href: actor.id, name: `@${actor.preferredUsername}@${actor.id.host}` })),
  });
  notes.set(id, note);
  return note;
}

// The audience of an activity is the one of the note it carries.
const about = (context, note) => ({ ...mine(context), object: note, tos: [...note.toIds], ccs: [...note.ccIds] });
const noteAt = (url) => notes.get(new URL(url).pathname.split("/").pop());

async function send(context, order) {
  const recipients = await Promise.all([order.to ?? []].flat().map((url) => actorAt(context, url)));
  const tos = recipients.map((actor) => actor.id);
  switch (order.type) {
    case "follow":
      return deliver(context, recipients, new vocab.Follow({ ...mine(context), object: tos[0], tos }));
    case "note":
    case "reply": {
      const note = write(context, order, recipients);
      return deliver(context, recipients, new vocab.Create(about(context, note)), note);
    }
    case "like":
      return deliver(context, recipients, new vocab.Like({ ...mine(context), object: new URL(order.object), tos }));
    case "announce":
      return deliver(context, recipients, new vocab.Announce({ ...mine(context), object: new URL(order.object), tos }));
    case "undo":
      return deliver(context, recipients, new vocab.Undo({ ...mine(context), object: sent.get(order.activity).activity, tos }));
    case "update": {
      const note = noteAt(order.object).clone({ content: order.content, updated: Temporal.Now.instant() });
      notes.set(note.id.pathname.split("/").pop(), note);
      return deliver(context, recipients, new vocab.Update(about(context, note)), note);
    }
    case "delete": {
      const gone = new vocab.Tombstone({ id: new URL(order.object), deleted: Temporal.Now.instant() });
      notes.delete(gone.id.pathname.split("/").pop());
      return deliver(context, recipients, new vocab.Delete({ ...mine(context), object: gone, tos }));
    }
    default:
      throw new Error(`unknown type: ${order.type}`);
  }
}

async function read(context, { url }) {
  const load = await context.getDocumentLoader({ identifier: NAME });
  return (await load(url)).document;
}

async function control(context, name, order) {
  switch (name) {
    case "received":
      return waitFor(order);
    case "refused":
      return refused;
    case "followers":
      return [...followers.keys()];
    case "send":
      return send(context, order);
    case "fetch":
      return read(context, order);
    case "shut":
      isOpen = order.accept;
      return { accept: isOpen };
    default:
      throw new Error(`unknown control: ${name}`);
  }
}

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url);
  if (!pathname.startsWith("/control/")) {
    return federation.fetch(request, { contextData: undefined });
  }
  const context = federation.createContext(request, undefined);
  try {
    const order = request.method === "POST" ? await request.json() : Object.fromEntries(searchParams);
    return Response.json((await control(context, pathname.slice("/control/".length), order)) ?? null);
  } catch (error) {
    return Response.json({ error: String(error) }, { status: 502 });
  }
}

const server = createServer(async (incoming, outgoing) => {
  const body = Buffer.concat(await incoming.toArray());
  const request = new Request(new URL(incoming.url, origin()), {
    method: incoming.method,
    headers: Object.entries(incoming.headersDistinct).flatMap(([name, values]) => values.map((value) => [name, value])),
    body: body.length > 0 ? body : undefined,
  });
  const response = await answer(request);
  outgoing.writeHead(response.status, [...response.headers].flat());
  outgoing.end(Buffer.from(await response.arrayBuffer()));
});

function origin() {
  return `http://localhost:${server.address().port}`;
}

server.listen(Number(options.port), "localhost", () => {
  console.log(JSON.stringify({ origin: origin(), actor: `${origin()}/users/${NAME}` }));
});
process.on("SIGTERM", () => process.exit(0));
