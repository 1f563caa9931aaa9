// Loaded before everything else where a rule is taken out: replaces pieces of source files as they are read.
import { registerHooks } from "node:module";

const pieces = parsePieces(process.env["SEQWATCH_REPLACED_SOURCE"] ?? "[]");

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const own = pieces.filter(({ file }) => url.endsWith(`/${file}`));
    if (own.length === 0) return loaded;
    let source = new TextDecoder().decode(toBytes(loaded.source));
    for (const { file, from, to } of own) {
      if (!source.includes(from)) throw new Error(`${file} does not hold the text that is to be replaced.`);
      source = source.replace(from, () => to);
    }
    return { ...loaded, source };
  },
});

function parsePieces(text: string): readonly { readonly file: string; readonly from: string; readonly to: string }[] {
  const pieces: unknown = JSON.parse(text);
  if (!Array.isArray(pieces)) throw new Error("What is to be replaced has to be a list.");
  return pieces.map((piece: unknown) => {
    const at = (name: string): string => String(Reflect.get(Object(piece), name) ?? "");
    return { file: at("file"), from: at("from"), to: at("to") };
  });
}

function toBytes(source: unknown): Uint8Array {
  if (typeof source === "string") return new TextEncoder().encode(source);
  if (source instanceof Uint8Array) return source;
  throw new Error("A module without a source cannot lose a rule.");
}
