/** How long a trouble lasts: as the catalogue has it with LAB_FULL_LENGTH=true, else as long as it takes to show. */
export function lengthMs(lengths: { readonly shownMs: number; readonly fullMs: number }): number {
  return process.env["LAB_FULL_LENGTH"] === "true" ? lengths.fullMs : lengths.shownMs;
}
