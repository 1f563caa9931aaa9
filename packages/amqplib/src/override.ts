/** The way to the method below ours, for these arguments. */
export type Below = (args: readonly unknown[]) => unknown;

/**
 * Puts a method of its own on one object; `run` is given the way to the method below. That one is looked up at each
 * call, so whatever patches the prototype, before or after, stays in force. Nothing is done where there is no such
 * method.
 *
 * The property is like a method of a class, not enumerable, and carries no marks of any patching library: such marks
 * would let another one "unwrap" it.
 */
export function override(target: object, name: string, run: (below: Below, args: readonly unknown[]) => unknown): void {
  if (typeof Reflect.get(target, name) !== "function") return;
  const own: unknown = Object.getOwnPropertyDescriptor(target, name)?.value;
  const below: Below = (args) => {
    const method: unknown = own ?? Reflect.get(Object.getPrototypeOf(target), name);
    if (typeof method !== "function") throw new TypeError(`${name} is not a function`);
    return Reflect.apply(method, target, args);
  };
  const value = (...args: readonly unknown[]): unknown => run(below, args);
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}
