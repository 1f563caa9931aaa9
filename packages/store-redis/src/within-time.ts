/**
 * Settles as the promise does, or rejects with what `late` returns. A promise that is late is still owned: it may
 * settle as it likes later, to nobody's harm.
 */
export async function withinTime<T>(
  promise: Promise<T>,
  { limitMs, keepsProcessAlive }: { readonly limitMs: number; readonly keepsProcessAlive: boolean },
  late: () => Error,
): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), limitMs);
  if (!keepsProcessAlive) timer.unref();
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
