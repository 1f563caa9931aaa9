export { AuditorError, type AuditorErrorCode } from "./errors.ts";
export type { Readers } from "./readers.ts";
export type { Settings } from "./settings.ts";
export { type AuditorParts, type RunningAuditor, startAuditor } from "./start.ts";
