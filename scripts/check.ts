// Everything that CI checks without running the product: `npm run check`.
import { checks, runCheck } from "./checks.ts";

const results = checks().map(runCheck);
process.exitCode = results.every(Boolean) ? 0 : 1;
