import type { Client } from "@seqwatch/client";
import { clusterNameOf } from "./cluster-name.ts";
import type { Consumers } from "./consumers.ts";
import type { DuplicateGuard } from "./duplicate-guard.ts";
import { type Below, override } from "./override.ts";
import type { PartitionOf } from "./partition.ts";
import type { Api } from "./ports.ts";
import type { Publisher } from "./publisher.ts";
import { Receiver } from "./receiver.ts";
import type { Republished } from "./republished.ts";
import { Sender } from "./sender.ts";

/** What the channels of a client share: streams, consumers, and messages that may be published once more. */
export interface ChannelServices {
  readonly client: Client;
  readonly publisher: Publisher;
  readonly consumers: Consumers;
  readonly republished: Republished;
  readonly partitionOf: PartitionOf;
  readonly vhost: string | undefined;
  /** With `onDuplicate: "skip"`. */
  readonly guard: DuplicateGuard | undefined;
}

const watched = new WeakSet<object>();

/** Puts our methods on one channel, once. The channel stays the object that it was. */
export function watchChannel(
  channel: object,
  services: ChannelServices,
  kind: { readonly api: Api; readonly confirms: boolean },
): void {
  if (watched.has(channel)) return;
  watched.add(channel);
  const cluster = clusterNameOf(channel, services.client, services.vhost);
  const sender = new Sender(channel, { ...services, cluster, confirms: kind.confirms });
  const acknowledge = (message: object): void => {
    const ack: unknown = Reflect.get(channel, "ack");
    if (typeof ack === "function") Reflect.apply(ack, channel, [message]);
  };
  const receiver = new Receiver({ ...services, cluster, api: kind.api, acknowledge });
  overrideMessages(channel, sender, receiver);
  overrideTopology(channel, receiver, kind.api);
  const failed = (where: string, error: unknown): void => {
    services.consumers.distrust();
    services.publisher.failed(where, error);
  };
  overrideEvents(channel, failed, sender, receiver);
}

function overrideMessages(channel: object, sender: Sender, receiver: Receiver): void {
  const on = methodsOf(channel);
  // sendToQueue calls publish on the channel itself, so one override sees both.
  on("publish", (below, args) => sender.publish(below, args));
  on("consume", (below, args) => receiver.consume(below, args));
  on("cancel", (below, args) => receiver.cancel(below, args));
  on("get", (below, args) => receiver.get(below, args));
  on("ack", (below, args) => receiver.settle(below, args, Boolean(args[1]), "processed"));
  on("nack", (below, args) => receiver.settle(below, args, Boolean(args[1]), refusalOf(args[2])));
  on("reject", (below, args) => receiver.settle(below, args, false, refusalOf(args[1])));
  on("ackAll", (below, args) => receiver.settleAll(below, args, "processed"));
  on("nackAll", (below, args) => receiver.settleAll(below, args, refusalOf(args[0])));
  on("recover", (below, args) => receiver.recover(below, args));
}

/** Where the callback stands in the callback API is what differs. */
function overrideTopology(channel: object, receiver: Receiver, api: Api): void {
  const on = methodsOf(channel);
  on("assertQueue", (below, args) => {
    // assertQueue(callback) is allowed there, with a name chosen by the broker.
    const callbackAt = api === "callback" && typeof args[0] === "function" ? 0 : 2;
    return receiver.declare(below, args, callbackAt);
  });
  on("checkQueue", (below, args) => receiver.declare(below, args, 1));
  on("bindQueue", (below, args) => receiver.changeQueue(below, args, 4));
  on("unbindQueue", (below, args) => receiver.changeQueue(below, args, 4));
  on("deleteQueue", (below, args) => receiver.changeQueue(below, args, 2));
  on("bindExchange", (below, args) => receiver.changeExchange(below, args, 4));
  on("unbindExchange", (below, args) => receiver.changeExchange(below, args, 4));
  on("deleteExchange", (below, args) => receiver.changeExchange(below, args, 2));
}

/**
 * The channel's events pass here before any listener: confirms and closes are booked before the application hears of
 * them, no listener of ours is there to be counted or removed, and a return that only we asked for stays with us.
 */
function overrideEvents(
  channel: object,
  failed: (where: string, error: unknown) => void,
  sender: Sender,
  receiver: Receiver,
): void {
  methodsOf(channel)("emit", (below, args) => {
    try {
      if (sender.event(args[0], args[1])) return false;
      if (args[0] === "close") receiver.close();
    } catch (error) {
      failed("an event of a channel", error);
    }
    return below(args);
  });
}

function methodsOf(channel: object) {
  return (name: string, run: (below: Below, args: readonly unknown[]) => unknown): void => override(channel, name, run);
}

/** amqplib requeues unless it is told not to. */
function refusalOf(requeue: unknown): "requeued" | "rejected" {
  return requeue === undefined || Boolean(requeue) ? "requeued" : "rejected";
}
