import { formatStamp, type Lane, type LedgerReport, laneHashOf, type SendRun, StreamLedger } from "@seqwatch/core";
import { SimChain, SimClient } from "./client.ts";
import type { KafkaFaults } from "./faults.ts";
import type { LogRecord } from "./log.ts";
import type { Message } from "./truth.ts";
import { count, newId, strikes, tell, type World } from "./world.ts";

interface Send {
  readonly run: SendRun;
  readonly messages: readonly Message[];
}

/** One producer process, in the ways of kafkajs: a send is one batch, answers get lost, retries append twice. */
export class SimProducer {
  /** What may happen to a send, each by its share. */
  static readonly #outcomes: readonly (readonly [keyof KafkaFaults, (producer: SimProducer, send: Send) => void])[] = [
    ["omittedLost", (producer, send) => producer.#omit(send, "produce.ack-missing")],
    ["omittedStored", (producer, send) => producer.#omitStored(send)],
    ["omittedLate", (producer, send) => producer.#omitLate(send)],
    ["rejectedStored", (producer, send) => producer.#reject(send, true)],
    ["rejectedLost", (producer, send) => producer.#reject(send, false)],
    ["refused", (producer, send) => producer.#settle(send, "refused", () => send.run.voided("refused"))],
    ["storedTwice", (producer, send) => producer.#storeTwice(send)],
    ["untold", (producer, send) => producer.#storeUntold(send)],
    ["misAcked", (producer, send) => producer.#loseAnswer(send)],
  ];

  readonly client: SimClient;
  readonly ledger: StreamLedger;
  readonly #world: World;
  readonly #chain: SimChain<LedgerReport>;
  readonly #sendEveryMs: number;
  readonly #isIdempotent: boolean;
  readonly #acksOne: boolean;
  #reportedRevision = -1;
  #composedRevision = -1;
  #inFlight = 0;
  /** An idempotent producer whose answer got lost: the next send of as many is taken for a repeat of it. */
  #lostAnswer: { readonly base: number; readonly count: number; readonly life: number } | undefined;

  constructor(world: World, sendEveryMs: number) {
    this.#world = world;
    this.client = new SimClient(world, "producer");
    const producerId = newId(world, "P").padEnd(11, "_");
    this.ledger = new StreamLedger(world.lane, producerId, { confirms: true });
    this.#chain = new SimChain(this.client, (report) => world.store.takeLedger(report));
    this.#sendEveryMs = sendEveryMs;
    this.#isIdempotent = world.faults.misAcked > 0 && world.random.chance(0.5);
    this.#acksOne = world.random.chance(world.faults.acksOne);
    this.#sendLoop();
    this.client.after(world.random.between(0, 1_000), () => this.#reportLoop());
  }

  kill(): void {
    tell(this.#world, `${this.ledger.producerId} is killed`);
    this.client.kill();
  }

  setOff(isOff: boolean): void {
    tell(this.#world, `${this.ledger.producerId} is ${isOff ? "off" : "on"}`);
    this.client.state = isOff ? "off" : "open";
    if (isOff) {
      this.ledger.end();
      this.report();
    }
  }

  end(): void {
    this.ledger.end();
    this.report();
  }

  report(): void {
    this.ledger.age(this.#world.clock.nowMs, 60_000);
    if (this.ledger.revision === this.#reportedRevision && !this.#chain.isOpen) return;
    this.#chain.send(
      (link) => {
        // One that goes out again says what it said, not what is known by now.
        this.#composedRevision = this.ledger.revision;
        return this.ledger.report({ clientId: this.client.clientId, ...link }, []);
      },
      (answer) => {
        this.#reportedRevision = this.#composedRevision;
        this.ledger.accept(answer);
      },
    );
  }

  #reportLoop(): void {
    this.report();
    this.client.after(1_000, () => this.#reportLoop());
  }

  #sendLoop(): void {
    if (this.#world.isDraining) return;
    if (!this.#isIdempotent || this.#inFlight === 0) this.#send();
    this.client.after(this.#world.random.waiting(this.#sendEveryMs), () => this.#sendLoop());
  }

  #send(): void {
    const { random, log, truth, clock } = this.#world;
    if (this.client.state === "off") {
      log.append({ kind: "unstamped", message: undefined, producerId: undefined, sequence: 0, stamp: undefined });
      log.replicate();
      return;
    }
    const repeated = this.#lostAnswer;
    const messageCount = repeated?.count ?? random.integer(1, this.#world.sizes.sendMost);
    const run = this.ledger.openRun();
    const messages: Message[] = [];
    for (let index = 0; index < messageCount; index += 1) {
      messages.push(truth.meet(this.ledger.producerId, run.next(), clock.nowMs));
    }
    const send = { run, messages };
    this.#inFlight += 1;
    const wireMs = random.chance(0.02) ? random.between(100, 4_000) : random.between(1, 15);
    this.client.after(wireMs, () => this.#arrive(send));
  }

  #arrive(send: Send): void {
    if (this.#repeatWithoutStoring(send)) return;
    const { random, faults } = this.#world;
    let draw = this.#world.isDraining ? 1 : random.next();
    for (const [fault, happen] of SimProducer.#outcomes) {
      const share = fault === "misAcked" && !this.#isIdempotent ? 0 : faults[fault];
      if (draw < share) {
        count(this.#world, fault);
        happen(this, send);
        return;
      }
      draw -= share;
    }
    this.#storeAndAck(send);
  }

  #storeUntold(send: Send): void {
    this.#store(send, () => this.#ack(send, () => send.run.ackedSomewhere()));
  }

  #storeAndAck(send: Send): void {
    this.#store(send, (base) => this.#ack(send, () => send.run.acked(base)));
  }

  /** Appends, waits as its acks ask for, and goes on in this process after the answer's way back. */
  #store(send: Send, answered: (base: number) => void): void {
    const { log, random } = this.#world;
    const base = this.#append(send);
    const answer = (isCut: boolean): void => {
      if (!this.client.isAlive) return;
      if (isCut) this.client.after(random.between(50, 500), () => this.#again(send, answered));
      else this.client.after(random.between(1, 10), () => answered(base));
    };
    if (this.#acksOne) {
      log.replicate();
      answer(false);
    } else log.whenReplicated(base + send.messages.length, answer);
  }

  /** The leader changed before it answered: kafkajs sends once more. */
  #again(send: Send, answered: (base: number) => void): void {
    send.run.retried();
    this.#store(send, answered);
  }

  #append(send: Send): number {
    const { log, random } = this.#world;
    const { isTracing } = this.#world.truth;
    let base = -1;
    for (const message of send.messages) {
      const offset = log.append(this.#recordOf(message));
      if (isTracing) tell(this.#world, `appended at ${offset}, epoch ${log.epoch}`, message);
      if (base < 0) base = offset;
    }
    for (const noise of noises)
      if (strikes(this.#world, noise)) log.append(this.#noiseRecord(noise, random.integer(1, 9)));
    return base;
  }

  #recordOf(message: Message): Omit<LogRecord, "epoch"> {
    const { producerId, sequence } = message;
    return strikes(this.#world, "stripped")
      ? { kind: "unstamped", message, producerId: undefined, sequence: 0, stamp: undefined }
      : { kind: "stamped", message, producerId, sequence, stamp: this.ledger.prefix + sequence };
  }

  #noiseRecord(kind: (typeof noises)[number], ahead: number): Omit<LogRecord, "epoch"> {
    const none = { message: undefined, producerId: undefined, sequence: 0, stamp: undefined };
    if (kind === "unstamped") return { kind: "unstamped", ...none };
    if (kind === "invisible") return { kind: "control", ...none };
    const { producerId } = this.ledger;
    if (kind === "foreignStamp") {
      const stamp = formatStamp({ producerId, laneHash: laneHashOf(otherLane), sequence: ahead });
      return { kind: "foreign", message: undefined, producerId, sequence: ahead, stamp };
    }
    const sequence = 1_000_000 * ahead;
    return { kind: "stamped", message: undefined, producerId, sequence, stamp: this.ledger.prefix + sequence };
  }

  #ack(send: Send, book: () => void): void {
    this.#settle(send, "acked", book);
    for (const message of send.messages) message.promised = true;
  }

  #settle(send: Send, how: string, book: () => void): void {
    this.#inFlight -= 1;
    book();
    if (this.#world.truth.isTracing) for (const message of send.messages) tell(this.#world, how, message);
  }

  #omit(send: Send, verdict?: Message["verdict"]): void {
    this.client.after(this.#world.random.between(1, 20), () => {
      this.#settle(send, "omitted", () => send.run.omitted());
      for (const message of send.messages) {
        message.promised = true;
        message.verdict = verdict;
      }
      this.report();
    });
  }

  #omitStored(send: Send): void {
    this.#append(send);
    this.#world.log.replicate();
    this.#omit(send);
  }

  #omitLate(send: Send): void {
    const { clock, random, log } = this.#world;
    this.#omit(send);
    for (const message of send.messages) message.isLate = true;
    const lateMs = random.chance(0.2) ? random.between(3_000, 8_000) : random.between(30, 2_500);
    clock.after(lateMs, () => {
      this.#append(send);
      log.replicate();
    });
  }

  #reject(send: Send, isStored: boolean): void {
    if (isStored) {
      this.#append(send);
      this.#world.log.replicate();
    }
    for (const message of send.messages) message.isUntestified = true;
    this.client.after(this.#world.random.between(1, 400), () =>
      this.#settle(send, "rejected", () => send.run.uncertain()),
    );
  }

  #storeTwice(send: Send): void {
    this.#append(send);
    this.#world.log.replicate();
    this.client.after(this.#world.random.between(30, 600), () => {
      send.run.retried();
      this.#storeAndAck(send);
    });
  }

  #loseAnswer(send: Send): void {
    const { log, random } = this.#world;
    const base = this.#append(send);
    log.replicate();
    this.#lostAnswer = { base, count: send.messages.length, life: log.life };
    if (random.chance(0.5)) this.#omit(send);
    else this.#rejectStored(send);
  }

  #rejectStored(send: Send): void {
    for (const message of send.messages) message.isUntestified = true;
    this.client.after(this.#world.random.between(1, 400), () =>
      this.#settle(send, "rejected", () => send.run.uncertain()),
    );
  }

  /** The broker takes it for a repeat of the batch whose answer got lost: acked with that one's offsets, not stored. */
  #repeatWithoutStoring(send: Send): boolean {
    const lost = this.#lostAnswer;
    this.#lostAnswer = undefined;
    const { log } = this.#world;
    if (lost === undefined || lost.life !== log.life || lost.base + lost.count > log.end) return false;
    if (log.records[lost.base]?.producerId !== this.ledger.producerId) return false;
    this.client.after(this.#world.random.between(1, 10), () => {
      this.#ack(send, () => send.run.acked(lost.base));
      for (const message of send.messages) {
        message.verdict = "produce.mis-acked";
        tell(this.#world, `though never stored, at ${lost.base}`, message);
      }
    });
    return true;
  }
}

/** What may follow a batch in the log. */
const noises = ["unstamped", "forged", "foreignStamp", "invisible"] as const;
/** Where a copy with the stamp of another lane came from. */
const otherLane: Lane = { system: "kafka", cluster: "sim", destination: "archive", partition: "0" };
