import type { Lane, StreamLedger } from "@seqwatch/core";

/** One message as the simulation knows it, and what became of it in each queue. */
export interface SimMessage {
  readonly lane: Lane;
  readonly producerId: string;
  readonly sequence: number;
  readonly ledger: StreamLedger;
  readonly sentAtMs: number;
  /** By queue name: bits of `fate`. */
  readonly fates: Map<string, number>;
  returnedCount: number;
  /** The producer was told that the broker has it. */
  isPromised: boolean;
  /** The broker forgets it when it starts again. */
  readonly isTransient: boolean;
  /** Its own expiration; Infinity = none. */
  readonly expiresAfterMs: number;
}

/** What happened to a message in a queue; several may apply, for it may be there twice. */
export const fate = {
  routed: 1,
  /** A handler worked it, audited or not. */
  processed: 2,
  rejected: 4,
  /** A copy went to another queue by a dead-letter exchange. */
  moved: 8,
  /** An audited consumer's code was given it. */
  read: 16,
  /** A copy was thrown away by the queue. */
  dropped: 32,
  /** A copy was sent to a consumer without acknowledgement that never read it. */
  vanished: 64,
  /** Of the dropped: its time-to-live was over. */
  expired: 128,
  /** Of the dropped: forgotten at a restart. */
  forgotten: 256,
} as const;

export function mark(message: SimMessage, queue: string, bit: number): void {
  message.fates.set(queue, (message.fates.get(queue) ?? 0) | bit);
}

/** Whether nobody has worked it and nobody ever will: `isThere` tells whether a copy still lies in the queue. */
export function isLost(message: SimMessage, queue: string, isThere: boolean): boolean {
  const bits = message.fates.get(queue) ?? 0;
  return (bits & fate.routed) !== 0 && (bits & (fate.processed | fate.rejected | fate.moved)) === 0 && !isThere;
}
