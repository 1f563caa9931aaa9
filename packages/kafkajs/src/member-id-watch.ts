import { type BrokerPort, sendRequestOf } from "./cluster.ts";
import { textAt } from "./untyped.ts";

/**
 * Tells a member's id as soon as its coordinator has given it. A first join is refused with the id to join by (KIP-394),
 * then held back for `group.initial.rebalance.delay.ms`; kafkajs answers the refusal by itself and tells of the id only
 * once all is over (kafkajs: src/broker/index.js, joinGroup). Until then a member of ours would look like a stranger.
 */
export function watchMemberId(
  broker: BrokerPort,
  heard: (memberId: string) => void,
  failed: (where: string, error: unknown) => void,
): void {
  const found = sendRequestOf(broker);
  if (found === undefined) return;
  const { symbol, send } = found;
  const note = (refusal: unknown): void => {
    const memberId = textAt(refusal, "memberId");
    if (textAt(refusal, "name") !== "KafkaJSMemberIdRequired" || memberId === "") return;
    try {
      heard(memberId);
    } catch (error) {
      failed("hearing of a member's id", error);
    }
  };
  Reflect.set(broker, symbol, (...request: unknown[]): unknown => {
    const answer: unknown = Reflect.apply(send, broker, request);
    // Heard beside its way to kafkajs, which gets the very same promise.
    if (answer instanceof Promise) answer.catch(note);
    return answer;
  });
}
