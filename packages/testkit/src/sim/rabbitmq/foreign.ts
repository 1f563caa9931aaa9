import type { Channel, SimQueue } from "./queue.ts";
import { fate, mark } from "./truth.ts";
import type { World } from "./world.ts";

/** A consumer that nobody audits. It is there for at least one look of the auditor, as the design assumes. */
export function consumeUnaudited(world: World, queue: SimQueue): void {
  const { clock, random } = world;
  const channel: Channel = {
    noAck: random.chance(0.3),
    prefetch: random.integer(1, 20),
    unacked: new Map(),
    isOpen: true,
    deliver: (entry, tag) => {
      // It works everything that it was sent; what it could not acknowledge in time comes again elsewhere.
      clock.after(random.between(1, 300), () => {
        mark(entry.message, queue.name, fate.processed);
        if (!channel.noAck) queue.ack(channel, tag);
      });
    },
  };
  queue.attach(channel);
  clock.after(random.between(minStayMs, minStayMs + 4_000), () => queue.detach(channel));
}

/** A person or a script that takes messages one by one, and comes again as long as there are none. */
export function getUnaudited(world: World, queue: SimQueue): void {
  const { clock, random } = world;
  let wanted = random.integer(1, 12);
  const untilMs = clock.nowMs + random.between(100, 4_000);
  const get = (): void => {
    const entry = queue.isUp && queue.exists && queue.readyCount > 0 ? queue.get() : undefined;
    if (entry !== undefined) {
      wanted -= 1;
      mark(entry.message, queue.name, fate.processed);
    }
    if (wanted > 0 && clock.nowMs < untilMs) clock.after(random.between(1, 20), get);
  };
  get();
}

/** Longer than the longest time between two looks. */
export const minStayMs = 1_600;
