import type { ReceivedMessage } from "./port.ts";

/** How a handler read the messages of its batch. */
export interface ReadingTrace {
  /** Position of the last message that the first iteration gave out; −1 = none. */
  yielded: number;
  iteration: "none" | "open" | "finished" | "closed-early";
  /** Read in another way too (by method, by index, a second time): then order says nothing. */
  isReadOtherwise: boolean;
}

/**
 * Lets one batch's array tell how it is read. It stays the same array with the same elements: only its prototype is
 * exchanged for one that inherits from `Array.prototype`, so it still can be cloned, spread and sent to a worker,
 * which a Proxy could not. Whoever works it by index, from either end, reads its second or its last element: these are
 * listened to from the start, for the price of two. Only reading others alone, *before* an iteration that is closed
 * early, stays unseen.
 */
export function traceReading(messages: readonly ReceivedMessage[]): ReadingTrace {
  const trace: ReadingTrace = { yielded: -1, iteration: "none", isReadOtherwise: false };
  traces.set(messages, trace);
  // A frozen array cannot be listened to: as if its reading never ended, which claims nothing.
  if (!Reflect.setPrototypeOf(messages, tracedPrototype)) trace.iteration = "open";
  for (const index of new Set([1, messages.length - 1])) {
    if (index > 0 && index < messages.length) watchElement(messages, index, trace);
  }
  return trace;
}

/** The batch's handler is over: nothing that reads the array is heard any more. */
export function endTrace(messages: readonly ReceivedMessage[]): void {
  traces.delete(messages);
  Reflect.setPrototypeOf(messages, Array.prototype);
}

const traces = new WeakMap<object, ReadingTrace>();

const tracedPrototype = createTracedPrototype();

function createTracedPrototype(): object {
  const prototype: object = Object.create(Array.prototype);
  for (const name of Object.getOwnPropertyNames(Array.prototype)) {
    const method: unknown = Reflect.get(Array.prototype, name);
    if (name === "constructor" || typeof method !== "function") continue;
    const traced = function (this: object, ...args: unknown[]): unknown {
      markOtherwise(this);
      return Reflect.apply(method, this, args);
    };
    Object.defineProperty(prototype, name, { value: traced, writable: true, configurable: true });
  }
  const iterate = function (this: readonly ReceivedMessage[]): Iterator<ReceivedMessage> {
    const trace = traces.get(this);
    if (trace === undefined) return this.values();
    if (trace.iteration === "none") return firstIteration(this, trace);
    trace.isReadOtherwise = true;
    return Reflect.apply(Array.prototype[Symbol.iterator], this, []);
  };
  Object.defineProperty(prototype, Symbol.iterator, { value: iterate, writable: true, configurable: true });
  return prototype;
}

function markOtherwise(messages: object): void {
  const trace = traces.get(messages);
  if (trace !== undefined) trace.isReadOtherwise = true;
}

function firstIteration(messages: readonly ReceivedMessage[], trace: ReadingTrace): Iterator<ReceivedMessage> {
  trace.iteration = "open";
  const iterator: IterableIterator<ReceivedMessage> = {
    next: () => {
      const index = trace.yielded + 1;
      const value = readUnheard(messages, index, trace);
      if (trace.iteration !== "open" || value === undefined) {
        if (trace.iteration === "open") trace.iteration = "finished";
        return { done: true, value: undefined };
      }
      trace.yielded = index;
      return { done: false, value };
    },
    return: () => {
      if (trace.iteration === "open") {
        trace.iteration = "closed-early";
        watchRest(messages, trace);
      }
      return { done: true, value: undefined };
    },
    [Symbol.iterator]: () => iterator,
  };
  return iterator;
}

/** After an early close, a look at any message behind it shows that the handler goes on in another way. */
function watchRest(messages: readonly ReceivedMessage[], trace: ReadingTrace): void {
  for (let index = trace.yielded + 1; index < messages.length; index += 1) {
    // The handler froze it: nobody will see what else it reads.
    if (!watchElement(messages, index, trace)) trace.isReadOtherwise = true;
  }
}

/** Listens to who reads an element by its index; false where the array is frozen. */
function watchElement(messages: readonly ReceivedMessage[], index: number, trace: ReadingTrace): boolean {
  const value = readUnheard(messages, index, trace);
  return Reflect.defineProperty(messages, index, {
    configurable: true,
    enumerable: true,
    get: () => {
      trace.isReadOtherwise = true;
      return value;
    },
    set: (changed: unknown) => {
      Object.defineProperty(messages, index, { value: changed, writable: true, configurable: true, enumerable: true });
    },
  });
}

/** Our own look at an element says nothing of the handler. */
function readUnheard(
  messages: readonly ReceivedMessage[],
  index: number,
  trace: ReadingTrace,
): ReceivedMessage | undefined {
  const { isReadOtherwise } = trace;
  const value = messages[index];
  trace.isReadOtherwise = isReadOtherwise;
  return value;
}
