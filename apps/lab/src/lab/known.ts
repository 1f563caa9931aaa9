import type { Lab } from "./lab.ts";

/** Passes after which a reading that began later than the report has been compared with it. */
const passes = 3;

/**
 * Waits until the auditor has looked at what was sent while it was whole. What is lost within the second before that may
 * as well have been lost before it was reported, so that nobody can say.
 */
export async function known(lab: Lab, topic: string, ackedCount: number, partition = 0): Promise<void> {
  await lab.until(`${ackedCount} messages of ${topic} to be reported`, async () => {
    const streams = await lab.api.streams(topic);
    const own = streams.filter((stream) => stream["partition"] === String(partition));
    return own.reduce((sum, { acked }) => sum + Number(acked), 0) >= ackedCount;
  });
  await lookedAgain(lab);
}

/** Waits until the auditor has looked around so often, from now on. */
export async function lookedAgain(lab: Lab, times = passes): Promise<void> {
  const seen = new Set<number>();
  await lab.until(`${times} passes of the auditor`, async () => {
    seen.add(await lab.api.lastPassAtMs());
    return seen.size > times + 1;
  });
}
