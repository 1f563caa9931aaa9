import {
  type Answer,
  type AuditNotes,
  aheadKindOf,
  type ClientSign,
  type Collection,
  type Confirmation,
  type ConsumerSign,
  type DeliveryReport,
  everythingOn,
  type Finding,
  type Lane,
  type LaneRecord,
  type LeaseAnswer,
  type LeaseWish,
  type LedgerReport,
  laneKeyOf,
  maxClosedMembers,
  presentLane,
  type QueueRecord,
  type RangeSet,
  type Store,
  type SwitchState,
  type TestimonyReport,
} from "@seqwatch/core";
import { Connection } from "./connection.ts";
import { FindingTable } from "./finding-table.ts";
import { encodePart, type Keys, keysOf } from "./keys.ts";
import { decodeLane } from "./lane-decoder.ts";
import { LaneRegistry } from "./lane-registry.ts";
import { LaneWatch } from "./lane-watch.ts";
import { formatConsumerState } from "./member-text.ts";
import { lifeOf, mastersOf, parseInfo, warningsOf } from "./redis-facts.ts";
import { toAnswer, toClientSign, toFields, toNewestText, toQueue, toRangeSets, toSwitch, toTexts } from "./replies.ts";
import {
  collectionArguments,
  confirmationArguments,
  deliveryArguments,
  ledgerArguments,
  noteArguments,
  testimonyArguments,
} from "./report-arguments.ts";
import { runScript, type Verb } from "./script-runner.ts";
import { type RedisStoreOptions, type Settings, toSettings } from "./settings.ts";
import { openSubscription } from "./subscription.ts";
import { SwitchWatch } from "./switch-watch.ts";

/** A client that says nothing for so long is no longer listed; one that said goodbye needs less. */
const clientTtlMs = 24 * 3_600_000;
const closedClientTtlMs = 15 * 60_000;
/** Fields that could not be read and are named in a warning. */
const maxDamagedNamed = 5;
const batchSize = 500;

/**
 * The store in Redis. It connects when it is first used; every call settles within the command timeout, whatever Redis
 * does, and nothing is queued or sent twice behind the caller's back.
 *
 * @example
 * const store = redisStore("redis://127.0.0.1:6379");
 * await store.reportLedger(lane, report);
 * await store.close();
 */
export function redisStore(options: string | RedisStoreOptions): Store {
  return new RedisStore(toSettings(options));
}

class RedisStore implements Store {
  readonly kind = "redis";
  readonly #settings: Settings;
  readonly #keys: Keys;
  readonly #connection: Connection;
  readonly #registry: LaneRegistry;
  readonly #findings: FindingTable;
  readonly #watch: SwitchWatch;
  readonly #laneWatch: LaneWatch;
  readonly #damaged = new Map<string, readonly string[]>();
  #switch: SwitchState = everythingOn;
  #hasReadSwitch = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#keys = keysOf(settings.prefix);
    this.#connection = new Connection(settings);
    this.#registry = new LaneRegistry(this.#connection, this.#keys);
    this.#findings = new FindingTable(this.#connection, this.#keys, settings.ttlMs);
    this.#watch = new SwitchWatch({
      readVersion: async () => (await this.readSwitch()).version,
      knownVersion: () => this.#switch.version,
      subscribe: (events) => openSubscription(settings, this.#keys.switchChannel, events),
      keepsProcessAlive: settings.keepsProcessAlive,
    });
    this.#laneWatch = new LaneWatch({
      subscribe: (events) => openSubscription(settings, this.#keys.lanesChannel, events),
      keepsProcessAlive: settings.keepsProcessAlive,
    });
  }

  async reportLedger(lane: Lane, report: LedgerReport): Promise<Answer> {
    return this.#report(lane, "report a ledger", "reportLedger", ledgerArguments(report));
  }

  async reportTestimony(lane: Lane, report: TestimonyReport): Promise<Answer> {
    return this.#report(lane, "report testimony", "reportTestimony", testimonyArguments(report));
  }

  async reportDeliveries(lane: Lane, report: DeliveryReport): Promise<Answer> {
    return this.#report(lane, "report deliveries", "reportDeliveries", deliveryArguments(report));
  }

  async signClient(sign: ClientSign): Promise<void> {
    const what = "sign a client";
    await Promise.all([
      this.#script(
        what,
        "putNewer",
        [this.#keys.client(sign.clientId)],
        [`${sign.number}`, JSON.stringify(sign), `${sign.state === "closed" ? closedClientTtlMs : clientTtlMs}`],
      ),
      this.#run(what, "SADD", this.#keys.clients, sign.clientId),
    ]);
  }

  async signConsumers(cluster: string, queue: string, signs: readonly ConsumerSign[]): Promise<void> {
    await this.#script(
      "sign consumers",
      "signConsumers",
      [this.#keys.queue(cluster, queue)],
      [
        `${this.#settings.ttlMs}`,
        `${maxClosedMembers}`,
        ...signs.flatMap(({ consumerId, number, state, deliveries, clientId }) => [
          consumerId,
          `${number}`,
          formatConsumerState(state),
          `${deliveries}`,
          encodePart(clientId),
        ]),
      ],
    );
  }

  async doubtQueue(cluster: string, queue: string, token: string): Promise<void> {
    const key = this.#keys.queue(cluster, queue);
    await this.#run("doubt a queue", "HSET", key, "token", token);
    await this.#run("doubt a queue", "PEXPIRE", key, `${this.#settings.ttlMs}`);
  }

  async readVersions(): Promise<ReadonlyMap<string, number>> {
    return this.#registry.readVersions();
  }

  async readLane(lane: Lane): Promise<LaneRecord> {
    const fields = toFields(await this.#run("read a lane", "HGETALL", this.#keys.lane(lane)));
    const { lane: stored, damaged } = decodeLane(fields);
    this.#noteDamage(laneKeyOf(lane), damaged);
    return presentLane(stored, aheadKindOf(lane));
  }

  async readQueue(cluster: string, queue: string): Promise<QueueRecord> {
    return toQueue(toFields(await this.#run("read a queue", "HGETALL", this.#keys.queue(cluster, queue))));
  }

  async readClients(): Promise<readonly ClientSign[]> {
    const what = "read the clients";
    const ids = toTexts(await this.#run(what, "SMEMBERS", this.#keys.clients));
    const signs: ClientSign[] = [];
    for (let from = 0; from < ids.length; from += batchSize) {
      const batch = ids.slice(from, from + batchSize);
      const texts = await Promise.all(batch.map((id) => this.#readNewest(what, this.#keys.client(id))));
      const gone = batch.filter((_, index) => texts[index] === undefined);
      if (gone.length > 0) await this.#run(what, "SREM", this.#keys.clients, ...gone);
      signs.push(...texts.map((text) => toClientSign(text ?? "")).filter((sign) => sign !== undefined));
    }
    return signs;
  }

  async writeNotes(lane: Lane, notes: AuditNotes): Promise<void> {
    const facts = noteArguments(notes);
    if (facts.length === 0) return;
    await this.#write(lane, "note what was audited", "writeNotes", facts);
  }

  async confirm(lane: Lane, confirmations: readonly Confirmation[]): Promise<readonly RangeSet[]> {
    if (confirmations.length === 0) return [];
    return toRangeSets(await this.#write(lane, "confirm", "confirm", confirmationArguments(confirmations)));
  }

  async collect(lane: Lane, collection: Collection): Promise<boolean> {
    const facts = [`${this.#settings.ttlMs}`, ...collectionArguments(collection)];
    const isGone = (await this.#script("collect", "collect", [this.#keys.lane(lane)], facts)) === "gone";
    if (isGone) await this.#registry.remove(lane);
    return isGone;
  }

  async saveFindings(findings: readonly Finding[], auditorId?: string): Promise<ReadonlySet<string>> {
    return this.#findings.save(findings, auditorId);
  }

  async readFindings(): Promise<readonly Finding[]> {
    return this.#findings.read();
  }

  async lease(wish: LeaseWish): Promise<LeaseAnswer> {
    return this.#findings.lease(wish);
  }

  async announceLane(lane: Lane): Promise<void> {
    await this.#run("announce a lane", "PUBLISH", this.#keys.lanesChannel, laneKeyOf(lane));
  }

  watchLanes(announced: (lane: Lane) => void): () => void {
    return this.#laneWatch.watch(announced);
  }

  async readSwitch(): Promise<SwitchState> {
    try {
      const state = toSwitch((await this.#readNewest("read the switch", this.#keys.switch)) ?? "");
      this.#hasReadSwitch = true;
      // A lower version is a store that lost writes: who was told to be quiet stays quiet.
      if (state !== undefined && state.version > this.#switch.version) this.#switch = state;
    } catch (error) {
      if (!this.#hasReadSwitch) throw error;
    }
    return this.#switch;
  }

  async writeSwitch(state: SwitchState): Promise<void> {
    const what = "write the switch";
    await this.#script(what, "putNewer", [this.#keys.switch], [`${state.version}`, JSON.stringify(state), "0"]);
    await this.#run(what, "PUBLISH", this.#keys.switchChannel, `${state.version}`);
  }

  watchSwitch(changed: () => void): () => void {
    return this.#watch.watch(changed);
  }

  async readLife(): Promise<string> {
    return lifeOf(await Promise.all([this.#readInfo("server"), this.#readInfo("replication")]).then(mergeInfo));
  }

  async readWarnings(): Promise<readonly string[]> {
    const sections = await Promise.all(["memory", "server", "replication"].map((name) => this.#readInfo(name)));
    const warnings = new Set(mergeInfo(sections).flatMap(warningsOf));
    for (const [lane, fields] of this.#damaged) {
      const named = fields.slice(0, maxDamagedNamed).join(", ");
      warnings.add(`Lane ${lane}: ${fields.length} fields could not be read and count as absent: ${named}.`);
    }
    return [...warnings];
  }

  async close(): Promise<void> {
    this.#watch.close();
    this.#laneWatch.close();
    this.#connection.close();
  }

  async #report(lane: Lane, what: string, verb: Verb, facts: readonly string[]): Promise<Answer> {
    const answer = toAnswer(await this.#write(lane, what, verb, facts));
    // The store does not hold what it was told before: it may not hold the lane's name either.
    if (answer.kind === "send-all") this.#registry.forget(lane);
    return answer;
  }

  async #write(lane: Lane, what: string, verb: Verb, facts: readonly string[]): Promise<unknown> {
    const [reply] = await Promise.all([
      this.#script(what, verb, [this.#keys.lane(lane)], [`${this.#settings.ttlMs}`, ...facts]),
      this.#registry.name(lane),
    ]);
    return reply;
  }

  async #script(what: string, verb: Verb, keys: readonly string[], facts: readonly string[]): Promise<unknown> {
    return runScript(this.#connection, what, verb, { keys, arguments: facts });
  }

  async #run(what: string, ...command: readonly [string, ...string[]]): Promise<unknown> {
    return this.#connection.run(what, command);
  }

  async #readNewest(what: string, key: string): Promise<string | undefined> {
    return toNewestText(await this.#run(what, "GET", key));
  }

  /** One section of every master's INFO. */
  async #readInfo(section: string): Promise<readonly ReadonlyMap<string, string>[]> {
    const what = `read INFO ${section}`;
    const masters = mastersOf(this.#connection.client);
    const replies = await Promise.all(masters.map((node) => this.#connection.run(what, ["INFO", section], node)));
    return replies.map(parseInfo);
  }

  #noteDamage(lane: string, damaged: readonly string[]): void {
    if (damaged.length === 0) this.#damaged.delete(lane);
    else if (this.#damaged.size < batchSize) this.#damaged.set(lane, damaged);
  }
}

/** The sections of each master as one. */
function mergeInfo(
  sections: readonly (readonly ReadonlyMap<string, string>[])[],
): readonly ReadonlyMap<string, string>[] {
  const [first = []] = sections;
  return first.map((_, node) => new Map(sections.flatMap((section) => [...(section[node] ?? [])])));
}
