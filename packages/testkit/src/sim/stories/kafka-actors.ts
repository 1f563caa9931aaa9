import { LaneTestimony, type LedgerReport, type SendRun, StreamLedger, type TestimonyReport } from "@seqwatch/core";
import { type KafkaStage, StageChain } from "./kafka-stage.ts";

/** A producer on the stage: each send is one batch. */
export class StageProducer {
  readonly producerId: string;
  readonly clientId: string;
  readonly ledger: StreamLedger;
  readonly #stage: KafkaStage;
  readonly #chain: StageChain<LedgerReport>;

  constructor(stage: KafkaStage, producerId: string) {
    this.#stage = stage;
    this.producerId = producerId;
    this.clientId = stage.newId("producer");
    this.ledger = new StreamLedger(stage.lane, producerId, { confirms: true });
    this.#chain = new StageChain(stage);
    stage.standings.set(this.clientId, "alive");
  }

  /** Stamps so many; what becomes of them is the story's. */
  stamp(count = 1): SendRun {
    const run = this.ledger.openRun();
    for (let index = 0; index < count; index += 1) run.next();
    return run;
  }

  /** The broker appends what was stamped; returns its first offset. `isStripped`: their headers are lost. */
  append(run: SendRun, isStripped = false): number {
    const { log } = this.#stage;
    const base = log.end;
    for (let sequence = run.sequences[0] ?? 0; sequence <= (run.sequences[1] ?? -1); sequence += 1) {
      const stamp = isStripped
        ? { producerId: undefined, sequence: 0, stamp: undefined }
        : { producerId: this.producerId, sequence, stamp: this.ledger.prefix + sequence };
      log.append({ kind: isStripped ? "unstamped" : "stamped", message: undefined, ...stamp });
    }
    log.replicate();
    return base;
  }

  /** An ordinary send: stamped, stored and answered; returns its first offset. */
  send(count = 1): number {
    const run = this.stamp(count);
    const base = this.append(run);
    run.acked(base);
    return base;
  }

  report(): void {
    this.#chain.write(
      (link) => this.ledger.report({ clientId: this.clientId, ...link }, []),
      (report) => {
        const answer = this.#stage.store.takeLedger(report);
        this.ledger.accept(answer);
        return answer;
      },
    );
  }
}

/** A member of ours; what it does it reports when told to. */
export class StageMember {
  readonly clientId: string;
  readonly testimony: LaneTestimony;
  readonly #stage: KafkaStage;
  readonly #group: string;
  readonly #chain: StageChain<TestimonyReport>;

  constructor(stage: KafkaStage, group: string) {
    this.#stage = stage;
    this.#group = group;
    this.clientId = stage.newId("member");
    this.testimony = new LaneTestimony(stage.lane, group, this.clientId);
    this.#chain = new StageChain(stage);
    stage.standings.set(this.clientId, "alive");
    stage.broker(group, { isEmpty: false });
    this.join();
  }

  /** It is given the partition. */
  join(): void {
    this.testimony.enter(this.#stage.log.highWatermark, false);
    this.report();
  }

  /** The handler gets these offsets as one batch and works them, but for those that it leaves. */
  work(first: number, last: number, left: readonly number[] = []): void {
    const records = this.#stage.log.records.slice(first, last + 1);
    const account = this.testimony.openBatch({ first, last, visibleCount: records.length });
    for (const [index, { epoch, producerId, sequence, kind }] of records.entries()) {
      const offset = first + index;
      if (left.includes(offset)) account.left(offset, producerId, sequence, kind === "foreign");
      else account.processed(offset, epoch, producerId, sequence, kind === "foreign");
    }
    account.close();
  }

  /** Its own commit succeeds. */
  commit(nextOffset: number): void {
    this.#stage.broker(this.#group, { committed: nextOffset });
    this.testimony.committed(nextOffset);
  }

  /** It says goodbye to the partition, and reports all that it did. */
  leave(): void {
    this.testimony.leave("closed");
    this.report();
  }

  report(): void {
    for (let round = 0; round < 8 && this.testimony.hasNews; round += 1) {
      this.#chain.write(
        (link) => this.testimony.nextReport(link),
        (report) => {
          const answer = this.#stage.store.takeTestimony(report);
          this.testimony.accept(answer);
          return answer;
        },
      );
    }
  }
}
