import { toBase64Url } from "./stamp.ts";

/** The unit inside which the continuity of a producer's messages is checked. */
export interface Lane {
  readonly system: "kafka" | "rabbitmq" | "rocketmq";
  /** One Kafka cluster, one RabbitMQ cluster and virtual host, one RocketMQ cluster. */
  readonly cluster: string;
  /** A topic or an exchange; "" is RabbitMQ's default exchange. */
  readonly destination: string;
  /** A Kafka partition in decimal, a RabbitMQ routing key, a RocketMQ message group or else the topic. */
  readonly partition: string;
}

/** A lane as one text, equal exactly when the lanes are. */
export type LaneKey = string;

/**
 * A lane as printable ASCII, `kafka/CLUSTER/orders/3`, each part percent-encoded. No two lanes share a key, and a key
 * holds no brace, space, quote or wildcard, so it can stand inside a Redis key or a shell command as it is.
 */
export function laneKeyOf(lane: Lane): LaneKey {
  return `${lane.system}/${encodePart(lane.cluster)}/${encodePart(lane.destination)}/${encodePart(lane.partition)}`;
}

/** The lane of a key; `undefined` for a text that `laneKeyOf` does not write. Never throws. */
export function parseLaneKey(key: string): Lane | undefined {
  const [system, cluster, destination, partition, excess] = key.split("/", 5);
  if (system !== "kafka" && system !== "rabbitmq" && system !== "rocketmq") return undefined;
  if (cluster === undefined || destination === undefined || partition === undefined || excess !== undefined)
    return undefined;
  try {
    const lane = {
      system,
      cluster: decodePart(cluster),
      destination: decodePart(destination),
      partition: decodePart(partition),
    } as const;
    // One lane has one key: another spelling of it (lower-case hex, needless escapes) is refused.
    return laneKeyOf(lane) === key ? lane : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The 48 bits of a lane that travel in a stamp, as 8 base64url characters: FNV-1a 64 (RFC 9923) over the UTF-8 of system,
 * cluster, destination and partition joined by NUL, folded to 48 bits. Computed once a lane.
 */
export function laneHashOf(lane: Lane): string {
  const text = [lane.system, lane.cluster, lane.destination, lane.partition].join("\0");
  let hash = 0xcbf29ce484222325n;
  for (const byte of utf8BytesOf(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return toBase64Url((hash >> 48n) ^ (hash & 0xffffffffffffn), 8);
}

/** Whether two lanes are the same system, destination and partition under different names of the cluster. */
export function sameDestination(a: Lane, b: Lane): boolean {
  return (
    a.system === b.system && a.destination === b.destination && a.partition === b.partition && a.cluster !== b.cluster
  );
}

function encodePart(text: string): string {
  return text.replace(/[^A-Za-z0-9._~-]/gu, encodeCharacter);
}

/** As `encodeURIComponent`, but also for `!'()*`, and total: a lone surrogate, which has no UTF-8, becomes `%uD800`. */
function encodeCharacter(character: string): string {
  if (!character.isWellFormed()) return `%u${hexOf(character.charCodeAt(0))}`;
  const encoded = encodeURIComponent(character);
  return encoded === character ? `%${hexOf(character.charCodeAt(0))}` : encoded;
}

function hexOf(code: number): string {
  return code.toString(16).toUpperCase().padStart(2, "0");
}

/** Throws a URIError where the escapes are not UTF-8. */
function decodePart(text: string): string {
  const pieces = text.split(/%u([0-9A-F]{4})/);
  return pieces
    .map((piece, index) => (index % 2 === 0 ? decodeURIComponent(piece) : String.fromCharCode(Number(`0x${piece}`))))
    .join("");
}

/**
 * The UTF-8 of a text. Written here because the language itself has no encoder, only its hosts have. A lone surrogate
 * becomes U+FFFD, as it does when a client puts the name on the wire: producer and consumer must hash the same bytes.
 */
function* utf8BytesOf(text: string): Generator<number> {
  for (const character of text.toWellFormed()) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) {
      yield code;
    } else if (code < 0x800) {
      yield* [0xc0 | (code >> 6), 0x80 | (code & 63)];
    } else if (code < 0x10000) {
      yield* [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
    } else {
      yield* [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
    }
  }
}
