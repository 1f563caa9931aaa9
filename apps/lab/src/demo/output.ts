import { createLogUpdate } from "log-update";
import { clock, count } from "../words.ts";
import type { Happening } from "./demo.ts";
import type { Standing } from "./standing.ts";
import type { Summary } from "./summary.ts";
import { verdictOf } from "./verdict.ts";
import { draw, type Screen } from "./view.ts";

/** Where the demo is shown. */
export interface Output {
  happened(happening: Happening): void;
  /** The end, with the result. */
  finished(summary: Summary): void;
  /** The end without one. */
  stopped(text: string, summary: Summary | undefined): void;
}

/** Lines of JSON on standard output, and nothing else. */
export function jsonOutput(write: (line: string) => void): Output {
  const say = (value: unknown): void => write(`${JSON.stringify(value)}\n`);
  return {
    happened: (happening) => say(happening.kind === "standing" ? standingLine(happening.standing) : happening),
    finished: say,
    stopped: (text) => say({ kind: "stopped", text }),
  };
}

function standingLine({ summary, elapsedMs, suspectedCount, running }: Standing): unknown {
  const { sent, lost, found, falselyNamed, inDoubt, duplicated, duplicatesFound, delayMs } = summary;
  const figures = { sent, lost, found, falselyNamed, inDoubt, duplicated, duplicatesFound, delayMs };
  return { kind: "standing", atMs: Math.round(elapsedMs), suspected: suspectedCount, ...figures, running };
}

/** A screen that redraws in place. */
export function screenOutput(stream: NodeJS.WriteStream, hasColors: boolean): Output {
  const logUpdate = createLogUpdate(stream);
  let screen: Screen = { step: "", standing: undefined, url: undefined };
  const show = (change: Partial<Screen>): void => {
    screen = { ...screen, ...change };
    logUpdate(draw(screen, { columns: stream.columns ?? 80, hasColors }));
  };
  const end = (verdict: NonNullable<Screen["verdict"]>): void => {
    show({ verdict, url: undefined });
    logUpdate.done();
  };
  return {
    happened: (happening) => {
      if (happening.kind === "step") show({ step: happening.text });
      if (happening.kind === "listening") show({ url: happening.url });
      if (happening.kind === "standing") show({ standing: happening.standing });
    },
    finished: (summary) => end({ text: verdictOf(summary), isGood: summary.holds }),
    stopped: (text) => end({ text, isGood: false }),
  };
}

const standingEveryMs = 10_000;

/** Plain lines, for a file or a pipe. */
export function lineOutput(write: (line: string) => void): Output {
  let saidAtMs = -Infinity;
  return {
    happened: (happening) => {
      switch (happening.kind) {
        case "step":
          return write(`${happening.text}\n`);
        case "listening":
          return write(`the auditor is at ${happening.url}\n`);
        case "fault":
          return write(`${clock(happening.atMs)}  ${happening.text}\n`);
        case "standing": {
          const { elapsedMs, summary } = happening.standing;
          if (elapsedMs === 0 || elapsedMs - saidAtMs < standingEveryMs) return;
          saidAtMs = elapsedMs;
          return write(`${clock(elapsedMs)}  ${soFar(summary)}\n`);
        }
      }
    },
    finished: (summary) => write(`\n${verdictOf(summary)}\n`),
    stopped: (text, summary) => write(`\n${text}${summary === undefined ? "" : ` ${soFar(summary)}`}\n`),
  };
}

function soFar({ sent, lost, found, falselyNamed, inDoubt }: Summary): string {
  const names = ["sent", "really lost", "found", "falsely named", "in doubt"];
  return [sent, lost, found, falselyNamed, inDoubt].map((value, index) => `${count(value)} ${names[index]}`).join(", ");
}
