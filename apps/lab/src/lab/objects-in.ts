/** The objects of a list that the API answered; none for anything else. */
export function objectsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map((one: unknown) => Object.fromEntries(Object.entries(Object(one)))) : [];
}
