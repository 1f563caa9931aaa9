/**
 * Does something for each item, a hundred at a time, and goes on when one fails: one lane's trouble is not another's.
 * Rejects with the first failure once all were tried.
 */
export async function inGroups<Item>(items: readonly Item[], each: (item: Item) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (let from = 0; from < items.length; from += groupSize) {
    const outcomes = await Promise.allSettled(items.slice(from, from + groupSize).map(each));
    for (const outcome of outcomes) if (outcome.status === "rejected") failures.push(outcome.reason);
  }
  if (failures.length > 0) throw failures[0];
}

const groupSize = 100;
