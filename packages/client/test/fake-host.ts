import type { Host } from "../src/host.ts";

/** A host whose time passes only when a test says so. */
export interface FakeHost extends Host {
  readonly lines: string[];
  readonly files: Map<string, string>;
  readonly env: Record<string, string | undefined>;
  /** Lets time pass, running every timer that falls due, and what it sets off. */
  pass(ms: number): Promise<void>;
  end(which: "idle" | "exit"): void;
  /** Timers that would keep a process alive. */
  heldCount(): number;
}

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
  readonly isHeld: boolean;
}

export function createFakeHost(): FakeHost {
  let nowMs = 1_000;
  let drawn = 0;
  const timers = new Set<Timer>();
  const hooks = new Set<{ readonly idle: () => void; readonly exit: () => void }>();
  const add = (delayMs: number, run: () => void, isHeld: boolean): (() => void) => {
    const timer = { atMs: nowMs + delayMs, run, isHeld };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const host: FakeHost = {
    lines: [],
    files: new Map(),
    env: {},
    hostName: "host",
    pid: 1,
    nowMs: () => nowMs,
    wallMs: () => 1_700_000_000_000 + nowMs,
    after: (delayMs, run) => add(delayMs, run, false),
    hold: (delayMs, run) => add(delayMs, run, true),
    randomBytes: (count) => {
      drawn += 1;
      return Uint8Array.from({ length: count }, (_, at) => (drawn >> (8 * (at % 4))) & 255);
    },
    readText: async (path) => host.files.get(path),
    writeLine: (line) => void host.lines.push(line),
    onEnd: (added) => {
      hooks.add(added);
      return () => void hooks.delete(added);
    },
    pass: async (ms) => {
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (due === undefined) break;
        timers.delete(due);
        nowMs = Math.max(nowMs, due.atMs);
        due.run();
        await settle();
      }
      nowMs = untilMs;
    },
    end: (which) => {
      for (const hook of hooks) hook[which]();
    },
    heldCount: () => [...timers].filter(({ isHeld }) => isHeld).length,
  };
  return host;
}

/** Lets everything run that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
}
