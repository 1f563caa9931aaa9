// Runs one of the project's commands from a bare checkout: `node scripts/run.mjs FILE [arguments]`.
// Plain JavaScript, because the Node on the path may be too old to run TypeScript. It installs the locked
// dependencies when they are missing or older than the lock, then hands over to the project's own Node.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ownNode = join(root, "node_modules", ".bin", "node");
const marker = join(root, "node_modules", ".package-lock.json");

function isInstalled() {
  if (!existsSync(ownNode) || !existsSync(marker)) return false;
  return statSync(marker).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

function install() {
  if (process.env.SEQWATCH_INSTALL === "never") {
    process.stderr.write(
      "Dependencies are missing and SEQWATCH_INSTALL=never forbids installing them. Run: npm ci --loglevel=error\n",
    );
    process.exit(1);
  }
  process.stderr.write("Installing the locked npm dependencies (about half a minute)…\n");
  // Standard output belongs to the command's own answer, so npm's words go to standard error.
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

if (!isInstalled()) install();

const child = spawn(ownNode, ["--conditions=@seqwatch/source", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: join(root, "node_modules", ".bin") + delimiter + process.env.PATH },
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
