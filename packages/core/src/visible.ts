/** What a terminal would obey, what it would hide, and what would begin a new line. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text that others wrote, for a terminal or a line of a log: what would be obeyed or hidden is shown as what it is. */
export function visible(text: string): string {
  return text.replace(unseen, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON as it may stand on a terminal: the same value, with everything unseen escaped. */
export function visibleJson(value: object): string {
  return JSON.stringify(value).replace(unseen, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
