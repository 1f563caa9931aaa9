import { dirname, join } from "node:path";
import { StackError } from "./errors.ts";
import type { Environment } from "./programs.ts";
import type { RabbitmqNode } from "./rabbitmq.ts";
import { lastLines, run } from "./run.ts";
import { waitUntil } from "./wait.ts";

const formationLimitMs = 60_000;

/** Waits until each node sees all of them running. */
export async function waitForFormation(nodes: readonly RabbitmqNode[]): Promise<void> {
  const isFormed = async () => {
    const answers = await Promise.all(nodes.map(({ managementUrl }) => readRunningNodes(managementUrl)));
    return answers.every((running) => running.length === nodes.length);
  };
  if (await waitUntil(isFormed, { limitMs: formationLimitMs, everyMs: 100 })) return;
  throw new StackError(
    "STACK_START_FAILED",
    `Not all of ${nodes.map(({ name }) => name).join(", ")} were one cluster within ${formationLimitMs / 1000} s. ` +
      `Their logs are ${nodes.map(({ logFile }) => logFile).join(", ")}.`,
  );
}

/** The names of the nodes that one node sees running; none while it cannot be asked. */
export async function readRunningNodes(managementUrl: string | undefined): Promise<readonly string[]> {
  if (managementUrl === undefined) return [];
  try {
    const { origin, username, password } = new URL(managementUrl);
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const answer = await fetch(`${origin}/api/nodes?columns=name,running`, { headers: { authorization } });
    const nodes: unknown = await answer.json();
    return Array.isArray(nodes) ? nodes.flatMap(nameIfRunning) : [];
  } catch {
    return [];
  }
}

function nameIfRunning(node: unknown): readonly string[] {
  if (typeof node !== "object" || node === null) return [];
  const isRunning = "running" in node && node.running === true;
  return isRunning && "name" in node && typeof node.name === "string" ? [node.name] : [];
}

/** Runs `rabbitmqctl` against a node; resolves to what it printed. */
export async function controlNode(
  node: RabbitmqNode | undefined,
  args: readonly string[],
  by: { readonly script: string; readonly environment: Environment },
): Promise<string> {
  const program = join(dirname(by.script), "rabbitmqctl");
  const { exitCode, output } = await run(program, ["-n", node?.nodeName ?? "", ...args], by.environment);
  if (exitCode === 0) return output;
  throw new StackError(
    "STACK_BAD_INPUT",
    `rabbitmqctl ${args.join(" ")} failed at ${node?.name}:\n${lastLines(output)}`,
  );
}

/** Tells a living node that another one will not come back. */
export async function forgetNode(
  node: RabbitmqNode,
  by: { readonly nodes: readonly RabbitmqNode[]; readonly script: string; readonly environment: Environment },
): Promise<void> {
  const other = by.nodes.find((each) => each !== node && each.pid !== undefined);
  if (other?.nodeName === undefined || node.nodeName === undefined) {
    throw new StackError("STACK_BAD_INPUT", `Cannot forget ${node.name}: no other node lives to be told.`);
  }
  const program = join(dirname(by.script), "rabbitmqctl");
  const { exitCode, output } = await run(
    program,
    ["-n", other.nodeName, "forget_cluster_node", node.nodeName],
    by.environment,
  );
  if (exitCode === 0) return;
  throw new StackError("STACK_BAD_INPUT", `Could not forget ${node.name}. rabbitmqctl said:\n${lastLines(output)}`);
}
