#!/usr/bin/env node
import process from "node:process";
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { describeSettings, readSettings } from "./config.ts";
import { AuditorError } from "./errors.ts";
import { createLog } from "./log.ts";
import { startAuditor } from "./start.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(`The auditor of Seqwatch. Flags win over variables:\n${describeSettings()}\n`);
    return 0;
  }
  try {
    const settings = readSettings(process.env, args);
    const log = createLog(settings.logLevel);
    sayTelemetryTroubles((text) => log.warn({ code: "TELEMETRY" }, text));
    const stopped = nextSignal();
    const auditor = await startAuditor(settings, { log });
    log.info({ signal: await stopped }, "Stopping.");
    await auditor.close();
    return 0;
  } catch (error) {
    if (!(error instanceof AuditorError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** An exporter that cannot send says so here; the process is ours, so its diagnosis may be too. */
function sayTelemetryTroubles(say: (text: string) => void): void {
  const quiet = (): void => undefined;
  diag.setLogger({ error: say, warn: say, info: quiet, debug: quiet, verbose: quiet }, { logLevel: DiagLogLevel.WARN });
}

/** The first signal ends it in order; a second one ends it as it is. */
async function nextSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  return await promise;
}
