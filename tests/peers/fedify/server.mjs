// A neighbour built with Fedify: one person, one Group, strict about signatures, told by tests what to send.
//
//   node server.mjs [--port 0] [--knock rfc9421|cavage]
//
// It listens on loopback, prints {"origin": …, "actor": …, "group": …} when it is ready, and answers the fediverse
// (WebFinger, NodeInfo, /users/zoe, /users/rue, their inboxes, /notes/{id}, /items/{id}) as Fedify does. The options:
//   --port   0 lets the system choose a free one.
//   --knock  which signature is tried first, the other one being tried when the first is refused: RFC 9421 (Fedify's
//            own choice) or draft-cavage-http-signatures-12, which most servers still make. What a host takes is not
//            remembered: each request is signed so.
//
// Tests talk to it below /control, in JSON:
//   GET  /control/received   the activities whose signature held, oldest first, as JSON-LD; a valid proof
//                            (FEP-8b32) also counts for Fedify as a signature that holds
//   GET  /control/received?type=Create&count=2&seconds=10
//                            waits until two of that type have come (or the time is over) and gives those
//   GET  /control/refused    those whose signature did not hold: {id, type, reason}
//   GET  /control/posts      all that came to an inbox: {scheme: rfc9421|cavage|none, status, activity} as it was sent
//   GET  /control/followers  the actors that follow zoe
//   GET  /control/likes      who likes what of hers: [actor, object]
//   POST /control/send       makes zoe, or with {as: "rue"} the Group, do something; answers {id, object} of the
//                            activity, or 502 {error} of the peer:
//     {type: "follow", to}                         to: an actor's URL
//     {type: "note", to: [], content, public}      public: also to everyone and to zoe's followers
//     {type: "reply", to, inReplyTo, content}      private unless public: true
//     {type: "listing", to: [], title, hidden}     a Proposal (FEP-0837); hidden: nobody can fetch it
//     {type: "like"|"announce"|"block", to, object}
//     {type: "flag", to, objects: [], content}
//     {type: "undo", to, activity}                 activity: the id of something sent before
//     {type: "update", to, object, content|title}  object: a note or listing of hers
//     {type: "delete", to, object}
//   POST /control/carry      {to, activity}: the Group announces to an inbox an activity just as its author sent it
//   POST /control/forward    {to, activity}: the Group's server posts it there as it is, signed by the Group
//   POST /control/forge      {to, object, flaw}: a Follow by zoe with this flaw; answers {status}, flaws:
//                            unsigned, tampered, redigested, rerouted, stale, another-key, none
//   POST /control/fetch      {url}: reads a document with a signed GET, as JSON-LD; 502 {error}
//   POST /control/understand {id}: what Fedify makes of an activity that it received: {type, id, object: {type, id, …}}
//   POST /control/verify     {document}: {id, type} if the integrity proofs in it hold for Fedify, else null
//   POST /control/shut       {accept: false}: from now on a Follow is rejected; {accept: true}: accepted again
//   POST /control/deaf       {to: scheme}: from now on what is so signed is answered 401; {to: ""}: all is heard again
//   POST /control/forget     all of the above is as in the beginning

import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { createFederation, generateCryptoKeyPair, MemoryKvStore, verifyObject } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { carried, forge, posted } from "./posting.mjs";
import { listing, note } from "./writing.mjs";

const { values: options } = parseArgs({
  options: { port: { type: "string", default: "0" }, knock: { type: "string", default: "rfc9421" } },
});
const KNOCKS = { rfc9421: "rfc9421", cavage: "draft-cavage-http-signatures-12" };
const NAME = "zoe";
const GROUP = "rue";

const received = []; // {activity, document}
const arrivals = new EventEmitter();
const refused = [];
const posts = [];
const followers = { [NAME]: new Map(), [GROUP]: new Map() };
const likes = new Map();
const writings = new Map(); // by their URLs
const hidden = new Set(); // those that nobody can fetch
const sent = new Map();
let isOpen = true;
let deafTo = "";

class ForgetfulStore extends MemoryKvStore {
  set(key, ...rest) {
    return key.includes("httpMessageSignaturesSpec") ? Promise.resolve() : super.set(key, ...rest);
  }
}

const federation = createFederation({
  kv: new ForgetfulStore(),
  allowPrivateAddress: true, // both sides live on loopback
  firstKnock: KNOCKS[options.knock],
  // No queue: an activity is treated before its POST is answered, and a delivery that fails is told at once.
});

// RSA signs requests, Ed25519 proves documents (FEP-8b32).
const pairs = async () => [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
const keys = { [NAME]: await pairs(), [GROUP]: await pairs() };
const WHO = {
  [NAME]: { Kind: vocab.Person, name: "Zoé Voisine", summary: "<p>Vit de l’autre côté de la rue.</p>" },
  [GROUP]: { Kind: vocab.Group, name: "La rue d’en face", summary: "<p>Tout ce qui s’y prête.</p>" },
};

federation
  .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
    if (!(identifier in WHO)) return null;
    const { Kind, name, summary } = WHO[identifier];
    const known = await context.getActorKeyPairs(identifier);
    return new Kind({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      name,
      summary,
      url: context.getActorUri(identifier),
      inbox: context.getInboxUri(identifier),
      outbox: context.getOutboxUri(identifier),
      followers: context.getFollowersUri(identifier),
      endpoints: new vocab.Endpoints({ sharedInbox: context.getInboxUri() }),
      publicKey: known[0].cryptographicKey,
      assertionMethods: known.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_context, identifier) => keys[identifier] ?? []);

function written(context, Kind, id) {
  const { href } = context.getObjectUri(Kind, { id });
  return hidden.has(href) ? null : (writings.get(href) ?? null);
}

federation.setObjectDispatcher(vocab.Note, "/notes/{id}", (context, { id }) => written(context, vocab.Note, id));
federation.setObjectDispatcher(vocab.Proposal, "/items/{id}", (context, { id }) => written(context, vocab.Proposal, id));
federation.setOutboxDispatcher("/users/{identifier}/outbox", (_context, identifier) => ({
  items: [...sent.values()].filter((each) => each.by === identifier).map((each) => each.activity),
}));
federation.setFollowersDispatcher("/users/{identifier}/followers", (_context, identifier) => ({
  items: [...followers[identifier].values()].map(({ id, inboxId, endpoints }) => ({ id, inboxId, endpoints })),
}));
federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "fedify-neighbour", version: "1.0.0" },
  protocols: ["activitypub"],
  usage: { users: { total: 1 }, localPosts: writings.size, localComments: 0 },
}));

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: NAME }))
  .on(vocab.Follow, async (context, follow) => {
    const by = context.parseUri(follow.objectId)?.identifier;
    const follower = await follow.getActor(context);
    if (follower?.id != null && by in WHO) {
      if (isOpen) followers[by].set(follower.id.href, follower);
      const Answer = isOpen ? vocab.Accept : vocab.Reject;
      await deliver(context, by, follower, new Answer({ ...said(context, by), to: follower.id, object: follow }));
    }
    await keep(context, follow);
  })
  .on(vocab.Like, async (context, like) => {
    if (writings.has(like.objectId?.href)) likes.set(like.actorId.href, like.objectId.href);
    await keep(context, like);
  })
  .on(vocab.Undo, async (context, undo) => {
    const undone = await undo.getObject(context);
    if (undone instanceof vocab.Like) likes.delete(undo.actorId.href);
    if (undone instanceof vocab.Follow) for (const each of Object.values(followers)) each.delete(undo.actorId.href);
    await keep(context, undo);
  })
  .on(vocab.Activity, keep)
  .onUnverifiedActivity((_context, activity, reason) => {
    refused.push({ id: activity.id?.href, type: activity.constructor.name, reason: reason.type });
  });

async function keep(context, activity) {
  received.push({ activity, document: await activity.toJsonLd(context) });
  arrivals.emit("arrival");
}

async function waitFor({ type, count = "1", seconds = "10" }) {
  const signal = AbortSignal.timeout(1000 * Number(seconds));
  const all = () => received.map((each) => each.document);
  const found = () => all().filter((activity) => type === undefined || activity.type === type);
  while (type !== undefined && found().length < Number(count) && !signal.aborted) {
    await once(arrivals, "arrival", { signal }).catch(() => undefined);
  }
  return found();
}

function said(context, by) {
  return { id: new URL(`/activities/${randomUUID()}`, context.canonicalOrigin), actor: context.getActorUri(by) };
}

async function deliver(context, by, recipients, activity, object) {
  sent.set(activity.id.href, { activity, by });
  await context.sendActivity({ identifier: by }, recipients, activity, { immediate: true });
  return { id: activity.id.href, object: object?.id?.href };
}

async function actorAt(context, url) {
  const documentLoader = await context.getDocumentLoader({ identifier: NAME });
  const actor = await context.lookupObject(new URL(url), { documentLoader });
  if (!vocab.isActor(actor)) throw new Error(`no actor at ${url}`);
  return actor;
}

// The audience of an activity is the one of what it carries.
const about = (thing) => ({ object: thing, tos: [...thing.toIds], ccs: [...thing.ccIds] });

function kept(thing, order) {
  writings.set(thing.id.href, thing);
  if (order.hidden) hidden.add(thing.id.href);
  return thing;
}

function changed({ object, content, title }) {
  const change = title ? { name: title, content: `<p>${title}</p>` } : { content };
  const thing = writings.get(object).clone({ ...change, updated: Temporal.Now.instant() });
  writings.set(object, thing);
  return thing;
}

function gone({ object }) {
  writings.delete(object);
  return new vocab.Tombstone({ id: new URL(object), deleted: Temporal.Now.instant() });
}

const PLAIN = { like: vocab.Like, announce: vocab.Announce, block: vocab.Block };

async function send(context, order) {
  const by = order.as ?? NAME;
  const recipients = await Promise.all([order.to ?? []].flat().map((url) => actorAt(context, url)));
  const tos = recipients.map((actor) => actor.id);
  const tell = (Kind, values, object) =>
    deliver(context, by, recipients, new Kind({ ...said(context, by), tos, ...values }), object);
  switch (order.type) {
    case "follow":
      return tell(vocab.Follow, { object: tos[0] });
    case "note":
    case "reply":
    case "listing": {
      const thing = kept((order.type === "listing" ? listing : note)(context, by, order, recipients), order);
      return tell(vocab.Create, about(thing), thing);
    }
    case "like":
    case "announce":
    case "block":
      return tell(PLAIN[order.type], { object: new URL(order.object) });
    case "flag":
      return tell(vocab.Flag, { objects: order.objects.map((url) => new URL(url)), content: order.content });
    case "undo":
      return tell(vocab.Undo, { object: sent.get(order.activity).activity });
    case "update": {
      const thing = changed(order);
      return tell(vocab.Update, about(thing), thing);
    }
    case "delete":
      return tell(vocab.Delete, { object: gone(order) });
    default:
      throw new Error(`unknown type: ${order.type}`);
  }
}

async function signer(context, by) {
  const [{ privateKey, keyId }] = await context.getActorKeyPairs(by);
  return { privateKey, keyId, spec: KNOCKS[options.knock] };
}

async function understood(loading, thing) {
  const object = thing instanceof vocab.Activity ? await thing.getObject(loading) : null;
  const inside = object === null ? {} : { object: await understood(loading, object) };
  return { type: thing.constructor.name, id: thing.id?.href, name: thing.attributionId?.href, ...inside };
}

async function understand(context, { id }) {
  const { activity } = received.find((each) => each.activity.id.href === id);
  const documentLoader = await context.getDocumentLoader({ identifier: NAME });
  return understood({ documentLoader, contextLoader: context.contextLoader }, activity);
}

async function verified(context, { document }) {
  const held = await verifyObject(vocab.Activity, document, context);
  return held && { id: held.id.href, type: held.constructor.name };
}

function forget() {
  for (const list of [received, refused, posts]) list.length = 0;
  for (const map of [...Object.values(followers), likes, writings, hidden, sent]) map.clear();
  isOpen = true;
  deafTo = "";
  return {};
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
    case "posts":
      return Promise.all(posts.map(async ({ answering, ...post }) => ({ ...post, status: (await answering).status })));
    case "followers":
      return [...followers[NAME].keys()];
    case "likes":
      return [...likes];
    case "send":
      return send(context, order);
    case "carry":
      return posted(await signer(context, GROUP), order.to, carried(said(context, GROUP), order.activity));
    case "forward":
      return posted(await signer(context, GROUP), order.to, order.activity);
    case "forge":
      return forge(await signer(context, NAME), said(context, NAME), order);
    case "fetch":
      return read(context, order);
    case "understand":
      return understand(context, order);
    case "verify":
      return verified(context, order);
    case "shut":
      isOpen = order.accept;
      return { accept: isOpen };
    case "deaf":
      deafTo = order.to;
      return { to: deafTo };
    case "forget":
      return forget();
    default:
      throw new Error(`unknown control: ${name}`);
  }
}

function schemeOf({ headers }) {
  if (headers.has("signature-input")) return "rfc9421";
  return headers.has("signature") ? "cavage" : "none";
}

async function heard(request) {
  const scheme = schemeOf(request);
  const activity = await request.clone().json();
  const isHeard = scheme !== deafTo;
  const answering = isHeard ? federation.fetch(request, { contextData: undefined }) : new Response(null, { status: 401 });
  posts.push({ scheme, activity, answering });
  return answering;
}

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url);
  if (!pathname.startsWith("/control/")) {
    return pathname.endsWith("/inbox") ? heard(request) : federation.fetch(request, { contextData: undefined });
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
  const [actor, group] = [NAME, GROUP].map((name) => `${origin()}/users/${name}`);
  console.log(JSON.stringify({ origin: origin(), actor, group }));
});
process.on("SIGTERM", () => process.exit(0));
