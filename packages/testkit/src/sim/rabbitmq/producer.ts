import { type Answer, type Lane, type LedgerReport, StreamLedger } from "@seqwatch/core";
import { type Broker, type Confirm } from "./broker.ts";
import { SimChain } from "./chain.ts";
import { SimProcess } from "./process.ts";
import type { SimMessage } from "./truth.ts";
import { newId, strikes, type World } from "./world.ts";

interface Stream {
  readonly ledger: StreamLedger;
  readonly chain: SimChain<LedgerReport>;
  reportedRevision: number;
}

/** A process that publishes to every lane, with confirms unless its channel is plain. */
export class SimProducer {
  readonly process: SimProcess;
  readonly #world: World;
  readonly #broker: Broker;
  readonly #streams = new Map<Lane, Stream>();
  readonly #confirms: boolean;
  readonly #republishes: boolean;
  readonly #isTransient: boolean;
  /** Published on the open channel and not confirmed yet. */
  #outstanding = new Set<SimMessage>();
  #channel = 0;
  #isPublishing = true;
  #lastArrivalMs = 0;

  constructor(world: World, broker: Broker) {
    this.#world = world;
    this.#broker = broker;
    this.process = new SimProcess(world, "p");
    this.#confirms = !strikes(world, "plainChannelShare");
    this.#republishes = world.random.chance(0.5);
    this.#isTransient = strikes(world, "transientShare");
    this.#publishNext();
    this.process.after(world.random.between(100, 1_000), () => this.#report());
  }

  /** The broker closed the channel, or the connection broke: what was outstanding has no outcome. */
  closeChannel(): void {
    this.#channel += 1;
    const outstanding = this.#outstanding;
    this.#outstanding = new Set();
    this.process.after(this.#world.random.between(1, 3_000), () => {
      for (const message of outstanding) {
        if (this.#republishes && this.#isPublishing) {
          message.ledger.bookRetried(message.sequence, message.sequence);
          this.#publish(message);
        } else message.ledger.bookUncertain(message.sequence, message.sequence);
      }
    });
  }

  kill(): void {
    this.#channel += 1;
    this.process.kill();
  }

  /** A clean end; unless `stays`, the process is gone a moment later. */
  stop(stays: boolean): void {
    this.#isPublishing = false;
    if (stays) return;
    this.process.after(this.#world.random.between(20, 400), () => {
      for (const { ledger } of this.#streams.values()) ledger.end();
      this.#reportLanes();
      this.process.after(20, () => this.process.close());
    });
  }

  #publishNext(): void {
    const { random, messages, messageLimit, lanes, faults } = this.#world;
    if (!this.#isPublishing || messages.length >= messageLimit) return;
    const lane = random.pick(lanes);
    const burst = random.chance(0.03) ? random.integer(10, 60) : 1;
    if (lane !== undefined) for (let i = 0; i < burst; i += 1) this.#publishNew(lane);
    this.process.after(random.waiting(faults.publishEveryMs), () => this.#publishNext());
  }

  #publishNew(lane: Lane): void {
    const { ledger } = this.#streamOf(lane);
    const { random } = this.#world;
    const hasExpiration = strikes(this.#world, "expirationShare");
    const message: SimMessage = {
      lane,
      producerId: ledger.producerId,
      sequence: ledger.take(),
      ledger,
      sentAtMs: this.#world.clock.nowMs,
      fates: new Map(),
      returnedCount: 0,
      isPromised: false,
      isTransient: this.#isTransient,
      expiresAfterMs: hasExpiration ? random.integer(300, 4_000) : Number.POSITIVE_INFINITY,
    };
    this.#world.messages.push(message);
    if (message.isTransient) ledger.bookTransient(message.sequence);
    if (hasExpiration) ledger.bookExpiring(message.sequence, message.expiresAfterMs);
    if (!this.#confirms) ledger.bookTold(message.sequence, message.sequence);
    this.#publish(message);
  }

  #publish(message: SimMessage): void {
    const { clock, random } = this.#world;
    const channel = this.#channel;
    if (this.#confirms) this.#outstanding.add(message);
    // One channel keeps the order on its way.
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, clock.nowMs + random.between(0.2, 2));
    clock.at(this.#lastArrivalMs, () => {
      if (this.#channel !== channel && random.chance(0.5)) return;
      const confirm = this.#broker.publish(message);
      if (confirm !== undefined && this.#confirms) this.#awaitConfirm(message, channel, confirm);
    });
  }

  #awaitConfirm(message: SimMessage, channel: number, confirm: Confirm): void {
    const { random } = this.#world;
    if (strikes(this.#world, "neverConfirmShare")) return;
    const delayMs = strikes(this.#world, "lateConfirmShare") ? random.between(100, 9_000) : random.between(0.5, 5);
    this.process.after(delayMs, () => {
      if (this.#channel !== channel || !this.#outstanding.delete(message)) return;
      const { ledger, sequence } = message;
      if (confirm === "nack") return ledger.bookVoid(sequence, sequence, "nacked");
      message.isPromised = true;
      if (confirm === "returned") ledger.bookReturned(sequence);
      ledger.bookAcked(sequence, sequence);
    });
  }

  #streamOf(lane: Lane): Stream {
    const known = this.#streams.get(lane);
    if (known !== undefined) return known;
    const ledger = new StreamLedger(lane, newId(this.#world, "P"), { confirms: this.#confirms });
    const chain = new SimChain<LedgerReport>(this.process, (report) => this.#world.store.reportLedger(lane, report));
    const stream = { ledger, chain, reportedRevision: 0 };
    this.#streams.set(lane, stream);
    return stream;
  }

  #report(): void {
    this.#reportLanes();
    this.process.after(1_000, () => this.#report());
  }

  #reportLanes(): void {
    for (const stream of this.#streams.values()) {
      stream.ledger.age(this.#world.clock.nowMs, maxUnsettledMs);
      if (stream.chain.isOpen || stream.reportedRevision < stream.ledger.revision) this.#reportStream(stream);
    }
  }

  #reportStream(stream: Stream): void {
    const { ledger, chain } = stream;
    let composed = stream.reportedRevision;
    chain.send(
      (link) => {
        composed = ledger.revision;
        if (link.number === 3) this.#world.entered.set(ledger.producerId, ledger.assigned);
        return ledger.report({ clientId: this.process.clientId, ...link }, []);
      },
      (answer: Answer | undefined) => {
        if (answer === undefined) return;
        ledger.accept(answer);
        if (answer.kind === "stored") stream.reportedRevision = composed;
      },
    );
  }
}

const maxUnsettledMs = 60_000;
