import { AuditorApi } from "../auditor-api.ts";
import { startAuditorChild } from "./auditor-child.ts";
import { FindingsWatch } from "./findings-watch.ts";
import type { Evidence } from "./scenario.ts";
import type { Site } from "./site.ts";

/** Redis databases apart, so that two auditors on one server know nothing of each other. */
const databases: Readonly<Record<Evidence, number>> = { none: 1, offsets: 2, records: 3 };

/** The servers of a site with another auditor, which reads no more of them than it is told to. */
export async function openEvidenceSite(main: Site, evidence: Evidence): Promise<Site> {
  const redisUrl = `${main.addresses.redisUrl}/${databases[evidence]}`;
  const auditorSettings = { ...main.auditorSettings, redisUrl, evidence };
  const auditor = await startAuditorChild(auditorSettings);
  const api = new AuditorApi(auditor.url);
  const findings = new FindingsWatch(api);
  return {
    ...main,
    addresses: { ...main.addresses, redisUrl, auditorUrl: auditor.url },
    api,
    findings,
    auditorSettings,
    // The servers are the main site's to stop.
    close: async () => {
      findings.close();
      await auditor.close();
    },
  };
}
