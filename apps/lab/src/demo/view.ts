import { stripVTControlCharacters } from "node:util";
import { createColors } from "picocolors";
import { clock, count, quickness, wrap } from "../words.ts";
import type { FindingLine, Standing } from "./standing.ts";

/** All that the screen shows. */
export interface Screen {
  /** What the demo is doing as a whole. */
  readonly step: string;
  /** undefined until the traffic runs. */
  readonly standing: Standing | undefined;
  /** The address of the auditor, once it listens. */
  readonly url: string | undefined;
  /** What came of it; takes the place of what is going on. */
  readonly verdict?: { readonly text: string; readonly isGood: boolean };
}

export interface ScreenSize {
  readonly columns: number;
  readonly hasColors: boolean;
}

type Colors = ReturnType<typeof createColors>;

const widest = 80;
const margin = "  ";
const shownFaults = 3;
const shownFindings = 4;
const labelWidth = 15;
const figureWidth = 9;

/** The screen as text of at most 24 lines and 80 columns, of the same height whatever it shows. */
export function draw(screen: Screen, { columns, hasColors }: ScreenSize): string {
  const colors = createColors(hasColors);
  const width = Math.min(columns, widest) - 1;
  const { standing } = screen;
  const lines = [
    ...head(screen, width, colors),
    "",
    ...(standing === undefined ? blanks(figureLines) : figures(standing, colors)),
    "",
    ...news(screen, width, colors),
    "",
    title("newest findings", colors),
    ...findings(standing, colors),
    "",
    foot(screen, width, colors),
  ];
  return lines.map((line) => clip(line, width)).join("\n");
}

const tagline = "real traffic, real faults, and the truth beside what was found";

function head({ standing }: Screen, width: number, colors: Colors): readonly string[] {
  const name = `${margin}${colors.bold("seqwatch")} ${colors.dim("demo")}`;
  if (standing === undefined) return [name, `${margin}${colors.dim(tagline)}`];
  const { elapsedMs, forMs } = standing;
  const time = forMs === undefined ? clock(elapsedMs) : `${clock(Math.min(elapsedMs, forMs))} of ${clock(forMs)}`;
  return [apart(name, colors.dim(time), width), `${margin}${bar(standing, width - margin.length, colors)}`];
}

function bar({ elapsedMs, forMs }: Standing, width: number, colors: Colors): string {
  if (forMs === undefined) return colors.dim("─".repeat(width));
  const done = Math.min(width, Math.round((elapsedMs / forMs) * width));
  return colors.cyan("━".repeat(done)) + colors.dim("─".repeat(width - done));
}

const figureLines = 7;

function figures({ summary, suspectedCount }: Standing, colors: Colors): readonly string[] {
  const { kafka, rabbitmq, lost, found, falselyNamed, duplicated, duplicatesFound, delayMs } = summary;
  const open = lost - found;
  const foundNote =
    suspectedCount > 0
      ? `${count(suspectedCount)} suspected, until there is proof`
      : open > 0
        ? `${count(open)} not yet`
        : lost > 0
          ? "the very same messages"
          : "";
  return [
    figure(
      "sent",
      colors.bold(count(summary.sent)),
      `${count(kafka.sent)} over Kafka, ${count(rabbitmq.sent)} over RabbitMQ`,
      colors,
    ),
    figure(
      "really lost",
      paint(lost, colors.red, colors),
      lost > 0 ? "each send had succeeded; by the demo's own book" : "by the demo's own book",
      colors,
    ),
    figure(
      "found",
      paint(found, open === 0 && suspectedCount === 0 ? colors.green : colors.yellow, colors),
      foundNote,
      colors,
    ),
    figure(
      "falsely named",
      paint(falselyNamed, colors.red, colors),
      falselyNamed === 0 ? "" : "a bug: please report it",
      colors,
    ),
    figure("in doubt", paint(summary.inDoubt, colors.magenta, colors), doubtNote(summary), colors),
    figure("duplicates", paint(duplicated, colors.blue, colors), duplicateNote(duplicated, duplicatesFound), colors),
    figure(
      "how fast",
      found === 0 ? colors.dim("–") : colors.bold(quickness(delayMs.p50)),
      found === 0 ? "" : `from loss to proof; 99 % within ${quickness(delayMs.p99)}`,
      colors,
    ),
  ];
}

/** What is going on, or what came of it. */
function news({ standing, step, verdict }: Screen, width: number, colors: Colors): readonly string[] {
  if (verdict === undefined) {
    const running = (standing?.running ?? []).map((text) => `${margin}${colors.yellow("›")} ${text}`);
    return [title("now", colors), ...padTo(shownFaults, running, step, colors)];
  }
  const color = verdict.isGood ? colors.green : colors.red;
  const lines = wrap(verdict.text, width - margin.length).map((line) => `${margin}${color(line)}`);
  return [title("verdict", colors), ...lines, ...blanks(shownFaults - lines.length)];
}

function doubtNote({ inDoubt, expectedInDoubt }: Standing["summary"]): string {
  if (expectedInDoubt === 0) return "";
  const note = "in the hands of a consumer when it was killed";
  return inDoubt === expectedInDoubt ? note : `${count(expectedInDoubt)} ${note}`;
}

function duplicateNote(duplicated: number, found: number): string {
  if (duplicated === 0) return "";
  return found === duplicated ? "all of them reported" : `${count(found)} of them reported`;
}

function figure(label: string, value: string, note: string, colors: Colors): string {
  return `${margin}${colors.dim(label.padEnd(labelWidth))}${padStart(value, figureWidth)}   ${colors.dim(note)}`;
}

/** A zero is quiet. */
function paint(value: number, color: (text: string) => string, colors: Colors): string {
  return value === 0 ? colors.dim("0") : colors.bold(color(count(value)));
}

function padTo(height: number, lines: readonly string[], otherwise: string, colors: Colors): readonly string[] {
  const shown = lines.length > 0 ? lines.slice(0, height) : [`${margin}${colors.dim(otherwise)}`];
  return [...shown, ...blanks(height - shown.length)];
}

function findings(standing: Standing | undefined, colors: Colors): readonly string[] {
  const lines = (standing?.newest ?? []).map((finding) => findingLine(finding, colors));
  const none = standing === undefined || standing.isAuditorHeard ? "none yet" : "the auditor does not answer";
  return padTo(shownFindings, lines, none, colors);
}

function findingLine({ state, verdict, place, messageCount, example }: FindingLine, colors: Colors): string {
  const { mark, color } = looks(state, colors);
  const more = messageCount > 1 ? ` and ${count(messageCount - 1)} more` : "";
  const names = example === undefined ? `${count(messageCount)} messages` : `${example}${more}`;
  return `${margin}${color(`${mark} ${state.replace("-", " ").padEnd(10)}`)} ${verdict.padEnd(20)} ${colors.dim(place.padEnd(16))} ${names}`;
}

/** Never colour alone: each state has a mark of its own. */
function looks(state: string, colors: Colors): { readonly mark: string; readonly color: (text: string) => string } {
  switch (state) {
    case "confirmed":
      return { mark: "●", color: colors.red };
    case "suspected":
      return { mark: "○", color: colors.yellow };
    case "in-doubt":
      return { mark: "?", color: colors.magenta };
    case "explained":
      return { mark: "✓", color: colors.green };
    default:
      return { mark: "·", color: colors.dim };
  }
}

function foot({ url, verdict }: Screen, width: number, colors: Colors): string {
  if (verdict !== undefined) return "";
  const left = url === undefined ? "" : `${margin}${colors.dim("auditor")} ${colors.cyan(url)}`;
  return apart(left, colors.dim("Ctrl-C stops everything"), width);
}

function title(text: string, colors: Colors): string {
  return `${margin}${colors.bold(text)}`;
}

function blanks(height: number): readonly string[] {
  return Array.from({ length: Math.max(0, height) }, () => "");
}

function apart(left: string, right: string, width: number): string {
  return left + " ".repeat(Math.max(1, width - visible(left) - visible(right))) + right;
}

function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - visible(text))) + text;
}

function visible(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Cuts what is too long; a line that is cut loses its colours, which may have been cut in the middle. */
function clip(line: string, width: number): string {
  return visible(line) <= width ? line : `${stripVTControlCharacters(line).slice(0, Math.max(0, width - 1))}…`;
}
