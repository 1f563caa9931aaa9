/** How a name begins that left its process as a keyed hash. */
export const hiddenMark = "~";
/** Base64url characters that follow: 132 bits of an HMAC-SHA-256. */
export const hiddenLength = 22;
/** A secret shorter than this would be guessed. */
export const leastSecretLength = 16;

/** Whether a name is a keyed hash: what it was, nobody without the secret can say. */
export function isHiddenName(name: string): boolean {
  return hiddenPattern.test(name);
}

const hiddenPattern = new RegExp(`^${hiddenMark}[\\w-]{${hiddenLength}}$`);
