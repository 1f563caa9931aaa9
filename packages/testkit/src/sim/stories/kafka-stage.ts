import {
  type Answer,
  auditLane,
  type ClientStanding,
  defaultPolicy,
  firstAudit,
  type GroupReading,
  type KafkaReading,
  type Lane,
  type LaneAudit,
  type LogExtract,
  type LogRange,
  type RangeSet,
} from "@seqwatch/core";
import { SimLog } from "../kafka/log.ts";
import { SimStore } from "../kafka/store.ts";
import { StageMember, StageProducer } from "./kafka-actors.ts";

/** What of a reading a story may want to be otherwise. */
type Sight = Partial<Pick<KafkaReading, "logEnd" | "compacted" | "firstJoinDelayMs">>;

/**
 * One Kafka lane on which a history is played by hand: the real ledgers, testimonies, merges and audit pass; the log, the
 * broker's view of the groups and the time are the story's own.
 */
export class KafkaStage {
  readonly lane: Lane = { system: "kafka", cluster: "stage", destination: "orders", partition: "0" };
  readonly log = new SimLog();
  readonly store = new SimStore(() => {});
  /** What the broker says of the groups. */
  readonly groups = new Map<string, GroupReading>();
  readonly standings = new Map<string, ClientStanding>();
  sight: Sight = {};
  nowMs = 0;
  /** Happens between the readings of a pass and its snapshot. */
  betweenReadingAndSnapshot: () => void = () => {};
  #audit: LaneAudit = firstAudit;
  #ids = 0;

  producer(): StageProducer {
    return new StageProducer(this, this.newId("P").padEnd(11, "_"));
  }

  /** A member of ours, already assigned. */
  member(group = "billing"): StageMember {
    return new StageMember(this, group);
  }

  newId(kind: string): string {
    this.#ids += 1;
    return `${kind}${this.#ids}`;
  }

  /** What the broker says of a group from now on. */
  broker(group: string, says: Partial<GroupReading>): void {
    const usual = { committed: undefined, isEmpty: false, watchedClients: new Map(), foreignMemberCount: 0 };
    this.groups.set(group, { ...usual, ...this.groups.get(group), ...says });
  }

  /** The auditor looks once a second for so long; longer than a grace unless told otherwise. */
  async look(seconds = 5): Promise<void> {
    for (let pass = 0; pass < seconds; pass += 1) {
      this.nowMs += 1_000;
      await this.#pass();
    }
  }

  /** Everything that the auditor remembers is gone. */
  restartAuditor(): void {
    this.#audit = firstAudit;
  }

  /** What is final, for a group or (without one) at the stream. */
  lost(of: { readonly producerId: string }, group?: string): RangeSet {
    const { verdicts, groups } = this.store.lane;
    if (group === undefined) return verdicts.get(of.producerId)?.lost ?? [];
    return groups.get(group)?.receipts.get(of.producerId)?.lost ?? [];
  }

  /** What is said last of sequences: state and cause, or the verdict of what is confirmed. */
  said(of: { readonly producerId: string }): readonly string[] {
    return this.#audit.findings
      .filter(({ producerId }) => producerId === of.producerId)
      .flatMap(({ group, verdict, cause, sequences }) =>
        Object.entries(sequences)
          .filter(([, set]) => set.length > 0)
          .map(([state, set]) => [group ?? "stream", state, state === "in-doubt" ? cause : verdict, ...set].join(" ")),
      );
  }

  async #pass(): Promise<void> {
    const { store, lane } = this;
    const { audit } = await auditLane({
      store,
      reader: { system: "kafka", readLog: async (_lane, wanted) => this.#read(wanted), close: async () => {} },
      lane,
      audit: this.#audit,
      clients: this.standings,
      instances: new Map(),
      storeDoubted: false,
      storeLife: undefined,
      policy: defaultPolicy,
      nowMs: () => this.nowMs,
      wallMs: () => this.nowMs,
    });
    this.#audit = audit;
  }

  #read(wanted: readonly LogRange[]): KafkaReading {
    const { start: logStart, end, highWatermark, leader } = this.log;
    const reading: KafkaReading = {
      kind: "kafka",
      beganAtMs: this.nowMs,
      endedAtMs: this.nowMs,
      leader,
      logStart,
      logEnd: end,
      highWatermark,
      lastStableOffset: highWatermark,
      compacted: false,
      firstJoinDelayMs: 3_000,
      extracts: wanted.flatMap((range) => this.#extract(range)),
      groups: new Map(this.groups),
      ...this.sight,
    };
    this.betweenReadingAndSnapshot();
    return reading;
  }

  #extract(range: LogRange): readonly LogExtract[] {
    const { log } = this;
    const first = Math.max(range.first, log.start);
    const last = Math.min(range.last, log.highWatermark - 1);
    if (last < first) return [];
    const records = log.records.slice(first, last + 1).map((record, index) => ({ ...record, offset: first + index }));
    return [
      {
        first,
        last,
        stamps: records.flatMap(({ kind, producerId, sequence, offset, epoch }) =>
          kind === "stamped" && producerId !== undefined ? [{ producerId, sequence, offset, epoch }] : [],
        ),
        unstamped: records.flatMap(({ kind, offset }) =>
          kind === "unstamped" || kind === "foreign" ? [offset, offset] : [],
        ),
        epochs: records.map(({ epoch, offset }) => ({ epoch, first: offset, last: offset })),
      },
    ];
  }
}

/** An author's reports, each building on the last stored one. */
export class StageChain<Report> {
  readonly #stage: KafkaStage;
  #number = 0;
  #buildsOn = "";

  constructor(stage: KafkaStage) {
    this.#stage = stage;
  }

  /** Writes one report, and goes on as its answer says. */
  write(
    compose: (link: { readonly number: number; readonly nonce: string; readonly buildsOn: string }) => Report,
    apply: (report: Report) => Answer,
  ): Answer {
    const link = { number: this.#number + 1, nonce: this.#stage.newId("n"), buildsOn: this.#buildsOn };
    const answer = apply(compose(link));
    if (answer.kind === "stored") [this.#number, this.#buildsOn] = [link.number, link.nonce];
    if (answer.kind === "send-all") [this.#number, this.#buildsOn] = [link.number, ""];
    return answer;
  }
}
