import { types } from "node:util";
import { holdsOpen } from "@seqwatch/client";
import type { Held } from "./queue-consumer.ts";

/**
 * Calls the handler of a message that nobody will ack. It is processed once the handler is over, which for an async
 * function is when its promise resolves: until then a crash would take the message along. One that fails settles nothing.
 */
export function handleWithoutAck(
  held: Held,
  call: {
    readonly message: object;
    readonly handler: (...args: readonly never[]) => unknown;
    readonly handle: () => unknown;
    /** It was processed. */
    readonly over: () => void;
    /** Runs our booking, whose failure is not the handler's. */
    readonly guard: (book: () => void) => void;
  },
): unknown {
  const { account, producerId, sequence } = held;
  const { handler, handle } = call;
  account.unsettledCount += 1;
  const finish = (isProcessed: boolean): void =>
    call.guard(() => {
      account.unsettledCount -= 1;
      if (!isProcessed) return;
      account.processed(producerId, sequence);
      call.over();
    });
  const over = (isProcessed: boolean): void => {
    const isHeld = isProcessed && holdsOpen(call.message, (hasFailed) => finish(!hasFailed));
    if (!isHeld) finish(isProcessed);
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
