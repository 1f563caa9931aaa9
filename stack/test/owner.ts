// A process that owns a stack until it is killed: node owner.ts FOLDER redis kafka …
import { parseServerNames } from "../servers.ts";
import { startStack } from "../stack.ts";
import { ownEnvironment } from "./own-environment.ts";

const [folder = "", ...servers] = process.argv.slice(2);
const stack = await startStack({ servers: parseServerNames(servers), folder, environment: ownEnvironment });
process.stdout.write(`${JSON.stringify(stack.environment)}\n`);
setInterval(() => undefined, 60_000);
