import type { Held } from "./queue-consumer.ts";

/**
 * Calls the handler of a message that nobody will ack. It is processed once the handler is over, which for an async
 * one is when its promise resolves: until then a crash would take the message along. One that fails settles nothing.
 */
export function handleWithoutAck(held: Held, handle: () => unknown): unknown {
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
  // A promise of the language only: to ask another thenable for its outcome may be what starts its work.
  if (answer instanceof Promise) void follow(answer, over);
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
