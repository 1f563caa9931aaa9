import { isHiddenName } from "@seqwatch/core";
import { type Fields, stableText } from "./json-fields.ts";
import { matchesTopic } from "./topic-match.ts";

/** An exchange as the management API shows it. */
export interface ExchangeFacts {
  readonly type: string;
  readonly alternate: string | undefined;
  readonly bindings: readonly Binding[];
}

interface Binding {
  readonly destination: string;
  readonly toQueue: boolean;
  readonly routingKey: string;
  readonly arguments: Fields;
}

export interface Route {
  /** undefined = a kind of exchange lies on the way of which nobody can say where it sends to. */
  readonly bound: boolean | undefined;
  /** Every exchange on the way is direct, topic, fanout or the default one. */
  readonly provable: boolean;
  /** The queues that are reached; all of them where none was asked for. */
  readonly queues: readonly string[];
  /** The bindings on the way: another text = they changed. Bindings of other keys and queues are not in it. */
  readonly steps: readonly string[];
}

/** Exchanges bound to exchanges beyond this are not followed. */
const maxExchanges = 32;
/** Queues behind one key beyond this are not named. */
const maxQueues = 256;

/**
 * Whether messages sent to an exchange with a routing key reach a queue, or any where none is named, also through exchanges that are bound to it and
 * alternate ones. `lookUp` answers undefined for an exchange that does not exist. `hide`: the keyed hash of a name, where
 * the secret is known.
 */
export async function findRoute(
  from: { readonly exchange: string; readonly routingKey: string; readonly queue?: string },
  lookUp: (exchange: string) => Promise<ExchangeFacts | undefined>,
  hide?: (name: string) => string,
): Promise<Route> {
  if (from.exchange === "") return byDefault(from.routingKey, from.queue);
  const seen = new Set<string>([from.exchange]);
  const steps: string[] = [];
  const queues = new Set<string>();
  let unclear = false;
  for (const exchange of seen) {
    const facts = seen.size > maxExchanges ? "too many" : await lookUp(exchange);
    if (facts === undefined) continue;
    if (facts === "too many" || !knownTypes.has(facts.type)) {
      unclear = true;
      steps.push(`${exchange}:${facts === "too many" ? facts : facts.type}`);
      continue;
    }
    const word = (binding: Binding): Word => lets(facts.type, binding, from.routingKey, hide);
    const taken = facts.bindings.filter((binding) => word(binding) === "yes");
    const open = facts.bindings.filter((binding) => word(binding) === "unclear");
    if (open.length > 0) unclear = true;
    steps.push(...open.map((binding) => `${exchange}:${facts.type}?${stableText(binding)}`));
    const isWanted = (queue: string): boolean => from.queue === undefined || from.queue === queue;
    const towards = taken.filter(({ toQueue, destination }) => !toQueue || isWanted(destination));
    for (const { toQueue, destination } of towards) if (toQueue && queues.size < maxQueues) queues.add(destination);
    steps.push(...towards.map((binding) => `${exchange}:${facts.type}>${stableText(binding)}`));
    for (const { toQueue, destination } of towards) if (!toQueue) seen.add(destination);
    // What nothing takes goes on to the alternate exchange.
    if (taken.length === 0 && facts.alternate !== undefined) seen.add(facts.alternate);
  }
  const reached = queues.size > 0;
  const bound = reached || !unclear ? reached : undefined;
  return { bound, provable: !unclear, queues: [...queues], steps: steps.sort() };
}

/** The default exchange knows each queue by its name. */
function byDefault(routingKey: string, queue: string | undefined): Route {
  const bound = queue === undefined || queue === routingKey;
  return { bound, provable: true, queues: bound ? [routingKey] : [], steps: [] };
}

const knownTypes: ReadonlySet<string> = new Set(["direct", "topic", "fanout"]);

type Word = "yes" | "no" | "unclear";

/**
 * Whether a binding lets a key through. Of a key that is a keyed hash, only with the same secret and without wildcards
 * this can be told; `#` alone and fanout let everything through.
 */
function lets(type: string, binding: Binding, key: string, hide: ((name: string) => string) | undefined): Word {
  const isPattern = type === "topic" && /(^|\.)[*#](\.|$)/.test(binding.routingKey);
  if (type === "fanout" || (isPattern && binding.routingKey === "#")) return "yes";
  if (isHiddenName(key)) {
    if (isPattern || hide === undefined) return "unclear";
    return hide(binding.routingKey) === key ? "yes" : "no";
  }
  const isTaken = isPattern ? matchesTopic(binding.routingKey, key) : binding.routingKey === key;
  return isTaken ? "yes" : "no";
}
