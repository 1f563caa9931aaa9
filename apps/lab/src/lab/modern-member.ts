import { once } from "node:events";
import { connect, type Socket } from "node:net";

/**
 * A member of a group by the newer protocol (KIP-848), which kafkajs does not speak: it joins, commits and leaves by
 * requests of its own. Only classic members have to wait before they are let in, and only classic ones are described.
 */
export class ModernMember {
  readonly #socket: Socket;
  readonly #group: string;
  readonly #memberId = crypto.randomUUID();
  #epoch = 0;
  #correlationId = 0;

  private constructor(socket: Socket, group: string) {
    this.#socket = socket;
    this.#group = group;
  }

  /** Joins a group, through any of the brokers that are tried until one is its coordinator. */
  static async join(brokers: readonly string[], group: string, topic: string): Promise<ModernMember> {
    for (const broker of brokers) {
      const [host, port] = broker.split(":");
      const socket = connect(Number(port), host);
      await once(socket, "connect");
      const member = new ModernMember(socket, group);
      if (await member.#enter(topic)) return member;
      socket.destroy();
    }
    throw new Error(`No broker lets a member of the newer protocol into ${group}.`);
  }

  /** Commits the next offset that it would read. */
  async commit(topic: string, offset: number): Promise<void> {
    const partition = [int32(0), int64(offset), int32(-1), text(""), noTags];
    const answer = await this.#ask(offsetCommit, 9, [
      text(this.#group),
      int32(this.#epoch),
      text(this.#memberId),
      nothing,
      list([text(topic), list(partition), noTags]),
      noTags,
    ]);
    // Throttling, one topic with its name, one partition with its index; then the partition's error.
    const errorCode = answer.readInt16BE(1 + 4 + 1 + 1 + Buffer.byteLength(topic) + 1 + 4);
    if (errorCode !== 0) throw new Error(`The commit of ${offset} was refused: error ${errorCode}.`);
  }

  async leave(): Promise<void> {
    this.#epoch = -1;
    await this.#heartbeat(nothing);
    this.#socket.destroy();
  }

  /** False where the broker is not the coordinator. */
  async #enter(topic: string): Promise<boolean> {
    const answer = await this.#heartbeat(list([text(topic)]));
    const errorCode = answer.readInt16BE(5);
    if (errorCode === notCoordinator || errorCode === coordinatorNotAvailable) return false;
    if (errorCode !== 0) throw new Error(`The group did not let it in: error ${errorCode}.`);
    // No error message, then the member's id and its epoch.
    const idLength = answer.readUInt8(8);
    this.#epoch = answer.readInt32BE(8 + idLength);
    return true;
  }

  async #heartbeat(topics: Buffer): Promise<Buffer> {
    const [noInstance, noRack, noRegex, noAssignor] = [nothing, nothing, nothing, nothing];
    const owned = this.#epoch === 0 ? list([]) : nothing;
    return await this.#ask(consumerGroupHeartbeat, 1, [
      text(this.#group),
      text(this.#memberId),
      int32(this.#epoch),
      noInstance,
      noRack,
      int32(rebalanceLimitMs),
      topics,
      noRegex,
      noAssignor,
      owned,
      noTags,
    ]);
  }

  /** One request at a time. Resolves to the answer behind its correlation id. */
  async #ask(key: number, version: number, body: readonly Buffer[]): Promise<Buffer> {
    this.#correlationId += 1;
    const name = Buffer.from("modern");
    const header = Buffer.concat([int16(key), int16(version), int32(this.#correlationId), int16(name.length), name]);
    const request = Buffer.concat([header, noTags, ...body]);
    this.#socket.write(Buffer.concat([int32(request.length), request]));
    let heard = Buffer.alloc(0);
    while (heard.length < 4 || heard.length < 4 + heard.readInt32BE(0)) {
      const [chunk]: unknown[] = await once(this.#socket, "data", { signal: AbortSignal.timeout(answerLimitMs) });
      if (Buffer.isBuffer(chunk)) heard = Buffer.concat([heard, chunk]);
    }
    return heard.subarray(8);
  }
}

const offsetCommit = 8;
const consumerGroupHeartbeat = 68;
const coordinatorNotAvailable = 15;
const notCoordinator = 16;
const rebalanceLimitMs = 60_000;
const answerLimitMs = 10_000;

/** What the flexible versions of the protocol are made of (KIP-482): lengths are one more than they are, 0 is null. */
const noTags = Buffer.from([0]);
const nothing = Buffer.from([0]);
const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length + 1]), Buffer.from(value)]);

/** A list of one entry, which is made of these parts, or of none. */
function list(parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([parts.length === 0 ? 1 : 2]), ...parts]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
