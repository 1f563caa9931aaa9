import type { Addresses } from "./addresses.ts";
import { Ground } from "./ground.ts";

/** What a process of a row is started with. */
export interface Birth {
  readonly scenarioId: string;
  readonly process: string;
  readonly prefix: string;
  readonly addresses: Addresses;
  readonly input: unknown;
}

/** A process of a row, seen from inside: it is there to be killed, frozen or to end by itself. */
export class Self extends Ground {
  /** What `lab.start` was given, as JSON carries it. */
  readonly input: unknown;
  readonly #received: unknown[] = [];

  constructor({ addresses, prefix, input }: Birth) {
    super(addresses, prefix);
    this.input = input;
    process.on("message", (value) => this.#received.push(value));
  }

  /** Tells the play. Resolves once the value is on its way, so that a kill thereafter cannot take it back. */
  async tell(value: unknown): Promise<void> {
    await new Promise<void>((resolve) => {
      if (process.connected) process.send?.({ told: value }, () => resolve());
      else resolve();
    });
  }

  /** Resolves to the first value that the play sends (or has sent) of which this holds. */
  async received(holds: (value: unknown) => boolean = () => true): Promise<unknown> {
    await this.until("an order of the play", () => this.#received.some(holds), 300_000);
    const at = this.#received.findIndex(holds);
    return this.#received.splice(at, 1)[0];
  }
}
