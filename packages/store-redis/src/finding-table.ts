import {
  type Finding,
  type LeaseAnswer,
  type LeaseWish,
  laneKeyOf,
  leaseSlotCount,
  leaseSlotOf,
  memoryStoreLimits,
} from "@seqwatch/core";
import type { Keys } from "./keys.ts";
import { parseInteger } from "./numbers.ts";
import type { Commands } from "./redis-client.ts";
import { toFields, toFinding, toTexts } from "./replies.ts";
import { runScript } from "./script-runner.ts";

const batchSize = 500;

/** What auditors share: findings, and who looks after which lanes. It lies in one slot, so that one script sees both. */
export class FindingTable {
  readonly #commands: Commands;
  readonly #keys: Keys;
  readonly #ttlMs: number;

  constructor(commands: Commands, keys: Keys, ttlMs: number) {
    this.#commands = commands;
    this.#keys = keys;
    this.#ttlMs = ttlMs;
  }

  async save(findings: readonly Finding[], auditorId = ""): Promise<ReadonlySet<string>> {
    const keys = [this.#keys.findings, this.#keys.findingsOrder, this.#keys.leases];
    const taken = new Set<string>();
    for (let from = 0; from < findings.length; from += batchSize) {
      const texts = findings
        .slice(from, from + batchSize)
        .flatMap((finding) => [
          finding.id,
          `${finding.changedAtMs}`,
          `${leaseSlotOf(laneKeyOf(finding.lane))}`,
          JSON.stringify(finding),
        ]);
      const facts = [`${memoryStoreLimits.findings}`, `${this.#ttlMs}`, auditorId, ...texts];
      const reply = await runScript(this.#commands, "save findings", "saveFindings", { keys, arguments: facts });
      for (const id of toTexts(reply)) taken.add(id);
    }
    return taken;
  }

  /** Oldest change first; by id where the times are equal. */
  async read(): Promise<readonly Finding[]> {
    const texts = toFields(await this.#commands.run("read the findings", ["HGETALL", this.#keys.findings]));
    const findings = [...texts.values()].map(toFinding).filter((finding) => finding !== undefined);
    return findings.sort((a, b) => a.changedAtMs - b.changedAtMs || (a.id < b.id ? -1 : 1));
  }

  async lease({ auditorId, number, keep, most, dead }: LeaseWish): Promise<LeaseAnswer> {
    const facts = [
      auditorId,
      ...[number, most, leaseSlotCount, this.#ttlMs, keep.length, ...keep].map(String),
      ...dead.flatMap((one) => [one.auditorId, `${one.number}`]),
    ];
    const call = { keys: [this.#keys.leases], arguments: facts };
    const [savedCount, slotCount, ...rest] = toTexts(await runScript(this.#commands, "share the lanes", "lease", call));
    const count = parseInteger(slotCount) ?? 0;
    return {
      savedCount: parseInteger(savedCount) ?? 0,
      slots: rest.slice(0, count).flatMap((slot) => parseInteger(slot) ?? []),
      auditors: new Map(toPairs(rest.slice(count))),
    };
  }
}

function toPairs(texts: readonly string[]): readonly (readonly [string, number])[] {
  const pairs: (readonly [string, number])[] = [];
  for (let at = 0; at + 1 < texts.length; at += 2) pairs.push([texts[at] ?? "", parseInteger(texts[at + 1]) ?? 0]);
  return pairs;
}
