import type { Answer } from "@seqwatch/core";
import type { SimProcess } from "./process.ts";
import { newId } from "./world.ts";

export interface Link {
  readonly number: number;
  readonly nonce: string;
  readonly buildsOn: string;
}

/** Reports of one author in one lane, each building on the last; one that was not answered goes out again as it was. */
export class SimChain<Report> {
  readonly #process: SimProcess;
  readonly #apply: (report: Report) => Answer;
  #number = 0;
  #buildsOn = "";
  #open: { readonly report: Report; readonly link: Link } | undefined;

  constructor(process: SimProcess, apply: (report: Report) => Answer) {
    this.#process = process;
    this.#apply = apply;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  send(compose: (link: Link) => Report, answered: (answer: Answer | undefined) => void): void {
    const open = (this.#open ??= this.#compose(compose));
    this.#process.write(
      () => this.#apply(open.report),
      (answer) => {
        if (answer !== undefined) this.#accept(answer, open.link);
        answered(answer);
      },
    );
  }

  #compose(compose: (link: Link) => Report): { readonly report: Report; readonly link: Link } {
    this.#number += 1;
    const link = { number: this.#number, nonce: newId(this.#process.world, "n"), buildsOn: this.#buildsOn };
    return { report: compose(link), link };
  }

  #accept(answer: Answer, link: Link): void {
    this.#open = undefined;
    this.#buildsOn = answer.kind === "stored" ? link.nonce : "";
  }
}
