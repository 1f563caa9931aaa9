import type { Beginning, ConsumerState, MemberClaim, MemberRecord, ReceiptTotals } from "@seqwatch/core";
import { decodePart, encodePart } from "./keys.ts";
import { allKnown } from "./ledger-text.ts";
import { parseInteger } from "./numbers.ts";

/** A claim and its client as the end of a member's text; numbers in base 36, for the field must stay short. */
export function formatClaim(
  claim: MemberClaim,
  client: { readonly clientId: string; readonly memberId: string },
): string {
  const { inWork, committed, crash, began } = claim;
  const work = inWork === undefined ? "" : [inWork.offset, inWork.forMs, inWork.tries].map(toBase36).join(":");
  const { clientId, memberId } = client;
  const parts = [
    work,
    committed === undefined ? "" : toBase36(committed),
    clientId === memberId ? "" : encodePart(clientId),
  ];
  if (crash !== undefined || began !== undefined) parts.push(encodePart(crash ?? ""));
  if (began !== undefined) parts.push(formatBeginning(began));
  return parts.join(";");
}

/** One letter a state. */
const letters = { open: "o", off: "x", closed: "c" } as const;

export function formatState(state: MemberClaim["state"]): string {
  return letters[state];
}

export function formatConsumerState(state: ConsumerState): string {
  return state === "ending" ? "e" : letters[state];
}

export function parseConsumerState(letter: string | undefined): ConsumerState | undefined {
  return letter === "e" ? "ending" : parseState(letter);
}

function parseState(letter: string | undefined): MemberClaim["state"] | undefined {
  return (["open", "off", "closed"] as const).find((state) => letters[state] === letter);
}

export function formatTotals(totals: ReceiptTotals): string {
  const { received, processed, redelivered, unstamped, forwarded, skipped } = totals;
  return [received, processed, redelivered, unstamped, forwarded, skipped].join(",");
}

/** `offset:era`, with `:n` for a new partition. */
function formatBeginning({ offset, era, isNewPartition }: Beginning): string {
  return [toBase36(offset), toBase36(era), ...(isNewPartition ? ["n"] : [])].join(":");
}

function parseBeginning(text: string | undefined): Beginning | undefined {
  const [offsetText, eraText, mark] = (text ?? "").split(":");
  const offset = fromBase36(offsetText ?? "");
  const era = fromBase36(eraText ?? "");
  return offset === undefined || era === undefined ? undefined : { offset, era, isNewPartition: mark === "n" };
}

/** A member of `number;nonce;state;version;work;committed;client;crash;began`, its totals, and its highest first deliveries. */
export function parseMember(
  memberId: string,
  texts: { readonly member: string; readonly totals: string; readonly highest: string },
): MemberRecord | undefined {
  const [number, nonce, state, , work, committed, client, crash, began] = texts.member.split(";");
  const open = parseClaim(parseState(state), work ?? "", committed ?? "");
  const reason = decodePart(crash ?? "");
  const beginning = parseBeginning(began);
  const claim = open && {
    ...open,
    ...(crash === undefined || crash === "" || reason === undefined ? {} : { crash: reason }),
    ...(beginning === undefined ? {} : { began: beginning }),
  };
  return allKnown({
    clientId: client === undefined || client === "" ? memberId : decodePart(client),
    number: parseInteger(number),
    nonce: decodePart(nonce ?? ""),
    claim,
    totals: parseTotals(texts.totals),
    highest: parseHighest(texts.highest),
  });
}

export function formatHighest(highest: readonly { readonly producerId: string; readonly sequence: number }[]): string {
  return highest.map(({ producerId, sequence }) => `${encodePart(producerId)}:${toBase36(sequence)}`).join(",");
}

function parseHighest(text: string): ReadonlyMap<string, number> | undefined {
  const highest = new Map<string, number>();
  for (const piece of text === "" ? [] : text.split(",")) {
    const [producerId, digits] = piece.split(":");
    const id = decodePart(producerId ?? "");
    const sequence = fromBase36(digits ?? "");
    if (id === undefined || sequence === undefined) return undefined;
    highest.set(id, sequence);
  }
  return highest;
}

function parseClaim(state: MemberClaim["state"] | undefined, work: string, committed: string): MemberClaim | undefined {
  if (state === undefined) return undefined;
  const [offset, forMs, tries = 1] = work === "" ? [] : work.split(":").map(fromBase36);
  if (work !== "" && (offset === undefined || forMs === undefined)) return undefined;
  const next = committed === "" ? undefined : fromBase36(committed);
  if (committed !== "" && next === undefined) return undefined;
  const inWork = offset === undefined || forMs === undefined ? undefined : { offset, forMs, tries };
  return { state, inWork, committed: next };
}

function parseTotals(text: string): ReceiptTotals | undefined {
  const [received, processed, redelivered, unstamped, forwarded, skipped = 0] = text.split(",").map(parseInteger);
  return allKnown({ received, processed, redelivered, unstamped, forwarded, skipped });
}

function toBase36(value: number): string {
  return Math.max(0, Math.round(value)).toString(36);
}

function fromBase36(text: string): number | undefined {
  const value = /^[0-9a-z]{1,11}$/.test(text) ? Number.parseInt(text, 36) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
