/** Names of messages. */
export type Names = ReadonlySet<string>;

export function either(a: Names, b: Names): Names {
  return new Set([...a, ...b]);
}

export function both(a: Names, b: Names): Names {
  return new Set([...a].filter((name) => b.has(name)));
}

export function without(a: Names, b: Names): Names {
  return new Set([...a].filter((name) => !b.has(name)));
}
