import { types } from "node:util";
import type { Held } from "./queue-consumer.ts";

/**
 * Calls the handler of a message that nobody will ack. It is processed once the handler is over, which for an async
 * function is when its promise resolves: until then a crash would take the message along. One that fails settles nothing.
 */
export function handleWithoutAck(
  held: Held,
  handler: (...args: readonly never[]) => unknown,
  handle: () => unknown,
): unknown {
  const { account, producerId, sequence } = held;
  account.unsettledCount += 1;
  const over = (isProcessed: boolean): void => {
    account.unsettledCount -= 1;
    if (isProcessed) account.processed(producerId, sequence);
  };
  let answer: unknown;
  try {
    answer = handle();
  } catch (error) {
    over(false);
    throw error;
  }
  // Only an async function's promise is certainly nobody else's: following another one would make a second promise of
  // it, whose rejection ends the process though the application has caught its own.
  if (types.isAsyncFunction(handler) && answer instanceof Promise) void follow(answer, over);
  else over(true);
  return answer;
}

/** amqplib drops the promise, so a rejection is nobody's and ends the process by default: rethrown, it still does. */
async function follow(answer: Promise<unknown>, over: (isProcessed: boolean) => void): Promise<void> {
  try {
    await answer;
  } catch (error) {
    over(false);
    throw error;
  }
  over(true);
}
