import { expect, test } from "vitest";
import { recordTelemetry } from "../test/recorded-telemetry.ts";
import { sampleFinding } from "../test/sample-finding.ts";

test("names of any length and kind leave as well-formed texts of bounded length, on spans and in events alike", () => {
  const hostile = `\u001b[31m"\n\ud800${"x".repeat(10_240)}`;
  const lane = { system: "kafka", cluster: hostile, destination: hostile, partition: hostile } as const;
  const { telemetry, spans, events } = recordTelemetry();
  telemetry.finding(
    sampleFinding({
      lane,
      group: hostile,
      decidedBy: hostile,
      facts: [hostile],
      references: Array.from({ length: 500 }, () => hostile),
      producer: { clientId: hostile, service: hostile },
    }),
  );
  telemetry.notice({ kind: "warning", code: hostile, text: hostile });
  const said = [...spans().map(({ attributes }) => attributes), ...events().map(({ attributes }) => attributes)];
  expect(said).toHaveLength(3);
  const texts = [...said.flatMap(Object.values).flat(), ...events().map(({ body }) => body)];
  for (const text of texts) {
    if (typeof text !== "string") continue;
    expect(text.length).toBeLessThanOrEqual(1_024);
    expect(text.isWellFormed()).toBe(true);
  }
});
