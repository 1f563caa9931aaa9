import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The environment variables a stack is started with: those of the process, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The full path of a program on the PATH, or undefined when the machine has none. */
export function findProgram(name: string, environment: Environment): string | undefined {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** True for a file that this user may run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
