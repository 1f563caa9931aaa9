/** Work of a message that goes on after its handler has returned, or after its ack. */
interface OpenWork {
  openCount: number;
  hasFailed: boolean;
  /** Set once all else is over: called when the last work is. */
  settled: ((hasFailed: boolean) => void) | undefined;
}

const openWork = new WeakMap<object, OpenWork>();

/**
 * Holds a message open for work that goes on after its handler has returned (RabbitMQ: after its ack): it counts as
 * processed when the promise is fulfilled, and not when it is rejected: given up with Kafka, never settled with RabbitMQ.
 * Call it before the handler returns, and before the ack.
 *
 * As `promise.finally` does, it gives back a promise that settles as yours does, and that one is yours to await or catch:
 * a rejection that nobody handles is told by Node as it would be without us. What is no promise holds nothing open.
 *
 * ```ts
 * eachMessage: async ({ message }) => {
 *   void track(message, sendInvoice(message)); // not awaited: kafkajs commits all the same
 * }
 * ```
 */
export function track<T>(message: object, promise: Promise<T>): Promise<T>;
export function track<T>(message: object, promise: T): T;
export function track(message: unknown, promise: unknown): unknown {
  if (!isThenable(promise) || typeof message !== "object" || message === null) return promise;
  const work = openWork.get(message) ?? { openCount: 0, hasFailed: false, settled: undefined };
  openWork.set(message, work);
  work.openCount += 1;
  const end = (hasFailed: boolean): void => {
    work.openCount -= 1;
    work.hasFailed ||= hasFailed;
    if (work.openCount === 0) work.settled?.(work.hasFailed);
  };
  return Promise.resolve(promise).then(
    (value) => {
      end(false);
      return value;
    },
    (error: unknown) => {
      end(true);
      throw error;
    },
  );
}

/** Whether work of the message is still open, or has failed: then `settled` is called once, when all of it is over. */
export function holdsOpen(message: object, settled: (hasFailed: boolean) => void): boolean {
  const work = openWork.get(message);
  if (work === undefined) return false;
  openWork.delete(message);
  if (work.openCount > 0) work.settled = settled;
  else if (work.hasFailed) settled(true);
  return work.openCount > 0 || work.hasFailed;
}

/** Applications in JavaScript pass on what their functions return, whether it is a promise or not. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
