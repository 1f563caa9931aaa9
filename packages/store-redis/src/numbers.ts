/** A whole number, 0 to 2^53 - 1, in decimal; undefined for any other text. */
export function parseInteger(text: string | undefined): number | undefined {
  if (text === undefined || !/^(0|[1-9]\d{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
