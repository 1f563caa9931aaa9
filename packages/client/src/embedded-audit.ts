import {
  auditLane,
  defaultPolicy,
  type EvidenceReader,
  type Finding,
  firstAudit,
  instancesOf,
  type Lane,
  type LaneAudit,
  lookAtClients,
  noClients,
  type Observer,
  parseLaneKey,
  type Store,
  standingsOf,
} from "@seqwatch/core";
import type { Host } from "./host.ts";

/** Who hears what an embedded audit finds. */
export interface AuditListener {
  /** An observer that somebody chose; the log that is there by default is spared what such a one hears. */
  readonly isChosen: boolean;
  finding: Observer["finding"];
  failed(where: string, error: unknown): void;
}

/**
 * The auditor of a process that has no store beside it: the pass of core, once a second, over what the process's own
 * clients wrote into their shared memory. What it finds never leaves the process, and ends with it.
 */
export class EmbeddedAudit {
  readonly #store: Store;
  readonly #host: Host;
  readonly #listeners = new Set<AuditListener>();
  readonly #readers = new Map<Lane["system"], EvidenceReader>();
  readonly #audits = new Map<string, LaneAudit>();
  #clients = noClients;
  #cancel: () => void = () => {};

  constructor(store: Store, host: Host) {
    this.#store = store;
    this.#host = host;
  }

  /** Starts with the first listener and stops with the last. */
  listen(listener: AuditListener): () => void {
    if (this.#listeners.size === 0) this.#plan();
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#cancel();
    };
  }

  /** A way to read the broker's own evidence; the first one of a system stays. */
  provideEvidence(reader: EvidenceReader): void {
    if (!this.#readers.has(reader.system)) this.#readers.set(reader.system, reader);
  }

  /** One pass over every lane that changed or has something open, in slices: the process has its own work to do. */
  async pass(): Promise<void> {
    const versions = await this.#store.readVersions();
    const signs = await this.#store.readClients();
    this.#clients = lookAtClients(this.#clients, signs, this.#host.nowMs());
    const clients = standingsOf(this.#clients, defaultPolicy.lifeSignMs);
    const instances = instancesOf(this.#clients);
    let sliceFromMs = this.#host.nowMs();
    for (const [key, version] of versions) {
      const audit = this.#audits.get(key) ?? firstAudit;
      if (!audit.isOpen && audit.version === version) continue;
      const lane = parseLaneKey(key);
      if (lane === undefined) continue;
      if (this.#host.nowMs() - sliceFromMs >= sliceMs) {
        await this.#letOthersRun();
        sliceFromMs = this.#host.nowMs();
      }
      const result = await auditLane({
        store: this.#store,
        reader: this.#readers.get(lane.system),
        lane,
        audit,
        clients,
        instances,
        storeDoubted: false,
        storeLife: undefined,
        policy: defaultPolicy,
        nowMs: () => this.#host.nowMs(),
        wallMs: () => this.#host.wallMs(),
      });
      this.#audits.set(key, result.audit);
      for (const finding of result.changed) this.#tell(finding);
      if (result.failure !== undefined) throw result.failure;
    }
    for (const key of this.#audits.keys()) if (!versions.has(key)) this.#audits.delete(key);
  }

  /** A store in memory answers within the tick, so that awaiting it lets nobody else run. */
  #letOthersRun(): Promise<void> {
    return new Promise((resolve) => void this.#host.after(0, resolve));
  }

  #plan(): void {
    this.#cancel = this.#host.after(passEveryMs, () => void this.#passAndPlan());
  }

  async #passAndPlan(): Promise<void> {
    try {
      await this.pass();
    } catch (error) {
      for (const listener of this.#listeners) listener.failed("the embedded audit", error);
    }
    if (this.#listeners.size > 0) this.#plan();
  }

  #tell(finding: Finding): void {
    const chosen = [...this.#listeners].filter(({ isChosen }) => isChosen);
    for (const listener of chosen.length > 0 ? chosen : [...this.#listeners].slice(0, 1)) listener.finding(finding);
  }
}

const passEveryMs = 1_000;
const sliceMs = 5;
