/** Something in the memory of the user's process that can say less, and so take less. */
export interface Shrinkable {
  /** What it takes beyond its mere existence, estimated. */
  readonly weightBytes: number;
  /** Gives up about half of that, the oldest first; what is given up is in doubt or too old to know, never lost. */
  shrink(): void;
}

/** What the books of one side (producers or consumers of one adapter) may take beside what each of them is by itself. */
export const maxBooksBytes = 12 * 1_024 * 1_024;
/** A few streams may take this, however few they are. */
const leastBooksBytes = 3 * 1_024 * 1_024;
/** Beyond that so much for each. */
const bytesPerBook = 512;

/**
 * Keeps the books of one side within their bounds: with the store away, or with outcomes that alternate, sets fragment and
 * reports wait. The heaviest give up first. Call it with each report.
 */
export function keepWithinBudget(books: readonly Shrinkable[]): void {
  const budgetBytes = Math.min(maxBooksBytes, Math.max(leastBooksBytes, books.length * bytesPerBook));
  for (let round = 0; round < maxRounds; round += 1) {
    const totalBytes = books.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
    if (totalBytes <= budgetBytes) return;
    const fairBytes = budgetBytes / books.length;
    for (const book of books) if (book.weightBytes > fairBytes) book.shrink();
  }
}

/** Each round halves what is too heavy. */
const maxRounds = 16;
