/** Times of the judge, in milliseconds of the auditor's own monotonic clock. */
export interface Policy {
  /** How long evidence must stand, and how far apart two readings must lie. */
  readonly graceMs: number;
  /** A client is silent when its number has not risen for so long while the store was reachable. */
  readonly lifeSignMs: number;
  /** After a foreign member was seen it may work on for so long. */
  readonly foreignMs: number;
  /** The log end takes so long to be trusted where only the high watermark can be read. */
  readonly highWatermarkMs: number;
  /** An omission whose log cannot be read is in doubt after so long. */
  readonly unreadableMs: number;
  /** What ended, and was finished by every living group, is collected after so long; a gone group likewise. */
  readonly keepEndedMs: number;
  /** What nobody sends in any more is collected after so long, though something of it stayed open. */
  readonly keepOpenMs: number;
  /** A group in which nobody was heard for so long is gone. */
  readonly keepGroupMs: number;
}

export const defaultPolicy: Policy = {
  graceMs: 3_000,
  lifeSignMs: 10_000,
  foreignMs: 30_000,
  highWatermarkMs: 45_000,
  unreadableMs: 3_600_000,
  keepEndedMs: 3_600_000,
  keepOpenMs: 24 * 3_600_000,
  keepGroupMs: 7 * 24 * 3_600_000,
};
