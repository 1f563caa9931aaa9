/** Sets the clock of this process apart from the machine's: every date that it makes without being told one. */
export function shiftClock(byMs: number): void {
  const machine = Date;
  const nowMs = (): number => machine.now() + byMs;
  globalThis.Date = new Proxy(machine, {
    construct: (target, given: unknown[], newTarget) =>
      // A Date by construction; Proxy's own type says no more than object.
      Object(Reflect.construct(target, given.length === 0 ? [nowMs()] : given, newTarget)),
    get: (target, key, receiver): unknown => (key === "now" ? nowMs : Reflect.get(target, key, receiver)),
  });
}
