import type { PlayResult } from "../campaign/play.ts";

const maxLines = 120;

/** What happened in a run, for people: each thing that is wrong with the story of its message, then all that went on. */
export function storyOf({ trace }: PlayResult): readonly string[] {
  const firstWrong = trace.findIndex(isWrong);
  const lines = firstWrong < 0 ? trace : [...trace.filter(isTold), ...trace.filter((line) => !isTold(line))];
  const cut = lines.length - maxLines;
  return cut <= 0 ? lines : [...lines.slice(0, maxLines), `… and ${cut} lines more`];
}

function isTold(line: string): boolean {
  return isWrong(line) || line.startsWith("    ");
}

function isWrong(line: string): boolean {
  return /^(?:false|missed|wrong)/.test(line);
}
