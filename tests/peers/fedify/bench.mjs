// A server built with Fedify that only receives: what ours is measured beside (bench/inbox.py).
//
//   node bench.mjs PORT [--queue]
//
// It keeps everything in memory. Without --queue an activity is treated before its POST is answered; with it, Fedify's
// own in-process queue treats it afterwards. GET /done tells how many were accepted, and how many of them treated.

import { createServer } from "node:http";
import { createFederation, InProcessMessageQueue, MemoryKvStore } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";

const port = Number(process.argv[2]);
const hasQueue = process.argv.includes("--queue");
const notes = new Map();
let accepted = 0;
let done = 0;

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true, // the senders live on loopback
  ...(hasQueue ? { queue: new InProcessMessageQueue({ pollInterval: { milliseconds: 5 } }) } : {}),
});

federation.setActorDispatcher("/users/{identifier}", (context, identifier) =>
  identifier === "zoe"
    ? new vocab.Person({ id: context.getActorUri(identifier), preferredUsername: identifier, inbox: context.getInboxUri(identifier) })
    : null,
);
federation.setInboxListeners("/users/{identifier}/inbox", "/inbox").on(vocab.Create, async (context, create) => {
  const note = await create.getObject(context);
  notes.set(note.id.href, note.content.toString());
  done += 1;
});
if (hasQueue) federation.startQueue(undefined);

const server = createServer(async (incoming, outgoing) => {
  if (incoming.url === "/done") return outgoing.end(`${accepted} ${done}`);
  const body = Buffer.concat(await incoming.toArray());
  const request = new Request(`http://localhost:${port}${incoming.url}`, {
    method: incoming.method,
    headers: Object.entries(incoming.headersDistinct).flatMap(([name, values]) => values.map((value) => [name, value])),
    body: body.length > 0 ? body : undefined,
  });
  const response = await federation.fetch(request, { contextData: undefined });
  if (response.status === 202) accepted += 1;
  outgoing.statusCode = response.status;
  outgoing.setHeaders(response.headers);
  outgoing.end(Buffer.from(await response.arrayBuffer()));
});
server.listen(port, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
