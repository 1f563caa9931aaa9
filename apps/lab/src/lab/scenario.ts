import type { Replacement } from "@seqwatch/testkit/replaced-source";
import type { Lab } from "./lab.ts";
import type { Pace } from "./pace.ts";
import type { Self } from "./self.ts";

/** One way to lose or to double a message, on real servers, with what must be said of it. */
export interface Scenario {
  /** As in the catalogue: `P1`. A twin, the same with one thing changed, has a dot: `P1.resend`. */
  readonly id: string;
  /** One line, for people. */
  readonly title: string;
  readonly world: World;
  /** The proof that the row can fail: with this rule taken out of the product it has to go red. */
  readonly broken: BrokenRule;
  /** Does it, and says what is true and what must be said. Everything it opened by `lab` is closed for it. */
  play(lab: Lab): Promise<Expected>;
  /** The bodies of processes of their own, for what gets killed. `lab.start("shop")` runs `processes.shop`. */
  readonly processes?: Readonly<Record<string, (self: Self) => Promise<void>>>;
  /** How long the findings may take once the play is over; 60 s unless told otherwise. */
  readonly verdictLimitMs?: number;
}

/**
 * Which servers it needs. `shared`: it leaves them calm and runs beside others. `alone`: it troubles them, so nobody else
 * uses them meanwhile. `cluster`: three RabbitMQ nodes of its own, with an auditor of their own. `replicated`: a Redis of
 * its own, a master and its replica behind one address, with an auditor of its own.
 */
export interface World {
  readonly kafka?: "shared" | "alone";
  readonly rabbitmq?: "shared" | "alone" | "cluster";
  readonly redis?: "shared" | "alone" | "replicated";
  /** An auditor of its own beside the usual one, which reads no more of the brokers than this. */
  readonly evidence?: Evidence;
}

/** What an auditor may read of the brokers, as SEQWATCH_EVIDENCE has it. */
export type Evidence = "none" | "offsets" | "records";

/** A rule of the product and how to take it out. */
export interface BrokenRule extends Replacement {
  /** Where the row then fails by an error of its own instead of by what is said: a piece of that error's text. */
  readonly mayThrow?: string;
}

/** The states of a finding that a row speaks of. */
type SaidState = "confirmed" | "in-doubt" | "suspected" | "not-sent" | "withdrawn" | "explained";

/** What findings must say of some messages. What is left out is not compared. */
export interface Said {
  readonly state: SaidState;
  readonly verdict?: string;
  readonly cause?: string;
  /** `null`: a finding for all groups. */
  readonly group?: string | null;
  /** Without any the fault took nothing, and the row shows nothing: it is not exact. */
  readonly names: Iterable<string>;
  /** That there are none is a legitimate end too: why. The row then has to require that its fault shows elsewhere. */
  readonly mayBeEmpty?: string;
}

/** The end of a row. */
export interface Expected {
  /** The names of the messages that are really lost, by the row's own book. Each of them must be said in some way. */
  readonly lost: Iterable<string>;
  /** Those of them of which nothing can be said, and why; the reason is printed. */
  readonly silent?: Silence;
  /** All that must be said, and nothing else may be; *explained* is left alone where nothing is asked of it. */
  readonly says: readonly Said[];
  /** What may be said or not, where the catalogue itself leaves it open. */
  readonly may?: readonly Said[];
}

/** Losses that nobody can prove. */
interface Silence {
  readonly names: Iterable<string>;
  /** Why, for people. */
  readonly reason: string;
}

/** What a row came to. */
export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly exact: boolean;
  readonly falseLosses: number;
  readonly missedLosses: number;
  /** Confirmed messages by verdict. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** From the loss to the last confirmation; 0 where nothing had to be confirmed. */
  readonly delayMs: number;
  readonly seconds: number;
  /** How soon it was told. */
  readonly pace: Pace;
  /** Losses of which nothing was said because nothing can be, with the reason. */
  readonly silent?: { readonly messages: number; readonly reason: string };
  /** What people see in the table: states with their verdicts or causes, and how many messages. */
  readonly said: Readonly<Record<string, number>>;
  /** Figures of its own, e.g. how long a suspicion took. */
  readonly figures: Readonly<Record<string, number>>;
  /** The error that ended its play: then the row says nothing of what it was to show. */
  readonly failure?: string;
  /** Why it is not exact; an error of its play is the first of them. */
  readonly differences: readonly string[];
}
