import {
  badOption,
  type Client,
  type ClientOptions,
  checkHideNames,
  checkOptionNames,
  createNameHider,
} from "@seqwatch/client";
import type { MessagePort } from "./port.ts";

/** What `send` does when the broker's answer leaves messages out. */
export type OnAckMissing = "report" | "reject" | "resend";

/** What happens to a message that was certainly processed before. */
export type OnDuplicate = "run" | "skip";

/** What a user may say about watching one Kafka object, beside what concerns the client itself. */
export interface KafkaSettings {
  /**
   * `report` (default): the promise resolves as kafkajs would have it. `reject`: it rejects with an `AckMissingError`.
   * `resend`: those messages are sent again, with the same stamps, before it settles.
   */
  readonly onAckMissing?: OnAckMissing;
  /**
   * `run` (default): the handler runs for every message that arrives. `skip`: `eachMessage` handlers do not run for one
   * that was certainly processed before; see the README for when that is.
   */
  readonly onDuplicate?: OnDuplicate;
  /**
   * A message that comes for the first time more places than this behind a later one of its stream is told as
   * `consume.out-of-order`. Left out, order is not looked at: parallel sends change it by nature.
   */
  readonly maxDisorder?: number;
  /** A send's messages for one partition together stay unstamped beyond this size; default 900,000. */
  readonly stampBatchBytes?: number;
  /** What people call a message (an order number); kept for the newest messages and told for those that went wrong. */
  readonly reference?: (message: MessagePort, topic: string) => string | undefined;
  /**
   * Names that may hold personal data (references; partitions are numbers) leave the process only as keyed hashes. Everybody who has
   * to agree (producers, consumers, the auditor) needs the same secret, of at least 16 characters.
   */
  readonly hideNames?: { readonly secret: string };
  /** For how many of the newest messages; default 10,000. */
  readonly referenceCount?: number;
}

/** Either a client that is shared with other adapters, or what is needed to make one. */
export type KafkaOptions = KafkaSettings & (ClientOptions | { readonly client: Client });

/** The settings with every default filled in. */
export interface ParsedSettings {
  readonly onAckMissing: OnAckMissing;
  readonly onDuplicate: OnDuplicate;
  readonly maxDisorder: number;
  readonly stampBatchBytes: number;
  readonly reference: ((message: MessagePort, topic: string) => string | undefined) | undefined;
  readonly referenceCount: number;
  /** A reference as it may leave the process. */
  readonly hide: (name: string) => string;
}

/** Throws a `ClientError` that names the setting, its value and what is allowed. */
export function parseSettings(settings: KafkaSettings): ParsedSettings {
  checkOptionNames(settings);
  checkHideNames(settings.hideNames);
  const { onAckMissing = "report", onDuplicate = "run", reference } = settings;
  if (!["report", "reject", "resend"].includes(onAckMissing)) {
    throw badOption("onAckMissing", onAckMissing, '"report", "reject" or "resend"');
  }
  if (!["run", "skip"].includes(onDuplicate)) throw badOption("onDuplicate", onDuplicate, '"run" or "skip"');
  if (reference !== undefined && typeof reference !== "function") {
    throw badOption("reference", reference, "a function from a message to a text");
  }
  return {
    onAckMissing,
    onDuplicate,
    maxDisorder:
      settings.maxDisorder === undefined
        ? Number.POSITIVE_INFINITY
        : count("maxDisorder", settings.maxDisorder, 1_000_000_000),
    reference,
    hide: createNameHider(settings.hideNames?.secret),
    stampBatchBytes: count("stampBatchBytes", settings.stampBatchBytes ?? 900_000, 100_000_000),
    referenceCount: count("referenceCount", settings.referenceCount ?? 10_000, 1_000_000),
  };
}

function count(name: string, value: unknown, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw badOption(name, value, `a whole number from 0 to ${most}`);
}
