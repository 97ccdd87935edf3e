// What somebody writes on the Fedify server: a note for some or for all, and a listing (FEP-0837).

import { randomUUID } from "node:crypto";
import * as vocab from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

function audience(context, by, order, recipients) {
  const people = recipients.map((actor) => actor.id);
  return order.public
    ? { tos: [vocab.PUBLIC_COLLECTION, ...people], cc: context.getFollowersUri(by) }
    : { tos: people };
}

export function note(context, by, order, recipients) {
  return new vocab.Note({
    id: context.getObjectUri(vocab.Note, { id: randomUUID() }),
    attribution: context.getActorUri(by),
    content: order.content,
    published: Temporal.Now.instant(),
    replyTarget: order.inReplyTo ? new URL(order.inReplyTo) : null,
    tags: recipients.map((actor) => new vocab.Mention({ href: actor.id, name: `@${actor.preferredUsername}@${actor.id.host}` })),
    ...audience(context, by, order, recipients),
  });
}

export function listing(context, by, order, recipients) {
  const id = context.getObjectUri(vocab.Proposal, { id: randomUUID() });
  const one = new vocab.Measure({ unit: "one", numericalValue: "1" });
  return new vocab.Proposal({
    id,
    attribution: context.getActorUri(by),
    name: order.title,
    content: `<p>${order.title}</p>`,
    published: Temporal.Now.instant(),
    purpose: "offer",
    unitBased: false,
    publishes: new vocab.Intent({
      id: new URL("#primary", id), action: "transfer", resourceQuantity: one, availableQuantity: one,
      resourceConformsTo: new URL("https://w3id.org/fedivoisin/categories#vide-grenier"),
    }),
    ...audience(context, by, { public: true }, recipients),
  });
}
