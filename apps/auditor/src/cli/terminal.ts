import { createColors } from "picocolors";

export type Colors = ReturnType<typeof createColors>;

/** Where a command writes, and how wide it may. */
export interface Terminal {
  readonly columns: number;
  readonly colors: Colors;
}

/** Wider than this nobody reads in one go. */
const widest = 80;

export function createTerminal(columns: number, hasColors: boolean): Terminal {
  return { columns: Math.max(40, Math.min(columns, widest)), colors: createColors(hasColors) };
}

/** A text cut at its end so that it fits, with a mark that it was. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Words in lines of at most the width; a word that is longer stands alone. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Lines that begin further in, the first one after a mark. */
export function listed(text: string, width: number, mark = "- "): readonly string[] {
  const indent = " ".repeat(mark.length);
  return wrap(text, width - mark.length).map((line, index) => (index === 0 ? mark : indent) + line);
}

/** Columns as wide as their widest entry; the last one takes what is left. Numbers stand at the right. */
export function table(
  rows: readonly (readonly string[])[],
  width: number,
  rightColumns: readonly number[] = [],
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows.map((row) => {
    const cells = row.map((cell, at) => {
      const cellWidth = widths[at] ?? 0;
      if (rightColumns.includes(at)) return cell.padStart(cellWidth);
      return at === row.length - 1 ? cell : cell.padEnd(cellWidth);
    });
    return clip(cells.join("  ").trimEnd(), width);
  });
}

/** `1,234,567`. */
export function figure(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 message`, `2 messages`. */
export function many(count: number, noun: string): string {
  return `${figure(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A state in its colour; the word itself says all. */
export function colored(state: string, text: string, colors: Colors): string {
  switch (state) {
    case "confirmed":
      return colors.red(text);
    case "suspected":
    case "in-doubt":
    case "not-sent":
      return colors.yellow(text);
    case "withdrawn":
      return colors.magenta(text);
    default:
      return colors.dim(text);
  }
}
