import { randomUUID } from "node:crypto";
import { type Finding, laneKeyOf, type Observer, type Store } from "@seqwatch/core";
import { createTelemetry, type Telemetry } from "@seqwatch/otel";
import { createApi } from "./api/server.ts";
import type { ApiServer } from "./api/type-provider.ts";
import { Auditor, type AuditWatcher } from "./auditor.ts";
import { completeSettings } from "./config.ts";
import { Desk } from "./desk.ts";
import { AuditorError } from "./errors.ts";
import { figuresOf } from "./lane-figures.ts";
import { LaneLeases } from "./lane-leases.ts";
import { scheduleTimes } from "./lane-schedule.ts";
import { createLivingSigns } from "./living-signs.ts";
import { createLog, type Log, TroubleLog } from "./log.ts";
import { openStore } from "./open-store.ts";
import { startPassLoop } from "./pass-loop.ts";
import { createReaders, type Readers, virtualHostOf } from "./readers.ts";
import type { Settings } from "./settings.ts";
import { createTelemetrySdk } from "./telemetry-sdk.ts";
import { version } from "./version.ts";

/** What a caller may bring along; whatever is brought stays the caller's to close. */
export interface AuditorParts {
  readonly store?: Store;
  readonly readers?: Readers;
  readonly log?: Log;
  /** Told of every finding that changed, beside OpenTelemetry. */
  readonly observer?: Observer;
}

export interface RunningAuditor {
  /** Where its API is: `http://127.0.0.1:7979`. */
  readonly url: string;
  /** Ends the pass under way, sends what telemetry is left, and closes everything it opened. */
  close(): Promise<void>;
}

/**
 * Starts an auditor in this process. A store that is away at the start is waited for: `/readyz` says so meanwhile.
 * Rejects with an AuditorError for wrong settings or an address that cannot be listened at.
 *
 * @example
 * const auditor = await startAuditor({ redisUrl: "redis://127.0.0.1:6379", auditorPort: 0 });
 * const reply = await fetch(`${auditor.url}/api/v1/findings?state=confirmed`);
 * await auditor.close();
 */
export async function startAuditor(given: Partial<Settings> = {}, parts: AuditorParts = {}): Promise<RunningAuditor> {
  const settings = completeSettings(given);
  const log = parts.log ?? createLog(settings.logLevel);
  const nowMs = (): number => performance.now();
  const troubles = createTroubles(log, nowMs);
  const store = parts.store ?? openStore(settings);
  const livingSigns = createLivingSigns({ store, standings: () => auditor.standings, nowMs });
  const readers = parts.readers ?? createReaders({ settings, livingSigns, warn: troubles.warn });
  const desk = new Desk({ passIntervalMs: settings.passIntervalMs, wallMs: Date.now });
  const sdk = createTelemetrySdk(settings, version);
  const telemetry = createTelemetry({
    ...sdk,
    version,
    // Of several auditors each tells of its own lanes, so that sums over all of them are right.
    figures: () => desk.figures((key) => auditor.owns(key)),
    maxPerMinute: settings.findingsPerMinute,
    perPartition: settings.metricsPerPartition,
  });
  const watcher = createWatcher({ desk, telemetry, observer: parts.observer, log, failed: troubles.failed });
  const leases = createLeases({ store, leaseMs: settings.leaseMs, nowMs, failed: troubles.failed });
  const auditor = createAuditor({ settings, store, readers, watcher, leases, nowMs });
  const api = await createApiOf({ settings, desk, store, auditor, leases, sdk, failed: troubles.failed, nowMs });
  const loop = startPassLoop({
    pass: createPass({ auditor, leases, desk, store, telemetry, warn: troubles.warn, nowMs }),
    intervalMs: settings.passIntervalMs,
    nowMs,
    passed: (summary) => {
      desk.passed(summary, auditor, nowMs());
      log.debug(summary, "A pass ended.");
    },
    failed: (error) => {
      desk.status.failed(error);
      troubles.failed("the pass", error);
    },
  });
  const stopWatching = store.watchLanes((lane) => {
    auditor.hurry(lane).catch((error: unknown) => troubles.failed(`a hurried look at ${laneKeyOf(lane)}`, error));
    loop.hurry();
  });
  const close = async (): Promise<void> => {
    stopWatching();
    await loop.close();
    await leases.close();
    await api.close();
    telemetry.close();
    await sdk.close(telemetryLimitMs);
    if (parts.readers === undefined) await readers.close();
    if (parts.store === undefined) await store.close();
  };
  const url = await listen(api, settings).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  log.info({ url, store: store.kind, version, evidence: settings.evidence }, "The auditor runs.");
  return { url, close: onlyOnce(close) };
}

/** What a telemetry backend that is away may cost at the end. */
const telemetryLimitMs = 5_000;

interface Troubles {
  readonly warn: (code: string, text: string) => void;
  readonly failed: (where: string, error: unknown) => void;
}

function createTroubles(log: Log, nowMs: () => number): Troubles {
  const troubles = new TroubleLog(nowMs);
  return {
    warn: (code, text) => troubles.tell(`${code} ${text}`, (repeats) => log.warn({ code, repeats }, text)),
    failed: (where, error) =>
      troubles.tell(`${where} ${String(error)}`, (repeats) =>
        log.error({ err: error, repeats }, `Failed at ${where}.`),
      ),
  };
}

function createWatcher(to: {
  readonly desk: Desk;
  readonly telemetry: Telemetry;
  readonly observer: Observer | undefined;
  readonly log: Log;
  readonly failed: (where: string, error: unknown) => void;
}): AuditWatcher {
  const { desk, telemetry, observer, log, failed } = to;
  /** Telemetry and observers may throw; an audit goes on without them. */
  const guarded = (where: string, tell: () => void): void => {
    try {
      tell();
    } catch (error) {
      failed(where, error);
    }
  };
  const said = ({ id, state, verdict, group, decidedBy }: Finding) => ({ id, state, verdict, group, decidedBy });
  return {
    changed: (finding) => {
      desk.findings.book(finding);
      guarded("telemetry", () => telemetry.finding(finding));
      guarded("the observer", () => observer?.finding(finding));
      if (finding.state === "confirmed") log.error(said(finding), "A loss is confirmed.");
      else if (finding.history.at(-1)?.atMs === finding.changedAtMs) log.info(said(finding), "A finding changed.");
      else log.debug(said(finding), "More is known of a finding.");
    },
    looked: (key, lane, snapshot, clients) => desk.figureBook.book(key, lane, figuresOf(snapshot, clients)),
    forgot: (key) => desk.figureBook.forget(key),
    tookOver: (findings) => {
      desk.bookAll(findings);
      telemetry.remember(findings);
    },
    answered: (operation, seconds) => telemetry.storeAnswered(operation, seconds),
    failed,
  };
}

function createLeases(options: {
  readonly store: Store;
  readonly leaseMs: number;
  readonly nowMs: () => number;
  readonly failed: Troubles["failed"];
}): LaneLeases {
  const failed = (error: unknown): void => options.failed("the lease", error);
  return new LaneLeases({ ...options, auditorId: randomUUID(), failed });
}

function createAuditor(options: {
  readonly settings: Settings;
  readonly store: Store;
  readonly readers: Readers;
  readonly watcher: AuditWatcher;
  readonly leases: LaneLeases;
  readonly nowMs: () => number;
}): Auditor {
  const { settings, store, readers, watcher, leases, nowMs } = options;
  const { graceMs, lifeSignMs, foreignMs, highWatermarkMs, unreadableMs } = settings;
  const { keepEndedMs, keepOpenMs, keepGroupMs } = settings;
  return new Auditor({
    store,
    share: leases,
    readerOf: (lane) => readers.readerOf(lane),
    policy: {
      graceMs,
      lifeSignMs,
      foreignMs,
      highWatermarkMs,
      unreadableMs,
      keepEndedMs,
      keepOpenMs,
      keepGroupMs,
    },
    // Without records a verdict rests on one leader that was watched without a break.
    times: settings.evidence === "offsets" ? { ...scheduleTimes, liveLogMs: 2_000 } : scheduleTimes,
    concurrency: settings.passConcurrency,
    maxLanesPerPass: 2_000,
    nowMs,
    wallMs: Date.now,
    watcher,
  });
}

function createApiOf(of: {
  readonly settings: Settings;
  readonly desk: Desk;
  readonly store: Store;
  readonly auditor: Auditor;
  readonly leases: LaneLeases;
  readonly sdk: Pick<ReturnType<typeof createTelemetrySdk>, "readPrometheus">;
  readonly failed: Troubles["failed"];
  readonly nowMs: () => number;
}): Promise<ApiServer> {
  const { settings, desk, store, auditor, leases, sdk, failed, nowMs } = of;
  return createApi({
    token: settings.token,
    kafkaBrokers: settings.kafkaBrokers?.join(","),
    virtualHost: settings.amqpUrl === undefined ? undefined : virtualHostOf(settings.amqpUrl),
    findings: desk.findings,
    store,
    laneKeys: () => auditor.laneKeys,
    clients: () => auditor.clients,
    standings: () => auditor.standings,
    health: () => desk.status.health(nowMs()),
    auditorCount: () => leases.auditorCount,
    figures: () => desk.figures(),
    readMetrics: () => sdk.readPrometheus(),
    wallMs: Date.now,
    failed,
  });
}

/** A pass, which first takes over the findings of earlier lives as soon as the store can be read. */
function createPass(of: {
  readonly auditor: Auditor;
  readonly leases: LaneLeases;
  readonly desk: Desk;
  readonly store: Store;
  readonly telemetry: Telemetry;
  readonly warn: Troubles["warn"];
  readonly nowMs: () => number;
}) {
  const { auditor, leases, desk, store, telemetry, warn, nowMs } = of;
  let isStarted = false;
  return async () => {
    if (!isStarted) {
      await leases.start();
      const findings = await auditor.start();
      desk.bookAll(findings);
      telemetry.remember(findings);
      isStarted = true;
    }
    const summary = await auditor.pass();
    telemetry.tick();
    await desk.lookAtNames(store, auditor.laneKeys, nowMs());
    await desk.lookAtOthers({ store, auditor, leases, nowMs: nowMs() });
    for (const text of await desk.lookAround(store, nowMs())) warn("STORE_SETTINGS", text);
    return summary;
  };
}

async function listen(api: ApiServer, { auditorHost: host, auditorPort: port }: Settings): Promise<string> {
  try {
    return await api.listen({ host, port });
  } catch (error) {
    const mend = "Set SEQWATCH_AUDITOR_HOST and SEQWATCH_AUDITOR_PORT (0 = any free port).";
    throw new AuditorError("LISTEN_FAILED", `Cannot listen at ${host}:${port}. ${mend}`, { cause: error });
  }
}

function onlyOnce(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
}
