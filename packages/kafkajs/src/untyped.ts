/** Reads values that kafkajs hands out without types; what has another shape is undefined, "" or empty. */
export function at(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

export function listAt(value: unknown, key: string): readonly unknown[] {
  const list = at(value, key);
  return Array.isArray(list) ? list : [];
}

export function textAt(value: unknown, key: string): string {
  const text = at(value, key);
  return typeof text === "string" ? text : "";
}

/** A number, a decimal text (kafkajs uses it for 64 bits) or one of its Long objects; NaN for anything else. */
export function numberAt(value: unknown, key: string): number {
  const found = at(value, key);
  return found === undefined || found === null ? Number.NaN : Number(found);
}
