import { LabError } from "../lab-error.ts";

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `90s`, `1.5m`, `500ms` or `1h` in milliseconds; a bare number means seconds. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  const unit = match?.[2];
  if (match?.[1] === undefined) {
    throw new LabError("LAB_BAD_INPUT", `"${text}" is no duration. Write for example 90s, 5m or 1h.`);
  }
  return Math.round(Number(match[1]) * (unit === "ms" || unit === "m" || unit === "h" ? unitMs[unit] : unitMs.s));
}
