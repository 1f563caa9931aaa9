import type { SimMessage } from "./truth.ts";
import type { World } from "./world.ts";

export type Confirm = "ack" | "nack" | "returned";

/** The exchange: routes by the lane's key to whatever is bound at that instant. */
export interface Broker {
  /** undefined: the broker is down, nobody answers. */
  publish(message: SimMessage): Confirm | undefined;
}

export function createBroker(world: World): Broker {
  return {
    publish(message) {
      if (!world.broker.isUp) return undefined;
      const bound = world.bindings.get(message.lane.partition) ?? new Set<string>();
      let routed = 0;
      let refused = 0;
      for (const name of bound) {
        const queue = world.queues.get(name);
        if (queue?.exists !== true) continue;
        routed += 1;
        if (!queue.enqueue(message)) refused += 1;
      }
      if (routed === 0) {
        message.returnedCount += 1;
        return "returned";
      }
      return refused > 0 ? "nack" : "ack";
    },
  };
}
