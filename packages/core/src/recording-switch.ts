/** One rule of the live switch. The narrowest scope that matches wins; between equals the later one. */
export interface SwitchRule {
  readonly scope:
    | { readonly kind: "global" }
    | { readonly kind: "service"; readonly service: string }
    | { readonly kind: "instance"; readonly clientId: string }
    | { readonly kind: "destination"; readonly destination: string };
  readonly recording: boolean;
  /** Wall clock, milliseconds since 1970; undefined = until changed. */
  readonly untilMs: number | undefined;
  readonly reason: string;
  readonly who: string;
}

/** The switch as a whole: a reader keeps the highest version it has seen. */
export interface SwitchState {
  readonly version: number;
  readonly rules: readonly SwitchRule[];
}

export const everythingOn: SwitchState = { version: 0, rules: [] };

const width = { global: 0, service: 1, destination: 2, instance: 3 } as const;

/**
 * Whether a client records a destination under a switch. `nowMs` is the wall clock; a rule whose time has passed is
 * as if it were not there.
 */
export function isRecording(
  state: SwitchState,
  client: { readonly service: string; readonly clientId: string; readonly destination: string },
  nowMs: number,
): boolean {
  let best = -1;
  let recording = true;
  for (const rule of state.rules) {
    if (rule.untilMs !== undefined && rule.untilMs <= nowMs) continue;
    if (!matches(rule, client) || width[rule.scope.kind] < best) continue;
    best = width[rule.scope.kind];
    recording = rule.recording;
  }
  return recording;
}

function matches(
  { scope }: SwitchRule,
  client: { readonly service: string; readonly clientId: string; readonly destination: string },
): boolean {
  if (scope.kind === "global") return true;
  if (scope.kind === "service") return scope.service === client.service;
  if (scope.kind === "instance") return scope.clientId === client.clientId;
  return scope.destination === client.destination;
}
