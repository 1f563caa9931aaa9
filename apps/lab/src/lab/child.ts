// The body of one process of a row: `child.ts` is told by its parent which.
import { findScenario } from "./catalogue.ts";
import { type Birth, Self } from "./self.ts";

process.once("disconnect", () => process.exit(1));
// Ctrl-C reaches the whole process group; the lab alone decides in which order its parts end.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.removeAllListeners("warning");
process.once("message", (birth: Birth) => {
  play(birth).then(
    () => process.send?.({ ended: true }, () => process.exit(0)),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.send?.({ failed: text }, () => process.exit(1));
    },
  );
});

async function play(birth: Birth): Promise<void> {
  const { processes = {} } = await findScenario(birth.scenarioId);
  const body = processes[birth.process];
  if (body === undefined) throw new Error(`${birth.scenarioId} has no process "${birth.process}".`);
  const self = new Self(birth);
  await body(self);
  await self.close();
}
