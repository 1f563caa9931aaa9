/**
 * Whether a topic exchange's binding key lets a routing key through: words are parted by dots, `*` stands for exactly
 * one word and `#` for any number, none included (AMQP 0-9-1, 3.1.3.3). An empty routing key has no words, as the
 * broker sees it. Time is the product of the word counts, whatever the number of `#`.
 */
export function matchesTopic(bindingKey: string, routingKey: string): boolean {
  const pattern = wordsOf(bindingKey);
  const words = wordsOf(routingKey);
  // reached[i]: the pattern so far can have taken exactly the first i words.
  let reached = words.map(() => false);
  reached = [true, ...reached];
  for (const part of pattern) reached = advance(reached, part, words);
  return reached[words.length] === true;
}

function advance(reached: readonly boolean[], part: string, words: readonly string[]): boolean[] {
  if (part === "#") {
    const first = reached.indexOf(true);
    return reached.map((_, index) => first !== -1 && index >= first);
  }
  return reached.map((_, index) => index > 0 && reached[index - 1] === true && isWord(part, words[index - 1]));
}

function isWord(part: string, word: string | undefined): boolean {
  return part === "*" || part === word;
}

function wordsOf(key: string): readonly string[] {
  return key === "" ? [] : key.split(".");
}
