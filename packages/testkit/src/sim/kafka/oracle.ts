import { type Confirmation, eachMember, type Proof, type RangeSet, type Verdict } from "@seqwatch/core";
import type { SimAuditor } from "./auditor.ts";
import type { AuditedGroup } from "./group.ts";
import type { Message } from "./truth.ts";
import type { World } from "./world.ts";

/** What a run came to; counts are of (message, group) pairs. */
export interface SimResult {
  readonly messages: number;
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<string, number>>;
  /** Promised, owed to the group, and never processed by any of its members. */
  readonly lost: number;
  readonly confirmed: number;
  /** Confirmed rightly, and processed later all the same (given up, jumped over or appended late). */
  readonly withdrawn: number;
  readonly falseLosses: number;
  /** Lost and not confirmed, in a run in which everybody testified. */
  readonly missedLosses: number;
  readonly wrongVerdicts: number;
  /** Right, and less than could be said: mis-acked ones called missing, given up ones called skipped. */
  readonly vagueVerdicts: number;
  /** Lost, and honestly not confirmed. */
  readonly inDoubt: number;
  readonly inDoubtByCause: Readonly<Record<string, number>>;
  readonly confirmedByVerdict: Readonly<Record<string, number>>;
  /** What was wrong, in words; with `trace` the whole story. */
  readonly trace: readonly string[];
}

interface Confirmed {
  readonly verdict: Verdict | undefined;
  readonly atMs: number;
}

const maxStories = 60;

/** Compares what was confirmed with what happened. */
export class Oracle {
  readonly #world: World;
  readonly #groups: readonly AuditedGroup[];
  /** By group name ("" = at the stream) and producer, then by sequence. */
  readonly #confirmed = new Map<string, Map<number, Confirmed>>();
  readonly #stories: string[] = [];
  #storyCount = 0;

  constructor(world: World, groups: readonly AuditedGroup[]) {
    this.#world = world;
    this.#groups = groups;
  }

  heed(confirmation: Confirmation, added: RangeSet): void {
    const verdict = isProof(confirmation) ? confirmation.gap.verdict : undefined;
    const key = keyOf(confirmation.group ?? "", confirmation.producerId);
    const known = this.#confirmed.get(key) ?? new Map<number, Confirmed>();
    this.#confirmed.set(key, known);
    for (const sequence of eachMember(added, Number.POSITIVE_INFINITY))
      if (!known.has(sequence)) known.set(sequence, { verdict, atMs: this.#world.clock.nowMs });
  }

  judge(auditors: readonly SimAuditor[], canMiss: boolean): SimResult {
    const count = { lost: 0, confirmed: 0, withdrawn: 0, falseLosses: 0, missed: 0, wrong: 0, vague: 0, inDoubt: 0 };
    const causes = causesOf(auditors);
    const byCause: Record<string, number> = {};
    const byVerdict: Record<string, number> = {};
    for (const [group, message] of this.#pairs()) {
      const confirmed = this.#find(this.#confirmed, group, message);
      const processedAtMs = message.processedAtMs[group.index] ?? Number.POSITIVE_INFINITY;
      if (confirmed !== undefined && !message.promised && message.appendedCount === 0) {
        count.falseLosses += 1;
        this.#tell(`false loss for ${group.name}, ${confirmed.verdict} of what was never sent`, message);
      }
      if (confirmed !== undefined && Number.isFinite(processedAtMs)) {
        // A member may have held in hand what the log lost, or go back to what it left behind.
        const wasLost = processedAtMs > confirmed.atMs && (message.isExcused || message.copies === 0);
        if (message.isLate || wasLost) count.withdrawn += 1;
        else {
          count.falseLosses += 1;
          this.#tell(`false loss for ${group.name}, ${confirmed.verdict} at ${confirmed.atMs} ms`, message);
        }
      }
      if (!message.promised || Number.isFinite(processedAtMs) || message.sentAtMs < group.startedAtMs) continue;
      count.lost += 1;
      if (confirmed !== undefined) {
        count.confirmed += 1;
        byVerdict[confirmed.verdict ?? "none"] = (byVerdict[confirmed.verdict ?? "none"] ?? 0) + 1;
        const expected = expectedOf(message, group);
        if (confirmed.verdict !== expected && isVague(confirmed.verdict, expected)) {
          count.vague += 1;
        } else if (expected !== undefined && confirmed.verdict !== expected) {
          count.wrong += 1;
          this.#tell(`wrong verdict for ${group.name}: ${confirmed.verdict}, not ${expected}`, message);
        }
        continue;
      }
      const cause = this.#find(causes, group, message) ?? "pending";
      if (canMiss && !message.isUntestified) {
        count.missed += 1;
        this.#tell(`missed loss for ${group.name}: ${cause}`, message);
      }
      count.inDoubt += 1;
      byCause[cause] = (byCause[cause] ?? 0) + 1;
    }
    count.wrong += this.#falseDuplicates();
    return {
      messages: this.#world.truth.count,
      faults: [...this.#world.struck.values()].reduce((sum, one) => sum + one, 0),
      faultsByKind: Object.fromEntries(this.#world.struck),
      lost: count.lost,
      confirmed: count.confirmed,
      withdrawn: count.withdrawn,
      falseLosses: count.falseLosses,
      missedLosses: count.missed,
      wrongVerdicts: count.wrong,
      vagueVerdicts: count.vague,
      inDoubt: count.inDoubt,
      inDoubtByCause: byCause,
      confirmedByVerdict: byVerdict,
      trace: [...this.#stories, ...this.#world.trace],
    };
  }

  /** Each message and group that may have something to say: processed and never confirmed is what all should be. */
  *#pairs(): Generator<readonly [AuditedGroup, Message]> {
    for (const [producerId, messages] of this.#world.truth.streams) {
      const atStream = this.#confirmed.get(keyOf("", producerId));
      for (const group of this.#groups) {
        const inGroup = this.#confirmed.get(keyOf(group.name, producerId));
        for (const message of messages) {
          if (message === undefined) continue;
          const isFine =
            Number.isFinite(message.processedAtMs[group.index]) &&
            atStream?.has(message.sequence) !== true &&
            inGroup?.has(message.sequence) !== true;
          if (!isFine) yield [group, message];
        }
      }
    }
  }

  #find<T>(table: ReadonlyMap<string, ReadonlyMap<number, T>>, group: AuditedGroup, message: Message): T | undefined {
    const { producerId, sequence } = message;
    return table.get(keyOf("", producerId))?.get(sequence) ?? table.get(keyOf(group.name, producerId))?.get(sequence);
  }

  /** What a group is said to have processed twice, and the log held once. */
  #falseDuplicates(): number {
    let count = 0;
    for (const [name, { receipts }] of this.#world.store.lane.groups) {
      for (const [producerId, { duplicate }] of receipts) {
        for (const sequence of eachMember(duplicate, 100_000)) {
          const message = this.#world.truth.find(producerId, sequence);
          if (message === undefined || message.appendedCount !== 1) continue;
          count += 1;
          this.#tell(`wrong duplicate for ${name}`, message);
        }
      }
    }
    return count;
  }

  #tell(text: string, message: Message): void {
    this.#storyCount += 1;
    if (this.#storyCount > maxStories) return;
    const sentAt = (message.sentAtMs / 1_000).toFixed(3);
    this.#stories.push(`${text}: ${message.producerId} ${message.sequence}, sent at ${sentAt} s`);
    for (const line of message.story) this.#stories.push(`    ${line}`);
  }
}

/**
 * A mis-ack is named only as long as the producer still knows the offset that it was told; how a message was left
 * behind, only as long as its own offset is known.
 */
function isVague(verdict: Verdict | undefined, expected: Verdict | undefined): boolean {
  return expected === "produce.mis-acked" || (verdict === "consume.skipped" && expected === "consume.given-up");
}

/** The one right verdict, if there is one. What was left behind and then cut away is both. */
function expectedOf(message: Message, group: AuditedGroup): Verdict | undefined {
  if (message.isLate) return undefined;
  const inGroup = message.copies === 0 ? undefined : message.verdictIn[group.index];
  return message.verdict ?? (inGroup === "either" ? undefined : inGroup);
}

/** What the last pass said of what is not confirmed. */
function causesOf(auditors: readonly SimAuditor[]): ReadonlyMap<string, ReadonlyMap<number, string>> {
  const causes = new Map<string, Map<number, string>>();
  for (const auditor of auditors) {
    for (const finding of auditor.audit.findings) {
      const key = keyOf(finding.group ?? "", finding.producerId);
      const known = causes.get(key) ?? new Map<number, string>();
      causes.set(key, known);
      for (const [state, sequences] of Object.entries(finding.sequences)) {
        if (state !== "in-doubt" && state !== "suspected" && state !== "pending") continue;
        const cause = state === "in-doubt" ? (finding.cause ?? state) : state;
        for (const sequence of eachMember(sequences, Number.POSITIVE_INFINITY)) known.set(sequence, cause);
      }
    }
  }
  return causes;
}

function isProof(confirmation: Confirmation): confirmation is Proof {
  return "gap" in confirmation;
}

function keyOf(group: string, producerId: string): string {
  return `${group}/${producerId}`;
}
