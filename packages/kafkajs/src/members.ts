import { Chain, type ChainAuthor, type Client, type Link, type Registration, type Reporter } from "@seqwatch/client";
import {
  type Answer,
  keepWithinBudget,
  type Lane,
  LaneTestimony,
  laneHashOf,
  type MemberClaim,
  type TestimonyReport,
} from "@seqwatch/core";

/** What this process testifies about one lane for one group, whichever of its consumers works it. */
export interface Member {
  readonly lane: Lane;
  readonly laneHash: string;
  readonly testimony: LaneTestimony;
  readonly chain: Chain<TestimonyReport>;
  /** The consumer to which the group's last join gave the lane; only its commits leave anything behind. */
  owner: object | undefined;
  /** The offset whose handler runs, or failed and will run again; −1 = none. A plain field, set for every message. */
  workingOffset: number;
  /** How often its handler failed before. */
  failedTries: number;
}

/** All Kafka lanes that the consumers of one client work, and their reports. */
export class Members implements Reporter {
  readonly #client: Client;
  readonly #registration: Registration;
  readonly #members = new Map<string, Member>();
  readonly #active = new Set<{ switchOff(): void }>();
  #isUnderLoad = false;

  constructor(client: Client) {
    this.#client = client;
    this.#registration = client.register("consumer", this);
    client.onRecordingChange(() => {
      for (const consumer of this.#active) consumer.switchOff();
      this.#registration.soon();
    });
  }

  /** Between a consumer's first join and its stop it hears of the switch. */
  activate(consumer: { switchOff(): void }): void {
    this.#active.add(consumer);
  }

  deactivate(consumer: { switchOff(): void }): void {
    this.#active.delete(consumer);
  }

  memberOf(group: string, lane: Lane): Member {
    const key = `${group}\0${lane.cluster}\0${lane.destination}\0${lane.partition}`;
    const known = this.#members.get(key);
    if (known !== undefined) return known;
    const testimony = new LaneTestimony(lane, group, this.#client.clientId);
    const author = new TestimonyAuthor(testimony, this.#client, () => member);
    const chain = new Chain(author, () => this.#client.newNonce());
    const member: Member = {
      lane,
      laneHash: laneHashOf(lane),
      testimony,
      chain,
      owner: undefined,
      workingOffset: -1,
      failedTries: 0,
    };
    this.#members.set(key, member);
    return member;
  }

  /** Starts writing one lane's report within this very tick, so that it leaves before a commit does; never throws. */
  reportBeforeCommit(member: Member): void {
    if (!member.chain.hasNews) return;
    member.chain.advance().catch((error: unknown) => this.#client.failed("a report before a commit", error));
  }

  reportSoon(): void {
    this.#registration.soon();
  }

  async reportNow(): Promise<void> {
    await this.#registration.now();
  }

  /** Judged by what the last report held: some 500 messages a second turn it on, 100 keep it on. */
  isUnderLoad(): boolean {
    return this.#isUnderLoad;
  }

  async report(): Promise<void> {
    const all = [...this.#members.values()];
    keepWithinBudget(all.map(({ testimony }) => testimony));
    const waitingCount = all.reduce((sum, { testimony }) => sum + testimony.waitingCount, 0);
    this.#isUnderLoad = waitingCount >= (this.#isUnderLoad ? stayCount : startCount);
    const pending = all.filter(({ chain }) => chain.hasNews);
    const failures: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (let member = pending.pop(); member !== undefined; member = pending.pop()) {
        try {
          await member.chain.advance();
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: parallelReports }, worker));
    if (failures.length > 0) throw failures[0];
  }
}

/** Writes a lane's testimony when there is any, and once in a while at rest, to notice that a store forgot. */
class TestimonyAuthor implements ChainAuthor<TestimonyReport> {
  readonly #testimony: LaneTestimony;
  readonly #client: Client;
  readonly #member: () => Member;
  #seen = { offset: -1, sinceMs: 0 };
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  constructor(testimony: LaneTestimony, client: Client, member: () => Member) {
    this.#testimony = testimony;
    this.#client = client;
    this.#member = member;
  }

  hasNews(): boolean {
    if (this.#testimony.hasNews) return true;
    // A lane that was given up must not be kept alive by asking about it.
    return this.#member().owner !== undefined && this.#client.host.nowMs() - this.#reportedAtMs >= probeMs;
  }

  next(link: Link): TestimonyReport {
    this.#testimony.clientId = this.#client.clientId;
    this.#testimony.working(this.#inWork());
    return this.#testimony.nextReport(link);
  }

  send(report: TestimonyReport): Promise<Answer> {
    return this.#client.store.reportTestimony(this.#testimony.lane, report);
  }

  accept(answer: Answer, report: TestimonyReport): void {
    if (answer.kind === "stored") this.#reportedAtMs = this.#client.host.nowMs();
    // Other lanes of this process may have noticed it before.
    if (answer.kind === "clone" && report.clientId === this.#client.clientId) this.#client.renewClientId();
    this.#testimony.accept(answer);
  }

  /** For how long an offset has been worked on is counted from the report that first saw it. */
  #inWork(): MemberClaim["inWork"] {
    const { workingOffset: offset, failedTries } = this.#member();
    const nowMs = this.#client.host.nowMs();
    if (offset !== this.#seen.offset) this.#seen = { offset, sinceMs: nowMs };
    const forMs = Math.round(nowMs - this.#seen.sinceMs);
    return offset < 0 ? undefined : { offset, forMs, tries: failedTries + 1 };
  }
}

const startCount = 500;
const stayCount = 20;
const parallelReports = 16;
const probeMs = 30_000;
