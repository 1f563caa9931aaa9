// Loaded before everything else where a rule is taken out: replaces one piece of one source file as it is read.
import { registerHooks } from "node:module";

const { file, from, to } = parseReplacement(process.env["SEQWATCH_REPLACED_SOURCE"] ?? "{}");

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (file === "" || !url.endsWith(`/${file}`)) return loaded;
    const source = new TextDecoder().decode(toBytes(loaded.source));
    if (!source.includes(from)) throw new Error(`${file} does not hold the text that is to be replaced.`);
    return { ...loaded, source: source.replace(from, () => to) };
  },
});

function parseReplacement(text: string): { readonly file: string; readonly from: string; readonly to: string } {
  const replacement: unknown = JSON.parse(text);
  const at = (name: string): string => String(Reflect.get(Object(replacement), name) ?? "");
  return { file: at("file"), from: at("from"), to: at("to") };
}

function toBytes(source: unknown): Uint8Array {
  if (typeof source === "string") return new TextEncoder().encode(source);
  if (source instanceof Uint8Array) return source;
  throw new Error("A module without a source cannot lose a rule.");
}
