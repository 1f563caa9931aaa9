import type { Finding } from "./finding.ts";
import type { Lane } from "./lane.ts";
import type { RangeSet } from "./range-set.ts";

/** Something that happened inside Seqwatch which a person may want to know; it never carries a payload. */
export type Notice =
  | { readonly kind: "started"; readonly text: string }
  | { readonly kind: "warning"; readonly code: string; readonly text: string }
  | { readonly kind: "internal-error"; readonly where: string; readonly error: unknown }
  /** The answer to a send left these out; said within the send's own tick. */
  | {
      readonly kind: "omitted";
      readonly lane: Lane;
      readonly producerId: string;
      readonly sequences: RangeSet;
      readonly references: readonly string[];
    }
  | {
      readonly kind: "unroutable";
      readonly lane: Lane;
      readonly producerId: string;
      readonly sequences: RangeSet;
      readonly references: readonly string[];
    };

/**
 * Where findings and notices go in this process: a log by default. It may throw; the caller counts that and goes on.
 */
export interface Observer {
  finding(finding: Finding): void;
  notice(notice: Notice): void;
}
