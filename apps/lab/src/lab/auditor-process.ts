// The auditor, as the service of its own that it is with a user. Its settings come as JSON in the environment.
import { startAuditor } from "@seqwatch/auditor";

process.once("disconnect", () => process.exit(1));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.removeAllListeners("warning");
const settings: unknown = JSON.parse(process.env["LAB_AUDITOR"] ?? "{}");
const auditor = await startAuditor({ ...Object(settings), logLevel: "silent", auditorPort: 0 });
process.on("message", () => {
  void auditor.close().then(() => process.exit(0));
});
process.send?.({ url: auditor.url });
