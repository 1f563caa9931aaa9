import type { ApiFinding } from "../auditor-api.ts";

/**
 * A message is called after its place in the stream that it belongs to: who sends it where, and the how manyth it is. So
 * a finding's sequence has a name even where the producer could not tell one any more.
 */
export function nameOf(place: {
  readonly service: string;
  readonly destination: string;
  readonly partition: string | number;
  readonly sequence: number;
}): string {
  return [place.service, place.destination, place.partition, place.sequence].join("|");
}

/** Gives out the names of one service's messages, counted by lane in the order of their sends. */
export class NameSource {
  readonly #service: string;
  readonly #sent = new Map<string, number>();

  constructor(service: string) {
    this.#service = service;
  }

  next(destination: string, partition: string | number, count: number): readonly string[] {
    const lane = `${destination}|${partition}`;
    const before = this.#sent.get(lane) ?? 0;
    this.#sent.set(lane, before + count);
    return Array.from({ length: count }, (_, index) =>
      nameOf({ service: this.#service, destination, partition, sequence: before + index + 1 }),
    );
  }
}

/** What one finding says of one message. */
export interface Claim {
  readonly name: string;
  readonly state: string;
  readonly verdict: string;
  readonly cause: string | undefined;
  readonly group: string | undefined;
  /** The auditor's clock, which is this machine's. */
  readonly sinceMs: number;
}

const maxClaimsPerFinding = 100_000;

/** A finding, message by message. The cause belongs to those in doubt. */
export function claimsOf(finding: ApiFinding): readonly Claim[] {
  const references = new Map(finding.messages.map(({ sequence, reference }) => [sequence, reference]));
  const claims: Claim[] = [];
  for (const [state, ranges] of Object.entries(finding.sequences)) {
    for (const sequence of eachSequence(ranges)) {
      if (claims.length >= maxClaimsPerFinding) return claims;
      claims.push({
        name: references.get(sequence) ?? placeName(finding, sequence),
        state,
        verdict: finding.verdict,
        cause: state === "in-doubt" ? finding.cause : undefined,
        group: finding.group,
        sinceMs: Date.parse(finding.changedAt),
      });
    }
  }
  return claims;
}

function placeName(finding: ApiFinding, sequence: number): string {
  const { destination, partition, service } = finding;
  return nameOf({ service: service ?? finding.producerId, destination, partition, sequence });
}

/** `5-6,9` */
function* eachSequence(text: string): Generator<number> {
  for (const range of text === "" ? [] : text.split(",")) {
    const [first, last] = range.split("-").map(Number);
    for (let sequence = first ?? 0; sequence <= (last ?? first ?? 0); sequence += 1) yield sequence;
  }
}
