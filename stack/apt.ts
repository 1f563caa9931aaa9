import { existsSync } from "node:fs";
import { StackError } from "./errors.ts";
import { type Environment, findProgram } from "./programs.ts";
import { lastLines, run } from "./run.ts";

/**
 * Debian starts the services of a package as it installs it, unless this file forbids it. It is there for the
 * installation alone, and one that was there before stays as it was. The lock is for a second stack that installs at
 * the same time: apt-get gives up at once when another one holds its own lock. An update fails as a whole when one of
 * the machine's other sources does; whether it mattered, the installation shows.
 */
const installScript = `
set -e
exec 9>/run/seqwatch-install.lock
flock 9
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get update -qq || true
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
`;

/** True where packages can be installed without asking anyone: as root, on Debian or one of its kin. */
export function canInstallPackages(environment: Environment): boolean {
  return (
    process.getuid?.() === 0 && existsSync("/etc/debian_version") && findProgram("apt-get", environment) !== undefined
  );
}

/** Installs Debian packages, none of whose services is started. */
export async function installPackages(packages: readonly string[], environment: Environment): Promise<void> {
  const result = await run("/bin/sh", ["-c", installScript, "sh", ...packages], {
    ...environment,
    DEBIAN_FRONTEND: "noninteractive",
  });
  if (result.exitCode === 0) return;
  throw new StackError(
    "STACK_INSTALL_FAILED",
    `Could not install ${packages.join(", ")}: apt-get ended with code ${result.exitCode}. ` +
      `Install them yourself, or set SEQWATCH_INSTALL=never and use servers of your own.\n${lastLines(result.output)}`,
  );
}

/** The version of a package that is installed, or an empty text. */
export async function packageVersion(name: string, environment: Environment): Promise<string> {
  const result = await run("dpkg-query", ["-W", "-f", "${Version}", name], environment);
  return result.exitCode === 0 ? result.output.trim() : "";
}
