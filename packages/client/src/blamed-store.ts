import type { Store } from "@seqwatch/core";

/** A store, and whether an error came out of it: then it is no fault of the code that had called it. */
export interface BlamedStore {
  readonly store: Store;
  isItsError(error: unknown): boolean;
}

const byStore = new WeakMap<Store, BlamedStore>();

/** The same store, whose every rejection is known again, wherever it is caught. One for all clients that share it. */
export function blamedStoreOf(inner: Store): BlamedStore {
  const known = byStore.get(inner) ?? createBlamedStore(inner);
  byStore.set(inner, known);
  byStore.set(known.store, known);
  return known;
}

function createBlamedStore(inner: Store): BlamedStore {
  const errors = new WeakSet<object>();
  const blame = (error: unknown): object => {
    const known = typeof error === "object" && error !== null ? error : new Error(String(error));
    errors.add(known);
    return known;
  };
  const follow = async (answer: Promise<unknown>): Promise<unknown> => {
    try {
      return await answer;
    } catch (error) {
      throw blame(error);
    }
  };
  const call = (method: object, args: readonly unknown[]): unknown => {
    let answer: unknown;
    try {
      answer = typeof method === "function" ? Reflect.apply(method, inner, args) : undefined;
    } catch (error) {
      throw blame(error);
    }
    return answer instanceof Promise ? follow(answer) : answer;
  };
  const store = new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (...args: readonly unknown[]) => call(value, args) : value;
    },
  });
  return { store, isItsError: (error) => typeof error === "object" && error !== null && errors.has(error) };
}
