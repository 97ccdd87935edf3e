// One activity from Fedify's queue to many inboxes: what ours is measured beside (bench/delivery.py).
//
//   node deliver.mjs PORT WARM COUNT [AT_ONCE]
//
// Everything is kept in memory. It prints {"cpu", "seconds"} of the COUNT inboxes, once the sink on PORT has them all.

import dns from "node:dns";
import { setTimeout as pause } from "node:timers/promises";
import {
  createFederation, generateCryptoKeyPair, InProcessMessageQueue, MemoryKvStore, ParallelMessageQueue,
} from "@fedify/fedify";
import * as vocab from "@fedify/vocab";

const [port, warm, count, atOnce] = [...process.argv.slice(2), "16"].map(Number);
const origin = "http://localhost";
const WORDS = "Bonjour, je prête une échelle de trois mètres à qui en a besoin ce week-end. ".repeat(20);

// Every name of the sink is this machine: glibc does not know *.localhost.
const lookup = dns.lookup;
dns.lookup = (host, options, done) => lookup(host.endsWith(".localhost") ? "127.0.0.1" : host, options, done);

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true, // the sink lives on loopback
  firstKnock: "draft-cavage-http-signatures-12", // one request for each inbox, as ours makes
  queue: new ParallelMessageQueue(new InProcessMessageQueue({ pollInterval: { milliseconds: 5 } }), atOnce),
});
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5")];
federation
  .setActorDispatcher("/users/{identifier}", (context, identifier) =>
    new vocab.Person({ id: context.getActorUri(identifier), preferredUsername: identifier }),
  )
  .setKeyPairsDispatcher(() => keys);
federation.startQueue(undefined);

async function send(letter, many) {
  await fetch(`http://127.0.0.1:${port}/forget`);
  const context = federation.createContext(new URL(origin), undefined);
  const recipients = Array.from({ length: many }, (_, number) => {
    const host = `http://${letter}${number}.fedify.localhost:${port}`;
    return { id: new URL(`${host}/users/p`), inboxId: new URL(`${host}/inbox`) };
  });
  const note = new vocab.Note({
    id: new URL(`${origin}/notes/${letter}`), attribution: context.getActorUri("zoe"), content: WORDS, to: vocab.PUBLIC_COLLECTION,
  });
  const create = new vocab.Create({
    id: new URL(`${origin}/creates/${letter}`), actor: context.getActorUri("zoe"), object: note, to: vocab.PUBLIC_COLLECTION,
  });
  await context.sendActivity({ identifier: "zoe" }, recipients, create);
  for (;;) {
    const { posts } = await (await fetch(`http://127.0.0.1:${port}/count`)).json();
    if (posts >= many) return;
    await pause(100);
  }
}

await send("w", warm);
const cpu = process.cpuUsage();
const began = performance.now();
await send("h", count);
const used = process.cpuUsage(cpu);
console.log(JSON.stringify({ cpu: (used.user + used.system) / 1e6, seconds: (performance.now() - began) / 1000 }));
process.exit(0);
