import { readFileSync } from "node:fs";

/** A rule of the product and how to take it out: a piece of source text that is replaced as the file is read. */
export interface Replacement extends Piece {
  /** A sentence: what the product then no longer does. */
  readonly rule: string;
  /** Where two rules stand for each other: what has to go as well. */
  readonly and?: readonly Piece[];
}

interface Piece {
  /** From the root of the repository. */
  readonly file: string;
  /** A text that is in the file once. */
  readonly from: string;
  readonly to: string;
}

const root = new URL("../../../../", import.meta.url);
const variable = "SEQWATCH_REPLACED_SOURCE";

/** The flag of Node that a process or a worker without a rule has to be started with. */
export const replacingFlag = `--import=${new URL("preload.ts", import.meta.url).href}`;

/** What its environment needs beside that. */
export function replacingEnvironment(replacement: Replacement): Readonly<Record<string, string>> {
  return { [variable]: JSON.stringify(piecesOf(replacement)) };
}

/** Whether this process runs without one of its rules. */
export function isSourceReplaced(): boolean {
  return process.env[variable] !== undefined;
}

/** What is wrong with a replacement; undefined = nothing. A rule that moved must be found again: else nothing is proven. */
export function complaintAbout(replacement: Replacement): string | undefined {
  return piecesOf(replacement)
    .map(complaintAboutPiece)
    .find((complaint) => complaint !== undefined);
}

function piecesOf({ file, from, to, and = [] }: Replacement): readonly Piece[] {
  return [{ file, from, to }, ...and];
}

function complaintAboutPiece({ file, from, to }: Piece): string | undefined {
  const count = readFileSync(new URL(file, root), "utf8").split(from).length - 1;
  if (count !== 1) return `its rule is in ${file} ${count} times; name a text that is there once.`;
  return from === to ? `it replaces a text of ${file} with itself.` : undefined;
}
