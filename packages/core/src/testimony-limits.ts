/** What only the edge knows when a testimony is reported. */
export interface TestimonyHeading {
  readonly number: number;
  readonly nonce: string;
  readonly buildsOn: string;
}

/** A delivered message whose handler is over without having processed it; given up once our own commit passes it. */
export interface Candidate {
  readonly producerId: string | undefined;
  readonly sequence: number;
  /** The era of the batch that brought it. */
  readonly era: number;
}

/** Messages of one lane that were left and are not passed by a commit. */
export const maxCandidates = 10_000;
/** Streams of one lane of which a member can say everything once more. */
export const maxHeldStreams = 1_000;
export const maxCrashLength = 100;
/** Drafts that wait while the store is away; beyond it repeats are no longer told apart. */
export const maxSeparated = 64;
