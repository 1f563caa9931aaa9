import type { Finding, GapState } from "@seqwatch/core";

interface Told {
  readonly current: GapState;
  readonly states: ReadonlySet<GapState>;
}

/** Which states of which findings were told already, so that a repeat of the same event stays silent. Bounded. */
export class ToldStates {
  readonly #limit: number;
  readonly #told = new Map<string, Told>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Books the state a finding is in, and says whether that is a change, and the first time that it is in it. */
  tell(finding: Finding): { readonly isChange: boolean; readonly isFirst: boolean } {
    const told = this.#told.get(finding.id);
    if (told?.current === finding.state) return { isChange: false, isFirst: false };
    this.#remember(finding, told?.states ?? []);
    return { isChange: true, isFirst: !told?.states.has(finding.state) };
  }

  /** Takes over what an earlier life told: every state in the history of this finding. */
  take(finding: Finding): void {
    this.#remember(
      finding,
      finding.history.map(({ state }) => state),
    );
  }

  #remember(finding: Finding, states: Iterable<GapState>): void {
    this.#told.delete(finding.id);
    this.#told.set(finding.id, { current: finding.state, states: new Set(states).add(finding.state) });
    if (this.#told.size <= this.#limit) return;
    // The one that changed the longest ago goes: told once more, should it ever change again, under the same id.
    const oldest = this.#told.keys().next().value;
    if (oldest !== undefined) this.#told.delete(oldest);
  }
}
