import { type Lane, type LaneKey, laneKeyOf } from "@seqwatch/core";
import type { Keys } from "./keys.ts";
import { parseInteger } from "./numbers.ts";
import type { Commands } from "./redis-client.ts";
import { toTexts } from "./replies.ts";

const renewalMs = 60_000;
/** A lane without a record for so long is forgotten: it expired, and whoever writes it again says so. */
const forgetMs = 3_600_000;
const maxRemembered = 100_000;
/** Commands that are sent at one time: enough to fill a round trip, too few to be late. */
const batchSize = 500;

/** Which lanes there are: each process names those that it writes. */
export class LaneRegistry {
  readonly #commands: Commands;
  readonly #keys: Keys;
  readonly #namedAtMs = new Map<LaneKey, number>();
  readonly #missingSinceMs = new Map<LaneKey, number>();

  constructor(commands: Commands, keys: Keys) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** Names a lane, unless this process did so within the last minute. */
  async name(lane: Lane): Promise<void> {
    const key = laneKeyOf(lane);
    const nowMs = performance.now();
    if (nowMs - (this.#namedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < renewalMs) return;
    await this.#commands.run("name a lane", ["SADD", this.#keys.lanes, key]);
    if (this.#namedAtMs.size >= maxRemembered) this.#namedAtMs.clear();
    this.#namedAtMs.set(key, nowMs);
  }

  /** Names the lane again at its next write: the store may have lost it. */
  forget(lane: Lane): void {
    this.#namedAtMs.delete(laneKeyOf(lane));
  }

  /** Takes a lane whose record is gone off the list, unless somebody has written to it meanwhile. */
  async remove(lane: Lane): Promise<void> {
    const key = laneKeyOf(lane);
    this.forget(lane);
    await this.#commands.run("forget a lane", ["SREM", this.#keys.lanes, key]);
    const version = await this.#readVersion(key);
    if (version !== undefined) await this.name(lane);
  }

  async readVersions(): Promise<ReadonlyMap<LaneKey, number>> {
    const lanes = toTexts(await this.#commands.run("read the lanes", ["SMEMBERS", this.#keys.lanes]));
    const versions = new Map<LaneKey, number>();
    for (let from = 0; from < lanes.length; from += batchSize) {
      const batch = lanes.slice(from, from + batchSize);
      const replies = await Promise.all(batch.map((lane) => this.#readVersion(lane)));
      for (const [index, lane] of batch.entries()) {
        const version = replies[index];
        if (version === undefined) await this.#miss(lane);
        else versions.set(lane, version);
      }
    }
    for (const lane of versions.keys()) this.#missingSinceMs.delete(lane);
    return versions;
  }

  async #readVersion(lane: LaneKey): Promise<number | undefined> {
    const version = await this.#commands.run("read a lane's version", ["HGET", this.#keys.laneOf(lane), "v"]);
    return typeof version === "string" ? parseInteger(version) : undefined;
  }

  async #miss(lane: LaneKey): Promise<void> {
    const nowMs = performance.now();
    const sinceMs = this.#missingSinceMs.get(lane) ?? nowMs;
    this.#missingSinceMs.set(lane, sinceMs);
    if (nowMs - sinceMs < forgetMs) return;
    this.#missingSinceMs.delete(lane);
    await this.#commands.run("forget a lane", ["SREM", this.#keys.lanes, lane]);
  }
}
