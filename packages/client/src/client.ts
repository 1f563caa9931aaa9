import {
  type ClientSign,
  type EvidenceReader,
  type Finding,
  type Notice,
  producerIdOf,
  type Store,
} from "@seqwatch/core";
import { blamedStoreOf } from "./blamed-store.ts";
import { type Host, systemHost } from "./host.ts";
import { createLogObserver } from "./log-observer.ts";
import { type SharedMemory, sharedMemoryOf } from "./memory.ts";
import { type ClientOptions, checkOptionNames, parseOptions, type Settings } from "./options.ts";
import { Recording } from "./recording.ts";
import { type Registration, type Reporter, ReportLoop } from "./report-loop.ts";
import { reasonOf, SelfProtection, textOfOff } from "./self-protection.ts";
import { Troubles } from "./troubles.ts";

/**
 * One life of this process as a watched client: its id, its store, its reports. Adapters build on it; users make one
 * only to share it between several adapters.
 *
 * ```ts
 * const client = createClient({ service: "orders-api", store });
 * const registration = client.register("producer", { report: () => chain.advance(), isUnderLoad: () => false });
 * registration.soon();
 * await client.close();
 * ```
 */
export interface Client {
  /** False with SEQWATCH_ENABLED=false or `enabled: false`: an adapter then hands its object back untouched. */
  readonly isEnabled: boolean;
  /** Random, new at every start; another one after a sign of a clone. */
  readonly clientId: string;
  readonly service: string;
  /** What the user calls the cluster; it wins over what the broker says. */
  readonly cluster: string | undefined;
  readonly host: Host;
  readonly store: Store;
  /** 64 random bits as a producerId; one for each producer object, and a new one after a clone or a closed stream. */
  newProducerId(): string;
  newNonce(): string;
  /** After the store answered "clone" to an author that goes by the client's id. */
  renewClientId(): void;
  /** For the message path: costs one branch while everything is on. */
  isRecording(destination: string): boolean;
  /** The process's own switch, without any store: false wins over every rule; true lets the rules decide again. */
  setRecording(recording: boolean): void;
  /** Too many of our own failures: the client switched its recording off by itself, see `failed`. */
  readonly isOffByItself: boolean;
  /** Called after each change of the switch; compare `isRecording` of what you watch. Returns the way out. */
  onRecordingChange(listener: () => void): () => void;
  /** Starts calling `report`: producers each second; consumers every 200 ms under load and each second at rest. */
  register(kind: "producer" | "consumer", reporter: Reporter): Registration;
  /** Names what this client is, `rabbitmq client`; the same text again is the same role. */
  addRole(role: string): void;
  /** Names a producer or group membership in the client's registry entry, `kafka consumer billing`; undefined ends it. */
  setRole(owner: object, role: string | undefined): void;
  notice(notice: Notice): void;
  finding(finding: Finding): void;
  /**
   * Counts and tells a failure of ours; for everything that must not reach the user's code. Ten within a minute switch
   * the recording of this client off, unless they are the store's.
   */
  failed(where: string, error: unknown): void;
  /** Counts and tells a failure of what is not ours: a function of the application's, a file, a broker. */
  failedOutside(where: string, error: unknown): void;
  /**
   * How the broker's own evidence is read by the audit inside this process; unused with a store, whose auditor reads for
   * itself. `create` is called at most once, when the audit is there.
   */
  provideEvidence(create: () => EvidenceReader): void;
  /** Each life sign tells the sum of what these count: messages given to a send that bear no stamp yet. */
  countUnstamped(count: () => number): void;
  /** A report that was given up for lack of room. */
  countDropped(): void;
  /** Writes everything now. Resolves true when all was stored within the time; never rejects. */
  flush(withinMs?: number): Promise<boolean>;
  /** Flushes, says goodbye to the store and stops all timers; never rejects. A store that was given stays open. */
  close(withinMs?: number): Promise<void>;
}

/** Makes a client and starts its timers, none of which keeps the process alive. Throws a `ClientError` for a wrong option. */
export function createClient(options: ClientOptions): Client {
  checkOptionNames(options);
  const host = options.host ?? systemHost;
  const settings = parseOptions(options, host);
  return new LiveClient(options, settings, host);
}

class LiveClient implements Client {
  readonly isEnabled: boolean;
  readonly service: string;
  readonly cluster: string | undefined;
  readonly host: Host;
  readonly store: Store;
  readonly #settings: Settings;
  /** Only without a store of one's own. */
  readonly #memory: SharedMemory | undefined;
  readonly #troubles: Troubles;
  readonly #recording: Recording;
  readonly #isStoreError: (error: unknown) => boolean;
  readonly #protection = new SelfProtection();
  /** After what it switched itself off, for people. */
  #offByItself = "";
  readonly #loops = new Set<ReportLoop>();
  readonly #roles = new Map<object, string>();
  #clientId: string;
  #signNumber = 0;
  #droppedReportCount = 0;
  readonly #unstampedCounts: (() => number)[] = [];
  #isTicking = false;
  #closing: Promise<void> | undefined;
  #cancelTick: () => void = () => {};
  #stopWatching: () => void = () => {};
  #stopEnd: () => void = () => {};
  #stopAudit: () => void = () => {};

  constructor(options: ClientOptions, settings: Settings, host: Host) {
    this.isEnabled = settings.isEnabled;
    this.service = settings.service;
    this.cluster = settings.cluster;
    this.host = host;
    this.#memory = options.store === undefined ? sharedMemoryOf(host) : undefined;
    const blamed = blamedStoreOf(options.store ?? sharedMemoryOf(host).store);
    this.store = blamed.store;
    this.#isStoreError = (error) => blamed.isItsError(error);
    this.#settings = settings;
    this.#clientId = this.newProducerId();
    this.#troubles = new Troubles(options.observer ?? createLogObserver(host), host);
    this.#recording = new Recording(
      () => this,
      host,
      (error) => this.failed("a listener of the switch", error),
    );
    if (this.isEnabled) this.#start(options);
  }

  get clientId(): string {
    return this.#clientId;
  }

  get isOffByItself(): boolean {
    return this.#recording.isOffByItself;
  }

  newProducerId(): string {
    return producerIdOf(this.host.randomBytes(8));
  }

  newNonce(): string {
    return this.newProducerId();
  }

  renewClientId(): void {
    this.#clientId = this.newProducerId();
    this.#signNumber = 0;
  }

  isRecording(destination: string): boolean {
    return this.#recording.isRecording(destination);
  }

  setRecording(recording: boolean): void {
    if (recording) this.#protection.reset();
    this.#recording.setLocally(recording);
  }

  onRecordingChange(listener: () => void): () => void {
    return this.#recording.onChange(listener);
  }

  register(kind: "producer" | "consumer", reporter: Reporter): Registration {
    const { reportEveryMs: restMs, reportUnderLoadEveryMs } = this.#settings;
    const pace = { restMs, loadMs: kind === "producer" ? restMs : reportUnderLoadEveryMs };
    const loop = new ReportLoop(reporter, pace, this.host, {
      failed: (error) => this.failed("a report to the store", error),
      removed: (removed) => void this.#loops.delete(removed),
    });
    this.#loops.add(loop);
    return loop;
  }

  addRole(role: string): void {
    const isKnown = [...this.#roles.values()].includes(role);
    if (!isKnown && this.#roles.size < maxRoles) this.#roles.set({}, role);
  }

  setRole(owner: object, role: string | undefined): void {
    if (role === undefined) {
      this.#roles.delete(owner);
      return;
    }
    if (this.#roles.get(owner) === role || (this.#roles.size >= maxRoles && !this.#roles.has(owner))) return;
    this.#roles.set(owner, role);
    // At once: until the auditor hears of it, a member of ours looks like a foreign one.
    this.#signSoon();
  }

  notice(notice: Notice): void {
    this.#troubles.notice(notice);
  }

  finding(finding: Finding): void {
    this.#troubles.finding(finding);
  }

  failed(where: string, error: unknown): void {
    this.#troubles.failed(where, error);
    if (this.#isStoreError(error) || !this.#protection.isTooMuch(this.host.nowMs())) return;
    if (this.#recording.isOffByItself || this.#closing !== undefined) return;
    this.#switchItselfOff(where, error);
  }

  failedOutside(where: string, error: unknown): void {
    this.#troubles.failed(where, error);
  }

  provideEvidence(create: () => EvidenceReader): void {
    if (this.isEnabled) this.#memory?.audit.provideEvidence(create());
  }

  countUnstamped(count: () => number): void {
    this.#unstampedCounts.push(count);
  }

  countDropped(): void {
    this.#droppedReportCount += 1;
  }

  async flush(withinMs = defaultFlushMs): Promise<boolean> {
    const all = Promise.allSettled([...this.#loops].map((loop) => loop.now()));
    const settled = await this.#within(withinMs, all);
    return settled?.every((outcome) => outcome.status === "fulfilled") ?? false;
  }

  close(withinMs = defaultCloseMs): Promise<void> {
    this.#closing ??= this.#close(withinMs);
    return this.#closing;
  }

  async #close(withinMs: number): Promise<void> {
    if (!this.isEnabled) return;
    const untilMs = this.host.nowMs() + withinMs;
    this.#stopEnd();
    // What is sent or delivered from now on would never be reported: it is better not watched at all.
    this.#recording.setLocally(false);
    await this.flush(withinMs);
    this.#cancelTick();
    this.#stopWatching();
    this.#stopAudit();
    for (const loop of this.#loops) loop.unregister();
    const goodbye = this.#sign("closed").catch((error: unknown) => this.failed("the last life sign", error));
    await this.#within(Math.max(0, untilMs - this.host.nowMs()), goodbye);
  }

  #start(options: ClientOptions): void {
    this.#stopEnd = this.host.onEnd({ idle: () => this.#flushAtIdle(), exit: () => this.#reportAtExit() });
    this.#stopWatching = this.store.watchSwitch(() => void this.#readSwitch());
    if (this.#memory !== undefined) this.#startAudit(this.#memory, options.observer !== undefined);
    this.#tick();
  }

  #startAudit({ audit }: SharedMemory, isChosen: boolean): void {
    this.#stopAudit = audit.listen({
      isChosen,
      finding: (finding) => this.finding(finding),
      failed: (where, error) => this.failedOutside(where, error),
    });
    const text = `${this.service} is watched without a store: everything stays in this process, and its findings end with it.`;
    this.notice({ kind: "started", text });
  }

  /** Once a second: the life sign, and the switch, which may also have been heard of by the store's own channel. */
  #tick(): void {
    this.#cancelTick = this.host.after(this.#settings.reportEveryMs, () => this.#tick());
    if (this.#isTicking) return;
    this.#isTicking = true;
    const state = this.#recording.isOn ? "open" : "off";
    const sign = this.#sign(state).catch((error: unknown) => this.failed("the life sign", error));
    void Promise.all([sign, this.#readSwitch()]).finally(() => {
      this.#isTicking = false;
    });
  }

  async #readSwitch(): Promise<void> {
    const path = this.#settings.recordingFile;
    try {
      if (path !== undefined) await this.#recording.readFile(path);
    } catch (error) {
      this.failedOutside("reading the recording file", error);
    }
    try {
      await this.#recording.readStore(this.store);
    } catch (error) {
      this.#recording.refresh();
      this.failed("reading the switch", error);
    }
  }

  /** Said once: what is off stays off until a person switches it on again. */
  #switchItselfOff(where: string, error: unknown): void {
    this.#offByItself = reasonOf(where, error);
    this.#recording.switchItselfOff();
    this.notice({ kind: "warning", code: "OFF_BY_ITSELF", text: textOfOff(this.service, this.#offByItself) });
    this.#signSoon();
  }

  #signSoon(): void {
    if (!this.isEnabled || this.#closing !== undefined) return;
    const state = this.#recording.isOn ? "open" : "off";
    this.#sign(state).catch((error: unknown) => this.failed("the life sign", error));
  }

  async #sign(state: ClientSign["state"]): Promise<void> {
    this.#signNumber += 1;
    const roles = [...new Set(this.#roles.values())];
    const unstampedCount = this.#unstampedCounts.reduce((sum, count) => sum + count(), 0);
    await this.store.signClient({
      clientId: this.#clientId,
      number: this.#signNumber,
      service: this.service,
      instance: this.#settings.instance,
      pid: this.host.pid,
      version: clientVersion,
      system: [...new Set(roles.map((role) => role.split(" ", 1)[0]))].join(","),
      state,
      roles,
      reportErrorCount: this.#troubles.errorCount,
      droppedReportCount: this.#droppedReportCount,
      ...(unstampedCount > 0 && { unstampedCount }),
      ...(this.#recording.isOffByItself && { offByItself: this.#offByItself }),
    });
  }

  /** The loop is empty and our own timers and sockets do not hold it: hold it for one flush. */
  #flushAtIdle(): void {
    this.#stopEnd();
    const release = this.host.hold(defaultCloseMs, () => {});
    void this.flush(defaultCloseMs).then(release);
  }

  /** Only what the store's client writes within this very tick can get out. */
  #reportAtExit(): void {
    for (const loop of this.#loops) loop.lastWords();
    if (this.#closing === undefined) this.#signSoon();
  }

  async #within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
    let cancel: () => void = () => {};
    const limit = new Promise<undefined>((resolve) => {
      cancel = this.host.after(limitMs, () => resolve(undefined));
    });
    try {
      return await Promise.race([work, limit]);
    } finally {
      cancel();
    }
  }
}

/** The version of this package, as clients tell it to each other's auditor. */
export const clientVersion = "0.1.0";

const defaultFlushMs = 5_000;
const defaultCloseMs = 250;
const maxRoles = 100;
