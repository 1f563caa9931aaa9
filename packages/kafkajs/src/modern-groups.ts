import { type BrokerPort, sendRequestOf } from "./cluster.ts";

/** The key of ListGroups in the protocol. */
const listGroups = 16;
/** The first version that tells the type of a group (KIP-848; Kafka 3.8). */
const typedVersion = 5;
/** Its request and answer are of the flexible kind (KIP-482), which kafkajs does not speak: the headers end in a tag section. */
const noTags = 0;

/**
 * The groups of the newer protocols (KIP-848, KIP-1071) at one coordinator. To the older DescribeGroups such a group is
 * "Dead", whoever works in it. Rejects where a broker that knows them cannot be asked: nobody can tell then.
 */
export async function modernGroupsAt(coordinator: Pick<BrokerPort, "versions">): Promise<ReadonlySet<string>> {
  if ((coordinator.versions?.[listGroups]?.maxVersion ?? 0) < typedVersion) return new Set();
  const found = sendRequestOf(coordinator);
  if (found === undefined) throw new Error("This kafkajs shows no way to ask for the types of groups.");
  const buffer = encodeRequest();
  const answer: unknown = await Reflect.apply(found.send, coordinator, [
    {
      request: {
        apiKey: listGroups,
        apiVersion: typedVersion,
        apiName: "ListGroups",
        encode: async () => ({ buf: buffer, buffer }),
      },
      response: {
        decode: async (payload: Buffer) => ({ groups: decodeAnswer(payload) }),
        parse: async (decoded: unknown) => decoded,
      },
    },
  ]);
  const groups: unknown = Reflect.get(Object(answer), "groups");
  return groups instanceof Set ? groups : new Set();
}

/** Any state; of the types that are not the classic one. */
function encodeRequest(): Buffer {
  const types = ["consumer", "streams"].map((type) =>
    Buffer.concat([Buffer.from([type.length + 1]), Buffer.from(type)]),
  );
  const [noStates, typeCount] = [1, types.length + 1];
  return Buffer.concat([Buffer.from([noTags, noStates, typeCount]), ...types, Buffer.from([noTags])]);
}

/** The names of the groups; their protocols, states and types were asked for, and are passed over. */
export function decodeAnswer(payload: Buffer): ReadonlySet<string> {
  const reader = new CompactReader(payload);
  reader.skipTags();
  const throttleBytes = 4;
  reader.skip(throttleBytes);
  const errorCode = reader.readInt16();
  if (errorCode !== 0) throw new Error(`The broker did not list its groups: error ${errorCode}.`);
  const groups = new Set<string>();
  for (let left = reader.readVarint() - 1; left > 0; left -= 1) {
    groups.add(reader.readText());
    for (const _ of ["protocol", "state", "type"]) reader.readText();
    reader.skipTags();
  }
  return groups;
}

/** Reads what the flexible versions of the protocol are made of (KIP-482). Throws where the answer ends early. */
class CompactReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(count: number): void {
    this.#at += count;
  }

  readInt16(): number {
    const value = this.#bytes.readInt16BE(this.#at);
    this.skip(2);
    return value;
  }

  readVarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at);
      this.skip(1);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  readText(): string {
    const length = Math.max(0, this.readVarint() - 1);
    const from = this.#at;
    this.skip(length);
    if (this.#at > this.#bytes.length) throw new RangeError("The answer ends in the middle of a name.");
    return this.#bytes.toString("utf8", from, this.#at);
  }

  skipTags(): void {
    for (let left = this.readVarint(); left > 0; left -= 1) {
      this.readVarint();
      this.skip(this.readVarint());
    }
  }
}
